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

static char *at_start;
static uint64_t vpn_epoch;

/* ---- the wants of the story ---- */

static void policies(struct resource_set *set, bool present)
{
	struct resource *r;
	struct state_policy_entry *x;

	frr_want_policy(set, IN "0", present ? "import" : NULL);
	frr_want_policy(set, OUT "0", present ? "export" : NULL);
	r = frr_want_policy(set, IN "1", present ? "import" : NULL);
	if (present) {
		x = frr_want_entry(r, "10.100.0.0/16");
		x->has_local_pref = true;
		x->local_pref = 200;
	}
	r = frr_want_policy(set, OUT "1", present ? "export" : NULL);
	if (!present)
		return;
	x = frr_want_entry(r, "10.10.200.0/24");
	x->community = mem_strdup("65010:200");
	x->has_med = true;
	x->med = 50;
	x->prepend = 2;
	state_list_add(&x->communities, "65010:1");
	state_list_add(&x->communities, "65010:2");
	x = frr_want_entry(r, "10.10.0.0/16 le 24");
	x->permit = false;
	x = frr_want_entry(r, "10.20.0.0/16 le 32");
	state_list_add(&x->prefixes, "2001:db8::/32 le 48");
	x->call = mem_strdup("VPN-OUT");
}

static const struct resource *look_session(struct resource_set *seen,
					   const char *addr, bool sent,
					   bool received)
{
	resource_set_auto want = {0};
	struct resource *r = resource_set_add(&want, RESOURCE_SESSION, SESSION);

	r->session.neighbor = mem_strdup(addr);
	if (sent)
		state_list_add(&r->session.sent, "*");
	if (received)
		state_list_add(&r->session.received, "*");
	frr_look(&want, seen);
	return &seen->v[0];
}

static bool wait_bfd(const char *wanted)
{
	for (int i = 0; i < 100; i++) {
		resource_set_auto seen = {0};
		const struct resource *r =
			look_session(&seen, CIRCUIT, false, false);

		if (strcmp(r->session.bfd_state, wanted) == 0)
			return true;
		clock_sleep_us(100000);
	}
	return false;
}

static void assert_vpn_untouched(void)
{
	resource_set_auto seen = {0};
	const struct resource *r = look_session(&seen, VPN, false, false);

	assert_string_equal(r->session.state, "Established");
	/* FRR computes it anew each time: the second may round either way */
	assert_in_range(r->session.established_epoch_s, vpn_epoch - 1,
			vpn_epoch + 1);
}

/* ---- the story ---- */

static void test_start(void **state)
{
	resource_set_auto seen = {0};
	const struct resource *r;

	(void)state;
	assert_true(frr_wait_state(VPN, "Established", 20000));
	r = look_session(&seen, VPN, false, false);
	assert_false(r->session.ours);
	assert_true(r->session.enabled);
	assert_string_equal(r->session.import, "VPN-IN");
	assert_string_equal(r->session.export, "VPN-OUT");
	assert_int_equal(r->session.asn, 65515);
	assert_int_equal(r->session.hold_s, 9);
	assert_string_equal(r->session.local, "10.100.255.1");
	assert_non_null(r->session.secret_digest);
	vpn_epoch = r->session.established_epoch_s;
	assert_int_not_equal(vpn_epoch, 0);
	at_start = frr_running();
}

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
	policies(&want, true);
	frr_ensure(&want);
	frr_look(&want, &seen);
	assert_true(frr_adapter_ops.render(&frr_target, &seen, &want, &cs, &e));
	assert_int_equal(cs.n_forward, 0);
	changeset_done(&cs);
	assert_vpn_untouched();
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
	r = look_session(&seen, CIRCUIT, false, false);
	assert_true(r->session.ours);
	assert_false(r->session.enabled);
	assert_string_equal(r->session.secret, "er-hq/private");
	assert_string_equal(r->session.state, "Idle");
	assert_vpn_untouched();
}

static void test_opened_says_nothing(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	const struct resource *r;

	(void)state;
	frr_want_session(&want, true, IN "0", OUT "0");
	frr_ensure(&want);
	assert_true(frr_wait_state(CIRCUIT, "Established", 30000));
	clock_sleep_us(1500000);
	r = look_session(&seen, CIRCUIT, true, true);
	assert_int_equal(r->session.sent.n, 0);
	assert_int_equal(r->session.received.n, 0);
	assert_int_equal(r->session.prefixes_accepted, 0);
	assert_int_equal(r->session.prefixes_received, 2);
	assert_string_equal(r->session.as_path, "12076");
	assert_true(wait_bfd("up"));
	assert_vpn_untouched();
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
	clock_sleep_us(500000);
	r = look_session(&seen, CIRCUIT, false, true);
	assert_int_equal(r->session.received.n, 1);
	assert_string_equal(r->session.received.v[0], "10.100.0.0/16");
	resource_set_add(&route, RESOURCE_ROUTE, "10.100.0.0/16");
	frr_look(&route, &routes);
	r = &routes.v[0];
	assert_true(r->present && r->route.in_fib);
	assert_string_equal(r->route.session, CIRCUIT);
	assert_int_equal(r->route.local_pref, 200);
	assert_string_equal(r->route.next_hops.v[0], CIRCUIT "%ckt0");
	assert_vpn_untouched();
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
	clock_sleep_us(500000);
	r = look_session(&seen, CIRCUIT, true, false);
	assert_int_equal(r->session.sent.n, 1);
	assert_string_equal(r->session.sent.v[0], "10.10.200.0/24");
	theirs = frr_on("p", "vtysh -c 'show bgp ipv4 unicast 10.10.200.0/24'");
	assert_non_null(strstr(theirs, "65010 65010 65010"));
	assert_non_null(strstr(theirs, "65010:1 65010:2 65010:200"));
	assert_non_null(strstr(theirs, "metric 50"));
	assert_vpn_untouched();
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

/* ---- the dead-man timer ---- */

static void test_guard_fires(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto before = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_want_session(&before, true, IN "1", OUT "1");
	frr_want_session(&want, true, IN "1", OUT "0");
	assert_int_equal(frr_change(&want, 3, &cs, &e), OUTCOME_APPLIED);
	assert_true(frr_is(&want));
	clock_sleep_us(1500000);
	assert_true(frr_is(&want));
	assert_true(frr_wait(&before, 6000));
	assert_int_equal(frr_adapter_ops.confirm(&frr_ctx, cs.key, &e),
			 OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "run out"));
	changeset_done(&cs);
	assert_vpn_untouched();
}

static void test_guard_confirmed(void **state)
{
	resource_set_auto want = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_want_session(&want, true, IN "1", OUT "0");
	assert_int_equal(frr_change(&want, 2, &cs, &e), OUTCOME_APPLIED);
	assert_int_equal(frr_adapter_ops.confirm(&frr_ctx, cs.key, &e),
			 OUTCOME_APPLIED);
	assert_int_equal(frr_adapter_ops.confirm(&frr_ctx, cs.key, &e),
			 OUTCOME_UNCHANGED);
	clock_sleep_us(4000000);
	assert_true(frr_is(&want));
	assert_int_equal(frr_adapter_ops.confirm(&frr_ctx, "nobody", &e),
			 OUTCOME_REFUSED);
	changeset_done(&cs);
}

static void test_guard_renewed(void **state)
{
	resource_set_auto one = {0};
	resource_set_auto two = {0};
	resource_set_auto start = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_want_session(&start, true, IN "1", OUT "0");
	frr_want_session(&one, true, IN "1", OUT "1");
	frr_want_session(&two, true, IN "0", OUT "1");
	assert_int_equal(frr_change(&one, 3, NULL, &e), OUTCOME_APPLIED);
	clock_sleep_us(2000000);
	assert_int_equal(frr_change(&two, 3, NULL, &e), OUTCOME_APPLIED);
	clock_sleep_us(1800000); /* the first one's time is over */
	assert_true(frr_is(&two));
	assert_true(frr_wait(&start, 6000));
	assert_vpn_untouched();
}

static void test_revert_now(void **state)
{
	resource_set_auto start = {0};
	resource_set_auto want = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_want_session(&start, true, IN "1", OUT "0");
	frr_want_session(&want, true, IN "1", OUT "1");
	assert_int_equal(frr_change(&want, 60, &cs, &e), OUTCOME_APPLIED);
	assert_int_equal(frr_adapter_ops.revert(&frr_ctx, cs.key, &e),
			 OUTCOME_APPLIED);
	assert_true(frr_is(&start));
	changeset_done(&cs);
	resource_set_done(&want);
	frr_want_session(&want, true, IN "1", OUT "1");
	frr_ensure(&want);
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
			 OUTCOME_RETRY); /* not even looked */
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
	assert_true(frr_wait_state(VPN, "Established", 30000));
	frr_want_vpn(&gone)->present = false;
	assert_int_equal(frr_change(&gone, 0, &cs, &e), OUTCOME_FATAL);
	{
		resource_set_auto seen = {0};

		vpn_epoch = look_session(&seen, VPN, false, false)
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
	clock_sleep_us(1000000);
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
	assert_vpn_untouched();
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
	clock_sleep_us(1000000);
	assert_false(has_route("v", "10.10.0.0/17"));
	assert_true(has_route("v", "10.10.0.0/16"));
	routes = frr_on("e", "ip route");
	assert_null(strstr(routes, "proto zebra"));
	assert_forwarding();
	assert_vpn_untouched();
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

static void test_gone(void **state)
{
	resource_set_auto want = {0};
	mem_auto_free char *end = NULL;

	(void)state;
	resource_set_add(&want, RESOURCE_SESSION, SESSION)->present = false;
	want.v[0].session.neighbor = mem_strdup(CIRCUIT);
	frr_ensure(&want);
	resource_set_done(&want);
	policies(&want, false);
	frr_ensure(&want);
	end = frr_running();
	assert_string_equal(at_start, end);
	free(at_start);
	assert_vpn_untouched();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_stage),
		cmocka_unit_test(test_foreign_text_is_the_same),
		cmocka_unit_test(test_born_shut),
		cmocka_unit_test(test_opened_says_nothing),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_same_key_is_not_run_twice),
		cmocka_unit_test(test_guard_fires),
		cmocka_unit_test(test_guard_confirmed),
		cmocka_unit_test(test_guard_renewed),
		cmocka_unit_test(test_revert_now),
		cmocka_unit_test(test_foreign_is_refused),
		cmocka_unit_test(test_bad_line_is_refused),
		cmocka_unit_test(test_stale_epoch),
		cmocka_unit_test(test_vpn_shut_and_open),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_pin_hides_from_foreign_text),
		cmocka_unit_test(test_unpin),
		cmocka_unit_test(test_pin_never_discards),
		cmocka_unit_test(test_thousand_prefixes),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_gone),
	};

	return frr_lib_main(tests, ARRAY_LEN(tests));
}
