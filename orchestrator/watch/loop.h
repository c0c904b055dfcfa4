/*
 * loop.h - what every kind of probe does turn by turn
 *
 * Clock, answers, what is due, a line.  Number k is due at start + k/rate, by a
 * clock that stands still while this process does (pace.h): a probe that was
 * held up does not catch up with a burst, which would measure queues, and does
 * not take its own pause for the path's.
 */
#ifndef CUTOVER_WATCH_LOOP_H
#define CUTOVER_WATCH_LOOP_H

#include <poll.h>

#include "orchestrator/watch/pace.h"
#include "orchestrator/watch/probe.h"

#define LOOP_FDS 640

struct loop_ops {
	/* What to wait for; the number of them. */
	size_t (*fds)(void *self, struct pollfd *ret);
	void (*ready)(void *self, const struct pollfd *v, size_t n);
	void (*send)(void *self); /* one packet or attempt is due */
	void (*turn)(void *self); /* every turn; may be NULL */
	void (*sample)(void *self, struct sample *ret);
};

struct loop {
	const struct probe_options *o;
	const struct loop_ops *ops;
	void *self;
	struct pace pace;
	struct sample_clock clock;
	struct sample_rtts rtts;
	int64_t now_us, start_us;
	uint64_t sent; /* that were due so far */
	bool tail;     /* nothing is sent any more */
};

/* Until the duration is over, *stop, or standard input ends; then the tail. */
void loop_run(struct loop *l, sample_fn *fn, void *arg,
	      volatile sig_atomic_t *stop);

#endif
