/*
 * naive.c - see naive.h
 *
 * Written from the RFCs, not from the twin: preferences are one comparison of
 * two routes, MED is handled by first choosing a winner in each neighbouring
 * AS, distances are Bellman-Ford.
 */
#include "tests/unit/twin/naive.h"

#include <string.h>

#define FAR 1000000000u

static bool link_ok(const struct net *n, int l)
{
	return n->links[l].up && !n->links[l].failed &&
	       n->routers[n->links[l].router[0]].up &&
	       n->routers[n->links[l].router[1]].up;
}

static unsigned distance(const struct net *n, int from, int to)
{
	unsigned *dist = mem_calloc((size_t)n->n_routers, sizeof(*dist));
	unsigned ret;

	for (int i = 0; i < n->n_routers; i++)
		dist[i] = i == from ? 0 : FAR;
	for (int round = 0; round < n->n_routers; round++)
		for (int l = 0; l < n->n_links; l++)
			for (int k = 0; k < 2; k++) {
				int a = n->links[l].router[k];
				int b = n->links[l].router[1 - k];

				if (link_ok(n, l) && n->links[l].cost &&
				    n->routers[a].asn == n->routers[b].asn &&
				    dist[a] + n->links[l].cost < dist[b])
					dist[b] = dist[a] + n->links[l].cost;
			}
	ret = dist[to];
	free(dist);
	return ret;
}

static bool has(const uint32_t *v, int n, uint32_t x)
{
	for (int i = 0; i < n; i++)
		if (v[i] == x)
			return true;
	return false;
}

static void push_front(uint32_t *v, int *n, uint32_t x)
{
	for (int i = *n; i > 0; i--)
		v[i] = v[i - 1];
	v[0] = x;
	++*n;
}

static bool set_has(const struct filter_set *s, const struct prefix *p)
{
	for (size_t i = 0; i < s->n; i++)
		if (prefix_rule_matches(&s->rules[i], p))
			return true;
	return false;
}

static bool policy(const struct net *n, int which, const struct prefix *p,
		   uint32_t own, struct naive_route *r)
{
	const struct filter_policy *f;

	if (which == FILTER_ALL)
		return true;
	if (which == FILTER_NONE || !n->filters.policies[which].defined)
		return false;
	f = &n->filters.policies[which];
	for (size_t i = 0; i < f->n; i++) {
		const struct filter_entry *x = &f->v[i];

		if (x->set >= 0 && !set_has(&n->filters.sets[x->set], p))
			continue;
		if (x->community && !has(r->comm, r->comm_len, x->community))
			continue;
		if (!x->permit)
			return false;
		if (x->has_local_pref)
			r->lp = x->local_pref;
		if (x->has_med)
			r->med = x->med;
		for (unsigned k = 0; k < x->prepend; k++)
			push_front(r->path, &r->path_len, own);
		for (size_t k = 0; k < x->n_add; k++)
			if (!has(r->comm, r->comm_len, x->add[k]))
				r->comm[r->comm_len++] = x->add[k];
		return true;
	}
	return f->default_permit;
}

static bool session_ok(const struct net *n, int s)
{
	const struct net_session *x = &n->sessions[s];

	if (!x->end[0].enabled || !x->end[1].enabled || x->failed ||
	    !n->routers[x->router[0]].up || !n->routers[x->router[1]].up)
		return false;
	return x->link >= 0 ? link_ok(n, x->link)
			    : distance(n, x->router[0], x->router[1]) < FAR;
}

static struct naive_route receive(const struct net *n, const struct prefix *p,
				  int s, int side,
				  const struct naive_route *best)
{
	const struct net_session *x = &n->sessions[s];
	int from = x->router[!side], to = x->router[side];
	const struct net_end *out = &x->end[!side], *in = &x->end[side];
	struct naive_route r = best[from], none = {0};
	bool ebgp = n->routers[from].asn != n->routers[to].asn;

	if (!r.valid || !session_ok(n, s) || r.session == s ||
	    !(x->families & (p->family == 4 ? 1u : 2u)))
		return none;
	if (r.session < 0 && n->origins[r.local].only_session >= 0 &&
	    n->origins[r.local].only_session != s)
		return none;
	if (has(r.comm, r.comm_len, 0xffffff02u) ||
	    (ebgp && has(r.comm, r.comm_len, 0xffffff01u)))
		return none;
	if (!ebgp && r.source == 2) {
		const struct net_session *y = &n->sessions[r.session];
		int mine = y->router[0] == from ? 0 : 1;

		if (!out->client && !y->end[mine].client)
			return none;
	}
	if (ebgp && r.source != 0)
		r.med = 0;
	if (!policy(n, out->export, p, n->routers[from].asn, &r))
		return none;
	if (ebgp) {
		if (out->remove_private) {
			int k = 0;

			for (int i = 0; i < r.path_len; i++)
				if (r.path[i] < 64512 || r.path[i] > 65534)
					r.path[k++] = r.path[i];
			r.path_len = k;
		}
		push_front(r.path, &r.path_len, n->routers[from].asn);
		r.clusters_len = 0;
		r.originator = -1;
		r.next_hop = from;
		r.next_link = -1;
		r.lp = 100;
	} else if (r.source == 0 || (r.source == 1 && out->next_hop_self)) {
		r.next_hop = from;
		r.next_link = -1;
	} else if (r.source == 1) {
		r.next_link = n->sessions[r.session].link;
	} else {
		const struct net_session *y = &n->sessions[r.session];

		if (r.originator < 0)
			r.originator = y->router[y->router[0] == from];
		push_front(r.clusters, &r.clusters_len, n->routers[from].id);
	}
	if (has(r.path, r.path_len, n->routers[to].asn) || r.originator == to ||
	    has(r.clusters, r.clusters_len, n->routers[to].id))
		return none;
	r.weight = in->weight;
	if (in->no_communities)
		r.comm_len = 0;
	if (!policy(n, in->import, p, n->routers[to].asn, &r))
		return none;
	r.source = ebgp ? 1 : 2;
	r.session = s;
	return r;
}

static unsigned metric(const struct net *n, int router,
		       const struct naive_route *r)
{
	if (r->source != 2)
		return 0;
	if (r->next_link >= 0) {
		const struct net_link *l = &n->links[r->next_link];

		if (!l->cost || !link_ok(n, r->next_link))
			return FAR;
		return distance(n, router,
				l->router[0] == r->next_hop ? l->router[1]
							    : l->router[0]);
	}
	return distance(n, router, r->next_hop);
}

static uint32_t speaker(const struct net *n, int router,
			const struct naive_route *r)
{
	const struct net_session *x = &n->sessions[r->session];

	if (r->originator >= 0)
		return n->routers[r->originator].id;
	return n->routers[x->router[0] == router ? x->router[1] : x->router[0]]
		.id;
}

#define PREFER(x, y)                                                           \
	do {                                                                   \
		if ((x) != (y))                                                \
			return (x) < (y);                                      \
	} while (0)

/* Is a better than b, everything but MED considered? */
static bool better(const struct net *n, int router, const struct naive_route *a,
		   const struct naive_route *b, bool med)
{
	PREFER(b->weight, a->weight);
	PREFER(b->lp, a->lp);
	PREFER(a->source != 0, b->source != 0);
	PREFER(a->path_len, b->path_len);
	PREFER(a->origin_code, b->origin_code);
	if (med)
		PREFER(a->med, b->med);
	PREFER(a->source, b->source);
	PREFER(metric(n, router, a), metric(n, router, b));
	if (a->source == 0)
		return a->local > b->local; /* as ~origin is ordered */
	PREFER(speaker(n, router, a), speaker(n, router, b));
	PREFER(a->clusters_len, b->clusters_len);
	return a->session < b->session;
}

static bool same_top(const struct naive_route *a, const struct naive_route *b)
{
	return a->weight == b->weight && a->lp == b->lp &&
	       (a->source == 0) == (b->source == 0) &&
	       a->path_len == b->path_len && a->origin_code == b->origin_code;
}

struct naive_route naive_decide(const struct net *n, const struct prefix *p,
				int router, const struct naive_route *best)
{
	struct naive_route c[64], none = {0};
	int k = 0, top = -1, win = -1;

	if (!n->routers[router].up)
		return none;
	for (int i = 0; i < n->n_origins; i++) {
		const struct net_origin *o = &n->origins[i];
		bool mine = false;

		for (size_t j = 0; j < o->n_prefixes; j++)
			mine |= prefix_cmp(&o->prefixes[j], p) == 0;
		if (!mine || o->router != router || !o->active || !o->announce)
			continue;
		c[k] = (struct naive_route){.valid = true,
					    .weight = 32768,
					    .lp = 100,
					    .origin_code = (int)o->origin,
					    .next_hop = router,
					    .next_link = -1,
					    .originator = -1,
					    .session = -1,
					    .local = i};
		k++;
	}
	for (int s = 0; s < n->n_sessions; s++)
		for (int side = 0; side < 2; side++) {
			if (n->sessions[s].router[side] != router)
				continue;
			c[k] = receive(n, p, s, side, best);
			if (c[k].valid && metric(n, router, &c[k]) < FAR)
				k++;
		}
	for (int i = 0; i < k; i++)
		if (top < 0 || better(n, router, &c[i], &c[top], false))
			top = i;
	/* only those level with the top down to the origin compete; of each
	 * neighbouring AS those with the lowest MED */
	for (int i = 0; i < k; i++) {
		bool out = !same_top(&c[i], &c[top]);

		for (int j = 0; j < k && !out; j++)
			out = same_top(&c[j], &c[i]) && c[j].med < c[i].med &&
			      (n->routers[router].always_med ||
			       (c[i].path_len ? c[i].path[0] : 0) ==
				       (c[j].path_len ? c[j].path[0] : 0));
		if (!out &&
		    (win < 0 || better(n, router, &c[i], &c[win], false)))
			win = i;
	}
	return win < 0 ? none : c[win];
}

bool naive_same(const struct naive_route *a, const struct naive_route *b)
{
	if (!a->valid || !b->valid)
		return a->valid == b->valid;
	return a->weight == b->weight && a->lp == b->lp && a->med == b->med &&
	       a->source == b->source && a->path_len == b->path_len &&
	       memcmp(a->path, b->path,
		      (size_t)a->path_len * sizeof(*a->path)) == 0 &&
	       a->comm_len == b->comm_len && a->next_hop == b->next_hop &&
	       a->next_link == b->next_link &&
	       a->clusters_len == b->clusters_len && a->session == b->session;
}

bool naive_run(const struct net *n, const struct prefix *p, int rounds,
	       struct naive_route *best)
{
	size_t size = (size_t)n->n_routers * sizeof(*best);
	struct naive_route *next = mem_alloc(size);
	bool moved = true;

	memset(best, 0, size);
	for (int i = 0; i < rounds && moved; i++) {
		moved = false;
		for (int r = 0; r < n->n_routers; r++) {
			next[r] = naive_decide(n, p, r, best);
			moved |= !naive_same(&next[r], &best[r]);
		}
		memcpy(best, next, size);
	}
	free(next);
	return !moved;
}
