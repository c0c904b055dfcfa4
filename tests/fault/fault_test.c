/*
 * Every call to a device fails in every way, one by one, on the way forward and
 * on the way back: refused, not reached, done or not done with the answer lost,
 * hanging past the deadline and landing late, garbage.  An operator answers a
 * hold with 'go'.  Every promise must be kept and the run must come to an end:
 * done, rolled back, or refused before any change.  The matrix of calls and
 * ways, with how they ended, is printed.
 */
#include "tests/crash/rig.h"

struct cell {
	unsigned done, back, refused;
};

static struct cell matrix[WORLD_SLOTS][WORLD_FAULTS];

static void note(const struct rehearsal_result *r, enum world_fault fault)
{
	struct cell *c = &matrix[r->fault_slot][fault];

	c->done += r->exit_code == EXIT_DONE;
	c->back += r->exit_code == EXIT_ROLLED_BACK;
	c->refused += r->exit_code == EXIT_REFUSED;
}

static void check_one(const struct rehearsal_options *base, size_t call,
		      enum world_fault fault, size_t times)
{
	struct rehearsal_options o = *base;
	struct rehearsal_result r;

	o.fault_at = call;
	o.fault = fault;
	o.fault_for = times;
	rehearsal_run(&o, &r);
	if (!r.kept) {
		rig_explain(&o);
		fail_msg("call %zu (%s), %s: %s", call,
			 world_slot_name(r.fault_slot), world_fault_name(fault),
			 r.broken);
	}
	assert_true(r.exit_code == EXIT_DONE ||
		    r.exit_code == EXIT_ROLLED_BACK ||
		    r.exit_code == EXIT_REFUSED);
	note(&r, fault);
	rehearsal_result_done(&r);
}

static void show(const char *name, size_t runs)
{
	print_message("# %s: %zu runs; done/rolled back/refused of each\n",
		      name, runs);
	for (int f = 1; f < WORLD_FAULTS; f++) {
		print_message("#   %-22s", world_fault_name(f));
		for (int s = 0; s < WORLD_SLOTS; s++) {
			const struct cell *c = &matrix[s][f];

			if (c->done + c->back + c->refused)
				print_message("  %s %u/%u/%u",
					      world_slot_name(s), c->done,
					      c->back, c->refused);
		}
		print_message("\n");
	}
	memset(matrix, 0, sizeof(matrix));
}

static void check_all(const char *name, const struct rehearsal_options *base,
		      size_t first, size_t stride, size_t times)
{
	struct rehearsal_result calm;
	size_t calls, runs = 0;

	rehearsal_run(base, &calm);
	assert_true(calm.kept);
	calls = calm.calls;
	rehearsal_result_done(&calm);
	for (size_t c = first; c <= calls; c += stride)
		for (int f = 1; f < WORLD_FAULTS; f++, runs++)
			check_one(base, c, f, times);
	assert_true(runs > 100);
	show(name, runs);
}

static void test_forward(void **state)
{
	(void)state;
	check_all("forward", &rig.calm, 1, 1, 1);
}

static void test_forward_twice(void **state)
{
	(void)state;
	check_all("forward, the call and the next", &rig.calm, 1,
		  rig_soak() ? 1 : 5, 2);
}

static void test_back(void **state)
{
	struct rehearsal_options o = rig.calm;

	(void)state;
	o.then_back_to = rig.program->v[0].name;
	check_all("back", &o, rig.reference.calls + 1, 1, 1);
}

static void test_back_twice(void **state)
{
	struct rehearsal_options o = rig.calm;

	(void)state;
	o.then_back_to = rig.program->v[0].name;
	check_all("back, the call and the next", &o, rig.reference.calls + 1,
		  rig_soak() ? 1 : 5, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_forward_twice),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_back_twice),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
