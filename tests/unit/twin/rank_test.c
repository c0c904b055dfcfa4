/*
 * rank_test.c - each step of RFC 4271, 9.1.2.2, decided by that step alone
 *
 * A router `us` hears one prefix from two others, a and b.  Each test makes b
 * better in one attribute, sometimes with a later one against it, and asks for
 * the step that decided.
 */
#include "tests/unit/twin/twin_util.h"

#include "orchestrator/twin/rank.h"

#define P "203.0.113.0/24"

struct two {
	struct net *n;
	struct decide *d;
	int us, a, b, sa, sb, oa, ob;
};

/* as_a, as_b: AS numbers of the two; ours is 65000. */
static void setup(struct two *t, uint32_t as_a, uint32_t as_b)
{
	*t = (struct two){.n = net_new()};
	t->us = net_add_router(t->n, "us", NET_EDGE, 65000, 100);
	t->a = net_add_router(t->n, "a", NET_CORE, as_a, 10);
	t->b = net_add_router(t->n, "b", NET_CORE, as_b, 20);
	t->sa = util_peer(t->n, t->us, t->a, 10);
	t->sb = util_peer(t->n, t->us, t->b, 10);
	t->n->sessions[t->sa].end[1].address = mem_strdup("192.0.2.1");
	t->n->sessions[t->sb].end[1].address = mem_strdup("192.0.2.5");
	t->oa = util_origin(t->n, t->a, P);
	t->ob = util_origin(t->n, t->b, P);
	t->d = decide_new(t->n);
}

static void done(struct two *t)
{
	decide_free(t->d);
	net_free(t->n);
}

static void expect(struct two *t, int from, enum rank_step step)
{
	struct prefix p = util_prefix(P);
	const struct rib *rib;
	struct rank r;
	long at;

	decide_run(t->d);
	at = classes_find(t->d->classes, &p);
	assert_true(at >= 0);
	rib = decide_rib(t->d, t->d->classes->class_of[at], t->us);
	rank_paths(t->d, t->us, rib->v, rib->n, &r);
	assert_true(r.best >= 0);
	assert_string_equal(rank_step_name(r.step), rank_step_name(step));
	assert_int_equal(util_best_from(t->d, t->us, P), from);
}

static int import(struct two *t, int session, const char *name)
{
	int p = filter_policy_named(&t->n->filters, name);

	net_bind(t->n, session, 0, true, p);
	return p;
}

static int export(struct two *t, int session, const char *name)
{
	int p = filter_policy_named(&t->n->filters, name);

	net_bind(t->n, session, 1, false, p);
	return p;
}

static void weight(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65001, 65002);
	t.n->sessions[t.sb].end[0].weight = 50;
	util_policy(t.n, "lp")->local_pref = 900;
	util_policy(t.n, "lp")->has_local_pref = true;
	import(&t, t.sa, "lp");
	expect(&t, t.b, RANK_WEIGHT);
	done(&t);
}

/* RFC 4271, 9.1.1: the degree of preference comes first. */
static void local_pref(void **state)
{
	struct two t;
	struct filter_entry *x;

	(void)state;
	setup(&t, 65001, 65002);
	x = util_policy(t.n, "lp");
	x->has_local_pref = true;
	x->local_pref = 200;
	util_policy(t.n, "long")->prepend = 5;
	import(&t, t.sb, "lp");
	export(&t, t.sb, "long");
	expect(&t, t.b, RANK_LOCAL_PREF);
	done(&t);
}

static void local_origin(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65001, 65002);
	util_origin(t.n, t.us, P);
	expect(&t, t.us, RANK_WEIGHT);
	done(&t);
}

static void as_path(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65001, 65002);
	util_policy(t.n, "long")->prepend = 1;
	export(&t, t.sa, "long");
	expect(&t, t.b, RANK_AS_PATH);
	done(&t);
}

static void origin(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65001, 65002);
	t.n->origins[t.oa].origin = ATTR_INCOMPLETE;
	expect(&t, t.b, RANK_ORIGIN);
	done(&t);
}

static void set_med(struct two *t, int session, const char *name, uint32_t med)
{
	struct filter_entry *x = util_policy(t->n, name);

	x->has_med = true;
	x->med = med;
	export(t, session, name);
}

/* c): only routes of one neighbouring AS are compared. */
static void med(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65001, 65001);
	set_med(&t, t.sa, "m20", 20);
	set_med(&t, t.sb, "m10", 10);
	expect(&t, t.b, RANK_MED);
	done(&t);
	setup(&t, 65001, 65002);
	set_med(&t, t.sa, "m20", 20);
	set_med(&t, t.sb, "m10", 10);
	expect(&t, t.a, RANK_ROUTER_ID);
	t.n->routers[t.us].always_med = true;
	net_touch(t.n, NET_CHANGED_SHAPE, 0);
	expect(&t, t.b, RANK_MED);
	done(&t);
}

/* c): a route without MED counts as the lowest. */
static void med_missing(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65001, 65001);
	set_med(&t, t.sa, "m20", 20);
	expect(&t, t.b, RANK_MED);
	done(&t);
}

/* d): both with an AS path of one, a's over iBGP from behind a. */
static void ebgp(void **state)
{
	struct two t;
	int far;

	(void)state;
	setup(&t, 65000, 65002);
	net_activate(t.n, t.oa, false);
	far = net_add_router(t.n, "far", NET_CORE, 65003, 1);
	util_peer(t.n, far, t.a, 10);
	util_origin(t.n, far, P);
	t.n->sessions[t.sa].end[1].next_hop_self = true;
	expect(&t, t.b, RANK_EBGP);
	done(&t);
}

static void metric(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65000, 65000);
	t.n->links[0].cost = 30;
	expect(&t, t.b, RANK_METRIC);
	done(&t);
}

static void router_id(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65001, 65002);
	t.n->routers[t.a].id = 30;
	expect(&t, t.b, RANK_ROUTER_ID);
	done(&t);
}

static void address(void **state)
{
	struct two t;

	(void)state;
	setup(&t, 65001, 65002);
	t.n->routers[t.a].id = t.n->routers[t.b].id;
	expect(&t, t.a, RANK_ADDRESS);
	free(t.n->sessions[t.sa].end[1].address);
	/* as numbers, not as text: 192.0.2.10 is above 192.0.2.5 */
	t.n->sessions[t.sa].end[1].address = mem_strdup("192.0.2.10");
	net_touch(t.n, NET_CHANGED_SHAPE, 0);
	expect(&t, t.b, RANK_ADDRESS);
	done(&t);
}

/*
 * MED does not order routes pairwise: with a (AS 1, MED 10), b (AS 1, MED 0)
 * and c (AS 2, lowest identifier but b), a router that compares in the order of
 * arrival can end with c or b.  Struck out per step, b beats a, then b and c
 * are decided by the identifier.
 */
static void med_any_order(void **state)
{
	struct two t;
	int c, sc;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		setup(&t, 65001, 65001);
		c = net_add_router(t.n, "c", NET_CORE, 65002, 15);
		sc = util_peer(t.n, t.us, c, 10);
		util_origin(t.n, c, P);
		set_med(&t, t.sa, "m10", 10);
		/* a 10, b 20, c 15: a would win by identifier, loses by MED */
		if (turn) { /* c arrives last */
			net_enable(t.n, sc, 0, false);
			decide_run(t.d);
			net_enable(t.n, sc, 0, true);
		}
		expect(&t, c, RANK_ROUTER_ID);
		done(&t);
	}
}

/* RFC 4271, 9.1.2: an unresolvable next hop excludes the route. */
static void next_hop(void **state)
{
	struct two t;
	int far, l;

	(void)state;
	setup(&t, 65000, 65002);
	net_activate(t.n, t.oa, false);
	net_activate(t.n, t.ob, false);
	far = net_add_router(t.n, "far", NET_CORE, 65003, 1);
	l = net_add_link(t.n, "far-a", NET_LAN, far, t.a, 0);
	util_session(t.n, "far-a", far, t.a, l);
	util_origin(t.n, far, P);
	decide_run(t.d);
	assert_int_equal(util_best_from(t.d, t.a, P), far);
	assert_int_equal(util_best_from(t.d, t.us, P), -1);
	t.n->sessions[t.sa].end[1].next_hop_self = true;
	net_touch(t.n, NET_CHANGED_SESSION, t.sa);
	decide_run(t.d);
	assert_int_equal(util_best_from(t.d, t.us, P), t.a);
	done(&t);
}

/* A floating static route (distance 250) gives way, one of 1 does not. */
static void distance(void **state)
{
	struct two t;
	int o;

	(void)state;
	setup(&t, 65001, 65002);
	net_activate(t.n, t.oa, false);
	o = util_origin(t.n, t.us, P);
	t.n->origins[o].distance = 250;
	expect(&t, t.b, RANK_DISTANCE);
	t.n->origins[o].distance = 1;
	net_touch(t.n, NET_CHANGED_SHAPE, 0);
	expect(&t, t.us, RANK_WEIGHT);
	done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weight),	cmocka_unit_test(local_pref),
		cmocka_unit_test(local_origin), cmocka_unit_test(as_path),
		cmocka_unit_test(origin),	cmocka_unit_test(med),
		cmocka_unit_test(med_missing),	cmocka_unit_test(ebgp),
		cmocka_unit_test(metric),	cmocka_unit_test(router_id),
		cmocka_unit_test(address),	cmocka_unit_test(med_any_order),
		cmocka_unit_test(next_hop),	cmocka_unit_test(distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
