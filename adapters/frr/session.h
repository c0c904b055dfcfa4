/*
 * session.h - BGP sessions as vtysh lines, and what the configuration says
 *
 * A session of ours is born shut, with deny policies bound, and is told by its
 * description 'CUTOVER <name>'.  Of an existing session only three things are
 * ever touched: shut or not, the import and the export policy.
 */
#ifndef CUTOVER_ADAPTERS_FRR_SESSION_H
#define CUTOVER_ADAPTERS_FRR_SESSION_H

#include "adapters/frr/config.h"
#include "orchestrator/model/resource.h"

bool frr_session_check(const struct target *t, const struct resource *r,
		       struct err *e);
/*
 * Lines (with 'configure terminal' .. 'end' and what is to be cleared) that
 * lead `from` to `to`; nothing if they are the same.
 */
bool frr_session_render(uint32_t asn, const struct resource *from,
			const struct resource *to, struct buf *out,
			struct err *e);
/* What the configuration says of r->session.neighbor. */
void frr_session_observe(const struct frr_config *c, const struct target *t,
			 struct resource *r);
/* Where it runs: 'ip -j route get ADDR'; only a neighbor on a link counts. */
void frr_session_path(const json_t *routes, struct resource *r);
/* What bgpd says: one neighbor of 'show bgp neighbors X json'. */
void frr_session_live(const json_t *doc, const char *addr, struct resource *r);
/* Prefixes of 'advertised-routes json' and 'routes json', sorted. */
void frr_session_sent(const json_t *doc, struct resource *r);
void frr_session_accepted(const json_t *doc, struct resource *r);
/* The longest AS path of 'received-routes json' that is not our own echo. */
void frr_session_received(const json_t *doc, struct resource *r);

#endif
