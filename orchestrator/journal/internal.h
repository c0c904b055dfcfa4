/*
 * internal.h - the journal's handle; private to orchestrator/journal/ and to
 * the tests that break it on purpose
 */
#ifndef CUTOVER_JOURNAL_INTERNAL_H
#define CUTOVER_JOURNAL_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "orchestrator/journal/tables.h"

#define JOURNAL_FILE "journal.db"
#define JOURNAL_KEY "journal.key"

enum { PLACE_DB, PLACE_WAL, PLACE_SHM, PLACE_FILES };

/* Where the files are and which ones they are (place.c). */
struct place {
	char *dir; /* absolute, no symlinks in it */
	int dirfd;
	char *path; /* of the database */
	struct {
		dev_t dev;
		ino_t ino;
	} file[PLACE_FILES];
};

struct journal {
	struct place place;
	struct tables *tables;
	bool read_only;
	pid_t pid;	      /* that opened: a handle does not survive fork */
	pthread_mutex_t lock; /* error-checking: finds calls from callbacks */
	size_t ballast;	      /* bytes */
	char *run;	      /* the run of the last append, and its number */
	int64_t run_nr;
};

struct journal_options {
	bool read_only;
	const char *vfs; /* NULL: the system's */
	int busy_ms;
	size_t ballast;
};
struct journal *journal_open_with(const char *state_dir,
				  const struct journal_options *o,
				  struct err *e);

/* Every call on a handle is between these two. */
bool journal_enter(struct journal *j, struct err *e);
void journal_leave(struct journal *j);
/* A writing transaction with the files checked before ... */
bool journal_begin(struct journal *j, struct err *e);
/* ... and after: a commit into a deleted file is no commit. */
bool journal_commit(struct journal *j, struct err *e);
void journal_abandon(struct journal *j);
/* The run's number; ERR_USAGE when there is no such run. */
bool journal_run_nr(struct journal *j, const char *run, int64_t *ret,
		    struct err *e);
/* Hash of row 0 of the run before nr, or zeros for the first run. */
bool journal_run_before(struct journal *j, int64_t nr,
			char ret_hash[DIGEST_HEX], struct err *e);

bool place_open(struct place *p, const char *dir, bool read_only,
		struct err *e);
void place_done(struct place *p);
/* Remembers which files are open; false: they are not ours any more. */
bool place_note(struct place *p, struct err *e);
bool place_check(const struct place *p, struct err *e);
bool place_has_wal(const struct place *p);
bool place_ballast_make(const struct place *p, size_t bytes, struct err *e);
void place_ballast_release(const struct place *p);

#endif
