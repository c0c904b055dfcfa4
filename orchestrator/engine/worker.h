/*
 * worker.h - a thread for each target, that runs adapter calls one at a time
 *
 * Adapters block (SSH, libvirt, HTTP); the runner must not.  A job is copied
 * in; its result comes back through worker_pool_poll() in the runner's thread.
 * The connection is opened at the first job, kept, and opened again when it
 * broke.  A job that finds no connection fails; nothing is retried here.
 */
#ifndef CUTOVER_ENGINE_WORKER_H
#define CUTOVER_ENGINE_WORKER_H

#include "orchestrator/engine/event.h"

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
	int64_t took_us; /* of the adapter's own call, for the bench */
};

struct worker_pool;

/* Targets are borrowed and outlive the pool. */
struct worker_pool *worker_pool_new(const struct target *targets, size_t n,
				    uint32_t command_timeout_ms, struct err *e);
void worker_pool_free(struct worker_pool *p); /* joins; bounded by deadlines */
/* Takes over the job's members.  False: no such target. */
bool worker_pool_submit(struct worker_pool *p, const char *target,
			struct job *job);
int worker_pool_fd(const struct worker_pool *p); /* readable: results wait */
bool worker_pool_poll(struct worker_pool *p, struct job_result *ret);
void job_result_done(struct job_result *r);

#endif
