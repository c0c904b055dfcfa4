/*
 * place.c - the files under the journal: are they there, are they ours, are
 * they still the same ones; and the ballast beside them
 *
 * A database that was deleted or replaced while it is open goes on working:
 * SQLite writes to files that have no name any more, and every row would be
 * lost with the process.  So the identity (device, inode) of database, log and
 * shared memory is noted when they are open and compared around every commit.
 *
 * No descriptor of these files is ever opened and closed here: closing one
 * would drop the process's own POSIX locks on them.  Ownership: the place owns
 * its directory descriptor.  Threads: as its journal.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/base/statedir.h"
#include "orchestrator/journal/internal.h"

#define PLACE_BALLAST "ballast"

static const char *const place_names[PLACE_FILES] = {
	[PLACE_DB] = JOURNAL_FILE,
	[PLACE_WAL] = JOURNAL_FILE "-wal",
	[PLACE_SHM] = JOURNAL_FILE "-shm",
};

/* The path without symlinks; SQLite refuses any of them. */
static bool place_resolve(struct place *p, const char *dir, struct err *e)
{
	struct stat by_name, by_fd;

	p->dir = realpath(dir, NULL);
	if (!p->dir || stat(p->dir, &by_name) < 0 ||
	    fstat(p->dirfd, &by_fd) < 0)
		return err_errno(e, ERR_IO, "state directory '%s'", dir);
	if (by_name.st_dev != by_fd.st_dev || by_name.st_ino != by_fd.st_ino)
		return err_set(e, ERR_IO,
			       "state directory '%s' was replaced just now",
			       dir);
	p->path = mem_format("%s/%s", p->dir, JOURNAL_FILE);
	return true;
}

static bool place_create(const struct place *p, struct err *e)
{
	int fd = openat(p->dirfd, JOURNAL_FILE,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0 && errno == EEXIST)
		return true; /* another process was quicker */
	if (fd < 0)
		return err_errno(e, ERR_IO, "cannot create '%s'", p->path);
	close(fd);
	return fsync(p->dirfd) == 0 ||
	       err_errno(e, ERR_IO, "cannot make '%s' durable", p->path);
}

/* Each file that is there is ours; *ret_db: the database is there. */
static bool place_files_check(const struct place *p, bool *ret_db,
			      struct err *e)
{
	for (size_t i = 0; i < PLACE_FILES; i++) {
		struct err inner = ERR_INIT;
		bool exists;

		if (!statedir_file_check(p->dirfd, place_names[i], &exists,
					 &inner) &&
		    inner.code != ERR_USAGE) {
			err_move(e, &inner);
			return err_wrap(e, "state directory '%s'", p->dir);
		}
		err_done(&inner);
		if (i == PLACE_DB)
			*ret_db = exists;
	}
	return true;
}

bool place_open(struct place *p, const char *dir, bool read_only, struct err *e)
{
	bool exists;

	*p = (struct place){.dirfd = statedir_open(dir, !read_only, e)};
	if (p->dirfd < 0 || !place_resolve(p, dir, e) ||
	    !place_files_check(p, &exists, e))
		return false;
	if (exists)
		return true;
	if (read_only)
		return err_set(e, ERR_USAGE,
			       "no journal in '%s': nothing has been run yet, "
			       "or --state names another place",
			       dir);
	return place_create(p, e) && place_files_check(p, &exists, e);
}

void place_done(struct place *p)
{
	if (p->dirfd >= 0)
		close(p->dirfd);
	free(p->dir);
	free(p->path);
	*p = (struct place){.dirfd = -1};
}

static char *place_name(const struct place *p, size_t i)
{
	return mem_format("%s/%s", p->dir, place_names[i]);
}

static bool place_lost(const char *name, const char *how, struct err *e)
{
	return db_fault(e, JOURNAL_VANISHED,
			"'%s' was %s while it was in use; nothing can be "
			"written to this journal any more",
			name, how);
}

bool place_note(struct place *p, struct err *e)
{
	for (size_t i = 0; i < PLACE_FILES; i++) {
		mem_auto_free char *name = place_name(p, i);
		struct stat st;

		if (lstat(name, &st) < 0)
			return place_lost(name, "deleted", e);
		p->file[i].dev = st.st_dev;
		p->file[i].ino = st.st_ino;
	}
	return true;
}

bool place_check(const struct place *p, struct err *e)
{
	for (size_t i = 0; i < PLACE_FILES; i++) {
		mem_auto_free char *name = place_name(p, i);
		struct stat st;

		if (lstat(name, &st) < 0)
			return place_lost(
				name, errno == ENOENT ? "deleted" : "lost", e);
		if (p->file[i].dev != st.st_dev || p->file[i].ino != st.st_ino)
			return place_lost(name, "replaced", e);
	}
	return true;
}

bool place_has_wal(const struct place *p)
{
	struct stat st;

	return fstatat(p->dirfd, place_names[PLACE_WAL], &st,
		       AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_size > 0;
}

static bool place_ballast_full(const struct place *p, size_t bytes)
{
	struct stat st;

	return fstatat(p->dirfd, PLACE_BALLAST, &st, AT_SYMLINK_NOFOLLOW) ==
		       0 &&
	       S_ISREG(st.st_mode) && (size_t)st.st_size == bytes;
}

bool place_ballast_make(const struct place *p, size_t bytes, struct err *e)
{
	int fd, rc;

	if (!bytes || place_ballast_full(p, bytes))
		return true;
	unlinkat(p->dirfd, PLACE_BALLAST, 0);
	fd = openat(p->dirfd, PLACE_BALLAST,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, ERR_IO, "cannot reserve space in '%s'",
				 p->dir);
	rc = posix_fallocate(fd, 0, (off_t)bytes);
	if (rc == 0 && fsync(fd) < 0)
		rc = errno;
	close(fd);
	if (rc == 0)
		return true;
	unlinkat(p->dirfd, PLACE_BALLAST, 0);
	return db_fault(e, db_rule_of(rc),
			"cannot reserve %zu MiB in '%s' for the journal of a "
			"rollback; make room: %s",
			bytes >> 20, p->dir, strerror(rc));
}

void place_ballast_release(const struct place *p)
{
	unlinkat(p->dirfd, PLACE_BALLAST, 0);
	/* some file systems give blocks back only with their next commit */
	fsync(p->dirfd);
}
