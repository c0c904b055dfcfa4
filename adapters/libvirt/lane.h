/*
 * lane.h - a thread for calls that may never come back
 *
 * Calls into a library that blocks run one at a time on the lane's thread; the
 * caller waits with a deadline.  A call that is late is abandoned together with
 * its lane: the thread finishes it some day, frees it, and ends.
 *
 *	free --lane_run--> busy --in time--> free
 *	                    '----late-----> abandoned (for ever)
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_LANE_H
#define CUTOVER_ADAPTERS_LIBVIRT_LANE_H

#include <stdbool.h>
#include <stdint.h>

struct lane; /* opaque */

/* First member of the caller's own call; allocated on the heap. */
struct lane_call {
	void (*run)(struct lane_call *call);  /* on the lane's thread */
	void (*free)(struct lane_call *call); /* when it was abandoned */
};

enum lane_end {
	LANE_DONE, /* the call is the caller's again */
	LANE_LATE, /* the call runs on and belongs to the lane now */
	LANE_GONE, /* the lane was abandoned before: the call did not run and is
		      the caller's */
};

/* `leave` runs on the lane's thread as its last act. */
struct lane *lane_new(void (*leave)(void *arg), void *arg);
enum lane_end lane_run(struct lane *l, struct lane_call *call,
		       int64_t deadline_us);
/* Ends the thread, waiting up to wait_us for it; NULL is fine. */
void lane_free(struct lane *l, int64_t wait_us);

#endif
