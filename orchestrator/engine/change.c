/*
 * change.c - one change: prepare, intent, apply, outcome, verify
 *
 * Law: the intent is committed before the device call, the outcome after it.
 * An outcome that is unknown is settled by fencing and looking, and only then
 * is anything tried again.  A change that takes long answers PENDING with a
 * token, which is committed before the first poll.
 */
#include "orchestrator/engine/internal.h"

#define LOOKS_LEAST 5

#define POLL_MS 5000 /* between two polls of a long operation */

/* What 'start' recorded; what it did not record is wanted as compiled. */
static void want_of_start(const struct engine *g, const struct step *s,
			  struct resource_set *ret)
{
	const json_t *start =
		json_object_get(g->fold.checkpoints, g->program->v[0].name);
	resource_set_auto was = {0};

	if (start)
		resource_set_from_json(json_peek(start, s->target), &was, NULL);
	for (size_t i = 0; i < s->want.n; i++) {
		const struct resource *x = &s->want.v[i];
		const struct resource *r =
			resource_set_find(&was, x->kind, x->name);

		resource_set_add_copy(ret, r ? r : x);
	}
}

static void emit_step(struct engine *g, enum action_kind kind,
		      enum engine_phase phase)
{
	const struct step *s = fold_current(&g->fold);
	struct action *a = engine_emit(g, kind, phase);

	a->step = s;
	a->target = mem_strdup(s->target);
	if (g->fold.want.n)
		resource_set_copy(&a->want, &g->fold.want);
	else if (g->derived.n)
		resource_set_copy(&a->want, &g->derived);
	else if (s->derive == STEP_DERIVE_START)
		want_of_start(g, s, &a->want);
	else
		resource_set_copy(&a->want, &s->want);
}

void engine_prepare(struct engine *g)
{
	emit_step(g, ACTION_PREPARE, PHASE_PREPARE);
}

void engine_verify(struct engine *g)
{
	emit_step(g, ACTION_OBSERVE, PHASE_VERIFY);
}

void engine_settle(struct engine *g)
{
	emit_step(g, ACTION_SETTLE, PHASE_SETTLE);
}

void engine_poll(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);
	struct action *a = engine_emit(g, ACTION_POLL, PHASE_POLL);

	a->step = s;
	a->target = mem_strdup(s->target);
	a->token = mem_strdup(g->fold.token);
}

void engine_on_prepared(struct engine *g, const struct event *ev)
{
	const struct step *s = fold_current(&g->fold);
	uint32_t guard = s->guarded ? engine_guard_seconds(g, s->target) : 0;
	struct changeset cs = {0};
	json_t *j;

	if (engine_lacks(g, ev))
		return;
	if (!ev->ok) {
		engine_step_failed(g, ev->text);
		return;
	}
	if (ev->satisfied) {
		if (ev->want)
			resource_set_copy(&g->derived, ev->want);
		engine_verify(g);
		return;
	}
	j = changeset_to_json(ev->changeset);
	changeset_from_json(j, &cs, NULL);
	json_decref(j);
	free(cs.key);
	cs.key = mem_format("%u", g->fold.attempt + 1);
	engine_append(g, PHASE_INTENT, "intent",
		      row_intent(&cs, ev->before, ev->want, s->target, guard));
	changeset_done(&cs);
}

void engine_on_intent(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);
	struct action *a = engine_emit(g, ACTION_APPLY, PHASE_APPLY);
	json_auto *j = changeset_to_json(&g->fold.changeset);

	a->step = s;
	a->target = mem_strdup(s->target);
	a->guard_s = g->fold.guard_s;
	changeset_from_json(j, &a->changeset, NULL);
}

void engine_on_applied(struct engine *g, const struct event *ev)
{
	engine_set_why(g, ev->text);
	g->vnet_due = true;
	if (ev->outcome != OUTCOME_PENDING)
		engine_append(g, PHASE_OUTCOME, "outcome",
			      row_outcome(ev->outcome, ev->text));
	else if (ev->token && g->phase == PHASE_APPLY)
		engine_append(g, PHASE_PENDING_ROW, "pending",
			      row_pending(ev->token));
	else if (g->fold.token)
		engine_emit(g, ACTION_TIMER, PHASE_POLL_PAUSE)->ms = POLL_MS;
	else /* pending on nothing that could be asked: look at it */
		engine_append(g, PHASE_OUTCOME, "outcome",
			      row_outcome(OUTCOME_UNKNOWN, ev->text));
}

void engine_on_outcome(struct engine *g)
{
	switch (g->fold.outcome) {
	case OUTCOME_APPLIED:
	case OUTCOME_UNCHANGED:
		engine_verify(g);
		break;
	case OUTCOME_UNKNOWN:
		engine_settle(g);
		break;
	default:
		engine_step_failed(g, g->why);
	}
}

void engine_on_settled(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);

	g->budget = 1 + s->timeout_ms / engine_poll_ms(g, s);
	if (g->want_rollback) {
		g->want_rollback = false;
		engine_begin_rollback(g, g->rollback_to, g->rollback_why);
	} else if (g->fired.n) {
		engine_fired(g);
	} else if (g->fold.step == FOLD_STEP_OUTCOME) {
		engine_verify(g);
	} else if (g->fold.step == FOLD_STEP_BEGUN) {
		engine_prepare(g);
	} else {
		engine_hold(g, g->why, false);
	}
}

/* The look that settles an unknown outcome. */
static void on_settle(struct engine *g, const struct event *ev)
{
	const char *as = "neither";
	bool was = true;

	if (!ev->ok) { /* blind is not bad: hold, ask again at 'go' */
		engine_set_why(g, ev->text);
		g->want_rollback = false; /* ask again when it can be seen */
		engine_hold(g, ev->text, false);
		return;
	}
	for (size_t i = 0; i < g->fold.before.n; i++) {
		const struct resource *b = &g->fold.before.v[i];
		const struct resource *n =
			resource_set_find(ev->before, b->kind, b->name);

		was &= n && resource_equal(b, n);
	}
	if (ev->satisfied)
		as = "applied";
	else if (was)
		as = "not-applied";
	else if (g->want_rollback || g->fired.n)
		as = "superseded"; /* what comes instead names states, too */
	engine_set_why(g, ev->text);
	engine_append(g, PHASE_SETTLED, "settled", row_settled(as, ev->text));
}

/* Of the looks that a wait has: as many as could have been taken in the time of
 * this one, so that a device that answers slowly does not make the wait longer
 * than it is; but some looks it has in any case. */
static int64_t looks_spent(const struct engine *g, const struct event *ev)
{
	const struct step *s = fold_current(&g->fold);
	int64_t most = s->timeout_ms / engine_poll_ms(g, s) / LOOKS_LEAST;
	int64_t n = 1 + ev->took_ms / engine_poll_ms(g, s);

	return n < most ? n : most > 1 ? most : 1;
}

static void on_verify(struct engine *g, const struct event *ev)
{
	bool done = ev->ok && ev->satisfied;
	buf_auto differs = BUF_INIT;

	if (done && engine_is_foretold(g, ev->before, &differs)) {
		engine_append(g, PHASE_DONE_ROW, "done", row_done(ev->before));
		return;
	}
	engine_set_why(g, done ? buf_str(&differs) : ev->text);
	if (g->want_rollback) {
		engine_obey(g);
		return;
	}
	g->budget -= looks_spent(g, ev);
	if (g->budget > 0) {
		engine_emit(g, ACTION_TIMER, PHASE_PAUSE)->ms =
			engine_poll_ms(g, fold_current(&g->fold));
		return;
	}
	if (done)
		engine_hold_foretold(g, buf_str(&differs));
	else if (ev->ok && !engine_lost_change(g, ev))
		engine_step_failed(g, ev->text);
	else if (!ev->ok) /* blind is not bad */
		engine_hold(g, ev->text, false);
}

void engine_on_observed(struct engine *g, const struct event *ev)
{
	if (g->phase == PHASE_SETTLE)
		on_settle(g, ev);
	else if (g->phase == PHASE_KEPT)
		engine_on_kept(g, ev);
	else if (g->phase == PHASE_VNET)
		engine_on_vnet(g, ev);
	else
		on_verify(g, ev);
}
