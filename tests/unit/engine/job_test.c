/* The way straight back on one device: when it counts as made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrator/engine/job.h"

static enum outcome confirmed; /* what the device says to a confirm */
static int confirms;

static bool open_well(struct adapter_ctx *c, struct err *e)
{
	(void)c;
	(void)e;
	return true;
}

static void close_well(struct adapter_ctx *c)
{
	(void)c;
}

/* All is as it is wanted: only the timer is left to be disarmed. */
static bool as_wanted(struct adapter_ctx *c, const struct resource_set *want,
		      struct resource_set *ret, struct err *e)
{
	(void)c;
	(void)e;
	resource_set_copy(ret, want);
	return true;
}

static enum outcome confirm(struct adapter_ctx *c, const char *key,
			    struct err *e)
{
	(void)c;
	(void)e;
	assert_null(key);
	confirms++;
	return confirmed;
}

static enum outcome retreat(enum outcome says, bool armed)
{
	static const struct target target = {.name = "edge1"};
	static const struct adapter_ops ops = {
		.name = "none",
		.caps = ADAPTER_CAP_TIMER,
		.state_size = 1,
		.open = open_well,
		.close = close_well,
		.observe = as_wanted,
		.confirm = confirm,
	};
	struct job_lane *l = job_lane_new(&target, &ops, 1000);
	struct job job = {.kind = JOB_RETREAT, .back = armed};
	struct job_result r;
	enum outcome o;

	confirmed = says;
	confirms = 0;
	resource_set_add(&job.want, RESOURCE_INTERFACE, "ckt0");
	job_lane_run(l, &job, &r);
	o = r.outcome;
	job_result_done(&r);
	job_done(&job);
	job_lane_free(l);
	return o;
}

/* A timer that may still run out would undo what was bound. */
static void test_not_disarmed(void **state)
{
	(void)state;
	assert_int_equal(retreat(OUTCOME_UNKNOWN, true), OUTCOME_UNKNOWN);
	assert_int_equal(retreat(OUTCOME_REFUSED, true), OUTCOME_REFUSED);
	assert_int_equal(retreat(OUTCOME_APPLIED, true), OUTCOME_UNCHANGED);
	assert_int_equal(retreat(OUTCOME_UNCHANGED, true), OUTCOME_UNCHANGED);
}

/* A change that was under way may have armed it since. */
static void test_disarmed_unasked(void **state)
{
	(void)state;
	assert_int_equal(retreat(OUTCOME_APPLIED, false), OUTCOME_UNCHANGED);
	assert_int_equal(confirms, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_disarmed),
		cmocka_unit_test(test_disarmed_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
