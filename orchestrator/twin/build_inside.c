/*
 * build_inside.c - the site's routers behind its edges, and which prefixes
 * are behind which of them
 *
 * A plan that names them has them as they are; one that does not has one core.
 * `core` is the router behind which everything is that no other claims.
 *
 * Pure but for the network that it fills.
 */
#include <string.h>

#include "orchestrator/base/sort.h"
#include "orchestrator/model/ruleset.h"
#include "orchestrator/twin/build_parts.h"

/* ---- routers and links that the plan names ---- */

/* Routers of the model, as links of the plan count them. */
static int *take_routers(struct twin *t)
{
	const struct plan *p = t->plan;
	const struct plan_topology *o = &p->site.topology;
	int *v = mem_calloc(o->n_routers + p->n_edges + 1, sizeof(*v));

	for (size_t i = 0; i < o->n_routers; i++)
		v[i] = part_router(t, o->routers[i].name, NET_CORE, p->site.asn,
				   NULL);
	for (size_t i = 0; i < p->n_edges; i++)
		v[o->n_routers + i] = t->edges[i] = part_router(
			t, p->edges[i].name, NET_EDGE, p->site.asn, NULL);
	t->core = v[0];
	return v;
}

static void take_links(struct twin *t, const int *routers)
{
	const struct plan_topology *o = &t->plan->site.topology;

	for (size_t i = 0; i < o->n_links; i++) {
		int a = routers[o->links[i].end[0]];
		int b = routers[o->links[i].end[1]];
		mem_auto_free char *name =
			mem_format("%s-%s", t->net->routers[a].name,
				   t->net->routers[b].name);

		net_add_link(t->net, name, NET_LAN, a, b, o->links[i].cost);
	}
}

static void speak(struct twin *t, int a, int b, bool client)
{
	const struct net_router *r = t->net->routers;
	mem_auto_free char *name = mem_format("%s-%s", r[a].name, r[b].name);
	int s = part_session(t, name, a, b, -1);
	struct net_end *end = t->net->sessions[s].end;

	end[0].client = client;
	end[0].next_hop_self = r[a].role == NET_EDGE;
	end[1].next_hop_self = r[b].role == NET_EDGE;
}

/* All with all; or all with the reflectors, whose clients the others are. */
static void take_sessions(struct twin *t, const int *routers, size_t n)
{
	const struct plan_topology *o = &t->plan->site.topology;
	bool any = false;

	for (size_t i = 0; i < o->n_routers; i++)
		any |= o->routers[i].reflector;
	for (size_t a = 0; a < n; a++) {
		bool reflects = a < o->n_routers && o->routers[a].reflector;

		if (any && !reflects)
			continue;
		for (size_t b = 0; b < n; b++) {
			bool too = b < o->n_routers && o->routers[b].reflector;

			if (any && !too ? true : b > a)
				speak(t, routers[a], routers[b], any && !too);
		}
	}
	twin_assume(t, "topology",
		    "inside the site every router speaks iBGP with %s; the "
		    "edges set next-hop-self, nobody changes routes; of links "
		    "and routers behind the edges only the links at edges are "
		    "tried as failures",
		    any ? "the reflectors" : "every other");
}

/* ---- one core ---- */

static void one_core(struct twin *t)
{
	const struct plan *p = t->plan;

	t->core = part_router(t, "core", NET_CORE, p->site.asn, NULL);
	for (size_t i = 0; i < p->n_edges; i++) {
		mem_auto_free char *name =
			mem_format("core-%s", p->edges[i].name);

		t->edges[i] = part_router(t, p->edges[i].name, NET_EDGE,
					  p->site.asn, NULL);
		part_inside(t, name, t->core, t->edges[i]);
	}
	for (size_t i = 0; i < p->n_edges; i++)
		for (size_t k = i + 1; k < p->n_edges; k++) {
			mem_auto_free char *name = mem_format(
				"%s-%s", p->edges[i].name, p->edges[k].name);

			part_inside(t, name, t->edges[i], t->edges[k]);
		}
	twin_assume(t, "core",
		    "one core router stands behind the edges, has the site's "
		    "prefixes, speaks iBGP with every edge and may use any of "
		    "equally good ways");
	if (p->n_edges > 1)
		twin_assume(t, "edges-meet",
			    "the edges reach one another directly, speak iBGP "
			    "with one another, and set next-hop-self");
}

void build_routers(struct twin *t)
{
	const struct plan *p = t->plan;
	const size_t n = p->site.topology.n_routers;
	int *routers;

	t->edges = mem_calloc(p->n_edges + 1, sizeof(*t->edges));
	if (!n) {
		one_core(t);
		return;
	}
	routers = take_routers(t);
	take_links(t, routers);
	take_sessions(t, routers, n + p->n_edges);
	free(routers);
}

bool twin_is_home(const struct twin *t, int router)
{
	return t->net->routers[router].role == NET_CORE &&
	       router != t->internet;
}

/* ---- what is behind which ---- */

struct home {
	struct prefix prefix;
	size_t router; /* of the plan's topology */
};

struct homes {
	struct rule_set rules; /* rule i is home i */
	struct home *v;
	size_t n, cap;
};

static int home_cmp(const void *a, const void *b)
{
	return prefix_cmp(&((const struct home *)a)->prefix,
			  &((const struct home *)b)->prefix);
}

static void homes_of(const struct twin *t, struct homes *h)
{
	const struct plan_topology *o = &t->plan->site.topology;

	for (size_t r = 0; r < o->n_routers; r++)
		for (size_t i = 0; i < o->routers[r].prefixes.n; i++) {
			const char *text = o->routers[r].prefixes.v[i];
			struct home x = {.router = r};

			if (!prefix_parse(text, &x.prefix, NULL))
				continue;
			MEM_GROW(h->v, h->n, h->cap);
			h->v[h->n++] = x;
		}
	sort_runs(h->v, h->n, sizeof(*h->v), home_cmp);
	for (size_t i = 0; i < h->n; i++) {
		struct prefix_rule r = {h->v[i].prefix, h->v[i].prefix.len,
					h->v[i].prefix.family == 4 ? 32 : 128};

		rule_set_add(&h->rules, &r); /* in order, so they stay there */
	}
}

/* ---- origins: one for each router and set of communities ---- */

struct bucket {
	int router;
	const struct attr_list *communities;
	struct prefix_vec list;
};

struct buckets {
	struct bucket *v;
	size_t n, cap, last;
};

static struct bucket *bucket_of(struct buckets *b, int router,
				const struct attr_list *communities)
{
	for (size_t i = 0; i < b->n; i++) {
		size_t at = (b->last + i) % b->n;

		if (b->v[at].router == router &&
		    b->v[at].communities == communities) {
			b->last = at;
			return &b->v[at];
		}
	}
	MEM_GROW(b->v, b->n, b->cap);
	b->v[b->n] =
		(struct bucket){.router = router, .communities = communities};
	b->last = b->n;
	return &b->v[b->n++];
}

static void fill(struct twin *t, const struct site_vec *all,
		 struct buckets *ret)
{
	struct homes h = {0};

	homes_of(t, &h);
	for (size_t i = 0; i < all->n; i++) {
		const struct prefix_rule *r =
			h.n ? rule_set_match(&h.rules, &all->v[i].prefix)
			    : NULL;
		int home = t->core;

		if (r)
			home = t->core + (int)h.v[r - h.rules.v].router;
		prefix_vec_add(
			&bucket_of(ret, home, all->v[i].communities)->list,
			&all->v[i].prefix);
	}
	rule_set_done(&h.rules);
	free(h.v);
}

void build_origins(struct twin *t, const struct twin_seen *seen, size_t n_seen)
{
	struct site_vec all = {0};
	struct buckets b = {0};

	build_site(t, seen, n_seen, &all);
	t->onprem = mem_calloc(all.n + 1, sizeof(*t->onprem));
	t->n_onprem = all.n;
	for (size_t i = 0; i < all.n; i++)
		t->onprem[i] = all.v[i].prefix;
	fill(t, &all, &b);
	for (size_t i = 0; i < b.n; i++) {
		int o = part_origin(t, "site", b.v[i].router, -1, 0,
				    &b.v[i].list);

		t->net->origins[o].communities = b.v[i].communities;
		free(b.v[i].list.v);
	}
	free(b.v);
	free(all.v);
}
