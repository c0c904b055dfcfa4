/*
 * set.h - a set of texts
 *
 * For 'was it there before?' over lists of any length.  Texts are borrowed and
 * must outlive the set, unchanged.  A zeroed set is empty.
 */
#ifndef CUTOVER_BASE_SET_H
#define CUTOVER_BASE_SET_H

#include <stdbool.h>
#include <stddef.h>

struct text_set {
	const char **v; /* open addressing; a power of two of slots */
	size_t n, slots;
};

/* False: an equal text is in it already. */
bool text_set_add(struct text_set *s, const char *text);
/* The text in it that equals this one, or NULL. */
const char *text_set_find(const struct text_set *s, const char *text);
void text_set_done(struct text_set *s);

#endif
