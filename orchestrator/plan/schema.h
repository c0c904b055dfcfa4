/*
 * schema.h - what a plan may say, as one table
 *
 * Everything that is known about a key stands in its row (schema_table.c):
 * type, default, bounds, words, the sentence that documents it and where its
 * value goes in struct plan.  Decoding, 'did you mean', the JSON Schema for
 * editors and the plan reference are all made from these rows, so they cannot
 * say different things.  Constant; nothing is owned.
 */
#ifndef CUTOVER_PLAN_SCHEMA_H
#define CUTOVER_PLAN_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/base/buf.h"

enum schema_type {
	SCHEMA_TEXT,	  /* -> char * */
	SCHEMA_NAME,	  /* -> char *; [a-z0-9][a-z0-9-]{0,31} */
	SCHEMA_REF,	  /* -> char *; a NAME that is defined elsewhere */
	SCHEMA_IFNAME,	  /* -> char *; a network interface */
	SCHEMA_WORD,	  /* -> char *; one of `words` */
	SCHEMA_DRIVER,	  /* -> char *; one of `words`, a system we know */
	SCHEMA_CHOICE,	  /* -> integer: the index in `words` */
	SCHEMA_BOOL,	  /* -> bool */
	SCHEMA_NUMBER,	  /* -> integer */
	SCHEMA_MS,	  /* -> integer milliseconds, from '300ms' */
	SCHEMA_SECONDS,	  /* -> integer seconds, from '180s' */
	SCHEMA_RATE,	  /* -> integer per second, from '1000/s' */
	SCHEMA_SIZE,	  /* -> integer bytes, from '1472B' */
	SCHEMA_TIME,	  /* -> int64_t microseconds, from RFC 3339 */
	SCHEMA_ADDRESS,	  /* -> char *; canonical */
	SCHEMA_PREFIX,	  /* -> char *; canonical */
	SCHEMA_RULE,	  /* -> char *; canonical prefix rule */
	SCHEMA_COMMUNITY, /* -> char *; 'a:b' */
	SCHEMA_HOST_KEY,  /* -> char *; 'SHA256:...' */
	SCHEMA_SECRET,	  /* -> struct secret_ref, from a reference */
	SCHEMA_OBJECT,	  /* -> the fields of `object` */
	SCHEMA_TYPES,
};

enum schema_form {
	SCHEMA_REQUIRED = 1u << 0,
	SCHEMA_LIST = 1u << 1,	/* a list of that type */
	SCHEMA_ONE = 1u << 2,	/* with LIST or MAP: a single one will do */
	SCHEMA_MAP = 1u << 3,	/* names -> values of that type or `object` */
	SCHEMA_QUIET = 1u << 4, /* absent: the object's defaults do not apply */
};

#define SCHEMA_NOWHERE ((size_t)-1) /* checked only; decoded elsewhere */

struct schema_object;

struct schema_field {
	const char *key;
	enum schema_type type;
	unsigned form;
	size_t offset, size;   /* in the struct of the object */
	size_t count;	       /* lists of objects: offset of their number */
	const char *dflt;      /* as it would be written, or NULL */
	const char *dflt_note; /* said in the reference when dflt is NULL */
	uint64_t min, max;     /* numbers and units; list lengths; 0: none */
	const char *words;     /* 'a|b|c'; with OBJECT: instead of one */
	const struct schema_object *object;
	const char *doc;
};

struct schema_object {
	const char *name; /* singular, in messages: 'edge' */
	const char *doc;
	size_t size; /* of one element, for lists */
	const struct schema_field *fields;
	size_t n;
};

const struct schema_object *schema_root(void);
const struct schema_field *schema_find(const struct schema_object *o,
				       const char *key);
/* The key that was probably meant, or NULL. */
const char *schema_suggest(const struct schema_object *o, const char *key);
/* What a value of this field is called: 'a list of prefixes'. */
char *schema_expects(const struct schema_field *f);
const char *schema_type_name(enum schema_type t, bool many);

/* Edit distance of two words, at most `limit` + 1. */
unsigned schema_distance(const char *a, const char *b, unsigned limit);
/* The n-th of 'a|b|c' and its length, or NULL. */
const char *schema_word(const char *words, size_t n, size_t *ret_len);
/* Its index, or -1. */
int schema_word_index(const char *words, const char *word);

/* JSON Schema (draft 2020-12) for editors; ends with a newline. */
void schema_json(struct buf *out);
/* The plan reference in Markdown. */
void schema_reference(struct buf *out);

#endif
