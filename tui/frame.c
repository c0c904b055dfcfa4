/*
 * frame.c - the whole screen: title, where the run stands, body, questions,
 * keys
 */
#include <string.h>

#include "tui/screens.h"

typedef void body_fn(struct app *a, struct canvas *c, int top, int bottom);

static const struct {
	const char *name;
	body_fn *body;
} screens[SCREENS] = {
	[SCREEN_PICK] = {"plans and runs", screen_pick},
	[SCREEN_PLAN] = {"plan", screen_plan},
	[SCREEN_SOURCE] = {"plan's text", screen_source},
	[SCREEN_APPROVALS] = {"approvals", screen_approvals},
	[SCREEN_REVIEW] = {"review", screen_review},
	[SCREEN_PREFLIGHT] = {"preflight", screen_preflight},
	[SCREEN_CUTOVER] = {"cutover", screen_cutover},
	[SCREEN_ROLLBACK] = {"rollback", screen_rollback},
	[SCREEN_END] = {"end", screen_end},
	[SCREEN_LOG] = {"log", screen_log},
	[SCREEN_DEVICE] = {"device", screen_device},
	[SCREEN_HELP] = {"help", screen_help},
};

static void draw_title(struct app *a, struct canvas *c)
{
	mem_auto_free char *clock = view_clock(a->wall_us);
	mem_auto_free char *right = NULL;
	const char *change = a->c.plan ? a->c.plan->change : NULL;

	canvas_bar(c, 0, 0, c->cols, STYLE_BAR);
	canvas_printf(c, 0, 1, c->cols - 12, STYLE_BAR, "cutover%s%s%s%s: %s",
		      a->c.plan ? "  " : "", a->c.plan ? a->c.plan->name : "",
		      change ? "  " : "", change ? change : "",
		      screens[a->screen].name);
	right = mem_format("%s%s UTC",
			   a->practice && app_has_run(a) ? "PRACTICE  " : "",
			   clock);
	canvas_right(c, 0, 0, c->cols - 1, STYLE_BAR, right);
}

static void draw_where(struct app *a, struct canvas *c, int row)
{
	struct view_where w;
	bool ours;
	mem_auto_free char *who = NULL;
	int at, room = c->cols;

	if (!app_has_run(a)) {
		canvas_put(c, row, 0, c->cols, STYLE_DIM,
			   a->launching ? "starting ..." : "no run is open");
		return;
	}
	view_where(&a->m, app_link(a), a->wall_us, &w);
	if (app_link(a) == VIEW_LIVE) {
		who = view_control(&a->m, &ours);
		canvas_right(c, row, 0, c->cols,
			     ours ? STYLE_PLAIN : STYLE_WARN, who);
		room -= (int)strlen(who) + 2;
	}
	at = canvas_put(c, row, 0, room, w.style, w.word);
	canvas_put(c, row, at + 2, room - at - 2, STYLE_PLAIN, w.text);
	view_where_done(&w);
}

/* ---- the two lines above the keys ---- */

static void draw_dialog(struct app *a, struct canvas *c, int row)
{
	const struct app_dialog *d = &a->dialog;
	int at;

	canvas_bar(c, row, 0, c->cols, STYLE_SELECTED);
	canvas_bar(c, row + 1, 0, c->cols, STYLE_SELECTED);
	at = canvas_put(c, row, 1, c->cols - 1, STYLE_SELECTED, d->title);
	if (d->text)
		canvas_put(c, row, at + 1, c->cols - at - 1, STYLE_SELECTED,
			   d->text);
	if (d->open)
		canvas_printf(c, row + 1, 1, c->cols - 1, STYLE_SELECTED,
			      "type %s and Enter, or Esc: %s_", d->want,
			      buf_str(&d->typed));
	else if (d->want)
		canvas_printf(c, row + 1, 1, c->cols - 1, STYLE_SELECTED,
			      "type '%s' and Enter, or Esc: %s_", d->want,
			      buf_str(&d->typed));
	else
		canvas_put(c, row + 1, 1, c->cols - 1, STYLE_SELECTED,
			   "y: yes   n or Esc: no");
}

static void draw_message(struct app *a, struct canvas *c, int row)
{
	enum style s;
	mem_auto_free char *order = NULL;

	if (app_has_run(a))
		order = view_order(&a->m, a->wall_us, &s);
	if (order)
		canvas_printf(c, row, 0, c->cols, s, "order: %s", order);
	if (a->finding)
		canvas_printf(c, row + 1, 0, c->cols, STYLE_BOLD, "find: %s_",
			      buf_str(&a->find));
	else if (a->message)
		canvas_put(c, row + 1, 0, c->cols, a->message_style,
			   a->message);
}

/* ---- keys ---- */

static int draw_key(struct canvas *c, int row, int col, int room,
		    const struct key *k)
{
	char label[8];
	mem_auto_free char *text =
		mem_format("%s %s", keys_label(k->key, label), k->name);

	if ((int)strlen(text) > room)
		return col;
	col = canvas_put(c, row, col, room, STYLE_BAR, text);
	return col + 2;
}

static void draw_keys(struct app *a, struct canvas *c, int row)
{
	int last = c->cols - 17, col = 1;

	canvas_bar(c, row, 0, c->cols, STYLE_BAR);
	for (size_t i = 0; i < n_keys; i++) {
		const struct key *k = &keys[i];

		if (!k->name || !(k->screens & KEYS_BIT(a->screen)) ||
		    k->intent == INTENT_HELP || k->intent == INTENT_LEAVE ||
		    !app_in_bar(a, k->intent))
			continue;
		col = draw_key(c, row, col, last - col, k);
	}
	canvas_put(c, row, c->cols - 16, 16, STYLE_BAR, "? help  q leave");
}

#define ROWS_MIN 12
#define COLS_MIN 60

void app_draw(struct app *a, struct canvas *c)
{
	canvas_clear(c);
	if (c->rows < ROWS_MIN || c->cols < COLS_MIN) {
		canvas_wrap(c, 0, 0, c->cols, c->rows, STYLE_WARN,
			    "This terminal is too small: the wizard needs 60 "
			    "columns and 12 rows, and is made for 80 and 24. "
			    "The run is not affected.");
		return;
	}
	draw_title(a, c);
	draw_where(a, c, 1);
	screens[a->screen].body(a, c, 2, c->rows - 3);
	if (a->dialog.intent != INTENT_NONE)
		draw_dialog(a, c, c->rows - 3);
	else
		draw_message(a, c, c->rows - 3);
	draw_keys(a, c, c->rows - 1);
}
