/*
 * result.h - what a run did, folded from its journal rows
 *
 * Read-only and complete without the devices: each step with its time, what
 * the probes counted meanwhile, the path of each prefix at the first and the
 * last checkpoint, the virtual network's fingerprint at both.
 *
 * A leg is one process of the run: the run itself, a resume, a rollback.  Each
 * starts its probes anew, so their counters are per leg.
 *
 * Ownership: result_done() frees everything.
 */
#ifndef CUTOVER_REPORT_RESULT_H
#define CUTOVER_REPORT_RESULT_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"
#include "orchestrator/journal/journal.h"
#include "orchestrator/plan/plan.h"

struct result_step {
	char *id, *title, *kind;
	bool back;
	int64_t start_us, end_us; /* end 0: not ended */
	char *how;		  /* 'done', 'noted', 'failed' */
	char *why;
	json_t *measure; /* probe -> counters at its end, or NULL */
};

struct result_leg {
	size_t from, to; /* its steps: [from, to) */
	int64_t start_us, end_us;
	char *ended, *why;
	char *back_to;	 /* the last rollback's goal, or NULL */
	int exit_code;	 /* -1: not ended */
	json_t *measure; /* the last counters, or NULL */
};

struct result {
	char *run;
	int64_t start_us;
	struct result_step *v;
	size_t n, cap;
	struct result_leg *leg;
	size_t n_legs, cap_legs;
	json_t *first, *last; /* states of the first and the last checkpoint */
	json_t *now; /* of the one that it was rolled back to, or NULL */
	char *first_name, *last_name, *now_name;
	/* What every checkpoint recorded, by its name. */
	json_t *checkpoints;
	json_t *approvals; /* by whom it was approved, or NULL */
};

bool result_read(struct journal *j, const char *run, struct result *ret,
		 struct err *e);
void result_done(struct result *r);

/* The leg that ended the run, or NULL. */
const struct result_leg *result_last_leg(const struct result *r);
/* The virtual network's fingerprint at a checkpoint, or NULL. */
const char *result_vnet(const json_t *states);

/* In words; without the plan (NULL) the paths are those of the edges alone. */
void result_text(const struct result *r, const struct plan *p, struct buf *out);
json_t *result_json(const struct result *r, const struct plan *p);

#endif
