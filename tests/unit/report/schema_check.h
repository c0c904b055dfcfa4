/*
 * schema_check.h - is a JSON value what a JSON Schema says?
 *
 * The part of draft 2020-12 that plans/dry-run.schema.json uses; a keyword that
 * is not known here fails the test, so that none is silently without effect.
 */
#ifndef CUTOVER_TESTS_SCHEMA_CHECK_H
#define CUTOVER_TESTS_SCHEMA_CHECK_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"

/* False: `why` says where and what. */
bool schema_check(const json_t *schema, const json_t *value, struct buf *why);

#endif
