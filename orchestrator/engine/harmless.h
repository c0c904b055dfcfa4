/*
 * harmless.h - is a change that somebody else made proved to do no harm?
 */
#ifndef CUTOVER_ENGINE_HARMLESS_H
#define CUTOVER_ENGINE_HARMLESS_H

#include "orchestrator/engine/engine.h"
#include "orchestrator/plan/plan.h"

struct harmless {
	const struct plan *plan;
	const struct target *targets;
	size_t n_targets;
};

/* A drift_judge_fn; arg is a struct harmless. */
bool harmless_judge(const void *arg, const char *target, const char *was,
		    const char *is, struct buf *why);

#endif
