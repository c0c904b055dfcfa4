/*
 * practice.h - the world behind the real runner; private to adapters/twin/
 *
 * The runner calls from many threads, on the system's clock.  Each call takes
 * the world for itself, under a clock that is ahead of the system's, so that
 * the world can have a past.
 */
#ifndef CUTOVER_TWIN_PRACTICE_H
#define CUTOVER_TWIN_PRACTICE_H

#include "adapters/twin/world.h"
#include "orchestrator/engine/practice.h"

/* Until practice_leave() the world is the caller's alone, and is at now; NULL
 * when there is none, and then there is nothing to leave. */
struct world *practice_enter(void);
void practice_leave(void);

/* practice_probe.c */
bool practice_spawn(const struct ssh_endpoint *at, const char *command,
		    pid_t *ret_pid, int *ret_out, int *ret_in, struct err *e);

#endif
