/*
 * Each edge reboots before every call, one by one, on the way forward and on
 * the way back: whatever it had not saved is gone, and nobody says so.  Every
 * promise must be kept and the run must come to an end: done or rolled back,
 * each device exactly as its checkpoint says; never at a hold that nobody can
 * leave.
 */
#include "tests/crash/rig.h"

struct ends {
	size_t runs, done, back, refused;
};

static void check_one(const struct rehearsal_options *base, size_t call,
		      size_t target, struct ends *ends)
{
	struct rehearsal_options o = *base;
	struct rehearsal_result r;

	o.reboot_at = call;
	o.reboot_target = target;
	rehearsal_run(&o, &r);
	if (!r.kept) {
		rig_explain(&o);
		fail_msg("target %zu reboots before call %zu: %s", target, call,
			 r.broken);
	}
	ends->runs += r.rebooted;
	ends->done += r.rebooted && r.exit_code == EXIT_DONE;
	ends->back += r.rebooted && r.exit_code == EXIT_ROLLED_BACK;
	ends->refused += r.rebooted && r.exit_code == EXIT_REFUSED;
	rehearsal_result_done(&r);
}

static void check_all(const char *name, const struct rehearsal_options *base,
		      size_t first, struct ends *ret)
{
	struct rehearsal_result calm;
	size_t calls;

	*ret = (struct ends){0};
	rehearsal_run(base, &calm);
	assert_true(calm.kept);
	calls = calm.calls;
	rehearsal_result_done(&calm);
	for (size_t c = first; c <= calls; c++)
		for (size_t i = 0; i < rig.plan->n_edges; i++)
			check_one(base, c, i, ret);
	print_message("# %s: %zu reboots; done %zu, rolled back %zu, refused "
		      "%zu\n",
		      name, ret->runs, ret->done, ret->back, ret->refused);
	assert_true(ret->runs > 100);
	assert_int_equal(ret->runs, ret->done + ret->back + ret->refused);
}

static void test_forward(void **state)
{
	struct ends ends;

	(void)state;
	check_all("forward", &rig.calm, 1, &ends);
	assert_true(ends.done > 50); /* the block was gone through anew */
}

static void test_back(void **state)
{
	struct rehearsal_options o = rig.calm;
	struct ends ends;

	(void)state;
	o.then_back_to = rig.program->v[0].name;
	check_all("back", &o, rig.reference.calls + 1, &ends);
	assert_int_equal(ends.back, ends.runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_back),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
