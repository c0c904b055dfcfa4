/*
 * kept.c - is a device still what the block has made of it?
 *
 *	SAVE: look -> save -> look -> done
 *	          \              \
 *	           +--------------+-> rewound: the block is gone through anew
 *
 * A device that reboots between a change and its saving comes back as it was at
 * the checkpoint before, and nobody tells.  Looked at before it is saved, since
 * half a block must not be saved; and after, since it may reboot in between.
 * Each step names a state and is looked at first, so going through the block
 * again does what is missing and no more.  After REWINDS_MAX times in one block
 * it is a failed step going forward (the plan says what follows), and a hold
 * with the difference going back.
 */
#include "orchestrator/engine/internal.h"

#define REWINDS_MAX 3

static const struct resource_set *start_of(const struct engine *g,
					   const char *target,
					   struct resource_set *was)
{
	const json_t *start =
		json_object_get(g->fold.checkpoints, g->program->v[0].name);

	if (start)
		resource_set_from_json(json_peek(start, target), was, NULL);
	return was;
}

static void kept_want(const struct engine *g, const struct step *s,
		      struct resource_set *ret)
{
	resource_set_auto was = {0};

	resource_set_copy(ret, &s->keep);
	if (!s->keep_start.n)
		return;
	start_of(g, s->target, &was);
	for (size_t i = 0; i < s->keep_start.n; i++) {
		const struct resource *x = &s->keep_start.v[i];
		const struct resource *r =
			resource_set_find(&was, x->kind, x->name);

		resource_set_add_copy(ret, r ? r : x);
	}
}

void engine_save(struct engine *g)
{
	engine_emit(g, ACTION_SAVE, PHASE_SAVE)->target =
		mem_strdup(fold_current(&g->fold)->target);
}

bool engine_look_kept(struct engine *g)
{
	const struct step *s = fold_current(&g->fold);
	struct action *a;

	if (!s->keep.n && !s->keep_start.n)
		return false;
	a = engine_emit(g, ACTION_OBSERVE, PHASE_KEPT);
	a->step = s;
	a->target = mem_strdup(s->target);
	kept_want(g, s, &a->want);
	return true;
}

/* Going back it may be further back already than the step wants: what is not
 * there, and was not at the start, has nothing to be taken from it. */
static bool is_further_back(const struct engine *g, const struct resource *want,
			    const struct resource *is)
{
	resource_set_auto was = {0};
	const struct resource *r;

	if (!g->fold.back || !want->present || (is && is->present))
		return false;
	start_of(g, fold_current(&g->fold)->target, &was);
	r = resource_set_find(&was, want->kind, want->name);
	return r && !r->present;
}

/* What of `want` is not there, in words; NULL: it all is. */
static char *missing(const struct engine *g, const struct resource_set *want,
		     const struct resource_set *seen)
{
	buf_auto why = BUF_INIT;

	for (size_t i = 0; i < want->n; i++) {
		const struct resource *x = &want->v[i];
		const struct resource *r =
			resource_set_find(seen, x->kind, x->name);

		if (!r || resource_satisfies(r, x) || is_further_back(g, x, r))
			continue;
		if (r->present && x->present)
			resource_diff(x, r, &why);
		else
			buf_printf(&why, "%s '%s' is %s\n",
				   resource_kind_name(x->kind), x->name,
				   r->present ? "there" : "not there");
	}
	return buf_str(&why)[0] ? buf_steal(&why) : NULL;
}

/* `saved`: it comes back as it was at the checkpoint before, from where the
 * block can be gone through anew. */
static void lost(struct engine *g, const char *target, bool saved,
		 const char *what)
{
	mem_auto_free char *why = mem_format(
		"'%s' is not what '%s' made of it any more, as after a reboot: "
		"%s",
		target, fold_block(&g->fold)->name, what);

	engine_set_why(g, why);
	if (g->fold.rewinds < REWINDS_MAX && saved)
		engine_append(g, PHASE_REWOUND_ROW, "rewound",
			      row_rewound(target, why));
	else if (g->fold.back)
		engine_hold(g, why, false);
	else
		engine_step_failed(g, why);
}

static void lost_by_step(struct engine *g, const char *what)
{
	const struct step *s = fold_current(&g->fold);

	lost(g, s->target, s->kind != STEP_WAIT, what);
}

/* What a checkpoint is about to record of a target: True: it has lost it. */
static bool lost_before_record(struct engine *g, const struct step *s,
			       const json_t *states)
{
	resource_set_auto seen = {0};
	resource_set_auto want = {0};
	mem_auto_free char *what = NULL;

	if (s->kind != STEP_SAVE && !s->keeps)
		return false;
	kept_want(g, s, &want);
	if (!want.n ||
	    !resource_set_from_json(json_peek(states, s->target), &seen, NULL))
		return false;
	what = missing(g, &want, &seen);
	if (what)
		lost(g, s->target, s->kind == STEP_SAVE, what);
	return what != NULL;
}

bool engine_lacks_before_record(struct engine *g, const json_t *states)
{
	const struct block *b = fold_block(&g->fold);

	for (size_t i = 0; i < b->steps.n; i++)
		if (lost_before_record(g, &b->steps.v[i], states))
			return true;
	return false;
}

/* The answer to engine_look_kept(). */
void engine_on_kept(struct engine *g, const struct event *ev)
{
	const struct step *s = fold_current(&g->fold);
	resource_set_auto want = {0};
	mem_auto_free char *what = NULL;

	if (!ev->ok) {
		engine_ask_again(g, ev->text);
		return;
	}
	kept_want(g, s, &want);
	what = ev->satisfied ? NULL : missing(g, &want, ev->before);
	if (what)
		lost_by_step(g, what);
	else if (s->kind == STEP_SAVE && !g->saved)
		engine_save(g);
	else
		engine_append(g, PHASE_DONE_ROW, "done", json_object());
}

/* A binding alone, of a session that is not there. */
static const struct resource *not_there(const struct event *ev)
{
	for (size_t i = 0; ev->want && i < ev->want->n; i++) {
		const struct resource *x = &ev->want->v[i];
		const struct resource *r =
			resource_set_find(ev->before, x->kind, x->name);

		if (x->kind == RESOURCE_SESSION && x->present &&
		    !x->session.asn && r && !r->present)
			return x;
	}
	return NULL;
}

/* Before a change: does the step find what the steps before it left? */
bool engine_lacks(struct engine *g, const struct event *ev)
{
	const struct step *s = fold_current(&g->fold);
	const struct resource *gone;
	mem_auto_free char *what = NULL;

	if (ev->satisfied || !ev->before || !ev->before->n)
		return false;
	what = missing(g, &s->keep, ev->before);
	gone = not_there(ev);
	if (!what && s->keeps && !(g->fold.restoring && g->fold.left))
		what = missing(g, ev->want, ev->before);
	if (what) {
		lost_by_step(g, what);
	} else if (gone && is_further_back(g, gone, NULL)) {
		engine_append(g, PHASE_DONE_ROW, "done",
			      row_skipped("it is further back already"));
	} else if (gone) {
		mem_auto_free char *why = mem_format(
			"'%s' has no session '%s', as after a reboot",
			s->target, gone->name);

		engine_step_failed(g, why);
	}
	return what || gone;
}

/* A change that was seen to be made is not there, at the end of its wait. */
bool engine_lost_change(struct engine *g, const struct event *ev)
{
	const struct resource_set *want =
		g->fold.want.n ? &g->fold.want : &g->derived;
	mem_auto_free char *what = NULL;

	if (!g->fold.back || fold_current(&g->fold)->kind != STEP_ENSURE)
		return false;
	what = missing(g, want, ev->before);
	if (what)
		lost_by_step(g, what);
	return what != NULL;
}
