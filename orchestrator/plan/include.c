/*
 * include.c - lists that a plan keeps in files of their own
 *
 * '{file: prefixes.txt}' in the place of a list is replaced by a list node
 * whose elements lie in that file, so that everything after this part, the
 * diagnostics too, treats both alike.  One element a line, '#' to the end of
 * the line is a comment.
 *
 * Ownership: the file's text joins the plan's sources.  It is done before
 * decoding; a file that cannot be read leaves an empty list.
 */
#include <string.h>

#include "orchestrator/plan/decode.h"
#include "orchestrator/plan/utf8.h"
#include "orchestrator/plan/yaml.h"

static unsigned columns(const char *from, const char *to)
{
	unsigned n = 1;

	while (from < to) {
		from += utf8_char(from, (size_t)(to - from));
		n++;
	}
	return n;
}

/* The element of one line, or NULL. */
static struct node *line_node(const struct source *s, size_t line)
{
	const char *from = s->text + s->line_at[line];
	size_t n = strcspn(from, "#\r\n");
	const char *word = from + strspn(from, " \t");
	struct node *node;

	while (n && (from[n - 1] == ' ' || from[n - 1] == '\t'))
		n--;
	if (word >= from + n)
		return NULL;
	node = node_new(NODE_SCALAR, s, (unsigned)line + 1,
			columns(from, word));
	node->plain = true;
	node->text = mem_strndup(word, n - (size_t)(word - from));
	return node;
}

static void take_lines(struct load *l, const struct node *at, const char *path,
		       struct node *list)
{
	buf_auto b = BUF_INIT;
	err_auto e = ERR_INIT;
	struct source *s;

	if (!load_file(path, YAML_MAX_BYTES, &b, &e)) {
		load_error(l, at, "file-read", "%s", err_msg(&e));
		return;
	}
	if (utf8_invalid(buf_str(&b), b.len) < b.len ||
	    strlen(buf_str(&b)) < b.len) {
		load_error(l, at, "yaml-encoding", "'%s' is not UTF-8 text",
			   path);
		return;
	}
	s = source_new(path, buf_str(&b), b.len);
	s->next = l->source->next;
	l->source->next = s;
	for (size_t i = 0; i < s->n_lines; i++) {
		struct node *n = line_node(s, i);

		if (n)
			node_add(list, n);
	}
}

/* `group` is the object of a group in the schema. */
static void include(struct load *l, const struct schema_object *o,
		    struct node *group, const char *key)
{
	int i = node_index(group, key);
	struct node *old, *list, *file;
	mem_auto_free char *path = NULL;

	if (i < 0 || group->v[i]->kind != NODE_MAP)
		return;
	old = group->v[i];
	decode_object(l, schema_find(o, key)->object, old, NULL);
	list = node_new(NODE_LIST, old->src, old->line, old->column);
	file = node_get(old, "file");
	if (file && file->kind == NODE_SCALAR && *file->text) {
		path = load_path(l, file->text);
		take_lines(l, file, path, list);
	}
	list->key = old->key;
	old->key = NULL;
	node_free(old);
	group->v[i] = list;
}

void load_includes(struct load *l)
{
	struct node *groups = node_get(l->root, "groups");
	const struct schema_object *o =
		schema_find(schema_root(), "groups")->object;

	for (size_t i = 0; groups && i < groups->n; i++) {
		if (groups->v[i]->kind != NODE_MAP)
			continue;
		include(l, o, groups->v[i], "onprem");
		include(l, o, groups->v[i], "cloud");
	}
}
