/*
 * fib.c - forwarding entries, made from decisions when they are asked for
 *
 * Nothing is kept: an entry is a few comparisons.  Pure.
 */
#include "orchestrator/twin/fib.h"

#include <string.h>

#include "orchestrator/twin/rank.h"

static void add_hop(struct fib *f, int link, int to, bool fresh)
{
	for (int i = 0; i < f->n; i++)
		if (f->hop[i].link == link && f->hop[i].to == to) {
			f->hop[i].fresh &= fresh;
			return;
		}
	if (f->n < FIB_HOPS)
		f->hop[f->n++] = (struct fib_hop){link, to, fresh};
}

static int other_end(const struct net_link *l, int router)
{
	return l->router[l->router[0] == router];
}

/* Every first hop of a shortest way to `target`. */
static void toward(const struct decide *d, int router, int target, bool fresh,
		   struct fib *f)
{
	const struct net *n = d->net;
	const struct net_router *r = &n->routers[router];
	uint32_t all = igp_dist(&d->igp, router, target);

	for (size_t i = 0; all != IGP_FAR && i < r->n_links; i++) {
		const struct net_link *l = &n->links[r->links[i]];
		int to = other_end(l, router);
		uint32_t rest = igp_dist(&d->igp, to, target);

		if (l->cost && net_link_works(n, r->links[i]) &&
		    n->routers[to].asn == r->asn && rest != IGP_FAR &&
		    rest + l->cost == all)
			add_hop(f, r->links[i], to, fresh && to == target);
	}
}

static void take_origin(const struct decide *d, int origin, int router,
			struct fib *f)
{
	const struct net_origin *o = &d->net->origins[origin];

	f->from = ~origin;
	if (o->discard) {
		f->kind = FIB_DISCARD;
	} else if (o->link < 0) {
		f->kind = FIB_DELIVER;
	} else {
		f->kind = FIB_SEND;
		add_hop(f, o->link, other_end(&d->net->links[o->link], router),
			false);
	}
}

/* The static or connected route of least distance that works, or -1. */
static int best_origin(const struct decide *d, int class, int router)
{
	const struct net *n = d->net;
	const struct net_router *r = &n->routers[router];
	int best = -1;

	for (size_t i = 0; i < r->n_origins; i++) {
		int k = r->origins[i];
		const struct net_origin *o = &n->origins[k];

		if (!o->active || !o->forward ||
		    !classes_has_origin(&d->classes->v[class], k) ||
		    (o->link >= 0 && !net_link_works(n, o->link)))
			continue;
		if (best < 0 || o->distance < n->origins[best].distance)
			best = k;
	}
	return best;
}

static bool is_ebgp(const struct decide *d, const struct path *p)
{
	return p->from >= 0 && d->net->sessions[p->from / 2].ebgp;
}

static uint32_t first_as(const struct path *p)
{
	return p->attr->as_path ? p->attr->as_path->v[0] : 0;
}

/* May b share the load with the best route a? */
static bool may_share(const struct decide *d, const struct path *a,
		      const struct path *b)
{
	if (b->from < 0 || is_ebgp(d, a) != is_ebgp(d, b))
		return false;
	return is_ebgp(d, a) ? first_as(a) == first_as(b)
			     : a->attr->as_path == b->attr->as_path;
}

static void take_path(const struct decide *d, int router, const struct path *p,
		      struct fib *f)
{
	const struct net *n = d->net;
	const struct net_session *s = &n->sessions[p->from / 2];
	int teller = s->router[!(p->from % 2)], target = p->attr->next_hop;
	bool fresh = p->since == d->run;

	f->kind = FIB_SEND;
	if (is_ebgp(d, p)) {
		add_hop(f, s->link, teller, fresh);
		return;
	}
	if (p->attr->next_link >= 0)
		target = other_end(&n->links[p->attr->next_link], target);
	toward(d, router, target, fresh && target == teller, f);
}

static void take_rank(const struct decide *d, int router, const struct rib *rib,
		      const struct rank *rank, struct fib *f)
{
	const struct net_router *r = &d->net->routers[router];
	const struct path *best = &rib->v[rank->best];
	uint32_t most = is_ebgp(d, best) ? r->max_paths : r->max_paths_ibgp;
	bool any = r->ties_open;

	f->from = best->from;
	if (best->from < 0) {
		if (d->net->origins[~best->from].forward)
			take_origin(d, ~best->from, router, f);
		return;
	}
	take_path(d, router, best, f);
	for (int i = 1; i < rank->n_equal; i++)
		if (any || ((uint32_t)i < most &&
			    may_share(d, best, &rib->v[rank->equal[i]])))
			take_path(d, router, &rib->v[rank->equal[i]], f);
}

void fib_of_class(const struct decide *d, int class, int router,
		  struct fib *ret)
{
	const struct rib *rib = decide_rib(d, class, router);
	int origin = best_origin(d, class, router);
	struct rank rank;
	uint32_t distance;

	*ret = (struct fib){.class = -1};
	if (!d->net->routers[router].up)
		return;
	rank_paths(d, router, rib->v, rib->n, &rank);
	if (rank.best >= 0 && origin >= 0) {
		distance = is_ebgp(d, &rib->v[rank.best]) ? 20 : 200;
		if (d->net->origins[origin].distance <= distance)
			rank.best = -1;
	}
	if (rank.best >= 0)
		take_rank(d, router, rib, &rank, ret);
	else if (origin >= 0)
		take_origin(d, origin, router, ret);
	if (ret->kind == FIB_SEND && !ret->n)
		ret->kind = FIB_NONE;
	if (ret->kind != FIB_NONE)
		ret->class = class;
}

void fib_of_path(const struct decide *d, int class, int router,
		 const struct path *p, struct fib *ret)
{
	int origin = best_origin(d, class, router);
	uint32_t distance = is_ebgp(d, p) ? 20 : 200;

	*ret = (struct fib){.class = -1};
	if (p->from < 0 ||
	    (origin >= 0 && d->net->origins[origin].distance <= distance))
		return; /* that is another origin's business */
	take_path(d, router, p, ret);
	ret->class = class;
	ret->from = p->from;
	if (!ret->n)
		ret->kind = FIB_NONE;
}

void fib_of_chain(const struct decide *d, int chain, int router,
		  struct fib *ret)
{
	*ret = (struct fib){.class = -1};
	for (; chain >= 0 && ret->kind == FIB_NONE;
	     chain = d->classes->chains[chain].parent)
		fib_of_class(d, d->classes->chains[chain].class, router, ret);
}

static bool has_hop(const struct fib *f, const struct fib_hop *h)
{
	for (int i = 0; i < f->n; i++)
		if (f->hop[i].link == h->link && f->hop[i].to == h->to)
			return true;
	return false;
}

bool fib_same(const struct fib *a, const struct fib *b)
{
	if (a->kind != b->kind || a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (!has_hop(b, &a->hop[i]))
			return false;
	return true;
}
