/*
 * fields.h - the table that describes a typed state (internal to model/)
 */
#ifndef CUTOVER_MODEL_FIELDS_H
#define CUTOVER_MODEL_FIELDS_H

#include "orchestrator/model/resource.h"

enum field_type {
	FIELD_STR,
	FIELD_BOOL,
	FIELD_U32,
	FIELD_U64,
	FIELD_LIST,    /* struct state_list */
	FIELD_ENTRIES, /* struct state_policy_entries */
};

enum field_class {
	FIELD_IDENTITY, /* always compared */
	FIELD_OPTIONAL, /* compared by 'satisfies' only where wanted is set */
	FIELD_HINT,	/* told to the device, not read back: never compared */
	FIELD_LIVE,	/* observed only */
};

struct field {
	const char *name;
	enum field_type type;
	enum field_class class;
	size_t offset; /* within the state struct */
};

struct field_table {
	const char *kind;
	const struct field *v;
	size_t n;
	size_t state_size;
};

const struct field_table *field_table_of(enum resource_kind kind);
extern const struct field_table field_table_entry; /* one policy entry */

void fields_copy(const struct field_table *t, void *dst, const void *src);
void fields_done(const struct field_table *t, void *state);
/* Takes the place of what dst has in this member. */
void field_assign(const struct field *f, void *dst, const void *src);
bool field_is_empty(const struct field *f, const void *state);
bool field_equal(const struct field *f, const void *a, const void *b);
json_t *field_to_json(const struct field *f, const void *state);
bool field_from_json(const struct field *f, const json_t *j, void *state,
		     struct err *e);

#endif
