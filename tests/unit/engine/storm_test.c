/*
 * storm_test.c - the engine over the small world, when everything goes wrong
 *
 * Seeded: before any event the process may die, an operator may want anything,
 * a guard may breach, a device may become unreachable, let its timers run out
 * or be edited by hand.  Then the weather clears.  Whatever happened: it comes
 * to an end, what it ends with is what its end says, and no timer is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/engine/world.h"

#define SEEDS 1500
#define STORM_EVENTS 40
#define NIGHTS_MAX 60

struct storm {
	uint32_t seed;
	int left;    /* events that may still go wrong */
	bool inside; /* what goes wrong is an event, too */
};

static uint32_t any(struct storm *s, uint32_t n)
{
	s->seed = s->seed * 1103515245u + 12345u;
	return (s->seed >> 8) % n;
}

static void command(struct storm *s, struct world *w)
{
	static const enum operator_command all[] = {
		OPERATOR_GO,	   OPERATOR_HOLD, OPERATOR_ABORT,
		OPERATOR_ROLLBACK, OPERATOR_STOP, OPERATOR_ACCEPT,
		OPERATOR_TAKE_BACK};
	enum operator_command c = all[any(s, ARRAY_LEN(all))];
	const char *to = NULL;

	if (c == OPERATOR_ROLLBACK && any(s, 2))
		to = w->program->v[any(s, (uint32_t)w->program->n)].name;
	if (c == OPERATOR_TAKE_BACK)
		to = operator_command_name(all[any(s, 4)]);
	if (c == OPERATOR_ACCEPT && any(s, 2))
		to = "unproved";
	world_command(w, c, to);
}

static void verdict(struct storm *s, struct world *w)
{
	struct event ev = {
		.kind = EVENT_GUARD,
		.verdict = any(s, 3) ? GUARD_BREACH : GUARD_BLIND,
		.text = "guard",
		.hold_on_breach = any(s, 4) == 0,
		.goal = any(s, 2)
				? w->program->v[any(s, (uint32_t)w->program->n)]
					  .name
				: NULL,
	};

	world_feed(w, &ev);
}

/* Not between the look at a switch and its change, which would then be one that
 * changes nothing; the small world counts those as made twice. */
static void fire(struct storm *s, struct world *w)
{
	enum engine_phase p = engine_phase(w->engine);

	if (p != PHASE_PREPARE && p != PHASE_INTENT && p != PHASE_APPLY)
		world_fire(w, (int)any(s, 2));
}

/* False: the process dies here. */
static bool weather(struct world *w, const struct event *ev, void *arg)
{
	struct storm *s = arg;

	(void)ev;
	if (s->inside || s->left <= 0)
		return true;
	s->left--;
	s->inside = true;
	switch (any(s, 24)) {
	case 0:
		s->inside = false;
		return false;
	case 1:
		command(s, w);
		break;
	case 2:
		verdict(s, w);
		break;
	case 3:
		w->unreachable[any(s, 2)] ^= true;
		break;
	case 4:
		fire(s, w);
		break;
	case 5:
		w->harmless = any(s, 2);
		w->foreign = any(s, 2) ? "router bgp 1\n" : "router bgp 2\n";
		break;
	case 6:
		w->refuse = any(s, 2) ? world_switch[any(s, SWITCHES)] : NULL;
		break;
	case 7:
		w->pending_polls = (int)any(s, 3);
		break;
	case 8:
		world_feed(w, &(struct event){.kind = EVENT_TICK});
		break;
	}
	s->inside = false;
	return !w->dead;
}

static void clear(struct world *w)
{
	w->unreachable[0] = w->unreachable[1] = false;
	w->refuse = NULL;
	w->pending_polls = 0;
	w->harmless = true;
	w->policy.end_on_hold = false;
}

/* What the switches are at the end of a block. */
static bool stands_at(const struct world *w, int block)
{
	static const int waves[] = {0, 0, 1, 2}; /* of world_program_waves() */
	bool is_waves = w->program->n == 4;

	for (int i = 0; i < SWITCHES; i++) {
		bool up = is_waves ? i % 2 < waves[block] : i < block;

		if (w->program->n == 2) /* saves: two on edge1 at once */
			up = block == 1 && i < 2;
		if (w->up[i] != up)
			return false;
	}
	return true;
}

static void ended_well(const struct world *w, uint32_t seed)
{
	bool somewhere = false;

	for (size_t b = 0; b < w->program->n; b++)
		somewhere |= stands_at(w, (int)b);
	if (w->exit_code == EXIT_DONE && !stands_at(w, (int)w->program->n - 1))
		fail_msg("seed %u: done, and not all is up", seed);
	if (!somewhere)
		fail_msg("seed %u: exit %d between two checkpoints", seed,
			 w->exit_code);
	if (w->n_armed[0] || w->n_armed[1])
		fail_msg("seed %u: a timer was left armed", seed);
}

static int one_storm(struct program *p, uint32_t seed)
{
	struct world *w = world_new(p);
	struct storm s = {.seed = seed * 2654435761u, .left = STORM_EVENTS};
	int nights = 0, code;

	w->on_feed = weather;
	w->on_feed_arg = &s;
	w->policy.rollback_to_start = any(&s, 2);
	w->policy.rollback_automatic = any(&s, 4);
	w->policy.abort_rolls_back = any(&s, 2);
	w->policy.end_on_hold = any(&s, 2);
	do {
		if (nights > 3)
			s.left = 0;
		if (s.left <= 0)
			clear(w);
		world_boot(w);
		for (int i = 0; i < 20 && !w->dead && !w->ended; i++) {
			if (s.left <= 0)
				clear(w);
			world_command(w, i % 2 ? OPERATOR_ACCEPT : OPERATOR_GO,
				      i % 2 ? "unproved" : NULL);
		}
		if (++nights > NIGHTS_MAX)
			fail_msg("seed %u: it comes to no end", seed);
	} while (!w->ended || w->exit_code == EXIT_HOLDING);
	ended_well(w, seed);
	code = w->exit_code;
	world_free(w);
	return code;
}

static void storms(struct program *(*make)(void))
{
	int codes[EXIT_INTERNAL + 1] = {0};

	for (uint32_t seed = 1; seed <= SEEDS; seed++)
		codes[one_storm(make(), seed)]++;
	print_message("# done %d, rolled back %d, refused %d\n",
		      codes[EXIT_DONE], codes[EXIT_ROLLED_BACK],
		      codes[EXIT_REFUSED]);
	assert_true(codes[EXIT_DONE] && codes[EXIT_ROLLED_BACK]);
	assert_int_equal(codes[EXIT_INTERNAL], 0);
}

static void test_one_after_the_other(void **state)
{
	(void)state;
	storms(world_program);
}

/* As a plan's: what is put right after a retreat ends with confirms. */
static struct program *confirmed(void)
{
	struct program *p = world_program_waves();

	for (size_t i = 0; i < p->n; i++) {
		struct block *b = &p->v[i];

		if (!b->restore.n)
			continue;
		step_vec_add(&b->restore, b->name, "confirm-edge1",
			     STEP_CONFIRM, "edge1", "confirm");
		step_vec_add(&b->restore, b->name, "confirm-edge2",
			     STEP_CONFIRM, "edge2", "confirm");
	}
	return p;
}

static void test_waves(void **state)
{
	(void)state;
	storms(confirmed);
}

static void test_saves(void **state)
{
	(void)state;
	storms(world_program_saves);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_waves),
		cmocka_unit_test(test_saves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
