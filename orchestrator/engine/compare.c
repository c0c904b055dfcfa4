/*
 * compare.c - what a checkpoint recorded beside what is seen
 *
 * What somebody else changed stops the run.  The operator may take it over with
 * 'accept' where it is proved to be harmless; where it is not, at their own
 * word ('--unproved'), which the journal keeps.
 */
#include "orchestrator/engine/drift.h"
#include "orchestrator/engine/internal.h"

/* The operator's accept, as far as it reaches; true: it does. */
static bool accept_drift(struct engine *g, const json_t *was, const json_t *now,
			 struct buf *why)
{
	bool proved = drift_judge(was, now, &g->policy, why) == 0;

	if (g->fold.gone && (proved || g->fold.unproved)) {
		engine_append(g, PHASE_ACCEPT_ROW, "accept",
			      row_accept(drift_accepted(was, now), proved));
		return true;
	}
	buf_puts(why,
		 proved ? "it is harmless: put it back, or 'cutover accept' it"
			: "it is not proved to be harmless: put it back, or "
			  "take it over at your own word: 'cutover accept "
			  "--unproved'");
	return false;
}

bool engine_drifted(struct engine *g, const json_t *now)
{
	const struct block *b = fold_block(&g->fold);
	const char *last = fold_last_checkpoint(&g->fold);
	json_auto *was = json_deep_copy(
		last ? json_object_get(g->fold.checkpoints, last) : NULL);
	buf_auto diff = BUF_INIT;

	if (!was || b->touches_foreign)
		return false;
	drift_forgive(was, g->fold.accepted);
	if (!drift_find(was, now, &diff))
		return false;
	if (accept_drift(g, was, now, &diff))
		return true;
	engine_set_why(g, buf_str(&diff));
	engine_hold(g, g->why, false);
	return true;
}

void engine_on_compare(struct engine *g, const struct event *ev)
{
	const char *name = g->program->v[g->fold.back_to].name;
	const json_t *was = json_object_get(g->fold.checkpoints, name);
	json_auto *known = json_deep_copy(was);
	buf_auto diff = BUF_INIT;

	if (checkpoint_diff(was, ev->states, g->fold.accepted, &diff) == 0) {
		engine_finish(g, "rolled-back", EXIT_ROLLED_BACK);
		return;
	}
	if (known)
		drift_forgive(known, g->fold.accepted);
	if (known && drift_find(known, ev->states, &diff) &&
	    accept_drift(g, known, ev->states, &diff))
		return;
	engine_set_why(g, buf_str(&diff));
	if (--g->budget > 0)
		engine_emit(g, ACTION_TIMER, PHASE_COMPARE_PAUSE)->ms = 1000;
	else
		engine_hold(g, g->why, false);
}
