/*
 * yaml.c - libyaml's events to nodes; the one place that includes yaml.h
 *
 * Events, not libyaml's own document loader: that one resolves aliases, so a
 * few hundred bytes could become a tree of billions of nodes.  Here an anchor,
 * an alias or a tag is an error, depth is counted before it is followed, and
 * nothing is recursed into that was not counted.
 *
 * Invariants: a tree that is returned has no map with equal keys and no key
 * that is not a scalar.  libyaml's columns count characters from 0.
 *
 * Ownership: the tree is the caller's.  Threads: none.  It does not interpret
 * scalars: 'true' and '65010' are texts until the schema says what they are.
 */
#include "orchestrator/plan/yaml.h"

#include <string.h>
#include <yaml.h>

#include "orchestrator/plan/utf8.h"

struct reader {
	yaml_parser_t parser;
	const struct source *src;
	struct diag_list *diags;
	bool failed; /* the text cannot be followed any further */
};

static void report(struct reader *r, const yaml_mark_t *m, const char *rule,
		   const char *msg)
{
	source_diag(r->src, r->diags, false, (unsigned)m->line + 1,
		    (unsigned)m->column + 1, rule, msg);
}

static void fail(struct reader *r, const yaml_mark_t *m, const char *rule,
		 const char *msg)
{
	report(r, m, rule, msg);
	r->failed = true;
}

/* libyaml says what it expected and in what context; both help. */
static void fail_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	mem_auto_free char *msg = NULL;

	msg = p->context ? mem_format("%s, %s", p->problem, p->context)
			 : mem_strdup(p->problem ? p->problem : "not YAML");
	fail(r, &p->problem_mark, "yaml-syntax", msg);
}

static bool next(struct reader *r, yaml_event_t *ev)
{
	if (yaml_parser_parse(&r->parser, ev))
		return true;
	memset(ev, 0, sizeof(*ev));
	fail_syntax(r);
	return false;
}

/* Anchors, aliases and tags have no use in a plan. */
static bool refuse_extras(struct reader *r, const yaml_event_t *ev)
{
	const void *anchor = NULL, *tag = NULL;

	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		anchor = ev->data.alias.anchor;
		break;
	case YAML_SCALAR_EVENT:
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
		break;
	default:
		return false;
	}
	if (anchor)
		fail(r, &ev->start_mark, "yaml-alias",
		     "anchors and aliases are not accepted in a plan; write "
		     "the value out");
	else if (tag)
		fail(r, &ev->start_mark, "yaml-tag",
		     "tags are not accepted in a plan; write the plain value");
	return anchor || tag;
}

static struct node *read_node(struct reader *r, const yaml_event_t *ev,
			      unsigned depth);

static struct node *node_at(struct reader *r, enum node_kind kind,
			    const yaml_mark_t *m)
{
	return node_new(kind, r->src, (unsigned)m->line + 1,
			(unsigned)m->column + 1);
}

static struct node *read_scalar(struct reader *r, const yaml_event_t *ev)
{
	struct node *n = node_at(r, NODE_SCALAR, &ev->start_mark);
	const char *text = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;

	n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = mem_strndup(text, len);
	if (strlen(n->text) != len)
		fail(r, &ev->start_mark, "yaml-encoding",
		     "the value has a NUL character in it");
	return n;
}

/* Reads the next node, unless `end` comes: then NULL. */
static struct node *read_next(struct reader *r, yaml_event_type_t end,
			      unsigned depth)
{
	struct node *n = NULL;
	yaml_event_t ev;

	if (!next(r, &ev))
		return NULL;
	if (ev.type != end)
		n = read_node(r, &ev, depth);
	yaml_event_delete(&ev);
	return n;
}

static void read_list(struct reader *r, struct node *list, unsigned depth)
{
	struct node *n;

	while ((n = read_next(r, YAML_SEQUENCE_END_EVENT, depth)))
		node_add(list, n);
}

/* Puts value under key, unless the key is taken: then it says so. */
static void add_pair(struct reader *r, struct node *map, struct node *key,
		     struct node *value)
{
	mem_auto_free char *msg = NULL;
	struct node *first = node_get(map, key->text);

	value->key = key;
	if (!first) {
		node_add(map, value);
		return;
	}
	msg = mem_format("key '%s' is there already, at line %u", key->text,
			 first->key->line);
	source_diag(r->src, r->diags, false, key->line, key->column,
		    "duplicate-key", msg);
	node_free(value);
}

static void read_map(struct reader *r, struct node *map, unsigned depth)
{
	struct node *key, *value;

	while ((key = read_next(r, YAML_MAPPING_END_EVENT, depth))) {
		yaml_mark_t at = {0, key->line - 1, key->column - 1};

		value = read_next(r, YAML_NO_EVENT, depth);
		if (!value || r->failed) {
			node_free(key);
			node_free(value);
			return;
		}
		if (key->kind != NODE_SCALAR || map->n == YAML_MAX_KEYS) {
			if (key->kind != NODE_SCALAR)
				fail(r, &at, "yaml-syntax",
				     "a key must be a word");
			else
				fail(r, &at, "yaml-size",
				     "more than 256 keys in one mapping");
			node_free(key);
			node_free(value);
			return;
		}
		add_pair(r, map, key, value);
	}
}

/* The node that ev starts; what was read of a failed one is freed. */
static struct node *read_node(struct reader *r, const yaml_event_t *ev,
			      unsigned depth)
{
	struct node *n = NULL;

	if (refuse_extras(r, ev))
		return NULL;
	if (depth > YAML_MAX_DEPTH) {
		fail(r, &ev->start_mark, "yaml-depth",
		     "nested more than 32 levels deep");
		return NULL;
	}
	if (ev->type == YAML_SCALAR_EVENT) {
		n = read_scalar(r, ev);
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		n = node_at(r, NODE_LIST, &ev->start_mark);
		read_list(r, n, depth + 1);
	} else if (ev->type == YAML_MAPPING_START_EVENT) {
		n = node_at(r, NODE_MAP, &ev->start_mark);
		read_map(r, n, depth + 1);
	} else {
		fail(r, &ev->start_mark, "yaml-syntax", "a value is missing");
	}
	if (r->failed) {
		node_free(n);
		return NULL;
	}
	return n;
}

/* Is there anything behind the first document? */
static void check_end(struct reader *r)
{
	yaml_event_t ev;

	while (!r->failed && next(r, &ev)) {
		yaml_event_type_t type = ev.type;

		if (type == YAML_DOCUMENT_START_EVENT)
			fail(r, &ev.start_mark, "yaml-documents",
			     "a second document starts here; a plan is one");
		yaml_event_delete(&ev);
		if (type == YAML_STREAM_END_EVENT)
			return;
	}
}

static struct node *read_document(struct reader *r)
{
	struct node *root = NULL;
	yaml_event_t ev;
	bool done = false;

	while (!done && next(r, &ev)) {
		yaml_mark_t at = ev.start_mark;

		if (ev.type == YAML_STREAM_END_EVENT)
			fail(r, &at, "yaml-syntax", "the plan is empty");
		else if (ev.type == YAML_DOCUMENT_START_EVENT)
			root = read_next(r, YAML_NO_EVENT, 1);
		done = ev.type == YAML_DOCUMENT_START_EVENT || r->failed;
		yaml_event_delete(&ev);
	}
	if (root)
		check_end(r);
	if (r->failed) {
		node_free(root);
		return NULL;
	}
	return root;
}

/* Line and column of a byte that is no UTF-8, found by hand. */
static void report_encoding(struct reader *r, size_t at)
{
	yaml_mark_t m = {at, 0, 0};
	size_t start = 0;

	for (size_t i = 0; i < at; i++)
		if (r->src->text[i] == '\n') {
			m.line++;
			start = i + 1;
		}
	for (size_t i = start; i < at; m.column++)
		i += utf8_char(r->src->text + i, at - i);
	fail(r, &m, "yaml-encoding",
	     "not UTF-8 from here on; save the plan as UTF-8");
}

struct node *yaml_read(const struct source *src, struct diag_list *diags)
{
	struct reader r = {.src = src, .diags = diags};
	struct node *root = NULL;
	size_t bad;

	if (src->len > YAML_MAX_BYTES) {
		diag_add(diags, false, src->path, 0, 0, NULL, "yaml-size",
			 "the plan has %zu bytes; %u are the most", src->len,
			 YAML_MAX_BYTES);
		return NULL;
	}
	bad = utf8_invalid(src->text, src->len);
	if (bad < src->len) {
		report_encoding(&r, bad);
		return NULL;
	}
	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_input_string(
		&r.parser, (const unsigned char *)src->text, src->len);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	root = read_document(&r);
	yaml_parser_delete(&r.parser);
	return root;
}
