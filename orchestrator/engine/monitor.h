/*
 * monitor.h - the probes of a run and the guards over them
 *
 * The monitor reads the lines of the probes' processes (measure.h), keeps the
 * last sample of each, and feeds the guards (guards.h).
 *
 * Threads: the runner's only.  Ownership: monitor_free() ends the probes;
 * monitor_finish() waits for their last line, at most a few seconds.
 */
#ifndef CUTOVER_ENGINE_MONITOR_H
#define CUTOVER_ENGINE_MONITOR_H

#include <poll.h>

#include "orchestrator/engine/event.h"
#include "orchestrator/engine/measure.h"
#include "orchestrator/plan/plan.h"

typedef measure_spawn_fn monitor_spawn_fn;

struct monitor;

struct monitor *monitor_new(const struct plan *p, monitor_spawn_fn *spawn,
			    struct err *e);
/*
 * Begins to look at the targets as the plan's guards need it; `watch` of the
 * program says what there is.  Targets and program are borrowed.
 */
bool monitor_watch(struct monitor *m, const struct program *program,
		   const struct target *targets, size_t n, struct err *e);
void monitor_free(struct monitor *m);
/* Every row of the run, so that what a step changes is not called a fault. */
void monitor_note(struct monitor *m, const char *kind, const char *step,
		  const char *body);

#define MONITOR_FDS_MAX 64
size_t monitor_fds(const struct monitor *m, struct pollfd *ret);
/* Reads what is there; call after poll() and about every second. */
void monitor_turn(struct monitor *m, int64_t now_us);
/*
 * A verdict that changed since the last call; its texts are valid until the
 * next one.  False: nothing new.
 */
bool monitor_verdict(struct monitor *m, int64_t now_us, struct event *ret);
/* Of a group's flows some have had no answer for a while, as was last heard,
 * and a guard over them rolls back. */
bool monitor_is_silent(const struct monitor *m, size_t group);
/* {"probe": last sample, ...} */
json_t *monitor_samples(const struct monitor *m);
/* [{"name","over","probe","verdict","why","breach","values":[{"what","value",
 * "limit"}]}] */
json_t *monitor_guards(struct monitor *m, int64_t now_us);
/* Ends the probes, waits for their tails; then monitor_samples() is final. */
void monitor_finish(struct monitor *m);

#endif
