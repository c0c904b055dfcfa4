/*
 * sort.c - merging the runs that are there already
 *
 * Lists of prefixes come from files and routers that keep them in order, or
 * are a few such lists one after another.  Where the runs are many there is
 * nothing to gain, and qsort() does it.
 *
 * Ownership: one buffer of the size of v, gone on return.  No threads.
 */
#include "orchestrator/base/sort.h"

#include <stdbool.h>
#include <string.h>

#include "orchestrator/base/mem.h"

#define RUNS_MAX 64

typedef int sort_cmp(const void *, const void *);

/* Where runs begin, and n behind the last; 0: too many of them. */
static size_t find_runs(const char *v, size_t n, size_t size, sort_cmp *cmp,
			size_t *at)
{
	size_t runs = 1;

	at[0] = 0;
	for (size_t i = 1; i < n; i++) {
		if (cmp(v + (i - 1) * size, v + i * size) <= 0)
			continue;
		if (runs == RUNS_MAX)
			return 0;
		at[runs++] = i;
	}
	at[runs] = n;
	return runs;
}

/* Elements [a, b) and [b, c) of `from`, into `to` at the same place. */
static void merge(const char *from, char *to, const size_t *at, size_t size,
		  sort_cmp *cmp)
{
	size_t i = at[0], k = at[1], o = at[0];

	while (i < at[1] && k < at[2]) {
		bool second = cmp(from + k * size, from + i * size) < 0;

		memcpy(to + o++ * size, from + (second ? k++ : i++) * size,
		       size);
	}
	memcpy(to + o * size, from + i * size, (at[1] - i) * size);
	o += at[1] - i;
	memcpy(to + o * size, from + k * size, (at[2] - k) * size);
}

/* Neighbours are merged until one run is left. */
static void merge_all(char *v, char *other, size_t *at, size_t runs,
		      size_t size, sort_cmp *cmp)
{
	char *from = v, *to = other, *swap;
	size_t n = at[runs];

	while (runs > 1) {
		size_t kept = 0;

		for (size_t i = 0; i < runs; i += 2) {
			size_t part[3] = {at[i], at[i + 1],
					  i + 2 <= runs ? at[i + 2] : n};

			merge(from, to, part, size, cmp);
			at[kept++] = part[0];
		}
		at[kept] = n;
		runs = kept;
		swap = from;
		from = to;
		to = swap;
	}
	if (from != v)
		memcpy(v, from, n * size);
}

void sort_runs(void *v, size_t n, size_t size, sort_cmp *cmp)
{
	size_t at[RUNS_MAX + 1], runs;
	char *other;

	if (n < 2)
		return;
	runs = find_runs(v, n, size, cmp, at);
	if (runs == 1)
		return;
	if (!runs) {
		qsort(v, n, size, cmp);
		return;
	}
	other = mem_calloc(n, size);
	merge_all(v, other, at, runs, size, cmp);
	free(other);
}
