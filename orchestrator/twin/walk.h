/*
 * walk.h - where packets to a prefix really go, hop by hop
 *
 * From a router, over every next hop that is possible at each one (several
 * links may share the load), until delivery, a dead end or a router that was
 * passed before.  Each router is looked at once, however many ways lead to it:
 * what is found is exact, in time proportional to the network.
 *
 * A walk can run over decisions as they are, or over any other graph of next
 * hops, such as the union of two states (transient.h).
 */
#ifndef CUTOVER_TWIN_WALK_H
#define CUTOVER_TWIN_WALK_H

#include "orchestrator/twin/fib.h"

struct walk_hop {
	int router, link; /* link: how one came here; -1: the first */
};

struct walk_path {
	struct walk_hop *v;
	size_t n, cap;
};

struct walk {
	bool delivered;			/* some way ends well */
	bool loop, no_route, discarded; /* some way does not */
	int end;	       /* router that delivers, the first found */
	struct walk_path good; /* one way that ends well */
	struct walk_path bad;  /* one that does not; a loop ends where it
				  was before */
	bool *routers, *links; /* what is on some way */
	int n_routers, n_links;
};

/* Next hops of a router; kind FIB_NONE: no route. */
typedef void walk_next_fn(void *arg, int router, struct fib *ret);

struct walk_options {
	int avoid_router, avoid_link; /* as if they led nowhere; -1: none */
};

void walk_graph(const struct net *n, walk_next_fn *next, void *arg, int from,
		const struct walk_options *o, struct walk *ret);
void walk_chain(const struct decide *d, int chain, int from,
		const struct walk_options *o, struct walk *ret);
/* To the longest prefix that contains p; no route at all if there is none. */
void walk_prefix(const struct decide *d, const struct prefix *p, int from,
		 struct walk *ret);
void walk_done(struct walk *w);

static inline bool walk_is_good(const struct walk *w)
{
	return w->delivered && !w->loop && !w->no_route && !w->discarded;
}

/* 'core -> edge1 -> vpn1 -> gateway': links that have names worth saying are
 * said. */
void walk_path_text(const struct net *n, const struct walk_path *p,
		    struct buf *out);

#endif
