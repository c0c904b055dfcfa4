/*
 * live_test.c - answers cut apart, routes read
 */
#include "tests/unit/adapters/frr/frr_data.h"

static void test_cut(void **state)
{
	frr_answers_auto a = {0};

	(void)state;
	frr_answers_cut("noise\n"
			"edge1# show running-config\n"
			"frr version 8\n"
			" description ask # show me\n"
			"edge1# show x json\n"
			"{}\n"
			"@@ table\n",
			&a);
	assert_int_equal(a.n, 3);
	assert_string_equal(frr_answers_text(&a, "show running-config"),
			    "frr version 8\n description ask # show me\n");
	assert_non_null(frr_answers_json(&a, "show x json"));
	assert_string_equal(frr_answers_text(&a, "table"), "");
	assert_null(frr_answers_json(&a, "table"));
	assert_null(frr_answers_json(&a, "nothing"));
}

static void read_route(const char *prefix, struct resource *r)
{
	mem_auto_free char *rib = mem_format("show ip route %s json", prefix);
	mem_auto_free char *bgp =
		mem_format("show bgp ipv4 unicast %s json", prefix);
	mem_auto_free char *fib = mem_format("kernel %s", prefix);
	frr_answers_auto a = {0};

	frr_data_load("edge.txt", &a);
	r->kind = RESOURCE_ROUTE;
	r->name = mem_strdup(prefix);
	frr_route_observe(frr_answers_json(&a, rib), frr_answers_json(&a, bgp),
			  frr_answers_json(&a, fib), r);
}

static void test_route(void **state)
{
	struct resource r = {0};

	(void)state;
	read_route("10.100.0.0/16", &r);
	assert_true(r.present && r.route.in_fib);
	assert_int_equal(r.route.next_hops.n, 1);
	assert_string_equal(r.route.next_hops.v[0], "172.16.0.2%ckt0");
	assert_string_equal(r.route.session, "172.16.0.2");
	assert_int_equal(r.route.local_pref, 200);
	assert_string_equal(r.route.protocol, "bgp");
	assert_int_equal(r.route.distance, 20);
	assert_string_equal(r.route.as_path, "12076");
	assert_int_equal(r.route.paths.n, 2);
	resource_done(&r);
}

static void test_no_route(void **state)
{
	struct resource r = {0};

	(void)state;
	read_route("10.99.0.0/16", &r);
	assert_false(r.present);
	assert_false(r.route.in_fib);
	assert_null(r.route.session);
	resource_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_no_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
