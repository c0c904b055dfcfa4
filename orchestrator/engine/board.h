/*
 * board.h - where each step of a program stands, and since when
 *
 * What screens and scripts are shown, folded from journal rows: unlike fold.h
 * it remembers times and reasons, and decides nothing.  A row that does not
 * fit is ignored here, since it is the engine that refuses it.
 *
 * Ownership: the program is borrowed.
 */
#ifndef CUTOVER_ENGINE_BOARD_H
#define CUTOVER_ENGINE_BOARD_H

#include "orchestrator/base/json.h"
#include "orchestrator/steps/step.h"

enum board_state {
	BOARD_TODO,
	BOARD_RUNNING,
	BOARD_DONE,
	BOARD_SKIPPED, /* optional, and failed: noted */
	BOARD_FAILED,
};

struct board_step {
	const struct step *step;
	enum board_state state;
	int64_t start_us, end_us; /* wall clock; 0: not yet */
	char *why;		  /* it failed, or was skipped; or NULL */
};

struct board_list {
	struct board_step *v;
	size_t n;
};

enum board_way { BOARD_FORWARD, BOARD_UNDO, BOARD_RESTORE, BOARD_WAYS };

struct board_block {
	const struct block *block;
	struct board_list way[BOARD_WAYS];
	int64_t checkpoint_us; /* 0: none recorded */
	bool undone;
};

struct board {
	const struct program *program;
	struct board_block *v;
	size_t n;
	int64_t seq, begin_us, end_us;
	bool back;
	char *goal, *back_why; /* of the last way back, or NULL */
	char *result;	       /* of the last end, NULL while it runs */
};

void board_init(struct board *b, const struct program *p);
void board_done(struct board *b);
void board_row(struct board *b, int64_t seq, int64_t wall_us, const char *kind,
	       const char *step, const char *body);
const char *board_state_name(enum board_state s);
bool board_state_parse(const char *name, enum board_state *ret);

/* {"seq","begin_us","end_us","back","goal","why","result","blocks":[{"name",
 * "title","wave","checkpoint_us","undone","steps":[..],"undo":[..],
 * "restore":[..]}]} */
json_t *board_json(const struct board *b);

#endif
