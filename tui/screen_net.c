/*
 * screen_net.c - paths, groups and guards, wherever they are shown
 *
 * A path's line is drawn double where routes use it and single where it is up
 * and waits; words say the same.
 */
#include <string.h>

#include "tui/screens.h"

#define WITH_LOSS 66 /* columns in which a curve of losses fits, too */
#define SPARK_MIN 4

/* Width left for a curve, which comes last. */
static int spark_width(int width, int used)
{
	int n = width - used - 1;

	return n < SPARK_MIN ? 0 : n > 40 ? 40 : n;
}

static char *rate_text(const struct model_path *p, bool wide)
{
	double all = p->in + p->out;

	if (!p->rate.n)
		return mem_strdup("");
	if (all >= 100000)
		return mem_format("%.0fk/s", all / 1000);
	if (wide && p->bytes >= 12500)
		return mem_format("%.0f/s %.1fMb/s", all, p->bytes * 8 / 1e6);
	return mem_format("%.0f/s", all);
}

static void draw_path(struct canvas *c, int row, int col, int width,
		      const struct view_path *v, double max, bool wide)
{
	bool vpn = v->path->kind == MODEL_VPN;
	enum style s = !v->up ? STYLE_DIM : vpn ? STYLE_VPN : STYLE_CIRCUIT;
	const char *line = canvas_glyph(c, v->carries ? GLYPH_CARRIES
					   : v->up    ? GLYPH_READY
						      : GLYPH_DOWN);
	mem_auto_free char *rate = rate_text(v->path, wide);
	int at = col, name = wide ? 26 : 17, state = wide ? 22 : 8, n;

	for (int i = 0; i < 2; i++)
		at = canvas_put(c, row, at, 1, s, line);
	canvas_put(c, row, at + 1, name, s, v->name);
	at += name + 2;
	canvas_put(c, row, at, state, v->up ? STYLE_PLAIN : STYLE_DIM,
		   wide && !v->carries ? v->state : v->word);
	at += state + 1;
	canvas_put(c, row, at, wide ? 16 : 6, STYLE_PLAIN, rate);
	at += wide ? 17 : 7;
	n = spark_width(col + width - at + 1, 0);
	if (n && v->path->rate.n)
		canvas_spark(c, row, at, n, s, v->path->rate.v, v->path->rate.n,
			     max);
}

int draw_paths(struct app *a, struct canvas *c, int row, int col, int width,
	       int bottom)
{
	struct view_path *v;
	size_t n = view_paths(&a->m, &v);
	const char *edge = "";
	double max = 1;

	for (size_t i = 0; i < n; i++)
		if (series_max(&v[i].path->rate) > max)
			max = series_max(&v[i].path->rate);
	canvas_rule(c, row++, col, width, "Paths to the cloud");
	for (size_t i = 0; i < n && row < bottom; i++) {
		bool first = strcmp(edge, v[i].edge) != 0;

		edge = v[i].edge;
		canvas_put(c, row, col, 6, STYLE_BOLD, first ? edge : "");
		draw_path(c, row++, col + 7, width - 7, &v[i], max,
			  width >= 80);
	}
	view_paths_done(v, n);
	return row;
}

static enum style side_style(const char *side)
{
	return strcmp(side, "VPN") == 0	      ? STYLE_VPN
	       : strcmp(side, "circuit") == 0 ? STYLE_CIRCUIT
	       : strstr(side, "NONE")	      ? STYLE_BAD
					      : STYLE_PLAIN;
}

static void draw_group(struct canvas *c, int row, int col, int width,
		       const struct view_group *g)
{
	int64_t lost = g->lost_forward + g->lost_backward + g->lost_either;
	int n;

	canvas_put(c, row, col, 9, STYLE_BOLD, g->name);
	canvas_put(c, row, col + 10, 7, side_style(g->to_cloud), g->to_cloud);
	canvas_put(c, row, col + 18, 7, side_style(g->to_site), g->to_site);
	if (!g->measured || !g->probe) {
		canvas_put(c, row, col + 26, width - 26, STYLE_DIM,
			   "not measured");
		return;
	}
	canvas_printf(c, row, col + 26, 6, lost ? STYLE_BAD : STYLE_PLAIN,
		      "%lld+%lld",
		      (long long)(g->lost_forward + g->lost_either),
		      (long long)g->lost_backward);
	canvas_printf(c, row, col + 33, 6, STYLE_PLAIN, "%.1fms",
		      series_last(&g->probe->rtt_ms));
	n = spark_width(width < WITH_LOSS ? width : width / 2 + 20, 40);
	if (n)
		canvas_spark(c, row, col + 40, n, STYLE_PLAIN,
			     g->probe->rtt_ms.v, g->probe->rtt_ms.n,
			     series_max(&g->probe->rtt_ms));
	if (width >= WITH_LOSS) /* nothing lost is a flat line */
		canvas_spark(c, row, col + 42 + n, n,
			     lost ? STYLE_BAD : STYLE_PLAIN, g->probe->lost.v,
			     g->probe->lost.n, series_max(&g->probe->lost));
}

int draw_groups(struct app *a, struct canvas *c, int row, int col, int width,
		int bottom)
{
	struct view_group *v;
	size_t n = view_groups(&a->m, &v);

	canvas_rule(c, row++, col, width, "Groups");
	if (row < bottom)
		canvas_put(c, row++, col, width, STYLE_DIM,
			   width < WITH_LOSS
				   ? "          cloud by site by lost   round "
				     "trip"
				   : "          cloud by site by lost   round "
				     "trip, then lost packets");
	for (size_t i = 0; i < n && row < bottom; i++)
		draw_group(c, row++, col, width, &v[i]);
	view_groups_done(v, n);
	return row;
}

int draw_guards(struct app *a, struct canvas *c, int row, int col, int width,
		int bottom)
{
	struct view_lines l = {0};

	canvas_rule(c, row++, col, width, "Guards");
	view_guards(&a->m, &l);
	if (!l.n && row < bottom)
		canvas_put(c, row++, col, width, STYLE_DIM,
			   "none is heard of yet");
	/* what is wrong comes first */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < l.n && row < bottom; i++) {
			bool fine = l.v[i].style == STYLE_PLAIN;

			if (fine != (pass == 1))
				continue;
			canvas_put(c, row, col, 1, l.v[i].style,
				   canvas_glyph(c, l.v[i].glyph));
			canvas_put(c, row++, col + 2, width - 2, l.v[i].style,
				   l.v[i].text);
		}
	view_lines_done(&l);
	return row;
}
