/*
 * render_test.c - whole sets, forward and back
 */
#include "adapters/frr/render.h"
#include "tests/unit/adapters/frr/frr_data.h"

static struct target target = {.name = (char *)"edge1", .asn = 65010};

static struct resource *policy(struct resource_set *set, const char *name,
			       bool present)
{
	struct resource *r = resource_set_add(set, RESOURCE_ROUTE_POLICY, name);

	r->present = present;
	r->route_policy.direction = present ? mem_strdup("import") : NULL;
	return r;
}

static struct resource *session(struct resource_set *set, const char *import,
				bool present)
{
	struct resource *r = resource_set_add(set, RESOURCE_SESSION, "a/b/c");

	r->present = present;
	r->session.neighbor = mem_strdup("172.16.0.2");
	r->session.asn = 12076;
	r->session.ours = true;
	r->session.import = mem_strdup(import);
	r->session.export = mem_strdup("CUTOVER-out");
	return r;
}

/* Policies first and sessions after; back the other way round. */
static void test_order(void **state)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	session(&to, "CUTOVER-1", true);
	policy(&to, "CUTOVER-1", true);
	policy(&to, "CUTOVER-2", true);
	assert_true(frr_render(&target, &from, &to, &cs, &e));
	assert_int_equal(cs.n_forward, 2);
	assert_non_null(strstr(cs.forward[0].text, "CUTOVER-1"));
	assert_non_null(strstr(cs.forward[0].text, "CUTOVER-2"));
	assert_non_null(strstr(cs.forward[1].text, "remote-as"));
	assert_int_equal(cs.n_back, 2);
	assert_non_null(strstr(cs.back[0].text, "no neighbor"));
	assert_non_null(strstr(cs.back[1].text, "no route-map CUTOVER-2"));
	changeset_done(&cs);
}

static void test_removal_order(void **state)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	policy(&from, "CUTOVER-1", true);
	session(&from, "CUTOVER-1", true);
	policy(&to, "CUTOVER-1", false);
	session(&to, NULL, false);
	assert_true(frr_render(&target, &from, &to, &cs, &e));
	assert_int_equal(cs.n_forward, 2);
	assert_non_null(strstr(cs.forward[0].text, "no neighbor"));
	assert_non_null(strstr(cs.forward[1].text, "no route-map"));
	assert_non_null(strstr(cs.back[0].text, "route-map CUTOVER-1 deny"));
	assert_non_null(strstr(cs.back[1].text, "remote-as 12076"));
	changeset_done(&cs);
}

/* A rebinding goes back to what was bound, and to nothing else. */
static void test_rebinding_back(void **state)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	struct changeset cs = {0};
	struct resource *r;
	err_auto e = ERR_INIT;

	(void)state;
	session(&from, "CUTOVER-1", true)->session.enabled = true;
	from.v[0].session.state = mem_strdup("Established");
	r = resource_set_add(&to, RESOURCE_SESSION, "a/b/c");
	r->session.neighbor = mem_strdup("172.16.0.2");
	r->session.enabled = true;
	r->session.import = mem_strdup("CUTOVER-2");
	assert_true(frr_render(&target, &from, &to, &cs, &e));
	assert_int_equal(cs.n_forward, 1);
	assert_int_equal(cs.n_back, 1);
	assert_string_equal(cs.back[0].text,
			    "configure terminal\n"
			    "router bgp 65010\n"
			    " address-family ipv4 unicast\n"
			    "  neighbor 172.16.0.2 route-map CUTOVER-1 in\n"
			    " exit-address-family\n"
			    "exit\n"
			    "end\n"
			    "clear bgp ipv4 unicast 172.16.0.2 soft in\n");
	changeset_done(&cs);
}

static void test_nothing_to_do(void **state)
{
	resource_set_auto from = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	policy(&from, "CUTOVER-1", true);
	session(&from, "CUTOVER-1", true);
	assert_true(frr_render(&target, &from, &from, &cs, &e));
	assert_int_equal(cs.n_forward + cs.n_back, 0);
	changeset_done(&cs);
}

static void test_big_sets_are_cut(void **state)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	struct changeset cs = {0};
	struct resource *r = policy(&to, "CUTOVER-big", true);
	struct state_policy_entries *l = &r->route_policy.entries;
	size_t lines = 0;
	err_auto e = ERR_INIT;

	(void)state;
	l->v = mem_calloc(1, sizeof(*l->v));
	l->n = l->cap = 1;
	l->v[0].permit = true;
	for (unsigned i = 0; i < 4000; i++) {
		mem_auto_free char *p =
			mem_format("10.%u.%u.0/24", i / 256, i % 256);

		state_list_add(&l->v[0].prefixes, p);
	}
	assert_true(frr_render(&target, &from, &to, &cs, &e));
	assert_in_range(cs.n_forward, 2, 4);
	for (size_t i = 0; i < cs.n_forward; i++) {
		const char *t = cs.forward[i].text;

		assert_int_equal(strncmp(t, "configure terminal\n", 19), 0);
		assert_string_equal(t + strlen(t) - 5, "\nend\n");
		assert_int_not_equal(t[19], ' ');
		while ((t = strstr(t, "ip prefix-list "))) {
			lines++;
			t++;
		}
	}
	assert_int_equal(lines, 4000);
	changeset_done(&cs);
}

static void test_check(void **state)
{
	struct target bad = {.name = (char *)"x"};
	resource_set_auto set = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(frr_check(&target, &set, &e));
	assert_false(frr_check(&bad, &set, &e));
	bad.asn = 1;
	target_param_set(&bad, "pin_table", "254");
	assert_false(frr_check(&bad, &set, &e));
	bad.name = NULL;
	target_done(&bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_removal_order),
		cmocka_unit_test(test_rebinding_back),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_big_sets_are_cut),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
