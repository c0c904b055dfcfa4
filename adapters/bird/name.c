/*
 * name.c - from names to symbols
 *
 * Pure.  Invariant: a symbol depends on its name alone, never on what else is
 * in the set, so it stays the same through a cutover.
 */
#include "adapters/bird/name.h"

#include <ctype.h>
#include <string.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/digest.h"

#define HASH_DIGITS 8

static bool name_chars(const char *name, struct buf *ret)
{
	for (const char *s = name; *s; s++) {
		if (isalnum((unsigned char)*s))
			buf_putc(ret, *s);
		else if (strchr("-_/.:", *s))
			buf_putc(ret, '_');
		else
			return false;
	}
	return true;
}

bool bird_symbol(const char *name, char out[BIRD_SYMBOL_MAX + 1], struct err *e)
{
	buf_auto b = BUF_INIT;
	char hash[DIGEST_HEX];

	if (strncmp(name, "CUTOVER-", 8) != 0)
		buf_puts(&b, BIRD_SYMBOL_PREFIX);
	if (!*name || !name_chars(name, &b))
		return err_set(e, ERR_INVALID,
			       "'%s' cannot be a name on BIRD: use letters, "
			       "digits, '-', '_', '/', '.' and ':'",
			       name);
	if (b.len <= BIRD_SYMBOL_MAX) {
		memcpy(out, b.data, b.len + 1);
		return true;
	}
	digest_sha256_hex(name, strlen(name), hash);
	memcpy(out, b.data, BIRD_SYMBOL_MAX - HASH_DIGITS - 1);
	out[BIRD_SYMBOL_MAX - HASH_DIGITS - 1] = '_';
	memcpy(out + BIRD_SYMBOL_MAX - HASH_DIGITS, hash, HASH_DIGITS);
	out[BIRD_SYMBOL_MAX] = '\0';
	return true;
}

bool bird_symbol_ours(const char *symbol)
{
	return strncmp(symbol, BIRD_SYMBOL_PREFIX,
		       strlen(BIRD_SYMBOL_PREFIX)) == 0;
}

bool bird_interface_valid(const char *name)
{
	size_t n = 0;

	for (; name[n]; n++)
		if (!isalnum((unsigned char)name[n]) &&
		    !strchr("._-@", name[n]))
			return false;
	return n > 0 && n < 16; /* IFNAMSIZ */
}

bool bird_names_add(struct bird_names *s, const char *name, struct err *e)
{
	char symbol[BIRD_SYMBOL_MAX + 1];
	size_t cap = s->cap;

	if (!bird_symbol(name, symbol, e))
		return false;
	if (strcmp(symbol, BIRD_SYMBOL_TEXT) == 0 ||
	    strcmp(symbol, BIRD_SYMBOL_BFD) == 0)
		return err_set(e, ERR_INVALID,
			       "'%s' would be '%s' on BIRD, which the adapter "
			       "uses itself: rename it",
			       name, symbol);
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i], symbol) == 0)
			return err_set(e, ERR_INVALID,
				       "'%s' and '%s' would both be '%s' on "
				       "BIRD: rename one",
				       s->name[i], name, symbol);
	MEM_GROW(s->v, s->n, s->cap);
	if (cap != s->cap)
		s->name = mem_realloc(s->name, s->cap, sizeof(*s->name));
	memcpy(s->v[s->n], symbol, sizeof(symbol));
	s->name[s->n++] = mem_strdup(name);
	return true;
}

void bird_names_done(struct bird_names *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->name[i]);
	free(s->name);
	free(s->v);
	*s = (struct bird_names){0};
}
