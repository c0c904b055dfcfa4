/*
 * diag.c - the list of what is wrong, and how it is printed
 *
 * Invariants: every text in the list is valid UTF-8 without control
 * characters, whatever bytes the plan had, so that a terminal and a JSON
 * reader are both safe with it.  Columns count characters, as editors do.
 *
 * Ownership: the list owns its texts.  Threads: none of its own.  It does not
 * judge: the rules and their reasons are in rules.c.
 */
#include "orchestrator/plan/diag.h"

#include <string.h>

#include "orchestrator/plan/utf8.h"

#define LINE_MAX_SHOWN 160 /* characters of a source line that are printed */

/* A copy that a terminal can be given: one '?' for what is no character. */
static char *clean(const char *s)
{
	buf_auto b = BUF_INIT;

	while (s && *s) {
		size_t n = utf8_char(s, strlen(s));

		if (n > 1 ||
		    (n == 1 && (*s == '\t' || (unsigned char)*s >= ' ')))
			buf_add(&b, s, n);
		else
			buf_putc(&b, '?');
		s += n ? n : 1;
	}
	return s ? buf_steal(&b) : NULL;
}

void diag_add(struct diag_list *l, bool warning, const char *file,
	      unsigned line, unsigned column, const char *source,
	      const char *rule, const char *fmt, ...)
{
	mem_auto_free char *msg = NULL;
	struct diag *d;
	va_list ap;

	va_start(ap, fmt);
	msg = mem_vformat(fmt, ap);
	va_end(ap);
	MEM_GROW(l->v, l->n, l->cap);
	d = &l->v[l->n++];
	*d = (struct diag){.warning = warning, .line = line, .column = column};
	d->file = clean(file);
	d->msg = clean(msg);
	d->rule = mem_strdup(rule);
	d->source = clean(source);
	l->errors += !warning;
}

void diag_list_done(struct diag_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].file);
		free(l->v[i].msg);
		free(l->v[i].rule);
		free(l->v[i].source);
	}
	free(l->v);
	*l = (struct diag_list){0};
}

/* The part of a long line that has the column in it; *ret_skip characters
 * before it are left out. */
static const char *shown_part(const char *line, unsigned column, size_t *ret_n,
			      unsigned *ret_skip)
{
	unsigned skip = 0;
	const char *s = line, *end;

	if (column > LINE_MAX_SHOWN * 3 / 4)
		skip = column - LINE_MAX_SHOWN / 2;
	for (unsigned i = 0; i < skip && *s; i++)
		s += utf8_char(s, strlen(s));
	end = s;
	for (unsigned i = 0; i < LINE_MAX_SHOWN && *end; i++)
		end += utf8_char(end, strlen(end));
	*ret_n = (size_t)(end - s);
	*ret_skip = skip;
	return s;
}

/* The line and a caret under the column; tabs stay tabs, so that it fits. */
static void print_source(const struct diag *d, struct buf *out)
{
	unsigned skip;
	size_t n;
	const char *s = shown_part(d->source, d->column, &n, &skip);

	buf_add(out, s, n);
	buf_putc(out, '\n');
	for (unsigned i = skip + 1; i < d->column; i++) {
		buf_putc(out, *s == '\t' ? '\t' : ' ');
		s += *s ? utf8_char(s, strlen(s)) : 0;
	}
	buf_puts(out, "^\n");
}

void diag_list_text(const struct diag_list *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct diag *d = &l->v[i];

		buf_puts(out, d->file);
		if (d->line)
			buf_printf(out, ":%u:%u", d->line, d->column);
		buf_printf(out, ": %s: %s [%s]\n",
			   d->warning ? "warning" : "error", d->msg, d->rule);
		if (d->source && d->line)
			print_source(d, out);
	}
}

json_t *diag_list_json(const struct diag_list *l)
{
	json_t *j = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct diag *d = &l->v[i];
		json_t *o =
			json_pack("{s:s,s:s,s:s,s:s}", "severity",
				  d->warning ? "warning" : "error", "file",
				  d->file, "message", d->msg, "rule", d->rule);

		if (d->line) {
			json_object_set_new(o, "line", json_integer(d->line));
			json_object_set_new(o, "column",
					    json_integer(d->column));
		}
		if (d->source)
			json_object_set_new(o, "source",
					    json_string(d->source));
		json_array_append_new(j, o);
	}
	return j;
}
