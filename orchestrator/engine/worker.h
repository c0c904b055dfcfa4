/*
 * worker.h - a thread for each target, that runs the jobs of its lane
 *
 * Adapters block (SSH, libvirt, HTTP); the runner must not.  A job is copied
 * in; its result comes back through worker_pool_poll() in the runner's thread.
 */
#ifndef CUTOVER_ENGINE_WORKER_H
#define CUTOVER_ENGINE_WORKER_H

#include "orchestrator/engine/job.h"
#include "orchestrator/engine/outputs.h"

struct worker_pool;

/* Targets are borrowed and outlive the pool. */
struct worker_pool *worker_pool_new(const struct target *targets, size_t n,
				    uint32_t command_timeout_ms, struct err *e);
/* Every exchange with a device goes there, too; before the first job. */
void worker_pool_trace(struct worker_pool *p, struct outputs *o);
void worker_pool_free(struct worker_pool *p); /* joins; bounded by deadlines */
/* Takes over the job's members.  False: no such target. */
bool worker_pool_submit(struct worker_pool *p, const char *target,
			struct job *job);
/* Makes ready what going straight back on that target will need, where that can
 * be done; NULL: on all where it was done before. */
void worker_pool_standby(struct worker_pool *p, const char *target);
int worker_pool_fd(const struct worker_pool *p); /* readable: results wait */
bool worker_pool_poll(struct worker_pool *p, struct job_result *ret);

#endif
