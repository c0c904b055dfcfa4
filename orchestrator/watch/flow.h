/*
 * flow.h - what became of the packets of one flow (one 5-tuple)
 *
 * Pure: told of every packet sent and every reply, it says how many were lost
 * on the way there, on the way back, or (while the reflector cannot tell, or
 * the tail is not answered yet) somewhere.  RFC 8762 section 4.3: a stateful
 * reflector counts for itself, which is what tells the directions apart.
 *
 * Loss is settled two seconds after sending, so that what was only overtaken
 * is never called lost.  Silence is not: a flow whose packets are unanswered
 * is silent at once.  All times but the reflector's are of one clock, which
 * stands still while the sender does (pace.h).
 */
#ifndef CUTOVER_WATCH_FLOW_H
#define CUTOVER_WATCH_FLOW_H

#include "orchestrator/watch/stamp.h"

#define FLOW_WINDOW 8192 /* packets whose fate is remembered one by one */
#define FLOW_LATE_US 2000000
#define FLOW_FIRST 100000 /* first sequence number: no reflector's own */
#define FLOW_SILENT_MIN 3 /* so many must be unanswered */

enum flow_fate { FLOW_OPEN, FLOW_ANSWERED, FLOW_TOO_BIG };

struct flow_slot {
	uint32_t seq;
	uint32_t count; /* the reflector's own sequence number */
	int64_t sent_us;
	uint8_t fate;
	bool small; /* sent to tell a too small path MTU from loss */
};

/* Totals up to and with one sequence number. */
struct flow_cut {
	uint32_t seq;
	int64_t answered, there, too_big;
};

struct flow {
	struct flow_slot window[FLOW_WINDOW];
	uint32_t next;	 /* sequence number of the next packet */
	uint32_t settle; /* the first that is not settled */
	bool heard, stateful;
	uint32_t first; /* sender seq of this reflector's first reply */
	uint32_t base;	/* reflector seq of that reply */
	uint32_t max_sender, max_reply; /* highest seen */
	uint32_t max_full;		/* of those that are not small */
	int64_t reply_us;		/* reflector's time of max_reply */
	struct flow_cut at;		/* up to `settle` */
	struct flow_cut clean;		/* the last one that nothing overtook */
	int64_t answered_since; /* replies since `first`, settled or not */
	int64_t settled_forward, settled_backward; /* of earlier reflectors */
	int64_t settled_somewhere;
	int64_t unreflected; /* while nobody reflected */
	int64_t too_big;     /* an ICMP message said so */
	int64_t received, reordered, duplicate, late, restarts;
	int64_t last_rx_us, full_rx_us, small_rx_us;
	bool refused;	   /* since the last reply */
	int64_t floor_us;  /* silence is not counted from before */
	int64_t narrow_us; /* last complaint about the size */
	int64_t first_us;  /* when the first packet was sent */
	int64_t gap_forward_us, gap_backward_us;
};

struct flow_counts {
	int64_t sent, received, forward, backward, somewhere, unsettled;
	int64_t unreflected, too_big;
};

void flow_init(struct flow *f);
/* The sequence number to send now. */
uint32_t flow_sent(struct flow *f, int64_t now_us, bool small);
/* The last one could not be sent, by no fault of the path. */
void flow_unsent(struct flow *f);
/* Returns the round trip in microseconds, or -1 (duplicate, or not ours). */
int64_t flow_reply(struct flow *f, const struct stamp_reply *r, int64_t now_us);
/*
 * The target itself said that nobody listens: the path works, and nothing more
 * is known; and: it reflects again (said on any flow).
 */
void flow_refused(struct flow *f, int64_t now_us);
void flow_reflected(struct flow *f, int64_t now_us);
/* A router said that the full size is too big for the way. */
void flow_too_big(struct flow *f, int64_t now_us);

void flow_count(struct flow *f, int64_t now_us, struct flow_counts *ret);
/*
 * How long nothing has come back although packets went out; 0: not silent.
 * *ret_packets: how many are unanswered.
 */
int64_t flow_silence(const struct flow *f, int64_t now_us,
		     int64_t *ret_packets);
/* Small packets pass, full ones have been silent for as long: returns it. */
int64_t flow_black_hole(const struct flow *f, int64_t now_us);

#endif
