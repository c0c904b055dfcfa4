/*
 * session_test.c - sessions as lines, and from recorded JSON
 */
#include "adapters/frr/session.h"
#include "tests/unit/adapters/frr/frr_data.h"

static struct target target = {.name = (char *)"edge1", .asn = 65010};

static struct resource *session(struct resource_set *set, const char *addr)
{
	struct resource *r = resource_set_add(set, RESOURCE_SESSION,
					      "er-hq/primary/private");

	r->session.neighbor = mem_strdup(addr);
	return r;
}

static void test_recorded_own(void **state)
{
	resource_set_auto set = {0};
	frr_config_auto c = {0};
	frr_answers_auto a = {0};
	struct resource *r = session(&set, "172.16.0.2");
	const struct state_session *s = &r->session;

	(void)state;
	frr_data_config("edge.txt", &c);
	frr_data_load("edge.txt", &a);
	frr_session_observe(&c, &target, r);
	frr_session_live(
		frr_answers_json(&a, "show bgp neighbors 172.16.0.2 json"),
		"172.16.0.2", r);
	assert_true(r->present && s->ours && s->enabled);
	assert_int_equal(s->asn, 12076);
	assert_int_equal(s->local_asn, 65010);
	assert_int_equal(s->bfd_interval_ms, 400);
	assert_int_equal(s->bfd_multiplier, 4);
	assert_int_equal(s->keepalive_s, 10);
	assert_int_equal(s->hold_s, 30);
	assert_string_equal(s->local, "172.16.0.1");
	assert_string_equal(s->state, "Established");
	assert_string_equal(s->bfd_state, "up");
	assert_non_null(s->secret_digest);
	assert_string_equal(s->secret, "");
	assert_int_not_equal(s->established_epoch_s, 0);
	frr_session_sent(frr_answers_json(&a,
					  "show bgp ipv4 unicast neighbors "
					  "172.16.0.2 advertised-routes json"),
			 r);
	frr_session_accepted(frr_answers_json(&a,
					      "show bgp ipv4 unicast neighbors "
					      "172.16.0.2 routes json"),
			     r);
	frr_session_received(
		frr_answers_json(&a, "show bgp ipv4 unicast neighbors "
				     "172.16.0.2 received-routes json"),
		r);
	assert_int_equal(s->sent.n, 2);
	assert_string_equal(s->sent.v[0], "10.10.200.0/24");
	assert_string_equal(s->sent.v[1], "10.10.201.0/24");
	assert_int_equal(s->received.n, 1);
	assert_string_equal(s->received.v[0], "10.100.0.0/16");
	assert_int_equal(s->prefixes_received, 4);
	assert_int_equal(s->prefixes_accepted, 1);
	assert_string_equal(s->as_path, "12076");
}

static void test_path(void **state)
{
	static const char direct[] =
		"[{\"dst\":\"172.16.0.2\",\"dev\":\"ckt0\","
		"\"prefsrc\":\"172.16.0.1\"}]";
	static const char far[] = "[{\"dst\":\"172.16.0.2\",\"dev\":\"lan0\","
				  "\"gateway\":\"10.0.11.1\"}]";
	resource_set_auto set = {0};
	struct resource *r = session(&set, "172.16.0.2");
	json_auto *a = json_text_parse(direct, strlen(direct), NULL);
	json_auto *b = json_text_parse(far, strlen(far), NULL);

	(void)state;
	frr_session_path(NULL, r);
	frr_session_path(b, r);
	assert_null(r->session.interface);
	frr_session_path(a, r);
	assert_string_equal(r->session.interface, "ckt0");
	assert_string_equal(r->session.local, "172.16.0.1");
}

static void test_recorded_vpn(void **state)
{
	resource_set_auto set = {0};
	frr_config_auto c = {0};
	struct resource *r = session(&set, "10.100.255.4");

	(void)state;
	frr_data_config("edge.txt", &c);
	frr_session_observe(&c, &target, r);
	assert_true(r->present && !r->session.ours);
	assert_string_equal(r->session.export, "VPN-OUT");
	assert_int_equal(r->session.bfd_interval_ms, 0);
}

static void test_absent(void **state)
{
	resource_set_auto set = {0};
	frr_config_auto c = {0};
	frr_answers_auto a = {0};
	struct resource *r = session(&set, "9.9.9.9");

	(void)state;
	frr_data_config("edge.txt", &c);
	frr_data_load("edge.txt", &a);
	frr_session_observe(&c, &target, r);
	frr_session_live(
		frr_answers_json(&a, "show bgp neighbors 9.9.9.9 json"),
		"9.9.9.9", r);
	assert_false(r->present);
	assert_null(r->session.state);
}

static void test_strange_json(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"172.16.0.2\": 5}",
		"{\"172.16.0.2\": {\"bgpState\": 7, \"peerBfdInfo\": []}}",
		"{\"advertisedRoutes\": {\"nonsense\": 1, \"10.0.0.0/8\": {}}}",
		"{\"receivedRoutes\": {\"10.0.0.0/8\": {\"path\": \"\"}}}",
	};
	frr_config_auto c = {0};

	(void)state;
	frr_data_config("edge.txt", &c);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		resource_set_auto set = {0};
		struct resource *r = session(&set, "172.16.0.2");
		json_auto *j =
			json_text_parse(texts[i], strlen(texts[i]), NULL);

		frr_session_observe(&c, &target, r);
		frr_session_live(j, "172.16.0.2", r);
		frr_session_sent(j, r);
		frr_session_accepted(j, r);
		frr_session_received(j, r);
		assert_string_equal(r->session.state, "Idle");
		assert_true(r->session.sent.n <= 1);
	}
}

static struct resource *wanted(struct resource_set *set)
{
	struct resource *r = session(set, "172.16.0.2");
	struct state_session *s = &r->session;

	s->asn = 12076;
	s->import = mem_strdup("CUTOVER-in-g0");
	s->export = mem_strdup("CUTOVER-out-g0");
	s->secret = mem_strdup("er-hq/private");
	s->hold_s = 30;
	s->bfd_interval_ms = 300;
	s->ours = true;
	return r;
}

static void test_birth(void **state)
{
	resource_set_auto set = {0};
	struct resource none = {.kind = RESOURCE_SESSION};
	struct resource *r = wanted(&set);
	buf_auto out = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(frr_session_render(65010, &none, r, &out, &e));
	assert_string_equal(
		buf_str(&out),
		"configure terminal\n"
		"router bgp 65010\n"
		" neighbor 172.16.0.2 remote-as 12076\n"
		" neighbor 172.16.0.2 shutdown\n"
		" neighbor 172.16.0.2 description CUTOVER "
		"er-hq/primary/private\n"
		" neighbor 172.16.0.2 password <secret er-hq/private>\n"
		" neighbor 172.16.0.2 timers 10 30\n"
		" neighbor 172.16.0.2 timers connect 5\n"
		" neighbor 172.16.0.2 bfd 3 300 300\n"
		" address-family ipv4 unicast\n"
		"  neighbor 172.16.0.2 activate\n"
		"  neighbor 172.16.0.2 soft-reconfiguration inbound\n"
		"  neighbor 172.16.0.2 route-map CUTOVER-in-g0 in\n"
		"  neighbor 172.16.0.2 route-map CUTOVER-out-g0 out\n"
		" exit-address-family\n"
		"exit\n"
		"end\n");
	buf_clear(&out);
	assert_true(frr_session_render(65010, r, &none, &out, &e));
	assert_string_equal(buf_str(&out), "configure terminal\n"
					   "router bgp 65010\n"
					   " no neighbor 172.16.0.2\n"
					   "exit\nend\n");
}

static void test_bind_and_open(void **state)
{
	resource_set_auto set = {0};
	resource_set_auto then = {0};
	struct resource *from = wanted(&set);
	struct resource *to = session(&then, "172.16.0.2");
	buf_auto out = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	to->session.enabled = true;
	to->session.import = mem_strdup("CUTOVER-in-g1");
	from->session.secret_digest = secret_digest("x");
	assert_true(frr_session_render(65010, from, to, &out, &e));
	assert_string_equal(buf_str(&out),
			    "configure terminal\n"
			    "router bgp 65010\n"
			    " address-family ipv4 unicast\n"
			    "  neighbor 172.16.0.2 route-map CUTOVER-in-g1 in\n"
			    " exit-address-family\n"
			    " no neighbor 172.16.0.2 shutdown\n"
			    "exit\n"
			    "end\n"
			    "clear bgp ipv4 unicast 172.16.0.2 soft in\n");
	buf_clear(&out);
	assert_true(frr_session_render(65010, from, from, &out, &e));
	assert_int_equal(out.len, 0);
}

static void test_refusals(void **state)
{
	resource_set_auto set = {0};
	resource_set_auto other = {0};
	struct resource *from = wanted(&set);
	struct resource *to = wanted(&other);
	struct resource none = {.kind = RESOURCE_SESSION};
	buf_auto out = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	to->session.asn = 64999;
	assert_false(frr_session_render(65010, from, to, &out, &e));
	to->session.ours = false;
	assert_false(frr_session_render(65010, &none, to, &out, &e));
	from->session.ours = false;
	assert_false(frr_session_render(65010, from, &none, &out, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_int_equal(out.len, 0);
	to->session.bfd_interval_ms = 10;
	assert_false(frr_session_check(&target, to, &e));
	to->session.bfd_interval_ms = 0;
	to->session.local_asn = 1;
	assert_false(frr_session_check(&target, to, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_own),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_recorded_vpn),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_strange_json),
		cmocka_unit_test(test_birth),
		cmocka_unit_test(test_bind_and_open),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
