/*
 * What every compiled program has: whatever a step looks at is named so that
 * an adapter can look it up, and each way back is there before the run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/plan/diag.h"
#include "orchestrator/steps/compile.h"

static struct program *program(const char *path)
{
	struct diag_list diags = {0};
	struct plan *p = plan_load(path, &diags);
	err_auto e = ERR_INIT;
	struct program *g;

	assert_non_null(p);
	g = steps_compile(p, &e);
	if (!g)
		fail_msg("%s", err_msg(&e));
	plan_free(p); /* a program borrows nothing of it */
	diag_list_done(&diags);
	return g;
}

static struct program *hq(void)
{
	return program("plans/hq-expressroute.yaml");
}

static void identified(const struct resource_set *set, const char *id)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct resource *r = &set->v[i];

		if (r->kind == RESOURCE_SESSION && !r->session.neighbor)
			fail_msg("%s: session '%s' has no neighbor", id,
				 r->name);
		if (r->kind == RESOURCE_STATIC_ROUTE &&
		    !r->static_route.session)
			fail_msg("%s: '%s' has no session", id, r->name);
	}
}

static size_t each(const struct step_vec *v)
{
	for (size_t i = 0; i < v->n; i++) {
		identified(&v->v[i].want, v->v[i].id);
		identified(&v->v[i].look, v->v[i].id);
	}
	return v->n;
}

static void test_looks_are_identified(void **state)
{
	struct program *g = hq();
	size_t n = 0;

	(void)state;
	for (size_t b = 0; b < g->n; b++)
		n += each(&g->v[b].steps) + each(&g->v[b].undo) +
		     each(&g->v[b].restore);
	assert_true(n > 100);
	program_free(g);
}

/* A block that changes something under timers decides before it confirms, and
 * confirms before its checkpoint. */
static void test_decision_before_confirm(void **state)
{
	struct program *g = hq();
	int waves = 0;

	(void)state;
	for (size_t b = 0; b < g->n; b++) {
		const struct step_vec *v = &g->v[b].steps;
		int decided = -1, confirmed = -1, checkpoint = -1, guarded = 0;

		for (size_t i = 0; i < v->n; i++) {
			guarded += v->v[i].guarded;
			if (v->v[i].kind == STEP_DECIDE)
				decided = (int)i;
			if (v->v[i].kind == STEP_CONFIRM)
				confirmed = (int)i;
			if (v->v[i].kind == STEP_CHECKPOINT)
				checkpoint = (int)i;
		}
		if (!guarded)
			continue;
		assert_true(decided >= 0 && decided < confirmed);
		assert_true(confirmed < checkpoint);
		assert_true(g->v[b].n_retreat > 0);
		waves++;
	}
	assert_int_equal(waves, 2);
	program_free(g);
}

static int index_of(const struct step_vec *v, const char *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].id, id) == 0)
			return (int)i;
	fail_msg("there is no step '%s'", id);
	return -1;
}

/* Held before the circuit is announced, let go group by group after that, what
 * is left being held on. */
static void test_unpin_from_vpn(void **state)
{
	struct program *g = program("tests/unit/steps/unpin.yaml");
	int at = program_find_block(g, "wave-all");
	const struct step_vec *v;
	int hold, first, last;

	(void)state;
	assert_true(at >= 0);
	v = &g->v[at].steps;
	hold = index_of(v, "wave-all/hold-vpn1");
	first = index_of(v, "wave-all/release-canary-vpn1");
	last = index_of(v, "wave-all/release-rest-vpn1");
	assert_true(hold < index_of(v, "wave-all/export-er-primary-private"));
	assert_true(index_of(v, "wave-all/export-er-secondary-private") <
		    first);
	assert_true(first < last);
	assert_true(last < index_of(v, "wave-all/soak"));
	assert_int_equal(v->v[hold].n_rules, 2);
	assert_int_equal(v->v[first].n_rules, 1);
	assert_int_equal(v->v[first].derive, STEP_DERIVE_PINS);
	assert_int_equal(v->v[last].n_rules, 0);
	assert_false(v->v[last].want.v[0].present);
	index_of(&g->v[at].undo, "wave-all/pin-vpn1");
	program_free(g);
}

/* A BIRD edge has a BGP tunnel and cannot hold: the plan alone cannot know. */
static void test_unpin_without_pins(void **state)
{
	struct diag_list diags = {0};
	struct plan *p = plan_load("tests/unit/steps/unpin-bird.yaml", &diags);
	err_auto e = ERR_INIT;

	(void)state;
	assert_non_null(p);
	assert_null(steps_compile(p, &e));
	assert_non_null(strstr(err_msg(&e), "wave 'all': no edge can hold"));
	plan_free(p);
	diag_list_done(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_looks_are_identified),
		cmocka_unit_test(test_decision_before_confirm),
		cmocka_unit_test(test_unpin_from_vpn),
		cmocka_unit_test(test_unpin_without_pins),
	};

	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
