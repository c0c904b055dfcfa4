/*
 * pace.h - a clock that stands still while we do
 *
 * A sender that was not scheduled (a stalled machine, a full pipe to whoever
 * reads its lines) neither sends nor receives.  That is no fault of the path,
 * so everything that is measured here is measured in time that stops during
 * such pauses.  Pure: the monotonic time goes in.
 */
#ifndef CUTOVER_WATCH_PACE_H
#define CUTOVER_WATCH_PACE_H

#include <stdint.h>

#define PACE_TURN_US 20000  /* the longest sleep between two turns */
#define PACE_STALL_US 60000 /* a longer pause is our own, not the path's */

struct pace {
	int64_t last_us;  /* monotonic time of the last turn */
	int64_t stall_us; /* in which we did not run, in all */
};

void pace_start(struct pace *p, int64_t mono_us);
/* A turn begins; returns the time without our own pauses. */
int64_t pace_turn(struct pace *p, int64_t mono_us);

#endif
