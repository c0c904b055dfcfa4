/*
 * preview.h - what a plan would do, for reading before it is done
 *
 * Every step with the exact commands (steps/project.h), the way back, what
 * each step does to routes and pairs, and the proof (twin/prove.h).  All of it
 * is made by a child process, since a large plan takes a while and a key must
 * answer at once.
 */
#ifndef CUTOVER_TUI_PREVIEW_H
#define CUTOVER_TUI_PREVIEW_H

#include <poll.h>
#include <sys/types.h>

#include "orchestrator/cmd/cmd.h"
#include "tui/view.h"

enum preview_view {
	PREVIEW_STEPS,
	PREVIEW_BACK,
	PREVIEW_NETWORK,
	PREVIEW_PROOF,
	PREVIEW_VIEWS
};

struct preview {
	pid_t pid; /* 0: not under way */
	int fd;
	struct buf text;
	bool done, failed;
	struct view_lines lines[PREVIEW_VIEWS];
	int64_t rollback_ms; /* worst way back; -1: not known */
	size_t errors, warnings;
};

const char *preview_name(enum preview_view v);
void preview_start(struct preview *r, const struct cmd_context *c);
size_t preview_fds(const struct preview *r, struct pollfd *ret);
bool preview_turn(struct preview *r); /* true: it is done now */
void preview_done(struct preview *r); /* ends the child */

#endif
