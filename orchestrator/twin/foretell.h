/*
 * foretell.h - what the proof says of routes, step by step
 */
#ifndef CUTOVER_TWIN_FORETELL_H
#define CUTOVER_TWIN_FORETELL_H

#include "orchestrator/steps/foretold.h"
#include "orchestrator/twin/prove.h"

/* Appends what is told; the number of routes that cannot be told. */
size_t twin_foretell(const struct prove *p, const struct plan *plan,
		     const struct program *g, struct foretold_vec *ret);

#endif
