/*
 * sender.h - a STAMP sender: evenly paced packets over many 5-tuples
 *
 * One 5-tuple tests one link, so a rate is spread over `flows` source ports.
 * Every interval it reports counters since its start, as one JSON object:
 *
 *	{"t_us","sent","received","lost_forward","lost_backward",
 *	 "lost_roundtrip","reordered","duplicate","late","unsettled",
 *	 "gap_forward_us","gap_backward_us","flows","stateful","restarts",
 *	 "rtt_us":{"min","p50","p99","max"}[,"final":true]}
 *
 * 'forward' is from here to the reflector.  What is not answered for two
 * seconds is lost_roundtrip until a later reply tells the direction.  rtt_us is
 * of the interval alone.
 */
#ifndef CUTOVER_WATCH_SENDER_H
#define CUTOVER_WATCH_SENDER_H

#include <signal.h>
#include <stdint.h>

#include "orchestrator/base/json.h"

#define SENDER_FLOWS_MAX 256

struct sender_options {
	const char *to, *from; /* numeric addresses; from may be NULL */
	uint16_t port;
	uint32_t rate; /* packets/s over all flows */
	uint32_t flows;
	uint32_t size; /* bytes of UDP payload; 0: STAMP's own */
	bool df;
	int64_t duration_us; /* 0: until stopped */
	uint32_t interval_ms;
	bool watch_stdin;
};

/* False from the callback ends the run. */
typedef bool sender_report_fn(void *arg, const json_t *report);

bool sender_run(const struct sender_options *o, sender_report_fn *fn, void *arg,
		volatile sig_atomic_t *stop, struct err *e);

#endif
