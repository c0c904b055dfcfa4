/*
 * lane_test.c - calls that come back late, and events between threads
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <stdatomic.h>

#include "adapters/libvirt/events.h"
#include "adapters/libvirt/lane.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/base/mem.h"

static atomic_int runs, freed, left;

struct sleeper {
	struct lane_call base;
	int64_t us;
};

static void sleeper_run(struct lane_call *c)
{
	clock_sleep_us(((struct sleeper *)c)->us);
	runs++;
}

static void sleeper_free(struct lane_call *c)
{
	freed++;
	free(c);
}

static void on_leave(void *arg)
{
	(void)arg;
	left++;
}

static enum lane_end run(struct lane *l, int64_t takes_us, int64_t wait_us,
			 struct lane_call **ret)
{
	struct sleeper *s = mem_alloc(sizeof(*s));

	s->base.run = sleeper_run;
	s->base.free = sleeper_free;
	s->us = takes_us;
	*ret = &s->base;
	return lane_run(l, &s->base, clock_mono_us() + wait_us);
}

static int reset(void **state)
{
	(void)state;
	runs = freed = left = 0;
	return 0;
}

static void test_in_time(void **state)
{
	struct lane *l = lane_new(on_leave, NULL);
	struct lane_call *c;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(run(l, 0, 5000000, &c), LANE_DONE);
		free(c);
	}
	lane_free(l, 5000000);
	assert_int_equal(runs, 100);
	assert_int_equal(freed, 0);
	assert_int_equal(left, 1);
	lane_free(NULL, 0);
}

static void test_late(void **state)
{
	struct lane *l = lane_new(on_leave, NULL);
	int64_t began = clock_mono_us();
	struct lane_call *c;

	(void)state;
	assert_int_equal(run(l, 400000, 30000, &c), LANE_LATE);
	assert_int_equal(run(l, 0, 1000000, &c), LANE_GONE);
	free(c); /* it is ours again, and did not run */
	lane_free(l, 10000);
	assert_true(clock_mono_us() - began < 350000);
	assert_int_equal(runs, 0);
	assert_int_equal(left, 0);
	for (int i = 0; i < 500 && !left; i++)
		clock_sleep_us(10000);
	assert_int_equal(runs, 1); /* the one that was late */
	assert_int_equal(freed, 1);
	assert_int_equal(left, 1);
}

static void assert_event(struct events *q, const char *want)
{
	bool ended;
	mem_auto_free char *s = events_take(q, clock_mono_us(), &ended);

	assert_non_null(s);
	assert_string_equal(s, want);
	assert_false(ended);
}

static void test_events(void **state)
{
	struct events *q = events_new();
	int64_t began = clock_mono_us();
	bool ended = true;

	(void)state;
	assert_null(events_take(q, began + 50000, &ended));
	assert_false(ended);
	assert_true(clock_mono_us() - began >= 50000);
	events_put(q, "%s %d", "one", 1);
	events_put(q, "two");
	events_end(q);
	assert_event(q, "one 1");
	assert_event(q, "two");
	assert_null(events_take(q, clock_mono_us() + 5000000, &ended));
	assert_true(ended);
	assert_true(clock_mono_us() - began < 4000000);
	events_unref(events_ref(q));
	events_unref(q);
}

static void test_events_are_bounded(void **state)
{
	struct events *q = events_new();

	(void)state;
	for (int i = 0; i < 1000; i++)
		events_put(q, "event %d", i);
	assert_event(q, "744 events were lost");
	assert_event(q, "event 744");
	events_unref(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_in_time, reset),
		cmocka_unit_test_setup(test_late, reset),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_events_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
