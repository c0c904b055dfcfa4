/*
 * foretell.c - what the proof says of routes, step by step
 *
 * No step looks at more because of it: a change of an edge's policy is told the
 * routes that it looks at on this edge, a checkpoint those that it records of
 * every edge.  A route that the model has as static, or not at all, is not
 * told, and counted.
 *
 * Pure.
 */
#include "orchestrator/twin/foretell.h"

#include <string.h>

struct teller {
	const struct prove *proof;
	const struct plan *plan;
	const struct program *program;
	struct foretold_vec *out;
	size_t untold;
};

static bool is_edge(const struct plan *p, const char *name)
{
	for (size_t i = 0; name && i < p->n_edges; i++)
		if (strcmp(p->edges[i].name, name) == 0)
			return true;
	return false;
}

static void add_neighbors(const struct plan *p, const char *edge,
			  struct state_list *ret)
{
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (p->tunnels[i].neighbor &&
		    strcmp(p->edges[p->tunnels[i].edge].name, edge) == 0)
			state_list_add(ret, p->tunnels[i].neighbor);
	for (size_t c = 0; c < p->n_circuits; c++)
		for (size_t l = 0; l < p->circuits[c].n_links; l++)
			for (size_t k = 0; k < p->circuits[c].n_peerings; k++) {
				const struct plan_circuit *ci = &p->circuits[c];
				const char *n = ci->peerings[k].on[l].neighbor;

				if (n &&
				    strcmp(p->edges[ci->links[l].edge].name,
					   edge) == 0)
					state_list_add(ret, n);
			}
}

static void tell(struct teller *t, const struct step *s, const char *edge,
		 const char *prefix)
{
	const struct prove_route *r =
		prove_route_after(t->proof, s->id, edge, prefix);
	struct foretold *f;

	if (!r || (r->via && !r->from && !is_edge(t->plan, r->via))) {
		t->untold++;
		return;
	}
	f = foretold_add(t->out, s, edge, prefix);
	f->via = mem_strdup(r->via);
	f->from = mem_strdup(r->from);
	if (r->via && !r->from)
		add_neighbors(t->plan, edge, &f->not_from);
}

static void tell_routes(struct teller *t, const struct step *s,
			const char *edge, const struct resource_set *looks)
{
	for (size_t i = 0; is_edge(t->plan, edge) && i < looks->n; i++)
		if (looks->v[i].kind == RESOURCE_ROUTE)
			tell(t, s, edge, looks->v[i].name);
}

static void tell_step(struct teller *t, const struct step *s)
{
	const struct program *g = t->program;

	if (s->kind == STEP_ENSURE && s->target)
		tell_routes(t, s, s->target, &s->look);
	for (size_t i = 0; s->kind == STEP_CHECKPOINT && i < g->n_watch; i++)
		tell_routes(t, s, g->watch_target[i], &g->watch[i]);
}

size_t twin_foretell(const struct prove *p, const struct plan *plan,
		     const struct program *g, struct foretold_vec *ret)
{
	struct teller t = {.proof = p, .plan = plan, .program = g, .out = ret};

	for (size_t i = 0; i < g->n; i++) {
		const struct block *b = &g->v[i];

		for (size_t k = 0; b->wave >= 0 && k < b->steps.n; k++)
			tell_step(&t, &b->steps.v[k]);
		for (size_t k = 0; b->wave >= 0 && k < b->undo.n; k++)
			tell_step(&t, &b->undo.v[k]);
	}
	return t.untold;
}
