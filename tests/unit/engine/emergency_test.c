/*
 * Dead-man timers and the way straight back: held until the decision, renewed,
 * fired while nobody looks, and a breach from every place.
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

static bool all(const struct world *w, bool a1, bool a2, bool b1, bool b2)
{
	return w->up[0] == a1 && w->up[1] == b1 && w->up[2] == a2 &&
	       w->up[3] == b2;
}

static struct world *waves(void)
{
	return world_new(world_program_waves());
}

static void test_armed_until_the_decision(void **state)
{
	struct world *w = waves();
	size_t armed = 0, decided = 0;

	(void)state;
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_true(all(w, true, true, true, true));
	assert_int_equal(w->n_armed[0] + w->n_armed[1], 0);
	assert_int_equal(w->confirmed, 4);
	assert_true(w->renewed >= 4); /* two soaks over two edges */
	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(w->rows[i].kind, "done") || !w->rows[i].step)
			continue;
		if (strcmp(w->rows[i].step, "wave-a/decide") == 0)
			decided = i;
		if (strcmp(w->rows[i].step, "wave-a/confirm-edge1") == 0)
			armed = i;
	}
	assert_true(decided && decided < armed);
	world_free(w);
}

static void test_breach_in_the_soak(void **state)
{
	struct world *w = waves();

	(void)state;
	w->breach_at = "wave-b/soak";
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(all(w, true, true, false, false));
	assert_int_equal(w->retreats, 2);
	assert_int_equal(w->n_armed[0] + w->n_armed[1], 0);
	world_free(w);
}

/* The probe of a group that moved in an earlier wave: that goes back too. */
static void test_breach_of_what_moved_before(void **state)
{
	struct world *w = waves();

	(void)state;
	w->breach_at = "wave-b/soak";
	w->breach_goal = "attach";
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(all(w, false, false, false, false));
	world_free(w);
}

static void test_breach_between_waves(void **state)
{
	struct world *w = waves();

	(void)state;
	w->breach_at = "wave-a/hold";
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(all(w, false, false, false, false));
	world_free(w);
}

static void test_breach_while_a_change_is_under_way(void **state)
{
	struct world *w = waves();

	(void)state;
	w->breach_in_apply = true;
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(all(w, false, false, false, false));
	assert_int_equal(world_count(w, "outcome"), 1); /* it is not lost */
	assert_int_equal(world_count(w, "intent"), 1);
	world_free(w);
}

/* Both groups are lost: the later, nearer goal does not undo the further one.
 */
static void test_two_breaches(void **state)
{
	struct world *w = waves();

	(void)state;
	w->breach_at = "wave-b/soak";
	w->breach_goal = "attach";
	w->breach_again = true;
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(all(w, false, false, false, false));
	assert_int_equal(world_count(w, "emergency"), 1);
	world_free(w);
}

static void test_killed_at_every_row_of_an_emergency(void **state)
{
	struct world *w = waves();
	size_t rows;

	(void)state;
	w->breach_at = "wave-b/soak";
	w->breach_goal = "attach";
	world_boot(w);
	rows = w->n;
	world_free(w);
	for (size_t k = 1; k < rows; k++) {
		w = waves();
		w->breach_at = "wave-b/soak";
		w->breach_goal = "attach";
		w->kill_at_row = k;
		world_boot(w);
		if (!w->dead)
			fail_msg("row %zu was not reached", k);
		world_boot(w);
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
		if (!all(w, false, false, false, false))
			fail_msg("killed at row %zu", k);
		world_free(w);
	}
}

/* Dead for longer than the timers: everything was taken back. */
static void test_fired_while_dead(void **state)
{
	struct world *w = waves();
	size_t rows;

	(void)state;
	world_boot(w);
	rows = w->n;
	world_free(w);
	for (size_t k = 1; k < rows; k++) {
		for (int which = 1; which <= 3; which++) {
			w = waves();
			w->kill_at_row = k;
			world_boot(w);
			if (which & 1)
				world_fire(w, 0);
			if (which & 2)
				world_fire(w, 1);
			world_boot(w);
			if (!w->ended)
				fail_msg("row %zu, fired %d: not ended", k,
					 which);
			if (w->exit_code == EXIT_DONE)
				assert_true(all(w, true, true, true, true));
			else
				assert_int_equal(w->exit_code,
						 EXIT_ROLLED_BACK);
			assert_int_equal(w->n_armed[0] + w->n_armed[1], 0);
			world_free(w);
		}
	}
}

static void test_a_timer_fires_while_we_live(void **state)
{
	struct world *w = waves();
	struct event tick = {.kind = EVENT_TICK};

	(void)state;
	w->policy.rollback_automatic = false;
	w->breach_at = "wave-b/soak"; /* holds, since nothing is automatic */
	world_boot(w);
	assert_false(w->ended);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	assert_true(w->n_armed[0] && w->n_armed[1]);
	world_fire(w, 1);
	world_feed(w, &tick);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(all(w, true, true, false, false));
	world_free(w);
}

static void test_blind_while_armed(void **state)
{
	struct world *w = waves();
	struct event tick = {.kind = EVENT_TICK};

	(void)state;
	w->policy.rollback_automatic = false;
	w->breach_at = "wave-b/soak";
	world_boot(w);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	w->unreachable[0] = true;
	world_feed(w, &tick);
	world_feed(w, &tick);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	w->unreachable[0] = false; /* seen again in time: nothing happens */
	world_feed(w, &tick);
	world_feed(w, &tick);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	assert_true(all(w, true, true, true, true));
	world_free(w);
}

static void test_breach_before_any_change(void **state)
{
	struct world *w = waves();

	(void)state;
	w->breach_at = "start/baseline";
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_REFUSED);
	assert_int_equal(w->applied, 0);
	world_free(w);
}

/* An edit by hand stops the run at the next checkpoint; 'go' does not pass it,
 * 'accept' does, and the way back to a checkpoint before it still ends. */
static void test_drift(void **state)
{
	struct world *w = waves();
	json_auto *st = NULL;

	(void)state;
	w->drift_at = "wave-a/soak";
	world_boot(w);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	st = engine_status(w->engine);
	assert_non_null(
		strstr(json_peek_str(st, "hold_why", ""), "+  neighbor x"));
	world_command(w, OPERATOR_GO, NULL);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	world_command(w, OPERATOR_ACCEPT, NULL);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_int_equal(world_count(w, "accept"), 1);
	world_free(w);
}

/* What is not proved harmless is taken over at the operator's word alone. */
static void test_drift_that_is_not_proved(void **state)
{
	struct world *w = waves();
	json_auto *st = NULL;

	(void)state;
	w->harmless = false;
	w->drift_at = "wave-a/soak";
	world_boot(w);
	world_command(w, OPERATOR_ACCEPT, NULL);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	assert_int_equal(world_count(w, "accept"), 0);
	st = engine_status(w->engine);
	assert_non_null(strstr(json_peek_str(st, "hold_why", ""), "who knows"));
	assert_non_null(
		strstr(json_peek_str(st, "hold_why", ""), "--unproved"));
	world_command(w, OPERATOR_ACCEPT, "unproved");
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_int_equal(world_count(w, "accept"), 1);
	world_free(w);
}

static void test_drift_on_the_way_back(void **state)
{
	struct world *w = waves();

	(void)state;
	w->breach_at = w->drift_at = "wave-b/soak";
	world_boot(w);
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	world_command(w, OPERATOR_GO, NULL); /* looks again */
	assert_int_equal(engine_phase(w->engine), PHASE_HOLD);
	world_command(w, OPERATOR_ACCEPT, NULL);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(all(w, true, true, false, false));
	world_free(w);
}

static void test_long_operation(void **state)
{
	struct world *w = waves();

	(void)state;
	w->pending_polls = 3;
	world_boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_int_equal(world_count(w, "pending"), 1);
	world_free(w);
}

static void test_long_operation_over_a_crash(void **state)
{
	struct world *w = waves();
	size_t at = 0;

	(void)state;
	w->pending_polls = 3;
	world_boot(w);
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->rows[i].kind, "pending") == 0)
			at = i + 1;
	assert_true(at);
	world_free(w);
	w = waves();
	w->pending_polls = 3;
	w->kill_at_row = at;
	world_boot(w);
	assert_true(w->dead);
	assert_int_equal(w->pending_polls, 3);
	world_boot(w); /* it goes on asking, and does not ask again for it */
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_int_equal(w->pending_polls, 0);
	assert_int_equal(world_count(w, "pending"), 1); /* asked to its end */
	assert_int_equal(w->applied, 4);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_armed_until_the_decision),
		cmocka_unit_test(test_breach_in_the_soak),
		cmocka_unit_test(test_breach_of_what_moved_before),
		cmocka_unit_test(test_breach_between_waves),
		cmocka_unit_test(test_breach_while_a_change_is_under_way),
		cmocka_unit_test(test_two_breaches),
		cmocka_unit_test(test_killed_at_every_row_of_an_emergency),
		cmocka_unit_test(test_fired_while_dead),
		cmocka_unit_test(test_a_timer_fires_while_we_live),
		cmocka_unit_test(test_blind_while_armed),
		cmocka_unit_test(test_breach_before_any_change),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_drift_that_is_not_proved),
		cmocka_unit_test(test_drift_on_the_way_back),
		cmocka_unit_test(test_long_operation),
		cmocka_unit_test(test_long_operation_over_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
