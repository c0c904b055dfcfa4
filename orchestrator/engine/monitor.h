/*
 * monitor.h - the probes of a run and the guards over them
 *
 * Each probe is a process, here or on a host of the plan, that writes one JSON
 * line a second (watch/sender.h).  The monitor reads the lines, keeps the last
 * sample of each probe, and feeds the guards.
 *
 * Threads: the runner's only.  Ownership: monitor_free() ends the probes and
 * waits for their last line, at most a few seconds.
 */
#ifndef CUTOVER_ENGINE_MONITOR_H
#define CUTOVER_ENGINE_MONITOR_H

#include <poll.h>
#include <sys/types.h>

#include "orchestrator/engine/event.h"
#include "orchestrator/plan/plan.h"

/*
 * Starts `command` (a shell command line) on the endpoint: *ret_out is what it
 * prints, closing *ret_in tells it to end.
 */
typedef bool monitor_spawn_fn(const struct ssh_endpoint *at,
			      const char *command, pid_t *ret_pid, int *ret_out,
			      int *ret_in, struct err *e);

struct monitor;

struct monitor *monitor_new(const struct plan *p, monitor_spawn_fn *spawn,
			    struct err *e);
void monitor_free(struct monitor *m);

#define MONITOR_FDS_MAX 64
size_t monitor_fds(const struct monitor *m, struct pollfd *ret);
/* Reads what is there; call after poll() and about every second. */
void monitor_turn(struct monitor *m, int64_t now_us);
/*
 * A verdict that changed since the last call; the text is valid until the next
 * one.  False: nothing new.
 */
bool monitor_verdict(struct monitor *m, int64_t now_us, struct event *ret);
/* {"probe": last sample, ...} */
json_t *monitor_samples(const struct monitor *m);
/* Ends the probes, waits for their tails; then monitor_samples() is final. */
void monitor_finish(struct monitor *m);

#endif
