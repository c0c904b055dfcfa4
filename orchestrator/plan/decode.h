/*
 * decode.h - the tree to structs, driven by the schema
 */
#ifndef CUTOVER_PLAN_DECODE_H
#define CUTOVER_PLAN_DECODE_H

#include "orchestrator/plan/load.h"

/*
 * Decodes a map into `base` (NULL: only check it).  n may be NULL: then the
 * defaults are set and nothing is required.
 */
void decode_object(struct load *l, const struct schema_object *o,
		   const struct node *n, void *base);
/* A secret reference; `what` is what it is for. */
void decode_secret(struct load *l, const struct schema_field *f,
		   const struct node *n, struct secret_ref *ret);

#endif
