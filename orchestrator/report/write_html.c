/*
 * write_html.c - one file that a change board opens
 *
 * Self-contained: style and pictures are in it, nothing is fetched, there is no
 * script.  Everything that comes from a plan, a journal or a device is escaped.
 * Sections are collected first, so that the way through them stands in front.
 * Folds are <details>: usable with the keyboard, and opened on paper by style.
 */
#include <string.h>

#include "orchestrator/report/html_style.h"
#include "orchestrator/report/writer.h"

void html_escape(const char *text, struct buf *out)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '<')
			buf_puts(out, "&lt;");
		else if (c == '>')
			buf_puts(out, "&gt;");
		else if (c == '&')
			buf_puts(out, "&amp;");
		else if (c == '"')
			buf_puts(out, "&quot;");
		else if (c == '\'')
			buf_puts(out, "&#39;");
		else if (c >= 0x20 || c == '\n' || c == '\t')
			buf_putc(out, *text);
		else /* control characters have no place in HTML */
			buf_puts(out, "\xef\xbf\xbd");
	}
}

static const char *tone_class(enum writer_tone tone)
{
	static const char *const names[] = {
		[WRITER_PLAIN] = "",
		[WRITER_GOOD] = " class=\"good\"",
		[WRITER_NOTE] = " class=\"note\"",
		[WRITER_WARNING] = " class=\"warning\"",
		[WRITER_ERROR] = " class=\"error\"",
	};

	return names[tone];
}

static void toned(struct writer *w, enum writer_tone tone, const char *text)
{
	const char *word = writer_tone_word(tone);

	if (*word)
		buf_printf(&w->body, "<b>%.*s</b> ", (int)strlen(word) - 1,
			   word);
	html_escape(text, &w->body);
}

static void leave_list(struct writer *w)
{
	if (w->in_list)
		buf_puts(&w->body, "</ul>\n");
	w->in_list = false;
}

static void begin(struct writer *w)
{
	(void)w;
}

/* Letters and digits of the title; its place makes it unique. */
static void anchor(const struct writer *w, const char *title, struct buf *out)
{
	for (; *title; title++)
		if ((*title | 32) >= 'a' && (*title | 32) <= 'z')
			buf_putc(out, (char)(*title | 32));
	buf_printf(out, "-%zu", w->body.len);
}

static void section(struct writer *w, int level, const char *title)
{
	buf_auto id = BUF_INIT;

	leave_list(w);
	anchor(w, title, &id);
	buf_printf(&w->body, "<h%d id=\"%s\">", level + 1, buf_str(&id));
	html_escape(title, &w->body);
	buf_printf(&w->body, "</h%d>\n", level + 1);
	if (level > 1)
		return;
	buf_printf(&w->nav, "<li><a href=\"#%s\">", buf_str(&id));
	html_escape(title, &w->nav);
	buf_puts(&w->nav, "</a></li>\n");
}

static void para(struct writer *w, enum writer_tone tone, const char *text)
{
	leave_list(w);
	buf_printf(&w->body, "<p%s>", tone_class(tone));
	toned(w, tone, text);
	buf_puts(&w->body, "</p>\n");
}

static void item(struct writer *w, enum writer_tone tone, const char *text)
{
	if (!w->in_list)
		buf_puts(&w->body, "<ul>\n");
	w->in_list = true;
	buf_printf(&w->body, "<li%s>", tone_class(tone));
	toned(w, tone, text);
	buf_puts(&w->body, "</li>\n");
}

static void row(struct writer *w, const char *tag, const char *const *v,
		size_t n)
{
	buf_puts(&w->body, "<tr>");
	for (size_t i = 0; i < n; i++) {
		buf_printf(&w->body, "<%s>", tag);
		html_escape(v[i], &w->body);
		buf_printf(&w->body, "</%s>", tag);
	}
	buf_puts(&w->body, "</tr>\n");
}

/* What is wider than the page scrolls alone, with the keyboard as well. */
static void table(struct writer *w, const struct writer_table *t)
{
	leave_list(w);
	buf_puts(&w->body,
		 "<div class=\"wide\" tabindex=\"0\"><table>\n<thead>");
	row(w, "th", t->heads, t->n);
	buf_puts(&w->body, "</thead>\n<tbody>\n");
	for (size_t i = 0; i + t->n <= t->cells.n; i += t->n)
		row(w, "td", (const char *const *)&t->cells.v[i], t->n);
	buf_puts(&w->body, "</tbody></table></div>\n");
}

static void code(struct writer *w, const char *label, const char *text)
{
	leave_list(w);
	buf_puts(&w->body, "<p class=\"label\">");
	html_escape(label, &w->body);
	buf_puts(&w->body, "</p>\n<pre tabindex=\"0\">");
	html_escape(text, &w->body);
	buf_puts(&w->body, "</pre>\n");
}

static void fold(struct writer *w, const char *summary)
{
	leave_list(w);
	buf_puts(&w->body, "<details><summary>");
	html_escape(summary, &w->body);
	buf_puts(&w->body, "</summary>\n");
}

static void fold_end(struct writer *w)
{
	leave_list(w);
	buf_puts(&w->body, "</details>\n");
}

static void picture(struct writer *w, const struct picture *p)
{
	leave_list(w);
	buf_puts(&w->body, "<figure><figcaption>");
	html_escape(p->title, &w->body);
	buf_puts(&w->body, "</figcaption>\n");
	picture_svg(p, &w->body);
	buf_puts(&w->body, "</figure>\n");
}

static void end(struct writer *w)
{
	leave_list(w);
	buf_puts(w->out,
		 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		 "<meta charset=\"utf-8\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, "
		 "initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n"
		 "<title>");
	html_escape(w->title, w->out);
	buf_printf(w->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n",
		   html_style);
	buf_puts(w->out, "<h1>");
	html_escape(w->title, w->out);
	buf_printf(w->out,
		   "</h1>\n<nav aria-label=\"Contents\"><ol>\n%s</ol></nav>\n"
		   "<main>\n%s</main>\n</body>\n</html>\n",
		   buf_str(&w->nav), buf_str(&w->body));
}

const struct writer_ops writer_html = {
	.name = "html",
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
