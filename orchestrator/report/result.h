/*
 * result.h - what a run did, folded from its journal rows
 *
 * Read-only and complete without the devices: each step with its time, what
 * the probes counted meanwhile, the path of each prefix at the first and the
 * last checkpoint, the virtual network's fingerprint at both.
 *
 * Ownership: result_done() frees everything.
 */
#ifndef CUTOVER_REPORT_RESULT_H
#define CUTOVER_REPORT_RESULT_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"
#include "orchestrator/journal/journal.h"

struct result_step {
	char *id, *title, *kind;
	bool back;
	int64_t start_us, end_us; /* end 0: not ended */
	char *how;		  /* 'done', 'skipped', 'failed' */
	char *why;
	json_t *measure; /* probe -> counters at its end, or NULL */
};

struct result {
	char *run, *name, *ended, *why;
	int exit_code; /* -1: not ended */
	int64_t start_us, end_us;
	struct result_step *v;
	size_t n, cap;
	json_t *first, *last; /* states of the first and the last checkpoint */
	char *first_name, *last_name;
	json_t *measure; /* the last counters */
};

bool result_read(struct journal *j, const char *run, struct result *ret,
		 struct err *e);
void result_done(struct result *r);
void result_text(const struct result *r, struct buf *out);
json_t *result_json(const struct result *r);

#endif
