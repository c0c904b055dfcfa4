/*
 * schema_doc.c - the table as the plan reference, in Markdown
 *
 * One section an object, one row a key, in the order of the table; the rules
 * with their reasons stand at the end.
 */
#include <string.h>

#include "orchestrator/plan/rules.h"
#include "orchestrator/plan/schema.h"

static void put_words(const char *all, struct buf *out)
{
	const char *w;
	size_t len;

	for (size_t i = 0; (w = schema_word(all, i, &len)); i++)
		buf_printf(out, "%s`%.*s`", i ? ", " : "", (int)len, w);
}

static void put_object(const struct schema_object *o, struct buf *out)
{
	buf_printf(out, "[%s](#%s)", o->name, o->name);
}

static void put_type(const struct schema_field *f, struct buf *out)
{
	bool list = f->form & SCHEMA_LIST;

	if (f->form & SCHEMA_MAP)
		buf_puts(out, "by name: ");
	if (list)
		buf_puts(out, "list of ");
	if (f->type == SCHEMA_OBJECT)
		put_object(f->object, out);
	else if (f->words)
		buf_puts(out, "one of ");
	else
		buf_puts(out, schema_type_name(f->type, list));
	if (f->type == SCHEMA_OBJECT && f->words)
		buf_puts(out, " or ");
	if (f->words)
		put_words(f->words, out);
	if (f->form & SCHEMA_ONE)
		buf_puts(out, ", or a single one");
	if (f->object && f->type != SCHEMA_OBJECT) {
		buf_puts(out, ", or ");
		put_object(f->object, out);
	}
}

static const char *unit(const struct schema_field *f)
{
	return f->type == SCHEMA_MS	   ? " ms"
	       : f->type == SCHEMA_SECONDS ? " s"
	       : f->type == SCHEMA_RATE	   ? "/s"
	       : f->type == SCHEMA_SIZE	   ? " B"
					   : "";
}

static void put_bounds(const struct schema_field *f, struct buf *out)
{
	if (f->form & (SCHEMA_LIST | SCHEMA_MAP) || !f->max)
		return;
	buf_printf(out, ", %lu to %lu%s", f->min, f->max, unit(f));
}

static void put_default(const struct schema_field *f, struct buf *out)
{
	bool vector = f->type == SCHEMA_OBJECT && (f->form & SCHEMA_LIST);

	if ((f->form & SCHEMA_REQUIRED) || (vector && f->min))
		buf_puts(out, "**required**");
	else if (f->dflt)
		buf_printf(out, "`%s`", f->dflt);
	else if (f->dflt_note)
		buf_puts(out, f->dflt_note);
	else if (f->type == SCHEMA_OBJECT && !vector &&
		 !(f->form & SCHEMA_QUIET))
		buf_puts(out, "its defaults");
	else
		buf_puts(out, "none");
}

static void put_section(const struct schema_object *o, const char *level,
			struct buf *out)
{
	buf_printf(out, "\n%s %s\n\n%s\n\n", level, o->name, o->doc);
	buf_puts(out,
		 "| key | value | default | |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < o->n; i++) {
		const struct schema_field *f = &o->fields[i];

		buf_printf(out, "| `%s` | ", f->key);
		put_type(f, out);
		put_bounds(f, out);
		buf_puts(out, " | ");
		put_default(f, out);
		buf_printf(out, " | %s |\n", f->doc);
	}
}

struct seen {
	const struct schema_object *v[64];
	size_t n;
};

static void put_below(const struct schema_object *o, struct seen *seen,
		      struct buf *out)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct schema_object *c = o->fields[i].object;
		bool done = !c || seen->n == ARRAY_LEN(seen->v);

		for (size_t k = 0; k < seen->n; k++)
			done = done || seen->v[k] == c;
		if (done)
			continue;
		seen->v[seen->n++] = c;
		put_section(c, "##", out);
		put_below(c, seen, out);
	}
}

static void put_rules(struct buf *out)
{
	buf_puts(out, "\n## Rules\n\n"
		      "What `cutover check` holds against a plan; "
		      "`cutover explain RULE` says the same.\n\n"
		      "| rule | why | source |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < plan_n_rules; i++)
		buf_printf(out, "| `%s` | %s | %s |\n", plan_rules[i].id,
			   plan_rules[i].why, plan_rules[i].source);
}

void schema_reference(struct buf *out)
{
	struct seen seen = {{NULL}, 0};

	buf_puts(out,
		 "# The plan reference\n\n"
		 "Made from the table in `orchestrator/plan/schema_table.c`; "
		 "do not edit.\n\n"
		 "Durations are written `300ms`, `5s`, `5m`, `1h30m`; rates "
		 "`1000/s`; sizes `1472B`, `64KiB`; times "
		 "`2026-12-05T22:00:00Z`. Names are `[a-z0-9][a-z0-9-]{0,31}`. "
		 "A prefix rule is `P`, `P le N`, `P ge N` or "
		 "`P ge N le M`. A secret is `{env: NAME}`, `{file: PATH}` or "
		 "`{command: [PROGRAM, ARGUMENT]}`, never the secret itself. "
		 "Files lie beside the plan unless their path is absolute or "
		 "starts with `~/`. Anchors, aliases and tags are refused.\n");
	put_section(schema_root(), "##", out);
	put_below(schema_root(), &seen, out);
	put_rules(out);
}
