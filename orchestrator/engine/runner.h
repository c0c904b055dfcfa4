/*
 * runner.h - drives the pure engine: journal, workers, timers, operator
 *
 * One thread owns engine and journal; adapters run on worker threads, probes
 * are processes.  The loop ends when the engine ends, or when nothing can be
 * committed any more (then no new change is made, and the message says so).
 */
#ifndef CUTOVER_ENGINE_RUNNER_H
#define CUTOVER_ENGINE_RUNNER_H

#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/monitor.h"
#include "orchestrator/journal/journal.h"
#include "orchestrator/plan/plan.h"

/* A row that has just been committed, for whoever prints. */
struct runner_row {
	int64_t seq, wall_us;
	const char *kind, *step, *body;
};

struct runner_options {
	const struct plan *plan;
	const struct program *program;
	const struct target *targets;
	size_t n_targets;
	struct journal *journal;
	const char *run_id;
	struct engine_policy policy;
	monitor_spawn_fn *spawn; /* NULL: probes with a host are refused */
	bool no_probes;
	/* kept in the journal before the first row, each NULL or a body */
	const json_t *proof, *approvals;
	bool practice;		 /* the network is one in memory */
	const char *hold_before; /* block that needs a go first, or NULL */
	/* first command, given before anything else: resume with rollback */
	bool rollback;
	const char *rollback_to;
	void (*on_row)(void *arg, const struct runner_row *row);
	void *arg;
};

/* From a plan's own policy; poll interval and timers included. */
struct engine_policy runner_policy(const struct plan *p);

/*
 * Runs or, when the journal has rows of this run, resumes.  False: the run
 * could not be carried on (e); what is in the journal stands.
 */
bool runner_run(const struct runner_options *o, int *ret_exit, struct err *e);

#endif
