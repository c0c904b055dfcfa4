/*
 * classes.h - prefixes that are treated alike, computed once for all of them
 *
 * Two prefixes are in one class when they are of one family, have the same
 * origins, and lie in the same sets of the network's policies: then every
 * router decides the same about both, and cost follows classes, not prefixes.
 *
 * Forwarding looks at the longest prefix that has a route, so where packets go
 * depends on a prefix's class and on those of the prefixes around it: its
 * chain, the prefix first, then what contains it.  Equal chains are one too.
 * A prefix stands for its addresses that no longer prefix has; a chain whose
 * prefixes have none of their own is not live.
 *
 * Ownership: classes_free() frees everything; built from a network, and valid
 * until its shape changes.
 */
#ifndef CUTOVER_TWIN_CLASSES_H
#define CUTOVER_TWIN_CLASSES_H

#include "orchestrator/twin/net.h"

struct class
{
	uint8_t family;
	int *sets, *origins; /* ascending */
	size_t n_sets, n_origins;
	size_t count;  /* prefixes */
	size_t sample; /* one of them */
};

struct chain {
	int class;
	int parent;    /* chain, or -1 */
	size_t count;  /* prefixes */
	size_t sample; /* one of them, live if any is */
	bool live;
};

struct classes {
	struct prefix *prefixes; /* sorted: what contains comes before */
	int *class_of, *chain_of;
	size_t n_prefixes;
	struct class *v;
	size_t n, cap;
	struct chain *chains;
	size_t n_chains, cap_chains;
};

/* Sorts the origins' lists where they are not. */
struct classes *classes_build(struct net *n);
void classes_free(struct classes *c);

/* The prefix itself, or -1. */
long classes_find(const struct classes *c, const struct prefix *p);
/* The longest one that contains p, or -1. */
long classes_lookup(const struct classes *c, const struct prefix *p);
/* Is this class among what the origin brings in? */
bool classes_has_origin(const struct class *c, int origin);

#endif
