/*
 * policy_test.c - route policies to route-maps and back
 */
#include "adapters/frr/policy.h"
#include "tests/unit/adapters/frr/frr_data.h"

static struct state_policy_entry *add_entry(struct resource *r)
{
	struct state_policy_entries *l = &r->route_policy.entries;

	MEM_GROW(l->v, l->n, l->cap);
	memset(&l->v[l->n], 0, sizeof(*l->v));
	l->v[l->n].permit = true;
	return &l->v[l->n++];
}

static struct resource *policy(struct resource_set *set, const char *name,
			       const char *direction)
{
	struct resource *r = resource_set_add(set, RESOURCE_ROUTE_POLICY, name);

	r->route_policy.direction = mem_strdup(direction);
	return r;
}

static void test_import_text(void **state)
{
	resource_set_auto set = {0};
	struct resource *r = policy(&set, "CUTOVER-a-g1", "import");
	struct state_policy_entry *x = add_entry(r);
	buf_auto out = BUF_INIT;

	(void)state;
	state_list_add(&x->prefixes, "10.100.0.0/16 le 24");
	x->has_local_pref = true;
	x->local_pref = 0;
	frr_policy_create(65010, r, &out);
	assert_string_equal(
		buf_str(&out),
		"route-map CUTOVER-a-g1 deny 65535\n description import\nexit\n"
		"ip prefix-list CUTOVER-a-g1-1.1 seq 5 permit 10.100.0.0/16 le "
		"24\n"
		"route-map CUTOVER-a-g1 permit 10\n"
		" match ip address prefix-list CUTOVER-a-g1-1.1\n"
		" set local-preference 0\nexit\n");
	buf_clear(&out);
	frr_policy_remove(r, &out);
	assert_string_equal(buf_str(&out),
			    "no route-map CUTOVER-a-g1\n"
			    "no ip prefix-list CUTOVER-a-g1-1.1\n");
}

/* Ten thousand entries are read back as they were written, in order. */
static void test_many_read_back(void **state)
{
	resource_set_auto set = {0};
	struct resource *r = policy(&set, "CUTOVER-a-g1", "export");
	struct resource seen = {.kind = RESOURCE_ROUTE_POLICY,
				.name = mem_strdup("CUTOVER-a-g1")};
	struct state_policy_entry *x = add_entry(r);
	frr_config_auto c = {0};
	buf_auto out = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	for (unsigned i = 10000; i-- > 0;) {
		mem_auto_free char *p =
			mem_format("10.%u.%u.0/24", 128 + i / 256, i % 256);

		state_list_add(&x->prefixes, p);
	}
	buf_puts(&out, "frr version 8.4.4\n");
	frr_policy_create(65010, r, &out);
	assert_true(frr_config_parse(buf_str(&out), &c, &e));
	frr_policy_observe(&c, 65010, &seen);
	assert_true(resource_equal(&seen, r));
	resource_done(&seen);
}

/* More chunks than a route-map has numbers in steps of 10: steps of 1. */
static void test_many_chunks(void **state)
{
	resource_set_auto set = {0};
	struct resource *r = policy(&set, "CUTOVER-a-g1", "export");
	struct state_policy_entry *x = add_entry(r);
	buf_auto out = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	for (unsigned i = 0; i < 400000; i++) {
		mem_auto_free char *p =
			mem_format("%u.%u.%u.0/24", 16 + i / 65536,
				   i / 256 % 256, i % 256);

		state_list_add(&x->prefixes, p);
	}
	assert_true(frr_policy_check(r, &e));
	frr_policy_create(65010, r, &out);
	assert_non_null(strstr(buf_str(&out),
			       "route-map CUTOVER-a-g1 permit "
			       "10\n match ip address prefix-list "
			       "CUTOVER-a-g1-1.1\n"));
	assert_non_null(strstr(buf_str(&out),
			       "route-map CUTOVER-a-g1 permit 8009\n match ip "
			       "address prefix-list CUTOVER-a-g1-1.8000\n"));
}

/* As FRR wrote it down: the fields are the ones that were wanted. */
static void test_recorded(void **state)
{
	frr_config_auto c = {0};
	struct resource r = {
		.kind = RESOURCE_ROUTE_POLICY,
		.name = mem_strdup("CUTOVER-er-hq-primary-private-out-g1")};
	const struct state_policy_entry *x;

	(void)state;
	frr_data_config("edge.txt", &c);
	frr_policy_observe(&c, 65010, &r);
	assert_true(r.present);
	assert_string_equal(r.route_policy.direction, "export");
	assert_int_equal(r.route_policy.entries.n, 2);
	x = &r.route_policy.entries.v[0];
	assert_int_equal(x->prefixes.n, 3);
	assert_string_equal(x->prefixes.v[0], "10.10.200.0/24");
	assert_string_equal(x->prefixes.v[2], "2001:db8::/32 le 48");
	assert_string_equal(x->community, "65010:200");
	assert_true(x->has_med && x->med == 50);
	assert_int_equal(x->prepend, 2);
	assert_int_equal(x->communities.n, 2);
	assert_string_equal(x->communities.v[1], "65010:2");
	assert_string_equal(r.route_policy.entries.v[1].call, "VPN-OUT");
	resource_done(&r);
}

static void test_half_made(void **state)
{
	frr_config_auto c = {0};
	struct resource r = {.kind = RESOURCE_ROUTE_POLICY,
			     .name = mem_strdup("CUTOVER-half-g1")};
	buf_auto out = BUF_INIT;

	(void)state;
	frr_data_config("edge.txt", &c);
	frr_policy_observe(&c, 65010, &r);
	assert_true(r.present);
	assert_null(r.route_policy.direction);
	frr_policy_remove(&r, &out);
	assert_non_null(strstr(buf_str(&out),
			       "no ip prefix-list CUTOVER-half-g1-1.1\n"));
	resource_done(&r);
}

static void test_absent(void **state)
{
	frr_config_auto c = {0};
	struct resource r = {.kind = RESOURCE_ROUTE_POLICY,
			     .name = mem_strdup("CUTOVER-er-hq-primary")};

	(void)state;
	frr_data_config("edge.txt", &c);
	frr_policy_observe(&c, 65010, &r);
	assert_false(r.present);
	resource_done(&r);
}

/* What create() writes is read back as the same state, chunks and all. */
static void roundtrip(struct resource *r, const char *extra, bool same)
{
	buf_auto text = BUF_INIT;
	frr_config_auto c = {0};
	struct resource back = {.kind = r->kind, .name = mem_strdup(r->name)};

	buf_puts(&text, "frr version 8.4.4\n");
	frr_policy_create(65010, r, &text);
	buf_puts(&text, extra);
	assert_true(frr_config_parse(buf_str(&text), &c, NULL));
	frr_policy_observe(&c, 65010, &back);
	assert_true(back.present);
	assert_int_equal(resource_equal(r, &back), same);
	resource_done(&back);
}

static void test_roundtrip_chunks(void **state)
{
	resource_set_auto set = {0};
	struct resource *r = policy(&set, "CUTOVER-b-g1", "export");
	struct state_policy_entry *x = add_entry(r);

	(void)state;
	x->community = mem_strdup("65010:7");
	x = add_entry(r);
	for (unsigned i = 0; i < 3 * FRR_CHUNK + 1; i++) {
		mem_auto_free char *p =
			mem_format("10.%u.%u.0/24", i / 256, i % 256);

		state_list_add(&x->prefixes, p);
	}
	state_list_add(&x->prefixes, "2001:db8::/32");
	state_list_add(&x->prefixes, "192.0.2.0/24 ge 25 le 28");
	x->has_med = true;
	x = add_entry(r);
	x->permit = false;
	state_list_add(&x->prefixes, "10.0.0.0/8 le 32");
	add_entry(r);
	roundtrip(r, "", true);
	roundtrip(r, "route-map CUTOVER-b-g1 permit 40\n set weight 5\nexit\n",
		  false);
	roundtrip(r, "route-map CUTOVER-b-g1 permit 7\nexit\n", false);
	roundtrip(r, "route-map CUTOVER-b-g10 permit 7\nexit\n", true);
}

static void test_spelling(void **state)
{
	resource_set_auto set = {0};
	struct resource *want = policy(&set, "CUTOVER-s", "import");
	struct resource have = {0};
	struct state_list *l;

	(void)state;
	state_list_add(&add_entry(want)->prefixes, "10.0.0.0/8 ge 16");
	resource_copy(&have, want);
	l = &have.route_policy.entries.v[0].prefixes;
	state_list_done(l);
	state_list_add(l, "10.0.0.0/8 ge 16 le 32");
	frr_policy_spell(want, &have);
	assert_true(resource_equal(want, &have));
	state_list_done(l);
	state_list_add(l, "10.0.0.0/8 ge 16 le 31");
	frr_policy_spell(want, &have);
	assert_false(resource_equal(want, &have));
	resource_done(&have);
}

static void test_empty_is_deny_all(void **state)
{
	resource_set_auto set = {0};

	(void)state;
	roundtrip(policy(&set, "CUTOVER-c-g0", "import"), "", true);
}

static void test_check(void **state)
{
	resource_set_auto set = {0};
	struct resource *r = policy(&set, "CUTOVER-c", "import");
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(frr_policy_check(r, &e));
	add_entry(r)->community = mem_strdup("65010:70000");
	assert_false(frr_policy_check(r, &e));
	r = policy(&set, "VPN-IN", "import");
	assert_false(frr_policy_check(r, &e));
	r = policy(&set, "CUTOVER-d e", "import");
	assert_false(frr_policy_check(r, &e));
	r = policy(&set, "CUTOVER-d", "sideways");
	assert_false(frr_policy_check(r, &e));
	r = policy(&set, "CUTOVER-e", "export");
	state_list_add(&add_entry(r)->prefixes, "10.0.0.1/8");
	assert_false(frr_policy_check(r, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import_text),
		cmocka_unit_test(test_many_read_back),
		cmocka_unit_test(test_many_chunks),
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_half_made),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_roundtrip_chunks),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_empty_is_deny_all),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
