/*
 * set.c - a set of texts, by hash
 *
 * Open addressing with linear probing, at most half full.  The hash is FNV-1a:
 * texts come from a plan that its author could make slow, but only for
 * himself.  Threads: none of its own.
 */
#include "orchestrator/base/set.h"

#include <stdint.h>
#include <string.h>

#include "orchestrator/base/mem.h"

static uint64_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h ^ h >> 29;
}

/* The slot that holds the text, or the empty one where it belongs. */
static size_t slot_of(const struct text_set *s, const char *text)
{
	size_t i = hash(text) & (s->slots - 1);

	while (s->v[i] && strcmp(s->v[i], text) != 0)
		i = (i + 1) & (s->slots - 1);
	return i;
}

static void grow(struct text_set *s)
{
	struct text_set bigger = {.n = s->n,
				  .slots = s->slots ? s->slots * 2 : 16};

	bigger.v = mem_calloc(bigger.slots, sizeof(*bigger.v));
	for (size_t i = 0; i < s->slots; i++)
		if (s->v[i])
			bigger.v[slot_of(&bigger, s->v[i])] = s->v[i];
	free(s->v);
	*s = bigger;
}

bool text_set_add(struct text_set *s, const char *text)
{
	size_t i;

	if (s->n * 2 >= s->slots)
		grow(s);
	i = slot_of(s, text);
	if (s->v[i])
		return false;
	s->v[i] = text;
	s->n++;
	return true;
}

const char *text_set_find(const struct text_set *s, const char *text)
{
	return s->slots ? s->v[slot_of(s, text)] : NULL;
}

void text_set_done(struct text_set *s)
{
	free(s->v);
	*s = (struct text_set){0};
}
