/*
 * fold.c - journal rows -> engine state
 *
 * Invariant: the state after n rows depends on these n rows and the program
 * only.  A row that does not fit the state (another step than the current one)
 * is an error: the journal belongs to another program, or is damaged.
 */
#include "orchestrator/engine/fold.h"

#include <string.h>

void fold_init(struct fold *f, const struct program *p)
{
	*f = (struct fold){
		.program = p,
		.checkpoints = json_object(),
		.accepted = json_object(),
		.touched = -1,
		.emergency = -1,
		.retreated = -1,
	};
}

static void drop_intent(struct fold *f)
{
	changeset_done(&f->changeset);
	resource_set_done(&f->before);
	resource_set_done(&f->want);
	free(f->token);
	f->token = NULL;
}

/* target: NULL (a row that names none) is none of them */
static void disarm(struct fold *f, const char *target)
{
	for (size_t i = 0; target && i < f->armed.n; i++) {
		if (strcmp(f->armed.v[i], target) != 0)
			continue;
		state_list_remove(&f->armed, i);
		return;
	}
}

static void disarm_each(struct fold *f, const json_t *targets)
{
	for (size_t i = 0; i < json_array_size(targets); i++)
		disarm(f, json_string_value(json_array_get(targets, i)));
}

/* The change of the open intent stands on its device, under a timer. */
static void arm(struct fold *f)
{
	const struct step *s = fold_current(f);

	if (f->guard_s && s && !state_list_has(&f->armed, s->target))
		state_list_add(&f->armed, s->target);
}

void fold_done(struct fold *f)
{
	drop_intent(f);
	state_list_done(&f->armed);
	state_list_done(&f->postponed);
	json_decref(f->checkpoints);
	json_decref(f->accepted);
	json_decref(f->proof);
	json_decref(f->approvals);
	free(f->hold_why);
	free(f->result);
	*f = (struct fold){0};
}

const struct block *fold_block(const struct fold *f)
{
	if (f->block < 0 || (size_t)f->block >= f->program->n)
		return NULL;
	return &f->program->v[f->block];
}

static const struct step_vec *current_list(const struct fold *f)
{
	const struct block *b = fold_block(f);

	return !b	      ? NULL
	       : f->restoring ? &b->restore
	       : f->back      ? &b->undo
			      : &b->steps;
}

const struct step *fold_current(const struct fold *f)
{
	const struct step_vec *v = current_list(f);

	return v && (size_t)f->index < v->n ? &v->v[f->index] : NULL;
}

const char *fold_last_checkpoint(const struct fold *f)
{
	int b = f->block - 1;

	if ((size_t)b >= f->program->n)
		b = (int)f->program->n - 1;
	while (b >= 0 &&
	       !json_object_get(f->checkpoints, f->program->v[b].name))
		b--;
	return b < 0 ? NULL : f->program->v[b].name;
}

bool fold_is_behind(const struct fold *f, int block)
{
	if (block < 0 ||
	    !json_object_get(f->checkpoints, f->program->v[block].name))
		return false;
	if (f->back)
		return block < f->block || block == f->back_to;
	return block <= f->block;
}

bool fold_is_postponed(const struct fold *f)
{
	const struct block *b = fold_block(f);

	return b && !f->back && f->index == 0 && !f->gone &&
	       state_list_has(&f->postponed, b->name);
}

static void set_step(struct fold *f, enum fold_step step)
{
	f->step = step;
}

/* After a retreat on all targets there is nothing left to be careful with. */
static bool is_needless(const struct fold *f)
{
	return fold_current(f)->if_left && !f->left;
}

/* Position after the current step: the next one, or the next block. */
static void advance(struct fold *f)
{
	set_step(f, FOLD_STEP_NONE);
	drop_intent(f);
	f->gone = f->otherwise = f->unproved = false;
	f->index++;
	while (fold_block(f) && (!fold_current(f) || is_needless(f))) {
		if (fold_current(f)) {
			f->index++;
			continue;
		}
		if (f->restoring) { /* now at this block's checkpoint */
			f->restoring = false;
			f->index = f->block > f->back_to ? 0 : -1;
			if (f->index < 0)
				return;
			continue;
		}
		if (f->back && f->block - 1 <= f->back_to)
			return; /* all undone; what is left is to compare */
		f->block += f->back ? -1 : 1;
		f->index = 0;
		f->rewinds = 0;
	}
}

static bool fold_intent(struct fold *f, const json_t *body, struct err *e)
{
	drop_intent(f);
	f->changed = true;
	f->attempt++;
	f->guard_s = (uint32_t)json_peek_int(body, "guard", 0);
	if (!f->back)
		f->touched = f->block;
	set_step(f, FOLD_STEP_INTENT);
	return changeset_from_json(json_peek(body, "changeset"), &f->changeset,
				   e) &&
	       resource_set_from_json(json_peek(body, "before"), &f->before,
				      e) &&
	       resource_set_from_json(json_peek(body, "want"), &f->want, e);
}

static bool fold_outcome(struct fold *f, const json_t *body, struct err *e)
{
	const char *name = json_peek_str(body, "outcome", "");

	if (!outcome_parse(name, &f->outcome))
		return err_set(e, ERR_INVALID, "unknown outcome '%s'", name);
	if (f->outcome == OUTCOME_UNKNOWN)
		return true; /* stays an open intent until it is settled */
	if (f->outcome == OUTCOME_APPLIED || f->outcome == OUTCOME_UNCHANGED)
		arm(f);
	set_step(f, FOLD_STEP_OUTCOME);
	return true;
}

static void fold_settled(struct fold *f, const json_t *body)
{
	const char *as = json_peek_str(body, "as", "");

	if (strcmp(as, "applied") == 0) {
		f->outcome = OUTCOME_APPLIED;
		arm(f);
		set_step(f, FOLD_STEP_OUTCOME);
	} else if (strcmp(as, "not-applied") == 0) {
		drop_intent(f);
		set_step(f, FOLD_STEP_BEGUN);
	} else if (strcmp(as, "superseded") == 0) {
		arm(f); /* it may be: disarming what is not does no harm */
		drop_intent(f);
		set_step(f, FOLD_STEP_BEGUN);
	}
	/* 'neither' leaves the intent open; a hold row follows */
}

static bool fold_rollback(struct fold *f, const json_t *body, struct err *e)
{
	const char *to = json_peek_str(body, "to", "");
	const char *restore = json_peek_str(body, "restore", NULL);
	int goal = program_find_block(f->program, to);
	int from = restore ? program_find_block(f->program, restore) : f->block;

	if (goal < 0)
		return err_set(e, ERR_INVALID,
			       "roll back to '%s': no such checkpoint", to);
	if (from < 0)
		return err_set(e, ERR_INVALID, "roll back by '%s': no block",
			       restore);
	disarm_each(f, json_peek(body, "fired"));
	if (!f->back && f->block > f->touched)
		f->block = f->touched;
	if (restore) {
		f->block = from;
		f->restoring = true;
	}
	f->back = true;
	f->back_to = goal;
	f->index = -1;
	f->held = false;
	f->rewinds = 0;
	f->emergency = -1;
	if (f->block <= goal && !f->restoring)
		f->block = goal; /* nothing to undo: only compare */
	else
		advance(f);
	set_step(f, FOLD_STEP_NONE);
	drop_intent(f);
	return true;
}

static void fold_hold(struct fold *f, const json_t *body)
{
	f->held = true;
	f->hold_own_go = json_peek_bool(body, "step", false);
	f->hold_foretold = json_peek_bool(body, "foretold", false);
	free(f->hold_why);
	f->hold_why = mem_strdup(json_peek_str(body, "why", ""));
}

/* What a step rests on may have gone while it was held: a look at it that came
 * right before the step is taken anew. */
static void look_again(struct fold *f)
{
	const struct step_vec *v = current_list(f);

	if (!v || (size_t)f->index >= v->n)
		return;
	while (f->index > 0 && v->v[f->index - 1].keeps) {
		drop_intent(f); /* of the step that was held */
		f->index--;
	}
}

static void fold_go(struct fold *f, const json_t *body)
{
	f->held = false;
	f->rewinds = 0;
	f->otherwise |= f->hold_foretold;
	f->unproved |= json_peek_bool(body, "unproved", false);
	if (f->hold_own_go || json_peek_bool(body, "accept", false))
		f->gone = true;
	if (f->step == FOLD_STEP_FAILED) {
		set_step(f, FOLD_STEP_NONE); /* try the step again */
		look_again(f);
	}
}

/* What was recorded beyond it is no place to come back to any more. */
static void forget_checkpoints(struct fold *f, int after)
{
	for (size_t i = (size_t)after + 1; i < f->program->n; i++)
		json_object_del(f->checkpoints, f->program->v[i].name);
}

/* A run that ended rolled back stands at a checkpoint and looks forward. */
static void fold_end(struct fold *f, const json_t *body)
{
	free(f->result);
	f->result = mem_strdup(json_peek_str(body, "result", ""));
	if (strcmp(f->result, "rolled-back") == 0) {
		f->block = f->back_to;
		f->back = false;
		f->restoring = false;
		f->retreated = -1;
		f->index = (int)f->program->v[f->block].steps.n - 1;
		advance(f);
		f->touched = f->back_to;
		forget_checkpoints(f, f->back_to);
	}
}

static bool fold_checkpoint(struct fold *f, const json_t *body)
{
	json_object_set(f->checkpoints, json_peek_str(body, "name", ""),
			json_peek(body, "states"));
	return true;
}

/* The device took its changes back: the block is gone through anew, each of
 * its steps names a state and is looked at first. */
static void fold_fired(struct fold *f, const json_t *body)
{
	disarm_each(f, json_peek(body, "targets"));
	f->index = -1;
	advance(f);
}

/* The same without a timer: it came back as it was saved. */
static void fold_rewound(struct fold *f, const json_t *body)
{
	disarm(f, json_peek_str(body, "target", ""));
	f->left |= f->restoring; /* what it says again must be held first */
	f->index = -1;
	advance(f);
	f->rewinds++;
}

static bool fold_emergency(struct fold *f, const json_t *body, struct err *e)
{
	const char *name = json_peek_str(body, "block", "");

	f->emergency = program_find_block(f->program, name);
	f->emergency_to =
		program_find_block(f->program, json_peek_str(body, "to", name));
	f->retreated = f->emergency;
	f->attempt++;
	return (f->emergency >= 0 && f->emergency_to >= 0) ||
	       err_set(e, ERR_INVALID, "emergency: no block '%s'", name);
}

static void fold_retreated(struct fold *f, const json_t *body)
{
	const json_t *l = json_peek(body, "results");

	f->left = false;
	for (size_t i = 0; i < json_array_size(l); i++) {
		const json_t *r = json_array_get(l, i);
		const char *o = json_peek_str(r, "outcome", "");

		if (strcmp(o, outcome_name(OUTCOME_APPLIED)) == 0 ||
		    strcmp(o, outcome_name(OUTCOME_UNCHANGED)) == 0)
			disarm(f, json_peek_str(r, "target", ""));
		else
			f->left = true;
	}
}

static void fold_token(struct fold *f, const json_t *body)
{
	free(f->token);
	f->token = mem_strdup(json_peek_str(body, "token", NULL));
}

static void fold_step_done(struct fold *f)
{
	const struct step *s = fold_current(f);

	if (s->kind == STEP_CONFIRM)
		disarm(f, s->target);
	advance(f);
}

static void fold_postpone(struct fold *f, const json_t *body)
{
	const char *block = json_peek_str(body, "block", "");

	for (size_t i = 0; i < f->postponed.n; i++)
		if (strcmp(f->postponed.v[i], block) == 0)
			state_list_remove(&f->postponed, i--);
	if (!json_peek_bool(body, "off", false))
		state_list_add(&f->postponed, block);
}

static bool fits(const struct fold *f, const char *kind, const char *step)
{
	static const char *const of_step[] = {"step", "done", "failed",
					      "pending"};
	const struct step *s = fold_current(f);
	bool ours = s && step && strcmp(s->id, step) == 0;

	if (strcmp(kind, "intent") == 0) /* to change something somewhere */
		return ours && s->target;
	if (strcmp(kind, "outcome") == 0 || strcmp(kind, "settled") == 0)
		return ours && f->step == FOLD_STEP_INTENT;
	for (size_t i = 0; i < ARRAY_LEN(of_step); i++)
		if (strcmp(kind, of_step[i]) == 0)
			return ours;
	return true;
}

bool fold_row(struct fold *f, const char *kind, const char *step,
	      const json_t *body, struct err *e)
{
	if (!fits(f, kind, step))
		return err_set(e, ERR_INVALID,
			       "journal row '%s' for step '%s' does not follow "
			       "from the rows before it",
			       kind, step ? step : "");
	if (strcmp(kind, "begin") == 0) {
		free(f->result);
		f->result = NULL;
	} else if (strcmp(kind, "step") == 0) {
		set_step(f, FOLD_STEP_BEGUN);
	} else if (strcmp(kind, "intent") == 0) {
		return fold_intent(f, body, e);
	} else if (strcmp(kind, "outcome") == 0) {
		return fold_outcome(f, body, e);
	} else if (strcmp(kind, "settled") == 0) {
		fold_settled(f, body);
	} else if (strcmp(kind, "done") == 0) {
		fold_step_done(f);
	} else if (strcmp(kind, "pending") == 0) {
		fold_token(f, body);
	} else if (strcmp(kind, "accept") == 0) {
		json_object_update(f->accepted, json_peek(body, "foreign"));
		f->gone = false;
	} else if (strcmp(kind, "postpone") == 0) {
		fold_postpone(f, body);
	} else if (strcmp(kind, "fired") == 0) {
		fold_fired(f, body);
	} else if (strcmp(kind, "rewound") == 0) {
		fold_rewound(f, body);
	} else if (strcmp(kind, "emergency") == 0) {
		return fold_emergency(f, body, e);
	} else if (strcmp(kind, "retreated") == 0) {
		fold_retreated(f, body);
	} else if (strcmp(kind, "failed") == 0) {
		set_step(f, FOLD_STEP_FAILED);
	} else if (strcmp(kind, "checkpoint") == 0) {
		return fold_checkpoint(f, body);
	} else if (strcmp(kind, "hold") == 0) {
		fold_hold(f, body);
	} else if (strcmp(kind, "go") == 0) {
		fold_go(f, body);
	} else if (strcmp(kind, "rollback") == 0) {
		return fold_rollback(f, body, e);
	} else if (strcmp(kind, "proof") == 0) {
		json_decref(f->proof);
		f->proof = json_deep_copy(body);
	} else if (strcmp(kind, "approvals") == 0) {
		json_decref(f->approvals);
		f->approvals = json_deep_copy(body);
	} else if (strcmp(kind, "end") == 0) {
		fold_end(f, body);
	}
	return true;
}
