/*
 * ruleset.h - many prefix rules, asked about many prefixes
 *
 * Does any rule accept this prefix?  The answer takes a search a length, not a
 * look at every rule.  Plain values; the set owns its vector.
 */
#ifndef CUTOVER_MODEL_RULESET_H
#define CUTOVER_MODEL_RULESET_H

#include "orchestrator/model/prefix.h"
#include "orchestrator/model/states.h"

struct rule_set {
	struct prefix_rule *v; /* by prefix */
	size_t n, cap;
	bool lengths[2][129]; /* of rules' prefixes: IPv4, IPv6 */
};

#define rule_set_auto __attribute__((cleanup(rule_set_done))) struct rule_set

void rule_set_add(struct rule_set *s, const struct prefix_rule *r);
/* Every rule of a list; false: element *ret_bad is none. */
bool rule_set_add_list(struct rule_set *s, const struct state_list *l,
		       size_t *ret_bad);
/* After the last add, before the first question. */
void rule_set_sort(struct rule_set *s);
void rule_set_done(struct rule_set *s);
/* The rule of the longest prefix that accepts p, or NULL. */
const struct prefix_rule *rule_set_match(const struct rule_set *s,
					 const struct prefix *p);

#endif
