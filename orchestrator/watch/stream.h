/*
 * stream.h - 'tcp-flow': connections to an echo service, kept all the time
 *
 * What TCP makes of a change: stalls (while it sends again), resets (a
 * firewall that saw one way only), and what was under way when a connection
 * died.  The far end is any echo service; `cutover reflect --tcp` is one.
 */
#ifndef CUTOVER_WATCH_STREAM_H
#define CUTOVER_WATCH_STREAM_H

#include "orchestrator/watch/probe.h"

bool stream_run(const struct probe_options *o, sample_fn *fn, void *arg,
		volatile sig_atomic_t *stop, struct err *e);

#endif
