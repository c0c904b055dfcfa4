/*
 * outputs_test.c - what devices said, kept for screens within bounds
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>

#include "orchestrator/engine/outputs.h"

static bool is_signalled(const struct outputs *o)
{
	struct pollfd p = {.fd = outputs_fd(o), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void takes(struct outputs *o, const char *what, const char *text)
{
	json_auto *j = outputs_take(o);

	assert_non_null(j);
	assert_string_equal(json_peek_str(j, "event", ""), "output");
	assert_string_equal(json_peek_str(j, "what", ""), what);
	assert_string_equal(json_peek_str(j, "text", ""), text);
}

static void test_nobody_listens(void **state)
{
	struct outputs *o = outputs_new();

	(void)state;
	outputs_put(o, "edge1", "show", "x");
	assert_null(outputs_take(o));
	assert_false(is_signalled(o));
	outputs_listen(o, true);
	outputs_put(o, "edge1", "show", "y");
	assert_true(is_signalled(o));
	takes(o, "show", "y");
	assert_null(outputs_take(o));
	assert_false(is_signalled(o));
	outputs_free(o);
	outputs_free(NULL);
}

static void test_the_oldest_goes(void **state)
{
	struct outputs *o = outputs_new();
	size_t n = 0;
	json_t *j;

	(void)state;
	outputs_listen(o, true);
	for (int i = 0; i < 100; i++) {
		mem_auto_free char *text = mem_format("%d", i);

		outputs_put(o, "edge1", "show", text);
	}
	takes(o, "show", "36");
	while ((j = outputs_take(o))) {
		json_decref(j);
		n++;
	}
	assert_int_equal(n, 63);
	outputs_put(o, "edge1", "show", "left behind");
	outputs_free(o);
}

/* A screen shows lines: the beginning is kept, in whole characters. */
static void test_long_and_odd(void **state)
{
	struct outputs *o = outputs_new();
	char text[5001], cut[4097];

	(void)state;
	outputs_listen(o, true);
	memset(text, 'a', 5000);
	text[5000] = 0;
	memcpy(text + 4094, "\xe2\x82\xac", 3);
	outputs_put(o, "edge1", "show", text);
	memset(cut, 'a', 4094);
	cut[4094] = 0;
	takes(o, "show", cut);
	outputs_put(o, "edge1", "show", "\xff\xfe");
	takes(o, "binary", "(not text)");
	outputs_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_the_oldest_goes),
		cmocka_unit_test(test_long_and_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
