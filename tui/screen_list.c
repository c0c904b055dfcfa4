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

#define WHOLE_ROWS 3

/* A selected line that does not fit, in whole, away from where it is. */
static void draw_whole(struct canvas *c, int row, int col, int width, int rows,
		       int here, const char *text)
{
	bool above = here + WHOLE_ROWS >= rows;
	int at = row + (above ? 0 : rows - WHOLE_ROWS);
	bool fits = strlen(text) <= (size_t)width;

	if (fits || rows < 3 * WHOLE_ROWS)
		return;
	for (int i = 0; i < WHOLE_ROWS; i++)
		canvas_bar(c, at + i, col, width, STYLE_BAR);
	canvas_wrap(c, at, col, width, WHOLE_ROWS, STYLE_BAR, text);
}

void draw_lines(struct canvas *c, int row, int col, int width, int rows,
		const struct view_lines *l, struct app_list *at, bool select)
{
	clamp(at, l->n, rows);
	for (int k = 0; k < rows && at->top + (size_t)k < l->n; k++)
		draw_line(c, row + k, col, width, &l->v[at->top + (size_t)k],
			  select && at->top + (size_t)k == at->cursor);
	if (select && at->cursor < l->n)
		draw_whole(c, row, col, width - 2 * l->v[at->cursor].depth,
			   rows, (int)(at->cursor - at->top),
			   l->v[at->cursor].text);
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
	struct app_list *at = &a->lists[SCREEN_PLAN];
	canvas_rule(c, top, 0, c->cols, a->plan_path ? a->plan_path : "");
	draw_lines(c, top + 1, 0, c->cols, bottom - top - 2, &a->plan_lines, at,
		   true);
	if (!a->c.plan)
		canvas_put(c, bottom - 1, 0, c->cols, STYLE_BAD,
			   "it cannot run: Enter jumps to the line, 'e' edits "
			   "it, 'r' reads it again");
	else if (a->approved < a->c.plan->approvals)
		canvas_printf(c, bottom - 1, 0, c->cols, STYLE_WARN,
			      "%zu of %u people have approved it (a)   Enter: "
			      "review   P: practice",
			      a->approved, a->c.plan->approvals);
	else
		canvas_put(c, bottom - 1, 0, c->cols, STYLE_PLAIN,
			   "Enter: review every step   S: start   P: "
			   "practice, without devices");
}

void screen_source(struct app *a, struct canvas *c, int top, int bottom)
{
	canvas_rule(c, top, 0, c->cols, a->source.file);
	draw_lines(c, top + 1, 0, c->cols, bottom - top - 1, &a->source_lines,
		   &a->lists[SCREEN_SOURCE], true);
}

void screen_approvals(struct app *a, struct canvas *c, int top, int bottom)
{
	canvas_rule(c, top, 0, c->cols, "Who has approved exactly this plan");
	draw_lines(c, top + 1, 0, c->cols, bottom - top - 3, &a->approval_lines,
		   &a->lists[SCREEN_APPROVALS], false);
	canvas_wrap(
		c, bottom - 2, 0, c->cols, 2, STYLE_DIM,
		"A plan that is changed needs new approvals. Names are what "
		"was typed at this machine: cutover checks nobody's "
		"identity.");
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
			"(commands as if all is as planned)",
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
	if (!at->follow && at->cursor < l->n)
		draw_whole(c, top, 9, c->cols - 9, rows,
			   (int)(at->cursor - at->top), l->v[at->cursor].text);
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
				"%s%s%*s%-10s %s", keys_label(keys[i].key, one),
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
