/*
 * look_test.c - a dry-run against live state: touches nothing, believes what it
 * sees, and refuses a network that is not the plan's
 */
#include "adapters/twin/twin.h"
#include "tests/unit/report/made.h"
#include "tests/unit/report/network.h"

/* Looked at, a network is what it was; only opened and observed. */
static void test_live_touches_nothing(void **state)
{
	struct network x;
	struct look look, again;
	struct made m;
	mem_auto_free char *text = NULL;
	err_auto e = ERR_INIT;

	(void)state;
	made_load(&m, "plans/hq-expressroute.yaml");
	network_up(&x, m.plan);
	look_at_all(x.targets, x.n, m.program, 1000, &look);
	look_at_all(x.targets, x.n, m.program, 1000, &again);
	if (look_blind(&look, &e))
		fail_msg("%s", err_msg(&e));
	for (size_t i = 0; i < look.n; i++)
		assert_string_equal(look.v[i].target, again.v[i].target);
	assert_int_equal(look.n_seen, x.n);
	assert_true(x.calls[WORLD_OBSERVE] >= 2 * x.n);
	for (int i = 0; i < WORLD_SLOTS; i++)
		if (i != WORLD_OPEN && i != WORLD_OBSERVE)
			assert_int_equal(x.calls[i], 0);
	assert_int_equal(twin_world_ops.changes(x.w), 0);
	assert_string_equal(look.hash, again.hash);
	made_make(&m, &look);
	text = made_write(&m, "text");
	assert_non_null(strstr(text, look.hash));
	assert_null(strstr(text, "model-differs"));
	assert_string_equal(prove_verdict(m.prove), "holds");
	made_done(&m);
	look_done(&look);
	look_done(&again);
	network_down(&x);
}

static struct resource *seen_of(const struct look *l, const char *target,
				enum resource_kind kind, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].target, target) == 0)
			return resource_set_find(&l->v[i].set, kind, name);
	return NULL;
}

/* A network that is not the plan's is not proved of. */
static void test_live_differs(void **state)
{
	struct network x;
	struct look look;
	struct made m;
	struct resource *r;
	mem_auto_free char *text = NULL;

	(void)state;
	made_load(&m, "plans/hq-expressroute.yaml");
	network_up(&x, m.plan);
	look_at_all(x.targets, x.n, m.program, 1000, &look);
	r = seen_of(&look, "edge1", RESOURCE_ROUTE, "10.100.0.0/16");
	assert_non_null(r);
	free(r->route.session);
	r->route.session = mem_strdup("198.51.100.77");
	made_make(&m, &look);
	text = made_write(&m, "text");
	assert_string_equal(prove_verdict(m.prove), "fails");
	assert_non_null(strstr(text, "edge 'edge1' has its route to "
				     "10.100.0.0/16 from another router, the "
				     "model from vpn1 [model-differs]"));
	made_done(&m);
	look_done(&look);
	network_down(&x);
}

/* What an edge prefers today is what the model prefers. */
static void test_live_preference(void **state)
{
	struct network x;
	struct look look;
	struct made m;
	struct resource *r;
	mem_auto_free char *text = NULL;

	(void)state;
	made_load(&m, "plans/hq-expressroute.yaml");
	network_up(&x, m.plan);
	look_at_all(x.targets, x.n, m.program, 1000, &look);
	r = seen_of(&look, "edge1", RESOURCE_ROUTE, "10.100.0.0/16");
	assert_non_null(r);
	state_list_done(&r->route.paths);
	r->route.paths = (struct state_list){0};
	state_list_add(&r->route.paths, "10.100.255.4 300");
	made_make(&m, &look);
	text = made_write(&m, "text");
	/* above the circuit's 200: the first wave moves nothing, or loops */
	assert_string_equal(prove_verdict(m.prove), "fails");
	made_done(&m);
	look_done(&look);
	network_down(&x);
}

static void test_blind(void **state)
{
	struct resource_set want = {0};
	char *name = (char *)"nowhere";
	struct program g = {
		.watch = &want, .watch_target = &name, .n_watch = 1};
	struct target t = {.name = name, .driver = (char *)"no-such-driver"};
	struct look look;
	err_auto e = ERR_INIT;

	(void)state;
	resource_set_add(&want, RESOURCE_CONFIG, "config");
	look_at_all(&t, 1, &g, 100, &look);
	assert_true(look_blind(&look, &e));
	assert_non_null(strstr(look.v[0].error, "no adapter"));
	assert_non_null(strstr(err_msg(&e), "--offline"));
	look_done(&look);
	resource_set_done(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_touches_nothing),
		cmocka_unit_test(test_live_differs),
		cmocka_unit_test(test_live_preference),
		cmocka_unit_test(test_blind),
	};

	made_adapters();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
