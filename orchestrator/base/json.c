/*
 * json.c - helpers over jansson
 *
 * Threads: values are not shared between threads; hand over text or ownership.
 */
#include "orchestrator/base/json.h"

char *json_text_canonical(const json_t *j)
{
	char *s =
		json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	if (!s)
		abort();
	return s;
}

json_t *json_text_parse(const char *text, size_t len, struct err *e)
{
	json_error_t je;
	json_t *j = json_loadb(text, len,
			       JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &je);

	if (!j)
		err_set(e, ERR_INVALID, "not JSON at line %d column %d: %s",
			je.line, je.column, je.text);
	return j;
}

json_t *json_peek(const json_t *obj, const char *key)
{
	return json_is_object(obj) ? json_object_get(obj, key) : NULL;
}

const char *json_peek_str(const json_t *obj, const char *key, const char *dflt)
{
	const json_t *v = json_peek(obj, key);

	return json_is_string(v) ? json_string_value(v) : dflt;
}

json_int_t json_peek_int(const json_t *obj, const char *key, json_int_t dflt)
{
	const json_t *v = json_peek(obj, key);

	return json_is_integer(v) ? json_integer_value(v) : dflt;
}

bool json_peek_bool(const json_t *obj, const char *key, bool dflt)
{
	const json_t *v = json_peek(obj, key);

	return json_is_boolean(v) ? json_is_true(v) : dflt;
}
