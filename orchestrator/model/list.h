/*
 * list.h - lists of texts that share their texts (list.c)
 */
#ifndef CUTOVER_MODEL_LIST_H
#define CUTOVER_MODEL_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * List of texts.  Elements belong to lists alone (list.c): never free() one,
 * nor put another pointer in its place, nor write into it.
 */
struct state_list {
	char **v;
	size_t n, cap;
};

void state_list_add(struct state_list *l, const char *s);
/* Element i of another list, which keeps it as well: no copy is made. */
void state_list_add_of(struct state_list *l, const struct state_list *from,
		       size_t i);
void state_list_append(struct state_list *l, const struct state_list *from);
/* Element i becomes what element k of another list is. */
void state_list_set(struct state_list *l, size_t i,
		    const struct state_list *from, size_t k);
void state_list_remove(struct state_list *l, size_t i);
void state_list_sort_unique(struct state_list *l);
bool state_list_has(const struct state_list *l, const char *s);
void state_list_done(struct state_list *l);

#endif
