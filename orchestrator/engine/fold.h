/*
 * fold.h - the engine's memory, folded from journal rows and from nothing else
 *
 * Rows: begin, step, intent, pending, outcome, settled, done, failed,
 * checkpoint, hold, go, accept, postpone, fired, rewound, emergency, retreated,
 * rollback, proof, approvals, end
 * (others, such as measurements, are skipped).  fold_row() is the only writer
 * of this state: live rows pass through it when they are committed, old rows
 * when a run is resumed.
 */
#ifndef CUTOVER_ENGINE_FOLD_H
#define CUTOVER_ENGINE_FOLD_H

#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/step.h"

enum fold_step {
	FOLD_STEP_NONE,	   /* between steps */
	FOLD_STEP_BEGUN,   /* 'step' row; nothing sent */
	FOLD_STEP_INTENT,  /* intent without outcome: UNKNOWN */
	FOLD_STEP_OUTCOME, /* outcome known, not verified yet */
	FOLD_STEP_FAILED,
};

struct fold {
	const struct program *program;
	int block; /* forward: being done; back: being undone */
	int index; /* step within it */
	bool back;
	bool restoring;	  /* back, in the block's restore list */
	int back_to;	  /* block whose checkpoint is the goal */
	int emergency;	  /* block being gone straight back to, or -1 */
	int emergency_to; /* its goal */
	int retreated;	  /* the last such block since the way back began */
	bool left;	  /* a target has not heard of that retreat */
	struct state_list armed; /* targets with a dead-man timer running */
	uint32_t guard_s;	 /* of the open intent */
	char *token;		 /* of the open intent's long operation */
	enum fold_step step;
	uint32_t attempt; /* counts intents of this run: makes keys unique */
	struct changeset changeset; /* of the open intent */
	struct resource_set before, want;
	enum outcome outcome;
	bool held;
	char *hold_why;
	bool hold_own_go;   /* the held step itself waits for its go */
	bool hold_foretold; /* because of what was seen otherwise */
	bool otherwise;	    /* the current step goes on all the same */
	bool unproved;	    /* what was accepted need not be proved */
	bool gone;	    /* 'go' was given for the current step */
	bool changed;	    /* any intent ever */
	int touched;	    /* last block with an intent going forward, or -1 */
	unsigned rewinds;   /* how often this block was gone through anew */
	struct state_list postponed; /* blocks that need a go first */
	json_t *accepted;    /* target -> foreign text that was accepted */
	json_t *checkpoints; /* name -> states */
	json_t *proof;	     /* what was proved before the run, or NULL */
	json_t *approvals;   /* by whom the plan was approved, or NULL */
	char *result;	     /* of the last 'end' row, NULL while running */
};

void fold_init(struct fold *f, const struct program *p);
void fold_done(struct fold *f);
bool fold_row(struct fold *f, const char *kind, const char *step,
	      const json_t *body, struct err *e);
/* The step at the current position, or NULL when there is none left. */
const struct step *fold_current(const struct fold *f);
const struct block *fold_block(const struct fold *f); /* or NULL */
/* Can this block's checkpoint be come back to from here?  It was recorded, and
 * lies behind. */
bool fold_is_behind(const struct fold *f, int block);
/* Is the current step the first of a block that was postponed, and not let
 * through yet? */
bool fold_is_postponed(const struct fold *f);
/* Name of the last checkpoint before the current position. */
const char *fold_last_checkpoint(const struct fold *f);

#endif
