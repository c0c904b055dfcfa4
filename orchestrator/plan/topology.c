/*
 * topology.c - the routers behind the edges: names to numbers, and is it whole?
 *
 * A site that says nothing is taken to have one core behind all edges
 * (twin/build_site.c).  One that names its routers names all of them: every
 * router and every edge is joined to the others by links, or the model would
 * prove something about a network that is not there.
 *
 * Threads: none.
 */
#include "orchestrator/plan/topology.h"

#include <string.h>

#include "orchestrator/base/sort.h"
#include "orchestrator/plan/load.h"

#define AT "site.topology"

/* Routers, then edges: as links count them. */
static char **names_of(const struct plan *p, size_t *ret_n)
{
	const struct plan_topology *t = &p->site.topology;
	char **v = mem_calloc(t->n_routers + p->n_edges + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < t->n_routers; i++)
		v[n++] = t->routers[i].name;
	for (size_t i = 0; i < p->n_edges; i++)
		v[n++] = p->edges[i].name;
	*ret_n = n;
	return v;
}

/* ---- names ---- */

struct named {
	const char *name;
	size_t at;
};

static int by_name(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c ? c : (a->at > b->at) - (a->at < b->at);
}

static void check_names(struct load *l, char *const *names, size_t n)
{
	const size_t routers = l->plan->site.topology.n_routers;
	mem_auto_free struct named *v = mem_calloc(n + 1, sizeof(*v));
	size_t have = 0;

	for (size_t i = 0; i < n; i++)
		if (names[i])
			v[have++] = (struct named){names[i], i};
	sort_runs(v, have, sizeof(*v), by_name);
	for (size_t i = 1; i < have; i++) {
		bool router = v[i].at < routers;
		size_t at = router ? v[i].at : v[i - 1].at;

		if (strcmp(v[i - 1].name, v[i].name) || at >= routers)
			continue; /* edges among themselves: elsewhere */
		load_error(l, load_at(l, AT ".routers.%zu.name", at),
			   "duplicate-name", "'%s' is %s", v[i].name,
			   router ? "there already in 'routers'"
				  : "also the name of one of 'edges'");
	}
}

/* ---- links ---- */

/* False: it has been reported, or is no name. */
static bool resolve_end(struct load *l, size_t link, size_t side,
			char *const *names, size_t n)
{
	const struct node *at =
		load_find(l, AT ".links.%zu.between.%zu", link, side);
	int i;

	if (!load_is_name(at))
		return false;
	i = load_ref(l, at, names, n, sizeof(*names), "router or edge");
	if (i < 0)
		return false;
	l->plan->site.topology.links[link].end[side] = (size_t)i;
	return true;
}

static void resolve_link(struct load *l, size_t i, char *const *names, size_t n)
{
	const struct plan_wire *w = &l->plan->site.topology.links[i];
	bool a = resolve_end(l, i, 0, names, n);
	bool b = resolve_end(l, i, 1, names, n);

	if (a && b && w->end[0] == w->end[1])
		load_error(l, load_at(l, AT ".links.%zu.between.1", i),
			   "topology-link", "the link joins '%s' with itself",
			   names[w->end[0]]);
}

/* Everything that links reach gets the number of its part of the site. */
static size_t part_of(size_t *part, size_t i)
{
	while (part[i] != i)
		i = part[i] = part[part[i]];
	return i;
}

static void check_whole(struct load *l, char *const *names, size_t n)
{
	const struct plan_topology *t = &l->plan->site.topology;
	mem_auto_free size_t *part = mem_calloc(n + 1, sizeof(*part));

	for (size_t i = 0; i < n; i++)
		part[i] = i;
	for (size_t i = 0; i < t->n_links; i++)
		part[part_of(part, t->links[i].end[0])] =
			part_of(part, t->links[i].end[1]);
	for (size_t i = 1; i < n; i++)
		if (part_of(part, i) != part_of(part, 0))
			load_error(
				l,
				i < t->n_routers
					? load_at(l, AT ".routers.%zu.name", i)
					: load_at(l, "edges.%zu.name",
						  i - t->n_routers),
				"topology-split",
				"no links of the topology lead from '%s' to "
				"'%s'",
				names[0], names[i]);
}

/* ---- prefixes ---- */

struct behind {
	struct prefix prefix;
	size_t router, i;
};

static int by_prefix(const void *x, const void *y)
{
	const struct behind *a = x, *b = y;
	int c = prefix_cmp(&a->prefix, &b->prefix);

	return c ? c : (a->router > b->router) - (a->router < b->router);
}

static bool is_site(const struct plan *p, const struct prefix *inner)
{
	struct prefix outer;

	for (size_t i = 0; i < p->site.prefixes.n; i++)
		if (prefix_parse(p->site.prefixes.v[i], &outer, NULL) &&
		    prefix_contains(&outer, inner))
			return true;
	return false;
}

static void check_prefix(struct load *l, const struct behind *x)
{
	const struct plan_router *r =
		&l->plan->site.topology.routers[x->router];

	if (!is_site(l->plan, &x->prefix))
		load_error(l,
			   load_at(l, AT ".routers.%zu.prefixes.%zu", x->router,
				   x->i),
			   "prefix-not-site",
			   "'%s' is not in the site's prefixes",
			   r->prefixes.v[x->i]);
}

static void check_prefixes(struct load *l)
{
	const struct plan_topology *t = &l->plan->site.topology;
	struct behind *v = NULL;
	size_t n = 0, cap = 0;

	for (size_t r = 0; r < t->n_routers; r++)
		for (size_t i = 0; i < t->routers[r].prefixes.n; i++) {
			struct behind x = {.router = r, .i = i};

			if (!prefix_parse(t->routers[r].prefixes.v[i],
					  &x.prefix, NULL))
				continue;
			check_prefix(l, &x);
			MEM_GROW(v, n, cap);
			v[n++] = x;
		}
	sort_runs(v, n, sizeof(*v), by_prefix);
	for (size_t k = 1; k < n; k++)
		if (!prefix_cmp(&v[k - 1].prefix, &v[k].prefix))
			load_error(l,
				   load_at(l, AT ".routers.%zu.prefixes.%zu",
					   v[k].router, v[k].i),
				   "topology-prefix",
				   "'%s' is behind '%s' already",
				   t->routers[v[k].router].prefixes.v[v[k].i],
				   t->routers[v[k - 1].router].name
					   ?: "unnamed");
	free(v);
}

void load_topology(struct load *l)
{
	const struct plan_topology *t = &l->plan->site.topology;
	mem_auto_free char **names = NULL;
	size_t n;

	if (!t->n_routers)
		return;
	names = names_of(l->plan, &n);
	check_names(l, names, n);
	for (size_t i = 0; i < t->n_links; i++)
		resolve_link(l, i, names, n);
	check_prefixes(l);
	if (load_clean(l))
		check_whole(l, names, n);
}

void plan_topology_done(struct plan_topology *t)
{
	for (size_t i = 0; i < t->n_routers; i++) {
		free(t->routers[i].name);
		state_list_done(&t->routers[i].prefixes);
	}
	free(t->routers);
	free(t->links);
}
