/* Sets of prefix rules: the same answer as asking every rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/model/ruleset.h"

static bool any(const struct rule_set *s, const struct prefix *p)
{
	for (size_t i = 0; i < s->n; i++)
		if (prefix_rule_matches(&s->v[i], p))
			return true;
	return false;
}

static void add(struct rule_set *s, const char *text)
{
	struct prefix_rule r;

	assert_true(prefix_rule_parse(text, &r, NULL));
	rule_set_add(s, &r);
}

static bool match(const struct rule_set *s, const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p, NULL));
	assert_int_equal(any(s, &p), rule_set_match(s, &p) != NULL);
	return any(s, &p);
}

static void test_lengths(void **state)
{
	rule_set_auto s = {0};

	(void)state;
	rule_set_sort(&s);
	assert_false(match(&s, "10.0.0.0/8"));
	add(&s, "10.0.0.0/8 ge 16 le 24");
	add(&s, "10.0.0.0/8");
	add(&s, "10.1.0.0/16 ge 28 le 30");
	add(&s, "0.0.0.0/0");
	add(&s, "2001:db8::/32 le 48");
	rule_set_sort(&s);
	assert_true(match(&s, "10.0.0.0/8"));
	assert_false(match(&s, "10.0.0.0/9"));
	assert_true(match(&s, "10.1.0.0/16"));
	assert_true(match(&s, "10.1.2.0/28"));
	assert_false(match(&s, "10.2.2.0/28"));
	assert_true(match(&s, "0.0.0.0/0"));
	assert_false(match(&s, "11.0.0.0/8"));
	assert_true(match(&s, "2001:db8:1::/48"));
	assert_false(match(&s, "2001:db8:1::/49"));
	assert_false(match(&s, "::/0"));
}

static void test_random(void **state)
{
	rule_set_auto s = {0};
	uint32_t x = 1;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct prefix_rule r = {.prefix = {.family = 4, .len = 32}};

		for (int k = 0; k < 2; k++)
			r.prefix.addr[k] =
				(uint8_t)((x = x * 1664525u + 1013904223u) >>
					  30);
		r.prefix = prefix_shorten(&r.prefix, (uint8_t)(x % 33));
		r.ge = r.prefix.len;
		r.le = (uint8_t)(r.ge + (33u - r.ge) * (x >> 28) / 17);
		rule_set_add(&s, &r);
	}
	rule_set_sort(&s);
	for (int i = 0; i < 3000; i++) {
		struct prefix p = {.family = 4, .len = 32};

		for (int k = 0; k < 4; k++)
			p.addr[k] =
				(uint8_t)((x = x * 1664525u + 1013904223u) >>
					  30);
		p = prefix_shorten(&p, (uint8_t)(x % 33));
		assert_int_equal(any(&s, &p), rule_set_match(&s, &p) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
