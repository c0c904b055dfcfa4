/* Tables of looks at targets, and the verdict that follows. */
#include "tests/unit/engine/scene.h"

static void test_a_session_that_was_up_stays_up(void **state)
{
	struct scene *c = scene(PLAN_OVER_SESSIONS);

	(void)state;
	assert_int_equal(session(c, "Active", 0, 0, 0), GUARD_PASS);
	assert_int_equal(session(c, "Established", 1, 0, 0), GUARD_PASS);
	assert_int_equal(session(c, "Idle", 0, 0, 0), GUARD_BREACH);
	assert_non_null(strstr(c->why, OURS));
	assert_non_null(strstr(c->why, "edge1"));
	assert_int_equal(session(c, "Established", 2, 0, 0), GUARD_PASS);
	scene_free(c);
}

static void test_a_reset_between_two_looks(void **state)
{
	struct scene *c = scene(PLAN_OVER_SESSIONS);

	(void)state;
	assert_int_equal(session(c, "Established", 500, 0, 0), GUARD_PASS);
	assert_int_equal(session(c, "Established", 499, 0, 0), GUARD_PASS);
	assert_int_equal(session(c, "Established", 1, 0, 0), GUARD_BREACH);
	assert_non_null(strstr(c->why, "was reset"));
	assert_int_equal(session(c, "Established", 2, 0, 0), GUARD_PASS);
	scene_free(c);
}

static void test_a_session_that_we_shut_is_no_fault(void **state)
{
	struct scene *c = scene(PLAN_OVER_SESSIONS);

	(void)state;
	assert_int_equal(session(c, "Established", 9, 0, 0), GUARD_PASS);
	assert_int_equal(session(c, NULL, 0, 0, 0), GUARD_PASS);
	assert_int_equal(session(c, "Idle", 0, 0, 0), GUARD_PASS);
	scene_free(c);
}

static void test_prefixes(void **state)
{
	struct scene *c = scene(PLAN_OVER_PREFIXES);

	(void)state;
	c->rule.drop = 2;
	assert_int_equal(session(c, "Established", 1, 10, 0), GUARD_PASS);
	assert_int_equal(session(c, "Established", 2, 12, 5), GUARD_PASS);
	assert_int_equal(session(c, "Established", 3, 10, 5), GUARD_PASS);
	assert_int_equal(session(c, "Established", 4, 9, 5), GUARD_BREACH);
	assert_non_null(strstr(c->why, "9 prefixes"));
	assert_int_equal(session(c, "Established", 5, 9, 5), GUARD_BREACH);
	assert_int_equal(session(c, "Established", 6, 12, 1), GUARD_BREACH);
	assert_int_equal(session(c, "Established", 7, 12, 5), GUARD_PASS);
	assert_int_equal(session(c, "Idle", 0, 0, 0), GUARD_PASS);
	scene_free(c);
}

static void test_the_last_prefix_is_always_missed(void **state)
{
	struct scene *c = scene(PLAN_OVER_PREFIXES);

	(void)state;
	c->rule.drop = 100;
	assert_int_equal(session(c, "Established", 1, 1, 1), GUARD_PASS);
	assert_int_equal(session(c, "Established", 2, 0, 1), GUARD_BREACH);
	scene_free(c);
}

static void test_our_own_change_is_no_fault(void **state)
{
	struct scene *c = scene(PLAN_OVER_PREFIXES);

	(void)state;
	assert_int_equal(session(c, "Established", 1, 5, 9), GUARD_PASS);
	sights_change(c->s, "edge1", true, c->now);
	assert_int_equal(session(c, "Established", 2, 4, 3), GUARD_PASS);
	sights_change(c->s, "edge1", false, c->now);
	assert_int_equal(session(c, "Established", 3, 4, 3), GUARD_PASS);
	assert_int_equal(session(c, "Established", 4, 4, 2), GUARD_BREACH);
	/* but the far end must not be left with nothing to say */
	sights_change(c->s, "edge1", true, c->now);
	sights_change(c->s, "edge1", false, c->now);
	assert_int_equal(session(c, "Established", 5, 0, 2), GUARD_BREACH);
	scene_free(c);
}

static void test_maintenance(void **state)
{
	struct scene *c = scene(PLAN_OVER_MAINTENANCE);
	struct resource r = {.kind = RESOURCE_SESSION,
			     .name = (char *)OURS,
			     .present = true};

	(void)state;
	r.session.enabled = true;
	r.session.as_path = (char *)"12076 65515";
	assert_int_equal(look(c, "edge1", &r), GUARD_PASS);
	r.session.as_path = (char *)"12076 12076 12076 65515";
	assert_int_equal(look(c, "edge1", &r), GUARD_BREACH);
	assert_non_null(strstr(c->why, "drains"));
	r.name = (char *)"vpn1"; /* no peering of ours: no bound */
	scene_free(c);
}

static void test_tunnels(void **state)
{
	struct scene *c = scene(PLAN_OVER_TUNNELS);
	struct resource r = {.kind = RESOURCE_TUNNEL,
			     .name = (char *)"vpn1",
			     .present = true};

	(void)state;
	assert_int_equal(look(c, "vpn1", &r), GUARD_PASS); /* never was up */
	r.tunnel.up = true;
	assert_int_equal(look(c, "vpn1", &r), GUARD_PASS);
	r.tunnel.up = false;
	assert_int_equal(look(c, "vpn1", &r), GUARD_BREACH);
	r.tunnel.up = true;
	assert_int_equal(look(c, "vpn1", &r), GUARD_PASS);
	r.present = false;
	assert_int_equal(look(c, "vpn1", &r), GUARD_BREACH);
	scene_free(c);
}

static void test_the_circuit_is_idle_before_the_first_wave(void **state)
{
	struct scene *c = scene(PLAN_OVER_COUNTERS);

	(void)state;
	assert_int_equal(packets(c, 1000000), GUARD_PASS);
	assert_int_equal(packets(c, 1000020), GUARD_PASS);
	assert_int_equal(packets(c, 1000041), GUARD_BREACH);
	assert_non_null(strstr(c->why, "21 packets/s"));
	assert_int_equal(packets(c, 7), GUARD_PASS); /* counters began anew */
	assert_int_equal(packets(c, 500), GUARD_BREACH);
	sights_moved(c->s);
	assert_int_equal(packets(c, 50000), GUARD_PASS);
	scene_free(c);
}

static void test_vnet(void **state)
{
	struct scene *c = scene(PLAN_OVER_VNET);
	struct resource r = {.kind = RESOURCE_VNET,
			     .name = (char *)"vnet1",
			     .present = true};

	(void)state;
	r.vnet.digest = (char *)"aa";
	assert_int_equal(look(c, "vnet1", &r), GUARD_PASS);
	assert_int_equal(look(c, "vnet1", &r), GUARD_PASS);
	r.vnet.digest = (char *)"bb";
	assert_int_equal(look(c, "vnet1", &r), GUARD_BREACH);
	scene_free(c);
}

/* A lost adapter is blind, not breach; a long change is neither. */
static void test_blind(void **state)
{
	struct scene *c = scene(PLAN_OVER_SESSIONS);

	(void)state;
	sights_expect(c->s, "edge1");
	c->now = 15 * SECOND;
	assert_int_equal(judge(c), GUARD_PASS);
	c->now = 15 * SECOND + 1;
	assert_int_equal(judge(c), GUARD_BLIND);
	assert_int_equal(session(c, "Established", 1, 0, 0), GUARD_PASS);
	c->now += 14 * SECOND;
	sights_feed(c->s, c->now, "edge1", NULL, "no route to host");
	assert_int_equal(judge(c), GUARD_PASS);
	c->now += 2 * SECOND;
	assert_int_equal(judge(c), GUARD_BLIND);
	assert_non_null(strstr(c->why, "no route to host"));
	sights_change(c->s, "edge1", true, c->now);
	c->now += 600 * SECOND;
	assert_int_equal(judge(c), GUARD_PASS);
	scene_free(c);
}

static void test_others_targets_do_not_blind(void **state)
{
	struct scene *c = scene(PLAN_OVER_TUNNELS);

	(void)state;
	sights_expect(c->s, "edge1");
	c->now = 100 * SECOND;
	assert_int_equal(judge(c), GUARD_PASS);
	sights_expect(c->s, "vpn1");
	assert_int_equal(judge(c), GUARD_BLIND);
	scene_free(c);
}

static void test_what_is_looked_at(void **state)
{
	struct scene *c = scene(PLAN_OVER_SESSIONS);
	resource_set_auto watch = {0}, want = {0}, idle = {0};
	struct resource *r;

	(void)state;
	resource_set_add(&watch, RESOURCE_CONFIG, "config");
	r = resource_set_add(&watch, RESOURCE_SESSION, OURS);
	state_list_add(&r->session.sent, "*");
	sights_want(&c->plan, "edge1", &watch, &want);
	assert_int_equal(want.n, 1); /* no configuration, no lists */
	assert_int_equal(want.v[0].session.sent.n, 0);
	c->rule.over = PLAN_OVER_COUNTERS;
	sights_want(&c->plan, "edge1", &watch, &idle);
	assert_int_equal(idle.n, 1);
	assert_string_equal(idle.v[0].name, "ckt0");
	scene_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_session_that_was_up_stays_up),
		cmocka_unit_test(test_a_reset_between_two_looks),
		cmocka_unit_test(test_a_session_that_we_shut_is_no_fault),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_the_last_prefix_is_always_missed),
		cmocka_unit_test(test_our_own_change_is_no_fault),
		cmocka_unit_test(test_maintenance),
		cmocka_unit_test(test_tunnels),
		cmocka_unit_test(
			test_the_circuit_is_idle_before_the_first_wave),
		cmocka_unit_test(test_vnet),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_others_targets_do_not_blind),
		cmocka_unit_test(test_what_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
