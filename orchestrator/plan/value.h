/*
 * value.h - one scalar's text to its value, as its row in the schema says
 *
 * Used for what the plan says and for the table's own defaults alike, so a
 * default cannot be something that a plan could not have said.
 */
#ifndef CUTOVER_PLAN_VALUE_H
#define CUTOVER_PLAN_VALUE_H

#include "orchestrator/base/err.h"
#include "orchestrator/plan/schema.h"

struct value {
	char *text;	/* canonical, owned; NULL for numbers */
	int64_t number; /* numbers, units, choices, truths */
};

/*
 * False with e->rule set to the rule that it breaks.  `plain`: written without
 * quotes; numbers and truths have to be.
 */
bool value_parse(const struct schema_field *f, const char *text, bool plain,
		 struct value *ret, struct err *e);
/* Is the field's value a text (else a number)? */
bool value_is_text(const struct schema_field *f);

#endif
