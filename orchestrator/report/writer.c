/*
 * writer.c - what all forms have in common
 *
 * Texts are put together here, so that a form gets them whole.
 */
#include "orchestrator/report/writer.h"

#include <string.h>

const struct writer_ops *writer_find(const char *name)
{
	static const struct writer_ops *const all[] = {
		&writer_text, &writer_markdown, &writer_html};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

const char *writer_tone_word(enum writer_tone tone)
{
	static const char *const words[] = {
		[WRITER_PLAIN] = "",	    [WRITER_GOOD] = "",
		[WRITER_NOTE] = "note: ",   [WRITER_WARNING] = "warning: ",
		[WRITER_ERROR] = "error: ",
	};

	return words[tone];
}

void writer_begin(struct writer *w, const struct writer_ops *ops,
		  struct buf *out, const char *title)
{
	*w = (struct writer){
		.ops = ops, .out = out, .title = mem_strdup(title)};
	ops->begin(w);
}

void writer_section(struct writer *w, int level, const char *title)
{
	w->ops->section(w, level, title);
}

void writer_para(struct writer *w, enum writer_tone tone, const char *fmt, ...)
{
	mem_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	w->ops->para(w, tone, text);
}

void writer_item(struct writer *w, enum writer_tone tone, const char *fmt, ...)
{
	mem_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	w->ops->item(w, tone, text);
}

void writer_cell(struct writer_table *t, const char *fmt, ...)
{
	mem_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	state_list_add(&t->cells, text);
}

void writer_table(struct writer *w, struct writer_table *t)
{
	if (t->cells.n)
		w->ops->table(w, t);
	state_list_done(&t->cells);
	t->cells = (struct state_list){0};
}

void writer_code(struct writer *w, const char *label, const char *text)
{
	w->ops->code(w, label, text);
}

void writer_fold(struct writer *w, const char *fmt, ...)
{
	mem_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	w->ops->fold(w, text);
	w->depth++;
}

void writer_fold_end(struct writer *w)
{
	w->depth--;
	w->ops->fold_end(w);
}

void writer_picture(struct writer *w, const struct picture *p)
{
	w->ops->picture(w, p);
}

void writer_end(struct writer *w)
{
	w->ops->end(w);
	buf_done(&w->body);
	buf_done(&w->nav);
	free(w->title);
	*w = (struct writer){0};
}
