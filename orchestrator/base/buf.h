/*
 * buf.h - a growing byte buffer that is always NUL-terminated
 *
 * Ownership: the buffer owns its bytes; buf_steal() hands them over.
 */
#ifndef CUTOVER_BASE_BUF_H
#define CUTOVER_BASE_BUF_H

#include <stdbool.h>

#include "orchestrator/base/mem.h"

struct buf {
	char *data; /* NULL while empty and never written */
	size_t len;
	size_t cap;
};

#define BUF_INIT                                                               \
	(struct buf)                                                           \
	{                                                                      \
		.data = NULL                                                   \
	}
#define buf_auto __attribute__((cleanup(buf_done))) struct buf

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) mem_printf(2, 3);
void buf_clear(struct buf *b);
const char *buf_str(const struct buf *b); /* never NULL */
char *buf_steal(struct buf *b); /* never NULL; the buffer is empty after */
void buf_done(struct buf *b);

#endif
