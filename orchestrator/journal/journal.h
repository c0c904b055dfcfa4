/*
 * journal.h - what happened, for ever: rows that are only ever added
 *
 * The law.  `intent row committed -> device call -> outcome row committed`.
 * Nothing is done to a device before the row that says what will be done, and
 * what it was before, is on disk; nothing is decided on an outcome before the
 * row that says it is on disk.  State is folded from rows and stored nowhere
 * else: whoever wants to know where a run stands replays it.  So a crash at
 * any moment leaves one of three things: no intent (nothing happened), an
 * intent without an outcome (UNKNOWN until the device has been observed), or
 * both.  journal_append() is where the law lives: it returns true only after
 * the row is durable.  When it returns false the row may or may not be there
 * (a failed fsync says neither), so no device call follows and nobody acts as
 * if the row were absent; the chain is whole either way.
 *
 * Evidence.  Each run is a chain: a row carries the SHA-256 over the hash of
 * the row before it and its own columns (chain.h).  Row 0, 'genesis', binds
 * the run's columns, the plan text included, and the genesis of the run before.
 * The database refuses UPDATE, DELETE and a row that does not continue its
 * chain; verify.h finds what somebody changed behind its back.
 *
 * The file.  One SQLite database per state directory: WAL, synchronous=FULL,
 * STRICT tables.  Many runs, many readers; one writer at a time, which the
 * database arbitrates (5 s, then ERR_LOCKED); one process per run, which lock.h
 * arbitrates.  Readers never block the writer.
 *
 * Ownership: journal_close() frees the handle.  Rows handed to callbacks are
 * borrowed for the call.  Threads: calls on one handle may come from any
 * thread and are serialized; a callback must not call into the same handle
 * (ERR_INTERNAL).  A handle does not survive fork().
 *
 * Does not: know what rows mean, fold state, or keep secrets (bodies carry
 * keyed digests; the caller sees to it).
 */
#ifndef CUTOVER_JOURNAL_JOURNAL_H
#define CUTOVER_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orchestrator/base/err.h"
#include "orchestrator/base/digest.h"

struct journal; /* opaque */

/*
 * Opens the journal of a state directory (statedir.h; NULL: the default one).
 * Writing: makes what is missing.  Reading: never writes a row; ERR_USAGE when
 * there is no journal yet.
 */
struct journal *journal_open(const char *state_dir, bool read_only,
			     struct err *e);
void journal_close(struct journal *j);
const char *journal_state_dir(const struct journal *j);

/* Why an append failed, for who must choose what to do; from err.rule. */
#define JOURNAL_FULL "journal-full" /* no space: release the ballast */
#define JOURNAL_READ_ONLY "journal-read-only" /* file system or file */
#define JOURNAL_VANISHED "journal-vanished"   /* deleted, replaced, moved */
#define JOURNAL_DAMAGED "journal-damaged"     /* not what we wrote */
#define JOURNAL_BROKEN "journal-io"	      /* the disk says no */
bool journal_err_is(const struct err *e, const char *rule);

/* A run: one execution of one plan. */
struct journal_run {
	char *id;	 /* journal_run_id_new() */
	char *plan_path; /* as the operator named it */
	char *plan_text;
	char *plan_hash; /* of the meaning: plan + whatever the caller binds */
	int64_t wall_us; /* creation; 0: now */
	char *version;	 /* of cutover */
};
void journal_run_done(struct journal_run *run);

/* '20261205-2200-hq-expressroute-a1b2': sorts by time (UTC), can be typed. */
char *journal_run_id_new(const char *plan_name, int64_t wall_us);
/* Writes the run and its genesis row; ERR_REFUSED when the id is taken. */
bool journal_run_create(struct journal *j, const struct journal_run *run,
			struct err *e);
/*
 * NULL: the latest.  Else an id, or the beginning or end of exactly one.
 * ERR_USAGE: there is none, or several (the message lists them).
 */
bool journal_run_find(struct journal *j, const char *id,
		      struct journal_run *ret, struct err *e);
/* Oldest first; plan_text is NULL here.  The callback returns false to stop. */
typedef bool journal_run_fn(void *arg, const struct journal_run *run);
bool journal_run_each(struct journal *j, journal_run_fn *fn, void *arg,
		      struct err *e);

/* One row.  In appends only wall_us (0: now), kind, step and body are read. */
struct journal_row {
	int64_t seq; /* 0 is genesis, then 1, 2, 3 ... without gaps */
	const char *run;
	int64_t wall_us; /* for people; order is seq, clocks jump */
	const char *kind;
	const char *step; /* NULL is stored as '' */
	const char *body; /* canonical JSON text; NULL is stored as '{}' */
	char prev[DIGEST_HEX];
	char hash[DIGEST_HEX];
};

/* Returns only after the row is durable.  ret_seq may be NULL. */
bool journal_append(struct journal *j, const char *run, const char *kind,
		    const char *step, const char *body, int64_t *ret_seq,
		    struct err *e);
/* All rows or none, one sync; ret_seq (may be NULL) is that of the last one. */
bool journal_append_many(struct journal *j, const char *run,
			 const struct journal_row *rows, size_t n,
			 int64_t *ret_seq, struct err *e);

/*
 * Rows with seq >= from_seq in order.  The callback returns false to stop;
 * that is a failure of journal_each() exactly if it set its error.
 */
typedef bool journal_row_fn(void *arg, const struct journal_row *row,
			    struct err *e);
bool journal_each(struct journal *j, const char *run, int64_t from_seq,
		  journal_row_fn *fn, void *arg, struct err *e);
/* The last row's seq and hash. */
bool journal_tail(struct journal *j, const char *run, int64_t *ret_seq,
		  char ret_hash[DIGEST_HEX], struct err *e);

/*
 * Ballast: space held back in the state directory, so that a rollback can be
 * journaled on a full disk.  journal_open() for writing tries to make it and
 * goes on without (a resume must be possible on a full disk);
 * journal_run_create() refuses where it cannot be made (a new run must not
 * start there).
 */
#define JOURNAL_BALLAST (16u << 20)
bool journal_ballast_make(struct journal *j, struct err *e);
void journal_release_ballast(struct journal *j); /* there is none: fine */

#endif
