/* Merging runs: the same order as qsort() makes, whatever was there before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/base/sort.h"

#define MANY 5000

static int by_value(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* n numbers in so many rising runs, some of them equal. */
static uint32_t *numbers(size_t n, size_t runs)
{
	uint32_t *v = mem_calloc(n + 1, sizeof(*v));
	size_t length = n / runs + 1;

	for (size_t i = 0; i < n; i++)
		v[i] = (uint32_t)(i % length * 3 + (i / length) % 5);
	return v;
}

static void compare(size_t n, size_t runs)
{
	uint32_t *want = numbers(n, runs), *have = numbers(n, runs);

	qsort(want, n, sizeof(*want), by_value);
	sort_runs(have, n, sizeof(*have), by_value);
	assert_memory_equal(want, have, n * sizeof(*want));
	free(want);
	free(have);
}

static void test_runs(void **state)
{
	static const size_t runs[] = {1, 2, 3, 4, 5, 7, 63, 64, 65, 66, 1000};

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++)
		compare(MANY, runs[i]);
}

static void test_short(void **state)
{
	(void)state;
	for (size_t n = 0; n < 20; n++)
		for (size_t runs = 1; runs <= n + 1; runs++)
			compare(n, runs);
}

static void test_falling(void **state)
{
	uint32_t v[100];

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		v[i] = 99 - i;
	sort_runs(v, 100, sizeof(*v), by_value);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(v[i], i);
}

/* Equals keep the order that they had. */
static void test_stable(void **state)
{
	struct {
		uint32_t key, place;
	} v[300];

	(void)state;
	for (uint32_t i = 0; i < 300; i++) {
		v[i].key = i % 100 / 10;
		v[i].place = i;
	}
	sort_runs(v, 300, sizeof(*v), by_value);
	for (uint32_t i = 1; i < 300; i++)
		assert_true(v[i - 1].key < v[i].key ||
			    (v[i - 1].key == v[i].key &&
			     v[i - 1].place < v[i].place));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_falling),
		cmocka_unit_test(test_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
