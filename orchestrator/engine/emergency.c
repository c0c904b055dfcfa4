/*
 * emergency.c - dead-man timers, and the way straight back
 *
 * While changes are armed, every tick renews the timers of all devices that can
 * be seen.  One that cannot be seen runs out and takes its changes back, and
 * then all of them go back to the same checkpoint.
 *
 * An emergency does not wait for the step at hand: all edges are told at once
 * to take back what is armed and to bind what was bound at the goal's
 * checkpoint.  Its row is committed first; a crash in the middle repeats it,
 * since it names states.  A change that was under way is answered late, and its
 * outcome is recorded before the way back goes on.
 */
#include "orchestrator/engine/internal.h"

#define BLIND_TICKS_MAX 3 /* as long as a timer lasts */

static int target_index(const struct engine *g, const char *target)
{
	for (size_t i = 0; i < g->program->n_watch; i++)
		if (strcmp(g->program->watch_target[i], target) == 0)
			return (int)i;
	return -1;
}

uint32_t engine_guard_seconds(const struct engine *g, const char *target)
{
	int i = target_index(g, target);

	if (!g->policy.dead_man_s)
		return 0;
	return g->policy.dead_man_s +
	       (i > 0 ? (uint32_t)i * g->policy.stagger_s : 0);
}

static void renew(struct engine *g, const char *target)
{
	struct action *a = engine_emit_aside(g, ACTION_RENEW);

	a->target = mem_strdup(target);
	a->guard_s = engine_guard_seconds(g, target);
}

static void expect_answers(struct engine *g)
{
	g->first_call = g->calls + 1;
	g->answers = 0;
	json_decref(g->results);
	g->results = json_array();
}

/* ---- timers ---- */

bool engine_ask_timers(struct engine *g)
{
	if (!g->fold.armed.n)
		return false;
	engine_set_phase(g, PHASE_TIMERS);
	expect_answers(g);
	g->answers = g->fold.armed.n;
	for (size_t i = 0; i < g->fold.armed.n; i++)
		renew(g, g->fold.armed.v[i]);
	return true;
}

static bool is_armed(enum outcome o)
{
	return o == OUTCOME_APPLIED;
}

/* UNCHANGED: nothing is armed, as after a reboot; REFUSED: it has run out. */
static bool is_lost(enum outcome o)
{
	return o == OUTCOME_REFUSED || o == OUTCOME_UNCHANGED;
}

/* At BEGIN, with the confirm of this target under way: it had been done, and
 * only its answer was lost. */
static bool is_confirmed(const struct engine *g, const struct event *ev)
{
	const struct step *s = fold_current(&g->fold);

	return ev->outcome == OUTCOME_UNCHANGED && s &&
	       s->kind == STEP_CONFIRM && g->fold.step == FOLD_STEP_BEGUN &&
	       strcmp(s->target, ev->target) == 0;
}

static void timers_known(struct engine *g)
{
	/* where the block is gone through anew nothing is armed on it */
	if (g->fired.n && g->confirmed)
		state_list_add(&g->fired, fold_current(&g->fold)->target);
	g->confirmed = false;
	if (!g->fired.n)
		engine_resume_at(g);
	else if (g->fold.step == FOLD_STEP_INTENT)
		engine_settle(g); /* no outcome stays unknown */
	else
		engine_fired(g);
}

void engine_fired(struct engine *g)
{
	engine_append(g, PHASE_FIRED_ROW, "fired", row_fired(&g->fired));
	state_list_done(&g->fired);
}

void engine_on_tick(struct engine *g)
{
	if (g->phase == PHASE_TIMERS || g->phase == PHASE_EMERGENCY ||
	    g->phase == PHASE_ENDED || g->phase == PHASE_IDLE)
		return;
	for (size_t i = 0; i < g->fold.armed.n; i++)
		renew(g, g->fold.armed.v[i]);
}

/* Nobody who asked for a checkpoint further back is stopped before it. */
static void all_go_back(struct engine *g, const char *why)
{
	const char *to = g->fold.back ? g->program->v[g->fold.back_to].name
				      : fold_last_checkpoint(&g->fold);

	if (g->want_rollback &&
	    (!to || program_find_block(g->program, g->rollback_to) <
			    program_find_block(g->program, to)))
		to = g->rollback_to;
	engine_ask_rollback(g, to, why);
	if (engine_at_rest(g))
		engine_obey(g);
}

static void gone_blind(struct engine *g, int i, const char *target)
{
	mem_auto_free char *why = NULL;

	if (++g->blind[i] == 1 && !g->fold.held && !g->fold.back) {
		why = mem_format("'%s' cannot be reached while its dead-man "
				 "timer runs",
				 target);
		g->want_hold = true;
		free(g->hold_why);
		g->hold_why = mem_strdup(why);
		if (g->phase == PHASE_SOAK)
			engine_obey(g);
	} else if (g->blind[i] == BLIND_TICKS_MAX && !g->fold.back) {
		why = mem_format("'%s' could not be reached for the time of "
				 "its dead-man timer",
				 target);
		all_go_back(g, why);
	}
}

/* Everything that is armed is being taken back: whether it was says nothing. */
static bool is_retreating(const struct engine *g)
{
	return g->phase == PHASE_EMERGENCY || g->phase == PHASE_LATE_ROW ||
	       g->phase == PHASE_RETREATED_ROW;
}

static void on_renewed(struct engine *g, const struct event *ev)
{
	int i = target_index(g, ev->target);

	if (is_retreating(g))
		return;
	if (i < 0 || !state_list_has(&g->fold.armed, ev->target))
		return; /* confirmed meanwhile */
	if (is_armed(ev->outcome)) {
		g->blind[i] = 0;
	} else if (!is_lost(ev->outcome)) {
		gone_blind(g, i, ev->target);
	} else if (!state_list_has(&g->fired, ev->target)) {
		mem_auto_free char *why =
			mem_format("'%s' has taken its changes back by itself",
				   ev->target);

		state_list_add(&g->fired, ev->target);
		all_go_back(g, why);
	}
}

/* ---- straight back ---- */

/* The latest block up to `goal` that can be gone straight back to; where there
 * is none, the first that can. */
static int retreat_block(const struct engine *g, int goal)
{
	int at = -1;

	for (size_t i = 0; i < g->program->n; i++) {
		if (!g->program->v[i].n_retreat)
			continue;
		if (at < 0 || (int)i <= goal)
			at = (int)i;
	}
	return at;
}

/* Is there anything between here and that block's checkpoint? */
static bool is_behind(const struct engine *g, int block)
{
	if (block < 0)
		return false;
	if (g->fold.back)
		return g->fold.retreated < 0 || block < g->fold.retreated;
	return block < g->fold.block;
}

static void begin(struct engine *g, int block, int goal)
{
	if (g->phase == PHASE_APPLY || g->phase == PHASE_POLL)
		g->late_call = g->waiting;
	g->emergency_to = goal;
	engine_append(g, PHASE_EMERGENCY_ROW, "emergency",
		      row_emergency(g->program->v[block].name,
				    g->program->v[goal].name, g->why));
}

void engine_emergency_again(struct engine *g)
{
	engine_set_why(g, "the way back was interrupted");
	begin(g, g->fold.emergency, g->fold.emergency_to);
}

bool engine_emergency(struct engine *g, int goal, const char *why)
{
	int block = retreat_block(g, goal);
	const char *to = g->program->v[goal].name;

	if (g->fold.emergency >= 0 && block >= g->fold.emergency)
		return false; /* it is on its way there, or further */
	engine_set_why(g, why);
	if (g->row_out) {
		if (g->want_emergency < 0 || goal < g->want_emergency)
			g->want_emergency = goal;
		return true;
	}
	if (g->fold.emergency < 0 && !is_behind(g, block)) {
		if (g->fold.back)
			return false;
		engine_ask_rollback(g, to, g->why);
		return engine_at_rest(g) && engine_obey(g);
	}
	begin(g, block, goal);
	return true;
}

/* What is armed leads to the last checkpoint: taking it back is all. */
static bool timers_lead_there(const struct engine *g)
{
	return !g->fold.back && g->fold.emergency == g->fold.block - 1;
}

/* A change whose outcome nobody has heard may have armed its target. */
static bool may_be_armed(const struct engine *g, const char *target)
{
	const struct step *s = fold_current(&g->fold);

	return state_list_has(&g->fold.armed, target) ||
	       (g->fold.step == FOLD_STEP_INTENT && g->fold.guard_s && s &&
		strcmp(s->target, target) == 0);
}

void engine_emergency_calls(struct engine *g)
{
	const struct block *b = &g->program->v[g->fold.emergency];

	engine_set_phase(g, PHASE_EMERGENCY);
	g->vnet_due = true;
	expect_answers(g);
	g->answers = b->n_retreat + (g->late_call != 0);
	for (size_t i = 0; i < b->n_retreat; i++) {
		struct action *a = engine_emit_aside(g, ACTION_RETREAT);

		a->target = mem_strdup(b->retreat[i].target);
		a->back = may_be_armed(g, a->target);
		a->changeset.key = mem_format("%u-%zu", g->fold.attempt, i);
		if (!a->back || !timers_lead_there(g))
			resource_set_copy(&a->want, &b->retreat[i].want);
	}
}

static void all_answered(struct engine *g)
{
	json_t *results = g->results;

	if (g->fold.step == FOLD_STEP_INTENT) { /* it was never heard of */
		g->answers = 1;
		engine_append(g, PHASE_LATE_ROW, "settled",
			      row_settled("superseded", g->why));
		return;
	}
	g->results = NULL;
	engine_append(
		g, PHASE_RETREATED_ROW, "retreated",
		row_retreated(g->program->v[g->fold.emergency].name, results));
}

void engine_late_committed(struct engine *g)
{
	if (--g->answers == 0)
		all_answered(g);
	else
		engine_set_phase(g, PHASE_EMERGENCY);
}

void engine_retreated_committed(struct engine *g)
{
	const char *block = g->program->v[g->fold.emergency].name;
	int asked = g->want_rollback
			    ? program_find_block(g->program, g->rollback_to)
			    : -1;

	if (asked >= 0 && asked < g->emergency_to)
		g->emergency_to = asked;
	engine_append(g, PHASE_ROLLBACK_ROW, "rollback",
		      row_rollback(g->program->v[g->emergency_to].name, g->why,
				   block, &g->fired));
	state_list_done(&g->fired);
	g->want_rollback = g->want_hold = false;
}

static void on_retreated(struct engine *g, const struct event *ev)
{
	json_array_append_new(g->results,
			      json_pack("{s:s,s:s,s:s}", "target", ev->target,
					"outcome", outcome_name(ev->outcome),
					"text", ev->text ? ev->text : ""));
	if (--g->answers == 0)
		all_answered(g);
}

/* The change that was under way when traffic was lost. */
static void on_late(struct engine *g, const struct event *ev)
{
	bool known = ev->outcome != OUTCOME_UNKNOWN &&
		     ev->outcome != OUTCOME_PENDING;

	g->late_call = 0;
	if (known)
		engine_append(g, PHASE_LATE_ROW, "outcome",
			      row_outcome(ev->outcome, ev->text));
	else
		engine_append(g, PHASE_LATE_ROW, "settled",
			      row_settled("superseded", ev->text));
}

bool engine_take_answer(struct engine *g, const struct event *ev)
{
	bool awaited = ev->call >= g->first_call && g->first_call;

	if (ev->kind == EVENT_RENEWED && g->phase != PHASE_TIMERS) {
		on_renewed(g, ev);
	} else if (ev->kind == EVENT_RENEWED && awaited && g->answers) {
		if (is_confirmed(g, ev))
			g->confirmed = true;
		else if (is_lost(ev->outcome))
			state_list_add(&g->fired, ev->target);
		if (--g->answers == 0)
			timers_known(g);
	} else if (ev->kind == EVENT_RETREATED) {
		if (awaited && g->answers && g->phase == PHASE_EMERGENCY)
			on_retreated(g, ev);
	} else if (ev->kind == EVENT_APPLIED && g->late_call &&
		   ev->call == g->late_call && g->phase == PHASE_EMERGENCY) {
		on_late(g, ev);
	} else {
		return false;
	}
	return true;
}
