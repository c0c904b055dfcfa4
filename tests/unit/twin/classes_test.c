/*
 * classes_test.c - classes and chains against the definition, one by one
 */
#include "tests/unit/twin/twin_util.h"

static uint64_t seed_state = 7;

static uint32_t rnd(uint32_t n)
{
	seed_state = seed_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed_state >> 33) % n;
}

static struct prefix random_prefix(void)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix p;

	if (rnd(5) == 0) {
		uint32_t len = 32 + 16 * rnd(3);

		snprintf(text, sizeof(text), "2001:db8:%x:%x::/%u",
			 len > 32 ? rnd(3) : 0, len > 48 ? rnd(3) : 0, len);
	} else {
		uint32_t len = 8 + 4 * rnd(6);
		uint32_t a = (10u << 24 | rnd(2) << 20 | rnd(4) << 16 |
			      rnd(4) << 8 | rnd(256)) &
			     (uint32_t)(0xffffffffull << (32 - len));

		snprintf(text, sizeof(text), "%u.%u.%u.%u/%u", a >> 24,
			 a >> 16 & 255, a >> 8 & 255, a & 255, len);
	}
	assert_true(prefix_parse(text, &p, NULL));
	return p;
}

static struct net *random_net(void)
{
	struct net *n = net_new();
	int r = net_add_router(n, "r", NET_EDGE, 65000, 1);

	for (int i = 0; i < 4; i++) {
		mem_auto_free char *name = mem_format("o%d", i);
		int o = net_add_origin(n, name, r);

		for (uint32_t k = rnd(60); k-- > 0;) {
			struct prefix p = random_prefix();

			net_origin_add(n, o, &p);
		}
	}
	for (int i = 0; i < 5; i++) {
		struct prefix_rule v[4];
		uint32_t k = 1 + rnd(4);

		for (uint32_t j = 0; j < k; j++) {
			struct prefix p = random_prefix();
			uint8_t most = p.family == 4 ? 32 : 128;

			v[j] = (struct prefix_rule){p, p.len, p.len};
			if (rnd(2))
				v[j].le = (uint8_t)(p.len +
						    rnd(most - p.len + 1u));
			if (rnd(2))
				v[j].ge = (uint8_t)(p.len +
						    rnd(v[j].le - p.len + 1u));
		}
		filter_set_of(&n->filters, v, k);
	}
	return n;
}

static bool in_set(const struct net *n, int set, const struct prefix *p)
{
	const struct filter_set *s = &n->filters.sets[set];

	for (size_t i = 0; i < s->n; i++)
		if (prefix_rule_matches(&s->rules[i], p))
			return true;
	return false;
}

static bool in_origin(const struct net *n, int origin, const struct prefix *p)
{
	for (size_t i = 0; i < n->origins[origin].n_prefixes; i++)
		if (!prefix_cmp(&n->origins[origin].prefixes[i], p))
			return true;
	return false;
}

static bool alike(const struct net *n, const struct prefix *a,
		  const struct prefix *b)
{
	bool same = a->family == b->family;

	for (int i = 0; i < n->filters.n_sets; i++)
		same &= in_set(n, i, a) == in_set(n, i, b);
	for (int i = 0; i < n->n_origins; i++)
		same &= in_origin(n, i, a) == in_origin(n, i, b);
	return same;
}

static void check_members(const struct net *n, const struct classes *c)
{
	size_t total = 0;

	for (size_t i = 0; i < c->n_prefixes; i++) {
		const struct class *x = &c->v[c->class_of[i]];

		for (size_t k = 0; k < c->n_prefixes; k++)
			assert_int_equal(
				c->class_of[i] == c->class_of[k],
				alike(n, &c->prefixes[i], &c->prefixes[k]));
		for (int s = 0, at = 0; s < n->filters.n_sets; s++)
			if (in_set(n, s, &c->prefixes[i]))
				assert_int_equal(x->sets[at++], s);
		for (int o = 0; o < n->n_origins; o++)
			assert_int_equal(classes_has_origin(x, o),
					 in_origin(n, o, &c->prefixes[i]));
	}
	for (size_t i = 0; i < c->n; i++)
		total += c->v[i].count;
	assert_int_equal(total, c->n_prefixes);
}

/* The longest of the others that contains prefix i, or -1. */
static long container(const struct classes *c, size_t i)
{
	long best = -1;

	for (size_t k = 0; k < c->n_prefixes; k++)
		if (k != i &&
		    prefix_contains(&c->prefixes[k], &c->prefixes[i]) &&
		    (best < 0 || c->prefixes[k].len > c->prefixes[best].len))
			best = (long)k;
	return best;
}

/* Is there an address in p that nothing longer has?  By halving. */
static bool has_own(const struct classes *c, const struct prefix *p)
{
	struct prefix half[2];
	bool inside = false;

	for (size_t k = 0; k < c->n_prefixes; k++) {
		const struct prefix *q = &c->prefixes[k];

		if (q->family == p->family && q->len == p->len &&
		    !prefix_cmp(q, p))
			return false;
		inside |= prefix_contains(p, q);
	}
	if (!inside)
		return true;
	return prefix_split(p, half) &&
	       (has_own(c, &half[0]) || has_own(c, &half[1]));
}

static bool is_live(const struct classes *c, size_t i)
{
	struct prefix half[2];

	if (!prefix_split(&c->prefixes[i], half))
		return true;
	return has_own(c, &half[0]) || has_own(c, &half[1]);
}

static void check_chains(const struct classes *c)
{
	for (size_t i = 0; i < c->n_prefixes; i++) {
		const struct chain *x = &c->chains[c->chain_of[i]];
		long up = container(c, i);
		bool live = false;

		assert_int_equal(x->class, c->class_of[i]);
		assert_int_equal(x->parent, up < 0 ? -1 : c->chain_of[up]);
		for (size_t k = 0; k < c->n_prefixes; k++)
			live |= c->chain_of[k] == c->chain_of[i] &&
				is_live(c, k);
		assert_int_equal(x->live, live);
		assert_true(!live || is_live(c, x->sample));
	}
}

static void by_definition(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++) {
		struct net *n = random_net();
		struct classes *c = classes_build(n);

		check_members(n, c);
		check_chains(c);
		classes_free(c);
		net_free(n);
	}
}

static void lookup(void **state)
{
	struct net *n = net_new();
	int o = net_add_origin(n, "o",
			       net_add_router(n, "r", NET_EDGE, 65000, 1));
	struct prefix p = util_prefix("10.0.0.0/8"),
		      q = util_prefix("10.1.0.0/16"),
		      in = util_prefix("10.1.2.0/24"),
		      side = util_prefix("10.2.0.0/16"),
		      out = util_prefix("11.0.0.0/8");
	struct classes *c;

	(void)state;
	net_origin_add(n, o, &q);
	net_origin_add(n, o, &p);
	c = classes_build(n);
	assert_int_equal(classes_find(c, &p), 0);
	assert_int_equal(classes_find(c, &in), -1);
	assert_int_equal(classes_lookup(c, &in), 1);
	assert_int_equal(classes_lookup(c, &side), 0);
	assert_int_equal(classes_lookup(c, &out), -1);
	classes_free(c);
	net_free(n);
}

/* Equal lists are one set, in whatever order and however often. */
static void sets(void **state)
{
	struct filter_table t = {0};
	struct prefix_rule a[3] = {
		{util_prefix("10.0.0.0/8"), 8, 8},
		{util_prefix("192.0.2.0/24"), 24, 32},
		{util_prefix("10.0.0.0/8"), 8, 8},
	};
	struct prefix_rule b[2] = {a[1], a[0]};
	int s = filter_set_of(&t, a, 3);

	(void)state;
	assert_int_equal(filter_set_of(&t, b, 2), s);
	assert_int_not_equal(filter_set_of(&t, a, 1), s);
	b[0].le = 31;
	assert_int_not_equal(filter_set_of(&t, b, 2), s);
	assert_int_equal(t.n_sets, 3);
	filter_table_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_definition),
		cmocka_unit_test(lookup),
		cmocka_unit_test(sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
