/*
 * guards.c - judging counters
 *
 * Invariant: counters are cumulative and only grow; a sample below the one
 * before it comes from a probe that started again, and begins a new window.
 * Samples are kept at a 64th of the window apart, so that the ring holds a
 * whole window however often lines come.
 */
#include "orchestrator/engine/guards.h"

#include <string.h>

#define GRACE_US 3000000
#define NOISE_US 1000 /* a round trip that grew by less is no slower path */

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

static struct guard_sample *sample_at(struct guard_state *g, size_t i)
{
	return &g->v[(g->at + i) % GUARDS_SAMPLES];
}

static int64_t window_us(const struct guard_state *g)
{
	return (int64_t)g->rule->window_ms * 1000;
}

static void push(struct guard_state *g, const struct guard_sample *s)
{
	int64_t apart = window_us(g) / (GUARDS_SAMPLES / 2);

	if (g->n && (s->lost < sample_at(g, g->n - 1)->lost ||
		     s->unknown < sample_at(g, g->n - 1)->unknown)) {
		g->n = 0;
		g->gap_us = 0;
	}
	if (g->n > 1 && s->us - sample_at(g, g->n - 2)->us < apart)
		g->n--;
	if (g->n == GUARDS_SAMPLES) {
		g->at = (g->at + 1) % GUARDS_SAMPLES;
		g->n--;
	}
	*sample_at(g, g->n++) = *s;
}

static int64_t longest_gap(const json_t *s)
{
	int64_t a = json_peek_int(s, "gap_forward_us", 0);
	int64_t b = json_peek_int(s, "gap_backward_us", 0);
	int64_t c = json_peek_int(s, "gap_roundtrip_us", 0);

	b = b > c ? b : c;
	return a > b ? a : b;
}

void guard_feed(struct guard_state *g, int64_t now_us, const json_t *sample)
{
	const json_t *rtt = json_peek(sample, "rtt_us");
	struct guard_sample s = {
		.us = now_us,
		.lost = lost_of(sample),
		.unknown = json_peek_int(sample, "unreflected", 0),
		.stall_us = json_peek_int(sample, "stall_us", 0),
	};

	push(g, &s);
	g->last_gap_us = longest_gap(sample);
	g->p50_us = json_peek_int(rtt, "p50", 0);
	g->p99_us = json_peek_int(rtt, "p99", 0);
	g->flows = json_peek_int(sample, "flows", 0);
	g->silent = json_peek_int(sample, "silent", 0);
	g->silent_us = json_peek_int(sample, "silent_us", 0);
	g->silent_packets = json_peek_int(sample, "silent_packets", 0);
	g->black_hole = json_peek_int(sample, "black_hole", 0);
	g->refusing = json_peek_bool(sample, "refusing", false);
}

void guard_baseline(struct guard_state *g, const json_t *sample)
{
	g->base_us = json_peek_int(json_peek(sample, "rtt_us"), "p50", 0);
}

/* Growth since the last sample that is older than the window. */
static struct guard_sample growth(struct guard_state *g, int64_t now_us)
{
	int64_t from = now_us - window_us(g);
	const struct guard_sample *base = sample_at(g, 0);
	const struct guard_sample *last = sample_at(g, g->n - 1);

	for (size_t i = 1; i < g->n && sample_at(g, i)->us <= from; i++)
		base = sample_at(g, i);
	return (struct guard_sample){
		.us = last->us - base->us,
		.lost = last->lost - base->lost,
		.unknown = last->unknown - base->unknown,
		.stall_us = last->stall_us - base->stall_us,
	};
}

/* ---- breach ---- */

static bool too_silent(const struct guard_state *g, struct buf *why)
{
	const struct plan_guard *r = g->rule;
	uint32_t limit = r->has_gap ? r->gap_ms : GUARD_SILENT_MS;

	if ((!r->has_gap && !r->has_lost) ||
	    g->silent_us <= (int64_t)limit * 1000)
		return false;
	if (!r->has_gap && g->silent_packets <= r->lost)
		return false;
	buf_printf(why,
		   "guard '%s': %lld of %lld flows have had no answer for "
		   "%lld ms, at most %u may be%s",
		   r->name, (long long)g->silent, (long long)g->flows,
		   (long long)g->silent_us / 1000, limit,
		   g->black_hole ? "; small packets pass, full ones vanish: "
				   "the path's MTU is too small and no router "
				   "says so"
				 : "");
	return true;
}

static bool too_much_lost(struct guard_state *g, int64_t now_us,
			  struct buf *why)
{
	const struct plan_guard *r = g->rule;
	int64_t lost = growth(g, now_us).lost;

	if (!r->has_lost || lost <= r->lost)
		return false;
	buf_printf(why,
		   "guard '%s': %lld packets lost in %u ms, at most %u may be",
		   r->name, (long long)lost, r->window_ms, r->lost);
	return true;
}

static bool too_long_a_gap(struct guard_state *g, struct buf *why)
{
	const struct plan_guard *r = g->rule;
	bool bad = g->last_gap_us > (int64_t)r->gap_ms * 1000;

	if (!r->has_gap || g->last_gap_us <= g->gap_us)
		return false;
	g->gap_us = g->last_gap_us;
	if (bad)
		buf_printf(why,
			   "guard '%s': nothing came through for %lld ms, at "
			   "most %u may be",
			   r->name, (long long)g->last_gap_us / 1000,
			   r->gap_ms);
	return bad;
}

static bool too_slow(const struct guard_state *g, struct buf *why)
{
	const struct plan_guard *r = g->rule;

	if (!r->has_rtt || g->p99_us <= (int64_t)r->rtt_ms * 1000)
		return false;
	buf_printf(why, "guard '%s': round trip %lld ms, at most %u may be",
		   r->name, (long long)g->p99_us / 1000, r->rtt_ms);
	return true;
}

static bool slower_than_before(const struct guard_state *g, struct buf *why)
{
	uint32_t factor = g->rule->rtt_factor;

	if (!factor || !g->base_us || g->p50_us <= g->base_us + NOISE_US ||
	    g->p50_us <= g->base_us * factor)
		return false;
	buf_printf(why,
		   "guard '%s': round trip %.1f ms (median), more than %u "
		   "times the baseline's %.1f ms",
		   g->rule->name, (double)g->p50_us / 1000, factor,
		   (double)g->base_us / 1000);
	return true;
}

static bool breached(struct guard_state *g, int64_t now_us, struct buf *why)
{
	return too_silent(g, why) || too_much_lost(g, now_us, why) ||
	       too_long_a_gap(g, why) || too_slow(g, why) ||
	       slower_than_before(g, why);
}

/* ---- blind ---- */

static bool is_blind(struct guard_state *g, int64_t now_us, struct buf *why)
{
	int64_t seen = g->n ? sample_at(g, g->n - 1)->us : g->since_us;
	struct guard_sample grown;

	if (now_us - seen > window_us(g) + GRACE_US) {
		buf_printf(why,
			   "guard '%s' is blind: its probe has said nothing "
			   "for %lld s",
			   g->rule->name, (long long)(now_us - seen) / 1000000);
		return true;
	}
	if (!g->n)
		return false;
	grown = growth(g, now_us);
	if (g->refusing)
		buf_printf(why,
			   "guard '%s' is blind: the target answers that "
			   "nobody listens there",
			   g->rule->name);
	else if (grown.unknown > 0)
		buf_printf(why,
			   "guard '%s' is blind: the far end or the probe "
			   "started again, %lld packets have no known fate",
			   g->rule->name, (long long)grown.unknown);
	else if (grown.stall_us > window_us(g) / 2)
		buf_printf(why,
			   "guard '%s' is blind: its probe did not run for "
			   "%lld ms of the last %u",
			   g->rule->name, (long long)grown.stall_us / 1000,
			   g->rule->window_ms);
	else
		return false;
	return true;
}

enum guard_verdict guard_judge(struct guard_state *g, int64_t now_us,
			       struct buf *why)
{
	if (g->n && breached(g, now_us, why))
		return GUARD_BREACH;
	return is_blind(g, now_us, why) ? GUARD_BLIND : GUARD_PASS;
}

/* ---- margins ---- */

static void add_value(json_t *all, const char *what, double value, double limit)
{
	json_array_append_new(all, json_pack("{s:s,s:f,s:f}", "what", what,
					     "value", value, "limit", limit));
}

json_t *guard_values(struct guard_state *g, int64_t now_us)
{
	const struct plan_guard *r = g->rule;
	json_t *all = json_array();

	if (!g->n)
		return all;
	if (r->has_lost)
		add_value(all, "lost", (double)growth(g, now_us).lost, r->lost);
	if (r->has_lost || r->has_gap)
		add_value(all, "silent_ms", (double)g->silent_us / 1000,
			  r->has_gap ? r->gap_ms : GUARD_SILENT_MS);
	if (r->has_rtt)
		add_value(all, "rtt_ms", (double)g->p99_us / 1000, r->rtt_ms);
	if (r->rtt_factor && g->base_us)
		add_value(all, "rtt_ms", (double)g->p50_us / 1000,
			  (double)g->base_us * r->rtt_factor / 1000);
	return all;
}
