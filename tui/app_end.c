/*
 * app_end.c - what a run came to, from its journal
 *
 * The short of it first: packets, ways, where the rest is written; then the
 * whole report, step by step.
 */
#include <string.h>

#include "orchestrator/report/paths.h"
#include "orchestrator/report/result.h"
#include "tui/app.h"

static void line(struct view_lines *l, int depth, enum style s, char *text)
{
	view_lines_add(l, depth, GLYPHS, s, text);
}

static int64_t longest(const json_t *s)
{
	static const char *const keys_of_gaps[] = {
		"gap_forward_us", "gap_backward_us", "gap_roundtrip_us"};
	int64_t gap = 0;

	for (size_t i = 0; i < ARRAY_LEN(keys_of_gaps); i++)
		if (json_peek_int(s, keys_of_gaps[i], 0) > gap)
			gap = json_peek_int(s, keys_of_gaps[i], 0);
	return gap;
}

static void add_probe(struct view_lines *l, const char *name, const json_t *s)
{
	int64_t there = json_peek_int(s, "lost_forward", 0);
	int64_t back = json_peek_int(s, "lost_backward", 0);
	int64_t either = json_peek_int(s, "lost_roundtrip", 0);
	bool lost = there + back + either > 0;

	line(l, 1, lost ? STYLE_BAD : STYLE_PLAIN,
	     mem_format("%s: %lld sent, %lld lost", name,
			(long long)json_peek_int(s, "sent", 0),
			(long long)(there + back + either)));
	if (lost)
		line(l, 2, STYLE_BAD,
		     mem_format("%lld to the cloud, %lld to the site, %lld "
				"either way; longest gap %lld ms",
				(long long)there, (long long)back,
				(long long)either,
				(long long)longest(s) / 1000));
}

static void add_packets(struct view_lines *l, const struct result *r)
{
	const char *name;
	json_t *s;

	if (!r->n_legs || !r->leg[r->n_legs - 1].measure)
		return;
	line(l, 0, STYLE_BOLD,
	     mem_strdup(r->n_legs > 1 ? "Packets, since the run was taken up "
					"last"
				      : "Packets"));
	json_object_foreach(r->leg[r->n_legs - 1].measure, name, s)
	{
		add_probe(l, name, s);
	}
}

static char *joined(const json_t *list)
{
	buf_auto b = BUF_INIT;

	for (size_t i = 0; i < json_array_size(list); i++)
		buf_printf(&b, "%s%s", i ? ", " : "",
			   json_string_value(json_array_get(list, i)));
	return buf_steal(&b);
}

static void add_way(struct view_lines *l, const char *what, const json_t *was,
		    const json_t *is, const char *key)
{
	mem_auto_free char *a = joined(json_peek(was, key));
	mem_auto_free char *b = joined(json_peek(is, key));

	line(l, 2, STYLE_PLAIN, mem_format("%-12s before  %s", what, a));
	line(l, 2, STYLE_PLAIN, mem_format("%-12s now     %s", "", b));
}

static void add_ways(struct app *a, const struct result *r)
{
	struct view_lines *l = &a->end_lines;
	json_auto *was = paths_json(a->c.plan, r->first);
	json_auto *is = paths_json(a->c.plan, r->now ? r->now : r->last);

	line(l, 0, STYLE_BOLD, mem_strdup("Ways, before and now"));
	for (size_t i = 0; i < json_array_size(is); i++) {
		const json_t *x = json_array_get(was, i);
		const json_t *y = json_array_get(is, i);

		line(l, 1, STYLE_PLAIN,
		     mem_format("'%s'", json_peek_str(y, "group", "")));
		add_way(l, "to the cloud", x, y, "to_cloud");
		add_way(l, "to the site", x, y, "to_site");
	}
}

static void add_where_to_read(struct app *a)
{
	struct view_lines *l = &a->end_lines;
	const char *dir = journal_state_dir(a->journal);

	line(l, 0, STYLE_BOLD, mem_strdup("To read"));
	line(l, 1, STYLE_PLAIN,
	     mem_format("cutover report %s   (--json)", a->run.id));
	line(l, 1, STYLE_PLAIN, mem_format("cutover log %s", a->run.id));
	line(l, 1, STYLE_PLAIN, mem_format("cutover verify %s", a->run.id));
	line(l, 1, STYLE_PLAIN, mem_format("all with --state %s", dir));
	line(l, 1, STYLE_PLAIN,
	     mem_format("break-glass sheets: %s/sheets", dir));
}

static void add_report(struct app *a, const struct result *r)
{
	buf_auto text = BUF_INIT;

	line(&a->end_lines, 0, STYLE_BOLD, mem_strdup("The report"));
	result_text(r, a->c.plan, &text);
	for (const char *s = buf_str(&text); *s;) {
		size_t n = strcspn(s, "\n");

		line(&a->end_lines, 0, STYLE_PLAIN, mem_strndup(s, n));
		s += n + (s[n] == '\n');
	}
}

void app_make_end(struct app *a)
{
	struct result r;
	mem_auto_free char *took =
		view_span(a->m.board.end_us - a->m.board.begin_us);

	view_lines_done(&a->end_lines);
	if (!result_read(a->journal, a->run.id, &r, NULL)) {
		line(&a->end_lines, 0, STYLE_BAD,
		     mem_strdup("the journal cannot be read"));
		return;
	}
	line(&a->end_lines, 0, STYLE_PLAIN,
	     mem_format("run %s, %s from beginning to end", a->run.id, took));
	add_packets(&a->end_lines, &r);
	add_ways(a, &r);
	add_where_to_read(a);
	add_report(a, &r);
	result_done(&r);
}
