/*
 * A device that loses what a block has made of it, and routes that go where
 * nobody foretold: the block is gone through anew, and the run holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/engine/world.h"

static void test_saved_once_it_is_whole(void **state)
{
	struct world *w = world_new(world_program_saves());

	(void)state;
	world_boot(w);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_true(w->saved[0] && w->saved[1]);
	assert_int_equal(world_count(w, "rewound"), 0);
	world_free(w);
}

/* Between two changes, and between the last one and the saving. */
static void test_reboot_before_it_is_saved(void **state)
{
	static const char *const at[] = {"one/up-a", "one/up-b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		struct world *w = world_new(world_program_saves());

		w->reboot_at = at[i];
		w->reboots = 1;
		world_boot(w);
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_DONE);
		assert_true(w->up[0] && w->up[1]);
		assert_true(w->saved[0] && w->saved[1]);
		assert_int_equal(world_count(w, "rewound"), 1);
		world_free(w);
	}
}

/* The saving itself was for nothing: it is looked at once more. */
static bool reboot_after_saving(struct world *w, const struct event *ev,
				void *arg)
{
	bool *done = arg;

	if (ev->kind == EVENT_CONFIRMED && !*done) {
		*done = true;
		memset(w->up, 0, sizeof(w->up));
		memset(w->saved, 0, sizeof(w->saved));
	}
	return true;
}

static void test_reboot_while_it_is_saved(void **state)
{
	struct world *w = world_new(world_program_saves());
	bool done = false;

	(void)state;
	w->on_feed = reboot_after_saving;
	w->on_feed_arg = &done;
	world_boot(w);
	assert_true(done);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_true(w->saved[0] && w->saved[1]);
	assert_int_equal(world_count(w, "rewound"), 1);
	world_free(w);
}

static void test_reboot_again_and_again(void **state)
{
	struct world *w = world_new(world_program_saves());

	(void)state;
	w->reboot_at = "one/up-b";
	w->reboots = 100;
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_int_equal(world_count(w, "rewound"), 3);
	assert_false(w->up[0] || w->up[1]);
	world_free(w);
}

static void test_reboot_on_the_way_back(void **state)
{
	struct world *w = world_new(world_program_saves());

	(void)state;
	world_boot(w);
	assert_int_equal(w->exit_code, EXIT_DONE);
	w->reboot_at = "one/down-a";
	w->reboots = 1;
	world_boot_back(w, "start");
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_false(w->up[0] || w->up[1] || w->saved[0] || w->saved[1]);
	assert_int_equal(world_count(w, "rewound"), 1);
	world_free(w);
}

static void test_killed_at_every_row_of_it(void **state)
{
	struct world *w = world_new(world_program_saves());
	size_t rows;

	(void)state;
	w->reboot_at = "one/up-b";
	w->reboots = 1;
	world_boot(w);
	rows = w->n;
	world_free(w);
	for (size_t k = 1; k <= rows; k++) {
		w = world_new(world_program_saves());
		w->reboot_at = "one/up-b";
		w->reboots = 1;
		w->kill_at_row = k;
		world_boot(w);
		assert_true(w->dead);
		world_boot(w);
		assert_int_equal(w->exit_code, EXIT_DONE);
		assert_true(w->up[0] && w->up[1]);
		world_free(w);
	}
}

/* ---- routes ---- */

static struct world *told(const char *foretold, const char *seen)
{
	struct world *w = world_new(world_program_saves());
	struct foretold *f =
		foretold_add(&w->foretold, &w->program->v[1].steps.v[1],
			     "edge1", "10.100.0.0/16");

	f->via = mem_strdup("er/primary/private");
	f->from = mem_strdup(foretold);
	w->route_from = seen;
	return w;
}

static void test_routes_as_foretold(void **state)
{
	struct world *w = told("172.16.0.2", "172.16.0.2");

	(void)state;
	world_boot(w);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_int_equal(world_count(w, "hold"), 0);
	world_free(w);
}

static void test_routes_otherwise(void **state)
{
	struct world *w = told("172.16.0.2", "10.100.255.4");
	json_auto *st = NULL;
	const char *why;

	(void)state;
	world_boot(w);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	st = engine_status(w->engine);
	why = json_peek_str(st, "hold_why", "");
	assert_non_null(strstr(why, "172.16.0.2"));
	assert_non_null(strstr(why, "10.100.255.4"));
	assert_int_equal(w->applied, 2);
	world_command(w, OPERATOR_GO, NULL);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_int_equal(world_count(w, "hold"), 1);
	assert_int_equal(w->applied, 2);
	world_free(w);
}

static void test_routes_otherwise_at_a_checkpoint(void **state)
{
	struct world *w = told("172.16.0.2", "172.16.0.2");
	struct foretold *f =
		foretold_add(&w->foretold, &w->program->v[1].steps.v[3],
			     "edge1", "10.100.0.0/16");

	(void)state;
	f->via = mem_strdup("vpn1");
	f->from = mem_strdup("10.100.255.4");
	world_boot(w);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	assert_int_equal(world_count(w, "checkpoint"), 1);
	world_command(w, OPERATOR_GO, NULL);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_int_equal(world_count(w, "checkpoint"), 2);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_saved_once_it_is_whole),
		cmocka_unit_test(test_reboot_before_it_is_saved),
		cmocka_unit_test(test_reboot_while_it_is_saved),
		cmocka_unit_test(test_reboot_again_and_again),
		cmocka_unit_test(test_reboot_on_the_way_back),
		cmocka_unit_test(test_killed_at_every_row_of_it),
		cmocka_unit_test(test_routes_as_foretold),
		cmocka_unit_test(test_routes_otherwise),
		cmocka_unit_test(test_routes_otherwise_at_a_checkpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
