/*
 * dryrun.h - the parts of cutover dry-run
 */
#ifndef CUTOVER_CMD_DRYRUN_H
#define CUTOVER_CMD_DRYRUN_H

#include "orchestrator/plan/plan.h"
#include "orchestrator/twin/prove.h"

/* The routes that a step changes, a line each; nothing where there are none. */
void dryrun_routes_text(const struct prove *p, const char *step,
			struct buf *out);
/* Verdict, pairs, failures, budgets, time, assumptions. */
void dryrun_proof_text(const struct plan *plan, const struct prove *p,
		       struct buf *out);
json_t *dryrun_proof_json(const struct plan *plan, const struct prove *p);

#endif
