/*
 * clock.h - time, in microseconds
 *
 * The engine has no clock; the runner, probes and transports read this one.
 */
#ifndef CUTOVER_BASE_CLOCK_H
#define CUTOVER_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_us(void); /* CLOCK_MONOTONIC: for durations and deadlines */
int64_t clock_wall_us(
	void); /* CLOCK_REALTIME: for people and STAMP timestamps */
void clock_sleep_us(int64_t us);

/*
 * A clock of one's own, for rehearsals: while the calling thread uses one, the
 * three functions above read and advance it instead of the system's.
 */
struct clock_virtual {
	int64_t mono_us, wall_us;
};
void clock_virtual_use(struct clock_virtual *c); /* borrowed; NULL: none */

/* RFC 3339 in UTC with milliseconds, e.g. 2026-12-05T22:00:00.123Z */
char *clock_wall_text(int64_t wall_us);
/* '1.234 s', '12 ms', '3 min 20 s' */
char *clock_span_text(int64_t us);

#endif
