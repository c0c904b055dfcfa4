/*
 * node.h - a plan as a tree of texts, each with its place
 *
 * What the YAML reader makes and the decoder reads: scalars, lists and maps.
 * A source is one file's text; nodes point into it for their line and column.
 *
 * Ownership: a node owns its children, key and text; it borrows its source,
 * which must outlive it.
 */
#ifndef CUTOVER_PLAN_NODE_H
#define CUTOVER_PLAN_NODE_H

#include "orchestrator/plan/diag.h"

struct source {
	char *path, *text;
	size_t len;
	size_t *line_at; /* offset at which each line starts */
	size_t n_lines;
	struct source *next;
};

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool plain;	       /* scalar without quotes */
	unsigned line, column; /* from 1 */
	const struct source *src;
	char *text;	  /* scalar */
	struct node *key; /* in a map: the key's scalar; else NULL */
	struct node **v;  /* children, in order */
	size_t n, cap;
};

/* Copies path and text. */
struct source *source_new(const char *path, const char *text, size_t len);
void source_free(struct source *s); /* the whole chain */
/*
 * The n-th line (from 1) without its end, for a diagnostic: the value behind
 * a key that sounds like a secret is hidden.  NULL: no such line.
 */
char *source_line(const struct source *s, unsigned line);
/* Adds a diagnostic at a place of this source. */
void source_diag(const struct source *s, struct diag_list *diags, bool warning,
		 unsigned line, unsigned column, const char *rule,
		 const char *msg);

struct node *node_new(enum node_kind kind, const struct source *src,
		      unsigned line, unsigned column);
void node_free(struct node *n);
void node_add(struct node *parent, struct node *child);
/* NULL-tolerant: the value of a key, or NULL. */
struct node *node_get(const struct node *map, const char *key);
/* The index of a key's value, or -1. */
int node_index(const struct node *map, const char *key);
/* '~', 'null' or nothing at all. */
bool node_is_null(const struct node *n);

#endif
