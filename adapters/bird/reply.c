/*
 * reply.c - reading the answers of `birdc -v`
 *
 * Total: any bytes are read without complaint; what is not understood has the
 * code -1.  No allocation but for the texts that are returned.
 */
#include "adapters/bird/reply.h"

#include <ctype.h>
#include <string.h>

#include "orchestrator/base/mem.h"

void bird_reply_start(struct bird_cursor *c, const char *text, size_t len)
{
	c->p = text;
	c->end = text + len;
	c->code = -1;
}

static bool code_parse(const char *p, size_t len, int *ret)
{
	int code = 0;

	if (len < 5 || (p[4] != ' ' && p[4] != '-'))
		return false;
	for (int i = 0; i < 4; i++) {
		if (!isdigit((unsigned char)p[i]))
			return false;
		code = code * 10 + (p[i] - '0');
	}
	*ret = code;
	return true;
}

bool bird_reply_next(struct bird_cursor *c, struct bird_line *ret)
{
	const char *p = c->p, *nl;
	size_t len;

	if (p >= c->end)
		return false;
	nl = memchr(p, '\n', (size_t)(c->end - p));
	len = (size_t)((nl ? nl : c->end) - p);
	c->p = nl ? nl + 1 : c->end;
	if (len && p[len - 1] == '\r')
		len--;
	if (code_parse(p, len, &c->code) ||
	    (c->code >= 0 && len >= 5 && memcmp(p, "     ", 5) == 0)) {
		p += 5;
		len -= 5;
	} else if (len) {
		c->code = -1;
	}
	*ret = (struct bird_line){.code = c->code, .text = p, .len = len};
	return true;
}

static bool find(const char *text, size_t len, int code, struct bird_line *ret)
{
	struct bird_cursor c;

	bird_reply_start(&c, text, len);
	while (bird_reply_next(&c, ret))
		if (ret->code == code)
			return true;
	return false;
}

bool bird_reply_has(const char *text, size_t len, int code)
{
	struct bird_line l;

	return find(text, len, code, &l);
}

char *bird_reply_text(const char *text, size_t len, int code)
{
	struct bird_line l;

	if (!find(text, len, code, &l))
		return NULL;
	return mem_strndup(l.text, l.len);
}

char *bird_reply_error(const char *text, size_t len)
{
	struct bird_cursor c;
	struct bird_line l;

	bird_reply_start(&c, text, len);
	while (bird_reply_next(&c, &l)) {
		if (l.code >= 8000)
			return mem_format("%.*s (%d)", (int)l.len, l.text,
					  l.code);
		if (l.code < 0 && l.len)
			return mem_strndup(l.text, l.len);
	}
	return NULL;
}
