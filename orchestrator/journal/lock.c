/*
 * lock.c - one process per name
 *
 * The lock belongs to the open file description, so a second take fails in
 * the same process as well, and looking (F_OFD_GETLK) never takes it: a
 * `status` that looks cannot make a `run` that starts at the same moment fail.
 *
 * Invariants: the file stays for ever (removing it would let two processes
 * lock two files of one name); it is a regular file of ours, not followed
 * through symlinks, in a directory of ours; its text is written only by who
 * holds the lock and is for people.
 *
 * Ownership: journal_lock_release() frees.  Threads: safe, no globals; one
 * lock belongs to one thread at a time.  Does not: wait.
 */
#include "orchestrator/journal/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/statedir.h"

#define LOCK_DIR "locks"
#define LOCK_NAME_MAX 128
#define LOCK_TEXT_MAX 512
#define LOCK_LETTERS                                                           \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

struct journal_lock {
	int fd;
	char *text; /* who, without the note */
};

static bool lock_name_check(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (n && n <= LOCK_NAME_MAX && name[0] != '.' &&
	    strspn(name, LOCK_LETTERS) == n)
		return true;
	return err_set(e, ERR_USAGE,
		       "'%s' cannot be a lock's name: use up to %d letters, "
		       "digits, '-', '_' and '.', the first not a '.'",
		       name, LOCK_NAME_MAX);
}

/* The directory of locks inside the state directory, or -1. */
static int lock_dir_open(const char *state_dir, bool create, struct err *e)
{
	mem_auto_free char *dir =
		state_dir ? mem_strdup(state_dir) : statedir_default(e);
	mem_auto_free char *path = NULL;
	int fd;

	if (!dir)
		return -1;
	fd = statedir_open(dir, create, e);
	if (fd < 0)
		return -1;
	close(fd);
	path = mem_format("%s/%s", dir, LOCK_DIR);
	return statedir_open(path, create, e);
}

/* Is the open file fit to be a lock? */
static bool lock_file_check(int fd, const char *name, struct err *e)
{
	struct stat st = {.st_mode = 0}; /* no file, if that cannot be read */

	fstat(fd, &st);
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    !(st.st_mode & 077))
		return true;
	return err_set(e, ERR_REFUSED,
		       "the file of lock '%s' is not a private file of ours "
		       "(owner %u, mode %04o); remove it while no cutover runs",
		       name, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
}

static int lock_file_open(int dirfd, const char *name, struct err *e)
{
	int fd = openat(dirfd, name,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);

	if (fd < 0) {
		err_errno(e, ERR_IO, "cannot open lock '%s'", name);
		return -1;
	}
	if (lock_file_check(fd, name, e))
		return fd;
	close(fd);
	return -1;
}

/* What the file says, printable; "" when it says nothing. */
static char *lock_text_read(int fd)
{
	char text[LOCK_TEXT_MAX];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = 0;
	text[strcspn(text, "\n")] = 0;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return mem_strdup(text);
}

/* Best effort: the text decides nothing. */
static void lock_text_write(int fd, const char *text)
{
	(void)!ftruncate(fd, 0);
	(void)!pwrite(fd, text, strlen(text), 0);
}

static char *lock_text_new(void)
{
	mem_auto_free char *when = clock_wall_text(clock_wall_us());
	char host[65] = "this host";
	char names[1024];
	struct passwd pw, *found = NULL;

	gethostname(host, sizeof(host) - 1);
	getpwuid_r(geteuid(), &pw, names, sizeof(names), &found);
	if (found)
		return mem_format("process %ld of user '%s' on '%s' since %s",
				  (long)getpid(), pw.pw_name, host, when);
	return mem_format("process %ld of user %u on '%s' since %s",
			  (long)getpid(), (unsigned)geteuid(), host, when);
}

static struct flock lock_whole(void)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static bool lock_set(int fd, const char *name, struct err *e)
{
	mem_auto_free char *who = NULL;
	struct flock fl = lock_whole();

	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return true;
	if (errno != EAGAIN && errno != EACCES)
		return err_errno(e, ERR_IO, "cannot lock '%s'", name);
	who = lock_text_read(fd);
	return err_set(e, ERR_LOCKED, "'%s' is held by %s", name,
		       who[0] ? who : "another process");
}

struct journal_lock *journal_lock_take(const char *state_dir, const char *name,
				       struct err *e)
{
	struct journal_lock *l;
	int dirfd, fd;

	if (!lock_name_check(name, e))
		return NULL;
	dirfd = lock_dir_open(state_dir, true, e);
	if (dirfd < 0)
		return NULL;
	fd = lock_file_open(dirfd, name, e);
	close(dirfd);
	if (fd < 0)
		return NULL;
	if (!lock_set(fd, name, e)) {
		close(fd);
		return NULL;
	}
	l = mem_alloc(sizeof(*l));
	l->fd = fd;
	l->text = lock_text_new();
	lock_text_write(fd, l->text);
	return l;
}

void journal_lock_note(struct journal_lock *l, const char *note)
{
	mem_auto_free char *text = mem_format("%s, %s", l->text, note);

	lock_text_write(l->fd, text);
}

char *journal_lock_holder(const char *state_dir, const char *name)
{
	struct flock fl = lock_whole();
	char *who = NULL;
	int dirfd, fd;

	if (!lock_name_check(name, NULL))
		return NULL;
	dirfd = lock_dir_open(state_dir, false, NULL);
	if (dirfd < 0)
		return NULL;
	fd = openat(dirfd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(dirfd);
	if (fd < 0)
		return NULL;
	if (fcntl(fd, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK)
		who = lock_text_read(fd);
	close(fd);
	if (who && !who[0]) {
		free(who);
		who = mem_strdup("another process");
	}
	return who;
}

void journal_lock_release(struct journal_lock *l)
{
	if (!l)
		return;
	lock_text_write(l->fd, "");
	close(l->fd);
	free(l->text);
	free(l);
}
