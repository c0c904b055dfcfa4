/*
 * utf8.h - where characters end (RFC 3629)
 *
 * Plain functions over bytes; nothing is owned.
 */
#ifndef CUTOVER_PLAN_UTF8_H
#define CUTOVER_PLAN_UTF8_H

#include <stddef.h>

/* Bytes of the character at s (n bytes are there), 0 if it is not one. */
size_t utf8_char(const char *s, size_t n);
/* Offset of the first byte that is not UTF-8, n if there is none. */
size_t utf8_invalid(const char *s, size_t n);

#endif
