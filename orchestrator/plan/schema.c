/*
 * schema.c - looking things up in the table
 *
 * Pure functions over constant data.  Suggestions are made from edit distance
 * (with swapped neighbours as one edit), bounded so that a hostile key costs
 * no more than a short one.
 */
#include "orchestrator/plan/schema.h"

#include <string.h>

#define WORD_MAX 48 /* longer words get no suggestion */

const struct schema_field *schema_find(const struct schema_object *o,
				       const char *key)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->fields[i].key, key) == 0)
			return &o->fields[i];
	return NULL;
}

unsigned schema_distance(const char *a, const char *b, unsigned limit)
{
	unsigned rows[3][WORD_MAX + 1] = {0};
	size_t n = strlen(a), m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX)
		return limit + 1;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = rows[i % 3], *up = rows[(i + 2) % 3],
			 *up2 = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned d = up[j - 1] + (a[i - 1] != b[j - 1]);

			d = up[j] + 1 < d ? up[j] + 1 : d;
			d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && up2[j - 2] + 1 < d)
				d = up2[j - 2] + 1;
			now[j] = d;
		}
	}
	return rows[n % 3][m] > limit ? limit + 1 : rows[n % 3][m];
}

const char *schema_suggest(const struct schema_object *o, const char *key)
{
	unsigned limit = strlen(key) < 5 ? 1 : 3, best = limit + 1;
	const char *found = NULL;

	for (size_t i = 0; i < o->n; i++) {
		unsigned d = schema_distance(key, o->fields[i].key, limit);

		if (d < best) {
			best = d;
			found = o->fields[i].key;
		}
	}
	return found;
}

const char *schema_word(const char *words, size_t n, size_t *ret_len)
{
	for (; words; n--) {
		const char *end = strchrnul(words, '|');

		if (!n) {
			*ret_len = (size_t)(end - words);
			return words;
		}
		words = *end ? end + 1 : NULL;
	}
	return NULL;
}

int schema_word_index(const char *words, const char *word)
{
	const char *w;
	size_t len;

	for (size_t i = 0; (w = schema_word(words, i, &len)); i++)
		if (strlen(word) == len && strncmp(w, word, len) == 0)
			return (int)i;
	return -1;
}

static const struct {
	const char *one, *many;
} type_names[] = {
	[SCHEMA_TEXT] = {"a text", "texts"},
	[SCHEMA_NAME] = {"a name", "names"},
	[SCHEMA_REF] = {"a name", "names"},
	[SCHEMA_IFNAME] = {"an interface name", "interface names"},
	[SCHEMA_WORD] = {"a word", "words"},
	[SCHEMA_DRIVER] = {"a word", "words"},
	[SCHEMA_CHOICE] = {"a word", "words"},
	[SCHEMA_BOOL] = {"true or false", "truths"},
	[SCHEMA_NUMBER] = {"a number", "numbers"},
	[SCHEMA_MS] = {"a duration", "durations"},
	[SCHEMA_SECONDS] = {"a duration", "durations"},
	[SCHEMA_RATE] = {"a rate", "rates"},
	[SCHEMA_SIZE] = {"a size", "sizes"},
	[SCHEMA_TIME] = {"a time", "times"},
	[SCHEMA_ADDRESS] = {"an address", "addresses"},
	[SCHEMA_PREFIX] = {"a prefix", "prefixes"},
	[SCHEMA_RULE] = {"a prefix rule", "prefix rules"},
	[SCHEMA_COMMUNITY] = {"a community", "communities"},
	[SCHEMA_HOST_KEY] = {"a fingerprint", "fingerprints"},
	[SCHEMA_SECRET] = {"a secret reference", "secret references"},
	[SCHEMA_OBJECT] = {"a mapping", "mappings"},
};

const char *schema_type_name(enum schema_type t, bool many)
{
	return many ? type_names[t].many : type_names[t].one;
}

char *schema_expects(const struct schema_field *f)
{
	const char *many = schema_type_name(f->type, true);
	const char *one = schema_type_name(f->type, false);

	if ((f->form & SCHEMA_LIST) && (f->form & SCHEMA_ONE))
		return mem_format("%s or a list of %s", one, many);
	if (f->form & SCHEMA_LIST)
		return mem_format("a list of %s", many);
	if (f->form & SCHEMA_MAP)
		return mem_format("a mapping of names to %s", many);
	if (f->type == SCHEMA_OBJECT && f->words)
		return mem_format("a mapping, or one of '%s'", f->words);
	return mem_strdup(one);
}
