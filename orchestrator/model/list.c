/*
 * list.c - lists of texts that share their texts
 *
 * A plan with a million prefixes names them in a policy for every wave, in
 * what every export step expects, and in each copy of a state that goes to a
 * worker.  So an element is a text with a count of its users in front of it:
 * copying a list copies pointers, and the text itself exists once.
 *
 * Invariants: an element is never written to after it was made, whoever wants
 * another text replaces the pointer (state_list_set).  Order is the caller's;
 * sorting v in place is fine.
 * Ownership: a list owns one use of each of its texts.  Threads: lists are not
 * shared between threads, texts are: the count is atomic.
 */
#include <stdatomic.h>
#include <string.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/model/states.h"

struct shared_text {
	atomic_uint users;
	char text[];
};

static struct shared_text *shared_of(char *s)
{
	return (struct shared_text *)(s - offsetof(struct shared_text, text));
}

static char *text_new(const char *s)
{
	size_t n = strlen(s) + 1;
	struct shared_text *t = mem_alloc(sizeof(*t) + n);

	atomic_init(&t->users, 1);
	memcpy(t->text, s, n);
	return t->text;
}

static char *text_use(char *s)
{
	atomic_fetch_add_explicit(&shared_of(s)->users, 1,
				  memory_order_relaxed);
	return s;
}

static void text_drop(char *s)
{
	struct shared_text *t = shared_of(s);

	if (atomic_fetch_sub_explicit(&t->users, 1, memory_order_acq_rel) == 1)
		free(t);
}

void state_list_add(struct state_list *l, const char *s)
{
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = text_new(s);
}

void state_list_add_of(struct state_list *l, const struct state_list *from,
		       size_t i)
{
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = text_use(from->v[i]);
}

void state_list_append(struct state_list *l, const struct state_list *from)
{
	if (l->n + from->n > l->cap) {
		l->cap = l->n + from->n > 2 * l->cap ? l->n + from->n
						     : 2 * l->cap;
		l->v = mem_realloc(l->v, l->cap, sizeof(*l->v));
	}
	for (size_t i = 0; i < from->n; i++)
		l->v[l->n++] = text_use(from->v[i]);
}

void state_list_set(struct state_list *l, size_t i,
		    const struct state_list *from, size_t k)
{
	char *old = l->v[i];

	l->v[i] = text_use(from->v[k]);
	text_drop(old);
}

void state_list_remove(struct state_list *l, size_t i)
{
	text_drop(l->v[i]);
	memmove(l->v + i, l->v + i + 1, (--l->n - i) * sizeof(*l->v));
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void state_list_sort_unique(struct state_list *l)
{
	size_t n = 0;

	if (!l->n)
		return;
	qsort(l->v, l->n, sizeof(*l->v), text_cmp);
	for (size_t i = 0; i < l->n; i++) {
		if (n && strcmp(l->v[n - 1], l->v[i]) == 0)
			text_drop(l->v[i]);
		else
			l->v[n++] = l->v[i];
	}
	l->n = n;
}

bool state_list_has(const struct state_list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], s) == 0)
			return true;
	return false;
}

void state_list_done(struct state_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		text_drop(l->v[i]);
	free(l->v);
	*l = (struct state_list){0};
}
