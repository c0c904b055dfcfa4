/*
 * pin_test.c - pins: facts from recorded routes, and the commands
 */
#include "adapters/frr/pin.h"
#include "tests/unit/adapters/frr/frr_data.h"

static struct target target = {.name = (char *)"edge1", .asn = 65010};

struct fixture {
	struct frr_answers answers;
	struct frr_config config;
	struct resource_set set;
	struct resource seen;
};

static void take_match(struct frr_routes *r, struct frr_answers *a,
		       const char *prefix)
{
	mem_auto_free char *name = mem_format("match %s", prefix);

	frr_routes_add(r, frr_answers_json(a, name));
}

static void fixture_done(struct fixture *f)
{
	frr_answers_done(&f->answers);
	frr_config_done(&f->config);
	resource_set_done(&f->set);
	resource_done(&f->seen);
}

static struct resource *observe(struct fixture *f, const char *data,
				const char *const *prefixes)
{
	struct resource *want;
	frr_routes_auto table = {0};
	frr_routes_auto main = {0};
	struct frr_pin_facts facts = {.table = &table, .main = &main};

	*f = (struct fixture){0};
	frr_data_load(data, &f->answers);
	frr_data_config(data, &f->config);
	want = resource_set_add(&f->set, RESOURCE_STATIC_ROUTE,
				"CUTOVER-pin-vpn1");
	want->static_route.session = mem_strdup("10.100.255.4");
	for (; *prefixes; prefixes++) {
		state_list_add(&want->static_route.prefixes, *prefixes);
		take_match(&main, &f->answers, *prefixes);
	}
	frr_routes_add(&table, frr_answers_json(&f->answers, "table"));
	frr_routes_sort(&table);
	frr_routes_sort(&main);
	f->seen.kind = RESOURCE_STATIC_ROUTE;
	f->seen.name = mem_strdup(want->name);
	frr_pin_observe(&f->config, 242, want, &facts, &f->seen);
	return want;
}

static void test_held(void **state)
{
	static const char *const all[] = {"10.10.0.0/17", "10.10.128.0/17",
					  "10.10.200.0/24", NULL};
	struct fixture f;
	struct resource *want = observe(&f, "pinned.txt", all);

	(void)state;
	assert_true(resource_equal(&f.seen, want));
	assert_string_equal(f.seen.static_route.next_hop,
			    "10.10.0.0/17 via 10.0.11.1%lan0, "
			    "10.10.128.0/17 via 10.0.11.1%lan0, "
			    "10.10.200.0/24 present, export VPN-OUT");
	fixture_done(&f);
}

/* Nobody names the prefixes, yet what is there can be restored. */
static void test_surplus(void **state)
{
	static const char *const none[] = {NULL};
	struct changeset cs = {0};
	struct fixture f;
	struct resource *want = observe(&f, "pinned.txt", none);
	err_auto e = ERR_INIT;

	(void)state;
	assert_false(resource_equal(&f.seen, want));
	assert_int_equal(f.seen.static_route.prefixes.n, 3);
	assert_true(frr_pin_create(&target, &f.seen, &f.seen, false, &cs, &e));
	assert_non_null(strstr(cs.forward[1].text,
			       "route replace 10.10.128.0/17 via 10.0.11.1 "
			       "dev lan0 proto static table 242\n"));
	changeset_done(&cs);
	fixture_done(&f);
}

static void test_not_held(void **state)
{
	static const char *const one[] = {"10.10.0.0/17", NULL};
	struct changeset cs = {0};
	struct fixture f;
	struct resource *want = observe(&f, "edge.txt", one);
	err_auto e = ERR_INIT;

	(void)state;
	assert_false(f.seen.present);
	assert_int_equal(f.seen.static_route.prefixes.n, 0);
	assert_true(frr_pin_create(&target, &f.seen, want, false, &cs, &e));
	assert_int_equal(cs.n_forward, 2);
	assert_non_null(strstr(cs.forward[0].text, " call VPN-OUT\n"));
	assert_string_equal(cs.forward[1].text,
			    "ip -batch - <<'CUTOVER_END_OF_ROUTES'\n"
			    "route replace 10.10.0.0/17 via 10.0.11.1 dev lan0 "
			    "proto static table 242\n"
			    "CUTOVER_END_OF_ROUTES\n");
	frr_pin_remove(&target, &f.seen, want, true, &cs);
	assert_int_equal(cs.n_back, 3);
	assert_string_equal(cs.back[0].text,
			    "ip route flush table 242 proto static\n");
	assert_non_null(
		strstr(cs.back[1].text,
		       "neighbor 10.100.255.4 route-map VPN-OUT out\n"));
	changeset_done(&cs);
	fixture_done(&f);
}

/* What stays held is not touched; what is announced anyhow is no mere route. */
static void test_fewer(void **state)
{
	static const char *const fewer[] = {"10.10.128.0/17", "10.10.200.0/24",
					    NULL};
	static const char *const without[] = {"10.10.0.0/17", "10.10.128.0/17",
					      NULL};
	struct changeset fwd = {0}, back = {0};
	struct fixture f;
	struct resource *want = observe(&f, "pinned.txt", fewer);

	(void)state;
	assert_true(frr_pin_shrink(&target, &f.seen, want, &fwd, &back));
	assert_int_equal(fwd.n_forward, 1);
	assert_int_equal(back.n_forward, 1);
	assert_string_equal(fwd.forward[0].text,
			    "ip -batch - <<'CUTOVER_END_OF_ROUTES'\n"
			    "route del 10.10.0.0/17 proto static table 242\n"
			    "CUTOVER_END_OF_ROUTES\n");
	assert_string_equal(back.forward[0].text,
			    "ip -batch - <<'CUTOVER_END_OF_ROUTES'\n"
			    "route replace 10.10.0.0/17 via 10.0.11.1 dev lan0 "
			    "proto static table 242\n"
			    "CUTOVER_END_OF_ROUTES\n");
	assert_false(frr_pin_shrink(&target, &f.seen, &f.seen, &fwd, &back));
	fixture_done(&f);
	want = observe(&f, "pinned.txt", without);
	assert_false(frr_pin_shrink(&target, &f.seen, want, &fwd, &back));
	assert_int_equal(fwd.n_forward, 1);
	fixture_done(&f);
	want = observe(&f, "edge.txt", without);
	assert_false(frr_pin_shrink(&target, &f.seen, want, &fwd, &back));
	assert_int_equal(fwd.n_forward, 1);
	fixture_done(&f);
	changeset_done(&fwd);
	changeset_done(&back);
}

static void test_never_a_discard(void **state)
{
	static const char *const prefixes[][2] = {
		{"172.31.0.0/17", NULL},
		{"192.0.2.0/25", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct changeset cs = {0};
		struct fixture f;
		struct resource *want = observe(&f, "pinned.txt", prefixes[i]);
		err_auto e = ERR_INIT;

		assert_false(
			frr_pin_create(&target, &f.seen, want, false, &cs, &e));
		assert_int_equal(e.code, ERR_REFUSED);
		assert_int_equal(cs.n_forward, 0);
		changeset_done(&cs);
		fixture_done(&f);
	}
}

static void test_several_hops(void **state)
{
	static const char *const one[] = {"172.30.0.0/17", NULL};
	struct changeset cs = {0};
	struct fixture f;
	struct resource *want = observe(&f, "pinned.txt", one);
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(frr_pin_create(&target, &f.seen, want, false, &cs, &e));
	assert_string_equal(cs.forward[1].text,
			    "ip -batch - <<'CUTOVER_END_OF_ROUTES'\n"
			    "route replace 172.30.0.0/17 nexthop via 10.0.11.1 "
			    "dev lan0 nexthop via 10.100.255.4 dev tun0 proto "
			    "static table 242\n"
			    "CUTOVER_END_OF_ROUTES\n");
	changeset_done(&cs);
	fixture_done(&f);
}

static json_t *routes_json(const char *protocol, unsigned n)
{
	json_t *l = json_array();

	for (unsigned i = 0; i < n; i++) {
		mem_auto_free char *dst =
			mem_format("10.%u.%u.%u/25", 128 + i / 512, i / 2 % 256,
				   i % 2 * 128);

		json_array_append_new(l,
				      json_pack("{s:s,s:s,s:s,s:s}", "dst", dst,
						"gateway", "10.0.11.1", "dev",
						"lan0", "protocol", protocol));
	}
	json_array_append_new(l,
			      json_pack("{s:s,s:s,s:s,s:s}", "dst",
					"10.128.0.0/9", "gateway", "10.0.11.9",
					"dev", "lan0", "protocol", "bgp"));
	return l;
}

#define MANY 20000

/* Twice 10,000 prefixes, as a site of that size has when it goes back. */
static void test_many(void **state)
{
	frr_config_auto c = {0};
	frr_answers_auto a = {0};
	frr_routes_auto table = {0};
	frr_routes_auto main = {0};
	struct frr_pin_facts facts = {.table = &table, .main = &main};
	json_auto *held = routes_json("static", MANY);
	json_auto *copies = routes_json("zebra", MANY);
	resource_set_auto set = {0};
	struct resource *want = resource_set_add(&set, RESOURCE_STATIC_ROUTE,
						 "CUTOVER-pin-vpn1");
	struct resource seen = {.kind = RESOURCE_STATIC_ROUTE,
				.name = mem_strdup(want->name)};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	frr_data_load("pinned.txt", &a);
	frr_data_config("pinned.txt", &c);
	json_array_remove(held, MANY);
	frr_routes_add(&table, held);
	frr_routes_add(&main, copies);
	frr_routes_sort(&table);
	frr_routes_sort(&main);
	want->static_route.session = mem_strdup("10.100.255.4");
	for (size_t i = 0; i < MANY; i++)
		state_list_add(
			&want->static_route.prefixes,
			json_peek_str(json_array_get(held, i), "dst", NULL));
	frr_pin_observe(&c, 242, want, &facts, &seen);
	/* all held; one more is in the configuration, as a present one */
	assert_int_equal(seen.static_route.prefixes.n, MANY + 1);
	assert_true(frr_pin_create(&target, &seen, want, false, &cs, &e));
	assert_null(strstr(cs.forward[0].text, "10.128"));
	assert_non_null(strstr(cs.forward[1].text,
			       "route replace 10.167.15.128/25 via 10.0.11.9 "
			       "dev lan0 proto static table 242\n"));
	changeset_done(&cs);
	resource_done(&seen);
}

static void test_check(void **state)
{
	resource_set_auto set = {0};
	struct resource *r = resource_set_add(&set, RESOURCE_STATIC_ROUTE,
					      "CUTOVER-pin-vpn1");
	err_auto e = ERR_INIT;

	(void)state;
	assert_false(frr_pin_check(r, &e));
	r->static_route.session = mem_strdup("10.100.255.4");
	assert_true(frr_pin_check(r, &e));
	state_list_add(&r->static_route.prefixes, "2001:db8::/33");
	assert_false(frr_pin_check(r, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_surplus),
		cmocka_unit_test(test_not_held),
		cmocka_unit_test(test_fewer),
		cmocka_unit_test(test_never_a_discard),
		cmocka_unit_test(test_several_hops),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
