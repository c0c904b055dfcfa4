/*
 * filter.c - policies and the sets of prefixes that they match
 *
 * Sets are compared by content after sorting, so that equal lists, written by
 * whatever generation in whatever order, are one set and split no class.
 * Invariant: indices are stable; a removed policy stays as an undefined name.
 * No threads.
 */
#include "orchestrator/twin/filter.h"

#include <string.h>

#include "orchestrator/base/sort.h"

#define CALL_DEPTH 8 /* policies that call one another in a circle */

/* ---- sets ---- */

static int rule_cmp(const void *x, const void *y)
{
	const struct prefix_rule *a = x, *b = y;
	int c = prefix_cmp(&a->prefix, &b->prefix);

	if (c)
		return c;
	return a->ge != b->ge ? a->ge - b->ge : a->le - b->le;
}

static bool rules_same(const struct prefix_rule *a, const struct prefix_rule *b,
		       size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rule_cmp(&a[i], &b[i]))
			return false;
	return true;
}

int filter_set_of(struct filter_table *t, const struct prefix_rule *rules,
		  size_t n)
{
	struct prefix_rule *copy = mem_calloc(n + 1, sizeof(*copy));
	size_t keep = 0;

	if (n)
		memcpy(copy, rules, n * sizeof(*copy));
	sort_runs(copy, n, sizeof(*copy), rule_cmp);
	for (size_t i = 0; i < n; i++)
		if (!keep || rule_cmp(&copy[keep - 1], &copy[i]))
			copy[keep++] = copy[i];
	for (int i = 0; i < t->n_sets; i++)
		if (t->sets[i].n == keep &&
		    rules_same(t->sets[i].rules, copy, keep)) {
			free(copy);
			return i;
		}
	MEM_GROW(t->sets, (size_t)t->n_sets, t->cap_sets);
	t->sets[t->n_sets] = (struct filter_set){copy, keep};
	return t->n_sets++;
}

/* ---- policies ---- */

int filter_policy_find(const struct filter_table *t, const char *name)
{
	for (int i = 0; i < t->n_policies; i++)
		if (strcmp(t->policies[i].name, name) == 0)
			return i;
	return FILTER_NONE;
}

int filter_policy_named(struct filter_table *t, const char *name)
{
	int at = filter_policy_find(t, name);

	if (at >= 0)
		return at;
	MEM_GROW(t->policies, (size_t)t->n_policies, t->cap_policies);
	t->policies[t->n_policies] =
		(struct filter_policy){.name = mem_strdup(name)};
	return t->n_policies++;
}

static void entries_done(struct filter_policy *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].add);
	p->n = 0;
}

void filter_policy_begin(struct filter_table *t, int policy)
{
	entries_done(&t->policies[policy]);
	t->policies[policy].defined = true;
	t->policies[policy].default_permit = false;
}

struct filter_entry *filter_policy_add(struct filter_table *t, int policy)
{
	struct filter_policy *p = &t->policies[policy];

	MEM_GROW(p->v, p->n, p->cap);
	p->v[p->n] =
		(struct filter_entry){.set = FILTER_ANY, .call = FILTER_ALL};
	return &p->v[p->n++];
}

void filter_policy_remove(struct filter_table *t, int policy)
{
	entries_done(&t->policies[policy]);
	t->policies[policy].defined = false;
}

static bool community_of(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long a = strtoul(text, &end, 10), b;

	if (*end != ':' || a > 65535)
		return false;
	b = strtoul(end + 1, &end, 10);
	*ret = (uint32_t)(a << 16 | b);
	return *end == 0 && b <= 65535;
}

static bool take_prefixes(struct filter_table *t,
			  const struct state_list *prefixes, int *ret_set,
			  struct err *e)
{
	mem_auto_free struct prefix_rule *rules =
		mem_calloc(prefixes->n + 1, sizeof(*rules));

	*ret_set = FILTER_ANY;
	for (size_t i = 0; i < prefixes->n; i++)
		if (!prefix_rule_parse(prefixes->v[i], &rules[i], e))
			return false;
	if (prefixes->n)
		*ret_set = filter_set_of(t, rules, prefixes->n);
	return true;
}

static bool take_communities(struct filter_entry *to,
			     const struct state_policy_entry *from,
			     struct err *e)
{
	if (from->community && !community_of(from->community, &to->community))
		return err_set(e, ERR_INVALID, "'%s' is no community",
			       from->community);
	to->add = mem_calloc(from->communities.n + 1, sizeof(*to->add));
	for (size_t i = 0; i < from->communities.n; i++) {
		const char *text = from->communities.v[i];

		if (!community_of(text, &to->add[to->n_add++]))
			return err_set(e, ERR_INVALID, "'%s' is no community",
				       text);
	}
	return true;
}

static bool take_entry(struct filter_table *t, int policy,
		       const struct state_policy_entry *from, struct err *e)
{
	/* first: naming a policy may move the table */
	int call = from->call ? filter_policy_named(t, from->call) : FILTER_ALL;
	struct filter_entry *to = filter_policy_add(t, policy);

	to->call = call;
	to->permit = from->permit;
	to->has_local_pref = from->has_local_pref;
	to->local_pref = from->local_pref;
	to->has_med = from->has_med;
	to->med = from->med;
	to->prepend = from->prepend;
	return take_prefixes(t, &from->prefixes, &to->set, e) &&
	       take_communities(to, from, e);
}

bool filter_policy_take(struct filter_table *t, int policy,
			const struct state_route_policy *body, struct err *e)
{
	filter_policy_begin(t, policy);
	for (size_t i = 0; i < body->entries.n; i++)
		if (!take_entry(t, policy, &body->entries.v[i], e))
			return err_wrap(e, "policy '%s', entry %zu",
					t->policies[policy].name, i + 1);
	return true;
}

/* ---- running ---- */

static bool in_set(int set, const int *sets, size_t n)
{
	size_t lo = 0, hi = n;

	if (set == FILTER_ANY)
		return true;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (sets[mid] < set)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && sets[lo] == set;
}

static bool entry_matches(const struct filter_entry *x, const int *sets,
			  size_t n, const struct attr *a)
{
	if (x->own_only && a->as_path)
		return false;
	if (x->community && !attr_list_has(a->communities, x->community))
		return false;
	return in_set(x->set, sets, n);
}

static void entry_apply(const struct filter_entry *x, uint32_t own,
			struct attr_pool *pool, struct attr *a)
{
	if (x->has_local_pref)
		a->local_pref = x->local_pref;
	if (x->has_med) {
		a->med = x->med;
		a->has_med = true;
	}
	if (x->prepend)
		a->as_path =
			attr_list_prepend(pool, a->as_path, own, x->prepend);
	for (size_t i = 0; i < x->n_add; i++)
		a->communities =
			attr_list_insert(pool, a->communities, x->add[i]);
}

static bool run(const struct filter_table *t, int policy, const int *sets,
		size_t n, uint32_t own, struct attr_pool *pool, struct attr *a,
		unsigned depth)
{
	const struct filter_policy *p;

	if (policy < 0 || depth > CALL_DEPTH)
		return policy == FILTER_ALL;
	p = &t->policies[policy];
	if (!p->defined)
		return false;
	for (size_t i = 0; i < p->n; i++) {
		const struct filter_entry *x = &p->v[i];

		if (!entry_matches(x, sets, n, a))
			continue;
		if (!x->permit ||
		    !run(t, x->call, sets, n, own, pool, a, depth + 1))
			return false;
		entry_apply(x, own, pool, a);
		return true;
	}
	return p->default_permit;
}

bool filter_run(const struct filter_table *t, int policy, const int *sets,
		size_t n_sets, uint32_t own, struct attr_pool *pool,
		struct attr *a)
{
	return run(t, policy, sets, n_sets, own, pool, a, 0);
}

void filter_table_done(struct filter_table *t)
{
	for (int i = 0; i < t->n_sets; i++)
		free(t->sets[i].rules);
	for (int i = 0; i < t->n_policies; i++) {
		entries_done(&t->policies[i]);
		free(t->policies[i].v);
		free(t->policies[i].name);
	}
	free(t->sets);
	free(t->policies);
	*t = (struct filter_table){0};
}
