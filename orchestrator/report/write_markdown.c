/*
 * write_markdown.c - a document that pastes well into a ticket
 *
 * Plain Markdown with tables; no HTML, since many tickets show it as text.
 * What comes from a plan or a device is escaped, and commands are fenced by
 * more backticks than they contain.
 */
#include <string.h>

#include "orchestrator/report/writer.h"

static void escaped(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (strchr("\\`*_<>|#[]", *text))
			buf_putc(out, '\\');
		buf_putc(out, *text == '\n' ? ' ' : *text);
	}
}

static void leave_list(struct writer *w)
{
	if (w->in_list)
		buf_putc(w->out, '\n');
	w->in_list = false;
}

static void begin(struct writer *w)
{
	buf_puts(w->out, "# ");
	escaped(w->title, w->out);
	buf_puts(w->out, "\n\n");
}

static void section(struct writer *w, int level, const char *title)
{
	leave_list(w);
	for (int i = 0; i <= level; i++)
		buf_putc(w->out, '#');
	buf_putc(w->out, ' ');
	escaped(title, w->out);
	buf_puts(w->out, "\n\n");
}

static void tone_word(struct writer *w, enum writer_tone tone)
{
	const char *word = writer_tone_word(tone);

	if (*word)
		buf_printf(w->out, "**%.*s** ", (int)strlen(word) - 1, word);
}

static void para(struct writer *w, enum writer_tone tone, const char *text)
{
	leave_list(w);
	tone_word(w, tone);
	escaped(text, w->out);
	buf_puts(w->out, "\n\n");
}

static void item(struct writer *w, enum writer_tone tone, const char *text)
{
	buf_puts(w->out, "- ");
	tone_word(w, tone);
	escaped(text, w->out);
	buf_putc(w->out, '\n');
	w->in_list = true;
}

static void row(struct writer *w, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(w->out, "| ");
		escaped(v[i], w->out);
		buf_putc(w->out, ' ');
	}
	buf_puts(w->out, "|\n");
}

static void table(struct writer *w, const struct writer_table *t)
{
	leave_list(w);
	row(w, t->heads, t->n);
	for (size_t i = 0; i < t->n; i++)
		buf_puts(w->out, "| --- ");
	buf_puts(w->out, "|\n");
	for (size_t i = 0; i + t->n <= t->cells.n; i += t->n)
		row(w, (const char *const *)&t->cells.v[i], t->n);
	buf_putc(w->out, '\n');
}

static size_t longest_run(const char *text, char c)
{
	size_t most = 0, n = 0;

	for (; *text; text++) {
		n = *text == c ? n + 1 : 0;
		most = n > most ? n : most;
	}
	return most;
}

static void fence(struct writer *w, size_t n)
{
	while (n--)
		buf_putc(w->out, '`');
	buf_putc(w->out, '\n');
}

static void code(struct writer *w, const char *label, const char *text)
{
	size_t n = longest_run(text, '`'), len = strlen(text);

	para(w, WRITER_PLAIN, label);
	n = n < 3 ? 3 : n + 1;
	fence(w, n);
	buf_puts(w->out, text);
	if (len && text[len - 1] != '\n')
		buf_putc(w->out, '\n');
	fence(w, n);
	buf_putc(w->out, '\n');
}

static void fold(struct writer *w, const char *summary)
{
	leave_list(w);
	buf_puts(w->out, "**");
	escaped(summary, w->out);
	buf_puts(w->out, "**\n\n");
}

static void fold_end(struct writer *w)
{
	leave_list(w);
}

static void picture(struct writer *w, const struct picture *p)
{
	static const char *const heads[] = {"way", "edge", "to the cloud",
					    "to the site"};
	struct writer_table t = {.heads = heads, .n = ARRAY_LEN(heads)};

	fold(w, p->title);
	for (size_t i = 0; i < p->n; i++) {
		buf_auto out = BUF_INIT;
		buf_auto back = BUF_INIT;

		picture_list(&p->v[i].out, &out);
		picture_list(&p->v[i].back, &back);
		writer_cell(&t, "%s", p->v[i].name);
		writer_cell(&t, "%s", p->v[i].edge);
		writer_cell(&t, "%s", buf_str(&out));
		writer_cell(&t, "%s", buf_str(&back));
	}
	writer_table(w, &t);
}

static void end(struct writer *w)
{
	leave_list(w);
}

const struct writer_ops writer_markdown = {
	.name = "markdown",
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
