/* Looks that show what is gone, odd or of no concern. */
#include "tests/unit/engine/scene.h"

static void test_a_session_that_is_gone(void **state)
{
	struct scene *c = scene(PLAN_OVER_SESSIONS);
	struct resource r = {.kind = RESOURCE_SESSION,
			     .name = (char *)OURS,
			     .present = true};

	(void)state;
	assert_int_equal(session(c, "Established", 9, 1, 1), GUARD_PASS);
	r.session.enabled = true; /* and says nothing of its state */
	assert_int_equal(look(c, "edge1", &r), GUARD_BREACH);
	assert_non_null(strstr(c->why, "is gone"));
	r.present = false; /* it was removed: that was meant */
	assert_int_equal(look(c, "edge1", &r), GUARD_PASS);
	scene_free(c);
}

static void test_two_of_them_fall(void **state)
{
	struct scene *c = scene(PLAN_OVER_PREFIXES);
	struct resource r = {.kind = RESOURCE_SESSION,
			     .name = (char *)OURS,
			     .present = true};

	(void)state;
	r.session.enabled = true;
	r.session.state = (char *)"Established";
	r.session.prefixes_received = 10;
	r.session.prefixes_accepted = 9;
	r.session.prefixes_sent = 8;
	assert_int_equal(look(c, "edge1", &r), GUARD_PASS);
	r.session.prefixes_received = 9; /* one fewer ... */
	r.session.prefixes_accepted = 4; /* ... but five of those accepted */
	assert_int_equal(look(c, "edge1", &r), GUARD_BREACH);
	assert_non_null(strstr(c->why, "accepts 4 prefixes; it were 9"));
	r.session.prefixes_sent = 7; /* the worst is told */
	assert_int_equal(look(c, "edge1", &r), GUARD_BREACH);
	assert_non_null(strstr(c->why, "accepts 4"));
	scene_free(c);
}

static void test_whose_path_is_bounded(void **state)
{
	static const struct {
		const char *name;
		enum guard_verdict v;
	} rows[] = {
		{OURS, GUARD_BREACH},
		{"vpn1", GUARD_PASS},
		{"er/primary/microsoft", GUARD_PASS},
		{"xy/primary/private", GUARD_PASS},
		{"er2/primary/private", GUARD_PASS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct scene *c = scene(PLAN_OVER_MAINTENANCE);
		struct resource r = {.kind = RESOURCE_SESSION,
				     .name = (char *)rows[i].name,
				     .present = true};

		r.session.enabled = true;
		r.session.as_path = (char *)"";
		assert_int_equal(look(c, "edge1", &r), GUARD_PASS);
		r.session.as_path = (char *)"1 1 1 1";
		assert_int_equal(look(c, "edge1", &r), rows[i].v);
		scene_free(c);
	}
}

static void test_an_interface_that_is_gone(void **state)
{
	struct scene *c = scene(PLAN_OVER_COUNTERS);
	struct resource r = {.kind = RESOURCE_INTERFACE,
			     .name = (char *)"ckt0"};

	(void)state;
	assert_int_equal(packets(c, 5), GUARD_PASS);
	r.interface.rx_packets = 50000;
	assert_int_equal(look(c, "edge1", &r), GUARD_PASS);
	c->now -= SECOND; /* two looks at one moment say no rate */
	assert_int_equal(packets(c, 900000), GUARD_PASS);
	scene_free(c);
}

static void test_a_network_that_is_gone(void **state)
{
	struct scene *c = scene(PLAN_OVER_VNET);
	struct resource r = {.kind = RESOURCE_VNET,
			     .name = (char *)"vnet1",
			     .present = true};
	struct resource_set set = {.v = &r, .n = 1};

	(void)state;
	r.vnet.digest = (char *)"aa";
	assert_int_equal(look(c, "vnet1", &r), GUARD_PASS);
	r.present = false;
	sights_feed(c->s, ++c->now, "vnet1", &set, "it was undefined");
	assert_int_equal(judge(c), GUARD_BREACH);
	assert_non_null(strstr(c->why, ": it was undefined"));
	r.present = true;
	r.vnet.digest = NULL; /* what cannot be told is not the same */
	assert_int_equal(look(c, "vnet1", &r), GUARD_BREACH);
	scene_free(c);
}

/* A kind that no guard is over changes nothing. */
static void test_other_kinds(void **state)
{
	struct scene *c = scene(PLAN_OVER_SESSIONS);
	struct resource r = {.kind = RESOURCE_ROUTE,
			     .name = (char *)"10.0.0.0/8",
			     .present = true};

	(void)state;
	assert_int_equal(look(c, "edge1", &r), GUARD_PASS);
	sights_change(c->s, "nobody", true, c->now);
	assert_int_equal(judge(c), GUARD_PASS);
	sights_free(NULL);
	scene_free(c);
}

static bool blind_to(enum plan_over over, const char *target)
{
	struct scene *c = scene(over);
	bool blind;

	sights_expect(c->s, target);
	c->now = 100 * SECOND;
	blind = judge(c) == GUARD_BLIND;
	scene_free(c);
	return blind;
}

static void test_whom_blindness_concerns(void **state)
{
	(void)state;
	assert_true(blind_to(PLAN_OVER_VNET, "vnet1"));
	assert_false(blind_to(PLAN_OVER_VNET, "edge1"));
	assert_true(blind_to(PLAN_OVER_TUNNELS, "vpn1"));
	assert_false(blind_to(PLAN_OVER_TUNNELS, "edge1"));
	assert_true(blind_to(PLAN_OVER_SESSIONS, "edge1"));
	assert_false(blind_to(PLAN_OVER_SESSIONS, "vpn1"));
	assert_false(blind_to(PLAN_OVER_SESSIONS, "er"));
}

static size_t wanted(enum plan_over over)
{
	struct scene *c = scene(over);
	resource_set_auto watch = {0}, want = {0};
	size_t n;

	resource_set_add(&watch, RESOURCE_SESSION, OURS);
	resource_set_add(&watch, RESOURCE_SESSION, "vpn1");
	resource_set_add(&watch, RESOURCE_TUNNEL, "vpn1");
	resource_set_add(&watch, RESOURCE_VNET, "vnet1");
	resource_set_add(&watch, RESOURCE_CONFIG, "config");
	sights_want(&c->plan, "edge1", &watch, &want);
	n = want.n;
	if (over == PLAN_OVER_MAINTENANCE) { /* paths of the circuit alone */
		assert_int_equal(want.v[0].session.received.n, 1);
		assert_int_equal(want.v[1].session.received.n, 0);
	}
	scene_free(c);
	return n;
}

static void test_what_each_guard_looks_at(void **state)
{
	(void)state;
	assert_int_equal(wanted(PLAN_OVER_SESSIONS), 2);
	assert_int_equal(wanted(PLAN_OVER_PREFIXES), 2);
	assert_int_equal(wanted(PLAN_OVER_MAINTENANCE), 2);
	assert_int_equal(wanted(PLAN_OVER_TUNNELS), 1);
	assert_int_equal(wanted(PLAN_OVER_VNET), 1);
	assert_int_equal(wanted(PLAN_OVER_COUNTERS), 1);
	assert_int_equal(wanted(PLAN_OVER_PROBE), 0);
}

static void test_what_screens_look_at(void **state)
{
	struct scene *c = scene(PLAN_OVER_SESSIONS);
	resource_set_auto watch = {0}, want = {0}, other = {0}, none = {0};
	struct resource *r = resource_set_add(&watch, RESOURCE_SESSION, OURS);

	(void)state;
	state_list_add(&r->session.sent, "*");
	resource_set_add(&watch, RESOURCE_TUNNEL, "vpn1");
	resource_set_add(&watch, RESOURCE_ROUTE, "10.0.0.0/8");
	resource_set_add(&watch, RESOURCE_CONFIG, "config");
	sights_want_paths(&c->plan, "edge1", &watch, &want);
	assert_int_equal(want.n, 4); /* with the circuit's interface */
	assert_int_equal(want.v[0].session.sent.n, 0);
	sights_want_paths(&c->plan, "edge2", &watch, &other);
	assert_int_equal(other.n, 3);
	sights_want(&c->plan, "edge1", NULL, &none);
	assert_int_equal(none.n, 0);
	scene_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_session_that_is_gone),
		cmocka_unit_test(test_two_of_them_fall),
		cmocka_unit_test(test_whose_path_is_bounded),
		cmocka_unit_test(test_an_interface_that_is_gone),
		cmocka_unit_test(test_a_network_that_is_gone),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_whom_blindness_concerns),
		cmocka_unit_test(test_what_each_guard_looks_at),
		cmocka_unit_test(test_what_screens_look_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
