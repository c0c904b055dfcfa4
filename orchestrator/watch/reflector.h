/*
 * reflector.h - a stateful STAMP reflector (RFC 8762 section 4.3)
 *
 * Counts for itself per sender (address, port, SSID), so that a sender can tell
 * on which way a packet was lost.  Runs until *stop or, with watch_stdin, until
 * standard input ends.
 */
#ifndef CUTOVER_WATCH_REFLECTOR_H
#define CUTOVER_WATCH_REFLECTOR_H

#include <signal.h>

#include "orchestrator/base/err.h"
#include "orchestrator/watch/stamp.h"

#define REFLECTOR_ADDRESSES 16

struct reflector_options {
	const char *listen[REFLECTOR_ADDRESSES]; /* none: every address */
	size_t n_listen;
	uint16_t port;
	bool tcp; /* a TCP echo service on the same port besides */
	bool df;  /* replies must not be fragmented either */
	bool watch_stdin;
};

bool reflector_run(const struct reflector_options *o,
		   volatile sig_atomic_t *stop, struct err *e);

#endif
