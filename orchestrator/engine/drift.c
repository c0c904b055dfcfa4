/*
 * drift.c - foreign changes between two checkpoints
 *
 * The own part of a configuration is what is left of the text when the lines of
 * the foreign text are taken out in their order: the foreign text is a
 * subsequence of it (every adapter makes it by leaving lines out).  Pure.
 */
#include "orchestrator/engine/drift.h"

#include <string.h>

#define SHOWN_LINES 40

static const char *next_line(const char *s, size_t *ret_len)
{
	*ret_len = strcspn(s, "\n");
	return s + *ret_len + (s[*ret_len] == '\n');
}

static bool same_line(const char *a, size_t n, const char *b, size_t m)
{
	return n == m && memcmp(a, b, n) == 0;
}

static void own_part(const char *text, const char *foreign, struct buf *out)
{
	while (*text) {
		size_t n, m;
		const char *after = next_line(text, &n);
		const char *f = next_line(foreign, &m);

		if (*foreign && same_line(text, n, foreign, m)) {
			foreign = f;
		} else {
			buf_add(out, text, n);
			buf_putc(out, '\n');
		}
		text = after;
	}
}

static const char *text_or_empty(const char *s)
{
	return s ? s : "";
}

bool drift_same_config(const struct resource *was, const struct resource *now,
		       const char *accepted)
{
	buf_auto a = BUF_INIT;
	buf_auto b = BUF_INIT;

	if (!accepted || !now->config.foreign ||
	    strcmp(now->config.foreign, accepted) != 0)
		return false;
	own_part(text_or_empty(was->config.text),
		 text_or_empty(was->config.foreign), &a);
	own_part(text_or_empty(now->config.text), now->config.foreign, &b);
	return strcmp(buf_str(&a), buf_str(&b)) == 0;
}

/* ---- finding ---- */

static void put_lines(const char *from, const char *to, char mark,
		      struct buf *out)
{
	size_t shown = 0;

	while (from < to && shown++ < SHOWN_LINES) {
		size_t n;
		const char *after = next_line(from, &n);

		buf_printf(out, "  %c %.*s\n", mark, (int)n, from);
		from = after;
	}
	if (from < to)
		buf_printf(out, "  %c ... and more\n", mark);
}

/* The lines between the common beginning and the common end. */
static void put_difference(const char *a, const char *b, struct buf *out)
{
	const char *ea = a + strlen(a), *eb = b + strlen(b);

	while (*a && *b) {
		size_t n, m;
		const char *na = next_line(a, &n), *nb = next_line(b, &m);

		if (!same_line(a, n, b, m))
			break;
		a = na;
		b = nb;
	}
	while (ea > a && eb > b && ea[-1] == eb[-1]) {
		ea--;
		eb--;
	}
	while (*ea && ea > a && ea[-1] != '\n')
		ea++; /* whole lines */
	while (*eb && eb > b && eb[-1] != '\n')
		eb++;
	put_lines(a, ea, '-', out);
	put_lines(b, eb, '+', out);
}

static char *foreign_of(const json_t *list)
{
	resource_set_auto set = {0};

	if (!resource_set_from_json(list, &set, NULL))
		return NULL;
	for (size_t i = 0; i < set.n; i++)
		if (set.v[i].kind == RESOURCE_CONFIG && set.v[i].config.foreign)
			return mem_strdup(set.v[i].config.foreign);
	return NULL;
}

typedef void drift_fn(void *arg, const char *target, const char *was,
		      const char *is);

static int each_drift(const json_t *recorded, const json_t *now, drift_fn *fn,
		      void *arg)
{
	const char *target;
	json_t *states;
	int n = 0;

	json_object_foreach((json_t *)recorded, target, states)
	{
		mem_auto_free char *was = foreign_of(states);
		mem_auto_free char *is = foreign_of(json_peek(now, target));

		if (!was || !is || strcmp(was, is) == 0)
			continue;
		fn(arg, target, was, is);
		n++;
	}
	return n;
}

static void show(void *arg, const char *target, const char *was, const char *is)
{
	struct buf *out = arg;

	buf_printf(out,
		   "the configuration of '%s' was changed by somebody else:\n",
		   target);
	put_difference(was, is, out);
}

int drift_find(const json_t *recorded, const json_t *now, struct buf *out)
{
	return each_drift(recorded, now, show, out);
}

struct judging {
	const struct engine_policy *policy;
	struct buf *out;
	int unproved;
};

static void judge(void *arg, const char *target, const char *was,
		  const char *is)
{
	struct judging *j = arg;
	const struct engine_policy *p = j->policy;

	if (!p->judge)
		buf_printf(j->out, "'%s': nothing is known of it\n", target);
	if (!p->judge || !p->judge(p->judge_arg, target, was, is, j->out))
		j->unproved++;
}

int drift_judge(const json_t *recorded, const json_t *now,
		const struct engine_policy *policy, struct buf *out)
{
	struct judging j = {.policy = policy, .out = out};

	each_drift(recorded, now, judge, &j);
	return j.unproved;
}

static void keep(void *arg, const char *target, const char *was, const char *is)
{
	(void)was;
	json_object_set_new(arg, target, json_string(is));
}

json_t *drift_accepted(const json_t *recorded, const json_t *now)
{
	json_t *j = json_object();

	each_drift(recorded, now, keep, j);
	return j;
}

static void forgive_one(json_t *states, const char *foreign)
{
	for (size_t i = 0; i < json_array_size(states); i++) {
		json_t *r = json_array_get(states, i);
		json_t *state = json_peek(r, "state");

		if (state &&
		    strcmp(json_peek_str(r, "kind", ""), "config") == 0)
			json_object_set_new(state, "foreign",
					    json_string(foreign));
	}
}

void drift_forgive(json_t *recorded, const json_t *accepted)
{
	const char *target;
	json_t *foreign;

	json_object_foreach((json_t *)accepted, target, foreign)
	{
		forgive_one(json_peek(recorded, target),
			    json_string_value(foreign));
	}
}
