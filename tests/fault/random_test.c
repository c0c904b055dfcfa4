/*
 * A sample of the random rehearsals, as 'cutover rehearse --faults' makes them:
 * cutover dies and is resumed, calls fail, guards breach, an operator
 * interferes.  Every promise is kept in each of them, and a seed replays
 * exactly.  SOAK takes many more seeds.
 */
#include "tests/crash/rig.h"

static void test_seeds(void **state)
{
	uint64_t n = rig_soak() ? 100000 : 400;
	size_t ends[8] = {0};

	(void)state;
	for (uint64_t s = 1; s <= n; s++) {
		struct rehearsal_options o = rig.calm;
		struct rehearsal_result r;

		o.seed = s;
		o.faults = true;
		rehearsal_run(&o, &r);
		if (!r.kept) {
			rig_explain(&o);
			fail_msg("seed %llu: %s", (unsigned long long)s,
				 r.broken);
		}
		ends[r.exit_code & 7]++;
		rehearsal_result_done(&r);
	}
	print_message("# %llu seeds: %zu done, %zu rolled back, %zu refused\n",
		      (unsigned long long)n, ends[EXIT_DONE],
		      ends[EXIT_ROLLED_BACK], ends[EXIT_REFUSED]);
	assert_true(ends[EXIT_DONE] && ends[EXIT_ROLLED_BACK]);
}

static void test_a_seed_replays_exactly(void **state)
{
	struct buf log[2] = {BUF_INIT, BUF_INIT};

	(void)state;
	for (uint64_t s = 1; s <= 20; s++) {
		for (int i = 0; i < 2; i++) {
			struct rehearsal_options o = rig.calm;
			struct rehearsal_result r;

			o.seed = s;
			o.faults = o.reboots = true;
			buf_clear(&log[i]);
			o.log = &log[i];
			rehearsal_run(&o, &r);
			rehearsal_result_done(&r);
		}
		assert_string_equal(buf_str(&log[0]), buf_str(&log[1]));
	}
	buf_done(&log[0]);
	buf_done(&log[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_a_seed_replays_exactly),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
