/*
 * reply.h - the answers of `birdc -v`
 *
 * Each line is a four-digit code, '-' (more follows) or ' ' (last), and text;
 * a line that starts with a blank belongs to the code before it.  0xxx done,
 * 1xxx data, 2xxx headings, 8xxx runtime errors, 9xxx syntax errors.  birdc
 * swallows '0000', so an answer may end without a last line.
 *
 * Views into the caller's text; nothing is owned but by bird_reply_error().
 */
#ifndef CUTOVER_ADAPTERS_BIRD_REPLY_H
#define CUTOVER_ADAPTERS_BIRD_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/* The codes that the adapter acts on, as seen on BIRD 2.0.12. */
enum bird_code {
	BIRD_WELCOME = 1,
	BIRD_READING = 2,      /* 'Reading configuration from PATH' */
	BIRD_RECONFIGURED = 3, /* also 'Daemon is up and running' */
	BIRD_IN_PROGRESS = 4,  /* 'Reconfiguration in progress' */
	BIRD_QUEUED = 5,
	BIRD_SHUTTING_DOWN = 6,
	BIRD_STATUS = 13,
	BIRD_UNQUEUED = 17,
	BIRD_CONFIRMED = 18,
	BIRD_NOTHING = 19, /* confirm or undo had nothing to do */
	BIRD_CHECKED = 20, /* 'Configuration OK' */
	BIRD_UNDO = 21,
	BIRD_UNDO_TIMER = 22, /* 'undo in 19.998 s' */
	BIRD_VALUE = 23,      /* of eval */
	BIRD_VERSION = 1000,
	BIRD_PROTOCOL = 1002,
	BIRD_DETAILS = 1006,
	BIRD_ROUTE = 1007,
	BIRD_ATTRIBUTES = 1012,
	BIRD_BFD = 1020,
	BIRD_NO_NETWORK = 8001,
	BIRD_CONFIG_ERROR = 8002,
	BIRD_SYNTAX = 9001,
};

struct bird_line {
	int code;
	const char *text; /* not terminated */
	size_t len;
};

struct bird_cursor {
	const char *p, *end;
	int code;
};

void bird_reply_start(struct bird_cursor *c, const char *text, size_t len);
/* False at the end.  Lines that are no birdc output have code -1. */
bool bird_reply_next(struct bird_cursor *c, struct bird_line *ret);
bool bird_reply_has(const char *text, size_t len, int code);
/* Text of the first line with `code`, or NULL; the caller frees it. */
char *bird_reply_text(const char *text, size_t len, int code);
/*
 * The first 8xxx or 9xxx line, or the first that birdc itself wrote instead
 * of the daemon, as 'text (code)'; NULL when there is none.
 */
char *bird_reply_error(const char *text, size_t len);

#endif
