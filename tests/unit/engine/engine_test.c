/*
 * The engine over a small world: forward, back, and killed at every journal
 * row and at every device call, after which nothing is applied twice and no
 * outcome stays unknown.
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

/* ---- tests ---- */

static void test_forward(void **state)
{
	struct world *w = world_new(world_program());

	(void)state;
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_true(w->up[0] && w->up[1]);
	assert_int_equal(w->applied, 2);
	world_free(w);
}

static void test_intent_is_committed_before_the_call(void **state)
{
	struct world *w = world_new(world_program());
	int intents = 0, outcomes = 0;

	(void)state;
	world_boot(w);
	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(w->rows[i].kind, "intent") == 0) {
			intents++;
			assert_string_equal(w->rows[i + 1].kind, "outcome");
		}
		outcomes += strcmp(w->rows[i].kind, "outcome") == 0;
	}
	assert_int_equal(intents, 2);
	assert_int_equal(outcomes, 2);
	world_free(w);
}

static void test_killed_at_every_row(void **state)
{
	size_t rows;
	struct world *w = world_new(world_program());

	(void)state;
	world_boot(w);
	rows = w->n;
	world_free(w);
	assert_true(rows > 10);
	for (size_t k = 1; k <= rows; k++) {
		w = world_new(world_program());
		w->kill_at_row = k;
		world_boot(w);
		assert_true(w->dead);
		world_boot(w);
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_DONE);
		assert_true(w->up[0] && w->up[1]);
		assert_int_equal(w->applied, 2);
		world_free(w);
	}
}

static void test_killed_at_every_call(void **state)
{
	(void)state;
	for (int k = 1; k <= 2; k++) {
		struct world *w = world_new(world_program());

		w->kill_at_apply = k;
		world_boot(w);
		assert_true(w->dead);
		world_boot(w);
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_DONE);
		assert_int_equal(w->applied, 2);
		world_free(w);
	}
}

static void test_rollback_after_the_end(void **state)
{
	struct world *w = world_new(world_program());

	(void)state;
	world_boot(w);
	assert_true(w->ended);
	world_boot_back(w, "start");
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_false(w->up[0] || w->up[1]);
	/* what lies ahead now is nothing to roll back to */
	assert_true(engine_can_go_back(w->engine, "start"));
	assert_false(engine_can_go_back(w->engine, "one"));
	assert_false(engine_can_go_back(w->engine, "two"));
	world_free(w);
}

static int looks_at_what_never_shows(uint32_t look_ms)
{
	struct world *w = world_new(world_program());
	int looks;

	w->never = true;
	w->look_ms = look_ms;
	w->policy.rollback_automatic = false;
	world_boot(w);
	looks = w->looks;
	world_free(w);
	return looks;
}

/* A second is a second, however long each look takes. */
static void test_a_wait_ends_in_its_time(void **state)
{
	int quick = looks_at_what_never_shows(0);
	int slow = looks_at_what_never_shows(100);

	(void)state;
	assert_true(quick > 8);
	assert_true(slow < quick);
	assert_true(slow >= 5); /* but it is looked some times */
	assert_true(looks_at_what_never_shows(90000) >= 5);
}

static void test_refused_step_rolls_back_what_was_done(void **state)
{
	struct world *w = world_new(world_program());

	(void)state;
	w->refuse = "two";
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(w->up[0]); /* the last checkpoint is 'one' */
	assert_false(w->up[1]);
	world_free(w);
}

static void test_killed_at_every_row_of_a_rollback(void **state)
{
	struct world *w = world_new(world_program());
	size_t rows;

	(void)state;
	w->policy.rollback_to_start = true;
	w->refuse = "two";
	world_boot(w);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	rows = w->n;
	world_free(w);
	for (size_t k = 1; k <= rows; k++) {
		w = world_new(world_program());
		w->policy.rollback_to_start = true;
		w->refuse = "two";
		w->kill_at_row = k;
		world_boot(w);
		if (!w->dead)
			fail_msg("row %zu was not reached", k);
		if (k == rows) { /* the end itself was committed */
			world_free(w);
			continue;
		}
		world_boot(w);
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
		assert_false(w->up[0] || w->up[1]);
		world_free(w);
	}
}

static void postpone(struct world *w, const char *block, bool off)
{
	json_auto *j = json_pack("{s:s,s:b}", "block", block, "off", off);
	mem_auto_free char *body = json_text_canonical(j);
	err_auto e = ERR_INIT;

	assert_true(engine_replay(w->engine, "postpone", NULL, body, &e));
}

static void feed_command(struct world *w, enum operator_command c,
			 const char *text)
{
	struct event ev = {.kind = EVENT_OPERATOR, .command = c, .text = text};

	world_feed(w, &ev);
}

static void test_postponed_block_waits_for_its_own_go(void **state)
{
	struct world *w = world_new(world_program());
	const char *second = w->program->v[2].name;

	(void)state;
	w->engine = engine_new(w->program, &w->policy);
	assert_true(engine_is_ahead(w->engine, second));
	assert_false(engine_is_ahead(w->engine, "no such"));
	postpone(w, second, false);
	world_feed(w, &(struct event){.kind = EVENT_BEGIN});
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	assert_true(w->up[0] && !w->up[1]);
	assert_false(engine_holds_as_planned(w->engine));
	feed_command(w, OPERATOR_GO, NULL);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	world_free(w);
}

static void test_postponed_and_let_through_before(void **state)
{
	struct world *w = world_new(world_program());

	(void)state;
	w->engine = engine_new(w->program, &w->policy);
	postpone(w, w->program->v[2].name, false);
	postpone(w, w->program->v[2].name, true);
	world_feed(w, &(struct event){.kind = EVENT_BEGIN});
	assert_true(w->ended);
	world_free(w);
}

static void test_what_was_taken_back_has_no_effect(void **state)
{
	static const enum operator_command asked[] = {
		OPERATOR_HOLD, OPERATOR_ROLLBACK, OPERATOR_ABORT,
		OPERATOR_STOP};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct world *w = world_new(world_program());

		w->engine = engine_new(w->program, &w->policy);
		feed_command(w, asked[i], NULL);
		feed_command(w, OPERATOR_TAKE_BACK,
			     operator_command_name(asked[i]));
		world_feed(w, &(struct event){.kind = EVENT_BEGIN});
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_DONE);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_intent_is_committed_before_the_call),
		cmocka_unit_test(test_killed_at_every_row),
		cmocka_unit_test(test_killed_at_every_call),
		cmocka_unit_test(test_rollback_after_the_end),
		cmocka_unit_test(test_a_wait_ends_in_its_time),
		cmocka_unit_test(test_refused_step_rolls_back_what_was_done),
		cmocka_unit_test(test_killed_at_every_row_of_a_rollback),
		cmocka_unit_test(test_postponed_block_waits_for_its_own_go),
		cmocka_unit_test(test_postponed_and_let_through_before),
		cmocka_unit_test(test_what_was_taken_back_has_no_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
