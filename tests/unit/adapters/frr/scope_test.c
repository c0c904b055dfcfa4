/*
 * scope_test.c - what a part may touch
 */
#include "adapters/frr/scope.h"
#include "tests/unit/adapters/frr/frr_data.h"

#define IN "CUTOVER-er-hq-primary-private-in-g1"

static void load(struct frr_view *v, const char *name)
{
	frr_answers_auto a = {0};

	frr_data_config(name, &v->config);
	frr_data_load(name, &a);
	v->summary = json_incref(frr_answers_json(&a, "show bgp summary json"));
	v->table = json_incref(frr_answers_json(&a, "table"));
}

static bool allowed(const char *lines)
{
	mem_auto_free char *text =
		mem_format("configure terminal\n%send\n", lines);
	frr_view_auto v = {0};
	err_auto e = ERR_INIT;
	bool ok;

	load(&v, "edge.txt");
	ok = frr_scope_before(&v, text, 65010, &e);
	if (!ok)
		assert_int_equal(e.code, ERR_REFUSED);
	return ok;
}

#define BGP(lines) "router bgp 65010\n" lines "exit\n"
#define FAMILY(lines)                                                          \
	BGP(" address-family ipv4 unicast\n" lines " exit-address-family\n")

static void test_allowed(void **state)
{
	(void)state;
	assert_true(allowed("route-map CUTOVER-n permit 10\n set weight 1\n"
			    "exit\n"));
	assert_true(
		allowed("ip prefix-list CUTOVER-n seq 5 permit 1.0.0.0/8\n"));
	assert_true(allowed(BGP(" no neighbor 172.16.0.2\n")));
	assert_true(allowed(BGP(" neighbor 10.100.255.4 shutdown\n")));
	assert_true(allowed(
		FAMILY("  neighbor 10.100.255.4 route-map " IN " in\n")));
	assert_true(allowed(FAMILY("  neighbor 10.100.255.4 route-map VPN-IN "
				   "in\n")));
	assert_true(allowed("no route-map CUTOVER-unbound\n"));
	assert_true(allowed(BGP(" neighbor 9.9.9.9 remote-as 5\n"
				" neighbor 9.9.9.9 description CUTOVER x\n")));
}

static void test_refused(void **state)
{
	(void)state;
	assert_false(allowed("route-map VPN-IN permit 10\nexit\n"));
	assert_false(allowed("no route-map VPN-IN\n"));
	assert_false(allowed("no route-map " IN "\n"));
	assert_false(allowed("ip prefix-list SITE seq 5 permit 1.0.0.0/8\n"));
	assert_false(allowed("hostname x\n"));
	assert_false(allowed("router bgp 65011\nexit\n"));
	assert_false(allowed(BGP(" no neighbor 10.100.255.4\n")));
	assert_false(allowed(BGP(" neighbor 10.100.255.4 password x\n")));
	assert_false(allowed(BGP(" neighbor 9.9.9.9 remote-as 5\n")));
	assert_false(allowed(BGP(" neighbor 9.9.9.9 shutdown\n")));
	assert_false(allowed(BGP(" bgp router-id 1.1.1.1\n")));
	assert_false(allowed(FAMILY("  network 10.0.0.0/8\n")));
	assert_false(allowed(FAMILY("  neighbor 172.16.0.2 route-map NOSUCH "
				    "in\n")));
	assert_false(allowed(FAMILY("  redistribute static\n")));
}

/* Without an export policy a foreign eBGP session would get the pins. */
static void test_leak(void **state)
{
	static const char text[] = "configure terminal\n"
				   "ip import-table 242\nend\n";
	static const char open[] = "frr version 8.4.4\nrouter bgp 65010\n"
				   " neighbor 5.5.5.5 remote-as 5\nexit\n";
	frr_view_auto v = {0};
	frr_view_auto good = {0};
	err_auto e = ERR_INIT;

	(void)state;
	load(&good, "edge.txt");
	assert_true(frr_scope_before(&good, text, 65010, &e));
	assert_true(frr_config_parse(open, &v.config, &e));
	assert_false(frr_scope_before(&v, text, 65010, &e));
	assert_non_null(strstr(err_msg(&e), "5.5.5.5"));
}

static void test_table_in_use(void **state)
{
	frr_view_auto v = {0};
	err_auto e = ERR_INIT;

	(void)state;
	load(&v, "pinned.txt");
	assert_false(frr_scope_before(
		&v, "configure terminal\nip import-table 242\nend\n", 65010,
		&e));
}

static void test_after(void **state)
{
	frr_view_auto before = {0};
	frr_view_auto after = {0};
	err_auto e = ERR_INIT;

	(void)state;
	load(&before, "edge.txt");
	load(&after, "edge.txt");
	assert_true(frr_scope_after(&before, &after, "", &e));
	frr_config_done(&after.config);
	assert_true(frr_config_parse("frr version 8.4.4\nhostname other\n",
				     &after.config, &e));
	assert_false(frr_scope_after(&before, &after, "", &e));
	assert_int_equal(e.code, ERR_UNKNOWN);
}

static void test_a_reset_is_seen(void **state)
{
	frr_view_auto before = {0};
	frr_view_auto after = {0};
	json_t *peer;
	err_auto e = ERR_INIT;

	(void)state;
	load(&before, "edge.txt");
	load(&after, "edge.txt");
	peer = json_peek(
		json_peek(json_peek(after.summary, "ipv4Unicast"), "peers"),
		"10.100.255.4");
	assert_non_null(peer);
	json_object_set_new(peer, "connectionsEstablished", json_integer(2));
	assert_false(frr_scope_after(&before, &after, "", &e));
	assert_non_null(strstr(err_msg(&e), "10.100.255.4"));
	assert_true(frr_scope_after(
		&before, &after, " no neighbor 10.100.255.4 shutdown\n", &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_leak),
		cmocka_unit_test(test_table_in_use),
		cmocka_unit_test(test_after),
		cmocka_unit_test(test_a_reset_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
