/*
 * Orders of operators: only a row makes one done, what cannot be obeyed any
 * more is dropped and says why, and what is pending can be taken back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/orders.h"

static void test_go_is_done_by_its_row(void **state)
{
	struct orders o = {0};
	struct order *x = orders_add(&o, OPERATOR_GO, NULL, "ann", 10);

	(void)state;
	assert_int_equal(x->state, ORDER_PENDING);
	assert_false(orders_row(&o, "step", "{}", 11));
	assert_ptr_equal(orders_open(&o, OPERATOR_GO), x);
	assert_true(orders_row(&o, "go", "{}", 12));
	assert_int_equal(x->state, ORDER_DONE);
	assert_int_equal(x->settled_us, 12);
	assert_null(orders_open(&o, -1));
	orders_done(&o);
}

static void test_go_survives_the_planned_hold_only(void **state)
{
	struct orders o = {0};
	struct order *x = orders_add(&o, OPERATOR_GO, NULL, "ann", 10);

	(void)state;
	assert_false(orders_row(&o, "hold", "{\"step\":true}", 11));
	assert_int_equal(x->state, ORDER_PENDING);
	assert_true(
		orders_row(&o, "hold", "{\"step\":false,\"why\":\"x\"}", 12));
	assert_int_equal(x->state, ORDER_DROPPED);
	assert_non_null(x->text);
	orders_done(&o);
}

static void test_way_back_settles_what_is_open(void **state)
{
	static const char *const kinds[] = {"rollback", "emergency"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct orders o = {0};
		struct order *go = orders_add(&o, OPERATOR_GO, NULL, "", 1);
		struct order *back =
			orders_add(&o, OPERATOR_ROLLBACK, "start", "", 2);

		assert_true(orders_row(&o, kinds[i], "{}", 3));
		assert_int_equal(go->state, ORDER_DROPPED);
		assert_int_equal(back->state, ORDER_DONE);
		orders_done(&o);
	}
}

static void test_end_leaves_nothing_open(void **state)
{
	struct orders o = {0};
	struct order *hold = orders_add(&o, OPERATOR_HOLD, NULL, "", 1);
	struct order *stop = orders_add(&o, OPERATOR_STOP, NULL, "", 2);

	(void)state;
	assert_true(orders_row(&o, "end", "{\"result\":\"stopped\"}", 3));
	assert_int_equal(hold->state, ORDER_DROPPED);
	assert_int_equal(stop->state, ORDER_DONE);
	assert_null(orders_open(&o, -1));
	orders_done(&o);
}

static void test_asked_again_replaces(void **state)
{
	struct orders o = {0};
	int64_t first = orders_add(&o, OPERATOR_HOLD, NULL, "ann", 1)->id;
	int64_t second = orders_add(&o, OPERATOR_HOLD, NULL, "bob", 2)->id;

	(void)state;
	assert_int_equal(orders_find(&o, first)->state, ORDER_DROPPED);
	assert_int_equal(orders_find(&o, second)->state, ORDER_PENDING);
	assert_null(orders_find(&o, second + 1));
	assert_null(orders_find(&o, 0));
	orders_done(&o);
}

static void test_ring_forgets_the_oldest(void **state)
{
	struct orders o = {0};
	json_t *j;

	(void)state;
	for (int i = 0; i < ORDERS_KEPT + 3; i++)
		orders_settle(orders_add(&o, OPERATOR_GO, NULL, "", i),
			      ORDER_DONE, NULL, i);
	assert_null(orders_find(&o, 3));
	assert_non_null(orders_find(&o, 4));
	j = orders_json(&o);
	assert_int_equal(json_array_size(j), ORDERS_KEPT);
	assert_int_equal(json_peek_int(json_array_get(j, 0), "id", 0), 4);
	json_decref(j);
	orders_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_go_is_done_by_its_row),
		cmocka_unit_test(test_go_survives_the_planned_hold_only),
		cmocka_unit_test(test_way_back_settles_what_is_open),
		cmocka_unit_test(test_end_leaves_nothing_open),
		cmocka_unit_test(test_asked_again_replaces),
		cmocka_unit_test(test_ring_forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
