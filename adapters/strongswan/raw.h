/*
 * raw.h - what `swanctl --raw` prints, as a tree
 *
 *	list-sa event {azure {version=2 child-sas {net-1 {local-ts=[a b]}}}}
 *	list-sas reply {}
 *
 * Values are not quoted and may hold spaces ('local-id=C=CH, O=Lab, CN=a'):
 * a value ends where the next 'key=' or 'key {' begins that does not follow a
 * comma.
 *
 * Ownership: the tree owns everything below it; raw_free() takes NULL.
 */
#ifndef CUTOVER_ADAPTERS_STRONGSWAN_RAW_H
#define CUTOVER_ADAPTERS_STRONGSWAN_RAW_H

#include <stddef.h>

#include "orchestrator/base/err.h"

enum raw_kind { RAW_SECTION, RAW_VALUE, RAW_LIST };

struct raw {
	enum raw_kind kind;
	char *name;	/* of a message: 'list-sa event' */
	char *value;	/* RAW_VALUE, and the elements of a RAW_LIST */
	struct raw **v; /* what is inside a section or list */
	size_t n, cap;
};

#define raw_auto __attribute__((cleanup(raw_cleanup))) struct raw

/*
 * All messages of an output as sections of one root.  Output that ends early,
 * or is something else, is ERR_INVALID.
 */
struct raw *raw_parse(const char *text, size_t len, struct err *e);
void raw_free(struct raw *r);

static inline void raw_cleanup(struct raw **r)
{
	raw_free(*r);
}

/* The first member of that name, or NULL; r may be NULL. */
const struct raw *raw_find(const struct raw *r, const char *name);
const char *raw_text(const struct raw *r, const char *name, const char *dflt);
/* A decimal number; dflt when it is missing or no number. */
unsigned long long raw_number(const struct raw *r, const char *name,
			      unsigned long long dflt);

#endif
