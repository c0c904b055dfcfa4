/*
 * wrapper.h - the shell script around every command, and what it answers
 *
 * The wrapper is an argument of the remote shell and holds no secret.  Calls
 * come on standard input, one after the other: a line with their length and a
 * random word, then the script, which ends with that word.  The word also
 * marks where the output of a call begins and ends, on both streams, and the
 * end comes with the wrapper's answer:
 *
 *	ran RC	    the script ran to its end
 *	again RC    its key has run before, with that status
 *	died	    its key was started before and did not come to its end
 *	late	    the device stopped the script at its deadline
 *	stale EPOCH the device is at another epoch; nothing ran
 *	locked	    the lock was not to be had in time; nothing ran
 *	cut	    the script did not arrive whole; nothing ran
 *	setup WHY   the device lacks something; nothing ran
 *	epoch N	    the device is fenced at epoch N
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_WRAPPER_H
#define CUTOVER_ADAPTERS_TRANSPORT_WRAPPER_H

#include <stdint.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/err.h"

#define WRAPPER_WORD 33 /* 32 hex digits and the NUL */

enum wrapper_mode { WRAPPER_READ, WRAPPER_CHANGE, WRAPPER_FENCE };

enum wrapper_answer {
	WRAPPER_NONE, /* the end was not seen */
	WRAPPER_RAN,
	WRAPPER_AGAIN,
	WRAPPER_DIED,
	WRAPPER_LATE,
	WRAPPER_STALE,
	WRAPPER_LOCKED,
	WRAPPER_CUT,
	WRAPPER_SETUP,
	WRAPPER_EPOCH,
};

struct wrapper_call {
	enum wrapper_mode mode;
	bool urgent; /* not behind what reads */
	uint64_t epoch;
	const char *key; /* WRAPPER_CHANGE */
	const char *script;
	uint32_t seconds; /* device-side deadline */
	char word[WRAPPER_WORD];
};

/* The shell command that takes calls; `dir` is the wrapper's on the device. */
bool wrapper_dir_ok(const char *dir);
void wrapper_command(const char *dir, bool urgent, struct buf *ret);
/* Draws the word and writes one call; wipe it after use. */
void wrapper_call_build(struct wrapper_call *c, struct buf *ret);

/* Both output streams, collected up to their bounds. */
struct wrapper_stream {
	struct buf *into; /* between the marks, at most max bytes */
	struct buf tail;  /* may hold a piece of a mark */
	size_t max;
	bool begun, ended, overflow;
};

struct wrapper_output {
	char mark[WRAPPER_WORD + 1];	  /* newline and the word */
	struct wrapper_stream streams[2]; /* stdout, stderr */
	enum wrapper_answer answer;
	uint64_t number; /* RC or EPOCH */
	char *why;	 /* of SETUP */
};

void wrapper_output_init(struct wrapper_output *o, const char *word,
			 struct buf *out, struct buf *err);
/*
 * A transport_job's output(): true when both streams have ended, or when there
 * is more on stdout than may be kept (more on stderr is thrown away).
 */
bool wrapper_output_add(void *arg, int stream, const char *bytes, size_t n);
void wrapper_output_done(struct wrapper_output *o);

#endif
