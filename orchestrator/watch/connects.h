/*
 * connects.h - TCP connects one after the other: 'tcp', and with a GET 'http'
 *
 * What is timed is the way to the first answer: the handshake, or the status
 * line.  A target that refuses has answered too: the path works, the service
 * does not, and the sample says so ('refused', 'refusing').  An attempt that
 * is not answered within two seconds is lost ('timeouts').
 */
#ifndef CUTOVER_WATCH_CONNECTS_H
#define CUTOVER_WATCH_CONNECTS_H

#include "orchestrator/watch/probe.h"

bool connects_run(const struct probe_options *o, sample_fn *fn, void *arg,
		  volatile sig_atomic_t *stop, struct err *e);

#endif
