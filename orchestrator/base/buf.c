/*
 * buf.c - a growing byte buffer
 *
 * Invariant: data[len] is 0 whenever data is not NULL.
 */
#include "orchestrator/base/buf.h"

#include <string.h>

static void buf_room(struct buf *b, size_t n)
{
	size_t want = b->len + n + 1;

	if (want <= b->cap)
		return;
	while (b->cap < want)
		b->cap = b->cap ? b->cap * 2 : 64;
	b->data = mem_realloc(b->data, b->cap, 1);
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	buf_room(b, n);
	if (n)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = 0;
}

void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	mem_auto_free char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = mem_vformat(fmt, ap);
	va_end(ap);
	buf_puts(b, s);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = 0;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_steal(struct buf *b)
{
	char *s = b->data ? b->data : mem_strdup("");

	*b = BUF_INIT;
	return s;
}

void buf_done(struct buf *b)
{
	free(b->data);
	*b = BUF_INIT;
}
