/*
 * node.c - the tree of a plan and the lines that it came from
 *
 * Invariant: in a map every child has a key and no two keys are equal.  A
 * source line that is shown never shows a secret: whatever stands behind a key
 * that sounds like one is replaced, even in a text that is no YAML at all.
 *
 * Threads: none.  It does not know what a plan means.
 */
#include "orchestrator/plan/node.h"

#include <string.h>

static void index_lines(struct source *s)
{
	size_t cap = 0;

	for (size_t at = 0; at <= s->len; at++) {
		if (at && s->text[at - 1] != '\n')
			continue;
		MEM_GROW(s->line_at, s->n_lines, cap);
		s->line_at[s->n_lines++] = at;
	}
}

struct source *source_new(const char *path, const char *text, size_t len)
{
	struct source *s = mem_alloc(sizeof(*s));

	s->path = mem_strdup(path);
	s->text = mem_alloc(len + 1);
	if (len)
		memcpy(s->text, text, len);
	s->len = len;
	index_lines(s);
	return s;
}

void source_free(struct source *s)
{
	while (s) {
		struct source *next = s->next;

		free(s->path);
		mem_wipe_free(s->text);
		free(s->line_at);
		free(s);
		s = next;
	}
}

/* The end of the first word of a secret in s, or NULL. */
static const char *secret_word(const char *s)
{
	static const char *const words[] = {"pas", "pwd",   "secret",	  "psk",
					    "md5", "token", "private_key"};
	const char *best = NULL;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *at = strcasestr(s, words[i]);

		if (at && (!best || at < best))
			best = at + strlen(words[i]);
	}
	return best;
}

/* Where the value behind a key that ends at `key` starts, if it is a plain
 * one; NULL: no key, or a reference. */
static const char *secret_start(const char *key)
{
	const char *colon = strpbrk(key, ":,{}[]"), *at;

	if (!colon || *colon != ':')
		return NULL;
	at = colon + 1 + strspn(colon + 1, " \t");
	return !*at || *at == '{' || *at == '[' ? NULL : at;
}

/* The line with secrets as '***', whatever their length; references stay
 * readable. */
static char *hide_secrets(const char *line)
{
	const char *key = line, *from = line;
	buf_auto b = BUF_INIT;

	while ((key = secret_word(key))) {
		const char *at = secret_start(key);

		if (!at)
			continue;
		buf_add(&b, from, (size_t)(at - from));
		buf_puts(&b, "***");
		key = from = strchrnul(at, '}');
	}
	buf_puts(&b, from);
	return buf_steal(&b);
}

char *source_line(const struct source *s, unsigned line)
{
	mem_auto_free char *text = NULL;
	size_t from, to;

	if (!line || line > s->n_lines)
		return NULL;
	from = s->line_at[line - 1];
	to = line < s->n_lines ? s->line_at[line] - 1 : s->len;
	if (to > from && s->text[to - 1] == '\r')
		to--;
	text = mem_strndup(s->text + from, to - from);
	return hide_secrets(text);
}

void source_diag(const struct source *s, struct diag_list *diags, bool warning,
		 unsigned line, unsigned column, const char *rule,
		 const char *msg)
{
	mem_auto_free char *text = source_line(s, line);

	diag_add(diags, warning, s->path, line, column, text, rule, "%s", msg);
}

struct node *node_new(enum node_kind kind, const struct source *src,
		      unsigned line, unsigned column)
{
	struct node *n = mem_alloc(sizeof(*n));

	n->kind = kind;
	n->src = src;
	n->line = line;
	n->column = column;
	return n;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->n; i++)
		node_free(n->v[i]);
	free(n->v);
	node_free(n->key);
	mem_wipe_free(n->text);
	free(n);
}

void node_add(struct node *parent, struct node *child)
{
	MEM_GROW(parent->v, parent->n, parent->cap);
	parent->v[parent->n++] = child;
}

int node_index(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return -1;
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->v[i]->key->text, key) == 0)
			return (int)i;
	return -1;
}

struct node *node_get(const struct node *map, const char *key)
{
	int i = node_index(map, key);

	return i < 0 ? NULL : map->v[i];
}

bool node_is_null(const struct node *n)
{
	return n->kind == NODE_SCALAR && n->plain &&
	       (!*n->text || strcmp(n->text, "~") == 0 ||
		strcmp(n->text, "null") == 0);
}
