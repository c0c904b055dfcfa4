/*
 * canvas.c - drawing on the grid
 *
 * Texts come from plans, devices and people: control characters, broken UTF-8
 * and characters that are not one column wide never reach a terminal.
 */
#include "tui/canvas.h"

#include <stdarg.h>
#include <string.h>

static const char *const glyphs[GLYPHS][2] = {
	[GLYPH_TODO] = {"·", "."},   [GLYPH_RUNNING] = {"▶", ">"},
	[GLYPH_DONE] = {"✓", "+"},   [GLYPH_SKIPPED] = {"~", "~"},
	[GLYPH_FAILED] = {"✗", "x"}, [GLYPH_RULE] = {"─", "-"},
	[GLYPH_WALL] = {"│", "|"},   [GLYPH_CARRIES] = {"═", "="},
	[GLYPH_READY] = {"─", "-"},  [GLYPH_DOWN] = {"┄", "."},
	[GLYPH_FULL] = {"█", "#"},   [GLYPH_EMPTY] = {"░", "."},
	[GLYPH_ARROW] = {"→", ">"},
};

void canvas_init(struct canvas *c, int rows, int cols, bool ascii)
{
	*c = (struct canvas){.rows = rows < 1 ? 1 : rows,
			     .cols = cols < 1 ? 1 : cols,
			     .ascii = ascii};
	c->v = mem_calloc((size_t)c->rows * (size_t)c->cols, sizeof(*c->v));
	canvas_clear(c);
}

void canvas_done(struct canvas *c)
{
	free(c->v);
	*c = (struct canvas){0};
}

static struct cell *at(const struct canvas *c, int row, int col)
{
	return &c->v[(size_t)row * (size_t)c->cols + (size_t)col];
}

void canvas_clear(struct canvas *c)
{
	for (int i = 0; i < c->rows * c->cols; i++)
		c->v[i] = (struct cell){" ", STYLE_PLAIN};
}

const char *canvas_glyph(const struct canvas *c, enum glyph g)
{
	return glyphs[g][c->ascii];
}

/* ---- characters ---- */

static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

static uint32_t code_of(const char *s, size_t n)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (unsigned char)s[0] & masks[n];

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	return code;
}

/* Letters of Europe, and the symbols that screens are made of. */
static bool is_one_column(uint32_t code)
{
	return (code >= 0x20 && code < 0x7f) ||
	       (code >= 0xa1 && code < 0x300 && code != 0xad) ||
	       (code >= 0x370 && code < 0x483) ||
	       (code >= 0x2010 && code < 0x2028) ||
	       (code >= 0x2190 && code < 0x2194) ||
	       (code >= 0x2500 && code < 0x25a0) || code == 0x25b6 ||
	       code == 0x2713 || code == 0x2717 || code == 0x2026;
}

/* The next character as it is shown; advances *s. */
static void next_char(const char **s, bool ascii, char ret[5])
{
	size_t n = sequence_length((unsigned char)**s);
	size_t have = 0;

	while (have < n && (*s)[have] &&
	       (!have || ((unsigned char)(*s)[have] & 0xc0) == 0x80))
		have++;
	strcpy(ret, "?");
	if (!n || have < n) { /* not UTF-8 */
		*s += have ? have : 1;
		return;
	}
	if (**s == '\t') {
		strcpy(ret, " ");
	} else if (is_one_column(code_of(*s, n)) && (n == 1 || !ascii)) {
		memcpy(ret, *s, n);
		ret[n] = 0;
	}
	*s += n;
}

static int columns(const char *s)
{
	char text[5];
	int n = 0;

	for (; *s; n++)
		next_char(&s, false, text);
	return n;
}

int canvas_put(struct canvas *c, int row, int col, int width, enum style s,
	       const char *text)
{
	char ch[5];

	while (*text && width-- > 0) {
		next_char(&text, c->ascii, ch);
		if (row >= 0 && row < c->rows && col >= 0 && col < c->cols) {
			memcpy(at(c, row, col)->text, ch, sizeof(ch));
			at(c, row, col)->style = (uint8_t)s;
		}
		col++;
	}
	return col;
}

int canvas_printf(struct canvas *c, int row, int col, int width, enum style s,
		  const char *fmt, ...)
{
	mem_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	return canvas_put(c, row, col, width, s, text);
}

void canvas_right(struct canvas *c, int row, int col, int width, enum style s,
		  const char *text)
{
	int n = columns(text);

	if (n > width)
		n = width;
	canvas_put(c, row, col + width - n, n, s, text);
}

/* ---- lines, bars, curves ---- */

void canvas_bar(struct canvas *c, int row, int col, int width, enum style s)
{
	for (int i = 0; i < width; i++)
		canvas_put(c, row, col + i, 1, s, " ");
}

void canvas_rule(struct canvas *c, int row, int col, int width,
		 const char *title)
{
	int from = col;

	for (int i = 0; i < width; i++)
		canvas_put(c, row, col + i, 1, STYLE_DIM,
			   canvas_glyph(c, GLYPH_RULE));
	if (*title && width > 6)
		canvas_printf(c, row, from + 2, width - 3, STYLE_BOLD, " %s ",
			      title);
}

/* Bytes of `text` that fit into the width, up to a space or an end of line. */
static size_t fitting(const char *text, int width)
{
	const char *s = text, *space = NULL;
	char ch[5];

	for (int n = 0; *s && *s != '\n' && n < width; n++) {
		if (*s == ' ')
			space = s;
		next_char(&s, false, ch);
	}
	if (*s && *s != '\n' && *s != ' ' && space && space > text)
		s = space;
	return (size_t)(s - text);
}

int canvas_wrap(struct canvas *c, int row, int col, int width, int rows,
		enum style s, const char *text)
{
	int used = 0;

	while (*text && used < rows && width > 0) {
		size_t n = fitting(text, width);
		mem_auto_free char *line = mem_strndup(text, n);

		canvas_put(c, row + used++, col, width, s, line);
		text += n;
		if (*text == '\n' || *text == ' ')
			text++;
	}
	return used;
}

static const char *const sparks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii_sparks[] = {"_", ".", ":", "-",
					   "=", "+", "*", "#"};

void canvas_spark(struct canvas *c, int row, int col, int width, enum style s,
		  const double *v, size_t n, double max)
{
	size_t from = n > (size_t)width ? n - (size_t)width : 0;
	int x = col + width - (int)(n - from);

	for (size_t i = from; i < n; i++, x++) {
		double part = max > 0 ? v[i] / max : 0;
		int level = part > 1 ? 7 : part > 0 ? (int)(part * 7.999) : 0;

		canvas_put(c, row, x, 1, s,
			   (c->ascii ? ascii_sparks : sparks)[level]);
	}
}

void canvas_progress(struct canvas *c, int row, int col, int width, size_t done,
		     size_t of)
{
	int full = of ? (int)((size_t)width * done / of) : 0;

	for (int i = 0; i < width; i++)
		canvas_put(
			c, row, col + i, 1, i < full ? STYLE_GOOD : STYLE_DIM,
			canvas_glyph(c, i < full ? GLYPH_FULL : GLYPH_EMPTY));
}

/* ---- for people and tests ---- */

static bool is_blank(const struct cell *x)
{
	return strcmp(x->text, " ") == 0;
}

void canvas_text(const struct canvas *c, struct buf *out)
{
	for (int r = 0; r < c->rows; r++) {
		int end = c->cols;

		while (end > 0 && is_blank(at(c, r, end - 1)))
			end--;
		for (int k = 0; k < end; k++)
			buf_puts(out, at(c, r, k)->text);
		buf_putc(out, '\n');
	}
}

void canvas_styles(const struct canvas *c, struct buf *out)
{
	static const char letters[STYLES] = {' ', 'd', 'b', '#', 'g',
					     'w', '!', 'v', 'c', 's'};

	for (int r = 0; r < c->rows; r++) {
		int end = c->cols;

		while (end > 0 && at(c, r, end - 1)->style == STYLE_PLAIN)
			end--;
		for (int k = 0; k < end; k++)
			buf_putc(out, letters[at(c, r, k)->style]);
		buf_putc(out, '\n');
	}
}
