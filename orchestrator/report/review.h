/*
 * review.h - everything that a change board is to see, gathered
 *
 * Of a plan before its run, or of a run: plan, program, proof, the exact
 * commands of every step and of its way back, the state that it was looked at
 * in, and what was measured.  One walk (review_write) tells it to any writer;
 * review_json() gives the same to machines.
 *
 * Ownership: everything that is handed in is borrowed; review_done() frees the
 * commands.
 */
#ifndef CUTOVER_REPORT_REVIEW_H
#define CUTOVER_REPORT_REVIEW_H

#include "orchestrator/report/look.h"
#include "orchestrator/report/result.h"
#include "orchestrator/report/writer.h"
#include "orchestrator/twin/prove.h"

/* A change of more lines than this is shown by its first ones, its length and
 * its hash, unless all of it is asked for. */
#define REVIEW_LINES 400

struct review_step {
	const struct step *step;
	struct changeset changes;
	char *note;  /* instead of commands; or NULL */
	char *error; /* why there are none; or NULL */
};

struct review_block {
	const struct block *block;
	struct review_step *steps, *undo; /* as many as the block has */
};

struct review {
	const struct plan *plan;
	const struct program *program;
	const struct prove *prove;
	const struct look *look;     /* NULL: the plan alone */
	const struct result *result; /* NULL: it has not run */
	bool full;		     /* every line of long changes */
	struct review_block *v;	     /* as many as the program has */
};

/* Renders every step from what its target will be by then. */
void review_fill(struct review *r, const struct target *targets, size_t n);
void review_done(struct review *r);

void review_write(const struct review *r, const struct writer_ops *ops,
		  struct buf *out);
json_t *review_json(const struct review *r);
json_t *review_proof_json(const struct plan *plan, const struct prove *p);

/* The lines of a command that a device gets, without an adapter's own marks,
 * cut as REVIEW_LINES says. */
void review_text(const struct review *r, const char *text, struct buf *out);
/* The forward state that a step leaves, or NULL. */
const struct prove_state *review_state(const struct review *r,
				       const char *step);
/* The state at a block's end that has pairs; NULL: there is none. */
const struct prove_state *review_at_end(const struct review *r,
					const char *block);
/* What the measured run did with a step; NULL: nothing. */
const struct result_step *review_measured(const struct review *r,
					  const char *step);

/* review_steps.c: every step of every block, as review_write() tells it. */
void review_write_steps(const struct review *r, struct writer *w);

#endif
