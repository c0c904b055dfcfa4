/*
 * screen_run.c - preflight, the cutover, rollback, the end
 *
 * On 80 columns steps stand to the left and the network to the right; where
 * there is more room both get more of it.  What passes between cutover and a
 * device, or what a hold asks to look at, is below.
 */
#include <string.h>

#include "tui/screens.h"

/* ---- parts ---- */

static void draw_steps(struct app *a, struct canvas *c, int row, int col,
		       int width, int bottom)
{
	struct view_lines l = {0};
	size_t done, of;
	mem_auto_free char *title = NULL;

	view_progress(&a->m, &done, &of);
	title = mem_format("Steps %zu of %zu", done, of);
	canvas_rule(c, row++, col, width, title);
	view_tree(&a->m, false, a->wall_us, &l);
	draw_around(c, row, col, width, bottom - row, &l);
	view_lines_done(&l);
}

/* The last lines that passed, without the looks. */
static void draw_device(struct app *a, struct canvas *c, int row, int bottom)
{
	const struct model_lines *l = &a->m.device;
	int rows = bottom - row - 1;
	size_t from = l->n;

	canvas_rule(c, row++, 0, c->cols, "Devices (d: all of it)");
	for (int k = 0; from && k < rows;)
		k += l->v[--from].style != STYLE_DIM;
	for (size_t i = from; i < l->n && row < bottom; i++)
		if (l->v[i].style != STYLE_DIM)
			canvas_put(c, row++, 0, c->cols, l->v[i].style,
				   l->v[i].text);
}

static void draw_hold(struct app *a, struct canvas *c, int row, int bottom)
{
	struct view_lines l = {0};
	bool planned = strstr(json_peek_str(a->m.status, "hold_why", ""),
			      "accept") == NULL;
	size_t armed = json_array_size(json_peek(a->m.status, "armed"));

	canvas_rule(c, row++, 0, c->cols, "The run holds: look at this");
	view_hold(&a->m, &l);
	for (size_t i = 0; i < l.n && row < bottom - 1; i++) {
		canvas_put(c, row, 0, 1, l.v[i].style,
			   canvas_glyph(c, l.v[i].glyph));
		canvas_put(c, row++, 2, c->cols - 2, l.v[i].style, l.v[i].text);
	}
	view_lines_done(&l);
	canvas_printf(c, row, 0, c->cols, STYLE_WARN,
		      "%s   R rolls back   nothing: it keeps holding%s",
		      planned ? "G goes on" : "Y accepts and goes on",
		      armed ? ", what is armed stays" : "");
}

static void draw_facts(struct app *a, struct canvas *c, int row)
{
	mem_auto_free char *moved = view_moved(&a->m);
	enum style s;
	mem_auto_free char *window =
		view_window(&a->m, a->review.rollback_ms, a->wall_us, &s);

	canvas_put(c, row, 0, c->cols, STYLE_PLAIN,
		   moved ? moved : "nobody has looked at the routes yet");
	canvas_put(c, row + 1, 0, c->cols, s, window);
}

/* ---- screens ---- */

void screen_cutover(struct app *a, struct canvas *c, int top, int bottom)
{
	int below = view_holds(&a->m) ? (int)a->m.plan->n_groups + 3
				      : (bottom - top) / 4;
	int split, left, row;

	if (below > (bottom - top) / 2)
		below = (bottom - top) / 2;
	split = bottom - 2 - below;
	left = c->cols >= 160 ? 72 : c->cols >= 120 ? 52 : c->cols * 3 / 8;
	draw_steps(a, c, top, 0, left, split);
	for (int r = top; r < split; r++)
		canvas_put(c, r, left, 1, STYLE_DIM,
			   canvas_glyph(c, GLYPH_WALL));
	row = draw_paths(a, c, top, left + 2, c->cols - left - 2, split);
	if (row < split - 1)
		row = draw_groups(a, c, row, left + 2, c->cols - left - 2,
				  split);
	if (row < split - 1)
		draw_guards(a, c, row, left + 2, c->cols - left - 2, split);
	if (view_holds(&a->m))
		draw_hold(a, c, split, bottom - 2);
	else
		draw_device(a, c, split, bottom - 2);
	draw_facts(a, c, bottom - 2);
}

void screen_preflight(struct app *a, struct canvas *c, int top, int bottom)
{
	struct view_lines l = {0};
	int split = top + (bottom - top) * 3 / 5;
	int row;

	canvas_rule(c, top, 0, c->cols,
		    "Preflight: everything must be so before anything is "
		    "changed");
	view_checklist(&a->m, a->wall_us, &l);
	draw_around(c, top + 1, 0, c->cols, split - top - 1, &l);
	view_lines_done(&l);
	if (view_holds(&a->m)) {
		draw_hold(a, c, split, bottom);
		return;
	}
	row = draw_groups(a, c, split, 0, c->cols, bottom);
	if (row < bottom - 1)
		draw_guards(a, c, row, 0, c->cols, bottom);
}

static void draw_goals(struct app *a, struct canvas *c, int row, int bottom)
{
	canvas_put(c, row++, 0, c->cols, STYLE_PLAIN,
		   "Back to which checkpoint? (Up, Down)");
	for (size_t i = a->m.board.n; i-- > 0 && row < bottom;) {
		const struct board_block *b = &a->m.board.v[i];
		mem_auto_free char *when = NULL;

		if (!app_goal_is_possible(a, i))
			continue;
		when = view_clock(b->checkpoint_us);
		canvas_printf(c, row++, 0, c->cols,
			      i == a->goal ? STYLE_SELECTED : STYLE_PLAIN,
			      "%s %-24s recorded %s",
			      i == a->goal ? canvas_glyph(c, GLYPH_ARROW) : " ",
			      b->block->name, when);
	}
}

static void choose_rollback(struct app *a, struct canvas *c, int top,
			    int bottom)
{
	const char *goal = a->m.program->v[a->goal].name;
	struct view_lines l = {0};
	struct app_list at = {0};
	int split = top + (bottom - top) / 2;
	mem_auto_free char *title = NULL;

	draw_goals(a, c, top, split);
	view_way_back(&a->m, goal, &l);
	title = mem_format("What is undone, %zu lines", l.n);
	canvas_rule(c, split, 0, c->cols, title);
	if (!l.n)
		canvas_put(c, split + 1, 0, c->cols, STYLE_DIM,
			   "nothing is to be undone: the devices are compared "
			   "with the checkpoint");
	draw_lines(c, split + 1, 0, c->cols, bottom - split - 1, &l, &at,
		   false);
	view_lines_done(&l);
}

void screen_rollback(struct app *a, struct canvas *c, int top, int bottom)
{
	struct view_lines l = {0};
	int left = c->cols >= 120 ? 60 : c->cols * 3 / 8;
	int row;

	if (a->dialog.intent == INTENT_ROLLBACK) {
		choose_rollback(a, c, top, bottom);
		return;
	}
	canvas_rule(c, top, 0, left, "The way back");
	view_tree(&a->m, false, a->wall_us, &l);
	draw_around(c, top + 1, 0, left, bottom - 3 - top, &l);
	view_lines_done(&l);
	row = draw_paths(a, c, top, left + 1, c->cols - left - 1, bottom - 3);
	if (row < bottom - 3)
		row = draw_groups(a, c, row, left + 1, c->cols - left - 1,
				  bottom - 3);
	if (row < bottom - 4)
		draw_guards(a, c, row, left + 1, c->cols - left - 1,
			    bottom - 3);
	if (a->m.board.back_why)
		canvas_printf(c, bottom - 2, 0, c->cols, STYLE_WARN,
			      "because: %s", a->m.board.back_why);
	canvas_put(c, bottom - 1, 0, c->cols, STYLE_PLAIN,
		   "at its end every device is compared with the checkpoint, "
		   "text for text");
}

static int draw_equality(struct app *a, struct canvas *c, int row)
{
	const struct program *p = a->m.program;
	const char *to = a->m.board.goal;
	buf_auto names = BUF_INIT;

	if (!a->m.board.result || strcmp(a->m.board.result, "rolled-back"))
		return row;
	for (size_t i = 0; i < p->n_watch; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", p->watch_target[i]);
	canvas_printf(c, row++, 0, c->cols, STYLE_GOOD,
		      "%s Compared with what '%s' recorded, all equal: %s",
		      canvas_glyph(c, GLYPH_DONE), to ? to : "start",
		      buf_str(&names));
	return row;
}

void screen_end(struct app *a, struct canvas *c, int top, int bottom)
{
	int row = draw_equality(a, c, top);

	canvas_rule(c, row++, 0, c->cols, "What the run did");
	draw_lines(c, row, 0, c->cols, bottom - row, &a->end_lines,
		   &a->lists[SCREEN_END], false);
}
