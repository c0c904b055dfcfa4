/*
 * write_text.c - a document for the terminal and for paper without colours
 *
 * Sections are underlined, what can be folded away elsewhere is indented.
 */
#include <string.h>

#include "orchestrator/report/writer.h"

#define WIDEST 70 /* a column that is wider takes what it needs, alone */

static void indent(struct writer *w, int more)
{
	for (int i = 0; i < 2 * w->depth + more; i++)
		buf_putc(w->out, ' ');
}

static void rule(struct writer *w, size_t n, char c)
{
	for (size_t i = 0; i < n; i++)
		buf_putc(w->out, c);
	buf_putc(w->out, '\n');
}

/* Characters, not bytes, of UTF-8. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void begin(struct writer *w)
{
	buf_printf(w->out, "%s\n", w->title);
	rule(w, width(w->title), '=');
}

static void section(struct writer *w, int level, const char *title)
{
	buf_printf(w->out, "\n%s\n", title);
	if (level < 3)
		rule(w, width(title), level < 2 ? '=' : '-');
}

static void para(struct writer *w, enum writer_tone tone, const char *text)
{
	indent(w, 0);
	buf_printf(w->out, "%s%s\n", writer_tone_word(tone), text);
}

static void item(struct writer *w, enum writer_tone tone, const char *text)
{
	indent(w, 2);
	buf_printf(w->out, "%s%s\n", writer_tone_word(tone), text);
}

static void cell(struct writer *w, const char *text, size_t wide, bool last)
{
	buf_puts(w->out, text);
	for (size_t i = width(text); !last && i < wide + 2; i++)
		buf_putc(w->out, ' ');
}

static void line(struct writer *w, const char *const *v, size_t n,
		 const size_t *wide)
{
	indent(w, 2);
	for (size_t i = 0; i < n; i++)
		cell(w, v[i], wide[i], i + 1 == n);
	buf_putc(w->out, '\n');
}

static void table(struct writer *w, const struct writer_table *t)
{
	mem_auto_free size_t *wide = mem_calloc(t->n + 1, sizeof(*wide));

	for (size_t i = 0; i < t->n; i++)
		wide[i] = width(t->heads[i]);
	for (size_t i = 0; i < t->cells.n; i++) {
		size_t n = width(t->cells.v[i]);

		if (n > wide[i % t->n])
			wide[i % t->n] = n < WIDEST ? n : WIDEST;
	}
	line(w, t->heads, t->n, wide);
	for (size_t i = 0; i + t->n <= t->cells.n; i += t->n)
		line(w, (const char *const *)&t->cells.v[i], t->n, wide);
}

static void code(struct writer *w, const char *label, const char *text)
{
	indent(w, 4);
	buf_printf(w->out, "%s:\n", label);
	while (*text) {
		size_t n = strcspn(text, "\n");

		indent(w, 6);
		buf_add(w->out, text, n);
		buf_putc(w->out, '\n');
		text += n + (text[n] == '\n');
	}
}

static void fold(struct writer *w, const char *summary)
{
	indent(w, 0);
	buf_printf(w->out, "%s\n", summary);
}

static void fold_end(struct writer *w)
{
	(void)w;
}

static void way(struct writer *w, const struct picture_way *x)
{
	indent(w, 2);
	buf_printf(w->out, "%s %s %s: to the cloud ", x->edge,
		   x->circuit ? "----" : "====", x->name);
	picture_list(&x->out, w->out);
	buf_puts(w->out, "; to the site ");
	picture_list(&x->back, w->out);
	buf_putc(w->out, '\n');
}

static void picture(struct writer *w, const struct picture *p)
{
	indent(w, 0);
	buf_printf(w->out, "%s\n", p->title);
	for (size_t i = 0; i < p->n; i++)
		way(w, &p->v[i]);
}

static void end(struct writer *w)
{
	(void)w;
}

const struct writer_ops writer_text = {
	.name = "text",
	.begin = begin,
	.section = section,
	.para = para,
	.item = item,
	.table = table,
	.code = code,
	.fold = fold,
	.fold_end = fold_end,
	.picture = picture,
	.end = end,
};
