/*
 * row_text.c - sentences for rows
 *
 * What every step does the same way (its intent, its outcome 'applied') is
 * left out: 'cutover log' has it.
 */
#include "tui/row_text.h"

#include <string.h>

typedef char *text_fn(const char *step, const json_t *body);

static char *with_why(const char *what, const json_t *body)
{
	const char *why = json_peek_str(body, "why", "");

	return mem_format("%s%s%s", what, *why ? ": " : "", why);
}

static char *on_step(const char *step, const json_t *body)
{
	return mem_format("%s %s",
			  json_peek_bool(body, "back", false) ? "<" : ">",
			  json_peek_str(body, "title", step));
}

static char *on_outcome(const char *step, const json_t *body)
{
	const char *o = json_peek_str(body, "outcome", "");

	(void)step;
	if (strcmp(o, "applied") == 0 || strcmp(o, "unchanged") == 0)
		return NULL;
	return mem_format("outcome %s: %s", o, json_peek_str(body, "text", ""));
}

static char *on_done(const char *step, const json_t *body)
{
	(void)step;
	return json_peek_bool(body, "skipped", false) ? with_why("noted", body)
						      : NULL;
}

static char *on_failed(const char *step, const json_t *body)
{
	mem_auto_free char *what = mem_format("FAILED %s", step);

	return with_why(what, body);
}

static char *on_hold(const char *step, const json_t *body)
{
	(void)step;
	return with_why("HOLD", body);
}

static char *on_go(const char *step, const json_t *body)
{
	(void)step;
	return mem_strdup(json_peek_bool(body, "accept", false) ? "accepted"
								: "go");
}

static char *on_order(const char *step, const json_t *body)
{
	const char *to = json_peek_str(body, "to", "");

	(void)step;
	return mem_format(
		"order: %s%s%s by %s%s", json_peek_str(body, "command", ""),
		*to ? " to " : "", to, json_peek_str(body, "by", ""),
		strcmp(json_peek_str(body, "state", ""), "taken-back") == 0
			? ", taken back"
			: "");
}

static char *on_postpone(const char *step, const json_t *body)
{
	(void)step;
	return mem_format("%s needs %s before it begins (by %s)",
			  json_peek_str(body, "block", ""),
			  json_peek_bool(body, "off", false) ? "no go" : "a go",
			  json_peek_str(body, "by", ""));
}

static char *on_guard(const char *step, const json_t *body)
{
	(void)step;
	return mem_strdup(json_peek_str(body, "text", ""));
}

static char *on_checkpoint(const char *step, const json_t *body)
{
	(void)step;
	return mem_format("checkpoint '%s' is recorded",
			  json_peek_str(body, "name", ""));
}

static char *on_rollback(const char *step, const json_t *body)
{
	mem_auto_free char *what =
		mem_format("ROLLBACK to '%s'", json_peek_str(body, "to", ""));

	(void)step;
	return with_why(what, body);
}

static char *on_emergency(const char *step, const json_t *body)
{
	mem_auto_free char *what =
		mem_format("EMERGENCY, straight back to '%s'",
			   json_peek_str(body, "to", ""));

	(void)step;
	return with_why(what, body);
}

static char *on_retreated(const char *step, const json_t *body)
{
	const json_t *l = json_peek(body, "results");
	buf_auto b = BUF_INIT;

	(void)step;
	buf_puts(&b, "went straight back:");
	for (size_t i = 0; i < json_array_size(l); i++)
		buf_printf(&b, " %s %s",
			   json_peek_str(json_array_get(l, i), "target", ""),
			   json_peek_str(json_array_get(l, i), "outcome", ""));
	return buf_steal(&b);
}

static char *on_fired(const char *step, const json_t *body)
{
	(void)step;
	(void)body;
	return mem_strdup("a dead-man timer had run out: the block is gone "
			  "through again");
}

static char *on_settled(const char *step, const json_t *body)
{
	(void)step;
	return mem_format("looked: the change is %s",
			  json_peek_str(body, "as", ""));
}

static char *on_end(const char *step, const json_t *body)
{
	mem_auto_free char *what =
		mem_format("END %s", json_peek_str(body, "result", ""));

	(void)step;
	return with_why(what, body);
}

static char *on_approvals(const char *step, const json_t *body)
{
	const json_t *l = json_peek(body, "given");
	buf_auto b = BUF_INIT;

	(void)step;
	for (size_t i = 0; i < json_array_size(l); i++)
		buf_printf(&b, "%s%s", i ? ", " : "",
			   json_peek_str(json_array_get(l, i), "name", ""));
	return mem_format("approved by %s (%.12s)",
			  b.len ? buf_str(&b) : "nobody",
			  json_peek_str(body, "digest", ""));
}

static char *on_begin(const char *step, const json_t *body)
{
	(void)step;
	(void)body;
	return mem_strdup("a process takes the run up");
}

static const struct {
	const char *kind;
	enum style style;
	text_fn *fn;
} texts[] = {
	{"step", STYLE_PLAIN, on_step},
	{"outcome", STYLE_WARN, on_outcome},
	{"done", STYLE_WARN, on_done},
	{"failed", STYLE_BAD, on_failed},
	{"hold", STYLE_WARN, on_hold},
	{"go", STYLE_GOOD, on_go},
	{"order", STYLE_BOLD, on_order},
	{"postpone", STYLE_BOLD, on_postpone},
	{"guard", STYLE_BAD, on_guard},
	{"checkpoint", STYLE_GOOD, on_checkpoint},
	{"rollback", STYLE_BAD, on_rollback},
	{"emergency", STYLE_BAD, on_emergency},
	{"retreated", STYLE_BAD, on_retreated},
	{"fired", STYLE_BAD, on_fired},
	{"settled", STYLE_WARN, on_settled},
	{"end", STYLE_BOLD, on_end},
	{"approvals", STYLE_BOLD, on_approvals},
	{"begin", STYLE_BOLD, on_begin},
};

char *row_text(const char *kind, const char *step, const json_t *body,
	       enum style *ret_style)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].kind, kind) == 0) {
			*ret_style = texts[i].style;
			return texts[i].fn(step ? step : "", body);
		}
	return NULL;
}
