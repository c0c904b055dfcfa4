/*
 * project.h - what the devices will be, step by step, without asking them
 *
 * The states that are known (observed, recorded at a checkpoint, or assumed as
 * before a cutover) are carried through the steps of a program: each step is
 * rendered by its adapter from what its target would be by then, which gives
 * the exact commands, and is then taken as done.  For the dry-run, the preview
 * of a rollback and the break-glass sheet.
 *
 * Pure: adapters' render() only.  Targets are borrowed.
 */
#ifndef CUTOVER_STEPS_PROJECT_H
#define CUTOVER_STEPS_PROJECT_H

#include "orchestrator/plan/plan.h"
#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/step.h"

struct project {
	const struct target *targets;
	size_t n;
	struct resource_set *known; /* per target */
	json_t *start; /* states recorded at 'start' (borrowed), or NULL */
};

void project_init(struct project *p, const struct target *targets, size_t n);
void project_done(struct project *p);

/* As a plan expects it before anything is done: the VPN up, the rest absent. */
void project_assume(struct project *p, const struct plan *plan);
/* States take the place of what was known of the same resources. */
void project_know(struct project *p, const char *target,
		  const struct resource_set *states);
/* All of a checkpoint's row: target -> list of resources. */
bool project_know_json(struct project *p, const json_t *states, struct err *e);

/*
 * One step: *ret gets its changeset, empty where nothing is to be done or the
 * step changes nothing.  *ret_note (may be NULL) is a sentence where what is
 * wanted is known only when the step starts; owned by the caller.
 */
bool project_step(struct project *p, const struct step *s,
		  struct changeset *ret, char **ret_note, struct err *e);

#endif
