/*
 * prefix.h - IP prefixes and prefix rules (RFC 4632, RFC 4291)
 *
 * A prefix is always in canonical form: host bits are zero.  A rule is a
 * prefix with the lengths that it accepts, as routers write it
 * ('10.0.0.0/8 ge 16 le 24').  Plain values; nothing is owned.
 */
#ifndef CUTOVER_MODEL_PREFIX_H
#define CUTOVER_MODEL_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/base/err.h"

#define PREFIX_TEXT_MAX 64 /* bytes that any prefix or rule needs as text */

struct prefix {
	uint8_t family; /* 4 or 6 */
	uint8_t len;
	uint8_t addr[16]; /* network byte order; IPv4 uses the first four */
};

struct prefix_rule {
	struct prefix prefix;
	uint8_t ge; /* shortest accepted length; equal to prefix.len if exact */
	uint8_t le; /* longest accepted length */
};

/* '10.1.0.0/16'; a bare address is refused; host bits set is an error that
 * names the prefix that was probably meant. */
bool prefix_parse(const char *text, struct prefix *ret, struct err *e);
/* '10.1.0.1' as a host prefix (/32 or /128). */
bool prefix_parse_addr(const char *text, struct prefix *ret, struct err *e);
/* '10.1.0.5/30': address and the prefix it lies in. */
bool prefix_parse_ifaddr(const char *text, struct prefix *ret_net,
			 struct prefix *ret_addr, struct err *e);
/* 'P', 'P le N', 'P ge N', 'P ge N le M'. */
bool prefix_rule_parse(const char *text, struct prefix_rule *ret,
		       struct err *e);

/* Writes into out[PREFIX_TEXT_MAX] and returns it. */
char *prefix_text(const struct prefix *p, char *out);
char *prefix_addr_text(const struct prefix *p, char *out); /* without /len */
char *prefix_rule_text(const struct prefix_rule *r, char *out);

int prefix_cmp(const struct prefix *a,
	       const struct prefix *b); /* total order */
bool prefix_contains(const struct prefix *outer, const struct prefix *inner);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
bool prefix_rule_matches(const struct prefix_rule *r, const struct prefix *p);
/* The two halves of p; false for a host prefix. */
bool prefix_split(const struct prefix *p, struct prefix ret[2]);
/* What p lies in at a length that is not longer than its own. */
struct prefix prefix_shorten(const struct prefix *p, uint8_t len);
/* The n-th address of p (0 is the network address) as a host prefix. */
struct prefix prefix_nth(const struct prefix *p, uint32_t n);

#endif
