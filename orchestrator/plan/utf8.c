/*
 * utf8.c - a strict decoder: no overlong forms, no surrogates, nothing above
 * U+10FFFF (RFC 3629, section 4)
 *
 * Pure.  It does not normalise and knows no widths.
 */
#include "orchestrator/plan/utf8.h"

#include <stdbool.h>

static bool tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The second byte's range excludes what is overlong, surrogate or too large. */
static bool second_ok(unsigned char first, unsigned char c)
{
	switch (first) {
	case 0xe0:
		return c >= 0xa0 && c <= 0xbf;
	case 0xed:
		return c >= 0x80 && c <= 0x9f;
	case 0xf0:
		return c >= 0x90 && c <= 0xbf;
	case 0xf4:
		return c >= 0x80 && c <= 0x8f;
	}
	return tail(c);
}

size_t utf8_char(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len;

	if (!n)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	len = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (n < len || !second_ok(u[0], u[1]))
		return 0;
	for (size_t i = 2; i < len; i++)
		if (!tail(u[i]))
			return 0;
	return len;
}

size_t utf8_invalid(const char *s, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t len = utf8_char(s + at, n - at);

		if (!len)
			return at;
		at += len;
	}
	return n;
}
