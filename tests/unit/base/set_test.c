/* Sets of texts: equal texts once, whatever their number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/base/set.h"

#define MANY 20000

static void test_each_once(void **state)
{
	struct text_set s = {0};
	char **v = mem_calloc(MANY, sizeof(*v));

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		v[i] = mem_format("10.%zu.%zu.0/24", i / 256, i % 256);
		assert_true(text_set_add(&s, v[i]));
	}
	for (size_t i = 0; i < MANY; i++) {
		mem_auto_free char *again = mem_strdup(v[i]);

		assert_false(text_set_add(&s, again));
		assert_ptr_equal(text_set_find(&s, again), v[i]);
	}
	assert_int_equal(s.n, MANY);
	assert_null(text_set_find(&s, "10.0.0.0/8"));
	text_set_done(&s);
	for (size_t i = 0; i < MANY; i++)
		free(v[i]);
	free(v);
}

static void test_empty(void **state)
{
	struct text_set s = {0};

	(void)state;
	assert_null(text_set_find(&s, ""));
	assert_true(text_set_add(&s, ""));
	assert_false(text_set_add(&s, ""));
	text_set_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
