/*
 * job.h - the adapter calls of one target, run one at a time
 *
 * What a job means is here; on which thread it runs is the caller's choice
 * (worker.h: a thread for each target; a rehearsal: the caller's own).  The
 * connection is opened at the first job, kept, and opened again when it broke.
 * A job that finds no connection fails; nothing is retried here but reads.
 */
#ifndef CUTOVER_ENGINE_JOB_H
#define CUTOVER_ENGINE_JOB_H

#include "orchestrator/engine/event.h"
#include "orchestrator/engine/outputs.h"

enum job_kind {
	JOB_PREPARE,
	JOB_APPLY,
	JOB_SETTLE,
	JOB_OBSERVE,
	JOB_CONFIRM,
	JOB_SAVE,
	JOB_LOOK, /* observe `want` as it is: snapshot, vnet, guards */
	JOB_POLL, /* a long operation, by its token */
	JOB_RENEW,
	JOB_RETREAT, /* taken before whatever waits */
	JOB_STANDBY, /* what a retreat will need, got ready */
};

struct job {
	enum job_kind kind;
	int64_t call;
	int tag;		 /* the runner's own, returned unchanged */
	const struct step *step; /* borrowed from the program */
	struct resource_set want;
	struct changeset changeset;
	bool back;
	uint32_t guard_s;
	char *token; /* JOB_POLL; owned */
};

struct job_result {
	enum job_kind kind;
	int64_t call;
	int tag;
	char *target;
	bool ok, satisfied;
	enum outcome outcome;
	char *text;
	struct resource_set seen, want;
	struct changeset changeset;
	char *token;	 /* of a change that is PENDING */
	int64_t took_us; /* of a look, or of the adapter's own change */
};

/* The answer of a job that was taken out of the queue: it was never sent. */
void job_cancel(const struct job *job, const char *target,
		struct job_result *ret);
void job_done(struct job *job);
void job_result_done(struct job_result *r);

struct job_lane;

/* Target and adapter are borrowed and outlive the lane. */
struct job_lane *job_lane_new(const struct target *target,
			      const struct adapter_ops *ops,
			      uint32_t timeout_ms);
/* The lane's way back overtakes what `ordinary` has under way: another
 * connection to the same device, of an adapter with a slot `ready`.  `ordinary`
 * outlives it. */
void job_lane_beside(struct job_lane *l, struct job_lane *ordinary);
/*
 * When a job is taken in hand: from here on it counts as older than a retreat
 * beside it that comes later, and is refused by the device after that.
 */
void job_lane_begin(struct job_lane *l);
/* Every exchange with the device goes there, too. */
void job_lane_trace(struct job_lane *l, struct outputs *o);
void job_lane_free(struct job_lane *l); /* closes */
/* Blocks within the job's deadline; the job stays the caller's. */
void job_lane_run(struct job_lane *l, struct job *job, struct job_result *ret);

#endif
