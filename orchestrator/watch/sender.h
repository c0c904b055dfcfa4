/*
 * sender.h - evenly paced packets over many 5-tuples: 'stamp' and 'icmp'
 */
#ifndef CUTOVER_WATCH_SENDER_H
#define CUTOVER_WATCH_SENDER_H

#include "orchestrator/watch/probe.h"

bool sender_run(const struct probe_options *o, sample_fn *fn, void *arg,
		volatile sig_atomic_t *stop, struct err *e);

#endif
