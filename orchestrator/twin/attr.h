/*
 * attr.h - the attributes of a route, each distinct set of them kept once
 *
 * RFC 4271, section 5, and for reflectors RFC 4456.  Sets are interned: two
 * routes have equal attributes exactly if their pointers are equal, which is
 * what the fixpoint compares millions of times.  Lists of numbers (AS path,
 * communities, clusters) are interned the same way; the empty list is NULL.
 *
 * Ownership: the pool owns everything; nothing leaves before the pool does.
 */
#ifndef CUTOVER_TWIN_ATTR_H
#define CUTOVER_TWIN_ATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/base/buf.h"

enum attr_origin { ATTR_IGP, ATTR_EGP, ATTR_INCOMPLETE };

struct attr_list { /* immutable */
	uint32_t n;
	uint32_t v[];
};

struct attr {
	const struct attr_list *as_path;     /* nearest AS first */
	const struct attr_list *communities; /* ascending, a << 16 | b */
	const struct attr_list *clusters;    /* nearest reflector first */
	uint32_t weight;     /* local to the router that imported it */
	uint32_t local_pref; /* of this AS */
	uint32_t med;	     /* absent counts as 0 (RFC 4271, 9.1.2.2 c) */
	int32_t next_hop;    /* router */
	int32_t next_link;   /* external next hop left as it was: the link to
				it; else -1 */
	int32_t originator;  /* router that brought it into the AS, -1: none */
	uint8_t origin;	     /* enum attr_origin */
	bool has_med;
};

struct attr_pool;

struct attr_pool *attr_pool_new(void);
void attr_pool_free(struct attr_pool *p);

/* The one set that equals *a. */
const struct attr *attr_intern(struct attr_pool *p, const struct attr *a);
const struct attr_list *attr_list_of(struct attr_pool *p, const uint32_t *v,
				     size_t n);
/* `value` put in front, `times` times. */
const struct attr_list *attr_list_prepend(struct attr_pool *p,
					  const struct attr_list *l,
					  uint32_t value, uint32_t times);
/* A sorted set with `value` in it. */
const struct attr_list *attr_list_insert(struct attr_pool *p,
					 const struct attr_list *l,
					 uint32_t value);
/* Without the AS numbers for private use (RFC 6996). */
const struct attr_list *attr_list_public(struct attr_pool *p,
					 const struct attr_list *l);
bool attr_list_has(const struct attr_list *l, uint32_t value);

static inline uint32_t attr_list_len(const struct attr_list *l)
{
	return l ? l->n : 0;
}

/* '12076 65010', or 'i' for an empty path. */
void attr_path_text(const struct attr *a, struct buf *out);

#endif
