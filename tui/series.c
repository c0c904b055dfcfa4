/*
 * series.c - a short memory
 */
#include "tui/series.h"

#include <string.h>

void series_add(struct series *s, double value)
{
	if (s->n == SERIES_KEPT)
		memmove(s->v, s->v + 1, --s->n * sizeof(*s->v));
	s->v[s->n++] = value;
}

double series_last(const struct series *s)
{
	return s->n ? s->v[s->n - 1] : 0;
}

double series_max(const struct series *s)
{
	double max = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] > max)
			max = s->v[i];
	return max;
}
