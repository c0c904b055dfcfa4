/* What a session announces, against lists and rules of any length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/steps/expect.h"

#define MANY 10000

struct fixture {
	struct resource_set now;
	struct expect_list list;
	struct buf why;
};

static struct expect *expect(struct fixture *f, enum expect_kind kind)
{
	return expect_add(&f->list, kind, RESOURCE_SESSION, "vpn1");
}

static bool holds(struct fixture *f)
{
	buf_clear(&f->why);
	return expect_hold(&f->list, &f->now, NULL, 0, &f->why);
}

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){0};
	resource_set_add(&f->now, RESOURCE_SESSION, "vpn1");
}

static void send(struct fixture *f, const char *prefix)
{
	state_list_add(&f->now.v[0].session.sent, prefix);
}

static void fixture_done(struct fixture *f)
{
	resource_set_done(&f->now);
	expect_list_done(&f->list);
	buf_done(&f->why);
}

static void test_at_most(void **state)
{
	struct fixture f;
	struct expect *x;

	(void)state;
	fixture_init(&f);
	x = expect(&f, EXPECT_SENT_AT_MOST);
	x->number = 2;
	state_list_add(&x->list, "10.0.0.0/8 le 24");
	send(&f, "10.1.0.0/16");
	send(&f, "10.2.0.0/16");
	send(&f, "192.0.2.0/24");
	assert_true(holds(&f));
	send(&f, "10.3.0.0/16");
	assert_false(holds(&f));
	assert_non_null(strstr(buf_str(&f.why), "3 prefixes"));
	fixture_done(&f);
}

static void test_only_many(void **state)
{
	struct fixture f;
	struct expect *x;

	(void)state;
	fixture_init(&f);
	x = expect(&f, EXPECT_SENT_ONLY);
	for (size_t i = 0; i < MANY; i++) {
		mem_auto_free char *p =
			mem_format("10.%zu.%zu.0/24", 128 + i / 256, i % 256);

		state_list_add(&x->list, p);
		send(&f, p);
	}
	state_list_add(&x->list, "10.10.0.0/16 le 17");
	send(&f, "10.10.128.0/17");
	assert_true(holds(&f));
	send(&f, "10.10.128.0/18");
	assert_false(holds(&f));
	assert_non_null(strstr(buf_str(&f.why), "10.10.128.0/18"));
	fixture_done(&f);
}

static void offer(struct fixture *f, const char *path)
{
	state_list_add(
		&resource_set_find(&f->now, RESOURCE_ROUTE, "10.9.0.0/16")
			 ->route.paths,
		path);
}

/* What other edges still say counts, the own circuit and the VPN do not. */
static void test_not_elsewhere(void **state)
{
	struct fixture f;
	struct expect *x;

	(void)state;
	fixture_init(&f);
	resource_set_add(&f.now, RESOURCE_ROUTE, "10.9.0.0/16");
	x = expect_add(&f.list, EXPECT_NOT_ELSEWHERE, RESOURCE_ROUTE,
		       "10.9.0.0/16");
	x->number = 200;
	state_list_add(&x->list, "172.16.0.2");
	assert_true(holds(&f));
	offer(&f, "172.16.0.2 200");
	offer(&f, "10.99.0.2 100");
	assert_true(holds(&f));
	offer(&f, "192.0.2.12 200");
	assert_false(holds(&f));
	assert_non_null(strstr(buf_str(&f.why), "192.0.2.12"));
	fixture_done(&f);
}

/* A static route stands in use before eBGP, or floats below it. */
static bool static_holds(const char *protocol, uint32_t distance)
{
	struct fixture f = {0};
	struct resource *r =
		resource_set_add(&f.now, RESOURCE_ROUTE, "10.100.0.0/16");
	bool ok;

	r->route.in_fib = true;
	r->route.protocol = protocol ? mem_strdup(protocol) : NULL;
	r->route.distance = distance;
	expect_add(&f.list, EXPECT_NOT_BEFORE_BGP, RESOURCE_ROUTE,
		   "10.100.0.0/16");
	ok = holds(&f);
	assert_true(ok || strstr(buf_str(&f.why), "make it float"));
	fixture_done(&f);
	return ok;
}

static void test_static_route_before_bgp(void **state)
{
	(void)state;
	assert_false(static_holds("static", 1));
	assert_false(static_holds("static", 20));
	assert_false(static_holds("kernel", 0));
	assert_true(static_holds("static", 210));
	assert_true(static_holds("ospf", 110));
	assert_true(static_holds("bgp", 20));
	assert_true(static_holds(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_most),
		cmocka_unit_test(test_only_many),
		cmocka_unit_test(test_not_elsewhere),
		cmocka_unit_test(test_static_route_before_bgp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
