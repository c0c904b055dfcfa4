/*
 * world.h - what a rehearsal asks of the network that it runs on
 *
 * A world stands for every system of a plan, in memory: devices that keep
 * state, arm dead-man timers, reboot and refuse, and the traffic between them.
 * adapters/twin/ makes one; main.c hands it to the core, which knows no
 * adapter.  Time is the thread's virtual clock (base/clock.h); a world never
 * waits.
 *
 * Threads: a world is used by the thread that made it.
 */
#ifndef CUTOVER_ENGINE_WORLD_H
#define CUTOVER_ENGINE_WORLD_H

#include "orchestrator/plan/plan.h"
#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/step.h"

enum world_slot {
	WORLD_OPEN,
	WORLD_FENCE,
	WORLD_OBSERVE,
	WORLD_APPLY,
	WORLD_CONFIRM,
	WORLD_REVERT,
	WORLD_RENEW,
	WORLD_SAVE,
	WORLD_SLOTS,
};

/* What becomes of one call. */
enum world_fault {
	WORLD_WELL,
	WORLD_REFUSED,	   /* the device says no; nothing was done */
	WORLD_RETRY,	   /* not reached at all; nothing was done */
	WORLD_LOST_DONE,   /* done, but the answer was lost */
	WORLD_LOST_UNDONE, /* the session broke first; nothing was done */
	WORLD_LATE,	   /* hangs past the deadline; lands late if it can */
	WORLD_GARBAGE,	   /* done; the answer makes no sense */
	WORLD_GARBAGE_UNDONE, /* not done; the answer makes no sense */
	WORLD_FAULTS,
	WORLD_DEAD = WORLD_FAULTS, /* cutover died before it */
};

const char *world_slot_name(enum world_slot slot);
const char *world_fault_name(enum world_fault fault);

/* Asked before every call that reaches a device. */
typedef enum world_fault world_call_fn(void *arg, const char *target,
				       enum world_slot slot);

struct world;

struct world_ops {
	struct world *(*make)(const struct plan *p, world_call_fn *on_call,
			      void *arg);
	void (*free)(struct world *w);
	/* One for each target of the plan, the world's own. */
	const struct target *(*targets)(const struct world *w, size_t *ret_n);
	const struct adapter_ops *(*adapter)(const struct world *w, size_t i);

	/* Everything that is due until then happens, in its order. */
	void (*advance)(struct world *w, int64_t until_us);
	/* Back with what it has saved, after a while.  False: not now. */
	bool (*reboot)(struct world *w, size_t i);
	/* Somebody changes the device by hand. */
	void (*edit)(struct world *w, size_t i);
	/* A failure is expected from now on: what is lost in it is counted,
	 * and held against nobody. */
	void (*excuse)(struct world *w);

	/* Timers that are armed on it, and when they run out. */
	size_t (*armed)(const struct world *w, size_t i, int64_t *ret_us);
	/* What it is, for comparing: everything that is configured. */
	const char *(*image)(const struct world *w, size_t i);
	/* Changes that devices have made, in order: 'target: what'. */
	size_t (*changes)(const struct world *w);
	const char *(*change)(const struct world *w, size_t i);
	/* What has been broken so far, one line each; "": nothing. */
	const char *(*broken)(const struct world *w);
	/* Time without a path, summed over pairs and directions. */
	int64_t (*lost_us)(const struct world *w);
	/* What happened by itself since the last call (timers that fired, late
	 * commands); the caller frees it.  NULL: nothing. */
	char *(*news)(struct world *w);
};

#endif
