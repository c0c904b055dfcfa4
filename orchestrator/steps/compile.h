/*
 * compile.h - from a plan to the program that a run walks
 *
 * Pure: the same plan gives the same program, on every machine and at every
 * resume.  The program refers to nothing of the plan.
 */
#ifndef CUTOVER_STEPS_COMPILE_H
#define CUTOVER_STEPS_COMPILE_H

#include "orchestrator/plan/plan.h"
#include "orchestrator/steps/step.h"

/* NULL with e set when an adapter cannot do what the plan asks of it. */
struct program *steps_compile(const struct plan *p, struct err *e);

#endif
