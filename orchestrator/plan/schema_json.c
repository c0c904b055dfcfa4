/*
 * schema_json.c - the table as JSON Schema, for editors (draft 2020-12)
 *
 * Each object of the table is a definition, referred to by name.  It checks
 * forms, not meanings: what needs another part of the plan is left to the
 * validators.  Defaults and descriptions come from the rows.
 */
#include <string.h>

#include "orchestrator/base/json.h"
#include "orchestrator/plan/schema.h"

#define PATTERN_PREFIX "^[0-9a-fA-F:.]+/[0-9]{1,3}$"
#define PATTERN_NAME "^[a-z0-9][a-z0-9-]{0,31}$"

static const char *const patterns[SCHEMA_TYPES] = {
	[SCHEMA_NAME] = PATTERN_NAME,
	[SCHEMA_REF] = PATTERN_NAME,
	[SCHEMA_IFNAME] = "^[A-Za-z0-9._@][A-Za-z0-9._@-]{0,14}$",
	[SCHEMA_MS] = "^([0-9]+(ms|s|m|h|d))+$",
	[SCHEMA_SECONDS] = "^([0-9]+(ms|s|m|h|d))+$",
	[SCHEMA_RATE] = "^[0-9]+/s$",
	[SCHEMA_SIZE] = "^[0-9]+(B|KiB|MiB)$",
	[SCHEMA_ADDRESS] = "^[0-9a-fA-F:.]+$",
	[SCHEMA_PREFIX] = PATTERN_PREFIX,
	[SCHEMA_RULE] =
		"^[0-9a-fA-F:.]+/[0-9]{1,3}( +ge +[0-9]+)?( +le +[0-9]+)?$",
	[SCHEMA_COMMUNITY] = "^[0-9]{1,5}:[0-9]{1,5}$",
	[SCHEMA_HOST_KEY] = "^SHA256:[A-Za-z0-9+/]{43}=?$",
};

static json_t *reference(const char *name)
{
	mem_auto_free char *path = mem_format("#/$defs/%s", name);

	return json_pack("{s:s}", "$ref", path);
}

static json_t *words(const char *all)
{
	json_t *v = json_array();
	const char *w;
	size_t len;

	for (size_t i = 0; (w = schema_word(all, i, &len)); i++)
		json_array_append_new(v, json_stringn(w, len));
	return json_pack("{s:o}", "enum", v);
}

/* One value, without its list or map. */
static json_t *scalar(const struct schema_field *f)
{
	bool bounded = !(f->form & (SCHEMA_LIST | SCHEMA_MAP));
	json_t *j;

	if (f->type == SCHEMA_SECRET)
		return reference("secret");
	if (f->type == SCHEMA_OBJECT)
		return f->words ? words(f->words) : reference(f->object->name);
	if (f->words)
		return words(f->words);
	if (f->type == SCHEMA_BOOL)
		return json_pack("{s:s}", "type", "boolean");
	if (f->type == SCHEMA_NUMBER) {
		j = json_pack("{s:s}", "type", "integer");
		json_object_set_new(j, "minimum",
				    json_integer((json_int_t)f->min));
		if (f->max && bounded)
			json_object_set_new(j, "maximum",
					    json_integer((json_int_t)f->max));
		return j;
	}
	j = json_pack("{s:s}", "type", "string");
	if (f->type == SCHEMA_TIME)
		json_object_set_new(j, "format", json_string("date-time"));
	if (patterns[f->type])
		json_object_set_new(j, "pattern",
				    json_string(patterns[f->type]));
	return j;
}

static json_t *list_of(const struct schema_field *f)
{
	json_t *j = json_pack("{s:s,s:o}", "type", "array", "items", scalar(f));

	if (f->min)
		json_object_set_new(j, "minItems",
				    json_integer((json_int_t)f->min));
	if (f->max)
		json_object_set_new(j, "maxItems",
				    json_integer((json_int_t)f->max));
	return j;
}

/* Either of two, where there are two. */
static json_t *either(json_t *a, json_t *b)
{
	return b ? json_pack("{s:[o,o]}", "anyOf", a, b) : a;
}

static json_t *map_of(const struct schema_field *f)
{
	json_t *alt = f->object ? reference(f->object->name) : NULL;

	return json_pack("{s:s,s:o,s:o}", "type", "object", "propertyNames",
			 json_pack("{s:s}", "pattern", PATTERN_NAME),
			 "additionalProperties", either(scalar(f), alt));
}

static json_t *form_of(const struct schema_field *f)
{
	bool one = f->form & SCHEMA_ONE;

	if (f->form & SCHEMA_MAP)
		return either(map_of(f), one ? scalar(f) : NULL);
	if (f->form & SCHEMA_LIST)
		return either(list_of(f),
			      one ? scalar(f)
			      : f->object && f->type != SCHEMA_OBJECT
				      ? reference(f->object->name)
				      : NULL);
	return either(scalar(f), f->type == SCHEMA_OBJECT && f->words
					 ? reference(f->object->name)
					 : NULL);
}

/* A default as a JSON value of the field's type. */
static json_t *default_of(const struct schema_field *f)
{
	if (f->type == SCHEMA_BOOL)
		return json_boolean(strcmp(f->dflt, "true") == 0);
	if (f->type == SCHEMA_NUMBER)
		return json_integer(atoll(f->dflt));
	if (f->form & SCHEMA_LIST)
		return json_pack("[s]", f->dflt);
	return json_string(f->dflt);
}

static bool needed(const struct schema_field *f)
{
	return (f->form & SCHEMA_REQUIRED) ||
	       (f->type == SCHEMA_OBJECT && (f->form & SCHEMA_LIST) && f->min);
}

static json_t *object(const struct schema_object *o)
{
	json_t *props = json_object(), *required = json_array();

	for (size_t i = 0; i < o->n; i++) {
		const struct schema_field *f = &o->fields[i];
		json_t *j = form_of(f);

		json_object_set_new(j, "description", json_string(f->doc));
		if (f->dflt)
			json_object_set_new(j, "default", default_of(f));
		json_object_set_new(props, f->key, j);
		if (needed(f))
			json_array_append_new(required, json_string(f->key));
	}
	return json_pack("{s:s,s:s,s:o,s:o,s:b}", "type", "object",
			 "description", o->doc, "properties", props, "required",
			 required, "additionalProperties", 0);
}

static json_t *secret(void)
{
	return json_pack(
		"{s:s,s:s,s:{s:{s:s},s:{s:s},s:{s:s,s:{s:s},s:i}},s:i,s:i,"
		"s:b}",
		"type", "object", "description",
		"Where a secret is kept; never the secret itself.",
		"properties", "env", "type", "string", "file", "type", "string",
		"command", "type", "array", "items", "type", "string",
		"minItems", 1, "minProperties", 1, "maxProperties", 1,
		"additionalProperties", 0);
}

static void collect(json_t *defs, const struct schema_object *o)
{
	if (json_object_get(defs, o->name))
		return;
	json_object_set_new(defs, o->name, object(o));
	for (size_t i = 0; i < o->n; i++)
		if (o->fields[i].object)
			collect(defs, o->fields[i].object);
}

void schema_json(struct buf *out)
{
	const struct schema_object *root = schema_root();
	json_auto *defs = json_object();
	json_auto *j = object(root);
	char *text;

	for (size_t i = 0; i < root->n; i++)
		if (root->fields[i].object)
			collect(defs, root->fields[i].object);
	json_object_set_new(defs, "secret", secret());
	json_object_set_new(j, "$schema",
			    json_string("https://json-schema.org/draft/2020-12/"
					"schema"));
	json_object_set_new(j, "title", json_string("cutover plan"));
	json_object_set(j, "$defs", defs);
	text = json_dumps(j, JSON_INDENT(2));
	if (!text)
		abort();
	buf_puts(out, text);
	buf_putc(out, '\n');
	free(text);
}
