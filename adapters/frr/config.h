/*
 * config.h - FRR's running configuration as lines that know where they stand
 *
 * Ownership: the configuration owns its lines and wipes them, since they may
 * hold passwords; texts that are returned are the caller's and hold none.
 */
#ifndef CUTOVER_ADAPTERS_FRR_CONFIG_H
#define CUTOVER_ADAPTERS_FRR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/err.h"
#include "orchestrator/port/target.h"

#define FRR_OWN "CUTOVER-" /* names of objects that are ours */
#define FRR_OWN_SESSION                                                        \
	"CUTOVER " /* descriptions of sessions that are ours                   \
		    */
#define FRR_PIN "CUTOVER-pin-"
#define FRR_PIN_TAG 4242421 /* marks a pin inside bgpd */

struct frr_line {
	char *raw;	   /* as FRR wrote it */
	const char *text;  /* raw without indentation */
	const char *block; /* the line that opens its block, NULL at the top */
	const char *af;	   /* its 'address-family ..' line, or NULL */
};

struct frr_list_line {	  /* of a prefix-list */
	const char *key;  /* '.. prefix-list NAME', of len bytes */
	const char *rest; /* 'seq 5 permit 10.0.0.0/8' */
	size_t len, order;
};

struct frr_config {
	struct frr_line *v;
	size_t n, cap;
	struct frr_list_line *lists; /* by key, then as they stand */
	size_t n_lists, cap_lists;
};

#define frr_config_auto                                                        \
	__attribute__((cleanup(frr_config_done))) struct frr_config

/* `text` from 'frr version' to 'end'; what stands around is passed over. */
bool frr_config_parse(const char *text, struct frr_config *ret, struct err *e);
void frr_config_done(struct frr_config *c);

/* The whole text, keyed digests in place of secrets. */
char *frr_config_text(const struct frr_config *c);
/* The same without what is cutover's own and without separators. */
char *frr_config_foreign(const struct frr_config *c);
/* Same lines, secrets included, separators aside? */
bool frr_config_same(const struct frr_config *a, const struct frr_config *b);
/* '  neighbor X password Y' -> '.. <digest>'; the caller frees it. */
char *frr_config_redact(const char *line);

/* ---- looking things up in the default BGP instance ---- */

/* Its AS number; 0: no BGP here. */
uint32_t frr_config_asn(const struct frr_config *c);
/*
 * What follows 'neighbor ADDR KEY' ('' if nothing does), or NULL if there is no
 * such line; af is 'ipv4 unicast', 'ipv6 unicast' or NULL for outside.  Falls
 * back to the neighbor's peer-group.
 */
const char *frr_config_neighbor(const struct frr_config *c, const char *addr,
				const char *af, const char *key);
bool frr_config_has_neighbor(const struct frr_config *c, const char *addr);
bool frr_config_neighbor_ours(const struct frr_config *c, const char *addr);
/* Name of the bound route-map ('in' or 'out'); NULL: none.  Caller frees. */
char *frr_config_bound(const struct frr_config *c, const char *addr,
		       const char *dir);
/* Is route-map `name` bound or called anywhere?  Says where. */
bool frr_config_map_used(const struct frr_config *c, const char *name,
			 char **ret_where);
bool frr_config_has_map(const struct frr_config *c, const char *name);
/* The lines of one list; key 'ip prefix-list NAME'.  Borrowed. */
const struct frr_list_line *frr_config_list(const struct frr_config *c,
					    const char *key, size_t *ret_n);

/* ---- words ---- */

/* Does s begin with `word` as a whole word?  What follows, or NULL. */
const char *frr_after(const char *s, const char *word);
/* 'ipv4 unicast' or 'ipv6 unicast' for the neighbor's own family. */
const char *frr_family(const char *addr);
/* Safe as one word in a vtysh line: printable, no space, short enough. */
bool frr_word_ok(const char *s);

#endif
