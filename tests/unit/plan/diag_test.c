/*
 * diag_test.c - how diagnostics are printed
 */
#include "tests/unit/plan/plan_util.h"

static void text(void **state)
{
	struct diag_list l = {0};
	buf_auto b = BUF_INIT;

	(void)state;
	diag_add(&l, false, "p.yaml", 12, 14, "    onprem: [10.1.0.1/16]",
		 "prefix-host-bits", "bad '%s'", "x");
	diag_add(&l, true, "p.yaml", 0, 0, NULL, "some-rule", "whole");
	diag_list_text(&l, &b);
	assert_string_equal(buf_str(&b),
			    "p.yaml:12:14: error: bad 'x' [prefix-host-bits]\n"
			    "    onprem: [10.1.0.1/16]\n"
			    "             ^\n"
			    "p.yaml: warning: whole [some-rule]\n");
	assert_int_equal(l.n, 2);
	assert_int_equal(l.errors, 1);
	diag_list_done(&l);
	assert_int_equal(l.n, 0);
}

static void carets(void **state)
{
	struct diag_list l = {0};
	buf_auto b = BUF_INIT;

	(void)state;
	diag_add(&l, false, "p", 1, 5, "\ta\xc3\xbc\xe2\x82\xac!", "r", "m");
	diag_add(&l, false, "p", 1, 9, "short", "r", "m");
	diag_list_text(&l, &b);
	assert_string_equal(buf_str(&b), "p:1:5: error: m [r]\n"
					 "\ta\xc3\xbc\xe2\x82\xac!\n"
					 "\t   ^\n"
					 "p:1:9: error: m [r]\n"
					 "short\n"
					 "        ^\n");
	diag_list_done(&l);
}

static void long_lines(void **state)
{
	struct diag_list l = {0};
	buf_auto b = BUF_INIT;
	char line[5001];
	const char *second, *third;

	(void)state;
	memset(line, 'x', 5000);
	line[4000] = '!';
	line[5000] = 0;
	diag_add(&l, false, "p", 1, 4001, line, "r", "m");
	diag_list_text(&l, &b);
	second = strchr(buf_str(&b), '\n') + 1;
	third = strchr(second, '\n') + 1;
	assert_true(third - second <= 161);
	assert_int_equal(second[strlen(third) - 2], '!'); /* above the caret */
	assert_string_equal(third + strlen(third) - 2, "^\n");
	diag_list_done(&l);
}

static void hostile_bytes(void **state)
{
	struct diag_list l = {0};
	buf_auto b = BUF_INIT;

	(void)state;
	diag_add(&l, false, "p\x1b[2J", 1, 1, "a\x1b]0;x\x07\xff\xc3", "r",
		 "bell \x07 %s", "\xe2\x82");
	diag_list_text(&l, &b);
	assert_string_equal(buf_str(&b), "p?[2J:1:1: error: bell ? ?? [r]\n"
					 "a?]0;x???\n"
					 "^\n");
	diag_list_done(&l);
}

static void json(void **state)
{
	struct diag_list l = {0};
	json_t *j, *o;

	(void)state;
	diag_add(&l, false, "p.yaml", 3, 4, "a \xff", "bad-value", "m \xff");
	diag_add(&l, true, "p.yaml", 0, 0, NULL, "unguarded", "w");
	j = diag_list_json(&l);
	assert_int_equal(json_array_size(j), 2);
	o = json_array_get(j, 0);
	assert_string_equal(json_peek_str(o, "severity", ""), "error");
	assert_string_equal(json_peek_str(o, "file", ""), "p.yaml");
	assert_string_equal(json_peek_str(o, "message", ""), "m ?");
	assert_string_equal(json_peek_str(o, "rule", ""), "bad-value");
	assert_string_equal(json_peek_str(o, "source", ""), "a ?");
	assert_int_equal(json_peek_int(o, "line", 0), 3);
	assert_int_equal(json_peek_int(o, "column", 0), 4);
	o = json_array_get(j, 1);
	assert_string_equal(json_peek_str(o, "severity", ""), "warning");
	assert_null(json_peek(o, "line"));
	json_decref(j);
	diag_list_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),	      cmocka_unit_test(carets),
		cmocka_unit_test(long_lines), cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
