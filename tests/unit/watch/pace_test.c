/* Our own pauses are not the path's; lines come when something is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orchestrator/watch/pace.h"
#include "orchestrator/watch/sample.h"

#define MS 1000

static void test_time_stands_still_while_we_do(void **state)
{
	struct pace p;
	int64_t mono = 5000 * MS, was, now = 0;

	(void)state;
	pace_start(&p, mono);
	was = pace_turn(&p, mono);
	for (int i = 0; i < 50; i++)
		now = pace_turn(&p, mono += 20 * MS);
	assert_int_equal(now - was, 1000 * MS);
	assert_int_equal(p.stall_us, 0);
	was = now;
	now = pace_turn(&p, mono += 3000 * MS);
	assert_int_equal(now - was, PACE_TURN_US);
	assert_int_equal(p.stall_us, 2980 * MS);
	now = pace_turn(&p, mono - 100 * MS); /* never backwards */
	assert_int_equal(now - was, PACE_TURN_US);
}

static int lines(struct sample_clock *c, int64_t from, int64_t to,
		 const struct sample *s)
{
	int n = 0;

	for (int64_t t = from; t < to; t += 5 * MS)
		n += sample_clock_look(c, t) && sample_clock_due(c, t, s);
	return n;
}

static void test_cadence(void **state)
{
	struct sample_clock c;
	struct sample good = {0}, silent = {.silent = 1}, lost = {0};

	(void)state;
	sample_clock_start(&c, 0, 1000);
	assert_int_equal(lines(&c, 0, 10001 * MS, &good), 10);
	assert_int_equal(lines(&c, 10001 * MS, 10201 * MS, &good), 0);
	assert_true(lines(&c, 10201 * MS, 10231 * MS, &silent) == 1);
	assert_in_range(lines(&c, 10231 * MS, 11231 * MS, &silent), 9, 10);
	assert_int_equal(lines(&c, 11231 * MS, 11401 * MS, &good), 1);
	lost.lost_backward = 7;
	assert_int_equal(lines(&c, 11501 * MS, 11701 * MS, &lost), 1);
}

static json_t *parsed(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	return j;
}

static void test_lines_from_outside(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"7",
		"{\"sent\":\"many\",\"kind\":\"stamp\",\"rtt_us\":{}}",
		"{\"sent\":1,\"kind\":\"stamp\",\"rtt_us\":7}",
		"{\"sent\":1,\"kind\":\"a-name-that-is-too-long\","
		"\"rtt_us\":{}}",
	};
	json_auto *line = NULL, *s = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_auto *j = json_loads(bad[i], JSON_DECODE_ANY, NULL);

		assert_null(sample_clean(j));
	}
	line = parsed("{\"kind\":\"stamp\",\"sent\":-5,\"received\":"
		      "9223372036854775807,\"evil\":\"x\",\"lost_forward\":"
		      "[1],\"rtt_us\":{\"p50\":7,\"evil\":1},"
		      "\"refusing\":true,\"stateful\":\"yes\"}");
	s = sample_clean(line);
	assert_int_equal(json_peek_int(s, "sent", -1), 0);
	assert_true(json_peek_int(s, "received", 0) == 1000000000000000);
	assert_null(json_object_get(s, "evil"));
	assert_null(json_object_get(s, "lost_forward"));
	assert_null(json_object_get(s, "stateful"));
	assert_true(json_peek_bool(s, "refusing", false));
	assert_int_equal(json_object_size(json_object_get(s, "rtt_us")), 1);
}

static void test_sums_over_processes(void **state)
{
	json_auto *past = parsed("{\"sent\":100,\"lost_forward\":3,"
				 "\"unsettled\":4,\"gap_forward_us\":900,"
				 "\"silent_us\":77}");
	json_auto *now = parsed("{\"sent\":10,\"gap_forward_us\":200}");

	(void)state;
	sample_add(now, past);
	assert_int_equal(json_peek_int(now, "sent", 0), 110);
	assert_int_equal(json_peek_int(now, "lost_forward", 0), 3);
	assert_int_equal(json_peek_int(now, "gap_forward_us", 0), 900);
	assert_int_equal(json_peek_int(now, "silent_us", 0), 0);
	assert_int_equal(json_peek_int(now, "unreflected", 0), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_stands_still_while_we_do),
		cmocka_unit_test(test_cadence),
		cmocka_unit_test(test_lines_from_outside),
		cmocka_unit_test(test_sums_over_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
