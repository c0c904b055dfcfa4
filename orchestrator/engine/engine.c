/*
 * engine.c - the state machine (diagram in engine.h)
 *
 * Every transition goes through set_phase().  What must survive a crash is in
 * fold.c; what is here (phase, the call that is awaited, the look before) is
 * rebuilt by EVENT_BEGIN.  Rows are built in rows.c.  Not thread-safe: one
 * owner feeds it.
 */
#include "orchestrator/engine/engine.h"

#include <string.h>

#include "orchestrator/engine/fold.h"
#include "orchestrator/engine/rows.h"

struct engine {
	const struct program *program;
	struct engine_policy policy;
	struct fold fold;
	enum engine_phase phase;
	int64_t calls;	 /* last call id given out */
	int64_t waiting; /* call id whose answer counts */
	int64_t budget;	 /* looks left in this wait */
	char *row_kind, *row_step;
	json_t *row_body; /* what is being committed */
	char *why;	  /* last reason */
	bool want_hold, want_stop, want_rollback;
	struct resource_set derived; /* want of a step that was satisfied */
	bool vnet_due; /* a change was made since the last look at it */
	char *rollback_to, *rollback_why;
	char *hold_why; /* of a guard; NULL: the operator's */
	int exit_code;
	struct action_list *out; /* only during engine_feed() */
};

static void next_step(struct engine *g);
static void finish(struct engine *g, const char *result, int code);

static void set_phase(struct engine *g, enum engine_phase phase)
{
	g->phase = phase;
}

static struct action *emit(struct engine *g, enum action_kind kind,
			   enum engine_phase phase)
{
	struct action *a;

	MEM_GROW(g->out->v, g->out->n, g->out->cap);
	a = &g->out->v[g->out->n++];
	memset(a, 0, sizeof(*a));
	a->kind = kind;
	a->call = g->waiting = ++g->calls;
	set_phase(g, phase);
	return a;
}

/* Asks for a durable row; it takes effect in on_committed(). */
static void append(struct engine *g, enum engine_phase phase, const char *kind,
		   json_t *body)
{
	const struct step *s = fold_current(&g->fold);
	struct action *a = emit(g, ACTION_APPEND, phase);

	a->row_kind = mem_strdup(kind);
	a->row_step = mem_strdup(s ? s->id : NULL);
	a->row_body = json_text_canonical(body);
	json_decref(g->row_body);
	free(g->row_kind);
	free(g->row_step);
	g->row_kind = mem_strdup(kind);
	g->row_step = mem_strdup(a->row_step);
	g->row_body = body;
}

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
	struct action *a = emit(g, kind, phase);

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

static void set_why(struct engine *g, const char *why)
{
	char *copy = mem_strdup(why ? why : "");

	free(g->why);
	g->why = copy;
}

static void hold(struct engine *g, const char *why, bool for_step)
{
	append(g, PHASE_HOLD_ROW, "hold", row_hold(why, for_step));
}

static void begin_rollback(struct engine *g, const char *to, const char *why)
{
	append(g, PHASE_ROLLBACK_ROW, "rollback", row_rollback(to, why));
}

static const char *default_goal(const struct engine *g)
{
	return g->policy.rollback_to_start ? g->program->v[0].name
					   : fold_last_checkpoint(&g->fold);
}

/* A step going forward failed for good: what the plan says about it. */
static void after_failure(struct engine *g)
{
	const char *to = default_goal(g);

	if (g->fold.back)
		hold(g, g->why, false);
	else if (!g->fold.changed || g->fold.touched < 0)
		finish(g, "refused", EXIT_REFUSED);
	else if (g->policy.rollback_automatic && to)
		begin_rollback(g, to, g->why);
	else
		hold(g, g->why, false);
}

static void step_failed(struct engine *g, const char *why)
{
	const struct step *s = fold_current(&g->fold);

	set_why(g, why);
	if (s->optional)
		append(g, PHASE_DONE_ROW, "done", row_skipped(g->why));
	else
		append(g, PHASE_FAILED_ROW, "failed", row_failed(g->why));
}

static void step_verify(struct engine *g)
{
	emit_step(g, ACTION_OBSERVE, PHASE_VERIFY);
}

static void step_start(struct engine *g, const struct step *s)
{
	uint32_t poll = g->policy.poll_ms ? g->policy.poll_ms : 200;

	g->budget = 1 + s->timeout_ms / poll;
	resource_set_done(&g->derived);
	switch (s->kind) {
	case STEP_ENSURE:
		emit_step(g, ACTION_PREPARE, PHASE_PREPARE);
		break;
	case STEP_WAIT:
		step_verify(g);
		break;
	case STEP_SOAK:
		emit(g, ACTION_TIMER, PHASE_SOAK)->ms = s->soak_ms;
		break;
	case STEP_HOLD:
		append(g, PHASE_DONE_ROW, "done", json_object());
		break;
	case STEP_SAVE:
		emit(g, ACTION_SAVE, PHASE_SAVE)->target =
			mem_strdup(s->target);
		break;
	case STEP_CHECKPOINT:
		emit(g, ACTION_SNAPSHOT, PHASE_SNAPSHOT);
		break;
	}
}

static bool needs_go(const struct engine *g, const struct step *s)
{
	if (g->fold.gone)
		return false;
	if (s->own_go)
		return true;
	return s->kind == STEP_HOLD && !g->policy.auto_go;
}

/* Where the operator's wishes take effect: never inside a step. */
static bool obey(struct engine *g)
{
	if (g->want_rollback) {
		g->want_rollback = false;
		begin_rollback(g, g->rollback_to, g->rollback_why);
		return true;
	}
	if (g->want_stop) {
		finish(g, "stopped", EXIT_HOLDING);
		return true;
	}
	if (g->want_hold) {
		g->want_hold = false;
		hold(g, g->hold_why ? g->hold_why : "asked for by the operator",
		     false);
		return true;
	}
	return false;
}

#define COMPARE_LOOKS 60 /* a minute for routes to settle after a rollback */

static void end_of_steps(struct engine *g)
{
	g->budget = COMPARE_LOOKS;
	if (g->fold.back)
		emit(g, ACTION_SNAPSHOT, PHASE_COMPARE);
	else
		finish(g, "finished", EXIT_DONE);
}

/* Promise 2: compared after every step that changed something. */
static bool look_at_vnet(struct engine *g)
{
	if (!g->vnet_due || !g->program->vnet_target ||
	    !json_object_size(g->fold.checkpoints))
		return false;
	emit(g, ACTION_VNET, PHASE_VNET)->target =
		mem_strdup(g->program->vnet_target);
	return true;
}

static void on_vnet(struct engine *g, const struct event *ev)
{
	if (ev->ok && ev->satisfied) {
		g->vnet_due = false;
		next_step(g);
		return;
	}
	set_why(g, ev->text);
	g->vnet_due = false;
	hold(g, ev->text, false);
}

static void next_step(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);

	if (look_at_vnet(g) || obey(g))
		return;
	if (!s)
		end_of_steps(g);
	else if (needs_go(g, s))
		hold(g, s->title, true);
	else
		append(g, PHASE_STEP, "step", row_step(s, &g->fold));
}

static void finish(struct engine *g, const char *result, int code)
{
	g->exit_code = code;
	append(g, PHASE_END_ROW, "end", row_end(result, code, g->why));
}

/* BEGIN: fresh, or after replay; an open intent is UNKNOWN. */
static void on_begin(struct engine *g)
{
	append(g, PHASE_IDLE, "begin", json_object());
}

static void resume_at(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);

	if (g->fold.held && g->want_rollback) {
		obey(g);
		return;
	}
	if (g->fold.held) {
		set_phase(g, PHASE_HOLD);
		if (g->policy.end_on_hold)
			finish(g, "holding", EXIT_HOLDING);
		return;
	}
	switch (g->fold.step) {
	case FOLD_STEP_INTENT:
		emit_step(g, ACTION_SETTLE, PHASE_SETTLE);
		break;
	case FOLD_STEP_OUTCOME:
		g->budget = 1 + s->timeout_ms / (g->policy.poll_ms + 1);
		resource_set_done(&g->derived);
		step_verify(g);
		break;
	case FOLD_STEP_BEGUN:
		step_start(g, s);
		break;
	case FOLD_STEP_FAILED:
		after_failure(g);
		break;
	case FOLD_STEP_NONE:
		next_step(g);
		break;
	}
}

static void on_hold_row(struct engine *g)
{
	if (g->want_rollback)
		obey(g);
	else if (g->policy.end_on_hold || g->want_stop)
		finish(g, "holding", EXIT_HOLDING);
	else
		set_phase(g, PHASE_HOLD);
}

static void on_outcome(struct engine *g)
{
	switch (g->fold.outcome) {
	case OUTCOME_APPLIED:
	case OUTCOME_UNCHANGED:
		step_verify(g);
		break;
	case OUTCOME_UNKNOWN:
		emit_step(g, ACTION_SETTLE, PHASE_SETTLE);
		break;
	default:
		step_failed(g, g->why);
	}
}

static void on_settled(struct engine *g)
{
	if (g->fold.step == FOLD_STEP_OUTCOME)
		step_verify(g);
	else if (g->fold.step == FOLD_STEP_BEGUN)
		emit_step(g, ACTION_PREPARE, PHASE_PREPARE);
	else
		hold(g, g->why, false);
}

static void on_intent(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);
	struct action *a = emit(g, ACTION_APPLY, PHASE_APPLY);
	json_auto *j = changeset_to_json(&g->fold.changeset);

	a->step = s;
	a->target = mem_strdup(s->target);
	a->guard_s = s->guarded ? g->policy.dead_man_s : 0;
	changeset_from_json(j, &a->changeset, NULL);
}

static void on_committed(struct engine *g)
{
	struct err e = ERR_INIT;

	if (!fold_row(&g->fold, g->row_kind, g->row_step, g->row_body, &e))
		abort(); /* our own row must follow from our own state */
	switch (g->phase) {
	case PHASE_IDLE:
		resume_at(g);
		break;
	case PHASE_STEP:
		step_start(g, fold_current(&g->fold));
		break;
	case PHASE_INTENT:
		on_intent(g);
		break;
	case PHASE_OUTCOME:
		on_outcome(g);
		break;
	case PHASE_SETTLED:
		on_settled(g);
		break;
	case PHASE_FAILED_ROW:
		after_failure(g);
		break;
	case PHASE_HOLD_ROW:
		on_hold_row(g);
		break;
	case PHASE_CHECKPOINT_ROW:
		append(g, PHASE_DONE_ROW, "done", json_object());
		break;
	case PHASE_END_ROW:
		emit(g, ACTION_END, PHASE_ENDED)->exit_code = g->exit_code;
		break;
	default: /* DONE_ROW, GO_ROW, ROLLBACK_ROW */
		next_step(g);
	}
}

static void on_prepared(struct engine *g, const struct event *ev)
{
	struct changeset cs = {0};
	json_t *j;

	if (!ev->ok) {
		step_failed(g, ev->text);
		return;
	}
	if (ev->satisfied) {
		if (ev->want)
			resource_set_copy(&g->derived, ev->want);
		step_verify(g);
		return;
	}
	j = changeset_to_json(ev->changeset);
	changeset_from_json(j, &cs, NULL);
	json_decref(j);
	free(cs.key);
	cs.key = mem_format("%u", g->fold.attempt + 1);
	append(g, PHASE_INTENT, "intent",
	       row_intent(&cs, ev->before, ev->want,
			  fold_current(&g->fold)->target));
	changeset_done(&cs);
}

static void on_applied(struct engine *g, const struct event *ev)
{
	set_why(g, ev->text);
	g->vnet_due = true;
	append(g, PHASE_OUTCOME, "outcome", row_outcome(ev->outcome, ev->text));
}

/* The look that settles an unknown outcome. */
static void on_settle(struct engine *g, const struct event *ev)
{
	const char *as = "neither";
	bool was = true;

	if (!ev->ok) { /* blind is not bad: hold, ask again at 'go' */
		set_why(g, ev->text);
		hold(g, ev->text, false);
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
	set_why(g, ev->text);
	append(g, PHASE_SETTLED, "settled", row_settled(as, ev->text));
}

static void verified(struct engine *g, const struct event *ev)
{
	const struct step *s = fold_current(&g->fold);

	if (s->guarded && g->policy.dead_man_s && g->fold.changeset.key) {
		struct action *a = emit(g, ACTION_CONFIRM, PHASE_CONFIRM);

		a->target = mem_strdup(s->target);
		a->changeset.key = mem_strdup(g->fold.changeset.key);
		return;
	}
	append(g, PHASE_DONE_ROW, "done", row_done(ev->before));
}

static void on_verify(struct engine *g, const struct event *ev)
{
	uint32_t poll = g->policy.poll_ms ? g->policy.poll_ms : 200;

	if (ev->ok && ev->satisfied) {
		verified(g, ev);
		return;
	}
	if (--g->budget > 0 && !g->want_rollback) {
		emit(g, ACTION_TIMER, PHASE_PAUSE)->ms = poll;
		set_why(g, ev->text);
		return;
	}
	if (ev->ok) {
		step_failed(g, ev->text);
	} else { /* blind is not bad */
		set_why(g, ev->text);
		hold(g, ev->text, false);
	}
}

static void on_confirmed(struct engine *g, const struct event *ev)
{
	if (ev->outcome == OUTCOME_APPLIED || ev->outcome == OUTCOME_UNCHANGED)
		append(g, PHASE_DONE_ROW, "done", json_object());
	else
		step_failed(g, ev->text);
}

static void on_snapshot(struct engine *g, const struct event *ev)
{
	const struct block *b = fold_block(&g->fold);

	if (!ev->ok) {
		set_why(g, ev->text);
		hold(g, ev->text, false);
		return;
	}
	append(g, PHASE_CHECKPOINT_ROW, "checkpoint",
	       row_checkpoint(b->name, ev->states));
}

static void on_compare(struct engine *g, const struct event *ev)
{
	const char *name = g->program->v[g->fold.back_to].name;
	buf_auto diff = BUF_INIT;

	if (!ev->ok) {
		set_why(g, ev->text);
		hold(g, ev->text, false);
		return;
	}
	if (checkpoint_diff(json_object_get(g->fold.checkpoints, name),
			    ev->states, &diff) == 0) {
		finish(g, "rolled-back", EXIT_ROLLED_BACK);
		return;
	}
	set_why(g, buf_str(&diff));
	if (--g->budget > 0)
		emit(g, ACTION_TIMER, PHASE_COMPARE_PAUSE)->ms = 1000;
	else
		hold(g, g->why, false);
}

static void ask_rollback(struct engine *g, const char *to, const char *why)
{
	if (!to)
		to = default_goal(g);
	if (!to || program_find_block(g->program, to) < 0)
		return;
	free(g->rollback_to);
	free(g->rollback_why);
	g->rollback_to = mem_strdup(to);
	g->rollback_why = mem_strdup(why);
	g->want_rollback = true;
}

static bool at_rest(const struct engine *g)
{
	return g->phase == PHASE_HOLD || g->phase == PHASE_SOAK;
}

static void on_operator(struct engine *g, const struct event *ev)
{
	switch (ev->command) {
	case OPERATOR_GO:
		g->want_hold = false;
		if (g->phase == PHASE_HOLD)
			append(g, PHASE_GO_ROW, "go", json_object());
		return;
	case OPERATOR_HOLD:
		g->want_hold = true;
		free(g->hold_why);
		g->hold_why = NULL;
		return;
	case OPERATOR_STOP:
		g->want_stop = true;
		break;
	case OPERATOR_ROLLBACK:
		ask_rollback(g, ev->text, "asked for by the operator");
		break;
	case OPERATOR_ABORT:
		if (g->policy.abort_rolls_back && g->fold.touched >= 0)
			ask_rollback(g, NULL, "aborted by the operator");
		else
			g->want_stop = true;
		break;
	}
	if (at_rest(g))
		obey(g);
}

static void on_guard(struct engine *g, const struct event *ev)
{
	if (ev->verdict == GUARD_PASS || g->fold.back ||
	    g->phase == PHASE_ENDED || g->phase == PHASE_END_ROW)
		return;
	set_why(g, ev->text);
	if (ev->verdict == GUARD_BREACH && !ev->hold_on_breach &&
	    g->policy.rollback_automatic && g->fold.touched >= 0) {
		ask_rollback(g, NULL, ev->text);
		if (at_rest(g))
			obey(g);
	} else if (!g->fold.held) {
		g->want_hold = true;
		free(g->hold_why);
		g->hold_why = mem_strdup(ev->text);
		if (g->phase == PHASE_SOAK)
			obey(g);
	}
}

static void on_timer(struct engine *g)
{
	if (g->phase == PHASE_SOAK)
		append(g, PHASE_DONE_ROW, "done", json_object());
	else if (g->phase == PHASE_COMPARE_PAUSE)
		emit(g, ACTION_SNAPSHOT, PHASE_COMPARE);
	else
		step_verify(g);
}

static void on_observed(struct engine *g, const struct event *ev)
{
	if (g->phase == PHASE_SETTLE)
		on_settle(g, ev);
	else if (g->phase == PHASE_VNET)
		on_vnet(g, ev);
	else
		on_verify(g, ev);
}

void engine_feed(struct engine *g, const struct event *ev,
		 struct action_list *out)
{
	g->out = out;
	if (ev->kind == EVENT_BEGIN) {
		on_begin(g);
	} else if (ev->kind == EVENT_OPERATOR) {
		on_operator(g, ev);
	} else if (ev->kind == EVENT_GUARD) {
		on_guard(g, ev);
	} else if (ev->call == g->waiting) {
		g->waiting = 0;
		if (ev->kind == EVENT_COMMITTED)
			on_committed(g);
		else if (ev->kind == EVENT_PREPARED)
			on_prepared(g, ev);
		else if (ev->kind == EVENT_APPLIED)
			on_applied(g, ev);
		else if (ev->kind == EVENT_OBSERVED)
			on_observed(g, ev);
		else if (ev->kind == EVENT_CONFIRMED)
			on_confirmed(g, ev);
		else if (ev->kind == EVENT_TIMER)
			on_timer(g);
		else if (ev->kind == EVENT_SNAPSHOT)
			g->phase == PHASE_COMPARE ? on_compare(g, ev)
						  : on_snapshot(g, ev);
	}
	g->out = NULL;
}

struct engine *engine_new(const struct program *p,
			  const struct engine_policy *policy)
{
	struct engine *g = mem_alloc(sizeof(*g));

	g->program = p;
	g->policy = *policy;
	fold_init(&g->fold, p);
	return g;
}

void engine_free(struct engine *g)
{
	if (!g)
		return;
	fold_done(&g->fold);
	resource_set_done(&g->derived);
	json_decref(g->row_body);
	free(g->row_kind);
	free(g->row_step);
	free(g->why);
	free(g->rollback_to);
	free(g->rollback_why);
	free(g->hold_why);
	free(g);
}

bool engine_replay(struct engine *g, const char *kind, const char *step,
		   const char *body, struct err *e)
{
	json_auto *j = json_text_parse(body, strlen(body), e);

	return j && fold_row(&g->fold, kind, step, j, e);
}

enum engine_phase engine_phase(const struct engine *g)
{
	return g->phase;
}

bool engine_has_ended(const struct engine *g, int *ret_exit)
{
	if (g->phase != PHASE_ENDED)
		return false;
	*ret_exit = g->exit_code;
	return true;
}

const json_t *engine_checkpoint(const struct engine *g, const char *name)
{
	return json_object_get(g->fold.checkpoints, name);
}

json_t *engine_status(const struct engine *g)
{
	json_t *j = row_status(&g->fold, engine_phase_name(g->phase));

	json_object_set_new(j, "why", json_string(g->why ? g->why : ""));
	json_object_set_new(j, "hold_pending", json_boolean(g->want_hold));
	json_object_set_new(j, "rollback_pending",
			    json_boolean(g->want_rollback));
	return j;
}
