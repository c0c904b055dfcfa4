/*
 * ordering_test.c - orders of waves and edges: which hold, and why none does
 */
#include "orchestrator/report/ordering.h"
#include "tests/unit/report/made.h"

/* Two waves and two links: each order once, the plan as it was afterwards. */
static void test_every_order(void **state)
{
	struct made m;
	struct ordering o;
	buf_auto out = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	made_load(&m, "plans/hq-expressroute.yaml");
	assert_true(ordering_find(m.plan, &o, &e));
	assert_true(o.all);
	assert_int_equal(o.n, 4);
	for (size_t i = 0; i < o.n; i++)
		for (size_t k = i + 1; k < o.n; k++)
			assert_false(o.v[i].turn == o.v[k].turn &&
				     o.v[i].waves[0] == o.v[k].waves[0]);
	assert_int_equal(o.best, 0);
	ordering_text(m.plan, &o, &out);
	assert_non_null(strstr(buf_str(&out), "waves: canary, rest\n"));
	assert_non_null(strstr(buf_str(&out), "edges: edge1, edge2\n"));
	assert_string_equal(m.plan->waves[0].name, "canary");
	assert_string_equal(m.plan->circuits[0].links[0].name, "primary");
	assert_string_equal(m.plan->circuits[0].peerings[0].on[0].subnet,
			    "172.16.0.0/30");
	ordering_done(&o);
	made_make(&m, NULL);
	made_done(&m);
}

/* One demand is broken whatever the order. */
static void test_no_order(void **state)
{
	struct made m;
	struct ordering o;
	buf_auto out = BUF_INIT;
	err_auto e = ERR_INIT;
	json_auto *j = NULL;

	(void)state;
	made_load(&m, "tests/unit/twin/data/bad-asymmetric-stateful.yaml");
	assert_true(ordering_find(m.plan, &o, &e));
	assert_int_equal(o.best, -1);
	ordering_text(m.plan, &o, &out);
	assert_non_null(strstr(buf_str(&out), "No order holds"));
	assert_non_null(strstr(buf_str(&out), "conflict"));
	assert_non_null(strstr(buf_str(&out), "[asymmetric-stateful]"));
	j = ordering_json(m.plan, &o);
	assert_false(json_peek_bool(j, "holds", true));
	assert_int_equal(json_array_size(json_peek(j, "orders")), o.n);
	ordering_done(&o);
	made_make(&m, NULL);
	made_done(&m);
}

/* A pair that leaves a session and takes it up again has moved twice. */
static void test_moved_twice(void **state)
{
	struct made m;
	struct ordering o;
	err_auto e = ERR_INIT;

	(void)state;
	made_load(&m, "plans/hq-expressroute.yaml");
	assert_true(ordering_find(m.plan, &o, &e));
	for (size_t i = 0; i < o.n; i++)
		assert_true(o.v[i].twice >= 0);
	ordering_done(&o);
	made_make(&m, NULL);
	made_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_no_order),
		cmocka_unit_test(test_moved_twice),
	};

	made_adapters();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
