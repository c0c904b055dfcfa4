/*
 * statedir.c - opening the state directory and the small files in it
 *
 * Invariants: no file is followed through a symlink; every check is made on
 * the descriptor that is then used, not on a name that may change meanwhile.
 * A file appears under its name only after its bytes are on disk (temporary
 * name, fsync, link, fsync of the directory): link() fails where the name is
 * taken, so the first creator wins and nobody's key is replaced.
 *
 * ERR_USAGE means 'is not there', everything else is worse.  Threads: safe, no
 * globals.  Does not: repair modes or owners.
 */
#include "orchestrator/base/statedir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

char *statedir_default(struct err *e)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		return mem_strdup("/var/lib/cutover");
	if (xdg && xdg[0] == '/')
		return mem_format("%s/cutover", xdg);
	if (home && home[0] == '/')
		return mem_format("%s/.local/state/cutover", home);
	err_set(e, ERR_USAGE,
		"no place for the journal: neither XDG_STATE_HOME nor HOME is "
		"set; name one with --state");
	return NULL;
}

static bool statedir_make(const char *dir, struct err *e)
{
	mem_auto_free char *path = mem_strdup(dir);

	for (char *p = path + 1;; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = 0;
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_errno(e, ERR_IO,
					 "cannot make state directory '%s'",
					 path);
		*p = c;
		if (!c)
			return true;
	}
}

static bool statedir_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *de;
	bool empty = true;

	if (!d) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	while (empty && (de = readdir(d)))
		empty = strcmp(de->d_name, ".") == 0 ||
			strcmp(de->d_name, "..") == 0;
	closedir(d);
	return empty;
}

static bool statedir_check(int fd, const char *dir, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, ERR_IO, "state directory '%s'", dir);
	if (st.st_uid != geteuid())
		return err_set(
			e, ERR_REFUSED,
			"state directory '%s' belongs to user %u, not to "
			"us (%u); name another with --state",
			dir, (unsigned)st.st_uid, (unsigned)geteuid());
	if (!(st.st_mode & 077))
		return true;
	if (!(st.st_mode & S_ISVTX) && statedir_empty(fd) &&
	    fchmod(fd, 0700) == 0)
		return true;
	return err_set(e, ERR_REFUSED,
		       "state directory '%s' is open to others (mode %04o); "
		       "close it with 'chmod 700' or name another with --state",
		       dir, (unsigned)st.st_mode & 07777);
}

int statedir_open(const char *dir, bool create, struct err *e)
{
	int fd;

	if (!dir || !dir[0]) {
		err_set(e, ERR_USAGE, "the state directory has an empty name");
		return -1;
	}
	if (create && !statedir_make(dir, e))
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		err_set(e, ERR_USAGE, "state directory '%s' does not exist",
			dir);
		return -1;
	}
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		err_set(e, ERR_REFUSED,
			"state directory '%s' is a symlink or no directory; "
			"name the real one with --state",
			dir);
		return -1;
	}
	if (fd < 0) {
		err_errno(e, ERR_IO, "cannot open state directory '%s'", dir);
		return -1;
	}
	if (!statedir_check(fd, dir, e)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool statedir_stat_check(const struct stat *st, const char *name,
				struct err *e)
{
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_REFUSED,
			       "'%s' is not a regular file; it is not used",
			       name);
	if (st->st_uid != geteuid())
		return err_set(e, ERR_REFUSED,
			       "'%s' belongs to user %u, not to us (%u); it is "
			       "not used",
			       name, (unsigned)st->st_uid, (unsigned)geteuid());
	if (st->st_mode & 077)
		return err_set(e, ERR_REFUSED,
			       "'%s' is open to others (mode %04o); close it "
			       "with 'chmod 600'",
			       name, (unsigned)st->st_mode & 07777);
	return true;
}

bool statedir_file_check(int dirfd, const char *name, bool *ret_exists,
			 struct err *e)
{
	struct stat st;

	*ret_exists = false;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return err_set(e, ERR_USAGE, "'%s' does not exist",
				       name);
		return err_errno(e, ERR_IO, "'%s'", name);
	}
	*ret_exists = true;
	return statedir_stat_check(&st, name, e);
}

static bool statedir_fd_read(int fd, const char *path, size_t max,
			     struct buf *b, struct err *e)
{
	char chunk[4096];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_errno(e, ERR_IO, "'%s'", path);
	if (!statedir_stat_check(&st, path, e))
		return false;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		if (b->len + (size_t)n > max)
			return err_set(e, ERR_INVALID,
				       "'%s' is larger than %zu bytes", path,
				       max);
		buf_add(b, chunk, (size_t)n);
	}
	explicit_bzero(chunk, sizeof(chunk));
	return n == 0 || err_errno(e, ERR_IO, "cannot read '%s'", path);
}

bool statedir_file_read(const char *path, size_t max, struct buf *ret,
			struct err *e)
{
	struct buf b = BUF_INIT;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool ok;

	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_USAGE, "'%s' does not exist", path);
	if (fd < 0 && errno == ELOOP)
		return err_set(e, ERR_REFUSED,
			       "'%s' is a symlink; it is not used", path);
	if (fd < 0)
		return err_errno(e, ERR_IO, "cannot open '%s'", path);
	ok = statedir_fd_read(fd, path, max, &b, e);
	close(fd);
	if (!ok) {
		if (b.data)
			explicit_bzero(b.data, b.cap);
		buf_done(&b);
		return false;
	}
	*ret = b;
	return true;
}

static bool statedir_fd_write(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t got = write(fd, data, n);

		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0) {
			data += got;
			n -= (size_t)got;
		}
	}
	return fsync(fd) == 0;
}

/* link() is the moment of truth; the directory's fsync makes it last. */
static bool statedir_publish(const char *tmp, const char *path, bool *ret_won,
			     struct err *e)
{
	mem_auto_free char *dir = mem_strdup(path);
	char *slash = strrchr(dir, '/');
	int fd;
	bool ok;

	if (link(tmp, path) == 0)
		*ret_won = true;
	else if (errno == EEXIST)
		*ret_won = false;
	else
		return err_errno(e, ERR_IO, "cannot create '%s'", path);
	if (slash)
		slash[slash == dir] = 0;
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = fd >= 0 && fsync(fd) == 0;
	if (!ok)
		err_errno(e, ERR_IO, "cannot make '%s' durable", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool statedir_file_create(const char *path, const void *data, size_t n,
			  bool *ret_won, struct err *e)
{
	mem_auto_free char *tmp = NULL;
	unsigned long long r = 0;
	bool ok;
	int fd;

	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		return err_errno(e, ERR_IO, "no random name for '%s'", path);
	tmp = mem_format("%s.%016llx", path, r);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return err_errno(e, ERR_IO, "cannot create '%s'", path);
	ok = statedir_fd_write(fd, data, n);
	if (!ok)
		err_errno(e, ERR_IO, "cannot write '%s'", path);
	close(fd);
	if (ok)
		ok = statedir_publish(tmp, path, ret_won, e);
	unlink(tmp);
	return ok;
}
