/*
 * load.h - what the parts of the plan loader share
 *
 *	yaml.c -> tree -> include.c -> decode.c -> resolve.c, topology.c,
 *	circuit.c
 *	       -> validate.c, validate_net.c, validate_move.c -> struct plan
 *
 * Every part reports all that it finds and goes on, with NULL or 0 in the
 * place of what it could not understand, so that later parts find it too.
 * Lists keep their length: element i of a vector is item i in the tree.
 */
#ifndef CUTOVER_PLAN_LOAD_H
#define CUTOVER_PLAN_LOAD_H

#include "orchestrator/plan/node.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/plan/schema.h"

struct load {
	struct plan *plan;
	struct diag_list *diags;
	struct node *root;
	struct source *source; /* the plan; ->next: the files that it names */
	size_t errors_before;  /* in diags, when this plan was begun */
};

/* No error so far: what is missing is missing, and not just misspelt. */
static inline bool load_clean(const struct load *l)
{
	return l->diags->errors == l->errors_before;
}

/* Diagnostics at a node's place. */
void load_error(struct load *l, const struct node *at, const char *rule,
		const char *fmt, ...) mem_printf(4, 5);
void load_warn(struct load *l, const struct node *at, const char *rule,
	       const char *fmt, ...) mem_printf(4, 5);
/* err's message, under its own rule if it has one. */
void load_err(struct load *l, const struct node *at, const char *rule,
	      const struct err *e);

/*
 * The node at a path like 'groups.0.onprem.2'; where the plan says nothing,
 * the nearest node above it, so there is always a place to point at.
 */
const struct node *load_at(const struct load *l, const char *fmt, ...)
	mem_printf(2, 3);
/* The same, but NULL where the plan says nothing. */
const struct node *load_find(const struct load *l, const char *fmt, ...)
	mem_printf(2, 3);

/* A path from the plan as the process can open it: '~/' is the home, what is
 * relative lies beside the plan. */
char *load_path(const struct load *l, const char *path);
/* A whole file, at most max bytes. */
bool load_file(const char *path, size_t max, struct buf *ret, struct err *e);

/*
 * Index of the element called like the node's text; -1 and a diagnostic when
 * there is none.  Elements are structs of `size` bytes that start with their
 * name.  `what` is 'edge', 'group'.
 */
int load_ref(struct load *l, const struct node *at, const void *v, size_t n,
	     size_t size, const char *what);

/* Can the node be looked up as a name?  If not, decoding has said so. */
bool load_is_name(const struct node *n);

/* The parts, in order. */
void load_includes(struct load *l);
void load_decode(struct load *l);
void load_resolve(struct load *l);
void load_topology(struct load *l);
void load_circuits(struct load *l);
void load_azure(struct load *l);
void load_validate(struct load *l);
void load_validate_net(struct load *l);
void load_validate_move(struct load *l);

#endif
