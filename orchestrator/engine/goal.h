/*
 * goal.h - how far back a breach has to go
 */
#ifndef CUTOVER_ENGINE_GOAL_H
#define CUTOVER_ENGINE_GOAL_H

#include "orchestrator/plan/plan.h"
#include "orchestrator/steps/step.h"

/*
 * The checkpoint before the first wave that moved the group `breached`, or one
 * that is silent as well at this moment: going back twice, once for each of
 * them, would take traffic that long.  NULL: no wave moves one of them, or
 * nobody knows whose traffic it is.  Borrowed from the program.
 */
const char *goal_find(const struct plan *p, const struct program *program,
		      const char *breached,
		      bool (*is_silent)(const void *arg, size_t group),
		      const void *arg);

#endif
