/*
 * foretold.c - what was seen beside what the twin has foretold
 *
 * A step that is done as far as the device goes may still have led routes where
 * nobody expected them.  The run then holds and says both; a go of the operator
 * lets this one step pass.  Going back it is compared only where the block had
 * been done to its end, which is what the twin has undone.
 */
#include "orchestrator/engine/internal.h"

static bool is_told(const struct engine *g, const struct step *s)
{
	return foretold_of(g->policy.foretold, s) && !g->fold.otherwise &&
	       !g->fold.restoring &&
	       (!g->fold.back || json_object_get(g->fold.checkpoints,
						 fold_block(&g->fold)->name));
}

bool engine_is_foretold(const struct engine *g, const struct resource_set *seen,
			struct buf *why)
{
	const struct step *s = fold_current(&g->fold);

	return !is_told(g, s) ||
	       foretold_holds(g->policy.foretold, s, s->target, seen, why);
}

void engine_hold_foretold(struct engine *g, const char *differs)
{
	mem_auto_free char *why =
		mem_format("the routes are not what the twin has foretold:\n%s"
			   "'cutover go' goes on all the same",
			   differs);

	engine_set_why(g, why);
	engine_append(g, PHASE_HOLD_ROW, "hold", row_hold_foretold(g->why));
}

bool engine_differs_before_record(struct engine *g, const json_t *states)
{
	const struct step *s = fold_current(&g->fold);
	buf_auto why = BUF_INIT;

	if (!is_told(g, s) ||
	    foretold_holds_json(g->policy.foretold, s, states, &why))
		return false;
	engine_hold_foretold(g, buf_str(&why));
	return true;
}
