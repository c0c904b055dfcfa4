/*
 * walk_test.c - where packets go: longest match, loops, dead ends, equal paths
 *
 *	core --- e1 === gw1 --- fabric		(=== tunnels)
 *	   \---- e2 === gw2 ---/
 */
#include "tests/unit/twin/twin_util.h"

#include "orchestrator/twin/walk.h"

struct site {
	struct net *n;
	struct decide *d;
	int core, e[2], gw[2], fabric;
	int lan[2], tunnel[2], inside[2]; /* links */
	int vpn[2], ibgp[2], in[2], peer; /* sessions */
	int onprem, cloud;		  /* origins */
};

static void setup(struct site *s)
{
	*s = (struct site){.n = net_new()};
	s->core = net_add_router(s->n, "core", NET_CORE, 65010, 1);
	s->fabric = net_add_router(s->n, "fabric", NET_FABRIC, 65515, 2);
	for (int i = 0; i < 2; i++) {
		const char *e = i ? "e2" : "e1", *g = i ? "gw2" : "gw1";
		const char *v = i ? "vpn2" : "vpn1";

		s->e[i] = net_add_router(s->n, e, NET_EDGE, 65010,
					 10 + (uint32_t)i);
		s->gw[i] = net_add_router(s->n, g, NET_VPN_GATEWAY, 65515,
					  20 + (uint32_t)i);
		s->lan[i] =
			net_add_link(s->n, e, NET_LAN, s->core, s->e[i], 10);
		s->tunnel[i] =
			net_add_link(s->n, v, NET_TUNNEL, s->e[i], s->gw[i], 0);
		s->inside[i] = net_add_link(s->n, g, NET_INSIDE, s->gw[i],
					    s->fabric, 10);
		s->ibgp[i] = util_session(s->n, e, s->core, s->e[i], s->lan[i]);
		s->vpn[i] =
			util_session(s->n, v, s->e[i], s->gw[i], s->tunnel[i]);
		s->in[i] = util_session(s->n, g, s->fabric, s->gw[i],
					s->inside[i]);
		s->n->sessions[s->ibgp[i]].end[1].next_hop_self = true;
		s->n->sessions[s->in[i]].end[1].next_hop_self = true;
	}
	net_add_link(s->n, "peer", NET_LAN, s->e[0], s->e[1], 10);
	s->peer = util_session(s->n, "peer", s->e[0], s->e[1], -1);
	s->n->sessions[s->peer].end[0].next_hop_self = true;
	s->n->sessions[s->peer].end[1].next_hop_self = true;
	s->onprem = util_origin(s->n, s->core, "10.10.0.0/16");
	s->cloud = util_origin(s->n, s->fabric, "10.100.0.0/16");
	s->d = decide_new(s->n);
}

static void done(struct site *s)
{
	decide_free(s->d);
	net_free(s->n);
}

static void walk_to(struct site *s, const char *prefix, int from,
		    struct walk *ret)
{
	struct prefix p = util_prefix(prefix);

	decide_run(s->d);
	walk_prefix(s->d, &p, from, ret);
}

static void expect_text(const struct site *s, const struct walk_path *p,
			const char *text)
{
	buf_auto b = BUF_INIT;

	walk_path_text(s->n, p, &b);
	assert_string_equal(buf_str(&b), text);
}

static void reaches(void **state)
{
	struct site s;
	struct walk w;

	(void)state;
	setup(&s);
	walk_to(&s, "10.100.0.0/16", s.core, &w);
	assert_true(walk_is_good(&w));
	assert_int_equal(w.end, s.fabric);
	expect_text(&s, &w.good, "core -> e1 -[vpn1]-> gw1 -> fabric");
	assert_false(w.routers[s.e[1]]);
	walk_done(&w);
	/* with multipath both edges are on the way */
	s.n->routers[s.core].max_paths_ibgp = 2;
	walk_to(&s, "10.100.0.0/16", s.core, &w);
	assert_true(walk_is_good(&w));
	assert_true(w.routers[s.e[1]] && w.links[s.tunnel[1]]);
	walk_done(&w);
	walk_to(&s, "10.10.4.0/24", s.fabric, &w);
	expect_text(&s, &w.good, "fabric -> gw1 -[vpn1]-> e1 -> core");
	walk_done(&w);
	walk_to(&s, "10.11.0.0/16", s.fabric, &w);
	assert_true(w.no_route && !w.delivered);
	expect_text(&s, &w.bad, "fabric");
	walk_done(&w);
	done(&s);
}

/* A failed tunnel is gone round over the other edge. */
static void fails_over(void **state)
{
	struct site s;
	struct walk w;

	(void)state;
	setup(&s);
	decide_run(s.d);
	net_fail_link(s.n, s.tunnel[0], true);
	walk_to(&s, "10.100.0.0/16", s.e[0], &w);
	expect_text(&s, &w.good, "e1 -> e2 -[vpn2]-> gw2 -> fabric");
	walk_done(&w);
	net_fail_router(s.n, s.gw[1], true);
	walk_to(&s, "10.100.0.0/16", s.core, &w);
	assert_true(w.no_route && !w.delivered);
	walk_done(&w);
	net_fail_router(s.n, s.gw[1], false);
	net_fail_link(s.n, s.tunnel[0], false);
	walk_to(&s, "10.100.0.0/16", s.core, &w);
	expect_text(&s, &w.good, "core -> e1 -[vpn1]-> gw1 -> fabric");
	walk_done(&w);
	done(&s);
}

/* A more-specific wins wherever it is known, and only there. */
static void longest_match(void **state)
{
	struct site s;
	struct walk w;
	int pin;

	(void)state;
	setup(&s);
	pin = util_origin(s.n, s.e[1], "10.10.128.0/17");
	s.n->origins[pin].only_session = s.vpn[1];
	s.n->origins[pin].forward = false;
	walk_to(&s, "10.10.128.0/17", s.fabric, &w);
	expect_text(&s, &w.good, "fabric -> gw2 -[vpn2]-> e2 -> core");
	walk_done(&w);
	walk_to(&s, "10.10.0.0/17", s.fabric, &w);
	expect_text(&s, &w.good, "fabric -> gw1 -[vpn1]-> e1 -> core");
	walk_done(&w);
	/* a discard route of the same length is a hole, not a pin */
	s.n->origins[pin].forward = s.n->origins[pin].discard = true;
	net_touch(s.n, NET_CHANGED_SHAPE, 0);
	walk_to(&s, "10.10.128.0/17", s.fabric, &w);
	assert_true(w.discarded && !w.delivered);
	expect_text(&s, &w.bad, "fabric -> gw2 -[vpn2]-> e2");
	walk_done(&w);
	done(&s);
}

/* Two static routes that point at each other; a third way out is found too. */
static void loops(void **state)
{
	struct site s;
	struct walk w;
	int a, b;

	(void)state;
	setup(&s);
	a = util_origin(s.n, s.e[0], "10.100.0.0/16");
	b = util_origin(s.n, s.e[1], "10.100.0.0/16");
	s.n->origins[a].announce = s.n->origins[b].announce = false;
	s.n->origins[a].distance = s.n->origins[b].distance = 1;
	s.n->origins[a].link = s.n->origins[b].link =
		net_find_link(s.n, "peer");
	walk_to(&s, "10.100.0.0/16", s.core, &w);
	assert_true(w.loop && !w.delivered && !w.no_route);
	expect_text(&s, &w.bad, "core -> e1 -> e2 -> e1");
	walk_done(&w);
	net_activate(s.n, a, false);
	walk_to(&s, "10.100.0.0/16", s.core, &w);
	assert_true(walk_is_good(&w));
	walk_done(&w);
	done(&s);
}

/* A static route of distance 1 beats what eBGP learns, whatever it prefers. */
static void static_wins(void **state)
{
	struct site s;
	struct walk w;
	int o;

	(void)state;
	setup(&s);
	o = util_origin(s.n, s.e[0], "10.100.0.0/16");
	s.n->origins[o].announce = false;
	s.n->origins[o].distance = 1;
	s.n->origins[o].link = net_find_link(s.n, "peer");
	walk_to(&s, "10.100.0.0/16", s.e[0], &w);
	expect_text(&s, &w.good, "e1 -> e2 -[vpn2]-> gw2 -> fabric");
	walk_done(&w);
	s.n->origins[o].distance = 30; /* more than eBGP's 20 */
	net_touch(s.n, NET_CHANGED_ORIGIN, o);
	walk_to(&s, "10.100.0.0/16", s.e[0], &w);
	expect_text(&s, &w.good, "e1 -[vpn1]-> gw1 -> fabric");
	walk_done(&w);
	done(&s);
}

static void avoids(void **state)
{
	struct site s;
	struct walk w;
	struct prefix p = util_prefix("10.100.0.0/16");
	struct walk_options o;
	long at;

	(void)state;
	setup(&s);
	s.n->routers[s.core].max_paths_ibgp = 2;
	decide_run(s.d);
	at = classes_find(s.d->classes, &p);
	o = (struct walk_options){s.e[0], -1};
	walk_chain(s.d, s.d->classes->chain_of[at], s.core, &o, &w);
	assert_true(w.delivered);
	walk_done(&w);
	o = (struct walk_options){s.fabric, -1};
	walk_chain(s.d, s.d->classes->chain_of[at], s.core, &o, &w);
	assert_false(w.delivered);
	walk_done(&w);
	done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reaches),	 cmocka_unit_test(fails_over),
		cmocka_unit_test(longest_match), cmocka_unit_test(loops),
		cmocka_unit_test(static_wins),	 cmocka_unit_test(avoids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
