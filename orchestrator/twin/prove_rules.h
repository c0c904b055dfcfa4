/*
 * prove_rules.h - why each rule of a proof is a rule
 */
#ifndef CUTOVER_TWIN_PROVE_RULES_H
#define CUTOVER_TWIN_PROVE_RULES_H

#include "orchestrator/plan/rules.h"

/* Sorted by id; those that the plan's own table has are not here. */
extern const struct rule prove_rules[];
extern const size_t prove_n_rules;

#endif
