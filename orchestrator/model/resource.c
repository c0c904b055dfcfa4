/*
 * resource.c - resources and sets of them, over the field tables
 *
 * Invariant: (kind, name) is unique within a set that the core made; lookups
 * are linear, since a set holds what one step touches.
 */
#include "orchestrator/model/resource.h"

#include <string.h>

#include "orchestrator/model/fields.h"

const char *resource_kind_name(enum resource_kind kind)
{
	return field_table_of(kind)->kind;
}

bool resource_kind_parse(const char *name, enum resource_kind *ret)
{
	for (int k = 0; k < RESOURCE_KINDS; k++) {
		if (strcmp(resource_kind_name(k), name) == 0) {
			*ret = k;
			return true;
		}
	}
	return false;
}

/* All states share one address: the union. */
static void *state_of(struct resource *r)
{
	return &r->circuit;
}

static const void *state_of_const(const struct resource *r)
{
	return &r->circuit;
}

struct resource *resource_set_add(struct resource_set *set,
				  enum resource_kind kind, const char *name)
{
	struct resource *r;

	MEM_GROW(set->v, set->n, set->cap);
	r = &set->v[set->n++];
	memset(r, 0, sizeof(*r));
	r->kind = kind;
	r->name = mem_strdup(name);
	r->present = true;
	return r;
}

struct resource *resource_set_find(const struct resource_set *set,
				   enum resource_kind kind, const char *name)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].kind == kind && strcmp(set->v[i].name, name) == 0)
			return &set->v[i];
	return NULL;
}

void resource_copy(struct resource *dst, const struct resource *src)
{
	memset(dst, 0, sizeof(*dst));
	dst->kind = src->kind;
	dst->present = src->present;
	dst->name = mem_strdup(src->name);
	fields_copy(field_table_of(src->kind), state_of(dst),
		    state_of_const(src));
}

struct resource *resource_set_add_copy(struct resource_set *dst,
				       const struct resource *src)
{
	MEM_GROW(dst->v, dst->n, dst->cap);
	resource_copy(&dst->v[dst->n], src);
	return &dst->v[dst->n++];
}

void resource_set_remove(struct resource_set *set, enum resource_kind kind,
			 const char *name)
{
	struct resource *r = resource_set_find(set, kind, name);

	if (!r)
		return;
	resource_done(r);
	memmove(r, r + 1, (size_t)(&set->v[--set->n] - r) * sizeof(*r));
}

void resource_set_copy(struct resource_set *dst, const struct resource_set *src)
{
	*dst = (struct resource_set){0};
	for (size_t i = 0; i < src->n; i++)
		resource_set_add_copy(dst, &src->v[i]);
}

void resource_done(struct resource *r)
{
	fields_done(field_table_of(r->kind), state_of(r));
	free(r->name);
	r->name = NULL;
}

void resource_set_done(struct resource_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		resource_done(&set->v[i]);
	free(set->v);
	*set = (struct resource_set){0};
}

void resource_overlay(struct resource *r, const struct resource *want)
{
	const struct field_table *t = field_table_of(r->kind);

	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->v[i];

		if (f->class != FIELD_LIVE &&
		    (f->type == FIELD_BOOL ||
		     !field_is_empty(f, state_of_const(want))))
			field_assign(f, state_of(r), state_of_const(want));
	}
}

static bool same_thing(const struct resource *a, const struct resource *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

bool resource_equal(const struct resource *a, const struct resource *b)
{
	const struct field_table *t = field_table_of(a->kind);

	if (!same_thing(a, b) || a->present != b->present)
		return false;
	if (!a->present)
		return true;
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].class < FIELD_HINT &&
		    !field_equal(&t->v[i], state_of_const(a),
				 state_of_const(b)))
			return false;
	return true;
}

bool resource_satisfies(const struct resource *have,
			const struct resource *want)
{
	const struct field_table *t = field_table_of(want->kind);

	if (!same_thing(have, want) || have->present != want->present)
		return false;
	if (!want->present)
		return true;
	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->v[i];

		if (f->class >= FIELD_HINT)
			continue;
		if (f->class == FIELD_OPTIONAL &&
		    field_is_empty(f, state_of_const(want)))
			continue;
		if (!field_equal(f, state_of_const(have), state_of_const(want)))
			return false;
	}
	return true;
}

static char *value_text(const struct field *f, const struct resource *r)
{
	json_auto *j = field_to_json(f, state_of_const(r));
	char *s = json_text_canonical(j);

	if (strlen(s) > 240)
		memcpy(s + 236, "...", 4);
	return s;
}

int resource_diff(const struct resource *a, const struct resource *b,
		  struct buf *out)
{
	const struct field_table *t = field_table_of(a->kind);
	int n = 0;

	if (a->present != b->present) {
		buf_printf(out, "%s '%s': was %s, is %s\n", t->kind, a->name,
			   a->present ? "there" : "absent",
			   b->present ? "there" : "absent");
		return 1;
	}
	for (size_t i = 0; a->present && i < t->n; i++) {
		const struct field *f = &t->v[i];
		mem_auto_free char *was = NULL, *is = NULL;

		if (f->class >= FIELD_HINT ||
		    field_equal(f, state_of_const(a), state_of_const(b)))
			continue;
		was = value_text(f, a);
		is = value_text(f, b);
		buf_printf(out, "%s '%s': %s was %s, is %s\n", t->kind, a->name,
			   f->name, was, is);
		n++;
	}
	return n;
}

json_t *resource_to_json(const struct resource *r, bool with_live)
{
	const struct field_table *t = field_table_of(r->kind);
	json_t *j = json_object(), *s = json_object();

	json_object_set_new(j, "kind", json_string(t->kind));
	json_object_set_new(j, "name", json_string(r->name));
	json_object_set_new(j, "present", json_boolean(r->present));
	for (size_t i = 0; i < t->n; i++) {
		const struct field *f = &t->v[i];

		if ((f->class == FIELD_LIVE && !with_live) ||
		    field_is_empty(f, state_of_const(r)))
			continue;
		json_object_set_new(s, f->name,
				    field_to_json(f, state_of_const(r)));
	}
	json_object_set_new(j, "state", s);
	return j;
}

static bool state_from_json(const json_t *j, struct resource *r, struct err *e)
{
	const struct field_table *t = field_table_of(r->kind);
	const json_t *s = json_peek(j, "state");

	for (size_t i = 0; i < t->n; i++) {
		const json_t *v = json_peek(s, t->v[i].name);

		if (v && !field_from_json(&t->v[i], v, state_of(r), e))
			return err_wrap(e, "%s '%s'", t->kind, r->name);
	}
	return true;
}

bool resource_from_json(const json_t *j, struct resource *ret, struct err *e)
{
	const char *name = json_peek_str(j, "name", NULL);
	struct resource r = {0};

	if (!name ||
	    !resource_kind_parse(json_peek_str(j, "kind", ""), &r.kind))
		return err_set(e, ERR_INVALID,
			       "a resource without a known kind and a name");
	r.name = mem_strdup(name);
	r.present = json_peek_bool(j, "present", true);
	if (!state_from_json(j, &r, e)) {
		resource_done(&r);
		return false;
	}
	*ret = r;
	return true;
}

json_t *resource_set_to_json(const struct resource_set *set, bool with_live)
{
	json_t *j = json_array();

	for (size_t i = 0; i < set->n; i++)
		json_array_append_new(j,
				      resource_to_json(&set->v[i], with_live));
	return j;
}

bool resource_set_from_json(const json_t *j, struct resource_set *ret,
			    struct err *e)
{
	struct resource_set set = {0};

	if (!json_is_array(j))
		return err_set(e, ERR_INVALID, "a resource set is not a list");
	for (size_t i = 0; i < json_array_size(j); i++) {
		struct resource r;

		if (!resource_from_json(json_array_get(j, i), &r, e)) {
			resource_set_done(&set);
			return false;
		}
		MEM_GROW(set.v, set.n, set.cap);
		set.v[set.n++] = r;
	}
	*ret = set;
	return true;
}
