/*
 * feed.h - the wizard's connection to a run's socket
 *
 * Never blocks.  A connection that is lost is tried again every second for as
 * long as somebody turns it; each new one begins with 'follow'.
 */
#ifndef CUTOVER_TUI_FEED_H
#define CUTOVER_TUI_FEED_H

#include <poll.h>
#include <stdint.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"

struct feed {
	char *state_dir, *run, *name; /* name: of this screen */
	int fd;			      /* -1: not connected */
	struct buf in, out;
	int64_t retry_us; /* when to try next; monotonic */
};

typedef void feed_fn(void *arg, const json_t *message);

void feed_init(struct feed *f, const char *state_dir, const char *run,
	       const char *name);
void feed_done(struct feed *f);
bool feed_is_up(const struct feed *f);
size_t feed_fds(const struct feed *f, struct pollfd *ret); /* 0 or 1 */
/* Connects, writes, reads; true when it came up or went down. */
bool feed_turn(struct feed *f, int64_t mono_us, feed_fn *fn, void *arg);
/* False: not connected. */
bool feed_send(struct feed *f, const json_t *request);

#endif
