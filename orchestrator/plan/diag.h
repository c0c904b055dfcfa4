/*
 * diag.h - what is wrong with a plan, with its place
 *
 *	plan.yaml:12:14: error: prefix '10.1.0.1/16' has host bits set; write
 *'10.1.0.0/16' [prefix-host-bits] onprem: [10.1.0.1/16]
 *	             ^
 *
 * Ownership: the list owns its texts.
 */
#ifndef CUTOVER_PLAN_DIAG_H
#define CUTOVER_PLAN_DIAG_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"

struct diag {
	bool warning; /* else an error */
	char *file;
	unsigned line, column; /* from 1; 0: the whole file */
	char *msg, *rule;
	char *source; /* the offending line, or NULL */
};

struct diag_list {
	struct diag *v;
	size_t n, cap, errors;
};

void diag_add(struct diag_list *l, bool warning, const char *file,
	      unsigned line, unsigned column, const char *source,
	      const char *rule, const char *fmt, ...) mem_printf(8, 9);
void diag_list_done(struct diag_list *l);
void diag_list_text(const struct diag_list *l, struct buf *out);
json_t *diag_list_json(const struct diag_list *l);

/* Why a rule is a rule: text for `cutover explain RULE`, or NULL. */
const char *diag_explain(const char *rule);
/* The n-th rule's id, NULL after the last. */
const char *diag_rule(size_t n);

#endif
