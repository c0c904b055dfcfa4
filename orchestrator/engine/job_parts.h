/*
 * job_parts.h - what the files of a lane share; private to job*.c
 *
 * A target may have two lanes, on two connections: the ordinary one, and one
 * beside it that goes straight back while a device hangs on the first.  Both
 * carry the epoch that is held of the target.  The lane beside raises it before
 * it changes anything, so what the ordinary one has under way either came
 * before or is refused by the device.
 */
#ifndef CUTOVER_ENGINE_JOB_PARTS_H
#define CUTOVER_ENGINE_JOB_PARTS_H

#include <stdatomic.h>

#include "orchestrator/engine/job.h"

struct job_shared {
	_Atomic uint64_t epoch; /* 0: not known, to be claimed anew */
	atomic_bool disarmed;	/* by the lane beside */
};

struct job_lane {
	const struct target *target;
	const struct adapter_ops *ops;
	struct adapter_ctx ctx;
	uint32_t timeout_ms;
	bool open;
	struct job_shared *shared, own; /* `own` unless it is beside another */
	struct outputs *outputs;	/* NULL: nobody watches */
	struct resource_set last;	/* previous look, for rates */
	const struct step *last_step;
	int64_t last_us;
};

/* ---- job.c ---- */

int64_t job_deadline(const struct job_lane *l, uint32_t extra_ms);
/* The connection alone; the deadline is the caller's. */
bool job_open(struct job_lane *l, struct err *e);
/* With an epoch of its own where none is held. */
bool job_open_fenced(struct job_lane *l, struct err *e);
void job_close(struct job_lane *l);
/* One look; a broken connection is opened again once, since reads are free. */
bool job_look(struct job_lane *l, const struct resource_set *want,
	      struct resource_set *ret, struct err *e);
bool job_satisfied(const struct resource_set *seen,
		   const struct resource_set *want, struct buf *why);
void job_take_error(struct job_result *r, struct err *e);
void job_epoch_raise(struct job_shared *s, uint64_t epoch);

/* ---- job_retreat.c ---- */

void job_retreat(struct job_lane *l, struct job *job, struct job_result *r);
void job_standby(struct job_lane *l, struct job *job, struct job_result *r);

#endif
