/*
 * The board over the rows of whole runs: what it says of each step is what the
 * rows say, forward, back, and after a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/board.h"
#include "tests/unit/engine/world.h"

static void fold_rows(struct board *b, const struct world *w)
{
	board_init(b, w->program);
	for (size_t i = 0; i < w->n; i++)
		board_row(b, (int64_t)i + 1, (int64_t)(i + 1) * 1000,
			  w->rows[i].kind, w->rows[i].step, w->rows[i].body);
}

static void test_forward(void **state)
{
	struct world *w = world_new(world_program());
	struct board b;

	(void)state;
	world_boot(w);
	fold_rows(&b, w);
	assert_string_equal(b.result, "finished");
	assert_int_equal(b.begin_us, 1000);
	assert_int_equal(b.seq, w->n);
	for (size_t i = 0; i < b.n; i++) {
		assert_true(b.v[i].checkpoint_us > 0);
		for (size_t k = 0; k < b.v[i].way[BOARD_FORWARD].n; k++) {
			struct board_step *s = &b.v[i].way[BOARD_FORWARD].v[k];

			assert_int_equal(s->state, BOARD_DONE);
			assert_true(s->start_us && s->start_us < s->end_us);
		}
	}
	board_done(&b);
	world_free(w);
}

static void test_back(void **state)
{
	struct world *w = world_new(world_program_waves());
	struct board b;
	json_t *j;

	(void)state;
	w->breach_at = "wave-b/soak";
	world_boot(w);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	fold_rows(&b, w);
	assert_string_equal(b.result, "rolled-back");
	assert_false(b.back);
	assert_non_null(b.goal);
	j = board_json(&b);
	for (size_t i = 0; i < b.n; i++) {
		bool behind = (int)i > program_find_block(w->program, b.goal);

		assert_int_equal(b.v[i].checkpoint_us > 0, !behind);
		if (behind)
			assert_int_equal(b.v[i].way[BOARD_FORWARD].v[0].state,
					 BOARD_TODO);
	}
	assert_string_equal(json_peek_str(j, "result", ""), "rolled-back");
	assert_int_equal(json_array_size(json_peek(j, "blocks")), b.n);
	json_decref(j);
	board_done(&b);
	world_free(w);
}

static void test_failure_and_its_reason(void **state)
{
	struct world *w = world_new(world_program());
	struct board b;
	bool found = false;

	(void)state;
	w->refuse = "two";
	world_boot(w);
	fold_rows(&b, w);
	for (size_t i = 0; i < w->n; i++)
		found |= strcmp(w->rows[i].kind, "failed") == 0;
	assert_true(found);
	board_done(&b);
	/* as it stood when the step failed */
	board_init(&b, w->program);
	found = false;
	for (size_t i = 0; i < w->n && !found; i++) {
		board_row(&b, (int64_t)i + 1, 1000, w->rows[i].kind,
			  w->rows[i].step, w->rows[i].body);
		found = strcmp(w->rows[i].kind, "failed") == 0;
	}
	found = false;
	for (size_t i = 0; i < b.n; i++)
		for (size_t k = 0; k < b.v[i].way[BOARD_FORWARD].n; k++)
			if (b.v[i].way[BOARD_FORWARD].v[k].state ==
			    BOARD_FAILED)
				found = b.v[i].way[BOARD_FORWARD].v[k].why !=
					NULL;
	assert_true(found);
	board_done(&b);
	world_free(w);
}

static void test_states_have_names(void **state)
{
	enum board_state s;

	(void)state;
	for (int i = BOARD_TODO; i <= BOARD_FAILED; i++) {
		assert_true(board_state_parse(
			board_state_name((enum board_state)i), &s));
		assert_int_equal(s, i);
	}
	assert_false(board_state_parse("nothing", &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_failure_and_its_reason),
		cmocka_unit_test(test_states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
