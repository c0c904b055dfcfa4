/*
 * prove_expect.c - will a step's own look at the routes be satisfied?
 *
 * What a step expects of an edge's routes before it counts as done is asked of
 * the model as well, forward and while a block is undone.  A run whose step
 * cannot succeed waits for its time to be over and goes back: better to know
 * before the night begins.  Announcements and traffic are not asked about.
 */
#include <string.h>

#include "orchestrator/twin/prove_parts.h"

static int edge_named(const struct plan *p, const char *name)
{
	for (size_t i = 0; name && i < p->n_edges; i++)
		if (strcmp(p->edges[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool is_from(const struct prove_route *r, const char *neighbor)
{
	return r->from && neighbor && strcmp(r->from, neighbor) == 0;
}

static void fails(struct prover *p, size_t edge, const struct prefix *prefix,
		  const struct expect *x, const struct prove_route *r)
{
	mem_auto_free char *subject =
		mem_format("%s %s", p->step->target, x->name);
	mem_auto_free char *wanted = expect_text(x);
	struct walk w;

	walk_prefix(p->t->decide, prefix, p->t->edges[edge], &w);
	prove_say(p, PROVE_ERROR, "check-fails", subject, &w.good,
		  "find what prefers the other way on this edge (a static "
		  "route, a preference) and change it, or 'preference' in the "
		  "plan, before the cutover",
		  "the step expects on '%s': %s; it will have it from %s, so "
		  "the step will fail and be taken back",
		  p->step->target, wanted, r->via ? r->via : "nobody");
	walk_done(&w);
}

static void judge_expect(struct prover *p, size_t edge, const struct expect *x)
{
	struct prove_route r;
	struct prefix prefix;
	bool ok = true;

	if (x->on != RESOURCE_ROUTE || !prefix_parse(x->name, &prefix, NULL) ||
	    !prove_route_now(p, edge, &prefix, &r))
		return;
	switch (x->kind) {
	case EXPECT_BEST_FROM:
		ok = is_from(&r, x->text);
		break;
	case EXPECT_BEST_NOT_FROM:
		ok = r.via && !is_from(&r, x->text);
		break;
	case EXPECT_IN_FIB:
		ok = r.via != NULL;
		break;
	default:
		break;
	}
	if (!ok)
		fails(p, edge, &prefix, x, &r);
}

void prove_judge_expect(struct prover *p)
{
	int edge;

	if (!p->step || p->step->optional ||
	    (p->phase != PROVE_FORWARD && p->phase != PROVE_UNDO))
		return;
	edge = edge_named(p->t->plan, p->step->target);
	for (size_t i = 0; edge >= 0 && i < p->step->expect.n; i++)
		judge_expect(p, (size_t)edge, &p->step->expect.v[i]);
}
