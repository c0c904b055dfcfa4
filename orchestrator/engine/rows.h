/*
 * rows.h - the bodies of journal rows, and what is read back from them
 *
 * Bodies are owned by the caller.  fold.c reads what is written here.
 */
#ifndef CUTOVER_ENGINE_ROWS_H
#define CUTOVER_ENGINE_ROWS_H

#include "orchestrator/engine/fold.h"

json_t *row_step(const struct step *s, const struct fold *f);
json_t *row_intent(const struct changeset *cs,
		   const struct resource_set *before,
		   const struct resource_set *want, const char *target,
		   uint32_t guard_s);
json_t *row_pending(const char *token);
json_t *row_outcome(enum outcome o, const char *text);
json_t *row_settled(const char *as, const char *text);
json_t *row_done(const struct resource_set *seen);
json_t *row_skipped(const char *why);
json_t *row_failed(const char *why);
json_t *row_hold(const char *why, bool for_step);
/* `restore`: block whose restore list comes first, or NULL; `fired`: targets
 * that took their changes back (borrowed), or NULL. */
json_t *row_rollback(const char *to, const char *why, const char *restore,
		     const struct state_list *fired);
json_t *row_accept(json_t *foreign, bool proved); /* takes foreign */
json_t *row_fired(const struct state_list *targets);
/* It goes on against what was foretold, once they say go. */
json_t *row_hold_foretold(const char *why);
json_t *row_rewound(const char *target, const char *why);
json_t *row_emergency(const char *block, const char *to, const char *why);
json_t *row_retreated(const char *block, json_t *results); /* takes results */
json_t *row_checkpoint(const char *name, const json_t *states);
json_t *row_end(const char *result, int code, const char *why);
json_t *row_status(const struct fold *f, const char *phase);

/*
 * Differences between the recorded states of a checkpoint and what is seen now
 * (both: target -> list of resources), in words; returns how many.  `accepted`
 * (target -> foreign text, or NULL) stands in for what was recorded.
 */
int checkpoint_diff(const json_t *recorded, const json_t *now,
		    const json_t *accepted, struct buf *out);

#endif
