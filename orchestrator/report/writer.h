/*
 * writer.h - one document, written in several forms
 *
 * Whoever has something to tell (review.c) walks it once and calls a writer;
 * each form is a table of functions.  Nothing that is handed over is kept.
 *
 *	writer_begin -> section, para, item, table, code, fold, picture ... ->
 *	writer_end
 */
#ifndef CUTOVER_REPORT_WRITER_H
#define CUTOVER_REPORT_WRITER_H

#include "orchestrator/base/buf.h"
#include "orchestrator/model/states.h"
#include "orchestrator/report/picture.h"

/* Said in words as well, so that no form depends on colours. */
enum writer_tone {
	WRITER_PLAIN,
	WRITER_GOOD,
	WRITER_NOTE,
	WRITER_WARNING,
	WRITER_ERROR,
};

struct writer_table {
	const char *const *heads; /* n of them; borrowed */
	size_t n;
	struct state_list cells; /* row by row */
};

struct writer {
	const struct writer_ops *ops;
	struct buf *out; /* borrowed */
	struct buf body, nav;
	char *title;
	bool in_list;
	int depth; /* folds that are open */
};

struct writer_ops {
	const char *name; /* as in --format */
	void (*begin)(struct writer *w);
	void (*section)(struct writer *w, int level, const char *title);
	void (*para)(struct writer *w, enum writer_tone tone, const char *text);
	void (*item)(struct writer *w, enum writer_tone tone, const char *text);
	void (*table)(struct writer *w, const struct writer_table *t);
	/* Exactly as it is typed or sent. */
	void (*code)(struct writer *w, const char *label, const char *text);
	/* What may be folded away; shown in full where nothing folds. */
	void (*fold)(struct writer *w, const char *summary);
	void (*fold_end)(struct writer *w);
	void (*picture)(struct writer *w, const struct picture *p);
	void (*end)(struct writer *w);
};

extern const struct writer_ops writer_text, writer_markdown, writer_html;
const struct writer_ops *writer_find(const char *name); /* or NULL */

void writer_begin(struct writer *w, const struct writer_ops *ops,
		  struct buf *out, const char *title);
void writer_section(struct writer *w, int level, const char *title);
void writer_para(struct writer *w, enum writer_tone tone, const char *fmt, ...)
	mem_printf(3, 4);
void writer_item(struct writer *w, enum writer_tone tone, const char *fmt, ...)
	mem_printf(3, 4);
void writer_cell(struct writer_table *t, const char *fmt, ...) mem_printf(2, 3);
/* Writes it, unless it has no rows, and empties it. */
void writer_table(struct writer *w, struct writer_table *t);
void writer_code(struct writer *w, const char *label, const char *text);
void writer_fold(struct writer *w, const char *fmt, ...) mem_printf(2, 3);
void writer_fold_end(struct writer *w);
void writer_picture(struct writer *w, const struct picture *p);
void writer_end(struct writer *w);

/* 'warning: ' and the like; '' where the tone says nothing. */
const char *writer_tone_word(enum writer_tone tone);

#endif
