/*
 * replay.h - a run that was recorded, played to the wizard again
 *
 * The file has one JSON object a line: first {"run":ID,"time_us":..}, then what
 * the run's socket said (orchestrator/doc/socket.md), 'row' events of all rows
 * included.  A journal is made of the rows, at the times that they had, so that
 * every screen has what it reads; time stands still between messages.  So the
 * same file gives the same screens, whatever the machine.
 *
 * Threads: one; it takes over the clock of the calling thread.
 */
#ifndef CUTOVER_TUI_REPLAY_H
#define CUTOVER_TUI_REPLAY_H

#include <stdio.h>

#include "orchestrator/base/clock.h"
#include "tui/app.h"

struct replay {
	FILE *f;
	struct clock_virtual clock;
	struct journal *journal; /* that rows are put into */
	char *run;
	bool still; /* the clock is ours */
};

/* From here on time is what the caller sets it to. */
void replay_stop_clock(struct replay *r, int64_t wall_us);
bool replay_open(struct replay *r, struct app *a, const char *path,
		 struct err *e);
/* Plays up to and with the first message that has this text in it. */
bool replay_until(struct replay *r, struct app *a, const char *text,
		  struct err *e);
void replay_done(struct replay *r);

#endif
