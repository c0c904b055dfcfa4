/*
 * prove_test.c - what no plan can break by itself is broken in the model by
 * hand; what is predicted; that a proof leaves no trace
 */
#include "tests/unit/twin/proof.h"

/* ---- what no plan can break ---- */

static int policy_all(struct net *n, const char *name, uint32_t local_pref)
{
	struct filter_entry *x = util_policy(n, name);

	x->has_local_pref = true;
	x->local_pref = local_pref;
	return filter_policy_find(&n->filters, name);
}

static void static_to(struct twin *t, int router, int link, bool discard)
{
	int o = net_add_origin(t->net, "by hand", router);
	struct prefix p = util_prefix("10.100.0.0/16");

	net_origin_add(t->net, o, &p);
	t->net->origins[o].announce = false;
	t->net->origins[o].distance = 1;
	t->net->origins[o].link = link;
	t->net->origins[o].discard = discard;
	decide_run(t->decide);
}

/* edge1 sends to edge2 by a static route, and edge2 back. */
static void loop(void **state)
{
	struct proof p;
	int link;

	(void)state;
	proof_load(&p, DATA "good-two-waves.yaml");
	link = net_find_link(p.twin->net, "edge1-edge2");
	static_to(p.twin, p.twin->edges[0], link, false);
	static_to(p.twin, p.twin->edges[1], link, false);
	p.prove = prove_program(p.twin);
	assert_non_null(proof_find(p.prove, "loop"));
	assert_string_equal(proof_find(p.prove, "loop")->path,
			    "core -> edge1 -> edge2 -> edge1");
	proof_done(&p);
}

static void blackhole(void **state)
{
	struct proof p;

	(void)state;
	proof_load(&p, DATA "good-two-waves.yaml");
	static_to(p.twin, p.twin->edges[1], -1, true);
	p.prove = prove_program(p.twin);
	assert_non_null(proof_find(p.prove, "blackhole"));
	assert_string_equal(proof_find(p.prove, "blackhole")->path,
			    "core -> edge2");
	proof_done(&p);
}

/* A step that is not undone. */
static void undo_incomplete(void **state)
{
	struct proof p;
	struct step_vec *undo;
	size_t kept;

	(void)state;
	proof_load(&p, DATA "good-two-waves.yaml");
	undo = &p.program->v[program_find_block(p.program, "wave-rest")].undo;
	kept = undo->n;
	undo->n = 3; /* the rest would withdraw */
	p.prove = prove_program(p.twin);
	assert_true(p.prove->errors > 0);
	assert_non_null(proof_find(p.prove, "undo-incomplete"));
	undo->n = kept;
	proof_done(&p);
}

/*
 * Both edges at once: each denies its circuit while it still has the other's
 * route, which it prefers to its VPN.  In one order of messages all is well; in
 * another each follows the other's stale route, and packets go round.
 */
static void transient_loop(void **state)
{
	struct proof p;
	struct net *n;
	struct step_vec *undo;
	struct step *first = NULL, *second = NULL;

	(void)state;
	proof_load(&p, DATA "good-two-waves.yaml");
	n = p.twin->net;
	for (int side = 0; side < 2; side++)
		net_bind(n, net_find_session(n, "edge1-edge2"), side, true,
			 policy_all(n, "prefer the other", 150));
	net_touch(n, NET_CHANGED_SHAPE, 0);
	decide_run(p.twin->decide);
	undo = &p.program->v[program_find_block(p.program, "wave-canary")].undo;
	for (size_t i = 0; i < undo->n; i++) {
		struct step *s = &undo->v[i];

		if (strstr(s->id, "/drain-"))
			s->kind = STEP_WAIT; /* forgotten */
		if (strstr(s->id, "/deny-") && !first)
			first = s;
		else if (strstr(s->id, "/deny-"))
			second = s;
	}
	resource_set_add_copy(&first->want, &second->want.v[0]);
	p.prove = prove_program(p.twin);
	assert_true(p.prove->errors > 0);
	assert_non_null(proof_find(p.prove, "transient-loop"));
	assert_non_null(strstr(proof_find(p.prove, "transient-loop")->path,
			       "edge1 -> edge2 -> edge1"));
	assert_string_equal(proof_find(p.prove, "transient-loop")->step,
			    first->id);
	proof_done(&p);
}

/* ---- limits, counted with what a rollback holds ---- */

static struct plan *plan_of_many(const char *path, unsigned n)
{
	struct diag_list diags = {0};
	mem_auto_free char *base = proof_file(path);
	char *at = strstr(base, "10.10.200.0/24");
	buf_auto text = BUF_INIT;
	struct plan *p;

	assert_non_null(at);
	buf_add(&text, base, (size_t)(at - base));
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "%s10.10.%u.%u/28", i ? ", " : "", i / 16,
			   i % 16 * 16);
	buf_puts(&text, at + strlen("10.10.200.0/24"));
	p = plan_parse(path, buf_str(&text), text.len, &diags);
	diag_list_done(&diags);
	assert_non_null(p);
	return p;
}

static bool loses_on_undo(const struct prove *p)
{
	for (size_t i = 0; i < p->n_violations; i++)
		if (strcmp(p->violations[i].rule, "transient-loss") == 0 &&
		    p->violations[i].phase == PROVE_UNDO)
			return true;
	return false;
}

/* 1,400 prefixes fit; with two halves of each held on the VPN they do not, so
 * nothing is held, and the way back is not hitless. */
static void pins_over_limit(void **state)
{
	struct proof p = {0};
	err_auto e = ERR_INIT;

	(void)state;
	for (unsigned n = 1300; n <= 1400; n += 100) {
		p.plan = plan_of_many(DATA "good-two-waves.yaml", n);
		p.program = steps_compile(p.plan, &e);
		p.twin = twin_build(p.plan, p.program, NULL, 0, &e);
		p.prove = prove_program(p.twin);
		assert_int_equal(p.prove->errors, 0);
		assert_int_equal(loses_on_undo(p.prove), n == 1400);
		proof_done(&p);
	}
}

/* A far end that takes one prefix: the second drops the session. */
static void prefix_limit(void **state)
{
	struct proof p;
	int s;

	(void)state;
	proof_load(&p, DATA "good-two-waves.yaml");
	s = net_find_session(p.twin->net, "er/primary/private");
	p.twin->net->sessions[s].end[1].limit[0] = 1;
	p.prove = prove_program(p.twin);
	assert_non_null(proof_find(p.prove, "prefix-limit"));
	assert_string_equal(proof_find(p.prove, "prefix-limit")->step,
			    "wave-rest/export-er-primary-private");
	proof_done(&p);
}

/* ---- what is predicted ---- */

static void expect_from(const struct prove *p, const char *step,
			const char *edge, const char *from)
{
	const char *have = "?";

	assert_true(twin_predict_route(p, step, edge, "10.100.0.0/16", &have));
	if (!from)
		assert_null(have);
	else
		assert_string_equal(have, from);
}

static void predictions(void **state)
{
	struct proof p;
	const char *from;

	(void)state;
	proof_load(&p, DATA "good-two-waves.yaml");
	p.prove = prove_program(p.twin);
	expect_from(p.prove, "start/checkpoint", "edge1", "10.100.255.4");
	expect_from(p.prove, "start/checkpoint", "edge2", "10.100.255.5");
	expect_from(p.prove, "wave-canary/import-er-primary-private", "edge1",
		    "172.16.0.2");
	/* edge2 hears of it from edge1, which has no address in the plan */
	expect_from(p.prove, "wave-canary/import-er-primary-private", "edge2",
		    NULL);
	expect_from(p.prove, "wave-canary/import-er-secondary-private", "edge2",
		    "172.16.0.6");
	expect_from(p.prove, "finish/checkpoint", "edge1", "172.16.0.2");
	expect_from(p.prove, "wave-canary/drain-er-primary-private", "edge1",
		    "10.100.255.4");
	assert_false(twin_predict_route(p.prove, "no/such-step", "edge1",
					"10.100.0.0/16", &from));
	assert_false(twin_predict_route(p.prove, "finish/checkpoint", "edge1",
					"192.0.2.0/24", &from));
	proof_done(&p);
}

/* The model is as it was; so is a second proof of it. */
static void leaves_no_trace(void **state)
{
	struct proof p;
	struct prove *again;
	struct twin_state *before, *after;

	(void)state;
	proof_load(&p, DATA "good-two-waves.yaml");
	before = twin_state_take(p.twin);
	p.prove = prove_program(p.twin);
	after = twin_state_take(p.twin);
	assert_true(twin_state_same(before, after));
	again = prove_program(p.twin);
	assert_int_equal(again->n_states, p.prove->n_states);
	assert_int_equal(again->n_violations, p.prove->n_violations);
	assert_int_equal(again->judged, p.prove->judged);
	prove_free(again);
	twin_state_free(before);
	twin_state_free(after);
	proof_done(&p);
}

/* BAD GADGET among three edges: see decide_test.c. */
static void no_rest(void **state)
{
	struct proof p;
	struct net *n;
	int hub, o, edge[3];
	struct prefix cloud = util_prefix("10.100.0.0/16");

	(void)state;
	proof_load(&p, DATA "good-two-waves.yaml");
	n = p.twin->net;
	hub = net_add_router(n, "hub", NET_CORE, 64900, 1);
	o = net_add_origin(n, "gadget", hub);
	net_origin_add(n, o, &cloud);
	for (int i = 0; i < 3; i++) {
		mem_auto_free char *name = mem_format("gadget%d", i);

		edge[i] = net_add_router(n, name, NET_CORE, 64901 + (uint32_t)i,
					 2);
		util_peer(n, hub, edge[i], 0);
	}
	for (int i = 0; i < 3; i++) {
		mem_auto_free char *direct = mem_format("direct%d", i);
		mem_auto_free char *over = mem_format("over%d", i);
		int first = n->n_sessions - 3 - i;
		int s = util_peer(n, edge[i], edge[(i + 1) % 3], 0);
		struct filter_entry *x = util_policy(n, direct);

		x->add = mem_calloc(1, sizeof(*x->add));
		x->add[x->n_add++] = 64901u << 16 | (uint32_t)i;
		net_bind(n, first + i, 1, true,
			 filter_policy_find(&n->filters, direct));
		x = util_policy(n, over);
		x->community = 64901u << 16 | (uint32_t)((i + 1) % 3);
		x->has_local_pref = true;
		x->local_pref = 200;
		net_bind(n, s, 0, true, filter_policy_find(&n->filters, over));
		net_bind(n, s, 1, true, FILTER_NONE);
	}
	decide_run(p.twin->decide);
	p.prove = prove_program(p.twin);
	assert_non_null(proof_find(p.prove, "no-rest"));
	proof_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loop),
		cmocka_unit_test(blackhole),
		cmocka_unit_test(no_rest),
		cmocka_unit_test(undo_incomplete),
		cmocka_unit_test(transient_loop),
		cmocka_unit_test(pins_over_limit),
		cmocka_unit_test(prefix_limit),
		cmocka_unit_test(predictions),
		cmocka_unit_test(leaves_no_trace),
	};

	proof_adapters();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
