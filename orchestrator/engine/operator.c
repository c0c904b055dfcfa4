/*
 * operator.c - wishes of people and verdicts of guards
 *
 * A wish never takes effect inside a step: it is remembered, and obeyed between
 * two steps or where the run is at rest.  A breach is no wish: traffic is being
 * lost, so the way straight back is taken from wherever the run stands.
 */
#include "orchestrator/engine/internal.h"

#define BY_OPERATOR "asked for by the operator"
#define BY_ABORT "aborted by the operator"

/* Where the operator's wishes take effect: never inside a step. */
bool engine_obey(struct engine *g)
{
	if (g->want_rollback && g->fold.step == FOLD_STEP_INTENT) {
		engine_settle(g); /* no outcome stays unknown */
		return true;
	}
	if (g->want_rollback) {
		g->want_rollback = false;
		engine_begin_rollback(g, g->rollback_to, g->rollback_why);
		return true;
	}
	if (g->want_refuse) { /* unless something was changed meanwhile */
		g->want_refuse = false;
		engine_after_failure(g);
		return true;
	}
	if (g->want_stop) {
		engine_finish(g, "stopped", EXIT_HOLDING);
		return true;
	}
	if (g->want_hold) {
		g->want_hold = false;
		engine_hold(g, g->hold_why ? g->hold_why : BY_OPERATOR, false);
		return true;
	}
	return false;
}

void engine_ask_rollback(struct engine *g, const char *to, const char *why)
{
	if (!to)
		to = engine_default_goal(g);
	if (!to || !engine_can_go_back(g, to)) {
		/* nothing to go back from: the run ends where it began */
		g->refuse_asked = !g->fold.changed && !g->want_refuse;
		g->want_refuse |= !g->fold.changed;
		return;
	}
	if (g->rollback_to != to) {
		free(g->rollback_to);
		g->rollback_to = mem_strdup(to);
	}
	free(g->rollback_why);
	g->rollback_why = mem_strdup(why);
	g->want_rollback = true;
}

/* Between two looks of a wait that is for people: it may take days. */
static bool is_parked(const struct engine *g)
{
	const struct step *s = fold_current(&g->fold);

	return g->phase == PHASE_PAUSE && s && s->kind == STEP_WAIT &&
	       s->poll_ms;
}

bool engine_at_rest(const struct engine *g)
{
	return g->phase == PHASE_HOLD || g->phase == PHASE_SOAK || is_parked(g);
}

/* What has not taken effect is as if it had not been asked for; what a guard
 * wants stays wanted. */
static void take_back(struct engine *g, const char *command)
{
	bool asked =
		g->rollback_why && (strcmp(g->rollback_why, BY_OPERATOR) == 0 ||
				    strcmp(g->rollback_why, BY_ABORT) == 0);

	if (strcmp(command, "hold") == 0) {
		g->want_hold &= g->hold_why != NULL;
	} else if (strcmp(command, "go") != 0) {
		g->want_stop = false;
		g->want_rollback &= !asked;
		g->want_refuse &= !g->refuse_asked;
		g->refuse_asked = false;
	}
}

void engine_on_operator(struct engine *g, const struct event *ev)
{
	switch (ev->command) {
	case OPERATOR_GO:
		g->want_hold = false;
		if (g->phase == PHASE_HOLD)
			engine_append(g, PHASE_GO_ROW, "go", json_object());
		return;
	case OPERATOR_ACCEPT:
		if (g->phase == PHASE_HOLD)
			engine_append(g, PHASE_GO_ROW, "go",
				      json_pack("{s:b,s:b}", "accept", 1,
						"unproved", ev->text != NULL));
		return;
	case OPERATOR_HOLD:
		g->want_hold = true;
		free(g->hold_why);
		g->hold_why = NULL;
		return;
	case OPERATOR_TAKE_BACK:
		take_back(g, ev->text ? ev->text : "");
		return;
	case OPERATOR_STOP:
		g->want_stop = true;
		break;
	case OPERATOR_ROLLBACK:
		engine_ask_rollback(g, ev->text, BY_OPERATOR);
		break;
	case OPERATOR_ABORT:
		if (g->policy.abort_rolls_back && g->fold.touched >= 0)
			engine_ask_rollback(g, NULL, BY_ABORT);
		else
			g->want_stop = true;
		break;
	}
	if (engine_at_rest(g))
		engine_obey(g);
}

static bool earlier(const struct engine *g, const char *goal, int than)
{
	int b = goal ? program_find_block(g->program, goal) : -1;

	return b >= 0 && b < than;
}

/* The block whose checkpoint a breach goes back to, or -1. */
static int breach_goal(const struct engine *g, const char *asked)
{
	const char *to = engine_default_goal(g);
	int goal = g->fold.back ? g->fold.back_to
		   : to		? program_find_block(g->program, to)
				: -1;

	return earlier(g, asked, goal) ? program_find_block(g->program, asked)
				       : goal;
}

static void ask_hold(struct engine *g, const char *why)
{
	if (g->fold.held || g->fold.back)
		return;
	g->want_hold = true;
	free(g->hold_why);
	g->hold_why = mem_strdup(why);
	if (g->phase == PHASE_SOAK)
		engine_obey(g);
}

static void on_breach(struct engine *g, const struct event *ev)
{
	int goal = breach_goal(g, ev->goal);

	if (!g->fold.changed) {
		g->want_refuse = true;
		g->refuse_asked = false;
		if (engine_at_rest(g))
			engine_obey(g);
		return;
	}
	if (ev->hold_on_breach || !g->policy.rollback_automatic || goal < 0) {
		ask_hold(g, ev->text);
		return;
	}
	engine_emergency(g, goal, ev->text);
}

void engine_on_guard(struct engine *g, const struct event *ev)
{
	if (ev->verdict == GUARD_PASS || g->phase == PHASE_ENDED ||
	    g->phase == PHASE_END_ROW)
		return;
	engine_set_why(g, ev->text);
	if (ev->verdict == GUARD_BREACH)
		on_breach(g, ev);
	else
		ask_hold(g, ev->text);
}
