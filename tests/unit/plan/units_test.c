/*
 * units_test.c - what is a duration, a rate, a size, a time, and what is not
 */
#include "orchestrator/plan/units.h"
#include "tests/unit/plan/plan_util.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{"0s", 0},
		{"300ms", 300000},
		{"5s", 5000000},
		{"5m", 300000000},
		{"1h", 3600000000},
		{"2d", 172800000000},
		{"1h30m", 5400000000},
		{"1d2h3m4s5ms", 93784005000},
	};
	static const char *const bad[] = {
		"",
		"5",
		"s",
		"5 s",
		"-5s",
		"+5s",
		"05s",
		"1.5s",
		"5sec",
		"1m1h",
		"1s1s",
		"5s ",
		"5S",
		"1h30",
		"ms",
		"5\xc2\xb5s",
		"99999999999s",
		"1000000000d",
	};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		us = -1;
		assert_true(units_duration_us(good[i].text, &us, NULL));
		assert_int_equal(us, good[i].us);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		us = -1;
		if (units_duration_us(bad[i], &us, NULL))
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(us, -1);
	}
}

static void missing_unit(void **state)
{
	err_auto e = ERR_INIT;
	int64_t us;

	(void)state;
	assert_false(units_duration_us("300", &us, &e));
	assert_string_equal(err_msg(&e),
			    "'300' has no unit; write '300s' or '300ms'");
}

static void rates_and_sizes(void **state)
{
	uint32_t v = 7;

	(void)state;
	assert_true(units_rate("1000/s", &v, NULL));
	assert_int_equal(v, 1000);
	assert_false(units_rate("1000", &v, NULL));
	assert_false(units_rate("1000/m", &v, NULL));
	assert_false(units_rate("4294967296/s", &v, NULL));
	assert_int_equal(v, 1000);
	assert_true(units_size("1472B", &v, NULL));
	assert_int_equal(v, 1472);
	assert_true(units_size("64KiB", &v, NULL));
	assert_int_equal(v, 65536);
	assert_true(units_size("8MiB", &v, NULL));
	assert_int_equal(v, 8388608);
	assert_false(units_size("1472", &v, NULL));
	assert_false(units_size("1KB", &v, NULL));
	assert_false(units_size("4096MiB", &v, NULL));
	assert_int_equal(v, 8388608);
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-12-05T22:00:00Z", 1796508000000000},
		{"2026-12-05T23:00:00+01:00", 1796508000000000},
		{"2026-12-05T16:30:00.25-05:30", 1796508000250000},
		{"2028-02-29T00:00:00Z", 1835395200000000},
	};
	static const char *const bad[] = {
		"2026-12-05",
		"2026-12-05T22:00:00",
		"2026-12-05 22:00:00Z",
		"2026-12-05T22:00Z",
		"2026-13-05T22:00:00Z",
		"2026-02-29T22:00:00Z",
		"2026-12-05T24:00:00Z",
		"2026-12-05T22:00:60Z",
		"2026-12-05T22:00:00.Z",
		"2026-12-05T22:00:00Zx",
		"2026-12-05T22:00:00+1:00",
		"1969-12-31T23:59:59Z",
	};
	int64_t us = -1;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_true(units_time_us(good[i].text, &us, NULL));
		assert_int_equal(us, good[i].us);
	}
	us = -1;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (units_time_us(bad[i], &us, NULL))
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(us, -1);
	}
}

static void numbers(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_true(units_number("0", 10, &v));
	assert_int_equal(v, 0);
	assert_true(units_number("4294967295", UINT32_MAX, &v));
	assert_int_equal(v, 4294967295);
	assert_false(units_number("4294967296", UINT32_MAX, &v));
	assert_false(units_number("99999999999999999999999", UINT64_MAX, &v));
	assert_false(units_number("010", 100, &v));
	assert_false(units_number("0x10", 100, &v));
	assert_false(units_number("-1", 100, &v));
	assert_false(units_number("", 100, &v));
	assert_int_equal(v, 4294967295);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(missing_unit),
		cmocka_unit_test(rates_and_sizes),
		cmocka_unit_test(times),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
