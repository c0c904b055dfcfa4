/*
 * mem.h - memory that cannot fail, and scoped cleanup
 *
 * Allocation failure aborts the process: crash recovery covers it (design,
 * section 6), and no caller has an untested error path for it.  Every
 * returned pointer is owned by the caller and freed with free().
 */
#ifndef CUTOVER_BASE_MEM_H
#define CUTOVER_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define mem_auto_free __attribute__((cleanup(mem_cleanup_free)))
#define mem_printf(fmt, n) __attribute__((format(printf, fmt, n)))

void *mem_alloc(size_t size);		 /* zeroed */
void *mem_calloc(size_t n, size_t size); /* zeroed, overflow checked */
void *mem_realloc(void *p, size_t n, size_t size);
char *mem_strdup(const char *s); /* NULL stays NULL */
char *mem_strndup(const char *s, size_t n);
char *mem_format(const char *fmt, ...) mem_printf(1, 2);
char *mem_vformat(const char *fmt, va_list ap) mem_printf(1, 0);

/* Overwrites before it frees, for secrets; NULL is fine. */
void mem_wipe_free(char *s);

static inline void mem_cleanup_free(void *p)
{
	free(*(void **)p);
}

/*
 * Grows the vector (v, n, cap) so that one more element fits; v, n and cap
 * are lvalues, n counts used elements.
 */
#define MEM_GROW(v, n, cap)                                                    \
	do {                                                                   \
		if ((n) == (cap)) {                                            \
			(cap) = (cap) ? (cap)*2 : 8;                           \
			(v) = mem_realloc((v), (cap), sizeof(*(v)));           \
		}                                                              \
	} while (0)

#endif
