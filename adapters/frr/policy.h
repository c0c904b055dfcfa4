/*
 * policy.h - route policies as FRR's route-maps, and back
 *
 * Policy N becomes, for its entry I (from 1) and chunk J (from 1):
 *
 *	ip prefix-list N-I.J            at most FRR_CHUNK prefixes
 *	bgp community-list standard N-I
 *	route-map N permit|deny SEQ     one for each chunk
 *	route-map N deny 65535          the end; describes the direction
 *
 * An export policy begins with 'deny 1, match tag', so that pins (pin.h) never
 * pass it.  Chunks: what FRR takes to load one prefix-list grows with the
 * square of its length (1,000 prefixes: 15 s in one list, 1.5 s in twenty).
 */
#ifndef CUTOVER_ADAPTERS_FRR_POLICY_H
#define CUTOVER_ADAPTERS_FRR_POLICY_H

#include "adapters/frr/config.h"
#include "orchestrator/model/resource.h"

#define FRR_CHUNK 50

bool frr_policy_check(const struct resource *r, struct err *e);
/* Configuration lines that make the policy; r is present and was checked. */
void frr_policy_create(uint32_t asn, const struct resource *r, struct buf *out);
/* Lines that remove all of it, as it was observed. */
void frr_policy_remove(const struct resource *r, struct buf *out);
/* Fills presence and state of r (whose name is set) from a configuration. */
void frr_policy_observe(const struct frr_config *c, uint32_t asn,
			struct resource *r);

/* Rules that equal what is wanted in the same place are spelled like it. */
void frr_policy_spell(const struct resource *want, struct resource *r);

#endif
