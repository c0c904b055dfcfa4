/*
 * rank.c - the decision process, one elimination a step
 *
 * Pure.  Invariant: after every step at least one candidate is left.
 */
#include "orchestrator/twin/rank.h"

#include <string.h>

#define EBGP_DISTANCE 20
#define IBGP_DISTANCE 200

struct candidate {
	const struct path *path;
	uint32_t metric, distance;
	uint32_t router_id;
	uint64_t value; /* of the step at hand */
	bool local, ebgp, alive;
};

struct ranking {
	const struct decide *d;
	struct candidate *v;
	size_t n, alive;
};

static const struct net_session *session_of(const struct decide *d,
					    const struct path *p)
{
	return &d->net->sessions[p->from / 2];
}

bool rank_metric(const struct decide *d, int router, const struct path *p,
		 uint32_t *ret)
{
	const struct net *n = d->net;
	int target = p->attr->next_hop, link = p->attr->next_link;

	*ret = 0;
	if (p->from < 0 || session_of(d, p)->ebgp)
		return true;
	if (link >= 0) { /* a neighbour's address that the IGP has to know */
		const struct net_link *l = &n->links[link];

		if (!l->cost || !net_link_works(n, link))
			return false;
		target = l->router[l->router[0] == target];
	}
	*ret = igp_dist(&d->igp, router, target);
	return *ret != IGP_FAR;
}

static void fill(struct ranking *r, int router, const struct path *p)
{
	const struct net *n = r->d->net;
	struct candidate c = {.path = p, .alive = true};

	if (!rank_metric(r->d, router, p, &c.metric))
		return;
	c.local = p->from < 0;
	if (c.local) {
		c.distance = n->origins[~p->from].distance;
	} else {
		const struct net_session *s = session_of(r->d, p);

		c.ebgp = s->ebgp;
		c.distance = s->ebgp ? EBGP_DISTANCE : IBGP_DISTANCE;
		c.router_id = n->routers[s->router[!(p->from % 2)]].id;
		if (p->attr->originator >= 0)
			c.router_id = n->routers[p->attr->originator].id;
	}
	r->v[r->n++] = c;
	r->alive++;
}

/* Strikes out all whose value is above the least one. */
static void keep_least(struct ranking *r, uint64_t (*value)(const void *))
{
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct candidate *c = &r->v[i];

		if (!c->alive)
			continue;
		c->value = value(c);
		least = c->value < least ? c->value : least;
		most = c->value > most ? c->value : most;
	}
	for (size_t i = 0; least != most && i < r->n; i++)
		if (r->v[i].alive && r->v[i].value > least) {
			r->v[i].alive = false;
			r->alive--;
		}
}

#define C(x) ((const struct candidate *)(x))

static uint64_t by_weight(const void *x)
{
	return UINT32_MAX - C(x)->path->attr->weight;
}

static uint64_t by_local_pref(const void *x)
{
	return UINT32_MAX - C(x)->path->attr->local_pref;
}

static uint64_t by_local_origin(const void *x)
{
	return !C(x)->local;
}

static uint64_t by_as_path(const void *x)
{
	return attr_list_len(C(x)->path->attr->as_path);
}

static uint64_t by_origin(const void *x)
{
	return C(x)->path->attr->origin;
}

static uint64_t by_ebgp(const void *x)
{
	return !C(x)->ebgp && !C(x)->local;
}

static uint64_t by_metric(const void *x)
{
	return C(x)->metric;
}

static uint64_t by_router_id(const void *x)
{
	return C(x)->router_id;
}

static uint64_t by_clusters(const void *x)
{
	return attr_list_len(C(x)->path->attr->clusters);
}

/* A floating static route is in nobody's table while BGP knows better. */
static void strike_floating(struct ranking *r)
{
	uint32_t learned = UINT32_MAX;

	for (size_t i = 0; i < r->n; i++)
		if (!r->v[i].local && r->v[i].distance < learned)
			learned = r->v[i].distance;
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].local && r->v[i].distance > learned) {
			r->v[i].alive = false;
			r->alive--;
		}
}

static uint32_t neighbor_as(const struct candidate *c)
{
	const struct attr_list *l = c->path->attr->as_path;

	return l ? l->v[0] : 0;
}

static void strike_med(struct ranking *r, bool always)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->n && r->v[i].alive; k++) {
			if (!r->v[k].alive ||
			    (!always &&
			     neighbor_as(&r->v[i]) != neighbor_as(&r->v[k])) ||
			    r->v[k].path->attr->med >= r->v[i].path->attr->med)
				continue;
			r->v[i].alive = false;
			r->alive--;
		}
}

/* Order of the peers' addresses; the session's number where there is none. */
static int address_cmp(const struct decide *d, const struct path *a,
		       const struct path *b)
{
	struct prefix x, y;
	const char *p, *q;

	if (a->from < 0 || b->from < 0)
		return (a->from > b->from) - (a->from < b->from);
	p = session_of(d, a)->end[!(a->from % 2)].address;
	q = session_of(d, b)->end[!(b->from % 2)].address;
	if (p && q && prefix_parse_addr(p, &x, NULL) &&
	    prefix_parse_addr(q, &y, NULL) && prefix_cmp(&x, &y))
		return prefix_cmp(&x, &y);
	return (a->from > b->from) - (a->from < b->from);
}

static void strike_address(struct ranking *r)
{
	struct candidate *best = NULL;

	for (size_t i = 0; i < r->n; i++) {
		struct candidate *c = &r->v[i];

		if (!c->alive)
			continue;
		if (best && address_cmp(r->d, best->path, c->path) < 0) {
			c->alive = false;
		} else {
			if (best)
				best->alive = false;
			best = c;
		}
	}
	r->alive = best ? 1 : 0;
}

static void strike(struct ranking *r, enum rank_step step, bool always_med)
{
	static uint64_t (*const values[RANK_STEPS])(const void *) = {
		[RANK_WEIGHT] = by_weight,
		[RANK_LOCAL_PREF] = by_local_pref,
		[RANK_LOCAL_ORIGIN] = by_local_origin,
		[RANK_AS_PATH] = by_as_path,
		[RANK_ORIGIN] = by_origin,
		[RANK_EBGP] = by_ebgp,
		[RANK_METRIC] = by_metric,
		[RANK_ROUTER_ID] = by_router_id,
		[RANK_CLUSTERS] = by_clusters,
	};

	if (values[step])
		keep_least(r, values[step]);
	else if (step == RANK_DISTANCE)
		strike_floating(r);
	else if (step == RANK_MED)
		strike_med(r, always_med);
	else if (step == RANK_ADDRESS)
		strike_address(r);
}

static void take_equal(const struct ranking *r, const struct path *v,
		       struct rank *ret)
{
	ret->n_equal = 0;
	for (size_t i = 0;
	     i < r->n && ret->n_equal < (int)ARRAY_LEN(ret->equal); i++)
		if (r->v[i].alive)
			ret->equal[ret->n_equal++] = (int)(r->v[i].path - v);
}

static void best_first(struct rank *ret)
{
	for (int i = 0; i < ret->n_equal; i++)
		if (ret->equal[i] == ret->best) {
			ret->equal[i] = ret->equal[0];
			ret->equal[0] = ret->best;
			return;
		}
	ret->equal[0] = ret->best; /* it did not fit among so many */
}

static void decide_among(struct ranking *r, const struct net_router *router,
			 const struct path *v, struct rank *ret)
{
	for (enum rank_step s = RANK_DISTANCE; s < RANK_STEPS; s++) {
		size_t before = r->alive;

		if (s == RANK_ROUTER_ID)
			take_equal(r, v, ret);
		if (before == 1)
			continue; /* nothing is left to decide */
		strike(r, s, router->always_med);
		if (r->alive == 1)
			ret->step = s;
	}
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].alive)
			ret->best = (int)(r->v[i].path - v);
	best_first(ret);
}

void rank_paths(const struct decide *d, int router, const struct path *v,
		size_t n, struct rank *ret)
{
	struct candidate few[32], *many = NULL;
	struct ranking r = {.d = d, .v = few};

	*ret = (struct rank){.best = -1};
	if (n > ARRAY_LEN(few))
		r.v = many = mem_calloc(n, sizeof(*many));
	for (size_t i = 0; i < n; i++)
		fill(&r, router, &v[i]);
	if (r.n == 1) {
		ret->best = ret->equal[0] = (int)(r.v[0].path - v);
		ret->n_equal = 1;
	} else if (r.n) {
		decide_among(&r, &d->net->routers[router], v, ret);
	}
	free(many);
}

const char *rank_step_name(enum rank_step step)
{
	static const char *const names[RANK_STEPS] = {
		[RANK_ONLY] = "the only route",
		[RANK_DISTANCE] = "administrative distance",
		[RANK_WEIGHT] = "weight",
		[RANK_LOCAL_PREF] = "local preference",
		[RANK_LOCAL_ORIGIN] = "local origin",
		[RANK_AS_PATH] = "AS path length",
		[RANK_ORIGIN] = "origin",
		[RANK_MED] = "MED",
		[RANK_EBGP] = "eBGP over iBGP",
		[RANK_METRIC] = "IGP metric",
		[RANK_ROUTER_ID] = "router identifier",
		[RANK_CLUSTERS] = "cluster list length",
		[RANK_ADDRESS] = "neighbor address",
	};

	return names[step];
}
