/*
 * attr.c - interned route attributes
 *
 * Two open-addressing tables, one for lists and one for sets, that only grow:
 * a network has few distinct routes, however many prefixes it carries.
 * Invariant: equal content, equal pointer.  Not thread-safe; one pool belongs
 * to one network.
 */
#include "orchestrator/twin/attr.h"

#include <string.h>

struct table {
	void **v;
	size_t n, cap; /* cap is a power of two */
};

struct attr_pool {
	struct table lists, attrs;
};

struct attr_pool *attr_pool_new(void)
{
	return mem_alloc(sizeof(struct attr_pool));
}

static void table_done(struct table *t)
{
	for (size_t i = 0; i < t->cap; i++)
		free(t->v[i]);
	free(t->v);
}

void attr_pool_free(struct attr_pool *p)
{
	if (!p)
		return;
	table_done(&p->lists);
	table_done(&p->attrs);
	free(p);
}

static uint64_t mix(uint64_t h, uint64_t x)
{
	h ^= x;
	h *= 0x9e3779b97f4a7c15u;
	return h ^ (h >> 29);
}

static uint64_t list_hash(const uint32_t *v, size_t n)
{
	uint64_t h = n;

	for (size_t i = 0; i < n; i++)
		h = mix(h, v[i]);
	return mix(h, 1);
}

static uint64_t attr_hash(const struct attr *a)
{
	uint64_t h = mix((uintptr_t)a->as_path, (uintptr_t)a->communities);

	h = mix(h, (uintptr_t)a->clusters);
	h = mix(h, (uint64_t)a->weight << 32 | a->local_pref);
	h = mix(h, (uint64_t)a->med << 32 | (uint32_t)a->next_hop);
	h = mix(h, (uint64_t)(uint32_t)a->next_link << 32 |
			   (uint32_t)a->originator);
	return mix(h, (uint64_t)a->origin << 1 | a->has_med);
}

static bool attr_same(const struct attr *a, const struct attr *b)
{
	return a->as_path == b->as_path && a->communities == b->communities &&
	       a->clusters == b->clusters && a->weight == b->weight &&
	       a->local_pref == b->local_pref && a->med == b->med &&
	       a->next_hop == b->next_hop && a->next_link == b->next_link &&
	       a->originator == b->originator && a->origin == b->origin &&
	       a->has_med == b->has_med;
}

static uint64_t entry_hash(const void *x, bool is_list)
{
	const struct attr_list *l = x;

	return is_list ? list_hash(l->v, l->n) : attr_hash(x);
}

static void table_grow(struct table *t, bool is_list)
{
	size_t cap = t->cap ? t->cap * 2 : 64;
	void **v = mem_calloc(cap, sizeof(*v));

	for (size_t i = 0; i < t->cap; i++) {
		size_t at;

		if (!t->v[i])
			continue;
		at = entry_hash(t->v[i], is_list) & (cap - 1);
		while (v[at])
			at = (at + 1) & (cap - 1);
		v[at] = t->v[i];
	}
	free(t->v);
	t->v = v;
	t->cap = cap;
}

static bool list_same(const struct attr_list *l, const uint32_t *v, size_t n)
{
	return l->n == n && memcmp(l->v, v, n * sizeof(*v)) == 0;
}

const struct attr_list *attr_list_of(struct attr_pool *p, const uint32_t *v,
				     size_t n)
{
	struct table *t = &p->lists;
	struct attr_list *l;
	size_t at;

	if (!n)
		return NULL;
	if (t->n * 2 >= t->cap)
		table_grow(t, true);
	for (at = list_hash(v, n) & (t->cap - 1); t->v[at];
	     at = (at + 1) & (t->cap - 1))
		if (list_same(t->v[at], v, n))
			return t->v[at];
	l = mem_alloc(sizeof(*l) + n * sizeof(*v));
	l->n = (uint32_t)n;
	memcpy(l->v, v, n * sizeof(*v));
	t->v[at] = l;
	t->n++;
	return l;
}

const struct attr *attr_intern(struct attr_pool *p, const struct attr *a)
{
	struct table *t = &p->attrs;
	struct attr *x;
	size_t at;

	if (t->n * 2 >= t->cap)
		table_grow(t, false);
	for (at = attr_hash(a) & (t->cap - 1); t->v[at];
	     at = (at + 1) & (t->cap - 1))
		if (attr_same(t->v[at], a))
			return t->v[at];
	x = mem_alloc(sizeof(*x));
	*x = *a;
	t->v[at] = x;
	t->n++;
	return x;
}

const struct attr_list *attr_list_prepend(struct attr_pool *p,
					  const struct attr_list *l,
					  uint32_t value, uint32_t times)
{
	size_t n = attr_list_len(l);
	mem_auto_free uint32_t *v = mem_calloc(n + times + 1, sizeof(*v));

	for (uint32_t i = 0; i < times; i++)
		v[i] = value;
	if (n)
		memcpy(v + times, l->v, n * sizeof(*v));
	return attr_list_of(p, v, n + times);
}

const struct attr_list *attr_list_insert(struct attr_pool *p,
					 const struct attr_list *l,
					 uint32_t value)
{
	size_t n = attr_list_len(l), at = 0;
	mem_auto_free uint32_t *v = mem_calloc(n + 1, sizeof(*v));

	if (attr_list_has(l, value))
		return l;
	while (at < n && l->v[at] < value) {
		v[at] = l->v[at];
		at++;
	}
	v[at] = value;
	for (; at < n; at++)
		v[at + 1] = l->v[at];
	return attr_list_of(p, v, n + 1);
}

/* RFC 6996: 64512 to 65534, 4200000000 to 4294967294. */
static bool is_private_as(uint32_t as)
{
	return (as >= 64512 && as <= 65534) ||
	       (as >= 4200000000u && as <= 4294967294u);
}

const struct attr_list *attr_list_public(struct attr_pool *p,
					 const struct attr_list *l)
{
	size_t n = attr_list_len(l), keep = 0;
	mem_auto_free uint32_t *v = mem_calloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		if (!is_private_as(l->v[i]))
			v[keep++] = l->v[i];
	return keep == n ? l : attr_list_of(p, v, keep);
}

bool attr_list_has(const struct attr_list *l, uint32_t value)
{
	for (uint32_t i = 0; l && i < l->n; i++)
		if (l->v[i] == value)
			return true;
	return false;
}

void attr_path_text(const struct attr *a, struct buf *out)
{
	if (!a->as_path)
		buf_puts(out, "i");
	for (uint32_t i = 0; i < attr_list_len(a->as_path); i++)
		buf_printf(out, "%s%u", i ? " " : "", a->as_path->v[i]);
}
