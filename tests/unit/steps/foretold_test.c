/*
 * foretold_test.c - what was foretold of a step, and what was seen instead
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/steps/foretold.h"

#define P "10.100.0.0/16"

static const struct step a_step, other_step;

static const struct row {
	const char *from, *via, *not_from; /* foretold */
	bool seen, present;
	const char *session; /* it is learned from */
	const char *why;     /* NULL: it holds */
} rows[] = {
	{NULL, NULL, NULL, true, false, NULL, NULL},
	{NULL, NULL, NULL, true, true, "192.0.2.1",
	 "by no route, and reaches it from 192.0.2.1"},
	{NULL, NULL, NULL, true, true, "", "by a route that is no neighbor's"},
	{NULL, NULL, NULL, true, true, NULL, "by a route that is no"},
	{NULL, NULL, NULL, false, false, NULL, NULL}, /* not looked at */
	{"192.0.2.1", "vpn1", NULL, true, true, "192.0.2.1", NULL},
	{"192.0.2.1", "vpn1", NULL, true, true, "192.0.2.2",
	 "by 'vpn1' from 192.0.2.1, and reaches it from 192.0.2.2"},
	{"192.0.2.1", "vpn1", NULL, true, false, "192.0.2.1",
	 "'vpn1' from 192.0.2.1, and has no route"},
	{NULL, "edge2", "192.0.2.1", true, true, "10.0.0.2", NULL},
	{NULL, "edge2", "192.0.2.1", true, true, "192.0.2.1",
	 "by 'edge2', and reaches it from 192.0.2.1"},
	{NULL, "edge2", "192.0.2.1", true, false, NULL,
	 "by 'edge2', and has no route"},
};

static void tell(struct foretold_vec *l, const struct step *s, const char *edge,
		 const struct row *r)
{
	struct foretold *f = foretold_add(l, s, edge, P);

	f->from = mem_strdup(r->from);
	f->via = mem_strdup(r->via);
	if (r->not_from)
		state_list_add(&f->not_from, r->not_from);
}

static void see(struct resource_set *set, const struct row *r)
{
	struct resource *x;

	if (!r->seen)
		return;
	x = resource_set_add(set, RESOURCE_ROUTE, P);
	x->present = r->present;
	x->route.session = mem_strdup(r->session);
}

static void test_one_by_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct foretold_vec l = {0};
		resource_set_auto seen = {0};
		buf_auto why = BUF_INIT;
		bool ok;

		tell(&l, &a_step, "edge1", &rows[i]);
		see(&seen, &rows[i]);
		ok = foretold_holds(&l, &a_step, "edge1", &seen, &why);
		if (ok != !rows[i].why ||
		    (!ok && !strstr(buf_str(&why), rows[i].why)))
			fail_msg("%zu: %s", i, buf_str(&why));
		assert_true(ok || strstr(buf_str(&why), "'edge1' was foretold "
							"to reach " P));
		/* of another edge or step nothing was told */
		assert_true(foretold_holds(&l, &a_step, "edge2", &seen, &why));
		assert_true(
			foretold_holds(&l, &other_step, "edge1", &seen, &why));
		foretold_vec_done(&l);
	}
}

static void test_of_whom(void **state)
{
	struct foretold_vec l = {0};

	(void)state;
	assert_false(foretold_of(NULL, &a_step));
	assert_false(foretold_of(&l, &a_step));
	tell(&l, &other_step, "edge1", &rows[0]);
	assert_false(foretold_of(&l, &a_step));
	tell(&l, &a_step, "edge1", &rows[0]);
	assert_true(foretold_of(&l, &a_step));
	foretold_vec_done(&l);
}

/* Of a snapshot each edge is judged once, and those in it alone. */
static void test_snapshot(void **state)
{
	struct foretold_vec l = {0};
	resource_set_auto seen = {0};
	json_auto *states = NULL;
	json_auto *nonsense = json_pack("{s:s}", "edge1", "what");
	json_auto *empty = json_object();
	buf_auto why = BUF_INIT;
	const char *first;

	(void)state;
	tell(&l, &other_step, "edge3", &rows[0]);
	tell(&l, &a_step, "edge1", &rows[6]);
	tell(&l, &a_step, "edge1", &rows[6]);
	tell(&l, &a_step, "edge2", &rows[0]);
	see(&seen, &rows[6]);
	states = json_pack("{s:o}", "edge1", resource_set_to_json(&seen, true));
	assert_false(foretold_holds_json(&l, &a_step, states, &why));
	first = strstr(buf_str(&why), "and reaches it");
	assert_non_null(first);
	/* two were told of it, and each is said once */
	first = strstr(first + 1, "and reaches it");
	assert_non_null(first);
	assert_null(strstr(first + 1, "and reaches it"));
	assert_true(foretold_holds_json(&l, &a_step, nonsense, &why));
	assert_true(foretold_holds_json(&l, &a_step, empty, &why));
	assert_true(foretold_holds_json(&l, &other_step, states, &why));
	foretold_vec_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_of_whom),
		cmocka_unit_test(test_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
