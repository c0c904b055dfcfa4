/*
 * ruleset.c - prefix rules in order of their prefixes
 *
 * A rule that accepts p has a prefix that p lies in: one of p's own bits at
 * each length that any rule has.  Rules of one prefix stand side by side.
 * Threads: none of its own; a sorted set may be read by several.
 */
#include "orchestrator/model/ruleset.h"

#include <string.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/base/sort.h"

static bool *lengths_of(const struct rule_set *s, uint8_t family)
{
	return (bool *)s->lengths[family != 4];
}

void rule_set_add(struct rule_set *s, const struct prefix_rule *r)
{
	MEM_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = *r;
	lengths_of(s, r->prefix.family)[r->prefix.len] = true;
}

bool rule_set_add_list(struct rule_set *s, const struct state_list *l,
		       size_t *ret_bad)
{
	for (size_t i = 0; i < l->n; i++) {
		struct prefix_rule r;

		if (!prefix_rule_parse(l->v[i], &r, NULL)) {
			*ret_bad = i;
			return false;
		}
		rule_set_add(s, &r);
	}
	return true;
}

static int by_prefix(const void *a, const void *b)
{
	return prefix_cmp(&((const struct prefix_rule *)a)->prefix,
			  &((const struct prefix_rule *)b)->prefix);
}

void rule_set_sort(struct rule_set *s)
{
	sort_runs(s->v, s->n, sizeof(*s->v), by_prefix);
}

void rule_set_done(struct rule_set *s)
{
	free(s->v);
	*s = (struct rule_set){0};
}

/* The first rule that is not before this prefix. */
static size_t lower_bound(const struct rule_set *s, const struct prefix *p)
{
	size_t from = 0, to = s->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (prefix_cmp(&s->v[mid].prefix, p) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

const struct prefix_rule *rule_set_match(const struct rule_set *s,
					 const struct prefix *p)
{
	const bool *lengths = lengths_of(s, p->family);

	for (unsigned len = p->len + 1u; len-- > 0;) {
		struct prefix outer;

		if (!lengths[len])
			continue;
		outer = prefix_shorten(p, (uint8_t)len);
		for (size_t i = lower_bound(s, &outer);
		     i < s->n && prefix_cmp(&s->v[i].prefix, &outer) == 0; i++)
			if (prefix_rule_matches(&s->v[i], p))
				return &s->v[i];
	}
	return NULL;
}
