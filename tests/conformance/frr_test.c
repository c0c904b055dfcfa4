/*
 * frr_test.c - the FRR adapter against real FRR
 *
 * One story in order: stage, be born shut, open, move, guard, pin, come back;
 * each test leaves what the next one needs, the last one proves that the
 * configuration is text for text what it was.
 */
#include "tests/conformance/frr_lib.h"

#include <stdio.h>
#include <string.h>

#include "orchestrator/base/clock.h"

static bool wait_bfd(const char *wanted)
{
	for (int i = 0; i < 600; i++) {
		resource_set_auto seen = {0};
		const struct resource *r =
			frr_look_session(&seen, CIRCUIT, false, false);

		if (strcmp(r->session.bfd_state, wanted) == 0)
			return true;
		clock_sleep_us(100000);
	}
	return false;
}

/* ---- the story ---- */

static void test_config(void **state)
{
	resource_set_auto seen = {0};
	resource_set_auto want = {0};
	const struct state_config *c;

	(void)state;
	resource_set_add(&want, RESOURCE_CONFIG, "config");
	frr_look(&want, &seen);
	c = &seen.v[0].config;
	assert_true(c->saved);
	assert_non_null(strstr(c->text, "router bgp 65010"));
	assert_null(strstr(c->text, "vpn-md5-secret"));
	assert_null(strstr(c->foreign, "vpn-md5-secret"));
	assert_non_null(strstr(c->text, "password hmac-sha256:"));
}

static void test_stage(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_want_policies(&want, true);
	frr_ensure(&want);
	frr_look(&want, &seen);
	assert_true(frr_adapter_ops.render(&frr_target, &seen, &want, &cs, &e));
	assert_int_equal(cs.n_forward, 0);
	changeset_done(&cs);
	frr_assert_vpn_untouched();
}

static void test_foreign_text_is_the_same(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	mem_auto_free char *now = frr_running();

	(void)state;
	resource_set_add(&want, RESOURCE_CONFIG, "config");
	frr_look(&want, &seen);
	assert_null(strstr(seen.v[0].config.foreign, "CUTOVER"));
	assert_non_null(strstr(seen.v[0].config.text, "CUTOVER"));
	assert_non_null(strstr(now, "CUTOVER"));
	assert_false(seen.v[0].config.saved);
}

static void test_born_shut(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	const struct resource *r;

	(void)state;
	frr_want_session(&want, false, IN "0", OUT "0");
	frr_ensure(&want);
	r = frr_look_session(&seen, CIRCUIT, false, false);
	assert_true(r->session.ours);
	assert_false(r->session.enabled);
	assert_string_equal(r->session.secret, "er-hq/private");
	assert_string_equal(r->session.state, "Idle");
	frr_assert_vpn_untouched();
}

static void test_opened_says_nothing(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	const struct resource *r;

	(void)state;
	frr_want_session(&want, true, IN "0", OUT "0");
	frr_ensure(&want);
	assert_true(frr_wait_state(CIRCUIT, "Established", 60000));
	r = frr_wait_counts(&seen, 2, 0, 0);
	assert_int_equal(r->session.sent.n, 0);
	assert_int_equal(r->session.received.n, 0);
	assert_int_equal(r->session.prefixes_accepted, 0);
	assert_int_equal(r->session.prefixes_received, 2);
	assert_string_equal(r->session.as_path, "12076");
	assert_true(wait_bfd("up"));
	frr_assert_vpn_untouched();
}

static void test_import(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	resource_set_auto route = {0};
	resource_set_auto routes = {0};
	int64_t start = clock_mono_us();
	const struct resource *r;

	(void)state;
	frr_want_session(&want, true, IN "1", OUT "0");
	frr_ensure(&want);
	print_message("# rebinding took %lld ms\n",
		      (long long)(clock_mono_us() - start) / 1000);
	r = frr_wait_counts(&seen, 2, 1, 0);
	assert_int_equal(r->session.received.n, 1);
	assert_string_equal(r->session.received.v[0], "10.100.0.0/16");
	frr_soon("e", "ip route show 10.100.0.0/16 | grep -q " CIRCUIT);
	resource_set_add(&route, RESOURCE_ROUTE, "10.100.0.0/16");
	frr_look(&route, &routes);
	r = &routes.v[0];
	assert_true(r->present && r->route.in_fib);
	assert_string_equal(r->route.session, CIRCUIT);
	assert_int_equal(r->route.local_pref, 200);
	assert_string_equal(r->route.next_hops.v[0], CIRCUIT "%ckt0");
	frr_assert_vpn_untouched();
}

static void test_export(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	mem_auto_free char *theirs = NULL;
	const struct resource *r;

	(void)state;
	frr_want_session(&want, true, IN "1", OUT "1");
	frr_ensure(&want);
	r = frr_wait_counts(&seen, 2, 1, 1);
	assert_int_equal(r->session.sent.n, 1);
	assert_string_equal(r->session.sent.v[0], "10.10.200.0/24");
	frr_soon("p", "vtysh -c 'show bgp ipv4 unicast 10.10.200.0/24' | "
		      "grep -q '65010 65010 65010'");
	theirs = frr_on("p", "vtysh -c 'show bgp ipv4 unicast 10.10.200.0/24'");
	assert_non_null(strstr(theirs, "65010 65010 65010"));
	assert_non_null(strstr(theirs, "65010:1 65010:2 65010:200"));
	assert_non_null(strstr(theirs, "metric 50"));
	frr_assert_vpn_untouched();
}

static void test_same_key_is_not_run_twice(void **state)
{
	resource_set_auto want = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_want_session(&want, true, IN "1", OUT "0");
	assert_int_equal(frr_change(&want, 0, &cs, &e), OUTCOME_APPLIED);
	assert_int_equal(
		frr_adapter_ops.apply(&frr_ctx, &cs, false, NULL, NULL, &e),
		OUTCOME_UNCHANGED);
	assert_int_equal(
		frr_adapter_ops.apply(&frr_ctx, &cs, true, NULL, NULL, &e),
		OUTCOME_APPLIED);
	changeset_done(&cs);
	resource_set_done(&want);
	frr_want_session(&want, true, IN "1", OUT "1");
	assert_true(frr_is(&want));
}

/* ---- big sets, saving, the way back ---- */

static void test_thousand_prefixes(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto none = {0};
	struct resource *r = frr_want_policy(&want, "CUTOVER-big-g1", "export");
	struct state_policy_entry *x = frr_want_entry(r, NULL);
	int64_t start = clock_mono_us();

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		mem_auto_free char *p =
			mem_format("10.%u.%u.0/24", 128 + i / 256, i % 256);

		state_list_add(&x->prefixes, p);
	}
	frr_ensure(&want);
	print_message("# 1000 prefixes took %lld ms\n",
		      (long long)(clock_mono_us() - start) / 1000);
	frr_want_policy(&none, "CUTOVER-big-g1", NULL);
	frr_ensure(&none);
}

static void test_save(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(frr_adapter_ops.save(&frr_ctx, &e), OUTCOME_APPLIED);
	resource_set_add(&want, RESOURCE_CONFIG, "config");
	frr_look(&want, &seen);
	assert_true(seen.v[0].config.saved);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frr_test_start),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_stage),
		cmocka_unit_test(test_foreign_text_is_the_same),
		cmocka_unit_test(test_born_shut),
		cmocka_unit_test(test_opened_says_nothing),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_same_key_is_not_run_twice),
		cmocka_unit_test(test_thousand_prefixes),
		cmocka_unit_test(test_save),
		cmocka_unit_test(frr_test_gone),
	};

	(void)argc;
	return frr_lib_main(argv, tests, ARRAY_LEN(tests));
}
