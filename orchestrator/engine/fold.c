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
		.program = p, .checkpoints = json_object(), .touched = -1};
}

static void drop_intent(struct fold *f)
{
	changeset_done(&f->changeset);
	resource_set_done(&f->before);
	resource_set_done(&f->want);
}

void fold_done(struct fold *f)
{
	drop_intent(f);
	json_decref(f->checkpoints);
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

const struct step *fold_current(const struct fold *f)
{
	const struct block *b = fold_block(f);
	const struct step_vec *v;

	if (!b)
		return NULL;
	v = f->back ? &b->undo : &b->steps;
	return (size_t)f->index < v->n ? &v->v[f->index] : NULL;
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

static void set_step(struct fold *f, enum fold_step step)
{
	f->step = step;
}

/* Position after the current step: the next one, or the next block. */
static void advance(struct fold *f)
{
	const struct block *b;

	set_step(f, FOLD_STEP_NONE);
	drop_intent(f);
	f->gone = false;
	f->index++;
	while ((b = fold_block(f)) && !fold_current(f)) {
		if (f->back && f->block - 1 <= f->back_to)
			return; /* all undone; what is left is to compare */
		f->block += f->back ? -1 : 1;
		f->index = 0;
	}
}

static bool fold_intent(struct fold *f, const json_t *body, struct err *e)
{
	drop_intent(f);
	f->changed = true;
	f->attempt++;
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
	set_step(f, FOLD_STEP_OUTCOME);
	return true;
}

static void fold_settled(struct fold *f, const json_t *body)
{
	const char *as = json_peek_str(body, "as", "");

	if (strcmp(as, "applied") == 0) {
		f->outcome = OUTCOME_APPLIED;
		set_step(f, FOLD_STEP_OUTCOME);
	} else if (strcmp(as, "not-applied") == 0) {
		drop_intent(f);
		set_step(f, FOLD_STEP_BEGUN);
	}
	/* 'neither' leaves the intent open; a hold row follows */
}

static bool fold_rollback(struct fold *f, const json_t *body, struct err *e)
{
	const char *to = json_peek_str(body, "to", "");
	int goal = program_find_block(f->program, to);

	if (goal < 0)
		return err_set(e, ERR_INVALID,
			       "roll back to '%s': no such checkpoint", to);
	if (!f->back && f->block > f->touched)
		f->block = f->touched;
	f->back = true;
	f->back_to = goal;
	f->index = -1;
	f->held = false;
	if (f->block <= goal)
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
	free(f->hold_why);
	f->hold_why = mem_strdup(json_peek_str(body, "why", ""));
}

static void fold_go(struct fold *f)
{
	f->held = false;
	if (f->hold_own_go)
		f->gone = true;
	if (f->step == FOLD_STEP_FAILED)
		set_step(f, FOLD_STEP_NONE); /* try the step again */
}

/* A run that ended rolled back stands at a checkpoint and looks forward. */
static void fold_end(struct fold *f, const json_t *body)
{
	free(f->result);
	f->result = mem_strdup(json_peek_str(body, "result", ""));
	if (strcmp(f->result, "rolled-back") == 0) {
		f->block = f->back_to;
		f->back = false;
		f->index = (int)f->program->v[f->block].steps.n - 1;
		advance(f);
		f->touched = f->back_to;
	}
}

static bool fold_checkpoint(struct fold *f, const json_t *body)
{
	json_object_set(f->checkpoints, json_peek_str(body, "name", ""),
			json_peek(body, "states"));
	return true;
}

static bool fits(const struct fold *f, const char *kind, const char *step)
{
	static const char *const of_step[] = {"step",	 "intent", "outcome",
					      "settled", "done",   "failed"};
	const struct step *s = fold_current(f);

	for (size_t i = 0; i < ARRAY_LEN(of_step); i++)
		if (strcmp(kind, of_step[i]) == 0)
			return s && step && strcmp(s->id, step) == 0;
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
		advance(f);
	} else if (strcmp(kind, "failed") == 0) {
		set_step(f, FOLD_STEP_FAILED);
	} else if (strcmp(kind, "checkpoint") == 0) {
		return fold_checkpoint(f, body);
	} else if (strcmp(kind, "hold") == 0) {
		fold_hold(f, body);
	} else if (strcmp(kind, "go") == 0) {
		fold_go(f);
	} else if (strcmp(kind, "rollback") == 0) {
		return fold_rollback(f, body, e);
	} else if (strcmp(kind, "end") == 0) {
		fold_end(f, body);
	}
	return true;
}
