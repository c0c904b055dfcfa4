/*
 * raw.c - a reader for swanctl's raw dump
 *
 * One pass over bounded text without backtracking beyond one key.  The dump
 * has no quoting, so the end of a value is found by what follows it; what
 * cannot be told apart (a value that itself holds ' key=') is not guessed
 * about further: identities are shown to people only, and nothing that cutover
 * decides on has spaces in it.
 *
 * Invariants: sections nest at most RAW_DEPTH deep; the cursor never passes
 * the end.  Threads: none.  It knows nothing about what the keys mean.
 */
#include "adapters/strongswan/raw.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define RAW_DEPTH 16

struct cursor {
	const char *text;
	size_t len, at;
	struct err *e;
};

static struct raw *raw_new(enum raw_kind kind, const char *name, size_t n)
{
	struct raw *r = mem_alloc(sizeof(*r));

	r->kind = kind;
	r->name = mem_strndup(name, n);
	return r;
}

void raw_free(struct raw *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		raw_free(r->v[i]);
	free(r->v);
	free(r->name);
	free(r->value);
	free(r);
}

static void raw_add(struct raw *r, struct raw *child)
{
	MEM_GROW(r->v, r->n, r->cap);
	r->v[r->n++] = child;
}

static int peek(const struct cursor *c)
{
	return c->at < c->len ? (unsigned char)c->text[c->at] : -1;
}

static bool bad(const struct cursor *c, const char *wanted)
{
	return err_set(c->e, ERR_INVALID,
		       "cannot read the output of swanctl: at byte %zu there "
		       "should be %s",
		       c->at, wanted);
}

static bool is_space(int ch)
{
	return ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t';
}

static bool is_key(int ch)
{
	return ch > ' ' && !strchr("={}[]", ch);
}

static void skip_space(struct cursor *c)
{
	while (is_space(peek(c)))
		c->at++;
}

static size_t key_end(const struct cursor *c, size_t at)
{
	while (at < c->len && is_key((unsigned char)c->text[at]))
		at++;
	return at;
}

/* Does 'key=' or 'key {' begin at `at`? */
static bool key_begins(const struct cursor *c, size_t at)
{
	size_t end = key_end(c, at);

	if (end == at || end >= c->len)
		return false;
	if (c->text[end] == '=')
		return true;
	return c->text[end] == ' ' && end + 1 < c->len &&
	       c->text[end + 1] == '{';
}

static void read_value(struct cursor *c, struct raw *r)
{
	size_t from = c->at;

	for (; c->at < c->len && c->text[c->at] != '}'; c->at++) {
		bool comma = c->at > from && c->text[c->at - 1] == ',';

		if (c->text[c->at] == ' ' && !comma && key_begins(c, c->at + 1))
			break;
	}
	r->value = mem_strndup(c->text + from, c->at - from);
}

static bool read_list(struct cursor *c, struct raw *r)
{
	r->kind = RAW_LIST;
	for (c->at++; peek(c) != ']';) {
		size_t from = c->at;
		struct raw *item;

		while (c->at < c->len && !strchr(" ]}", c->text[c->at]))
			c->at++;
		if (peek(c) != ' ' && peek(c) != ']')
			return bad(c, "']'");
		if (c->at > from) {
			item = raw_new(RAW_VALUE, "", 0);
			item->value = mem_strndup(c->text + from, c->at - from);
			raw_add(r, item);
		}
		if (peek(c) == ' ')
			c->at++;
	}
	c->at++;
	return true;
}

static bool read_section(struct cursor *c, struct raw *into, int depth);

static bool read_item(struct cursor *c, struct raw *into, int depth)
{
	size_t from = c->at;
	struct raw *r;

	c->at = key_end(c, from);
	if (c->at == from)
		return bad(c, "a name or '}'");
	r = raw_new(RAW_VALUE, c->text + from, c->at - from);
	raw_add(into, r);
	if (peek(c) == '=') {
		c->at++;
		if (peek(c) == '[')
			return read_list(c, r);
		read_value(c, r);
		return true;
	}
	skip_space(c);
	if (peek(c) != '{')
		return bad(c, "'=' or '{'");
	r->kind = RAW_SECTION;
	return read_section(c, r, depth + 1);
}

/* From '{' to behind its '}'. */
static bool read_section(struct cursor *c, struct raw *into, int depth)
{
	if (depth > RAW_DEPTH)
		return bad(c, "less nesting");
	for (c->at++;;) {
		skip_space(c);
		if (peek(c) == '}')
			break;
		if (peek(c) < 0)
			return bad(c, "'}', but it ends");
		if (!read_item(c, into, depth))
			return false;
	}
	c->at++;
	return true;
}

/* 'list-sa event {...}' */
static bool read_message(struct cursor *c, struct raw *root)
{
	size_t from = c->at, end;
	struct raw *r;

	while (c->at < c->len && c->text[c->at] != '{' &&
	       c->text[c->at] != '\n')
		c->at++;
	if (peek(c) != '{' || c->at == from)
		return bad(c, "a message");
	for (end = c->at; end > from && c->text[end - 1] == ' ';)
		end--;
	r = raw_new(RAW_SECTION, c->text + from, end - from);
	raw_add(root, r);
	return read_section(c, r, 0);
}

struct raw *raw_parse(const char *text, size_t len, struct err *e)
{
	struct cursor c = {.text = text, .len = len, .e = e};
	struct raw *root;

	if (len && memchr(text, 0, len)) {
		err_set(e, ERR_INVALID,
			"cannot read the output of swanctl: it has a NUL byte");
		return NULL;
	}
	root = raw_new(RAW_SECTION, "", 0);
	for (skip_space(&c); c.at < c.len; skip_space(&c)) {
		if (!read_message(&c, root)) {
			raw_free(root);
			return NULL;
		}
	}
	return root;
}

const struct raw *raw_find(const struct raw *r, const char *name)
{
	for (size_t i = 0; r && i < r->n; i++)
		if (strcmp(r->v[i]->name, name) == 0)
			return r->v[i];
	return NULL;
}

const char *raw_text(const struct raw *r, const char *name, const char *dflt)
{
	const struct raw *x = raw_find(r, name);

	return x && x->kind == RAW_VALUE ? x->value : dflt;
}

unsigned long long raw_number(const struct raw *r, const char *name,
			      unsigned long long dflt)
{
	const char *s = raw_text(r, name, NULL);
	unsigned long long n;
	char *end;

	if (!s || *s < '0' || *s > '9')
		return dflt;
	errno = 0;
	n = strtoull(s, &end, 10);
	return errno || *end ? dflt : n;
}
