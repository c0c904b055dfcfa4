/*
 * programs.c - programs over switches, for tests of the engine
 */
#include <string.h>

#include "tests/unit/engine/world.h"

static const char *edge_name(int sw)
{
	return sw < 2 ? "edge1" : "edge2";
}

void world_want(struct resource_set *set, int sw, bool up)
{
	resource_set_add(set, RESOURCE_INTERFACE, world_switch[sw])
		->interface.up = up;
}

static void add_step(struct step_vec *v, const char *block, const char *id,
		     int sw, bool up, bool guarded)
{
	struct step *s =
		step_vec_add(v, block, id, STEP_ENSURE, edge_name(sw), id);

	world_want(&s->want, sw, up);
	s->timeout_ms = 1000;
	s->guarded = guarded;
}

static void add_plain(struct step_vec *v, const char *block, const char *id,
		      enum step_kind kind, const char *target)
{
	step_vec_add(v, block, id, kind, target, id);
}

struct program *world_program(void)
{
	static const char *const blocks[] = {"start", "one", "two"};
	struct program *p = mem_alloc(sizeof(*p));

	for (int i = 0; i < 3; i++) {
		struct block *b = program_block(p, blocks[i], blocks[i]);

		if (i) {
			add_step(&b->steps, blocks[i], "up-a", i - 1, true,
				 false);
			add_step(&b->undo, blocks[i], "down-a", i - 1, false,
				 false);
		}
		add_plain(&b->steps, blocks[i], "checkpoint", STEP_CHECKPOINT,
			  NULL);
	}
	program_watch(p, "edge1");
	program_watch(p, "edge2");
	return p;
}

static void add_confirm(struct step_vec *v, const char *block)
{
	add_plain(v, block, "decide", STEP_DECIDE, NULL);
	add_plain(v, block, "confirm-edge1", STEP_CONFIRM, "edge1");
	add_plain(v, block, "confirm-edge2", STEP_CONFIRM, "edge2");
}

/* Wave n raises switch n on edge1 and n + 2 on edge2. */
static void add_wave(struct program *p, const char *name, int n)
{
	struct block *b = program_block(p, name, name);

	b->wave = n;
	add_step(&b->steps, name, "up-edge1", n, true, true);
	add_step(&b->steps, name, "up-edge2", n + 2, true, true);
	add_plain(&b->steps, name, "soak", STEP_SOAK, NULL);
	b->steps.v[b->steps.n - 1].soak_ms = 1000;
	add_confirm(&b->steps, name);
	add_plain(&b->steps, name, "checkpoint", STEP_CHECKPOINT, NULL);
	add_plain(&b->steps, name, "hold", STEP_SOAK, NULL);
	add_step(&b->undo, name, "down-edge2", n + 2, false, true);
	add_step(&b->undo, name, "down-edge1", n, false, true);
	add_confirm(&b->undo, name);
}

static void add_retreat(struct program *p, int waves)
{
	struct block *b = &p->v[p->n - 1];

	for (int i = 0; i < SWITCHES; i++) {
		mem_auto_free char *id =
			mem_format("rebind-%s", world_switch[i]);
		bool up = i % 2 < waves;

		world_want(block_retreat(b, edge_name(i)), i, up);
		add_step(&b->restore, b->name, id, i, up, false);
	}
	add_plain(&b->restore, b->name, "restored", STEP_DECIDE, NULL);
}

struct program *world_program_waves(void)
{
	struct program *p = mem_alloc(sizeof(*p));

	struct block *start = program_block(p, "start", "start");

	add_plain(&start->steps, "start", "baseline", STEP_SOAK, NULL);
	add_plain(&start->steps, "start", "checkpoint", STEP_CHECKPOINT, NULL);
	add_plain(&program_block(p, "attach", "attach")->steps, "attach",
		  "checkpoint", STEP_CHECKPOINT, NULL);
	add_retreat(p, 0);
	add_wave(p, "wave-a", 0);
	add_retreat(p, 1);
	add_wave(p, "wave-b", 1);
	add_retreat(p, 2);
	program_watch(p, "edge1");
	program_watch(p, "edge2");
	return p;
}

static void keep(struct step *s, bool up)
{
	world_want(&s->keep, 0, up);
	world_want(&s->keep, 1, up);
}

struct program *world_program_saves(void)
{
	struct program *p = mem_alloc(sizeof(*p));
	struct block *b = program_block(p, "start", "start");

	add_plain(&b->steps, "start", "checkpoint", STEP_CHECKPOINT, NULL);
	b = program_block(p, "one", "one");
	add_step(&b->steps, "one", "up-a", 0, true, false);
	add_step(&b->steps, "one", "up-b", 1, true, false);
	add_plain(&b->steps, "one", "save-edge1", STEP_SAVE, "edge1");
	keep(&b->steps.v[2], true);
	add_plain(&b->steps, "one", "checkpoint", STEP_CHECKPOINT, NULL);
	add_step(&b->undo, "one", "down-b", 1, false, false);
	add_step(&b->undo, "one", "down-a", 0, false, false);
	add_plain(&b->undo, "one", "save-edge1", STEP_SAVE, "edge1");
	keep(&b->undo.v[2], false);
	program_watch(p, "edge1");
	return p;
}
