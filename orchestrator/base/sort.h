/*
 * sort.h - sorting of what is mostly in order
 */
#ifndef CUTOVER_BASE_SORT_H
#define CUTOVER_BASE_SORT_H

#include <stddef.h>

/* As qsort(), but linear where v consists of a few sorted runs. */
void sort_runs(void *v, size_t n, size_t size,
	       int (*cmp)(const void *, const void *));

#endif
