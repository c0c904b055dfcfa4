/*
 * screen_list.c - screens that are lists: plans, a plan, review, logs, help
 */
#include <string.h>

#include "tui/screens.h"

/* ---- lists ---- */

static void clamp(struct app_list *at, size_t n, int rows)
{
	size_t page = rows > 0 ? (size_t)rows : 1;

	if (at->follow || at->cursor >= n)
		at->cursor = n ? n - 1 : 0;
	if (at->cursor < at->top)
		at->top = at->cursor;
	if (at->cursor >= at->top + page)
		at->top = at->cursor - page + 1;
	if (at->top + page > n)
		at->top = n > page ? n - page : 0;
}

static void draw_line(struct canvas *c, int row, int col, int width,
		      const struct view_line *x, bool selected)
{
	enum style s = selected ? STYLE_SELECTED : x->style;
	int indent = x->depth * 2, right = 0;

	if (selected)
		canvas_bar(c, row, col, width, s);
	if (x->right)
		right = (int)strlen(x->right) + 1;
	if (x->glyph != GLYPHS) {
		canvas_put(c, row, col + indent, 1, s,
			   canvas_glyph(c, x->glyph));
		indent += 2;
	}
	canvas_put(c, row, col + indent, width - indent - right, s, x->text);
	if (x->right)
		canvas_right(c, row, col, width, selected ? s : STYLE_DIM,
			     x->right);
}

void draw_lines(struct canvas *c, int row, int col, int width, int rows,
		const struct view_lines *l, struct app_list *at, bool select)
{
	clamp(at, l->n, rows);
	for (int k = 0; k < rows && at->top + (size_t)k < l->n; k++)
		draw_line(c, row + k, col, width, &l->v[at->top + (size_t)k],
			  select && at->top + (size_t)k == at->cursor);
}

void draw_around(struct canvas *c, int row, int col, int width, int rows,
		 const struct view_lines *l)
{
	size_t page = rows > 0 ? (size_t)rows : 0;
	size_t from = l->current > page * 2 / 3 ? l->current - page * 2 / 3 : 0;

	if (from + page > l->n)
		from = l->n > page ? l->n - page : 0;
	for (size_t k = 0; k < page && from + k < l->n; k++)
		draw_line(c, row + (int)k, col, width, &l->v[from + k], false);
}

/* ---- plans ---- */

void screen_pick(struct app *a, struct canvas *c, int top, int bottom)
{
	canvas_rule(c, top, 0, c->cols, "Plans here, and runs of this machine");
	if (!a->picks.n)
		canvas_put(c, top + 1, 0, c->cols, STYLE_DIM,
			   "no *.yaml in this folder or in plans/: 'cutover "
			   "wizard PLAN'");
	draw_lines(c, top + 1, 0, c->cols, bottom - top - 1, &a->picks,
		   &a->lists[SCREEN_PICK], true);
}

void screen_plan(struct app *a, struct canvas *c, int top, int bottom)
{
	canvas_rule(c, top, 0, c->cols, a->plan_path ? a->plan_path : "");
	draw_lines(c, top + 1, 0, c->cols, bottom - top - 2, &a->plan_lines,
		   &a->lists[SCREEN_PLAN], true);
	canvas_put(c, bottom - 1, 0, c->cols,
		   a->c.plan ? STYLE_PLAIN : STYLE_BAD,
		   a->c.plan ? "Enter: review every step   S: start   P: "
			       "practice, without devices"
			     : "it cannot run: correct it, then 'r' reads it "
			       "again ('cutover explain RULE' says why)");
}

static void draw_verdict(struct app *a, struct canvas *c, int row)
{
	const struct preview *r = &a->review;

	if (!r->done)
		canvas_put(c, row, 0, c->cols, STYLE_DIM,
			   "the proof is being made ...");
	else if (r->failed)
		canvas_put(c, row, 0, c->cols, STYLE_BAD,
			   "the review could not be made: 'cutover dry-run "
			   "--offline' says why");
	else
		canvas_printf(
			c, row, 0, c->cols, r->errors ? STYLE_BAD : STYLE_GOOD,
			"%s The proof %s: %zu errors, %zu warnings "
			"(commands as for a network that is as the plan "
			"says)",
			canvas_glyph(c, r->errors ? GLYPH_FAILED : GLYPH_DONE),
			r->errors ? "fails" : "holds", r->errors, r->warnings);
}

void screen_review(struct app *a, struct canvas *c, int top, int bottom)
{
	mem_auto_free char *title =
		mem_format("%d of %d: %s (Tab: next)", (int)a->view + 1,
			   PREVIEW_VIEWS, preview_name(a->view));

	draw_verdict(a, c, top);
	canvas_rule(c, top + 1, 0, c->cols, title);
	draw_lines(c, top + 2, 0, c->cols, bottom - top - 2,
		   &a->review.lines[a->view], &a->lists[SCREEN_REVIEW], true);
}

/* ---- log and device ---- */

static void draw_model_lines(struct app *a, struct canvas *c, int top,
			     int bottom, const struct model_lines *l,
			     struct app_list *at)
{
	int rows = bottom - top;

	clamp(at, l->n, rows);
	for (int k = 0; k < rows && at->top + (size_t)k < l->n; k++) {
		const struct model_line *x = &l->v[at->top + (size_t)k];
		bool here = at->top + (size_t)k == at->cursor && !at->follow;
		mem_auto_free char *when = view_clock(x->us);

		if (here)
			canvas_bar(c, top + k, 0, c->cols, STYLE_SELECTED);
		canvas_put(c, top + k, 0, 8, here ? STYLE_SELECTED : STYLE_DIM,
			   when);
		canvas_put(c, top + k, 9, c->cols - 9,
			   here ? STYLE_SELECTED : x->style, x->text);
	}
	(void)a;
}

void screen_log(struct app *a, struct canvas *c, int top, int bottom)
{
	mem_auto_free char *title =
		mem_format("Log, %zu lines%s", a->m.log.n,
			   a->lists[SCREEN_LOG].follow ? ", follows" : "");

	canvas_rule(c, top, 0, c->cols, title);
	draw_model_lines(a, c, top + 1, bottom, &a->m.log,
			 &a->lists[SCREEN_LOG]);
}

void screen_device(struct app *a, struct canvas *c, int top, int bottom)
{
	canvas_rule(c, top, 0, c->cols,
		    "What passes between cutover and devices");
	if (!a->m.device.n)
		canvas_put(c, top + 1, 0, c->cols, STYLE_DIM,
			   "nothing since this screen came; the log has what "
			   "was before");
	draw_model_lines(a, c, top + 1, bottom, &a->m.device,
			 &a->lists[SCREEN_DEVICE]);
}

/* ---- help ---- */

void screen_help(struct app *a, struct canvas *c, int top, int bottom)
{
	struct view_lines l = {0};

	for (size_t i = 0; i < n_keys; i++) {
		char one[8], two[8];
		mem_auto_free char *also = NULL;

		if (!(keys[i].screens & KEYS_BIT(a->under)))
			continue;
		if (keys[i].other)
			also = mem_format(", %s",
					  keys_label(keys[i].other, two));
		view_lines_add(
			&l, 0, GLYPHS, STYLE_PLAIN,
			mem_format(
				"%s%s%*s%-14s %s", keys_label(keys[i].key, one),
				also ? also : "",
				12 - (int)strlen(keys_label(keys[i].key, one)) -
					(int)(also ? strlen(also) : 0),
				"", keys[i].word, keys[i].help));
	}
	canvas_rule(c, top, 0, c->cols,
		    "Keys, and the same as words in the line mode");
	draw_lines(c, top + 1, 0, c->cols, bottom - top - 1, &l,
		   &a->lists[SCREEN_HELP], false);
	view_lines_done(&l);
}
