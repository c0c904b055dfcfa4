/* Pins from what is announced: halves, rules, hosts, and the VPN's limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/derive.h"

#define MANY 10000

struct fixture {
	struct step step;
	struct resource_set seen, want;
};

static void fixture_init(struct fixture *f)
{
	struct resource *r;

	*f = (struct fixture){0};
	f->step.derive_session = mem_strdup("vpn1");
	resource_set_add(&f->step.want, RESOURCE_STATIC_ROUTE, "CUTOVER-pin-v")
		->static_route.session = mem_strdup("10.0.0.1");
	resource_set_copy(&f->want, &f->step.want);
	r = resource_set_add(&f->seen, RESOURCE_SESSION, "vpn1");
	r->session.neighbor = mem_strdup("10.0.0.1");
}

static void fixture_done(struct fixture *f)
{
	free(f->step.derive_session);
	free(f->step.rules);
	resource_set_done(&f->step.want);
	resource_set_done(&f->seen);
	resource_set_done(&f->want);
}

static void rule(struct fixture *f, const char *text)
{
	f->step.rules = mem_realloc(f->step.rules, f->step.n_rules + 1,
				    sizeof(*f->step.rules));
	assert_true(prefix_rule_parse(text, &f->step.rules[f->step.n_rules++],
				      NULL));
}

static const struct state_list *derive(struct fixture *f)
{
	err_auto e = ERR_INIT;

	assert_true(derive_pins(&f->step, &f->seen, &f->want, &e));
	assert_int_equal(f->want.v[0].present,
			 f->want.v[0].static_route.prefixes.n > 0);
	return &f->want.v[0].static_route.prefixes;
}

static void test_halves(void **state)
{
	struct fixture f;
	const struct state_list *l;

	(void)state;
	fixture_init(&f);
	assert_int_equal(derive(&f)->n, 0);
	state_list_add(&f.seen.v[0].session.sent, "10.10.0.0/16");
	state_list_add(&f.seen.v[0].session.sent, "10.20.0.0/16");
	state_list_add(&f.seen.v[0].session.sent, "10.10.1.1/32");
	rule(&f, "10.10.0.0/16 le 32");
	l = derive(&f);
	assert_int_equal(l->n, 2);
	assert_string_equal(l->v[0], "10.10.0.0/17");
	assert_string_equal(l->v[1], "10.10.128.0/17");
	fixture_done(&f);
}

/* Announced because they are pins already: they stay, and are not split. */
static void test_pinned_already(void **state)
{
	struct fixture f;
	const struct state_list *l;
	struct resource *pin;

	(void)state;
	fixture_init(&f);
	state_list_add(&f.seen.v[0].session.sent, "10.10.0.0/16");
	state_list_add(&f.seen.v[0].session.sent, "10.10.0.0/17");
	state_list_add(&f.seen.v[0].session.sent, "10.10.128.0/17");
	rule(&f, "10.10.0.0/16 le 32");
	f.step.derive_limit = 3;
	pin = resource_set_add(&f.seen, RESOURCE_STATIC_ROUTE, "CUTOVER-pin-v");
	state_list_add(&pin->static_route.prefixes, "10.10.0.0/17");
	state_list_add(&pin->static_route.prefixes, "10.10.128.0/17");
	l = derive(&f);
	assert_int_equal(l->n, 2);
	assert_string_equal(l->v[0], "10.10.0.0/17");
	assert_string_equal(l->v[1], "10.10.128.0/17");
	fixture_done(&f);
}

/* The session that goes down above its limit would take all routes along. */
static void test_limit(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	state_list_add(&f.seen.v[0].session.sent, "10.10.0.0/16");
	f.step.derive_limit = 3;
	assert_int_equal(derive(&f)->n, 2);
	f.step.derive_limit = 2;
	assert_int_equal(derive(&f)->n, 0);
	fixture_done(&f);
}

static void test_many(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < MANY; i++) {
		mem_auto_free char *p =
			mem_format("10.%zu.%zu.0/24", 128 + i / 256, i % 256);

		state_list_add(&f.seen.v[0].session.sent, p);
		rule(&f, p);
	}
	assert_int_equal(derive(&f)->n, 2 * MANY);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_pinned_already),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
