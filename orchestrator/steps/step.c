/*
 * step.c - building and freeing programs
 */
#include "orchestrator/steps/step.h"

#include <string.h>

const char *step_kind_name(enum step_kind kind)
{
	static const char *const names[] = {
		[STEP_ENSURE] = "ensure", [STEP_WAIT] = "wait",
		[STEP_SOAK] = "soak",	  [STEP_HOLD] = "hold",
		[STEP_SAVE] = "save",	  [STEP_CHECKPOINT] = "checkpoint",
		[STEP_DECIDE] = "decide", [STEP_CONFIRM] = "confirm",
	};

	return names[kind];
}

struct block *program_block(struct program *p, const char *name,
			    const char *title)
{
	struct block *b;

	MEM_GROW(p->v, p->n, p->cap);
	b = &p->v[p->n++];
	memset(b, 0, sizeof(*b));
	b->name = mem_strdup(name);
	b->title = mem_strdup(title);
	b->wave = -1;
	return b;
}

struct step *step_vec_add(struct step_vec *v, const char *block, const char *id,
			  enum step_kind kind, const char *target,
			  const char *title)
{
	struct step *s;

	MEM_GROW(v->v, v->n, v->cap);
	s = &v->v[v->n++];
	memset(s, 0, sizeof(*s));
	s->id = mem_format("%s/%s", block, id);
	s->title = mem_strdup(title);
	s->kind = kind;
	s->target = mem_strdup(target);
	return s;
}

struct resource_set *program_watch(struct program *p, const char *target)
{
	for (size_t i = 0; i < p->n_watch; i++)
		if (strcmp(p->watch_target[i], target) == 0)
			return &p->watch[i];
	p->n_watch++;
	p->watch = mem_realloc(p->watch, p->n_watch, sizeof(*p->watch));
	p->watch_target = mem_realloc(p->watch_target, p->n_watch,
				      sizeof(*p->watch_target));
	p->watch[p->n_watch - 1] = (struct resource_set){0};
	p->watch_target[p->n_watch - 1] = mem_strdup(target);
	return &p->watch[p->n_watch - 1];
}

int program_find_block(const struct program *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].name, name) == 0)
			return (int)i;
	return -1;
}

int program_find_wave(const struct program *p, int wave)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].wave == wave)
			return (int)i;
	return -1;
}

struct resource_set *block_retreat(struct block *b, const char *target)
{
	for (size_t i = 0; i < b->n_retreat; i++)
		if (strcmp(b->retreat[i].target, target) == 0)
			return &b->retreat[i].want;
	b->n_retreat++;
	b->retreat = mem_realloc(b->retreat, b->n_retreat, sizeof(*b->retreat));
	b->retreat[b->n_retreat - 1] =
		(struct retreat){.target = mem_strdup(target)};
	return &b->retreat[b->n_retreat - 1].want;
}

static void step_vec_done(struct step_vec *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct step *s = &v->v[i];

		free(s->id);
		free(s->title);
		free(s->target);
		free(s->derive_session);
		free(s->rules);
		resource_set_done(&s->want);
		resource_set_done(&s->look);
		resource_set_done(&s->keep);
		resource_set_done(&s->keep_start);
		expect_list_done(&s->expect);
	}
	free(v->v);
}

void program_free(struct program *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		free(p->v[i].title);
		step_vec_done(&p->v[i].steps);
		step_vec_done(&p->v[i].undo);
		step_vec_done(&p->v[i].restore);
		for (size_t k = 0; k < p->v[i].n_retreat; k++) {
			free(p->v[i].retreat[k].target);
			resource_set_done(&p->v[i].retreat[k].want);
		}
		free(p->v[i].retreat);
	}
	for (size_t i = 0; i < p->n_watch; i++) {
		resource_set_done(&p->watch[i]);
		free(p->watch_target[i]);
	}
	state_list_done(&p->notes);
	free(p->vnet_target);
	free(p->watch);
	free(p->watch_target);
	free(p->v);
	free(p);
}
