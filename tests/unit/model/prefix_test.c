/* Prefixes: parsing, canonical text, order, containment, rules, halves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/model/prefix.h"

static struct prefix parse(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p, NULL));
	return p;
}

static void test_text_is_canonical(void **state)
{
	static const char *const same[] = {"0.0.0.0/0", "10.1.0.0/16",
					   "10.1.2.3/32", "2001:db8::/32",
					   "::/0"};
	char out[PREFIX_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct prefix p = parse(same[i]);

		assert_string_equal(prefix_text(&p, out), same[i]);
	}
}

static void test_garbage_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"10.0.0.0",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/08",
		"10.0.0/8",
		"10.0.0.0/-1",
		"10.0.0.0/8 ",
		"x/8",
		"::/129",
		"10.0.0.0/8x",
		"10.0.0.0/+8",
		"/8",
		"1.2.3.4.5/8",
	};
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(prefix_parse(bad[i], &p, NULL));
}

static void test_host_bits_name_what_was_meant(void **state)
{
	err_auto e = ERR_INIT;
	struct prefix p;

	(void)state;
	assert_false(prefix_parse("10.1.0.1/16", &p, &e));
	assert_string_equal(e.rule, "prefix-host-bits");
	assert_non_null(strstr(e.msg, "'10.1.0.0/16'"));
}

static void test_containment(void **state)
{
	struct prefix a = parse("10.0.0.0/8"), b = parse("10.128.0.0/9");
	struct prefix c = parse("11.0.0.0/8"), d = parse("0.0.0.0/0");

	(void)state;
	assert_true(prefix_contains(&a, &b));
	assert_false(prefix_contains(&b, &a));
	assert_true(prefix_contains(&a, &a));
	assert_false(prefix_overlaps(&a, &c));
	assert_true(prefix_overlaps(&b, &a));
	assert_true(prefix_contains(&d, &c));
}

static void test_rules(void **state)
{
	struct prefix_rule r;
	struct prefix p24 = parse("10.1.2.0/24"), p16 = parse("10.1.0.0/16");
	char out[PREFIX_TEXT_MAX];

	(void)state;
	assert_true(prefix_rule_parse("10.0.0.0/8 ge 20 le 24", &r, NULL));
	assert_true(prefix_rule_matches(&r, &p24));
	assert_false(prefix_rule_matches(&r, &p16));
	assert_string_equal(prefix_rule_text(&r, out),
			    "10.0.0.0/8 ge 20 le 24");
	assert_true(prefix_rule_parse("10.1.0.0/16", &r, NULL));
	assert_true(prefix_rule_matches(&r, &p16));
	assert_false(prefix_rule_matches(&r, &p24));
	assert_false(prefix_rule_parse("10.0.0.0/8 le 7", &r, NULL));
	assert_false(prefix_rule_parse("10.0.0.0/8 ge 24 le 20", &r, NULL));
	assert_false(prefix_rule_parse("10.0.0.0/8 eq 9", &r, NULL));
}

static void test_halves(void **state)
{
	struct prefix p = parse("10.1.0.0/16"), half[2];
	struct prefix host = parse("10.1.2.3/32");
	char out[PREFIX_TEXT_MAX];

	(void)state;
	assert_true(prefix_split(&p, half));
	assert_string_equal(prefix_text(&half[0], out), "10.1.0.0/17");
	assert_string_equal(prefix_text(&half[1], out), "10.1.128.0/17");
	assert_false(prefix_split(&host, half));
}

static void test_nth(void **state)
{
	struct prefix p = parse("10.1.0.252/30"), a;
	char out[PREFIX_TEXT_MAX];

	(void)state;
	a = prefix_nth(&p, 1);
	assert_string_equal(prefix_addr_text(&a, out), "10.1.0.253");
	p = parse("10.1.255.0/24");
	a = prefix_nth(&p, 256);
	assert_string_equal(prefix_addr_text(&a, out), "10.2.0.0");
}

static void test_ifaddr(void **state)
{
	struct prefix net, addr;
	char out[PREFIX_TEXT_MAX];

	(void)state;
	assert_true(prefix_parse_ifaddr("172.16.0.5/30", &net, &addr, NULL));
	assert_string_equal(prefix_text(&net, out), "172.16.0.4/30");
	assert_string_equal(prefix_text(&addr, out), "172.16.0.5/32");
	assert_false(prefix_parse_ifaddr("172.16.0.5", &net, &addr, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_canonical),
		cmocka_unit_test(test_garbage_is_refused),
		cmocka_unit_test(test_host_bits_name_what_was_meant),
		cmocka_unit_test(test_containment),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_nth),
		cmocka_unit_test(test_ifaddr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
