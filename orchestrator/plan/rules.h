/*
 * rules.h - the table of rules behind diag_explain() and diag_rule()
 */
#ifndef CUTOVER_PLAN_RULES_H
#define CUTOVER_PLAN_RULES_H

#include <stddef.h>

struct rule {
	const char *id;	    /* as it stands in [brackets] */
	const char *why;    /* what goes wrong without it */
	const char *source; /* where that is known from */
};

extern const struct rule plan_rules[];
extern const size_t plan_n_rules;

#endif
