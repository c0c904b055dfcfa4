/*
 * drift.h - what somebody else changed on a device while a run was under way
 *
 * A device's configuration is two texts in one: cutover's own objects, and
 * everything else ('foreign').  A change of the foreign part between two
 * checkpoints is drift: the run stops and shows it.  Drift that an operator
 * accepts is remembered by row; from then on a comparison with an earlier
 * checkpoint takes the accepted foreign text in place of the recorded one.
 */
#ifndef CUTOVER_ENGINE_DRIFT_H
#define CUTOVER_ENGINE_DRIFT_H

#include "orchestrator/engine/engine.h"

/*
 * Both: target -> list of resources.  Appends what differs, as lines '- was'
 * and '+ is' below the target's name; returns the number of targets.
 */
int drift_find(const json_t *recorded, const json_t *now, struct buf *out);

/* {"target": foreign text now} of all targets that differ; for the row. */
json_t *drift_accepted(const json_t *recorded, const json_t *now);

/* Of how many targets is it not proved that their change is harmless? */
int drift_judge(const json_t *recorded, const json_t *now,
		const struct engine_policy *policy, struct buf *out);

/* Puts accepted foreign texts in the place of the recorded ones. */
void drift_forgive(json_t *recorded, const json_t *accepted);

/*
 * Is the configuration `now` what `was` recorded, but for a foreign text that
 * was accepted?
 */
bool drift_same_config(const struct resource *was, const struct resource *now,
		       const char *accepted);

#endif
