/*
 * redact.c - configuration text without its secrets
 *
 * A small scanner of BIRD's tokens: words, strings and everything else, which
 * is copied.  It errs on the side of hiding: a word `password` in a comment
 * hides the string after it too.  Pure but for the digest's key.
 */
#include "adapters/bird/redact.h"

#include <ctype.h>
#include <string.h>

#include "orchestrator/port/target.h"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_OTHER };

struct scan {
	const char *p, *end;
	const char *tok; /* the token, without quotes */
	size_t len;
};

static enum token scan_string(struct scan *s)
{
	const char *close = memchr(s->p + 1, '"', (size_t)(s->end - s->p - 1));

	s->tok = s->p + 1;
	s->len = (size_t)((close ? close : s->end) - s->tok);
	s->p = close ? close + 1 : s->end;
	return TOKEN_STRING;
}

static enum token scan_next(struct scan *s)
{
	if (s->p == s->end)
		return TOKEN_END;
	if (*s->p == '"')
		return scan_string(s);
	s->tok = s->p;
	if (!isalpha((unsigned char)*s->p) && *s->p != '_') {
		s->len = 1;
		s->p++;
		return TOKEN_OTHER;
	}
	while (s->p < s->end && (isalnum((unsigned char)*s->p) || *s->p == '_'))
		s->p++;
	s->len = (size_t)(s->p - s->tok);
	return TOKEN_WORD;
}

static bool word_is(const struct scan *s, const char *w)
{
	return s->len == strlen(w) && memcmp(s->tok, w, s->len) == 0;
}

void bird_redact_collect(const char *text, size_t len, struct state_list *names)
{
	struct scan s = {.p = text, .end = text + len};
	bool after = false;
	enum token t;

	while ((t = scan_next(&s)) != TOKEN_END) {
		if (t == TOKEN_OTHER) {
			after &= isspace((unsigned char)*s.tok) != 0;
			continue;
		}
		if (after && t == TOKEN_WORD && !word_is(&s, "password")) {
			mem_auto_free char *w = mem_strndup(s.tok, s.len);

			if (!state_list_has(names, w))
				state_list_add(names, w);
		}
		after = t == TOKEN_WORD && word_is(&s, "password");
	}
}

static void write_secret(const struct scan *s, struct buf *out)
{
	char *value = mem_strndup(s->tok, s->len);
	mem_auto_free char *digest = secret_digest(value);

	mem_wipe_free(value);
	buf_printf(out, "\"%s\"", digest);
}

/* Words after which, with only blanks and '=' between, a string is secret. */
static bool word_arms(const struct scan *s, const struct state_list *names)
{
	mem_auto_free char *w = mem_strndup(s->tok, s->len);

	return strcmp(w, "password") == 0 || state_list_has(names, w);
}

void bird_redact_write(const char *text, size_t len,
		       const struct state_list *names, struct buf *out)
{
	struct scan s = {.p = text, .end = text + len};
	bool armed = false;
	enum token t;

	while ((t = scan_next(&s)) != TOKEN_END) {
		if (t == TOKEN_STRING && armed) {
			write_secret(&s, out);
			armed = false;
			continue;
		}
		if (t == TOKEN_WORD)
			armed = word_arms(&s, names);
		else if (t == TOKEN_STRING)
			armed = false;
		else
			armed &=
				isspace((unsigned char)*s.tok) || *s.tok == '=';
		if (t == TOKEN_STRING)
			buf_putc(out, '"');
		buf_add(out, s.tok, s.len);
		if (t == TOKEN_STRING && s.p[-1] == '"')
			buf_putc(out, '"');
	}
}
