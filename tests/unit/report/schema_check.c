/*
 * schema_check.c - a small JSON Schema validator
 */
#include "tests/unit/report/schema_check.h"

#include <string.h>

struct check {
	const json_t *root;
	struct buf *why;
};

static bool valid(const struct check *c, const json_t *s, const json_t *v,
		  const char *where);

static bool wrong(const struct check *c, const char *where, const char *what,
		  const char *about)
{
	buf_printf(c->why, "%s: %s '%s'\n", *where ? where : "/", what, about);
	return false;
}

static bool is_of(const char *type, const json_t *v)
{
	return (strcmp(type, "string") == 0 && json_is_string(v)) ||
	       (strcmp(type, "integer") == 0 && json_is_integer(v)) ||
	       (strcmp(type, "boolean") == 0 && json_is_boolean(v)) ||
	       (strcmp(type, "object") == 0 && json_is_object(v)) ||
	       (strcmp(type, "array") == 0 && json_is_array(v)) ||
	       (strcmp(type, "null") == 0 && json_is_null(v));
}

static bool of_type(const struct check *c, const json_t *type, const json_t *v,
		    const char *where)
{
	size_t i;
	const json_t *x;

	if (json_is_string(type))
		return is_of(json_string_value(type), v) ||
		       wrong(c, where, "is no", json_string_value(type));
	json_array_foreach((json_t *)type, i,
			   x) if (is_of(json_string_value(x), v)) return true;
	return wrong(c, where, "is of none of the types", "");
}

static bool properties(const struct check *c, const json_t *s, const json_t *v,
		       const char *where)
{
	const json_t *known = json_object_get(s, "properties");
	const char *key;
	json_t *x;
	bool ok = true;

	json_object_foreach((json_t *)v, key, x)
	{
		const json_t *sub = json_object_get(known, key);
		mem_auto_free char *at = mem_format("%s/%s", where, key);

		if (sub)
			ok &= valid(c, sub, x, at);
		else if (json_is_false(
				 json_object_get(s, "additionalProperties")))
			ok = wrong(c, where, "has an unknown member", key);
	}
	return ok;
}

static bool required(const struct check *c, const json_t *list, const json_t *v,
		     const char *where)
{
	size_t i;
	const json_t *x;

	json_array_foreach((json_t *)list, i, x) if (
		!json_object_get(v, json_string_value(
					    x))) return wrong(c, where, "lacks",
							      json_string_value(
								      x));
	return true;
}

static bool items(const struct check *c, const json_t *s, const json_t *v,
		  const char *where)
{
	size_t i;
	const json_t *x;
	bool ok = true;

	json_array_foreach((json_t *)v, i, x)
	{
		mem_auto_free char *at = mem_format("%s/%zu", where, i);

		ok &= valid(c, s, x, at);
	}
	return ok;
}

static bool one_of(const struct check *c, const json_t *list, const json_t *v,
		   const char *where)
{
	size_t i;
	const json_t *x;

	json_array_foreach(
		(json_t *)list, i,
		x) if (json_equal((json_t *)x, (json_t *)v)) return true;
	return wrong(c, where, "is not one of the values", "enum");
}

static bool any_of(const struct check *c, const json_t *list, const json_t *v,
		   const char *where)
{
	size_t i;
	const json_t *x;

	json_array_foreach((json_t *)list, i, x)
	{
		buf_auto quiet = BUF_INIT;
		struct check sub = {c->root, &quiet};

		if (valid(&sub, x, v, where))
			return true;
	}
	return wrong(c, where, "is none of", "anyOf");
}

static bool referred(const struct check *c, const char *ref, const json_t *v,
		     const char *where)
{
	const json_t *defs = json_object_get(c->root, "$defs");
	const char *name = strrchr(ref, '/');
	const json_t *s = name ? json_object_get(defs, name + 1) : NULL;

	return s ? valid(c, s, v, where)
		 : wrong(c, where, "the schema has no", ref);
}

static bool keyword(const struct check *c, const json_t *s, const char *key,
		    const json_t *x, const json_t *v, const char *where)
{
	if (strcmp(key, "type") == 0)
		return of_type(c, x, v, where);
	if (strcmp(key, "properties") == 0)
		return !json_is_object(v) || properties(c, s, v, where);
	if (strcmp(key, "required") == 0)
		return !json_is_object(v) || required(c, x, v, where);
	if (strcmp(key, "items") == 0)
		return items(c, x, v, where);
	if (strcmp(key, "enum") == 0)
		return one_of(c, x, v, where);
	if (strcmp(key, "anyOf") == 0)
		return any_of(c, x, v, where);
	if (strcmp(key, "$ref") == 0)
		return referred(c, json_string_value(x), v, where);
	if (strcmp(key, "description") == 0 || strcmp(key, "title") == 0 ||
	    strcmp(key, "$schema") == 0 || strcmp(key, "$defs") == 0 ||
	    strcmp(key, "additionalProperties") == 0)
		return true;
	return wrong(c, where, "the schema has a keyword that is not known",
		     key);
}

static bool valid(const struct check *c, const json_t *s, const json_t *v,
		  const char *where)
{
	const char *key;
	json_t *x;
	bool ok = true;

	json_object_foreach((json_t *)s, key, x) ok &=
		keyword(c, s, key, x, v, where);
	return ok;
}

bool schema_check(const json_t *schema, const json_t *value, struct buf *why)
{
	struct check c = {schema, why};

	return valid(&c, schema, value, "");
}
