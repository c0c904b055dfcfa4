/*
 * launch.h - starts the process of a run, which outlives the wizard
 *
 * 'cutover run|resume|rollback' in a session of its own, without a terminal,
 * its output in a file that has no name: whatever becomes of the terminal, the
 * run does not notice.
 */
#ifndef CUTOVER_TUI_LAUNCH_H
#define CUTOVER_TUI_LAUNCH_H

#include <sys/types.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/err.h"

struct launch {
	pid_t pid; /* 0: none */
	int fd;	   /* its output; -1: none */
	struct buf text;
	bool ended;
	int exit_code;
};

/* argv without the program, NULL at its end. */
bool launch_start(struct launch *l, const char *const *argv, struct err *e);
/* Reads what it has said; true when there is something new. */
bool launch_turn(struct launch *l);
/* The run's id, once it has said it; the caller frees it. */
char *launch_run(const struct launch *l);
/* The last lines of what it said. */
char *launch_last(const struct launch *l);
void launch_done(struct launch *l); /* leaves the process alone */

#endif
