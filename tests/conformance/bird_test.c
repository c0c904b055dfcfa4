/*
 * bird_test.c - the BIRD adapter against real daemons: a cutover and back
 *
 * The tests build on each other, in order; see bird_lib.c for the network.
 */
#include "tests/conformance/bird_lib.h"

#include <string.h>

#include "orchestrator/base/clock.h"

static char *foreign_at_start;

static void sees_what_is_there(void **state)
{
	struct resource vpn, route, config, nothing;

	(void)state;
	lab_wait("vpn1", "10.99.0.2");
	lab_soon("birdc -s %s/e.ctl show protocols all vpn1 | "
		 "grep -q '1 imported.* 3 exported'",
		 lab_dir);
	lab_soon("ip route show 10.100.0.0/16 | grep -q 10.99.0.2");
	vpn = lab_see(RESOURCE_SESSION, "vpn1", "10.99.0.2");
	assert_true(vpn.present && vpn.session.enabled && !vpn.session.ours);
	assert_int_equal(65515, vpn.session.asn);
	assert_int_equal(65010, vpn.session.local_asn);
	assert_string_equal("ACCEPT", vpn.session.import);
	assert_string_equal("vpn_out", vpn.session.export);
	assert_string_equal("65515", vpn.session.as_path);
	assert_int_equal(3, vpn.session.prefixes_sent);
	assert_int_equal(1, vpn.session.prefixes_accepted);
	route = lab_see(RESOURCE_ROUTE, "10.100.0.0/16", NULL);
	assert_true(route.present && route.route.in_fib);
	assert_string_equal("10.99.0.2", route.route.session);
	assert_string_equal("10.99.0.2", route.route.next_hops.v[0]);
	nothing = lab_see(RESOURCE_ROUTE, "10.77.0.0/16", NULL);
	assert_false(nothing.present);
	config = lab_see(RESOURCE_CONFIG, "config", NULL);
	assert_true(config.config.saved);
	assert_non_null(strstr(config.config.text, "protocol static extra"));
	assert_null(strstr(config.config.text, "vpnsecret"));
	assert_non_null(strstr(config.config.text, "hmac-sha256:"));
	foreign_at_start = mem_strdup(config.config.foreign);
	resource_done(&vpn);
	resource_done(&route);
	resource_done(&nothing);
	resource_done(&config);
}

static void stages_policies(void **state)
{
	resource_set_auto want = {0};
	struct changeset cs, again;
	err_auto e = ERR_INIT;

	(void)state;
	lab_want_policies(&want);
	assert_true(lab_ops->check(&lab_target, &want, &e));
	cs = lab_ensure(&want, 0);
	again = lab_plan(&want);
	assert_int_equal(0, again.n_forward);
	/* the same change under another key finds that it is so */
	free(cs.key);
	cs.key = mem_strdup("other");
	lab_expect(OUTCOME_UNCHANGED, lab_send(&cs, false, 0, &e), &e);
	changeset_done(&again);
	changeset_done(&cs);
}

static void session_is_born_shut(void **state)
{
	resource_set_auto want = {0};
	struct resource s;
	struct changeset cs;
	mem_auto_free char *file = NULL;

	(void)state;
	lab_want_born(&want);
	cs = lab_ensure(&want, 0);
	assert_non_null(strstr(cs.forward[0].text,
			       "password \"<secret er-hq/private>\";"));
	assert_null(strstr(cs.forward[0].text, PASSWORD));
	s = lab_see_session();
	assert_true(s.session.ours && !s.session.enabled);
	assert_non_null(s.session.secret_digest);
	assert_string_equal("er-hq/private", s.session.secret);
	/* what boots is as it was until it is saved */
	file = lab_read("cutover.conf");
	assert_string_equal(lab_original, file);
	free(file);
	lab_save();
	file = lab_read("cutover.conf");
	assert_non_null(strstr(file, "password \"" PASSWORD "\";"));
	assert_int_equal(
		0, lab_sh("test $(stat -c %%a%%G %s/cutover.conf) = 640bird",
			  lab_dir));
	assert_int_equal(0,
			 lab_sh("! grep -rl '" PASSWORD "' %s/run", lab_dir));
	resource_done(&s);
	changeset_done(&cs);
}

static void session_opens_silent(void **state)
{
	resource_set_auto want = {0};
	struct resource *r = lab_want_session(&want), s;
	struct changeset cs;

	(void)state;
	r->session.enabled = true;
	r->session.import = mem_strdup(POLICY "in-g0");
	r->session.export = mem_strdup(POLICY "out-g0");
	cs = lab_ensure(&want, 0);
	lab_wait(SESSION, "172.16.0.2");
	for (int i = 0; i < 600; i++) {
		s = lab_see_session();
		if (s.session.prefixes_received == 2 &&
		    strcmp(s.session.bfd_state, "up") == 0)
			break;
		resource_done(&s);
		clock_sleep_us(100000);
	}
	assert_string_equal("up", s.session.bfd_state);
	assert_int_equal(2, s.session.prefixes_received);
	assert_int_equal(0, s.session.prefixes_accepted);
	assert_int_equal(0, s.session.prefixes_sent);
	assert_int_equal(0, s.session.sent.n);
	assert_int_equal(0, s.session.received.n);
	/* a maintenance prepend shows although everything is denied */
	assert_string_equal("12076 12076", s.session.as_path);
	resource_done(&s);
	changeset_done(&cs);
}

static void binds_under_the_timer(void **state)
{
	struct resource before = lab_see_session(), s, route, config;
	struct changeset cs = lab_bind("in-g1", NULL, 120);
	err_auto e = ERR_INIT;

	(void)state;
	lab_deadline();
	lab_expect(OUTCOME_REFUSED, lab_ops->save(&lab_ctx, &e), &e);
	lab_expect(OUTCOME_APPLIED, lab_confirm(&cs, &e), &e);
	config = lab_see(RESOURCE_CONFIG, "config", NULL);
	assert_false(config.config.saved);
	lab_save();
	s = lab_wait_prefixes(0, 1);
	assert_int_equal(1, s.session.prefixes_accepted);
	assert_int_equal(1, s.session.received.n);
	assert_string_equal("10.100.0.0/16", s.session.received.v[0]);
	assert_true(s.session.established_epoch_s + 2 >
			    before.session.established_epoch_s &&
		    s.session.established_epoch_s <
			    before.session.established_epoch_s + 2);
	lab_soon("ip route show 10.100.0.0/16 | grep -q 172.16.0.2");
	route = lab_see(RESOURCE_ROUTE, "10.100.0.0/16", NULL);
	assert_true(route.route.in_fib);
	assert_string_equal("172.16.0.2", route.route.session);
	assert_int_equal(200, route.route.local_pref);
	/* asked twice, it is done once */
	lab_expect(OUTCOME_UNCHANGED, lab_confirm(&cs, &e), &e);
	resource_done(&before);
	resource_done(&s);
	resource_done(&route);
	resource_done(&config);
	changeset_done(&cs);
}

static void announces_what_the_policy_permits(void **state)
{
	struct changeset cs = lab_bind(NULL, "out-g1", 120);
	struct resource s;
	err_auto e = ERR_INIT;

	(void)state;
	lab_expect(OUTCOME_APPLIED, lab_confirm(&cs, &e), &e);
	s = lab_wait_prefixes(2, 1);
	assert_int_equal(2, s.session.sent.n);
	assert_string_equal("10.10.0.0/16", s.session.sent.v[0]);
	assert_string_equal("10.10.200.0/24", s.session.sent.v[1]);
	lab_soon("birdc -s %s/p.ctl show route 10.10.0.0/16 all >%s/seen; "
		 "grep -q 'as_path: 65010 65010 65010$' %s/seen && "
		 "grep -q 'med: 7' %s/seen && grep -q '(65010,77)' %s/seen",
		 lab_dir, lab_dir, lab_dir, lab_dir, lab_dir);
	lab_soon("birdc -s %s/p.ctl show route 10.10.200.0/24 | grep -q 65010",
		 lab_dir);
	assert_int_equal(0,
			 lab_sh("! birdc -s %s/p.ctl show route 10.66.0.0/16 | "
				"grep -q 65010",
				lab_dir));
	resource_done(&s);
	changeset_done(&cs);
}

/* A changeset's own way back, and what saving makes of it. */
static void way_back_of_a_changeset(void **state)
{
	struct changeset cs = lab_bind(NULL, "out-g2", 0);
	struct resource s = lab_wait_prefixes(0, 1);
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(0, s.session.sent.n); /* no community on these */
	lab_expect(OUTCOME_APPLIED, lab_send(&cs, true, 0, &e), &e);
	resource_done(&s);
	s = lab_see_session();
	assert_string_equal(POLICY "out-g1", s.session.export);
	lab_save();
	lab_deadline();
	lab_expect(OUTCOME_UNCHANGED, lab_ops->save(&lab_ctx, &e), &e);
	resource_done(&s);
	changeset_done(&cs);
}

static void speaks_ipv6(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto gone = {0};
	struct resource *r =
		resource_set_add(&want, RESOURCE_SESSION, "er-hq/primary/six");
	struct resource route;
	struct changeset cs;

	(void)state;
	r->session.neighbor = mem_strdup("fd00:172::2");
	r->session.local = mem_strdup("fd00:172::1");
	r->session.interface = mem_strdup("ckt0");
	r->session.asn = 12076;
	r->session.enabled = true;
	r->session.import = mem_strdup(POLICY "six-g1");
	r->session.ours = true;
	state_list_add(&r->session.received, "*");
	cs = lab_ensure(&want, 0);
	changeset_done(&cs);
	lab_wait("er-hq/primary/six", "fd00:172::2");
	for (int i = 0; i < 600; i++) {
		route = lab_see(RESOURCE_ROUTE, "2001:db8:100::/48", NULL);
		if (route.route.in_fib)
			break;
		resource_done(&route);
		clock_sleep_us(100000);
	}
	assert_true(route.route.in_fib);
	assert_string_equal("fd00:172::2", route.route.session);
	assert_string_equal("fd00:172::2", route.route.next_hops.v[0]);
	resource_done(&route);
	route = lab_see(RESOURCE_ROUTE, "2001:db9::/32", NULL);
	assert_false(route.present);
	resource_done(&route);
	resource_set_add(&gone, RESOURCE_SESSION, "er-hq/primary/six")
		->present = false;
	gone.v[0].session.neighbor = mem_strdup("fd00:172::2");
	cs = lab_ensure(&gone, 0);
	changeset_done(&cs);
}

static void changes_interfaces(void **state)
{
	resource_set_auto want = {0};
	struct resource *r =
		resource_set_add(&want, RESOURCE_INTERFACE, "ckt0");
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	r->interface.up = true;
	state_list_add(&r->interface.addresses, "172.16.0.1/30");
	state_list_add(&r->interface.addresses, "192.0.2.1/32");
	state_list_add(&r->interface.addresses, "fd00:172::1/126");
	cs = lab_plan(&want);
	lab_expect(OUTCOME_REFUSED, lab_send(&cs, false, 10, &e), &e);
	changeset_done(&cs);
	cs = lab_ensure(&want, 0);
	assert_string_equal("shell", cs.forward[0].what);
	lab_expect(OUTCOME_APPLIED, lab_send(&cs, true, 0, &e), &e);
	changeset_done(&cs);
}

/* As many prefixes as an Azure circuit takes. */
static void takes_large_policies(void **state)
{
	resource_set_auto want = {0};
	struct resource *r = lab_want_policy(&want, "large-g1", "export");
	struct state_policy_entry *x = lab_permit(r, "10.200.0.0/16");
	struct changeset cs;
	int64_t start;
	err_auto e = ERR_INIT;

	(void)state;
	for (int i = 1; i < 4000; i++) {
		mem_auto_free char *p =
			mem_format("10.%d.%d.0/24", 128 + i / 256, i % 256);

		state_list_add(&x->prefixes, p);
	}
	start = clock_mono_us();
	cs = lab_ensure(&want, 0);
	assert_true(clock_mono_us() - start < 30000000);
	lab_expect(OUTCOME_APPLIED, lab_send(&cs, true, 0, &e), &e);
	changeset_done(&cs);
}

static void leaves_nothing_behind(void **state)
{
	resource_set_auto gone = {0};
	resource_set_auto policies = {0};
	struct resource config, vpn;
	struct changeset cs;
	mem_auto_free char *file = NULL;

	(void)state;
	lab_want_session(&gone)->present = false;
	cs = lab_ensure(&gone, 0);
	changeset_done(&cs);
	lab_want_policies(&policies);
	for (size_t i = 0; i < policies.n; i++)
		policies.v[i].present = false;
	cs = lab_ensure(&policies, 0);
	changeset_done(&cs);
	lab_save();
	file = lab_read("cutover.conf");
	assert_string_equal(lab_original, file);
	config = lab_see(RESOURCE_CONFIG, "config", NULL);
	assert_string_equal(foreign_at_start, config.config.foreign);
	assert_string_equal(foreign_at_start, config.config.text);
	assert_true(config.config.saved);
	vpn = lab_see(RESOURCE_SESSION, "vpn1", "10.99.0.2");
	assert_string_equal("Established", vpn.session.state);
	resource_done(&config);
	resource_done(&vpn);
	free(foreign_at_start);
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_what_is_there),
		cmocka_unit_test(stages_policies),
		cmocka_unit_test(session_is_born_shut),
		cmocka_unit_test(session_opens_silent),
		cmocka_unit_test(binds_under_the_timer),
		cmocka_unit_test(announces_what_the_policy_permits),
		cmocka_unit_test(way_back_of_a_changeset),
		cmocka_unit_test(speaks_ipv6),
		cmocka_unit_test(changes_interfaces),
		cmocka_unit_test(takes_large_policies),
		cmocka_unit_test(leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, lab_up, lab_down);
}

int main(int argc, char **argv)
{
	(void)argc;
	return lab_main(argv, inside);
}
