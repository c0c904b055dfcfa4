/*
 * route_test.c - routes as BIRD 2.0.12 and iproute2 6.1 printed them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "adapters/bird/route.h"

static const char two_paths[] =
	"0001 BIRD 2.0.12 ready.\n"
	"1007-Table master4:\n"
	"     10.100.0.0/16        unicast [CUTOVER_er_hq_primary_private "
	"06:37:30.555] * (100) [AS12076i]\n"
	"     	via 172.16.0.2 on ckt0\n"
	"1008-	Type: BGP univ\n"
	"1012-	BGP.origin: IGP\n"
	"     	BGP.as_path: 12076\n"
	"     	BGP.next_hop: 172.16.0.2\n"
	"     	BGP.local_pref: 200\n"
	"1007-                     unicast [vpn1 06:32:15.063] (100) "
	"[AS65515i]\n"
	"     	via 10.99.0.2 on vpn0\n"
	"1012-	BGP.as_path: 65515\n"
	"     	BGP.local_pref: 100\n";

static void takes_the_best_path_only(void **state)
{
	struct bird_route r;

	(void)state;
	bird_route_parse(two_paths, strlen(two_paths), &r);
	assert_true(r.present);
	assert_string_equal("CUTOVER_er_hq_primary_private", r.protocol);
	assert_string_equal("12076", r.as_path);
	assert_int_equal(200, r.local_pref);
	assert_int_equal(1, r.next_hops.n);
	assert_string_equal("172.16.0.2", r.next_hops.v[0]);
	assert_int_equal(2, r.paths.n);
	assert_string_equal("CUTOVER_er_hq_primary_private 200", r.paths.v[0]);
	assert_string_equal("vpn1 100", r.paths.v[1]);
	bird_route_done(&r);
}

/* Static routes are born with 200, and may be told to float. */
static void takes_the_preference(void **state)
{
	static const char floats[] =
		"1007-Table master4:\n"
		"     10.100.0.0/16        unicast [vpn2 06:37:30.555] * (50)\n"
		"     	dev ipsec0\n";
	static const char far[] =
		"1007-Table master4:\n"
		"     10.100.0.0/16        unicast [core 06:37:30.555] * "
		"(100/20) [i]\n"
		"     	via 10.0.11.1 on lan0\n";
	struct bird_route r;

	(void)state;
	bird_route_parse(two_paths, strlen(two_paths), &r);
	assert_int_equal(100, r.preference);
	bird_route_done(&r);
	bird_route_parse(floats, strlen(floats), &r);
	assert_string_equal("vpn2", r.protocol);
	assert_int_equal(50, r.preference);
	bird_route_done(&r);
	bird_route_parse(far, strlen(far), &r);
	assert_int_equal(100, r.preference);
	bird_route_done(&r);
}

static void knows_no_route(void **state)
{
	static const char none[] =
		"0001 BIRD 2.0.12 ready.\n8001 Network not found\n";
	struct bird_route r;

	(void)state;
	bird_route_parse(none, strlen(none), &r);
	assert_false(r.present);
	bird_route_done(&r);
	for (size_t n = 0; n < strlen(two_paths); n++) {
		bird_route_parse(two_paths, n, &r);
		assert_true(r.next_hops.n <= 1);
		bird_route_done(&r);
	}
}

static void lists_networks_once(void **state)
{
	static const char text[] =
		"1007-Table master4:\n"
		"     10.10.200.0/24       blackhole [site 06:32:07.654] * "
		"(200)\n"
		"     10.10.0.0/16         blackhole [site 06:32:07.654] * "
		"(200)\n"
		"1007-                     unicast [other 06:32:07.654] (100)\n"
		"     	via 10.1.1.1 on eth0\n"
		"1007-10.10.0.0/16         blackhole [site 06:32:07.654] "
		"(200)\n";
	struct state_list l = {0};

	(void)state;
	bird_route_networks(text, strlen(text), &l);
	assert_int_equal(2, l.n);
	assert_string_equal("10.10.0.0/16", l.v[0]);
	assert_string_equal("10.10.200.0/24", l.v[1]);
	state_list_done(&l);
}

static void counts(void **state)
{
	static const char some[] = "0001 BIRD 2.0.12 ready.\n1007-2 of 2 "
				   "routes for 2 networks in table import\n";
	static const char none[] = "0001 BIRD 2.0.12 ready.\n9001 No import "
				   "table in channel vpn1.ipv4\n";

	(void)state;
	assert_int_equal(2, bird_route_count(some, strlen(some)));
	assert_int_equal(-1, bird_route_count(none, strlen(none)));
	assert_int_equal(-1, bird_route_count("", 0));
}

static bool kernel(const char *text, struct state_list *l)
{
	state_list_done(l);
	return bird_kernel_parse(text, strlen(text), l);
}

static void reads_the_kernel(void **state)
{
	struct state_list l = {0};

	(void)state;
	assert_true(kernel("[{\"dst\":\"10.100.0.0/"
			   "16\",\"gateway\":\"172.16.0.2\",\"dev\":\"ckt0\","
			   "\"protocol\":\"bird\",\"metric\":32,\"flags\":[]}]",
			   &l));
	assert_string_equal("172.16.0.2", l.v[0]);
	assert_true(kernel(
		"[{\"dst\":\"10.99.0.0/"
		"30\",\"dev\":\"vpn0\",\"protocol\":\"kernel\",\"scope\":"
		"\"link\",\"prefsrc\":\"10.99.0.1\",\"flags\":[]}]",
		&l));
	assert_string_equal("%vpn0", l.v[0]);
	assert_true(kernel(
		"[{\"type\":\"blackhole\",\"dst\":\"10.10.0.0/"
		"16\",\"protocol\":\"bird\",\"metric\":32,\"flags\":[]}]",
		&l));
	assert_int_equal(0, l.n);
	/* several ways, a link-local one among them */
	assert_true(kernel("[{\"dst\":\"d\",\"protocol\":\"bird\",\"nexthops\":"
			   "[{\"gateway\":\"fe80::2\",\"dev\":\"b\"},{"
			   "\"gateway\":\"10.0.0.1\",\"dev\":\"a\"}]}]",
			   &l));
	assert_int_equal(2, l.n);
	assert_string_equal("10.0.0.1", l.v[0]);
	assert_string_equal("fe80::2%b", l.v[1]);
	state_list_done(&l);
}

static void prefers_what_the_kernel_prefers(void **state)
{
	struct state_list l = {0};

	(void)state;
	/* BIRD's before strongSwan's, whatever the table */
	assert_true(kernel(
		"[{\"dst\":\"d\",\"gateway\":\"10.0.0.9\",\"table\":\"220\","
		"\"protocol\":\"static\"},{\"dst\":\"d\",\"gateway\":\"10.0.0."
		"1\",\"protocol\":\"bird\",\"metric\":32}]",
		&l));
	assert_string_equal("10.0.0.1", l.v[0]);
	assert_true(kernel(
		"[{\"dst\":\"d\",\"gateway\":\"10.0.0.1\",\"metric\":100},{"
		"\"dst\":\"d\",\"gateway\":\"10.0.0.2\",\"metric\":50}]",
		&l));
	assert_string_equal("10.0.0.2", l.v[0]);
	assert_false(kernel(
		"[{\"dst\":\"d\",\"gateway\":\"10.0.0.9\",\"table\":\"220\"}]",
		&l));
	assert_false(kernel(
		"[{\"type\":\"local\",\"dst\":\"d\",\"table\":\"local\"}]",
		&l));
	assert_false(kernel("[]", &l));
	assert_false(kernel("Error: any valid prefix is expected", &l));
	assert_false(kernel("[1,null,{\"nexthops\":[3]}", &l));
	state_list_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_best_path_only),
		cmocka_unit_test(takes_the_preference),
		cmocka_unit_test(knows_no_route),
		cmocka_unit_test(lists_networks_once),
		cmocka_unit_test(counts),
		cmocka_unit_test(reads_the_kernel),
		cmocka_unit_test(prefers_what_the_kernel_prefers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
