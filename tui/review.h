/*
 * review.h - what a plan would do, for reading before it is done
 *
 * Every step with the exact commands (steps/project.h), the way back, what
 * each step does to routes and pairs, and the proof (twin/prove.h).  All of it
 * is made by a child process, since a large plan takes a while and a key must
 * answer at once.
 */
#ifndef CUTOVER_TUI_REVIEW_H
#define CUTOVER_TUI_REVIEW_H

#include <poll.h>
#include <sys/types.h>

#include "orchestrator/cmd/cmd.h"
#include "tui/view.h"

enum review_view {
	REVIEW_STEPS,
	REVIEW_BACK,
	REVIEW_NETWORK,
	REVIEW_PROOF,
	REVIEW_VIEWS
};

struct review {
	pid_t pid; /* 0: not under way */
	int fd;
	struct buf text;
	bool done, failed;
	struct view_lines lines[REVIEW_VIEWS];
	int64_t rollback_ms; /* worst way back; -1: not known */
	size_t errors, warnings;
};

const char *review_name(enum review_view v);
void review_start(struct review *r, const struct cmd_context *c);
size_t review_fds(const struct review *r, struct pollfd *ret);
bool review_turn(struct review *r); /* true: it is done now */
void review_done(struct review *r); /* ends the child */

#endif
