/*
 * walk.c - one step after the other, forward and back
 *
 * Which step is next is folded from the rows (fold.c); here is what each kind
 * of step needs, and what happens when one fails.
 */
#include "orchestrator/engine/internal.h"

void engine_begin_rollback(struct engine *g, const char *to, const char *why)
{
	engine_append(g, PHASE_ROLLBACK_ROW, "rollback",
		      row_rollback(to, why, NULL, &g->fired));
	state_list_done(&g->fired);
}

const char *engine_default_goal(const struct engine *g)
{
	return g->policy.rollback_to_start ? g->program->v[0].name
					   : fold_last_checkpoint(&g->fold);
}

/* A step going forward failed for good: what the plan says about it. */
void engine_after_failure(struct engine *g)
{
	const char *to = engine_default_goal(g);

	if (g->fold.back)
		engine_hold(g, g->why, false);
	else if (!g->fold.changed || g->fold.touched < 0)
		engine_finish(g, "refused", EXIT_REFUSED);
	else if (g->policy.rollback_automatic && to)
		engine_begin_rollback(g, to, g->why);
	else
		engine_hold(g, g->why, false);
}

void engine_step_failed(struct engine *g, const char *why)
{
	const struct step *s = fold_current(&g->fold);

	engine_set_why(g, why);
	if (s->optional)
		engine_append(g, PHASE_DONE_ROW, "done", row_skipped(g->why));
	else
		engine_append(g, PHASE_FAILED_ROW, "failed",
			      row_failed(g->why));
}

/* The decision is committed: disarm what is armed on this target. */
static void confirm(struct engine *g, const struct step *s)
{
	if (!state_list_has(&g->fold.armed, s->target))
		engine_append(g, PHASE_DONE_ROW, "done", json_object());
	else
		engine_emit(g, ACTION_CONFIRM, PHASE_CONFIRM)->target =
			mem_strdup(s->target);
}

uint32_t engine_poll_ms(const struct engine *g, const struct step *s)
{
	if (s->poll_ms)
		return s->poll_ms;
	return g->policy.poll_ms ? g->policy.poll_ms : 200;
}

static void start(struct engine *g, const struct step *s)
{
	resource_set_done(&g->derived);
	switch (s->kind) {
	case STEP_ENSURE:
		engine_prepare(g);
		break;
	case STEP_WAIT:
		if (!s->keeps)
			engine_verify(g);
		else if (!engine_look_kept(g))
			engine_append(g, PHASE_DONE_ROW, "done", json_object());
		break;
	case STEP_SOAK:
		engine_emit(g, ACTION_TIMER, PHASE_SOAK)->ms = s->soak_ms;
		break;
	case STEP_HOLD:
	case STEP_DECIDE:
		engine_append(g, PHASE_DONE_ROW, "done", json_object());
		break;
	case STEP_SAVE:
		g->saved = false;
		if (!engine_look_kept(g))
			engine_save(g);
		break;
	case STEP_CONFIRM:
		confirm(g, s);
		break;
	case STEP_CHECKPOINT:
		engine_emit(g, ACTION_SNAPSHOT, PHASE_SNAPSHOT);
		break;
	}
}

#define CONFIRM_PAUSE_MS 2000
#define CONFIRM_TRIES 5

static bool asks_again(const struct step *s)
{
	return s->kind == STEP_SAVE || s->kind == STEP_CONFIRM || s->keeps;
}

void engine_step_start(struct engine *g, const struct step *s)
{
	g->budget = 1 + s->timeout_ms / engine_poll_ms(g, s);
	if (asks_again(s))
		g->budget = CONFIRM_TRIES;
	start(g, s);
}

static bool needs_go(const struct engine *g, const struct step *s)
{
	if (g->fold.gone)
		return false;
	if (s->own_go)
		return true;
	return s->kind == STEP_HOLD && !g->policy.auto_go;
}

#define COMPARE_LOOKS 60 /* a minute for routes to settle after a rollback */

static void end_of_steps(struct engine *g)
{
	g->budget = COMPARE_LOOKS;
	if (g->fold.back)
		engine_emit(g, ACTION_SNAPSHOT, PHASE_COMPARE);
	else
		engine_finish(g, "finished", EXIT_DONE);
}

/* Promise 2: compared after every step that changed something. */
static bool look_at_vnet(struct engine *g)
{
	if (!g->vnet_due || !g->program->vnet_target ||
	    !json_object_size(g->fold.checkpoints))
		return false;
	engine_emit(g, ACTION_VNET, PHASE_VNET)->target =
		mem_strdup(g->program->vnet_target);
	return true;
}

void engine_on_vnet(struct engine *g, const struct event *ev)
{
	if (ev->ok && ev->satisfied) {
		g->vnet_due = false;
		engine_next_step(g);
		return;
	}
	engine_set_why(g, ev->text);
	g->vnet_due = !ev->ok; /* blind: look again; different: on their go */
	engine_hold(g, ev->text, false);
}

static void hold_postponed(struct engine *g)
{
	const struct block *b = fold_block(&g->fold);
	mem_auto_free char *why = mem_format(
		"before '%s': it waits for a go of its own", b->name);

	engine_hold(g, why, true);
}

void engine_next_step(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);

	if (look_at_vnet(g) || engine_obey(g))
		return;
	if (g->fold.step == FOLD_STEP_INTENT) {
		engine_settle(g); /* a go does not make it known */
		return;
	}
	if (!s)
		end_of_steps(g);
	else if (fold_is_postponed(&g->fold))
		hold_postponed(g);
	else if (needs_go(g, s))
		engine_hold(g, s->title, true);
	else
		engine_append(g, PHASE_STEP, "step", row_step(s, &g->fold));
}

void engine_resume_at(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);

	if (g->fold.emergency >= 0) {
		engine_emergency_again(g);
		return;
	}
	if (g->want_rollback && g->fold.step != FOLD_STEP_INTENT) {
		engine_obey(g);
		return;
	}
	if (g->fold.held) {
		engine_set_phase(g, PHASE_HOLD);
		if (g->policy.end_on_hold)
			engine_finish(g, "holding", EXIT_HOLDING);
		return;
	}
	switch (g->fold.step) {
	case FOLD_STEP_INTENT:
		if (g->fold.token)
			engine_poll(g);
		else
			engine_settle(g);
		break;
	case FOLD_STEP_OUTCOME:
		g->budget = 1 + s->timeout_ms / engine_poll_ms(g, s);
		resource_set_done(&g->derived);
		engine_verify(g);
		break;
	case FOLD_STEP_BEGUN:
		engine_step_start(g, s);
		break;
	case FOLD_STEP_FAILED:
		engine_after_failure(g);
		break;
	case FOLD_STEP_NONE:
		engine_next_step(g);
		break;
	}
}

/* Confirming and saving name a state: where the answer was lost they are asked
 * for again, and a device that stays away is no reason to go back. */
void engine_ask_again(struct engine *g, const char *why)
{
	engine_set_why(g, why);
	if (--g->budget > 0)
		engine_emit(g, ACTION_TIMER, PHASE_PAUSE)->ms =
			CONFIRM_PAUSE_MS;
	else
		engine_hold(g, g->why, false);
}

void engine_on_confirmed(struct engine *g, const struct event *ev)
{
	const struct step *s = fold_current(&g->fold);

	switch (ev->outcome) {
	case OUTCOME_APPLIED:
	case OUTCOME_UNCHANGED:
		g->saved = s->kind == STEP_SAVE;
		if (!g->saved || !engine_look_kept(g))
			engine_append(g, PHASE_DONE_ROW, "done", json_object());
		break;
	case OUTCOME_UNKNOWN:
	case OUTCOME_RETRY:
		engine_ask_again(g, ev->text);
		break;
	default:
		engine_step_failed(g, ev->text);
	}
}

void engine_on_snapshot(struct engine *g, const struct event *ev)
{
	const struct block *b = fold_block(&g->fold);

	if (!ev->ok) {
		engine_set_why(g, ev->text);
		engine_hold(g, ev->text, false);
	} else if (g->phase == PHASE_COMPARE) {
		engine_on_compare(g, ev);
	} else if (!engine_lacks_before_record(g, ev->states) &&
		   !engine_differs_before_record(g, ev->states) &&
		   !engine_drifted(g, ev->states)) {
		engine_append(g, PHASE_CHECKPOINT_ROW, "checkpoint",
			      row_checkpoint(b->name, ev->states));
	}
}

void engine_on_timer(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);

	if (g->phase == PHASE_SOAK)
		engine_append(g, PHASE_DONE_ROW, "done", json_object());
	else if (g->phase == PHASE_COMPARE_PAUSE)
		engine_emit(g, ACTION_SNAPSHOT, PHASE_COMPARE);
	else if (g->phase == PHASE_POLL_PAUSE)
		engine_poll(g);
	else if (s && asks_again(s))
		start(g, s);
	else
		engine_verify(g);
}
