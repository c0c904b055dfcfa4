/*
 * flow.h - what became of the packets of one flow (one 5-tuple)
 *
 * Pure: told of every packet sent and every reply, it says how many were lost
 * on the way there, on the way back, or (while the reflector cannot tell, or
 * the tail is not answered yet) somewhere.  RFC 8762 section 4.3: a stateful
 * reflector counts for itself, which is what tells the directions apart.
 */
#ifndef CUTOVER_WATCH_FLOW_H
#define CUTOVER_WATCH_FLOW_H

#include "orchestrator/watch/stamp.h"

#define FLOW_WINDOW 8192 /* packets whose fate is remembered one by one */
#define FLOW_LATE_US 2000000
#define FLOW_FIRST 100000 /* first sequence number: no reflector's own */

struct flow_slot {
	uint32_t seq;
	bool answered;
	int64_t sent_us; /* monotonic */
};

struct flow {
	struct flow_slot window[FLOW_WINDOW];
	uint32_t next; /* sequence number of the next packet */
	bool heard, stateful;
	uint32_t first; /* sender seq of this reflector's first reply */
	uint32_t base;	/* reflector seq of that reply */
	uint32_t max_sender, max_reply; /* highest seen */
	int64_t unique;		   /* replies since then, without duplicates */
	int64_t settled_somewhere; /* lost across a reflector's restart */
	int64_t settled_forward, settled_backward;
	int64_t received, reordered, duplicate, late, restarts;
	int64_t last_rx_us, last_there_us; /* of the reply with max_reply */
	int64_t gap_forward_us, gap_backward_us;
};

struct flow_counts {
	int64_t sent, received, forward, backward, somewhere, unsettled;
};

void flow_init(struct flow *f);
/* The sequence number to send now. */
uint32_t flow_sent(struct flow *f, int64_t now_us);
/* Returns the round trip in microseconds, or -1 (duplicate, or not ours). */
int64_t flow_reply(struct flow *f, const struct stamp_reply *r, int64_t now_us);
void flow_count(const struct flow *f, int64_t now_us, struct flow_counts *ret);

#endif
