/*
 * practice.h - a run whose network is played in memory, at the speed of life
 *
 * Where a rehearsal proves a plan, a practice lets people go through it: the
 * real run, journal, socket and screens, over a network in memory (world.h)
 * that no device is behind.  Its probes are played, too.  What main.c hands to
 * the core is this; one practice a process.
 */
#ifndef CUTOVER_ENGINE_PRACTICE_H
#define CUTOVER_ENGINE_PRACTICE_H

#include "orchestrator/engine/measure.h"
#include "orchestrator/plan/plan.h"

struct practice_ops {
	/* The plan is borrowed until end(). */
	bool (*begin)(const struct plan *p, struct err *e);
	/* One for each of the plan's, with drivers that play theirs. */
	const struct target *(*targets)(size_t *ret_n);
	measure_spawn_fn *spawn;
	void (*end)(void);
};

#endif
