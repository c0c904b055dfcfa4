/*
 * byhand.c - what somebody did to the running daemon alone
 *
 * Pure.  The look into the configuration's text is a heuristic that refuses in
 * doubt: a protocol with a name that is down must say `disabled` in its block
 * or in its template.  Protocols that BIRD named itself are compared after the
 * change instead.
 */
#include "adapters/bird/byhand.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "adapters/bird/name.h"

/* End of the block that opens at `open`. */
static const char *block_end(const char *open)
{
	int depth = 0;

	for (const char *p = open; *p; p++) {
		if (*p == '#')
			p += strcspn(p, "\n");
		if (!*p)
			return p;
		depth += (*p == '{') - (*p == '}');
		if (!depth)
			return p;
	}
	return open + strlen(open);
}

static bool says_disabled(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p == '#')
			p += strcspn(p, "\n");
		else if (strncmp(p, "disabled", 8) == 0 &&
			 !isalnum((unsigned char)p[8]) &&
			 !isalnum((unsigned char)p[-1]))
			return true;
	}
	return false;
}

static bool block_look(const char *text, const char *kind, const char *name,
		       bool *ret_found, int depth)
{
	mem_auto_free char *expr =
		mem_format("%s[ \t\n]+bgp[ \t\n]+'?%s'?[ \t\n]*(from[ "
			   "\t\n]+'?([A-Za-z0-9_.:-]+)'?[ \t\n]*)?\\{",
			   kind, name);
	bool disabled = false;
	regmatch_t m[3];
	regex_t re;

	if (regcomp(&re, expr, REG_EXTENDED) != 0)
		return false;
	if (regexec(&re, text, 3, m, 0) == 0) {
		const char *open = text + m[0].rm_eo - 1;

		*ret_found = true;
		disabled = says_disabled(open + 1, block_end(open));
		if (!disabled && m[2].rm_so >= 0 && depth < 8) {
			mem_auto_free char *from =
				mem_strndup(text + m[2].rm_so,
					    (size_t)(m[2].rm_eo - m[2].rm_so));
			bool found;

			disabled = block_look(text, "template", from, &found,
					      depth + 1);
		}
	}
	regfree(&re);
	return disabled;
}

bool bird_byhand_disabled(const char *text, size_t len, const char *name,
			  bool *ret_found)
{
	mem_auto_free char *copy = mem_strndup(text, len);

	*ret_found = false;
	return block_look(copy, "protocol", name, ret_found, 0);
}

/* All files but ours as one text, for templates may stand in another file. */
static void foreign_text(const struct bird_snapshot *s, struct buf *out)
{
	for (size_t i = 0; i < s->n_files; i++) {
		buf_add(out, s->files[i].text, s->files[i].len);
		buf_putc(out, '\n');
	}
}

static bool own_shut(const struct bird_snapshot *s,
		     const struct bird_edits *edits,
		     const struct bird_protocol *p)
{
	for (size_t i = 0; i < edits->n; i++) {
		const struct resource *r = &edits->v[i].was;
		char symbol[BIRD_SYMBOL_MAX + 1];

		if (r->kind == RESOURCE_SESSION &&
		    bird_symbol(r->name, symbol, NULL) &&
		    strcmp(symbol, p->name) == 0)
			return true; /* it is what this is about */
	}
	for (size_t i = 0; i < s->running.set.n; i++) {
		const struct resource *r = &s->running.set.v[i];
		char symbol[BIRD_SYMBOL_MAX + 1];

		if (r->kind == RESOURCE_SESSION &&
		    bird_symbol(r->name, symbol, NULL) &&
		    strcmp(symbol, p->name) == 0)
			return !r->session.enabled;
	}
	return false;
}

bool bird_byhand_check(const struct bird_snapshot *s,
		       const struct bird_edits *edits, struct err *e)
{
	const struct bird_file *stale = bird_snapshot_stale(s);
	buf_auto text = BUF_INIT;

	if (s->loaded < 0)
		return err_set(e, ERR_REFUSED,
			       "BIRD does not print times as 'iso': remove "
			       "'timeformat base' from its configuration");
	if (stale)
		return err_set(e, ERR_REFUSED,
			       "'%s' was changed after BIRD last read it, and "
			       "a reload would apply that too: reload BIRD or "
			       "put the file back first",
			       stale->path);
	foreign_text(s, &text);
	for (size_t i = 0; i < s->protocols.n; i++) {
		const struct bird_protocol *p = &s->protocols.v[i];
		bool found = true, meant;

		if (!p->neighbor || bird_protocol_enabled(p))
			continue;
		meant = bird_symbol_ours(p->name)
				? own_shut(s, edits, p)
				: bird_byhand_disabled(buf_str(&text), text.len,
						       p->name, &found);
		if (!meant && found)
			return err_set(e, ERR_REFUSED,
				       "session '%s' was shut by hand, and a "
				       "reload would open it: write 'disabled' "
				       "into its configuration, or enable it",
				       p->name);
	}
	return true;
}

/* ---- around a change ---- */

/* Does the edit do more to a session than binding policies? */
static bool edit_resets(const struct bird_edit *x)
{
	struct resource r;
	bool same;

	if (!x->was.present || !x->set.present)
		return true;
	resource_copy(&r, &x->was);
	free(r.session.import);
	free(r.session.export);
	r.session.import = mem_strdup(x->set.session.import);
	r.session.export = mem_strdup(x->set.session.export);
	same = resource_equal(&r, &x->set);
	resource_done(&r);
	return !same;
}

static bool may_reset(const struct bird_edits *edits, const char *protocol)
{
	for (size_t i = 0; edits && i < edits->n; i++) {
		const struct bird_edit *x = &edits->v[i];
		char symbol[BIRD_SYMBOL_MAX + 1];

		if (x->was.kind == RESOURCE_SESSION &&
		    bird_symbol(x->was.name, symbol, NULL) &&
		    strcmp(symbol, protocol) == 0 && edit_resets(x))
			return true;
	}
	return strcmp(protocol, BIRD_SYMBOL_BFD) == 0;
}

static bool same_protocol(const struct bird_protocol *a, const char *now_a,
			  const struct bird_protocol *b, const char *now_b,
			  struct err *e)
{
	bool down = bird_protocol_enabled(a) != bird_protocol_enabled(b);

	if (!a->neighbor)
		down = strcmp(a->state, b->state) != 0;
	if (down)
		return err_set(e, ERR_UNKNOWN,
			       "protocol '%s' was '%s' before the change and "
			       "is '%s' after it",
			       a->name, a->state, b->state);
	if (bird_protocol_established(a) &&
	    (!bird_protocol_established(b) ||
	     !bird_time_same(a->since, now_a, b->since, now_b)))
		return err_set(e, ERR_UNKNOWN,
			       "session '%s' flapped: it was up since %s, now "
			       "it is %s since %s",
			       a->name, a->since,
			       b->bgp_state ? b->bgp_state : b->state,
			       b->since);
	return true;
}

bool bird_byhand_compare(const struct bird_snapshot *before,
			 const struct bird_snapshot *after,
			 const struct bird_edits *edits, struct err *e)
{
	const char *now_a = before->server_time ? before->server_time : "";
	const char *now_b = after->server_time ? after->server_time : "";

	for (size_t i = 0; i < before->protocols.n; i++) {
		const struct bird_protocol *a = &before->protocols.v[i];
		const struct bird_protocol *b =
			bird_protocols_find(&after->protocols, a->name);

		if (may_reset(edits, a->name))
			continue;
		if (!b)
			return err_set(e, ERR_UNKNOWN,
				       "protocol '%s' is gone after the change",
				       a->name);
		if (!same_protocol(a, now_a, b, now_b, e))
			return false;
	}
	return true;
}
