/*
 * text.c - a run's result in words and as JSON
 *
 * One walk for both: steps, packets by leg, paths, the virtual network.  What a
 * step lost is the difference of counters that only grow inside a leg.
 *
 * Pure; the caller owns what is returned.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/report/paths.h"
#include "orchestrator/report/result.h"

#define COLUMNS                                                                \
	4 /* probes that have a column of their own beside the steps           \
	   */

/* ---- steps ---- */

static json_int_t grown(const json_t *now, const json_t *before,
			const char *key)
{
	return json_peek_int(now, key, 0) - json_peek_int(before, key, 0);
}

/* Sent and lost there, back and somewhere of one probe since `before`. */
static void put_counts(const json_t *now, const json_t *before, struct buf *out)
{
	json_int_t either = grown(now, before, "lost_roundtrip");
	mem_auto_free char *s = mem_format(
		"%lld, %lld+%lld", (long long)grown(now, before, "sent"),
		(long long)grown(now, before, "lost_forward"),
		(long long)grown(now, before, "lost_backward"));

	buf_printf(out, "  %16s", s);
	if (either)
		buf_printf(out, " (and %lld either way)", (long long)either);
}

static void put_probes(const json_t *now, const json_t *before, struct buf *out)
{
	const char *name;
	json_t *s;
	int n = 0;

	json_object_foreach((json_t *)now, name, s)
	{
		if (n++ < COLUMNS)
			put_counts(s, json_peek(before, name), out);
	}
}

static void text_head(const struct result *r, const struct result_leg *leg,
		      struct buf *out)
{
	const char *name;
	json_t *s;
	int n = 0;

	(void)r;
	buf_printf(out, "  %-70s %10s  %-6s", "", "time", "");
	json_object_foreach(leg->measure, name, s)
	{
		if (n++ < COLUMNS)
			buf_printf(out, "  %16.16s", name);
	}
	if (n)
		buf_puts(out, "\n"
			      "  (beside each step: packets sent, lost to the "
			      "cloud+lost to the site)");
	buf_puts(out, "\n");
}

static void text_steps(const struct result *r, const struct result_leg *leg,
		       struct buf *out)
{
	const json_t *before = NULL;

	text_head(r, leg, out);
	for (size_t i = leg->from; i < leg->to; i++) {
		const struct result_step *s = &r->v[i];
		mem_auto_free char *took = clock_span_text(
			s->end_us ? s->end_us - s->start_us : 0);

		buf_printf(out, "  %s %-68s %10s  %-6s", s->back ? "<" : ">",
			   s->title, s->end_us ? took : "-",
			   s->how ? s->how : "open");
		if (s->measure) {
			put_probes(s->measure, before, out);
			before = s->measure;
		}
		buf_puts(out, "\n");
		if (s->why && *s->why)
			buf_printf(out, "      %s\n", s->why);
	}
}

/* ---- packets ---- */

static const char *group_of(const struct plan *p, const char *probe)
{
	for (size_t i = 0; p && i < p->n_probes; i++)
		if (strcmp(p->probes[i].name, probe) == 0 &&
		    p->probes[i].group >= 0)
			return p->groups[p->probes[i].group].name;
	return NULL;
}

static void text_probe(const char *name, const char *group, const json_t *s,
		       struct buf *out)
{
	buf_printf(out, "  %s", name);
	if (group)
		buf_printf(out, ", group '%s'", group);
	buf_printf(out,
		   "\n    sent %lld, lost: to the cloud %lld, to the site "
		   "%lld, either %lld; late %lld, reordered %lld, twice %lld\n",
		   (long long)json_peek_int(s, "sent", 0),
		   (long long)json_peek_int(s, "lost_forward", 0),
		   (long long)json_peek_int(s, "lost_backward", 0),
		   (long long)json_peek_int(s, "lost_roundtrip", 0),
		   (long long)json_peek_int(s, "late", 0),
		   (long long)json_peek_int(s, "reordered", 0),
		   (long long)json_peek_int(s, "duplicate", 0));
	buf_printf(out,
		   "    longest gap: to the cloud %.1f ms, to the site %.1f "
		   "ms\n",
		   (double)json_peek_int(s, "gap_forward_us", 0) / 1000,
		   (double)json_peek_int(s, "gap_backward_us", 0) / 1000);
}

static const json_t *rtt_of(const struct result_step *s, const char *probe)
{
	const json_t *rtt = json_peek(json_peek(s->measure, probe), "rtt_us");

	return json_peek(rtt, "p50") ? rtt : NULL;
}

/* The last second of the first soak, and of the last step that measured. */
static void text_rtt(const struct result *r, const struct result_leg *leg,
		     const char *probe, struct buf *out)
{
	const json_t *before = NULL, *after = NULL;

	for (size_t i = leg->from; i < leg->to; i++) {
		const struct result_step *s = &r->v[i];
		const json_t *rtt = rtt_of(s, probe);

		if (rtt && !before &&
		    (strcmp(s->kind, "soak") == 0 || i == leg->from))
			before = rtt;
		after = rtt ? rtt : after;
	}
	if (!before || !after)
		return;
	buf_printf(
		out,
		"    round trip, median and 99 %%: first %.1f, %.1f ms; last "
		"%.1f, %.1f ms\n",
		(double)json_peek_int(before, "p50", 0) / 1000,
		(double)json_peek_int(before, "p99", 0) / 1000,
		(double)json_peek_int(after, "p50", 0) / 1000,
		(double)json_peek_int(after, "p99", 0) / 1000);
}

static void text_packets(const struct result *r, const struct plan *p,
			 const struct result_leg *leg, struct buf *out)
{
	const char *name;
	json_t *s;

	if (!json_object_size(leg->measure))
		return;
	buf_puts(out, "\nPackets\n");
	json_object_foreach(leg->measure, name, s)
	{
		text_probe(name, group_of(p, name), s, out);
		text_rtt(r, leg, name, out);
	}
}

/* ---- all of it ---- */

static void text_leg(const struct result *r, const struct plan *p,
		     const struct result_leg *leg, struct buf *out)
{
	mem_auto_free char *took =
		clock_span_text(leg->end_us ? leg->end_us - leg->start_us : 0);

	buf_printf(out, "%s%s%s%s: %s%s%s\n", leg == r->leg ? "Run" : "Then",
		   leg->back_to ? ", rolled back to '" : "",
		   leg->back_to ? leg->back_to : "", leg->back_to ? "'" : "",
		   leg->ended ? leg->ended : "not ended",
		   leg->end_us ? " after " : "", leg->end_us ? took : "");
	text_steps(r, leg, out);
	text_packets(r, p, leg, out);
	if (leg->exit_code > 0 && leg->why && *leg->why)
		buf_printf(out, "\nWhy\n  %s\n", leg->why);
	buf_puts(out, "\n");
}

static void text_vnet(const struct result *r, struct buf *out)
{
	const char *a = result_vnet(r->first);
	const char *b = result_vnet(r->now ? r->now : r->last);

	if (!a || !b)
		return;
	buf_printf(out, "\nVirtual network\n  before %.16s, after %.16s: %s\n",
		   a, b, strcmp(a, b) == 0 ? "unchanged" : "CHANGED");
}

static void text_approvals(const struct result *r, struct buf *out)
{
	const json_t *given = json_peek(r->approvals, "given");
	size_t n = json_array_size(given);

	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? ", " : "Approved by ",
			   json_peek_str(json_array_get(given, i), "name", ""));
	if (n)
		buf_printf(out, "; %lld needed, digest %.12s\n\n",
			   (long long)json_peek_int(r->approvals, "needed", 0),
			   json_peek_str(r->approvals, "digest", ""));
}

void result_text(const struct result *r, const struct plan *p, struct buf *out)
{
	buf_printf(out, "%s\n\n", r->run);
	text_approvals(r, out);
	for (size_t i = 0; i < r->n_legs; i++)
		text_leg(r, p, &r->leg[i], out);
	if (r->first && p) {
		buf_printf(out, "Paths: before at '%s', after at '%s'",
			   r->first_name, r->last_name);
		if (r->now)
			buf_printf(out, ", now at '%s'", r->now_name);
		buf_puts(out, "\n");
		paths_text(p, r->first, r->last, r->now, out);
	}
	text_vnet(r, out);
}

static json_t *step_json(const struct result_step *s)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:b,s:I}", "id", s->id, "title",
			      s->title, "kind", s->kind, "back", s->back,
			      "start_us", (json_int_t)s->start_us);

	if (s->end_us)
		json_object_set_new(j, "end_us", json_integer(s->end_us));
	if (s->how)
		json_object_set_new(j, "how", json_string(s->how));
	if (s->why)
		json_object_set_new(j, "why", json_string(s->why));
	if (s->measure)
		json_object_set(j, "measure", s->measure);
	return j;
}

static json_t *leg_json(const struct result *r, const struct result_leg *leg)
{
	json_t *steps = json_array();
	json_t *j = json_pack("{s:I,s:i,s:s,s:s*}", "start_us",
			      (json_int_t)leg->start_us, "exit", leg->exit_code,
			      "result", leg->ended ? leg->ended : "not ended",
			      "back_to", leg->back_to);

	for (size_t i = leg->from; i < leg->to; i++)
		json_array_append_new(steps, step_json(&r->v[i]));
	json_object_set_new(j, "steps", steps);
	if (leg->end_us)
		json_object_set_new(j, "end_us", json_integer(leg->end_us));
	if (leg->measure)
		json_object_set(j, "measure", leg->measure);
	return j;
}

static json_t *probes_json(const struct plan *p)
{
	json_t *all = json_array();

	for (size_t i = 0; i < p->n_probes; i++) {
		const struct plan_probe *r = &p->probes[i];

		json_array_append_new(
			all,
			json_pack("{s:s,s:s,s:s*,s:s,s:s*}", "name", r->name,
				  "kind", r->kind, "source", r->source, "to",
				  r->to, "group",
				  r->group < 0 ? NULL
					       : p->groups[r->group].name));
	}
	return all;
}

/* Where it stands; NULL: nowhere, or in the middle of a way back. */
static const char *last_checkpoint(const struct result *r)
{
	const struct result_leg *last = result_last_leg(r);

	if (r->now)
		return r->now_name;
	return last && last->back_to ? NULL : r->last_name;
}

json_t *result_json(const struct result *r, const struct plan *p)
{
	const struct result_leg *last = result_last_leg(r);
	const char *stands = last_checkpoint(r);
	json_t *legs = json_array();
	json_t *j = json_pack("{s:s,s:i,s:s}", "run", r->run, "exit",
			      last ? last->exit_code : -1, "result",
			      last && last->ended ? last->ended : "not ended");

	for (size_t i = 0; i < r->n_legs; i++)
		json_array_append_new(legs, leg_json(r, &r->leg[i]));
	json_object_set_new(j, "legs", legs);
	if (r->approvals)
		json_object_set(j, "approvals", r->approvals);
	if (stands)
		json_object_set_new(j, "last_checkpoint", json_string(stands));
	if (last && last->measure)
		json_object_set(j, "measure", last->measure);
	json_object_set_new(j, "vnet_before",
			    json_string(result_vnet(r->first) ?: ""));
	json_object_set_new(
		j, "vnet_after",
		json_string(result_vnet(r->now ? r->now : r->last) ?: ""));
	if (p)
		json_object_set_new(j, "probes", probes_json(p));
	if (p && r->first) {
		json_object_set_new(j, "paths_before", paths_json(p, r->first));
		json_object_set_new(j, "paths_after", paths_json(p, r->last));
		if (r->now)
			json_object_set_new(j, "paths_now",
					    paths_json(p, r->now));
	}
	return j;
}
