/*
 * sample.c - samples as JSON, and their cadence
 *
 * Pure.  Zero in a member that not every kind knows leaves it out.
 */
#include "orchestrator/watch/sample.h"

#include <stdlib.h>

#include "orchestrator/base/mem.h"

enum member_sort { SUM, MAX, NOW };

struct member {
	const char *key;
	size_t offset;
	enum member_sort sort;
	bool always;
};

#define ALWAYS(m, sort)                                                        \
	{                                                                      \
#m, offsetof(struct sample, m), sort, true                     \
	}
#define IF_ANY(m, sort)                                                        \
	{                                                                      \
#m, offsetof(struct sample, m), sort, false                    \
	}

static const struct member members[] = {
	ALWAYS(sent, SUM),
	ALWAYS(received, SUM),
	ALWAYS(lost_forward, SUM),
	ALWAYS(lost_backward, SUM),
	ALWAYS(lost_roundtrip, SUM),
	ALWAYS(unsettled, NOW),
	ALWAYS(reordered, SUM),
	ALWAYS(duplicate, SUM),
	ALWAYS(late, SUM),
	ALWAYS(restarts, SUM),
	ALWAYS(gap_forward_us, MAX),
	ALWAYS(gap_backward_us, MAX),
	ALWAYS(gap_roundtrip_us, MAX),
	ALWAYS(flows, NOW),
	ALWAYS(silent, NOW),
	ALWAYS(silent_us, NOW),
	ALWAYS(silent_packets, NOW),
	ALWAYS(stall_us, SUM),
	IF_ANY(unreflected, SUM),
	IF_ANY(refused, SUM),
	IF_ANY(unreachable, SUM),
	IF_ANY(too_big, SUM),
	IF_ANY(path_mtu, NOW),
	IF_ANY(black_hole, NOW),
	IF_ANY(timeouts, SUM),
	IF_ANY(retransmits, SUM),
	IF_ANY(resets, SUM),
	IF_ANY(connects, SUM),
	IF_ANY(status, NOW),
	IF_ANY(bad_status, SUM),
};

static const char *const rtt_keys[] = {"min", "p50", "p99", "max"};
static const char *const flags[] = {"stateful", "refusing", "final"};

void sample_rtt_add(struct sample_rtts *r, int64_t us)
{
	if (r->n < SAMPLE_RTTS)
		r->v[r->n++] = us;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static json_t *rtt_json(struct sample_rtts *r)
{
	json_t *j = json_object();
	size_t n = r->n;

	if (!n)
		return j;
	qsort(r->v, n, sizeof(*r->v), by_size);
	json_object_set_new(j, "min", json_integer(r->v[0]));
	json_object_set_new(j, "p50", json_integer(r->v[n / 2]));
	json_object_set_new(j, "p99", json_integer(r->v[n - 1 - n / 100]));
	json_object_set_new(j, "max", json_integer(r->v[n - 1]));
	return j;
}

json_t *sample_json(const struct sample *s, struct sample_rtts *r,
		    int64_t wall_us, bool final)
{
	json_t *j = json_pack("{s:I,s:s,s:b,s:o}", "t_us", (json_int_t)wall_us,
			      "kind", s->kind, "stateful", s->stateful,
			      "rtt_us", rtt_json(r));

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		int64_t v =
			*(const int64_t *)((const char *)s + members[i].offset);

		if (v || members[i].always)
			json_object_set_new(j, members[i].key, json_integer(v));
	}
	if (s->refusing)
		json_object_set_new(j, "refusing", json_true());
	if (final)
		json_object_set_new(j, "final", json_true());
	return j;
}

/* ---- from outside ---- */

#define SANE 1000000000000000 /* far above every real counter and time */

static void clean_int(const json_t *from, const char *key, json_t *to)
{
	const json_t *v = json_peek(from, key);
	json_int_t n = json_integer_value(v);

	if (json_is_integer(v))
		json_object_set_new(to, key,
				    json_integer(n < 0	    ? 0
						 : n > SANE ? SANE
							    : n));
}

json_t *sample_clean(const json_t *line)
{
	const json_t *kind = json_peek(line, "kind");
	const json_t *rtt = json_peek(line, "rtt_us");
	json_t *j, *times;

	if (!json_is_integer(json_peek(line, "sent")) || !json_is_object(rtt) ||
	    !json_is_string(kind) || json_string_length(kind) > 16)
		return NULL;
	j = json_pack("{s:O,s:o}", "kind", kind, "rtt_us",
		      times = json_object());
	clean_int(line, "t_us", j);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		clean_int(line, members[i].key, j);
	for (size_t i = 0; i < ARRAY_LEN(rtt_keys); i++)
		clean_int(rtt, rtt_keys[i], times);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (json_is_true(json_peek(line, flags[i])))
			json_object_set_new(j, flags[i], json_true());
	return j;
}

void sample_add(json_t *sample, const json_t *past)
{
	json_int_t open = json_peek_int(past, "unsettled", 0);

	for (size_t i = 0; past && i < ARRAY_LEN(members); i++) {
		const char *key = members[i].key;
		json_int_t was = json_peek_int(past, key, 0);
		json_int_t is = json_peek_int(sample, key, 0);

		if (members[i].sort == SUM)
			is += was;
		else if (members[i].sort == MAX && was > is)
			is = was;
		if (is || members[i].always)
			json_object_set_new(sample, key, json_integer(is));
	}
	if (open) /* nobody waits for their answers any more */
		json_object_set_new(
			sample, "unreflected",
			json_integer(json_peek_int(sample, "unreflected", 0) +
				     open));
}

/* ---- cadence ---- */

void sample_clock_start(struct sample_clock *c, int64_t now_us,
			uint32_t interval_ms)
{
	*c = (struct sample_clock){
		.interval_us = (int64_t)interval_ms * 1000,
		.next_us = now_us + (int64_t)interval_ms * 1000,
	};
}

bool sample_clock_look(const struct sample_clock *c, int64_t now_us)
{
	return now_us >= c->hurry_us || now_us >= c->next_us;
}

bool sample_clock_due(struct sample_clock *c, int64_t now_us,
		      const struct sample *s)
{
	int64_t lost = s->lost_forward + s->lost_backward + s->lost_roundtrip;
	bool silent = s->silent > 0;
	bool regular = now_us >= c->next_us;
	bool wrong = silent || lost > c->lost;
	bool changed = silent != c->silent || lost > c->lost;

	if (!regular && !wrong && !changed) {
		/* looked for nothing: look again in a fifth of that time */
		c->hurry_us = now_us + SAMPLE_HURRY_US / 5;
		return false;
	}
	while (c->next_us <= now_us)
		c->next_us += c->interval_us;
	c->hurry_us = now_us + SAMPLE_HURRY_US;
	c->regular = regular;
	c->lost = lost;
	c->silent = silent;
	return true;
}
