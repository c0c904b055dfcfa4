/*
 * guards.c - judging counters
 *
 * Invariant: counters are cumulative and only grow; a sample below the one
 * before it comes from a probe that started again, and begins a new window.
 */
#include "orchestrator/engine/guards.h"

#include <string.h>

#define GRACE_US 3000000

void guard_start(struct guard_state *g, const struct plan_guard *rule,
		 int64_t now_us)
{
	memset(g, 0, sizeof(*g));
	g->rule = rule;
	g->since_us = now_us;
}

static int64_t lost_of(const json_t *s)
{
	return json_peek_int(s, "lost_forward", 0) +
	       json_peek_int(s, "lost_backward", 0) +
	       json_peek_int(s, "lost_roundtrip", 0);
}

static const struct guard_sample *sample_at(const struct guard_state *g,
					    size_t i)
{
	return &g->v[(g->at + i) % GUARDS_SAMPLES];
}

void guard_feed(struct guard_state *g, int64_t now_us, const json_t *sample)
{
	struct guard_sample s = {.us = now_us, .lost = lost_of(sample)};
	int64_t forward = json_peek_int(sample, "gap_forward_us", 0);
	int64_t backward = json_peek_int(sample, "gap_backward_us", 0);

	if (g->n && s.lost < sample_at(g, g->n - 1)->lost) {
		g->n = 0;
		g->gap_us = 0;
	}
	if (g->n == GUARDS_SAMPLES) {
		g->at = (g->at + 1) % GUARDS_SAMPLES;
		g->n--;
	}
	g->v[(g->at + g->n) % GUARDS_SAMPLES] = s;
	g->n++;
	g->last_gap_us = forward > backward ? forward : backward;
	g->rtt_us = json_peek_int(json_peek(sample, "rtt_us"), "p99", 0);
}

/* Growth since the last sample that is older than the window. */
static int64_t lost_in_window(const struct guard_state *g, int64_t now_us)
{
	int64_t from = now_us - (int64_t)g->rule->window_ms * 1000;
	const struct guard_sample *base = NULL;

	for (size_t i = 0; i < g->n; i++) {
		const struct guard_sample *s = sample_at(g, i);

		if (!base || s->us <= from)
			base = s;
	}
	return base ? sample_at(g, g->n - 1)->lost - base->lost : 0;
}

static bool breached(struct guard_state *g, int64_t now_us, struct buf *why)
{
	const struct plan_guard *r = g->rule;
	int64_t lost = lost_in_window(g, now_us);

	if (r->has_lost && lost > r->lost) {
		buf_printf(why,
			   "guard '%s': %lld packets lost in %u ms, at "
			   "most %u may be",
			   r->name, (long long)lost, r->window_ms, r->lost);
		return true;
	}
	if (r->has_gap && g->last_gap_us > g->gap_us) {
		bool bad = g->last_gap_us > (int64_t)r->gap_ms * 1000;

		g->gap_us = g->last_gap_us;
		if (bad)
			buf_printf(why,
				   "guard '%s': nothing came through for "
				   "%lld ms, at most %u may be",
				   r->name, (long long)g->last_gap_us / 1000,
				   r->gap_ms);
		return bad;
	}
	if (r->has_rtt && g->rtt_us > (int64_t)r->rtt_ms * 1000) {
		buf_printf(why,
			   "guard '%s': round trip %lld ms, at most %u "
			   "may be",
			   r->name, (long long)g->rtt_us / 1000, r->rtt_ms);
		return true;
	}
	return false;
}

enum guard_verdict guard_judge(struct guard_state *g, int64_t now_us,
			       struct buf *why)
{
	int64_t seen = g->n ? sample_at(g, g->n - 1)->us : g->since_us;
	int64_t patience = (int64_t)g->rule->window_ms * 1000 + GRACE_US;

	if (now_us - seen > patience) {
		buf_printf(why,
			   "guard '%s' is blind: its probe has said "
			   "nothing for %lld s",
			   g->rule->name, (long long)(now_us - seen) / 1000000);
		return GUARD_BLIND;
	}
	return g->n && breached(g, now_us, why) ? GUARD_BREACH : GUARD_PASS;
}
