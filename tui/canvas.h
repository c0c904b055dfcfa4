/*
 * canvas.h - a grid of characters with a meaning, drawn by somebody else
 *
 * Screens draw here; curses.c puts it on a terminal, tests read it as text.
 * A style is what something means, not how it looks; and nothing is said by
 * style alone.  Each cell holds one character that is one column wide: others,
 * and everything beyond ASCII where that is asked for, become '?'.
 */
#ifndef CUTOVER_TUI_CANVAS_H
#define CUTOVER_TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/base/buf.h"

enum style {
	STYLE_PLAIN,
	STYLE_DIM,
	STYLE_BOLD,
	STYLE_BAR, /* title and key bars */
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_VPN,
	STYLE_CIRCUIT,
	STYLE_SELECTED,
	STYLES,
};

enum glyph {
	GLYPH_TODO,
	GLYPH_RUNNING,
	GLYPH_DONE,
	GLYPH_SKIPPED,
	GLYPH_FAILED,
	GLYPH_RULE,
	GLYPH_WALL,
	GLYPH_CARRIES, /* a path with traffic on it */
	GLYPH_READY,   /* a path that is up */
	GLYPH_DOWN,
	GLYPH_FULL, /* of a progress bar */
	GLYPH_EMPTY,
	GLYPH_ARROW,
	GLYPHS,
};

struct cell {
	char text[5]; /* UTF-8 of one character */
	uint8_t style;
};

struct canvas {
	int rows, cols;
	bool ascii;
	struct cell *v;
};

void canvas_init(struct canvas *c, int rows, int cols, bool ascii);
void canvas_done(struct canvas *c);
void canvas_clear(struct canvas *c);
const char *canvas_glyph(const struct canvas *c, enum glyph g);

/*
 * At most `width` columns, cut where it does not fit; returns the column
 * behind it.  Outside of the canvas nothing happens.
 */
int canvas_put(struct canvas *c, int row, int col, int width, enum style s,
	       const char *text);
int canvas_printf(struct canvas *c, int row, int col, int width, enum style s,
		  const char *fmt, ...) mem_printf(6, 7);
/* The same, right-aligned in its width. */
void canvas_right(struct canvas *c, int row, int col, int width, enum style s,
		  const char *text);
/* A whole line in this style, from col. */
void canvas_bar(struct canvas *c, int row, int col, int width, enum style s);
/* '-- title -----' */
void canvas_rule(struct canvas *c, int row, int col, int width,
		 const char *title);
/* A text over several lines, broken at spaces; returns how many it took. */
int canvas_wrap(struct canvas *c, int row, int col, int width, int rows,
		enum style s, const char *text);
/* One column a value, the latest to the right; at most `max` is the top. */
void canvas_spark(struct canvas *c, int row, int col, int width, enum style s,
		  const double *v, size_t n, double max);
void canvas_progress(struct canvas *c, int row, int col, int width, size_t done,
		     size_t of);

/* Rows without trailing spaces, for people and tests. */
void canvas_text(const struct canvas *c, struct buf *out);
/* The same shape, a letter for each cell's style. */
void canvas_styles(const struct canvas *c, struct buf *out);

#endif
