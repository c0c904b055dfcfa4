/*
 * world.h - a small world for tests of the engine: switches on two edges
 *
 * Each interface of a program is a switch on its edge; ensuring it 'up' or
 * 'down' is a change.  Rows are kept, so that the engine can be killed at any
 * row or call and booted again from them.  Timers are stacks of switches to be
 * put back, as on a real device.
 */
#ifndef CUTOVER_TESTS_ENGINE_WORLD_H
#define CUTOVER_TESTS_ENGINE_WORLD_H

#include "orchestrator/engine/engine.h"

#define SWITCHES 4

struct world_row {
	char *kind, *step, *body;
};

struct undo {
	int sw;
	bool up;
};

struct world {
	struct program *program;
	struct engine *engine;
	struct engine_policy policy;
	bool up[SWITCHES]; /* 'one', 'two' on edge1, 'three', 'four' on edge2 */
	struct undo armed[2][16]; /* per edge */
	size_t n_armed[2];
	bool fired[2];
	bool unreachable[2];
	int applied;
	int renewed, retreats, confirmed;
	struct world_row rows[1024];
	size_t n;
	size_t kill_at_row; /* die when this row is committed; 0: never */
	int kill_at_apply;  /* die after this apply, before its answer */
	bool dead, ended;
	int exit_code;
	const char *refuse;    /* apply of this interface is refused */
	const char *breach_at; /* a guard breaches while this step soaks */
	const char *breach_goal;
	bool breach_in_apply;
	bool breach_again;    /* a second one, without a goal, in the retreat */
	const char *drift_at; /* somebody else edits edge1 in this step */
	const char *foreign;  /* what is not ours on edge1 */
	int pending_polls;    /* an apply takes this many polls */
	bool saved[SWITCHES]; /* what a reboot comes back with */
	const char *reboot_at;	/* edge1 reboots when this step is done ... */
	int reboots;		/* ... this many times */
	const char *route_from; /* where routes are seen to come from */
	struct foretold_vec foretold;
	bool harmless;	  /* what the judge of drift says */
	bool never;	  /* a change is made, and never shows */
	uint32_t look_ms; /* what each look takes */
	int looks;
	/* Asked before each event; false: the world ends there. */
	bool (*on_feed)(struct world *w, const struct event *ev, void *arg);
	void *on_feed_arg;
};

extern const char *const world_switch[SWITCHES];

/* programs.c */
void world_want(struct resource_set *set, int sw, bool up);
/* start, then one block a name: each ensures its switch is up. */
struct program *world_program(void);
/* start, attach, wave a, wave b: as a plan's, over both edges. */
struct program *world_program_waves(void);

/* start, one: two switches on edge1, saved; with a way back. */
struct program *world_program_saves(void);

struct world *world_new(struct program *p);
void world_free(struct world *w);
void world_boot(struct world *w);
/* The same, and the way back to a checkpoint is asked for first. */
void world_boot_back(struct world *w, const char *to);
void world_command(struct world *w, enum operator_command c, const char *to);
void world_feed(struct world *w, struct event *ev);
/* The timers of an edge run out. */
void world_fire(struct world *w, int edge);
int world_count(const struct world *w, const char *kind);

#endif
