/*
 * units.h - numbers with a unit, as people write them in plans
 *
 * Every number of time, rate or size carries its unit: '300' alone is refused,
 * since nobody can tell seconds from milliseconds afterwards.
 */
#ifndef CUTOVER_PLAN_UNITS_H
#define CUTOVER_PLAN_UNITS_H

#include <stdint.h>

#include "orchestrator/base/err.h"

/* '300ms', '5s', '5m', '1h', '2d', or several: '1h30m'. */
bool units_duration_us(const char *text, int64_t *ret, struct err *e);
/* '1000/s' */
bool units_rate(const char *text, uint32_t *ret, struct err *e);
/* '1472B', '64KiB', '8MiB' */
bool units_size(const char *text, uint32_t *ret, struct err *e);
/* '2026-12-05T22:00:00Z', '2026-12-05T23:00:00.5+01:00' (RFC 3339) */
bool units_time_us(const char *text, int64_t *ret, struct err *e);
/* Digits only, no sign, no leading zero. */
bool units_number(const char *text, uint64_t max, uint64_t *ret);

#endif
