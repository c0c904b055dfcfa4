/*
 * sample.h - what a probe has measured so far, and when it says so
 *
 * One JSON object a line.  Counters grow from the probe's start; times are in
 * microseconds.  What a kind cannot know is not there.
 *
 *	{"t_us","kind","sent","received","lost_forward","lost_backward",
 *	 "lost_roundtrip","unsettled","unreflected","reordered","duplicate",
 *	 "late","restarts","gap_forward_us","gap_backward_us",
 *	 "gap_roundtrip_us","flows","stateful","silent","silent_us",
 *	 "silent_packets","stall_us","refusing","refused","too_big","path_mtu",
 *	 "black_hole",...,"rtt_us":{"min","p50","p99","max"}[,"final":true]}
 *
 * 'forward' is from here to the target.  'silent' flows have had no answer for
 * silent_us although they sent; 'stall_us' is time in which the probe itself
 * did not run.  A line comes every interval; at once when a flow falls silent,
 * and then every 100 ms until none is; and when a loss is settled.
 */
#ifndef CUTOVER_WATCH_SAMPLE_H
#define CUTOVER_WATCH_SAMPLE_H

#include <stdint.h>

#include "orchestrator/base/json.h"

#define SAMPLE_SILENT_US 300000 /* from here on a flow counts as silent */
#define SAMPLE_HURRY_US                                                        \
	100000 /* between two lines while something is wrong                   \
		*/

struct sample {
	const char *kind;
	int64_t sent, received, lost_forward, lost_backward, lost_roundtrip;
	int64_t unsettled, unreflected, reordered, duplicate, late, restarts;
	int64_t gap_forward_us, gap_backward_us, gap_roundtrip_us;
	int64_t flows, silent, silent_us, silent_packets, stall_us;
	int64_t refused, unreachable, too_big, path_mtu, black_hole;
	int64_t timeouts, retransmits, resets, connects, status, bad_status;
	bool stateful, refusing;
};

#define SAMPLE_RTTS 65536

struct sample_rtts { /* of one interval */
	int64_t *v;
	size_t n;
};

void sample_rtt_add(struct sample_rtts *r, int64_t us);
json_t *sample_json(const struct sample *s, struct sample_rtts *r,
		    int64_t wall_us, bool final);

/*
 * A line from outside: a new object of known members alone, each in a sane
 * range, whatever else stands there; NULL when it is no sample.
 */
json_t *sample_clean(const json_t *line);
/* Adds an earlier process's last line: counters are summed, maxima kept. */
void sample_add(json_t *sample, const json_t *past);

/* False ends the probe. */
typedef bool sample_fn(void *arg, const json_t *line);

struct sample_clock { /* when the next line is due */
	int64_t interval_us, next_us, hurry_us;
	int64_t lost; /* in the last line */
	bool silent;  /* in the last line */
	bool regular; /* the last line came with the interval */
};

void sample_clock_start(struct sample_clock *c, int64_t now_us,
			uint32_t interval_ms);
/* May be asked every turn: is it worth looking at all? */
bool sample_clock_look(const struct sample_clock *c, int64_t now_us);
bool sample_clock_due(struct sample_clock *c, int64_t now_us,
		      const struct sample *s);

#endif
