/*
 * engine.c - life of the state machine: events in, rows out (diagram in
 * engine.h)
 *
 * Every transition goes through engine_set_phase().  What must survive a crash
 * is in fold.c; what is kept here (phase, the call that is awaited) is rebuilt
 * by EVENT_BEGIN.  Not thread-safe: one owner feeds it.
 */
#include "orchestrator/engine/internal.h"

void engine_set_phase(struct engine *g, enum engine_phase phase)
{
	g->phase = phase;
}

struct action *engine_emit_aside(struct engine *g, enum action_kind kind)
{
	struct action *a;

	MEM_GROW(g->out->v, g->out->n, g->out->cap);
	a = &g->out->v[g->out->n++];
	memset(a, 0, sizeof(*a));
	a->kind = kind;
	a->call = ++g->calls;
	return a;
}

struct action *engine_emit(struct engine *g, enum action_kind kind,
			   enum engine_phase phase)
{
	struct action *a = engine_emit_aside(g, kind);

	g->waiting = a->call;
	engine_set_phase(g, phase);
	return a;
}

void engine_append(struct engine *g, enum engine_phase phase, const char *kind,
		   json_t *body)
{
	const struct step *s = fold_current(&g->fold);
	struct action *a = engine_emit(g, ACTION_APPEND, phase);

	g->row_out = true;
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

void engine_set_why(struct engine *g, const char *why)
{
	char *copy = mem_strdup(why ? why : "");

	free(g->why);
	g->why = copy;
}

void engine_hold(struct engine *g, const char *why, bool for_step)
{
	engine_append(g, PHASE_HOLD_ROW, "hold", row_hold(why, for_step));
}

void engine_finish(struct engine *g, const char *result, int code)
{
	g->exit_code = code;
	engine_append(g, PHASE_END_ROW, "end", row_end(result, code, g->why));
}

static void on_hold_row(struct engine *g)
{
	if (g->want_rollback)
		engine_obey(g);
	else if (g->policy.end_on_hold || g->want_stop)
		engine_finish(g, "holding", EXIT_HOLDING);
	else
		engine_set_phase(g, PHASE_HOLD);
}

/* The row of this phase is durable: what follows from it. */
static void follow(struct engine *g)
{
	switch (g->phase) {
	case PHASE_IDLE:
		if (!engine_ask_timers(g))
			engine_resume_at(g);
		break;
	case PHASE_FIRED_ROW:
	case PHASE_REWOUND_ROW:
		engine_resume_at(g);
		break;
	case PHASE_STEP:
		engine_step_start(g, fold_current(&g->fold));
		break;
	case PHASE_INTENT:
		engine_on_intent(g);
		break;
	case PHASE_PENDING_ROW:
		engine_emit(g, ACTION_TIMER, PHASE_POLL_PAUSE)->ms = 0;
		break;
	case PHASE_OUTCOME:
		engine_on_outcome(g);
		break;
	case PHASE_SETTLED:
		engine_on_settled(g);
		break;
	case PHASE_FAILED_ROW:
		engine_after_failure(g);
		break;
	case PHASE_HOLD_ROW:
		on_hold_row(g);
		break;
	case PHASE_CHECKPOINT_ROW:
		engine_append(g, PHASE_DONE_ROW, "done", json_object());
		break;
	case PHASE_ACCEPT_ROW:
		engine_emit(g, ACTION_SNAPSHOT,
			    g->fold.back ? PHASE_COMPARE : PHASE_SNAPSHOT);
		break;
	case PHASE_EMERGENCY_ROW:
		engine_emergency_calls(g);
		break;
	case PHASE_LATE_ROW:
		engine_late_committed(g);
		break;
	case PHASE_RETREATED_ROW:
		engine_retreated_committed(g);
		break;
	case PHASE_END_ROW:
		engine_emit(g, ACTION_END, PHASE_ENDED)->exit_code =
			g->exit_code;
		break;
	default: /* DONE_ROW, GO_ROW, ROLLBACK_ROW */
		engine_next_step(g);
	}
}

static void on_committed(struct engine *g)
{
	struct err e = ERR_INIT;
	int goal = g->want_emergency;

	g->row_out = false;
	if (!fold_row(&g->fold, g->row_kind, g->row_step, g->row_body, &e))
		abort(); /* our own row must follow from our own state */
	g->want_emergency = -1;
	if (goal < 0 || g->phase == PHASE_END_ROW ||
	    !engine_emergency(g, goal, g->why))
		follow(g);
}

static void on_answer(struct engine *g, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_COMMITTED:
		on_committed(g);
		break;
	case EVENT_PREPARED:
		engine_on_prepared(g, ev);
		break;
	case EVENT_APPLIED:
		engine_on_applied(g, ev);
		break;
	case EVENT_OBSERVED:
		engine_on_observed(g, ev);
		break;
	case EVENT_CONFIRMED:
		engine_on_confirmed(g, ev);
		break;
	case EVENT_TIMER:
		engine_on_timer(g);
		break;
	case EVENT_SNAPSHOT:
		engine_on_snapshot(g, ev);
		break;
	default:
		break;
	}
}

void engine_feed(struct engine *g, const struct event *ev,
		 struct action_list *out)
{
	g->out = out;
	if (ev->kind == EVENT_BEGIN) {
		engine_append(g, PHASE_IDLE, "begin", json_object());
	} else if (ev->kind == EVENT_OPERATOR) {
		engine_on_operator(g, ev);
	} else if (ev->kind == EVENT_GUARD) {
		engine_on_guard(g, ev);
	} else if (ev->kind == EVENT_TICK) {
		engine_on_tick(g);
	} else if (!engine_take_answer(g, ev) && ev->call == g->waiting) {
		g->waiting = 0;
		on_answer(g, ev);
	}
	g->out = NULL;
}

struct engine *engine_new(const struct program *p,
			  const struct engine_policy *policy)
{
	struct engine *g = mem_alloc(sizeof(*g));

	g->program = p;
	g->policy = *policy;
	g->want_emergency = -1;
	g->blind = mem_calloc(p->n_watch + 1, 1);
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
	free(g->blind);
	json_decref(g->results);
	state_list_done(&g->fired);
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

bool engine_can_go_back(const struct engine *g, const char *checkpoint)
{
	return fold_is_behind(&g->fold,
			      program_find_block(g->program, checkpoint));
}

bool engine_holds_as_planned(const struct engine *g)
{
	const struct step *s = fold_current(&g->fold);

	return g->phase == PHASE_HOLD && g->fold.hold_own_go && s &&
	       s->kind == STEP_HOLD && !s->own_go &&
	       g->fold.step == FOLD_STEP_NONE && !fold_is_postponed(&g->fold);
}

bool engine_is_ahead(const struct engine *g, const char *block)
{
	int at = program_find_block(g->program, block);
	const struct fold *f = &g->fold;

	return at >= 0 && !f->back &&
	       (at > f->block ||
		(at == f->block && f->index == 0 && f->step == FOLD_STEP_NONE));
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
