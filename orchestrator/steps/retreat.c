/*
 * retreat.c - the short way back, for an emergency
 *
 * A planned rollback undoes block by block, make before break.  When traffic
 * is already being lost there is nothing to make first: every session is bound
 * at once to what it was bound to at a block's checkpoint (`retreat`, one
 * change an edge, all edges side by side), and what else later blocks may have
 * left behind is put right afterwards (`restore`).
 *
 * Pure.  Only the blocks from which nothing but bindings differs have one:
 * 'attach' and the waves.
 */
#include <string.h>

#include "orchestrator/steps/build.h"

#define SETTLE_MS 4000 /* BGP in the cloud, which cannot be looked at */

struct retreat_build {
	struct build *b;
	struct block *block;
	size_t waves;
};

static void bind_at(const struct policy_session *s, size_t waves,
		    struct resource_set *set)
{
	struct resource *r = build_session(set, s);

	r->session.import = policy_name(s, true, waves);
	r->session.export = policy_name(s, false, waves);
	r->session.enabled = true;
}

static void retreat_session(const struct policy_session *s, void *arg)
{
	struct retreat_build *w = arg;

	bind_at(s, w->waves, block_retreat(w->block, build_edge(s)->name));
}

static void restore_session(const struct policy_session *s, void *arg)
{
	struct retreat_build *w = arg;
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("rebind", name);
	struct step *st =
		build_step(w->b, STEP_ENSURE, build_edge(s)->name, id,
			   "'%s' is bound as at '%s'", name, w->block->name);

	bind_at(s, w->waves, &st->want);
	st->keeps = true; /* of the retreat that was done already */
}

/* An emergency in the middle of a rollback may leave more-specifics. */
static void restore_pins(struct build *b, const struct plan_tunnel *t)
{
	mem_auto_free char *id = build_id("unpin", t->name);
	mem_auto_free char *pin = mem_format("CUTOVER-pin-%s", t->name);
	struct resource *r;

	if (!t->neighbor || build_is_six(t->neighbor) ||
	    !build_can_pin(b->plan, t->edge))
		return;
	r = resource_set_add(
		&build_step(b, STEP_ENSURE, b->plan->edges[t->edge].name, id,
			    "no more-specifics are left on '%s'", t->name)
			 ->want,
		RESOURCE_STATIC_ROUTE, pin);
	r->static_route.session = mem_strdup(t->neighbor);
	r->present = false;
}

void build_retreat(struct build *b, size_t waves)
{
	struct retreat_build w = {b, &b->program->v[b->program->n - 1], waves};

	b->to = &w.block->restore;
	build_each_session(b->plan, true, retreat_session, &w);
	build_pins_left(b, waves);
	build_each_session(b->plan, true, restore_session, &w);
	build_step(b, STEP_SOAK, NULL, "settle-restored",
		   "let the cloud follow")
		->soak_ms = SETTLE_MS;
	for (size_t i = 0; i < b->plan->n_tunnels; i++)
		restore_pins(b, &b->plan->tunnels[i]);
	build_confirm(b);
	build_save(b);
}
