/*
 * classes.c - one sweep over all prefixes and all rules, both sorted
 *
 * Origins keep their lists sorted, and are merged while they are read.
 * Sorted by address and then length, what contains a prefix comes before it.
 * So a stack of the rules around the prefix at hand, and one of the prefixes
 * around it, are all that is needed: no tree, and a million prefixes pass in a
 * fraction of a second.  Neighbours mostly have the same key as the one before,
 * which is looked at first.  Pure; no threads.
 */
#include "orchestrator/twin/classes.h"

#include <string.h>

#include "orchestrator/base/sort.h"

struct cursor { /* how far an origin's sorted list is read */
	const struct net_origin *o;
	int origin;
	size_t at;
};

struct rule { /* of a set */
	struct prefix_rule rule;
	int set;
};

struct around { /* a prefix that contains the one at hand */
	size_t index;
	double covered; /* how much of it longer ones have */
};

struct sweep {
	struct classes *c;
	struct cursor *heap; /* the least prefix first, then the least origin */
	size_t n_heap;
	int *same; /* origins of the prefix at hand */
	size_t n_same, cap_same;
	struct rule *rules;
	size_t n_rules, next_rule;
	int *open; /* rules around the prefix at hand */
	size_t n_open, cap_open;
	struct around around[130];
	size_t n_around;
	int *key; /* sets, then origins */
	size_t n_key, cap_key, n_sets;
	int *table, *chain_table; /* hash tables of indices + 1 */
	size_t cap_table, cap_chain_table;
	bool moved; /* the open rules changed since the last prefix */
	int last;   /* its class, -1: none */
};

static int cursor_cmp(const struct cursor *a, const struct cursor *b)
{
	int c = prefix_cmp(&a->o->prefixes[a->at], &b->o->prefixes[b->at]);

	return c ? c : a->origin - b->origin;
}

static void sift(struct cursor *v, size_t n, size_t i)
{
	struct cursor x = v[i];

	for (;;) {
		size_t k = 2 * i + 1;

		if (k + 1 < n && cursor_cmp(&v[k + 1], &v[k]) < 0)
			k++;
		if (k >= n || cursor_cmp(&v[k], &x) >= 0)
			break;
		v[i] = v[k];
		i = k;
	}
	v[i] = x;
}

static int rule_cmp(const void *x, const void *y)
{
	const struct rule *a = x, *b = y;
	int c = prefix_cmp(&a->rule.prefix, &b->rule.prefix);

	return c ? c : (a->set > b->set) - (a->set < b->set);
}

static void gather_rules(struct sweep *s, const struct net *n)
{
	size_t total = 0;

	for (int i = 0; i < n->filters.n_sets; i++)
		total += n->filters.sets[i].n;
	s->rules = mem_calloc(total + 1, sizeof(*s->rules));
	for (int i = 0; i < n->filters.n_sets; i++)
		for (size_t k = 0; k < n->filters.sets[i].n; k++)
			s->rules[s->n_rules++] =
				(struct rule){n->filters.sets[i].rules[k], i};
	sort_runs(s->rules, s->n_rules, sizeof(*s->rules), rule_cmp);
}

/* Returns how many prefixes there are at most. */
static size_t gather(struct sweep *s, struct net *n)
{
	size_t total = 0;

	s->heap = mem_calloc((size_t)n->n_origins + 1, sizeof(*s->heap));
	for (int i = 0; i < n->n_origins; i++) {
		net_origin_sort(n, i);
		total += n->origins[i].n_prefixes;
		if (n->origins[i].n_prefixes)
			s->heap[s->n_heap++] =
				(struct cursor){&n->origins[i], i, 0};
	}
	for (size_t i = s->n_heap / 2; i-- > 0;)
		sift(s->heap, s->n_heap, i);
	gather_rules(s, n);
	return total;
}

/* The least prefix that is left, and who has it; false: none. */
static bool next_prefix(struct sweep *s, struct prefix *ret)
{
	s->n_same = 0;
	while (s->n_heap) {
		struct cursor *c = &s->heap[0];
		const struct prefix *p = &c->o->prefixes[c->at];

		if (!s->n_same)
			*ret = *p;
		else if (prefix_cmp(p, ret))
			break;
		if (!s->n_same || s->same[s->n_same - 1] != c->origin) {
			MEM_GROW(s->same, s->n_same, s->cap_same);
			s->same[s->n_same++] = c->origin;
		}
		if (++c->at == c->o->n_prefixes)
			*c = s->heap[--s->n_heap];
		sift(s->heap, s->n_heap, 0);
	}
	return s->n_same > 0;
}

/* ---- keys ---- */

static void key_add(struct sweep *s, int x)
{
	MEM_GROW(s->key, s->n_key, s->cap_key);
	s->key[s->n_key++] = x;
}

/* Rules around p are open, those that are not any more are closed. */
static void move_to(struct sweep *s, const struct prefix *p)
{
	size_t keep = 0;

	for (size_t i = 0; i < s->n_open; i++)
		if (prefix_contains(&s->rules[s->open[i]].rule.prefix, p))
			s->open[keep++] = s->open[i];
	s->moved |= keep != s->n_open;
	s->n_open = keep;
	for (; s->next_rule < s->n_rules &&
	       prefix_cmp(&s->rules[s->next_rule].rule.prefix, p) <= 0;
	     s->next_rule++) {
		if (!prefix_contains(&s->rules[s->next_rule].rule.prefix, p))
			continue;
		MEM_GROW(s->open, s->n_open, s->cap_open);
		s->open[s->n_open++] = (int)s->next_rule;
		s->moved = true;
	}
}

static void key_sets(struct sweep *s, const struct prefix *p)
{
	for (size_t i = 0; i < s->n_open; i++) {
		const struct rule *r = &s->rules[s->open[i]];
		size_t at = s->n_key;

		if (p->len < r->rule.ge || p->len > r->rule.le)
			continue;
		while (at > 0 && s->key[at - 1] > r->set)
			at--;
		if (at > 0 && s->key[at - 1] == r->set)
			continue;
		key_add(s, 0);
		memmove(&s->key[at + 1], &s->key[at],
			(s->n_key - 1 - at) * sizeof(*s->key));
		s->key[at] = r->set;
	}
	s->n_sets = s->n_key;
}

static bool key_is(const struct sweep *s, const struct class *c, uint8_t family)
{
	size_t origins = s->n_key - s->n_sets;

	return c->family == family && c->n_sets == s->n_sets &&
	       c->n_origins == origins &&
	       memcmp(c->sets, s->key, s->n_sets * sizeof(int)) == 0 &&
	       memcmp(c->origins, s->key + s->n_sets, origins * sizeof(int)) ==
		       0;
}

static size_t hash_ints(const int *v, size_t n, size_t h)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (size_t)(unsigned)v[i]) * 0x9e3779b97f4a7c15u;
	return h ^ (h >> 31);
}

static size_t class_hash(const struct class *c)
{
	size_t h = hash_ints(c->sets, c->n_sets, c->family + c->n_sets * 64);

	return hash_ints(c->origins, c->n_origins, h);
}

static int *ints(const int *v, size_t n)
{
	int *copy = mem_calloc(n + 1, sizeof(*copy));

	if (n)
		memcpy(copy, v, n * sizeof(*copy));
	return copy;
}

static void table_grow(struct sweep *s)
{
	free(s->table);
	s->cap_table = s->cap_table ? s->cap_table * 2 : 64;
	s->table = mem_calloc(s->cap_table, sizeof(int));
	for (size_t i = 0; i < s->c->n; i++) {
		size_t at = class_hash(&s->c->v[i]) & (s->cap_table - 1);

		while (s->table[at])
			at = (at + 1) & (s->cap_table - 1);
		s->table[at] = (int)i + 1;
	}
}

static int class_of_key(struct sweep *s, uint8_t family)
{
	struct class key = {family,
			    s->key,
			    s->key + s->n_sets,
			    s->n_sets,
			    s->n_key - s->n_sets,
			    0,
			    0};
	size_t at;

	if (s->c->n * 2 >= s->cap_table)
		table_grow(s);
	for (at = class_hash(&key) & (s->cap_table - 1); s->table[at];
	     at = (at + 1) & (s->cap_table - 1))
		if (key_is(s, &s->c->v[s->table[at] - 1], family))
			return s->table[at] - 1;
	key.sets = ints(s->key, s->n_sets);
	key.origins = ints(s->key + s->n_sets, key.n_origins);
	MEM_GROW(s->c->v, s->c->n, s->c->cap);
	s->c->v[s->c->n] = key;
	s->table[at] = (int)++s->c->n;
	return (int)s->c->n - 1;
}

/* Does the prefix at hand have the key of the one before? */
static bool like_last(const struct sweep *s, const struct prefix *p)
{
	const struct class *c = s->last >= 0 ? &s->c->v[s->last] : NULL;

	return c && !s->moved && c->n_origins == s->n_same &&
	       memcmp(c->origins, s->same, s->n_same * sizeof(int)) == 0 &&
	       s->c->n_prefixes && c->family == p->family &&
	       s->c->prefixes[s->c->n_prefixes - 1].len == p->len;
}

static int classify(struct sweep *s, const struct prefix *p)
{
	move_to(s, p);
	if (like_last(s, p))
		return s->last;
	s->n_key = 0;
	key_sets(s, p);
	for (size_t i = 0; i < s->n_same; i++)
		key_add(s, s->same[i]);
	s->moved = false;
	s->last = class_of_key(s, p->family);
	return s->last;
}

/* ---- chains ---- */

static size_t chain_hash(int class, int parent)
{
	int key[2] = {class, parent};

	return hash_ints(key, 2, 7);
}

static void chain_table_grow(struct sweep *s)
{
	free(s->chain_table);
	s->cap_chain_table = s->cap_chain_table ? s->cap_chain_table * 2 : 64;
	s->chain_table = mem_calloc(s->cap_chain_table, sizeof(int));
	for (size_t i = 0; i < s->c->n_chains; i++) {
		const struct chain *x = &s->c->chains[i];
		size_t at = chain_hash(x->class, x->parent) &
			    (s->cap_chain_table - 1);

		while (s->chain_table[at])
			at = (at + 1) & (s->cap_chain_table - 1);
		s->chain_table[at] = (int)i + 1;
	}
}

static int chain_of(struct sweep *s, int class, int parent)
{
	struct classes *c = s->c;
	size_t at;

	if (c->n_chains * 2 >= s->cap_chain_table)
		chain_table_grow(s);
	for (at = chain_hash(class, parent) & (s->cap_chain_table - 1);
	     s->chain_table[at]; at = (at + 1) & (s->cap_chain_table - 1)) {
		const struct chain *x = &c->chains[s->chain_table[at] - 1];

		if (x->class == class && x->parent == parent)
			return s->chain_table[at] - 1;
	}
	MEM_GROW(c->chains, c->n_chains, c->cap_chains);
	c->chains[c->n_chains] =
		(struct chain){class, parent, 0, c->n_prefixes, false};
	s->chain_table[at] = (int)++c->n_chains;
	return (int)c->n_chains - 1;
}

/* A prefix is left: all that is inside of it has been seen. */
static void leave(struct sweep *s)
{
	struct classes *c = s->c;
	const struct around *a = &s->around[--s->n_around];
	struct chain *x = &c->chains[c->chain_of[a->index]];

	if (a->covered < 1.0 && !x->live) {
		x->live = true;
		x->sample = a->index;
	}
}

static void enter(struct sweep *s, size_t index)
{
	struct classes *c = s->c;
	const struct prefix *p = &c->prefixes[index];
	int parent = -1;

	while (s->n_around &&
	       !prefix_contains(&c->prefixes[s->around[s->n_around - 1].index],
				p))
		leave(s);
	if (s->n_around) {
		struct around *up = &s->around[s->n_around - 1];
		int deeper = p->len - c->prefixes[up->index].len;

		parent = c->chain_of[up->index];
		if (deeper < 50)
			up->covered += 1.0 / (double)(1ull << deeper);
	}
	c->chain_of[index] = chain_of(s, c->class_of[index], parent);
	c->chains[c->chain_of[index]].count++;
	s->around[s->n_around++] = (struct around){index, 0.0};
}

static void add_prefix(struct sweep *s, const struct prefix *p)
{
	struct classes *c = s->c;
	size_t index = c->n_prefixes;
	int class = classify(s, p);

	c->prefixes[index] = *p;
	c->class_of[index] = class;
	if (!c->v[class].count++)
		c->v[class].sample = index;
	enter(s, index);
	c->n_prefixes++;
}

static void sweep_done(struct sweep *s)
{
	free(s->heap);
	free(s->same);
	free(s->rules);
	free(s->open);
	free(s->key);
	free(s->table);
	free(s->chain_table);
}

struct classes *classes_build(struct net *n)
{
	struct sweep s = {.c = mem_alloc(sizeof(struct classes)), .last = -1};
	struct classes *c = s.c;
	size_t most = gather(&s, n);
	struct prefix p;

	c->prefixes = mem_calloc(most + 1, sizeof(*c->prefixes));
	c->class_of = mem_calloc(most + 1, sizeof(*c->class_of));
	c->chain_of = mem_calloc(most + 1, sizeof(*c->chain_of));
	while (next_prefix(&s, &p))
		add_prefix(&s, &p);
	while (s.n_around)
		leave(&s);
	sweep_done(&s);
	return c;
}

void classes_free(struct classes *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].sets);
		free(c->v[i].origins);
	}
	free(c->v);
	free(c->chains);
	free(c->prefixes);
	free(c->class_of);
	free(c->chain_of);
	free(c);
}

/* ---- finding ---- */

/* The last prefix that is not after p, or -1. */
static long before(const struct classes *c, const struct prefix *p)
{
	size_t lo = 0, hi = c->n_prefixes;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (prefix_cmp(&c->prefixes[mid], p) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (long)lo - 1;
}

long classes_find(const struct classes *c, const struct prefix *p)
{
	long at = before(c, p);

	return at >= 0 && prefix_cmp(&c->prefixes[at], p) == 0 ? at : -1;
}

/* p cut to fewer bits, until something has it. */
long classes_lookup(const struct classes *c, const struct prefix *p)
{
	struct prefix q = *p;

	for (;;) {
		long at = classes_find(c, &q);

		if (at >= 0)
			return at;
		if (!q.len)
			return -1;
		q.len--;
		q.addr[q.len / 8] &= (uint8_t) ~(0x80u >> (q.len % 8));
	}
}

bool classes_has_origin(const struct class *c, int origin)
{
	for (size_t i = 0; i < c->n_origins; i++)
		if (c->origins[i] == origin)
			return true;
	return false;
}
