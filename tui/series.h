/*
 * series.h - the last values of something, for a curve
 */
#ifndef CUTOVER_TUI_SERIES_H
#define CUTOVER_TUI_SERIES_H

#include <stddef.h>

#define SERIES_KEPT 120

struct series {
	double v[SERIES_KEPT]; /* oldest first */
	size_t n;
};

void series_add(struct series *s, double value);
double series_last(const struct series *s); /* 0: none */
double series_max(const struct series *s);

#endif
