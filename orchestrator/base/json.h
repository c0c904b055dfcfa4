/*
 * json.h - JSON values; the one place that includes jansson
 *
 * References are counted: json_t * returned by these helpers are owned by the
 * caller unless the name says 'peek'.
 */
#ifndef CUTOVER_BASE_JSON_H
#define CUTOVER_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "orchestrator/base/err.h"

#define json_auto __attribute__((cleanup(json_cleanup_decref))) json_t
static inline void json_cleanup_decref(json_t **j)
{
	json_decref(*j);
}

/* Compact, keys sorted: the canonical text that hashes are made of. */
char *json_text_canonical(const json_t *j);
/* Parses text from outside; bounded depth; errors say line and column. */
json_t *json_text_parse(const char *text, size_t len, struct err *e);

/* NULL-tolerant peeks into objects that came from outside. */
const char *json_peek_str(const json_t *obj, const char *key, const char *dflt);
json_int_t json_peek_int(const json_t *obj, const char *key, json_int_t dflt);
bool json_peek_bool(const json_t *obj, const char *key, bool dflt);
json_t *json_peek(const json_t *obj, const char *key); /* or NULL */

#endif
