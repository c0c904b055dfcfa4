/*
 * screens.h - the body of each screen, between title and key bar
 *
 * Drawn anew each time, from the app and nothing else.  Rows [top, bottom) of
 * the canvas are theirs.
 */
#ifndef CUTOVER_TUI_SCREENS_H
#define CUTOVER_TUI_SCREENS_H

#include "tui/app.h"

/* Lines from a list's place on; clamps the place.  With `select` the cursor's
 * line is marked. */
void draw_lines(struct canvas *c, int row, int col, int width, int rows,
		const struct view_lines *l, struct app_list *at, bool select);
/* As many lines as fit, around the current one. */
void draw_around(struct canvas *c, int row, int col, int width, int rows,
		 const struct view_lines *l);

void screen_pick(struct app *a, struct canvas *c, int top, int bottom);
void screen_plan(struct app *a, struct canvas *c, int top, int bottom);
void screen_source(struct app *a, struct canvas *c, int top, int bottom);
void screen_approvals(struct app *a, struct canvas *c, int top, int bottom);
void screen_review(struct app *a, struct canvas *c, int top, int bottom);
void screen_preflight(struct app *a, struct canvas *c, int top, int bottom);
void screen_cutover(struct app *a, struct canvas *c, int top, int bottom);
void screen_rollback(struct app *a, struct canvas *c, int top, int bottom);
void screen_end(struct app *a, struct canvas *c, int top, int bottom);
void screen_log(struct app *a, struct canvas *c, int top, int bottom);
void screen_device(struct app *a, struct canvas *c, int top, int bottom);
void screen_help(struct app *a, struct canvas *c, int top, int bottom);

/* screen_net.c: parts of screens; each returns the row behind it. */
int draw_paths(struct app *a, struct canvas *c, int row, int col, int width,
	       int bottom);
int draw_groups(struct app *a, struct canvas *c, int row, int col, int width,
		int bottom);
int draw_guards(struct app *a, struct canvas *c, int row, int col, int width,
		int bottom);

#endif
