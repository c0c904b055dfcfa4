/*
 * keep.c - what a block has made of a target, told to the steps that look
 *
 * A device that reboots comes back as it was saved, at the checkpoint before,
 * and says nothing of it.  So a block's saving looks first whether the device
 * still is what the block's steps made of it, and a step whether it finds what
 * an earlier step of the same list left: `keep` and `keep_start` of a step.
 *
 * Pure.  Nothing is known of pins until they are held, so they are left out
 * from there until they are withdrawn.
 */
#include <string.h>

#include "orchestrator/steps/build.h"

/* What the steps of one list so far want of one target. */
struct made {
	const char *target;
	struct resource_set as, start; /* start: as it was at 'start' */
};

struct made_vec {
	struct made *v;
	size_t n, cap;
};

static struct made *made_of(struct made_vec *l, const char *target)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].target, target) == 0)
			return &l->v[i];
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n] = (struct made){.target = target};
	return &l->v[l->n++];
}

static void forget(struct resource_set *set, const struct resource *r)
{
	resource_set_remove(set, r->kind, r->name);
}

static void make(struct made *m, const struct step *s, const struct resource *r)
{
	struct resource *old = resource_set_find(&m->as, r->kind, r->name);

	if (s->derive == STEP_AS_IS && old && old->present && r->present) {
		resource_overlay(old, r);
		return;
	}
	forget(&m->as, r);
	forget(&m->start, r);
	if (s->derive == STEP_AS_IS)
		resource_set_add_copy(&m->as, r);
	else if (s->derive == STEP_DERIVE_START)
		resource_set_add_copy(&m->start, r);
}

static void copy_wanted(const struct resource_set *from,
			const struct resource_set *want,
			struct resource_set *ret)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct resource *r = resource_set_find(
			from, want->v[i].kind, want->v[i].name);

		if (r)
			resource_set_add_copy(ret, r);
	}
}

/* `all`: of the blocks before as well, or NULL going back. */
static void keep_step(struct step *s, struct made *m, struct made *all)
{
	const struct made *of = s->keeps && all ? all : m;

	if (s->kind == STEP_SAVE || (s->kind == STEP_WAIT && s->keeps)) {
		resource_set_copy(&s->keep, &of->as);
		resource_set_copy(&s->keep_start, &of->start);
	} else if (s->kind == STEP_ENSURE) {
		copy_wanted(&m->as, &s->want, &s->keep);
		for (size_t i = 0; i < s->want.n; i++) {
			make(m, s, &s->want.v[i]);
			if (all)
				make(all, s, &s->want.v[i]);
		}
	}
}

static void made_done(struct made_vec *l)
{
	for (size_t i = 0; i < l->n; i++) {
		resource_set_done(&l->v[i].as);
		resource_set_done(&l->v[i].start);
	}
	free(l->v);
}

static void keep_list(struct step_vec *l, struct made_vec *all)
{
	struct made_vec made = {0};

	for (size_t i = 0; i < l->n; i++) {
		struct step *s = &l->v[i];

		if (s->target)
			keep_step(s, made_of(&made, s->target),
				  all ? made_of(all, s->target) : NULL);
	}
	made_done(&made);
}

void build_keep(struct program *p)
{
	struct made_vec all = {0};

	for (size_t i = 0; i < p->n; i++) {
		keep_list(&p->v[i].steps, &all);
		keep_list(&p->v[i].undo, NULL);
		keep_list(&p->v[i].restore, NULL);
	}
	made_done(&all);
}
