/*
 * prove_test.c - plans that a proof must refuse, and plans that it must not
 *
 * data/bad-RULE[-VARIANT].yaml breaks RULE; the .txt beside it is what the
 * proof says, with the way hop by hop.  data/good-*.yaml must hold.  What no
 * plan can break by itself is broken in the model by hand.  UPDATE_GOLDEN=1
 * writes the .txt files anew; read them before you keep them.
 */
#include "tests/unit/twin/twin_util.h"

#include <glob.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/steps/compile.h"
#include "orchestrator/twin/prove.h"
#include "orchestrator/twin/prove_rules.h"

#define DATA "tests/unit/twin/data/"

struct proof {
	struct plan *plan;
	struct program *program;
	struct twin *twin;
	struct prove *prove;
};

static void load(struct proof *p, const char *path)
{
	struct diag_list diags = {0};
	buf_auto b = BUF_INIT;
	err_auto e = ERR_INIT;

	*p = (struct proof){.plan = plan_load(path, &diags)};
	diag_list_text(&diags, &b);
	diag_list_done(&diags);
	if (!p->plan)
		fail_msg("%s", buf_str(&b));
	p->program = steps_compile(p->plan, &e);
	if (!p->program)
		fail_msg("%s: %s", path, err_msg(&e));
	p->twin = twin_build(p->plan, p->program, NULL, 0, &e);
	if (!p->twin)
		fail_msg("%s: %s", path, err_msg(&e));
}

static void done(struct proof *p)
{
	prove_free(p->prove);
	twin_free(p->twin);
	program_free(p->program);
	plan_free(p->plan);
}

static void text_of(const struct prove *p, struct buf *out)
{
	for (size_t i = 0; i < p->n_violations; i++) {
		const struct prove_violation *v = &p->violations[i];

		buf_printf(out, "%s [%s] %s\n",
			   v->severity == PROVE_ERROR ? "error" : "warning",
			   v->rule, v->text);
		buf_printf(out, "  %s %s%s%s\n", prove_phase_name(v->phase),
			   v->step ? v->step : "-", v->failure ? ", " : "",
			   v->failure ? v->failure : "");
		if (v->path)
			buf_printf(out, "  way: %s\n", v->path);
		if (v->advice)
			buf_printf(out, "  do: %s\n", v->advice);
	}
}

static char *file_text(const char *path)
{
	FILE *f = fopen(path, "rb");
	buf_auto b = BUF_INIT;
	char chunk[4096];
	size_t n;

	if (!f)
		fail_msg("cannot open '%s'", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_steal(&b);
}

static bool breaks(const struct prove *p, const char *rule)
{
	for (size_t i = 0; i < p->n_violations; i++)
		if (strcmp(p->violations[i].rule, rule) == 0)
			return true;
	return false;
}

/* The rule that the file's name says. */
static bool is_named(const char *path, const char *rule)
{
	const char *name = strrchr(path, '/') + 1 + strlen("bad-");
	size_t n = strlen(rule);

	return strncmp(name, rule, n) == 0 &&
	       (name[n] == '.' || name[n] == '-');
}

static bool has_rule(const struct prove *p, const char *path)
{
	for (size_t i = 0; i < p->n_violations; i++)
		if (is_named(path, p->violations[i].rule))
			return true;
	return false;
}

static void compare(const char *path)
{
	mem_auto_free char *golden = mem_format(
		"%.*s.txt", (int)(strlen(path) - strlen(".yaml")), path);
	mem_auto_free char *want = NULL;
	buf_auto have = BUF_INIT;
	struct proof p;

	load(&p, path);
	p.prove = prove_program(p.twin);
	text_of(p.prove, &have);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(golden, "wb");

		assert_non_null(f);
		fputs(buf_str(&have), f);
		fclose(f);
	}
	want = file_text(golden);
	if (strcmp(want, buf_str(&have)) != 0)
		fail_msg("%s: expected\n%sgot\n%s", path, want, buf_str(&have));
	if (strncmp(strrchr(path, '/') + 1, "bad-", 4) != 0)
		assert_int_equal(p.prove->errors, 0);
	else
		assert_true(has_rule(p.prove, path));
	done(&p);
}

static void plans(void **state)
{
	glob_t g;

	(void)state;
	assert_int_equal(glob(DATA "*.yaml", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= 16);
	for (size_t i = 0; i < g.gl_pathc; i++)
		compare(g.gl_pathv[i]);
	globfree(&g);
}

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

static const struct prove_violation *find(const struct prove *p,
					  const char *rule)
{
	for (size_t i = 0; i < p->n_violations; i++)
		if (strcmp(p->violations[i].rule, rule) == 0)
			return &p->violations[i];
	return NULL;
}

/* edge1 sends to edge2 by a static route, and edge2 back. */
static void loop(void **state)
{
	struct proof p;
	int link;

	(void)state;
	load(&p, DATA "good-two-waves.yaml");
	link = net_find_link(p.twin->net, "edge1-edge2");
	static_to(p.twin, p.twin->edges[0], link, false);
	static_to(p.twin, p.twin->edges[1], link, false);
	p.prove = prove_program(p.twin);
	assert_non_null(find(p.prove, "loop"));
	assert_string_equal(find(p.prove, "loop")->path,
			    "core -> edge1 -> edge2 -> edge1");
	done(&p);
}

static void blackhole(void **state)
{
	struct proof p;

	(void)state;
	load(&p, DATA "good-two-waves.yaml");
	static_to(p.twin, p.twin->edges[1], -1, true);
	p.prove = prove_program(p.twin);
	assert_non_null(find(p.prove, "blackhole"));
	assert_string_equal(find(p.prove, "blackhole")->path, "core -> edge2");
	done(&p);
}

/* A step that is not undone. */
static void undo_incomplete(void **state)
{
	struct proof p;
	struct step_vec *undo;
	size_t kept;

	(void)state;
	load(&p, DATA "good-two-waves.yaml");
	undo = &p.program->v[program_find_block(p.program, "wave-rest")].undo;
	kept = undo->n;
	undo->n = 3; /* the rest would withdraw */
	p.prove = prove_program(p.twin);
	assert_true(p.prove->errors > 0);
	assert_non_null(find(p.prove, "undo-incomplete"));
	undo->n = kept;
	done(&p);
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
	load(&p, DATA "good-two-waves.yaml");
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
	assert_non_null(find(p.prove, "transient-loop"));
	assert_non_null(strstr(find(p.prove, "transient-loop")->path,
			       "edge1 -> edge2 -> edge1"));
	assert_string_equal(find(p.prove, "transient-loop")->step, first->id);
	done(&p);
}

/* ---- limits, counted with what a rollback holds ---- */

static struct plan *plan_of_many(const char *path, unsigned n)
{
	struct diag_list diags = {0};
	mem_auto_free char *base = file_text(path);
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
		done(&p);
	}
}

/* A far end that takes one prefix: the second drops the session. */
static void prefix_limit(void **state)
{
	struct proof p;
	int s;

	(void)state;
	load(&p, DATA "good-two-waves.yaml");
	s = net_find_session(p.twin->net, "er/primary/private");
	p.twin->net->sessions[s].end[1].limit[0] = 1;
	p.prove = prove_program(p.twin);
	assert_non_null(find(p.prove, "prefix-limit"));
	assert_string_equal(find(p.prove, "prefix-limit")->step,
			    "wave-rest/export-er-primary-private");
	done(&p);
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
	load(&p, DATA "good-two-waves.yaml");
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
	done(&p);
}

/* The model is as it was; so is a second proof of it. */
static void leaves_no_trace(void **state)
{
	struct proof p;
	struct prove *again;
	struct twin_state *before, *after;

	(void)state;
	load(&p, DATA "good-two-waves.yaml");
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
	done(&p);
}

/* Every rule has its plan, or a test by hand here or in report/look_test.c. */
static void every_rule(void **state)
{
	static const char *const by_hand[] = {
		"blackhole", "loop",	       "model-differs",
		"no-rest",   "transient-loop", "undo-incomplete",
	};
	glob_t g;

	(void)state;
	assert_int_equal(glob(DATA "bad-*.yaml", 0, NULL, &g), 0);
	for (size_t i = 0; i < prove_n_rules; i++) {
		const char *id = prove_rules[i].id;
		bool found = false;

		if (i)
			assert_true(strcmp(prove_rules[i - 1].id, id) < 0);
		assert_null(diag_explain(id)); /* in one table only */
		for (size_t k = 0; k < ARRAY_LEN(by_hand); k++)
			found |= strcmp(by_hand[k], id) == 0;
		for (size_t k = 0; k < g.gl_pathc; k++)
			found |= is_named(g.gl_pathv[k], id);
		if (!found)
			fail_msg("nothing breaks rule '%s'", id);
	}
	globfree(&g);
}

/* BAD GADGET among three edges: see decide_test.c. */
static void no_rest(void **state)
{
	struct proof p;
	struct net *n;
	int hub, o, edge[3];
	struct prefix cloud = util_prefix("10.100.0.0/16");

	(void)state;
	load(&p, DATA "good-two-waves.yaml");
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
	assert_true(breaks(p.prove, "no-rest"));
	done(&p);
}

static int setup(void **state)
{
	(void)state;
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
		cmocka_unit_test(every_rule),
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

	return cmocka_run_group_tests(tests, setup, NULL);
}
