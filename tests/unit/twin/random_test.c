/*
 * random_test.c - random networks, changed at random, against the naive one
 *
 * After every change the twin's incremental result must be at rest by the naive
 * simulation's rules, router by router and prefix by prefix; and where
 * no preferences, reflectors or stripped AS paths are about (with them there
 * can be several states of rest, RFC 4264, and routes that live on each other),
 * it must be the one that the naive simulation reaches from nothing.
 */
#include "tests/unit/twin/twin_util.h"

#include "orchestrator/twin/rank.h"
#include "tests/unit/twin/naive.h"

static uint64_t seed_state;

static uint32_t rnd(uint32_t n)
{
	seed_state = seed_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed_state >> 33) % n;
}

static const char *const prefixes[] = {
	"10.0.0.0/8",	"10.1.0.0/16",	   "10.1.2.0/24",   "10.1.2.128/25",
	"192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32", "2001:db8:1::/48",
};
static const char *const rules[] = {
	"10.0.0.0/8 le 32", "10.0.0.0/8",      "10.1.0.0/16 ge 24 le 24",
	"192.0.2.0/24",	    "0.0.0.0/0 le 32", "2001:db8::/32 le 48",
};

static int random_policy(struct net *n, int number, bool preferences)
{
	mem_auto_free char *name = mem_format("policy%d", number);
	int p = filter_policy_named(&n->filters, name);

	filter_policy_begin(&n->filters, p);
	n->filters.policies[p].default_permit = rnd(2);
	for (uint32_t i = 0, k = 1 + rnd(3); i < k; i++) {
		struct filter_entry *x;
		struct prefix_rule r;
		int set = FILTER_ANY;

		assert_true(prefix_rule_parse(rules[rnd(6)], &r, NULL));
		if (rnd(4))
			set = filter_set_of(&n->filters, &r, 1);
		x = filter_policy_add(&n->filters, p);
		x->set = set;
		x->permit = rnd(4) != 0;
		x->prepend = rnd(3) ? 0 : rnd(3);
		if (!rnd(4))
			x->community = 65000u << 16 | rnd(2);
		if (!rnd(3)) {
			x->add = mem_calloc(1, sizeof(*x->add));
			x->add[x->n_add++] = rnd(12) ? 65000u << 16 | rnd(2)
						     : 0xffffff01u + rnd(2);
		}
		if (!preferences)
			continue;
		x->has_local_pref = rnd(2);
		x->local_pref = 50 + 50 * rnd(4);
		x->has_med = rnd(2);
		x->med = rnd(3) * 10;
	}
	return p;
}

static void random_session(struct net *n, int s, int policies, bool preferences,
			   bool odd)
{
	struct net_session *x = &n->sessions[s];

	for (int side = 0; side < 2; side++) {
		struct net_end *end = &x->end[side];

		end->next_hop_self = !x->ebgp && rnd(3) != 0;
		end->client = odd && !x->ebgp && rnd(3) == 0;
		end->remove_private = odd && x->ebgp && rnd(5) == 0;
		end->no_communities = rnd(6) == 0;
		if (preferences && rnd(6) == 0)
			end->weight = 100;
		net_enable(n, s, side, rnd(8) != 0);
		for (int import = 0; import < 2; import++)
			net_bind(n, s, side, import,
				 rnd(3) ? FILTER_ALL
					: (int)rnd((uint32_t)policies));
	}
}

static struct net *random_net(bool preferences, bool odd)
{
	struct net *n = net_new();
	int routers = 3 + (int)rnd(7), policies = 4;

	for (int i = 0; i < routers; i++) {
		mem_auto_free char *name = mem_format("r%d", i);

		net_add_router(n, name, NET_EDGE, 64510 + rnd(4),
			       1000 + (uint32_t)i * 7 % 5 * 100 + (uint32_t)i);
	}
	for (int i = 0; i < policies; i++)
		random_policy(n, i, preferences);
	for (int i = 1; i < routers; i++)
		util_peer(n, i, (int)rnd((uint32_t)i), 1 + rnd(3));
	for (uint32_t i = 0, k = rnd(6); i < k; i++) {
		int a = (int)rnd((uint32_t)routers);
		int b = (int)rnd((uint32_t)routers);

		if (a == b)
			continue;
		if (n->routers[a].asn == n->routers[b].asn && rnd(2))
			util_session(n, "far", a, b, -1);
		else
			util_peer(n, a, b, rnd(4));
	}
	for (int s = 0; s < n->n_sessions; s++)
		random_session(n, s, policies, preferences, odd);
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		for (uint32_t k = 0; k < 1 + rnd(2); k++) {
			int o = util_origin(n, (int)rnd((uint32_t)routers),
					    prefixes[i]);

			n->origins[o].origin =
				rnd(4) ? ATTR_IGP : ATTR_INCOMPLETE;
			if (rnd(9) == 0)
				n->origins[o].only_session =
					(int)rnd((uint32_t)n->n_sessions);
		}
	return n;
}

static void change(struct net *n)
{
	int s = (int)rnd((uint32_t)n->n_sessions);
	int l = (int)rnd((uint32_t)n->n_links);
	int r = (int)rnd((uint32_t)n->n_routers);
	int o = (int)rnd((uint32_t)n->n_origins);

	switch (rnd(7)) {
	case 0:
		net_enable(n, s, (int)rnd(2), rnd(4) != 0);
		break;
	case 1:
		net_bind(n, s, (int)rnd(2), rnd(2), (int)rnd(4));
		break;
	case 2:
		net_fail_link(n, l, !n->links[l].failed);
		break;
	case 3:
		net_fail_router(n, r, n->routers[r].up);
		break;
	case 4:
		net_fail_session(n, s, !n->sessions[s].failed);
		break;
	case 5:
		net_activate(n, o, !n->origins[o].active);
		break;
	default:
		net_set_up(n, l, !n->links[l].up);
	}
}

/* The twin's answer in the naive one's words. */
static void translate(const struct decide *d, const struct prefix *p,
		      struct naive_route *best)
{
	for (int r = 0; r < d->n_routers; r++) {
		struct path b = decide_best(d, r, p);
		struct naive_route *x = &best[r];

		memset(x, 0, sizeof(*x));
		if (!b.attr)
			continue;
		x->valid = true;
		x->weight = b.attr->weight;
		x->lp = b.attr->local_pref;
		x->med = b.attr->med;
		x->origin_code = b.attr->origin;
		x->next_hop = b.attr->next_hop;
		x->next_link = b.attr->next_link;
		x->originator = b.attr->originator;
		x->session = b.from < 0 ? -1 : b.from / 2;
		x->local = b.from < 0 ? ~b.from : 0;
		x->source = b.from < 0				? 0
			    : d->net->sessions[b.from / 2].ebgp ? 1
								: 2;
		x->path_len = (int)attr_list_len(b.attr->as_path);
		x->comm_len = (int)attr_list_len(b.attr->communities);
		x->clusters_len = (int)attr_list_len(b.attr->clusters);
		for (int i = 0; i < x->path_len; i++)
			x->path[i] = b.attr->as_path->v[i];
		for (int i = 0; i < x->comm_len; i++)
			x->comm[i] = b.attr->communities->v[i];
		for (int i = 0; i < x->clusters_len; i++)
			x->clusters[i] = b.attr->clusters->v[i];
	}
}

struct tally {
	size_t at_rest, equal, restless, others;
};

static void compare(const struct decide *d, bool unique, unsigned seed,
		    struct tally *t)
{
	struct naive_route best[16], scratch[16];

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct prefix p = util_prefix(prefixes[i]);
		long at = classes_find(d->classes, &p);

		if (d->restless[d->classes->class_of[at]]) {
			t->restless++;
			continue;
		}
		translate(d, &p, best);
		for (int r = 0; r < d->n_routers; r++) {
			struct naive_route x =
				naive_decide(d->net, &p, r, best);

			if (!naive_same(&x, &best[r]))
				fail_msg("seed %u: %s at '%s' is not at rest",
					 seed, prefixes[i],
					 d->net->routers[r].name);
			t->at_rest++;
		}
		if (!naive_run(d->net, &p, 200, scratch))
			continue;
		for (int r = 0; r < d->n_routers; r++) {
			bool same = naive_same(&scratch[r], &best[r]);

			if (!same && unique)
				fail_msg("seed %u: %s at '%s' differs", seed,
					 prefixes[i], d->net->routers[r].name);
			same ? t->equal++ : t->others++;
		}
	}
}

static void one(unsigned seed, struct tally *t)
{
	bool preferences = seed % 2, odd = seed % 4;
	struct net *n;
	struct decide *d;

	seed_state = seed * 2654435761u + 1;
	for (int i = 0; i < 4; i++)
		rnd(2);
	n = random_net(preferences, odd);
	d = decide_new(n);
	for (int i = 0; i < 12; i++) {
		decide_run(d);
		compare(d, !odd, seed, t);
		change(n);
		if (rnd(3) == 0)
			change(n);
	}
	decide_free(d);
	net_free(n);
}

static void against_naive(void **state)
{
	const char *seeds = getenv("TWIN_SEEDS");
	unsigned n = seeds ? (unsigned)strtoul(seeds, NULL, 10) : 200;
	struct tally t = {0};

	(void)state;
	for (unsigned i = 1; i <= n; i++)
		one(i, &t);
	printf("# %u networks: %zu decisions at rest, %zu as from nothing, "
	       "%zu at another rest, %zu prefixes without rest\n",
	       n, t.at_rest, t.equal, t.others, t.restless);
	assert_true(t.at_rest > 100 * n);
	assert_true(t.equal > t.others * 10);
	assert_true(t.restless < t.at_rest / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_naive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
