/*
 * frr_safety_test.c - the FRR adapter when things do not go to plan
 *
 * What is refused, the existing session, and pins, against real FRR; what the
 * circuit's session needs is made first and removed last.
 */
#include "tests/conformance/frr_lib.h"

#include <stdio.h>
#include <string.h>

#include "orchestrator/base/clock.h"

static void test_circuit(void **state)
{
	resource_set_auto want = {0};

	(void)state;
	frr_want_policies(&want, true);
	frr_ensure(&want);
	resource_set_done(&want);
	frr_want_session(&want, true, IN "1", OUT "1");
	frr_ensure(&want);
	assert_true(frr_wait_state(CIRCUIT, "Established", 60000));
	frr_assert_vpn_untouched();
}

/* ---- what is refused ---- */

static enum outcome apply_text(const char *text, struct err *e)
{
	static unsigned n;
	struct changeset cs = {.key = mem_format("text.%u", ++n)};
	enum outcome o;

	changeset_add(&cs, false, "vtysh", text);
	frr_ctx.deadline_us = clock_mono_us() + 20000000;
	o = frr_adapter_ops.apply(&frr_ctx, &cs, false, NULL, NULL, e);
	changeset_done(&cs);
	return o;
}

static void test_foreign_is_refused(void **state)
{
	static const char *const texts[] = {
		"configure terminal\nno route-map VPN-IN\nend\n",
		"configure terminal\nroute-map VPN-OUT permit 5\nexit\nend\n",
		"configure terminal\nhostname other\nend\n",
		"configure terminal\nrouter bgp 65010\n"
		" neighbor " VPN " password other\nexit\nend\n",
		"configure terminal\nrouter bgp 65010\n"
		" no neighbor " VPN "\nexit\nend\n",
		"configure terminal\nrouter bgp 65010\n"
		" bgp router-id 1.1.1.1\nexit\nend\n",
		"configure terminal\nrouter bgp 65010\n"
		" address-family ipv4 unicast\n"
		"  neighbor " VPN " route-map CUTOVER-nosuch out\n"
		" exit-address-family\nexit\nend\n",
		"configure terminal\nno route-map " OUT "1\nend\n", /* bound */
		"configure terminal\nrouter bgp 65999\nexit\nend\n",
	};
	mem_auto_free char *before = frr_running();
	mem_auto_free char *after = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		err_auto e = ERR_INIT;

		assert_int_equal(apply_text(texts[i], &e), OUTCOME_REFUSED);
		assert_null(strstr(err_msg(&e), "password other"));
	}
	after = frr_running();
	assert_string_equal(before, after);
}

static void test_bad_line_is_refused(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(apply_text("configure terminal\n"
				    "ip prefix-list CUTOVER-x seq 5 permit "
				    "10.0.0.0/99\nend\n",
				    &e),
			 OUTCOME_REFUSED);
	assert_int_equal(
		apply_text("configure terminal\n"
			   "ip prefix-list CUTOVER-x seq 5 permit 10.0.0.0/9\n"
			   "ip prefix-list CUTOVER-x seq 6 permit nonsense\n"
			   "end\n",
			   &e),
		OUTCOME_UNKNOWN);
	assert_int_equal(apply_text("configure terminal\n"
				    "no ip prefix-list CUTOVER-x\nend\n",
				    &e),
			 OUTCOME_APPLIED);
}

static void test_stale_epoch(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	frr_ctx.epoch--;
	assert_int_equal(apply_text("configure terminal\n"
				    "no route-map CUTOVER-none\nend\n",
				    &e),
			 OUTCOME_REFUSED);
	frr_ctx.epoch++;
}

/* ---- the existing session ---- */

static void test_vpn_shut_and_open(void **state)
{
	resource_set_auto shut = {0};
	resource_set_auto open = {0};
	resource_set_auto gone = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_want_vpn(&shut)->session.enabled = false;
	frr_ensure(&shut);
	frr_want_vpn(&open);
	frr_ensure(&open);
	assert_true(frr_wait_state(VPN, "Established", 60000));
	frr_want_vpn(&gone)->present = false;
	assert_int_equal(frr_change(&gone, 0, &cs, &e), OUTCOME_FATAL);
	{
		resource_set_auto seen = {0};

		frr_vpn_epoch = frr_look_session(&seen, VPN, false, false)
					->session.established_epoch_s;
	}
}

/* ---- pins ---- */

static struct resource *want_pin(struct resource_set *set)
{
	struct resource *r = resource_set_add(set, RESOURCE_STATIC_ROUTE,
					      "CUTOVER-pin-vpn1");

	r->static_route.session = mem_strdup(VPN);
	return r;
}

static bool has_route(const char *node, const char *prefix)
{
	mem_auto_free char *s = frr_on(
		node, "vtysh -c 'show bgp ipv4 unicast %s json'", prefix);

	return strstr(s, "\"paths\"") != NULL;
}

static void assert_forwarding(void)
{
	mem_auto_free char *a = frr_on("e", "ip route get 10.10.3.3");
	mem_auto_free char *b = frr_on("e", "ip route get 10.10.200.3");

	assert_non_null(strstr(a, "via 10.0.11.1 dev lan0"));
	assert_non_null(strstr(b, "via 10.0.11.1 dev lan0"));
}

static void test_pin(void **state)
{
	resource_set_auto want = {0};
	struct resource *r = want_pin(&want);
	mem_auto_free char *path = NULL;

	(void)state;
	state_list_add(&r->static_route.prefixes, "10.10.0.0/17");
	state_list_add(&r->static_route.prefixes, "10.10.128.0/17");
	state_list_add(&r->static_route.prefixes, "10.10.200.0/24");
	assert_forwarding();
	frr_ensure(&want);
	frr_soon("v", "vtysh -c 'show bgp ipv4 unicast' | grep 10.10.0.0/17");
	frr_soon("v", "vtysh -c 'show bgp ipv4 unicast' | grep 10.10.128.0/17");
	frr_soon("v", "vtysh -c 'show bgp ipv4 unicast' | grep 10.10.200.0/24");
	clock_sleep_us(1000000); /* what must not come has time to come */
	assert_true(has_route("v", "10.10.0.0/17"));
	assert_true(has_route("v", "10.10.128.0/17"));
	assert_true(has_route("v", "10.10.0.0/16"));
	assert_true(has_route("v", "10.10.200.0/24"));
	assert_false(has_route("c", "10.10.0.0/17"));
	assert_false(has_route("c", "10.10.128.0/17"));
	assert_false(has_route("p", "10.10.0.0/17"));
	assert_false(has_route("p", "10.10.128.0/17"));
	assert_true(has_route("p", "10.10.200.0/24"));
	path = frr_on("v", "vtysh -c 'show bgp ipv4 unicast 10.10.0.0/17'");
	assert_null(strstr(path, "65010 65010"));
	assert_forwarding();
	frr_assert_vpn_untouched();
}

/* One of them is let go; the others never leave. */
static void test_pin_fewer(void **state)
{
	resource_set_auto want = {0};
	struct resource *r = want_pin(&want);
	mem_auto_free char *gone = NULL;

	(void)state;
	state_list_add(&r->static_route.prefixes, "10.10.0.0/17");
	state_list_add(&r->static_route.prefixes, "10.10.200.0/24");
	frr_soon("v", "timeout 60 ip monitor route >/run/seen 2>&1 &");
	frr_ensure(&want);
	frr_soon("v", "! vtysh -c 'show bgp ipv4 unicast' | grep "
		      "10.10.128.0/17");
	assert_false(has_route("v", "10.10.128.0/17"));
	frr_soon("v", "grep '^Deleted 10.10.128.0/17' /run/seen");
	clock_sleep_us(1000000); /* what must not go has time to go */
	gone = frr_on("v", "grep -c '^Deleted' /run/seen");
	assert_string_equal(gone, "1\n");
	assert_true(has_route("v", "10.10.0.0/17"));
	assert_true(has_route("v", "10.10.200.0/24"));
	assert_forwarding();
	frr_assert_vpn_untouched();
}

static void test_pin_hides_from_foreign_text(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};

	(void)state;
	resource_set_add(&want, RESOURCE_CONFIG, "config");
	frr_look(&want, &seen);
	assert_null(strstr(seen.v[0].config.foreign, "CUTOVER"));
	assert_null(strstr(seen.v[0].config.foreign, "import-table"));
	assert_non_null(strstr(seen.v[0].config.foreign,
			       "neighbor " VPN " route-map VPN-OUT out"));
}

static void test_unpin(void **state)
{
	resource_set_auto want = {0};
	mem_auto_free char *routes = NULL;

	(void)state;
	want_pin(&want)->present = false;
	frr_ensure(&want);
	frr_soon("v", "! vtysh -c 'show bgp ipv4 unicast' | grep 10.10.0.0/17");
	assert_false(has_route("v", "10.10.0.0/17"));
	assert_true(has_route("v", "10.10.0.0/16"));
	routes = frr_on("e", "ip route");
	assert_null(strstr(routes, "proto zebra"));
	assert_forwarding();
	frr_assert_vpn_untouched();
}

static void test_pin_never_discards(void **state)
{
	resource_set_auto want = {0};
	struct resource *r = want_pin(&want);
	err_auto e = ERR_INIT;

	(void)state;
	state_list_add(&r->static_route.prefixes, "192.0.2.0/25");
	assert_int_equal(frr_change(&want, 0, NULL, &e), OUTCOME_FATAL);
	assert_non_null(strstr(err_msg(&e), "192.0.2.0/25"));
}

/* The emergency action: all timers are disarmed, the VPN does not notice. */
static void test_bound_at_once(void **state)
{
	resource_set_auto armed = {0};
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_want_session(&armed, true, IN "0", OUT "0");
	assert_int_equal(frr_change(&armed, 300, NULL, &e), OUTCOME_APPLIED);
	frr_want_session(&want, true, IN "1", OUT "1");
	frr_ctx.deadline_us = clock_mono_us() + 20000000;
	assert_int_equal(frr_adapter_ops.bind(&frr_ctx, &want, "at-once.1", &e),
			 OUTCOME_APPLIED);
	assert_true(frr_is(&want));
	assert_int_equal(frr_adapter_ops.renew(&frr_ctx, 300, &e),
			 OUTCOME_UNCHANGED);
	frr_assert_vpn_untouched();
}

/* What is not there is not made; what is there stays. */
static void test_not_bound_at_once(void **state)
{
	mem_auto_free char *before = frr_running();
	mem_auto_free char *after = NULL;
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;
	struct resource *r = frr_want_session(&want, true, IN "0", OUT "0");

	(void)state;
	free(r->session.neighbor);
	r->session.neighbor = mem_strdup("172.16.0.99");
	frr_ctx.deadline_us = clock_mono_us() + 20000000;
	assert_int_not_equal(
		frr_adapter_ops.bind(&frr_ctx, &want, "at-once.2", &e),
		OUTCOME_APPLIED);
	after = frr_running();
	assert_string_equal(before, after);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frr_test_start),
		cmocka_unit_test(test_circuit),
		cmocka_unit_test(test_bound_at_once),
		cmocka_unit_test(test_not_bound_at_once),
		cmocka_unit_test(test_foreign_is_refused),
		cmocka_unit_test(test_bad_line_is_refused),
		cmocka_unit_test(test_stale_epoch),
		cmocka_unit_test(test_vpn_shut_and_open),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_pin_fewer),
		cmocka_unit_test(test_pin_hides_from_foreign_text),
		cmocka_unit_test(test_unpin),
		cmocka_unit_test(test_pin_never_discards),
		cmocka_unit_test(frr_test_gone),
	};

	(void)argc;
	return frr_lib_main(argv, tests, ARRAY_LEN(tests));
}
