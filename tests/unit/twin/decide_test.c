/*
 * decide_test.c - reflectors, well-known communities, limits, what is asked
 */
#include "tests/unit/twin/twin_util.h"

#include "orchestrator/twin/rank.h"

#define P "203.0.113.0/24"

static struct net *chain_of_as(const uint32_t *asn, int n)
{
	struct net *x = net_new();

	for (int i = 0; i < n; i++) {
		mem_auto_free char *name = mem_format("r%d", i);

		net_add_router(x, name, NET_CORE, asn[i], (uint32_t)i + 1);
		if (i)
			util_peer(x, i - 1, i, 10);
	}
	util_origin(x, 0, P);
	return x;
}

static int from_of(struct decide *d, int router)
{
	decide_run(d);
	return util_best_from(d, router, P);
}

/* RFC 4456, 6: without a client nothing is reflected; with one it is. */
static void reflection(void **state)
{
	struct net *n = chain_of_as((uint32_t[]){65000, 65000, 65000}, 3);
	struct decide *d = decide_new(n);
	struct prefix p = util_prefix(P);
	struct path best;

	(void)state;
	assert_int_equal(from_of(d, 1), 0);
	assert_int_equal(from_of(d, 2), -1);
	n->sessions[1].end[0].client = true; /* r2 is r1's client */
	net_touch(n, NET_CHANGED_SESSION, 1);
	assert_int_equal(from_of(d, 2), 1);
	best = decide_best(d, 2, &p);
	assert_int_equal(best.attr->originator, 0);
	assert_int_equal(attr_list_len(best.attr->clusters), 1);
	assert_int_equal(best.attr->clusters->v[0], 2);
	assert_int_equal(best.attr->next_hop, 0);
	decide_free(d);
	net_free(n);
}

/* RFC 4456, 9: of two reflected copies the one with fewer clusters. */
static void cluster_length(void **state)
{
	struct net *n = net_new();
	struct decide *d;
	struct rank r;
	const struct rib *rib;
	int s;

	(void)state;
	/* 0 originates; 1 and 2 reflect to 4, 2 through 3: all one metric */
	for (int i = 0; i < 5; i++) {
		mem_auto_free char *name = mem_format("r%d", i);

		net_add_router(n, name, NET_CORE, 65000, 50 - (uint32_t)i);
		if (i)
			net_add_link(n, name, NET_LAN, 0, i, 10);
	}
	util_origin(n, 0, P);
	for (int i = 0; i < 5; i++) {
		static const int pair[5][2] = {
			{0, 1}, {1, 4}, {0, 2}, {2, 3}, {3, 4}};
		s = util_session(n, "s", pair[i][0], pair[i][1], -1);
		n->sessions[s].end[0].client = true;
	}
	d = decide_new(n);
	assert_int_equal(from_of(d, 4), 1);
	rib = decide_rib(d, 0, 4);
	rank_paths(d, 4, rib->v, rib->n, &r);
	assert_int_equal(r.step, RANK_CLUSTERS);
	decide_free(d);
	net_free(n);
}

/* RFC 1997: NO_EXPORT stays in the AS, NO_ADVERTISE at the router. */
static void well_known(void **state)
{
	struct net *n = chain_of_as((uint32_t[]){65000, 65000, 65001}, 3);
	struct decide *d = decide_new(n);
	uint32_t no_export = 0xffffff01, no_advertise = 0xffffff02;

	(void)state;
	assert_int_equal(from_of(d, 2), 1);
	n->origins[0].communities = attr_list_of(n->attrs, &no_export, 1);
	net_touch(n, NET_CHANGED_ORIGIN, 0);
	assert_int_equal(from_of(d, 2), -1);
	assert_int_equal(from_of(d, 1), 0);
	n->origins[0].communities = attr_list_of(n->attrs, &no_advertise, 1);
	net_touch(n, NET_CHANGED_ORIGIN, 0);
	assert_int_equal(from_of(d, 1), -1);
	decide_free(d);
	net_free(n);
}

/* LOCAL_PREF and weight stay, MED goes one AS far (RFC 4271, 5.1.4, 5.1.5). */
static void how_far(void **state)
{
	struct net *n =
		chain_of_as((uint32_t[]){65000, 65001, 65001, 65002}, 4);
	struct decide *d = decide_new(n);
	struct prefix p = util_prefix(P);
	struct filter_entry *x = util_policy(n, "set");

	(void)state;
	x->has_local_pref = x->has_med = true;
	x->local_pref = 300;
	x->med = 7;
	net_bind(n, 0, 1, true, filter_policy_find(&n->filters, "set"));
	n->sessions[0].end[1].weight = 9;
	n->sessions[1].end[0].next_hop_self = true;
	decide_run(d);
	assert_int_equal(decide_best(d, 1, &p).attr->weight, 9);
	assert_int_equal(decide_best(d, 2, &p).attr->weight, 0);
	assert_int_equal(decide_best(d, 2, &p).attr->local_pref, 300);
	assert_int_equal(decide_best(d, 2, &p).attr->med, 7);
	assert_int_equal(decide_best(d, 3, &p).attr->local_pref, 100);
	assert_int_equal(decide_best(d, 3, &p).attr->med, 0);
	assert_int_equal(attr_list_len(decide_best(d, 3, &p).attr->as_path), 2);
	decide_free(d);
	net_free(n);
}

/* Over the limit the session goes, with all its routes; below it comes back. */
static void limit(void **state)
{
	struct net *n = chain_of_as((uint32_t[]){65000, 65001}, 2);
	struct decide *d = decide_new(n);
	int more = net_add_origin(n, "more", 0);
	struct prefix a = util_prefix("198.51.100.0/24"),
		      b = util_prefix("192.0.2.0/24"),
		      six = util_prefix("2001:db8::/32");

	(void)state;
	net_origin_add(n, more, &a);
	net_origin_add(n, more, &b);
	net_origin_add(n, more, &six);
	n->sessions[0].end[1].limit[0] = 3;
	assert_int_equal(from_of(d, 1), 0);
	assert_int_equal(decide_count_sent(d, 0, 0, 4), 3);
	assert_int_equal(decide_count_sent(d, 0, 0, 6), 1);
	assert_int_equal(decide_count_accepted(d, 0, 1, 4), 3);
	n->sessions[0].end[1].limit[0] = 2;
	net_touch(n, NET_CHANGED_SESSION, 0);
	assert_int_equal(from_of(d, 1), -1);
	assert_true(n->sessions[0].tripped);
	assert_false(decide_session_up(d, 0));
	assert_int_equal(decide_count_accepted(d, 0, 1, 4), 0);
	net_activate(n, more, false);
	assert_int_equal(from_of(d, 1), 0);
	assert_false(n->sessions[0].tripped);
	decide_free(d);
	net_free(n);
}

/* A pin is announced on one session alone, and is in nobody's FIB. */
static void only_session(void **state)
{
	struct net *n = net_new();
	struct decide *d;
	int o;

	(void)state;
	for (int i = 0; i < 3; i++) {
		mem_auto_free char *name = mem_format("r%d", i);

		net_add_router(n, name, NET_CORE, 65000 + (uint32_t)i, 1);
	}
	util_peer(n, 0, 1, 10);
	util_peer(n, 0, 2, 10);
	o = util_origin(n, 0, P);
	n->origins[o].only_session = 1;
	d = decide_new(n);
	assert_int_equal(from_of(d, 1), -1);
	assert_int_equal(from_of(d, 2), 0);
	assert_null(decide_sent(d, 0, 0, 0));
	assert_non_null(decide_sent(d, 1, 0, 0));
	assert_non_null(decide_accepted(d, 1, 1, 0));
	decide_free(d);
	net_free(n);
}

/* A live policy that is given another body acts at once. */
static void edited(void **state)
{
	struct net *n = chain_of_as((uint32_t[]){65000, 65001}, 2);
	struct decide *d = decide_new(n);
	struct state_policy_entry entry = {.permit = true};
	struct state_route_policy body = {.entries = {&entry, 1, 1}};
	err_auto e = ERR_INIT;
	int p = filter_policy_named(&n->filters, "out");

	(void)state;
	net_bind(n, 0, 0, false, p);
	assert_int_equal(from_of(d, 1), -1); /* bound, but not there */
	state_list_add(&entry.prefixes, "203.0.0.0/16 le 24");
	assert_true(filter_policy_take(&n->filters, p, &body, &e));
	net_touch(n, NET_CHANGED_SHAPE, 0);
	assert_int_equal(from_of(d, 1), 0);
	state_list_add(&entry.prefixes, "nonsense");
	assert_false(filter_policy_take(&n->filters, p, &body, &e));
	assert_non_null(strstr(err_msg(&e), "policy 'out', entry 1"));
	state_list_done(&entry.prefixes);
	decide_free(d);
	net_free(n);
}

/*
 * BAD GADGET (Griffin, Shepherd, Wilfong 2002): each of three routers prefers
 * the way over its neighbour to its own, so none can rest.  The class is
 * marked, and everything else is decided all the same.
 */
static void restless(void **state)
{
	struct net *n = net_new();
	struct decide *d;

	(void)state;
	for (int i = 0; i < 4; i++) {
		mem_auto_free char *name = mem_format("r%d", i);

		net_add_router(n, name, NET_CORE, 65000 + (uint32_t)i,
			       (uint32_t)i);
	}
	util_origin(n, 0, P);
	util_origin(n, 0, "192.0.2.0/24");
	for (int i = 1; i < 4; i++)
		util_peer(n, 0, i, 10);
	for (int i = 1; i < 4; i++) {
		int next = i % 3 + 1, s = util_peer(n, i, next, 10);
		mem_auto_free char *name = mem_format("prefer%d", i);
		mem_auto_free char *direct = mem_format("direct%d", i);
		struct prefix_rule r = {util_prefix(P), 24, 24};
		struct filter_entry *e = util_policy(n, name);

		/* of the neighbour only its direct route */
		e->set = filter_set_of(&n->filters, &r, 1);
		e->community = 65000u << 16 | (uint32_t)next;
		e->has_local_pref = true;
		e->local_pref = 200;
		net_bind(n, s, 0, true, filter_policy_find(&n->filters, name));
		e = util_policy(n, direct);
		e->add = mem_calloc(1, sizeof(*e->add));
		e->add[e->n_add++] = 65000u << 16 | (uint32_t)i;
		net_bind(n, i - 1, 1, true,
			 filter_policy_find(&n->filters, direct));
		net_bind(n, s, 1, true, FILTER_NONE);
	}
	d = decide_new(n);
	decide_run(d);
	assert_int_equal(d->n_restless, 1);
	assert_int_equal(util_best_from(d, 1, "192.0.2.0/24"), 0);
	/* without the policies it comes to rest again */
	for (int s = 3; s < 6; s++)
		net_bind(n, s, 0, true, FILTER_ALL);
	decide_run(d);
	assert_int_equal(d->n_restless, 0);
	assert_int_equal(util_best_from(d, 1, P), 0);
	decide_free(d);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reflection), cmocka_unit_test(cluster_length),
		cmocka_unit_test(well_known), cmocka_unit_test(how_far),
		cmocka_unit_test(limit),      cmocka_unit_test(only_session),
		cmocka_unit_test(edited),     cmocka_unit_test(restless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
