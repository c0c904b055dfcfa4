/* Lists of texts: sharing, replacing, removing, and who outlives whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/model/resource.h"

static void test_copies_share(void **state)
{
	resource_set_auto a = {0};
	resource_set_auto b = {0};
	struct resource *r = resource_set_add(&a, RESOURCE_SESSION, "s");

	(void)state;
	state_list_add(&r->session.sent, "10.1.0.0/16");
	resource_set_copy(&b, &a);
	assert_ptr_equal(b.v[0].session.sent.v[0], r->session.sent.v[0]);
	resource_set_done(&a);
	assert_string_equal(b.v[0].session.sent.v[0], "10.1.0.0/16");
}

static void test_set_leaves_others(void **state)
{
	struct state_list a = {0}, b = {0}, c = {0};

	(void)state;
	state_list_add(&a, "one");
	state_list_add(&a, "two");
	state_list_append(&b, &a);
	state_list_append(&b, &a);
	state_list_add_of(&c, &a, 1);
	state_list_set(&b, 0, &c, 0);
	assert_string_equal(a.v[0], "one");
	assert_string_equal(b.v[0], "two");
	state_list_set(&b, 0, &b, 0);
	state_list_done(&a);
	state_list_done(&c);
	assert_string_equal(b.v[0], "two");
	assert_string_equal(b.v[2], "one");
	assert_int_equal(b.n, 4);
	state_list_done(&b);
}

static void test_sort_and_remove(void **state)
{
	struct state_list l = {0}, copy = {0};

	(void)state;
	state_list_sort_unique(&l);
	state_list_add(&l, "b");
	state_list_add(&l, "a");
	state_list_add(&l, "b");
	state_list_append(&copy, &l);
	state_list_sort_unique(&l);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0], "a");
	state_list_remove(&l, 0);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.v[0], "b");
	assert_false(state_list_has(&l, "a"));
	assert_true(state_list_has(&copy, "a"));
	assert_string_equal(copy.v[2], "b");
	state_list_done(&l);
	state_list_done(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_share),
		cmocka_unit_test(test_set_leaves_others),
		cmocka_unit_test(test_sort_and_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
