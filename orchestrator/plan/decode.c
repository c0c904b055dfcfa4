/*
 * decode.c - the tree to structs, driven by the schema
 *
 * One walk over tree and table together: unknown keys, missing keys, wrong
 * forms and bad values are all found here, for every row alike.  A value that
 * was refused leaves NULL or 0 behind; a list keeps the element.
 *
 * Ownership: what is decoded belongs to the plan.  Threads: none.  It does not
 * know what rows mean for each other: that is resolve.c and the validators.
 */
#include "orchestrator/plan/decode.h"

#include <ctype.h>
#include <string.h>

#include "orchestrator/plan/value.h"

static void wrong_form(struct load *l, const struct schema_field *f,
		       const struct node *n)
{
	mem_auto_free char *expects = schema_expects(f);
	const char *is = n->kind == NODE_MAP	? "a mapping"
			 : n->kind == NODE_LIST ? "a list"
						: "a single value";

	if (node_is_null(n))
		load_error(l, n, "wrong-type", "'%s' has no value; it is %s",
			   f->key, expects);
	else
		load_error(l, n, "wrong-type", "'%s' is %s, not %s", f->key,
			   expects, is);
}

static void store_number(char *at, size_t size, int64_t v)
{
	uint8_t u8 = (uint8_t)v;
	uint16_t u16 = (uint16_t)v;
	uint32_t u32 = (uint32_t)v;

	switch (size) {
	case 1:
		memcpy(at, &u8, size);
		break;
	case 2:
		memcpy(at, &u16, size);
		break;
	case 4:
		memcpy(at, &u32, size);
		break;
	case 8:
		memcpy(at, &v, size);
		break;
	default:
		abort();
	}
}

static void store(const struct schema_field *f, struct value *v, void *base)
{
	char *at;

	if (!base || f->offset == SCHEMA_NOWHERE || f->type == SCHEMA_OBJECT) {
		free(v->text);
		return;
	}
	at = (char *)base + f->offset;
	if (f->form & SCHEMA_LIST) {
		state_list_add((struct state_list *)at, v->text);
		free(v->text);
	} else if (value_is_text(f)) {
		*(char **)at = v->text;
	} else {
		store_number(at, f->size, v->number);
	}
}

/* A refused element stays as '', so that indices are those of the tree. */
static void keep_place(const struct schema_field *f, void *base)
{
	if ((f->form & SCHEMA_LIST) && base && f->offset != SCHEMA_NOWHERE)
		state_list_add((struct state_list *)((char *)base + f->offset),
			       "");
}

static void decode_scalar(struct load *l, const struct schema_field *f,
			  const struct node *n, void *base)
{
	err_auto e = ERR_INIT;
	struct value v;

	if (n->kind != NODE_SCALAR || node_is_null(n)) {
		wrong_form(l, f, n);
		keep_place(f, base);
	} else if (value_parse(f, n->text, n->plain, &v, &e)) {
		store(f, &v, base);
	} else {
		load_err(l, n, "bad-value", &e);
		keep_place(f, base);
	}
}

/* ---- secrets ---- */

static bool good_variable(const char *s)
{
	if (!*s || isdigit((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	return true;
}

static void secret_command(struct load *l, const struct node *n,
			   struct secret_ref *ret)
{
	bool ok = n->kind == NODE_LIST && n->n;

	for (size_t i = 0; ok && i < n->n; i++)
		ok = n->v[i]->kind == NODE_SCALAR;
	if (!ok) {
		load_error(l, n, "wrong-type",
			   "'command' is a list of texts: program, arguments");
		return;
	}
	ret->kind = SECRET_COMMAND;
	for (size_t i = 0; i < n->n; i++)
		state_list_add(&ret->argv, n->v[i]->text);
}

static void secret_value(struct load *l, const struct node *n,
			 struct secret_ref *ret)
{
	bool env = strcmp(n->key->text, "env") == 0;

	if (n->kind != NODE_SCALAR || node_is_null(n) || !*n->text) {
		load_error(l, n, "wrong-type", "'%s' is a text", n->key->text);
	} else if (env && !good_variable(n->text)) {
		load_error(l, n, "bad-value",
			   "'env' is the name of an environment variable");
	} else {
		ret->kind = env ? SECRET_ENV : SECRET_FILE;
		ret->value = env ? mem_strdup(n->text) : load_path(l, n->text);
	}
}

void decode_secret(struct load *l, const struct schema_field *f,
		   const struct node *n, struct secret_ref *ret)
{
	const struct node *v =
		n->kind == NODE_MAP && n->n == 1 ? n->v[0] : NULL;

	if (n->kind == NODE_SCALAR && !node_is_null(n)) {
		load_error(l, n, "secret-inline",
			   "'%s' must not be written in the plan; write "
			   "{env: NAME}, {file: PATH} or {command: [..]}",
			   f->key);
		return;
	}
	if (!v ||
	    (strcmp(v->key->text, "env") && strcmp(v->key->text, "file") &&
	     strcmp(v->key->text, "command"))) {
		load_error(l, n, "wrong-type",
			   "'%s' is one of {env: NAME}, {file: PATH} and "
			   "{command: [..]}",
			   f->key);
		return;
	}
	if (strcmp(v->key->text, "command") == 0)
		secret_command(l, v, ret);
	else
		secret_value(l, v, ret);
	ret->name = mem_strdup(f->key);
}

/* ---- one element of a field ---- */

static void decode_one(struct load *l, const struct schema_field *f,
		       const struct node *n, void *base)
{
	if (f->type == SCHEMA_SECRET && base)
		decode_secret(l, f, n,
			      (struct secret_ref *)((char *)base + f->offset));
	else if (n->kind == NODE_MAP && f->object)
		decode_object(l, f->object, n,
			      base && f->offset != SCHEMA_NOWHERE
				      ? (char *)base + f->offset
				      : NULL);
	else if (f->type == SCHEMA_OBJECT && !f->words)
		wrong_form(l, f, n);
	else
		decode_scalar(l, f, n, base);
}

static bool length_ok(struct load *l, const struct schema_field *f,
		      const struct node *n)
{
	if (n->n < f->min) {
		load_error(l, n, "out-of-range",
			   "'%s' has %zu elements; at least %lu are needed",
			   f->key, n->n, f->min);
		return true;
	}
	if (f->max && n->n > f->max) {
		load_error(l, n, "out-of-range",
			   "'%s' has %zu elements; at most %lu are allowed",
			   f->key, n->n, f->max);
		return false;
	}
	return true;
}

static void decode_list(struct load *l, const struct schema_field *f,
			const struct node *n, void *base)
{
	size_t size = f->type == SCHEMA_OBJECT ? f->object->size : 0;
	char *v;

	if (!length_ok(l, f, n))
		return;
	if (f->type != SCHEMA_OBJECT) {
		for (size_t i = 0; i < n->n; i++)
			decode_scalar(l, f, n->v[i], base);
		return;
	}
	v = mem_calloc(n->n ? n->n : 1, size);
	*(void **)((char *)base + f->offset) = v;
	*(size_t *)((char *)base + f->count) = n->n;
	for (size_t i = 0; i < n->n; i++) {
		if (n->v[i]->kind == NODE_MAP)
			decode_object(l, f->object, n->v[i], v + i * size);
		else
			load_error(l, n->v[i], "wrong-type",
				   "'%s' is a list of mappings", f->key);
	}
}

static void decode_map(struct load *l, const struct schema_field *f,
		       const struct node *n)
{
	if (!length_ok(l, f, n))
		return;
	for (size_t i = 0; i < n->n; i++)
		decode_one(l, f, n->v[i], NULL);
}

static void decode_field(struct load *l, const struct schema_field *f,
			 const struct node *n, void *base)
{
	bool many = f->form & (SCHEMA_LIST | SCHEMA_MAP);

	if ((f->form & SCHEMA_LIST) && n->kind == NODE_LIST)
		decode_list(l, f, n, base);
	else if ((f->form & SCHEMA_MAP) && n->kind == NODE_MAP)
		decode_map(l, f, n);
	else if (n->kind == NODE_LIST ||
		 (many && (n->kind == NODE_MAP || !(f->form & SCHEMA_ONE))))
		wrong_form(l, f, n);
	else
		decode_one(l, f, n, base);
}

/* ---- objects ---- */

static void set_default(struct load *l, const struct schema_field *f,
			void *base)
{
	struct value v;

	if (!base)
		return;
	if (f->type == SCHEMA_OBJECT &&
	    !(f->form & (SCHEMA_LIST | SCHEMA_QUIET)))
		decode_object(l, f->object, NULL, (char *)base + f->offset);
	if (!f->dflt || f->type == SCHEMA_OBJECT || f->offset == SCHEMA_NOWHERE)
		return;
	if (!value_parse(f, f->dflt, true, &v, NULL))
		abort(); /* the table is wrong; a unit test finds it */
	store(f, &v, base);
}

static void unknown_keys(struct load *l, const struct schema_object *o,
			 const struct node *n)
{
	for (size_t i = 0; i < n->n; i++) {
		const struct node *key = n->v[i]->key;
		const char *near;

		if (schema_find(o, key->text))
			continue;
		near = schema_suggest(o, key->text);
		if (near)
			load_error(l, key, "unknown-key",
				   "'%s' is no key of a %s; did you mean "
				   "'%s'?",
				   key->text, o->name, near);
		else
			load_error(l, key, "unknown-key",
				   "'%s' is no key of a %s", key->text,
				   o->name);
	}
}

static bool is_required(const struct schema_field *f)
{
	bool vector = f->type == SCHEMA_OBJECT && (f->form & SCHEMA_LIST);

	return (f->form & SCHEMA_REQUIRED) || (vector && f->min);
}

void decode_object(struct load *l, const struct schema_object *o,
		   const struct node *n, void *base)
{
	if (n)
		unknown_keys(l, o, n);
	for (size_t i = 0; i < o->n; i++) {
		const struct schema_field *f = &o->fields[i];
		const struct node *v = node_get(n, f->key);

		if (v)
			decode_field(l, f, v, base);
		else if (n && is_required(f))
			load_error(l, n, "missing-key", "the %s has no '%s'",
				   o->name, f->key);
		else
			set_default(l, f, base);
	}
}

void load_decode(struct load *l)
{
	decode_object(l, schema_root(), l->root, l->plan);
}
