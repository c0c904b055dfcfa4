/*
 * sheet.h - the way back as exact commands, for eyes and for hands
 *
 * Two uses: what `rollback --to` is going to do, and the break-glass sheet that
 * every checkpoint leaves beside the journal, for whoever has to come back
 * without cutover.  Secrets stand in it by reference.
 */
#ifndef CUTOVER_REPORT_SHEET_H
#define CUTOVER_REPORT_SHEET_H

#include "orchestrator/base/buf.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/step.h"

struct sheet {
	const struct plan *plan;
	const struct program *program;
	const struct target *targets;
	size_t n_targets;
	const json_t *start; /* states recorded at 'start', or NULL */
	const json_t *here;  /* states of the checkpoint that we stand at */
	int at;		     /* its block */
	int to;		     /* block whose checkpoint is the goal */
};

/* The steps back, each with its device and its commands. */
bool sheet_back(const struct sheet *s, struct buf *out, struct err *e);
/* The whole break-glass sheet: straight back first, then block by block. */
bool sheet_glass(const struct sheet *s, const char *run, struct buf *out,
		 struct err *e);

#endif
