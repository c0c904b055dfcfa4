/*
 * picture.c - from the pairs of a state to a drawing
 *
 * One row for each way: edge on the left, the tunnel or the peering's link in
 * the middle, the cloud on the right.  What carries something is thick, what
 * does not is dotted; the groups stand on the line, with an arrow for the
 * direction.  All lengths are in the drawing's own units; it scales.
 */
#include "orchestrator/report/picture.h"

#include <string.h>

#include "orchestrator/report/html_style.h"
#include "orchestrator/steps/policy.h"

#define ROW 62
#define TOP 20
#define SITE_X 10
#define EDGE_X 150
#define WAY_X 290
#define WAY_END 690
#define CLOUD_X 710
#define WIDE 860

/* ---- what carries what ---- */

static struct picture_way *add_way(struct picture *p, const char *name,
				   const char *edge, bool circuit)
{
	struct picture_way *x;

	MEM_GROW(p->v, p->n, p->cap);
	x = &p->v[p->n++];
	*x = (struct picture_way){
		.owned = mem_strdup(name), .edge = edge, .circuit = circuit};
	x->name = x->owned;
	return x;
}

static void find_ways(const struct plan *p, struct picture *ret)
{
	for (size_t i = 0; i < p->n_tunnels; i++)
		add_way(ret, p->tunnels[i].name,
			p->edges[p->tunnels[i].edge].name, false);
	for (size_t c = 0; c < p->n_circuits; c++)
		for (size_t l = 0; l < p->circuits[c].n_links; l++)
			for (size_t k = 0; k < p->circuits[c].n_peerings; k++) {
				struct policy_session s = {p, c, l, k};
				mem_auto_free char *name =
					policy_session_name(&s);

				add_way(ret, name,
					p->edges[p->circuits[c].links[l].edge]
						.name,
					true);
			}
}

bool picture_uses(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += n)
		if ((at == list || at[-1] == ' ') &&
		    (!at[n] || at[n] == ' ' || at[n] == ','))
			return true;
	return false;
}

void picture_of(const struct plan *p, const struct prove_state *s,
		const char *title, struct picture *ret)
{
	*ret = (struct picture){.title = mem_strdup(title),
				.site = p->name,
				.cloud = p->vnet.name ?: "cloud"};
	find_ways(p, ret);
	for (size_t i = 0; s && i < s->n_pairs; i++) {
		const struct prove_pair *x = &s->pairs[i];
		const char *group =
			x->group < 0 ? "others" : p->groups[x->group].name;

		for (size_t k = 0; k < ret->n; k++) {
			struct picture_way *w = &ret->v[k];

			if (picture_uses(x->forward, w->name))
				state_list_add(&w->out, group);
			if (picture_uses(x->back, w->name))
				state_list_add(&w->back, group);
		}
	}
	for (size_t k = 0; k < ret->n; k++) {
		state_list_sort_unique(&ret->v[k].out);
		state_list_sort_unique(&ret->v[k].back);
	}
}

void picture_done(struct picture *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].owned);
		state_list_done(&p->v[i].out);
		state_list_done(&p->v[i].back);
	}
	free(p->v);
	free(p->title);
	*p = (struct picture){0};
}

void picture_list(const struct state_list *l, struct buf *out)
{
	for (size_t i = 0; i < l->n && i < 6; i++)
		buf_printf(out, "%s%s", i ? ", " : "", l->v[i]);
	if (l->n > 6)
		buf_printf(out, " and %zu more", l->n - 6);
	if (!l->n)
		buf_puts(out, "nothing");
}

/* ---- drawn ---- */

static void text_at(struct buf *out, int x, int y, const char *attrs,
		    const char *text)
{
	buf_printf(out, "<text x=\"%d\" y=\"%d\"%s>", x, y, attrs);
	html_escape(text, out);
	buf_puts(out, "</text>\n");
}

static void box(struct buf *out, int x, int y, int w, int h, const char *name)
{
	buf_printf(out,
		   "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" "
		   "height=\"%d\" rx=\"6\"/>\n",
		   x, y, w, h);
	text_at(out, x + w / 2, y + h / 2 + 5, " text-anchor=\"middle\"", name);
}

static void line(struct buf *out, const char *class, int x1, int y1, int x2,
		 int y2)
{
	buf_printf(out,
		   "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" "
		   "y2=\"%d\"/>\n",
		   class, x1, y1, x2, y2);
}

static void draw_way(const struct picture_way *x, int y, struct buf *out)
{
	bool carries = x->out.n || x->back.n;
	buf_auto said = BUF_INIT;

	line(out,
	     !carries	  ? "idle"
	     : x->circuit ? "circuit"
			  : "vpn",
	     WAY_X, y, WAY_END, y);
	text_at(out, WAY_X + 6, y - 9, "", x->name);
	if (!carries) {
		buf_puts(&said, "carries nothing");
	} else {
		buf_puts(&said, "\xe2\x96\xb6 to the cloud: ");
		picture_list(&x->out, &said);
		buf_puts(&said, " \xc2\xb7 \xe2\x97\x80 to the site: ");
		picture_list(&x->back, &said);
	}
	text_at(out, WAY_X + 6, y + 19, " class=\"dim\"", buf_str(&said));
}

/* Rows of one edge stand together; its box spans them. */
static void draw_edge(const struct picture *p, size_t from, size_t to,
		      int middle, struct buf *out)
{
	int top = TOP + (int)from * ROW + 8, high = (int)(to - from) * ROW - 16;

	line(out, "wire", SITE_X + 110, middle, EDGE_X, top + high / 2);
	for (size_t i = from; i < to; i++) {
		int y = TOP + ROW / 2 + (int)i * ROW;

		line(out, "wire", EDGE_X + 110, y, WAY_X, y);
		draw_way(&p->v[i], y, out);
		line(out, "wire", WAY_END, y, CLOUD_X, y);
	}
	box(out, EDGE_X, top, 110, high, p->v[from].edge);
}

static void draw_edges(const struct picture *p, int middle, struct buf *out)
{
	size_t from = 0;

	for (size_t i = 1; i <= p->n; i++) {
		if (i < p->n && strcmp(p->v[i].edge, p->v[from].edge) == 0)
			continue;
		draw_edge(p, from, i, middle, out);
		from = i;
	}
}

static int by_edge(const void *a, const void *b)
{
	const struct picture_way *x = a, *y = b;
	int c = strcmp(x->edge, y->edge);

	return c ? c : (int)x->circuit - (int)y->circuit;
}

void picture_svg(const struct picture *p, struct buf *out)
{
	struct picture sorted = *p;
	int high = 2 * TOP + (int)p->n * ROW, middle = high / 2;

	sorted.v = mem_calloc(p->n + 1, sizeof(*sorted.v));
	memcpy(sorted.v, p->v, p->n * sizeof(*sorted.v));
	qsort(sorted.v, p->n, sizeof(*sorted.v), by_edge);
	buf_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
		   WIDE, high);
	html_escape(p->title, out);
	buf_puts(out, "\">\n");
	draw_edges(&sorted, middle, out);
	box(out, SITE_X, middle - 30, 110, 60, "site");
	box(out, CLOUD_X, TOP, 140, high - 2 * TOP, p->cloud);
	buf_puts(out, "</svg>\n");
	free(sorted.v);
}
