/*
 * target.c - targets, and how their secrets become bytes
 *
 * Invariants: a secret is in memory that is wiped before it is freed, whether
 * it was complete or not; it never was in an argument, a message or a file of
 * ours.  What a secret command writes to its standard error is thrown away,
 * since nobody knows what is in it.  A digest is keyed: two installations
 * cannot compare their secrets, and a digest cannot be searched for.
 *
 * Until the installation's key is loaded digests are keyed with random bytes
 * of this process, so that nothing that was computed early can be mistaken for
 * something lasting.
 *
 * Ownership: a target owns its parameters and references.  Threads: targets
 * are read-only once built; the digest key is under a mutex.  It does not
 * cache secrets.
 */
#include "orchestrator/port/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/digest.h"
#include "orchestrator/base/statedir.h"

#define SECRET_MAX 32768 /* a certificate with its key and chain */
#define SECRET_COMMAND_US (10 * 1000 * 1000)
#define DIGEST_KEY_LEN 32

extern char **environ;

static pthread_mutex_t key_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned char key_bytes[DIGEST_KEY_LEN];
static bool key_set;

const char *target_param(const struct target *t, const char *key,
			 const char *dflt)
{
	for (size_t i = 0; i < t->n_params; i++)
		if (strcmp(t->params[i].key, key) == 0)
			return t->params[i].value;
	return dflt;
}

void target_param_set(struct target *t, const char *key, const char *value)
{
	for (size_t i = 0; i < t->n_params; i++) {
		if (strcmp(t->params[i].key, key) == 0) {
			char *copy = mem_strdup(value);

			free(t->params[i].value);
			t->params[i].value = copy;
			return;
		}
	}
	t->params = mem_realloc(t->params, t->n_params + 1, sizeof(*t->params));
	t->params[t->n_params++] = (struct target_param){
		.key = mem_strdup(key),
		.value = mem_strdup(value),
	};
}

const struct secret_ref *target_secret(const struct target *t, const char *name)
{
	for (size_t i = 0; i < t->n_secrets; i++)
		if (t->secrets[i].name && strcmp(t->secrets[i].name, name) == 0)
			return &t->secrets[i];
	return NULL;
}

void target_done(struct target *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_params; i++) {
		free(t->params[i].key);
		free(t->params[i].value);
	}
	for (size_t i = 0; i < t->n_secrets; i++)
		secret_ref_done(&t->secrets[i]);
	secret_ref_done(&t->ssh.key);
	free(t->params);
	free(t->secrets);
	free(t->name);
	free(t->driver);
	free(t->ssh.host);
	free(t->ssh.user);
	free(t->ssh.host_key);
	free(t->ssh.known_hosts);
	*t = (struct target){0};
}

void secret_ref_copy(struct secret_ref *dst, const struct secret_ref *src)
{
	struct secret_ref copy = {
		.kind = src->kind,
		.name = mem_strdup(src->name),
		.value = mem_strdup(src->value),
	};

	for (size_t i = 0; i < src->argv.n; i++)
		state_list_add(&copy.argv, src->argv.v[i]);
	*dst = copy;
}

void secret_ref_done(struct secret_ref *ref)
{
	if (!ref)
		return;
	free(ref->name);
	free(ref->value);
	state_list_done(&ref->argv);
	*ref = (struct secret_ref){0};
}

/* Bytes on their way to becoming a secret; room for one too many. */
struct secret_bytes {
	char v[SECRET_MAX + 1];
	size_t n;
};

static const char *secret_name(const struct secret_ref *ref)
{
	return ref->name ? ref->name : "";
}

/* Checks, strips the line end and copies; always wipes what it was given. */
static char *secret_take(const struct secret_ref *ref, struct secret_bytes *b,
			 struct err *e)
{
	const char *bad = NULL;
	char *s = NULL;

	if (b->n > SECRET_MAX)
		bad = "is longer than 32768 bytes";
	else if (memchr(b->v, 0, b->n))
		bad = "has a NUL byte in it";
	if (!bad && b->n && b->v[b->n - 1] == '\n')
		b->n--;
	if (!bad && b->n && b->v[b->n - 1] == '\r')
		b->n--;
	if (!bad && !b->n)
		bad = "is empty";
	if (bad)
		err_set(e, ERR_INVALID, "secret '%s' %s", secret_name(ref),
			bad);
	else
		s = mem_strndup(b->v, b->n);
	explicit_bzero(b, sizeof(*b));
	return s;
}

static char *secret_from_env(const struct secret_ref *ref, struct err *e)
{
	const char *value = getenv(ref->value ? ref->value : "");
	struct secret_bytes b = {.n = 0};

	if (!value) {
		err_set(e, ERR_USAGE,
			"secret '%s': environment variable '%s' is not set; "
			"export it before cutover is started",
			secret_name(ref), ref->value ? ref->value : "");
		return NULL;
	}
	b.n = strlen(value);
	if (b.n <= SECRET_MAX)
		memcpy(b.v, value, b.n);
	return secret_take(ref, &b, e);
}

static bool secret_file_ok(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(e, ERR_IO, "secret file '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_REFUSED,
			       "secret file '%s' is not a regular file", path);
	if (st.st_mode & 007)
		return err_set(e, ERR_REFUSED,
			       "secret file '%s' is open to everybody (mode "
			       "%04o); close it with 'chmod 600'",
			       path, (unsigned)st.st_mode & 07777);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, ERR_REFUSED,
			       "secret file '%s' belongs to user %u, neither "
			       "to us nor to root; whoever owns it chooses the "
			       "secret",
			       path, (unsigned)st.st_uid);
	return true;
}

/* '~/x' as people write it in plans. */
static char *secret_path(const struct secret_ref *ref)
{
	const char *path = ref->value ? ref->value : "";
	const char *home = getenv("HOME");

	if (strncmp(path, "~/", 2) == 0 && home)
		return mem_format("%s/%s", home, path + 2);
	return mem_strdup(path);
}

static char *secret_from_file(const struct secret_ref *ref, struct err *e)
{
	mem_auto_free char *path = secret_path(ref);
	struct secret_bytes b = {.n = 0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t got = 0;

	if (fd < 0) {
		err_errno(e, ERR_IO, "secret '%s': cannot open '%s'",
			  secret_name(ref), path);
		return NULL;
	}
	if (!secret_file_ok(fd, path, e)) {
		close(fd);
		err_wrap(e, "secret '%s'", secret_name(ref));
		return NULL;
	}
	while (b.n < sizeof(b.v)) {
		got = read(fd, b.v + b.n, sizeof(b.v) - b.n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		b.n += (size_t)got;
	}
	if (got < 0) {
		err_errno(e, ERR_IO, "secret '%s': cannot read '%s'",
			  secret_name(ref), path);
		explicit_bzero(&b, sizeof(b));
	}
	close(fd);
	return got < 0 ? NULL : secret_take(ref, &b, e);
}

static int secret_spawn(char **argv, int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, dflt;
	int rc;

	sigemptyset(&none);
	sigemptyset(&dflt);
	sigaddset(&dflt, SIGPIPE);
	sigaddset(&dflt, SIGINT);
	sigaddset(&dflt, SIGTERM);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
						POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &dflt);
	rc = posix_spawnp(ret_pid, argv[0], &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* Reads to the end of file; false when the deadline came first. */
static bool secret_drain(int fd, struct secret_bytes *b, int64_t deadline_us)
{
	for (;;) {
		int64_t left = deadline_us - clock_mono_us();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t got;

		if (left <= 0)
			return false;
		if (poll(&p, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		got = read(fd, b->v + b->n, sizeof(b->v) - b->n);
		if (got > 0)
			b->n += (size_t)got;
		else if (got == 0 || errno != EINTR)
			return got == 0;
		if (b->n == sizeof(b->v))
			return true;
	}
}

/* Waits for the child up to the deadline, then kills its group. */
static int secret_reap(pid_t pid, bool wait, int64_t deadline_us)
{
	int status = -1;
	pid_t got = 0;

	while (wait && clock_mono_us() < deadline_us) {
		got = waitpid(pid, &status, WNOHANG);
		if (got != 0 && !(got < 0 && errno == EINTR))
			break;
		clock_sleep_us(1000);
	}
	kill(-pid, SIGKILL);
	while (got == 0 || (got < 0 && errno == EINTR))
		got = waitpid(pid, &status, 0);
	return status;
}

static char *secret_from_child(const struct secret_ref *ref, int fd, pid_t pid,
			       struct err *e)
{
	int64_t deadline = clock_mono_us() + SECRET_COMMAND_US;
	struct secret_bytes b = {.n = 0};
	bool complete = secret_drain(fd, &b, deadline);
	bool full = b.n > SECRET_MAX;
	int status = secret_reap(pid, complete && !full, deadline);

	if (full || (complete && WIFEXITED(status) && !WEXITSTATUS(status)))
		return secret_take(ref, &b, e);
	explicit_bzero(&b, sizeof(b));
	if (!complete || !WIFEXITED(status))
		err_set(e, ERR_TIMEOUT,
			"secret '%s': command '%s' did not end within 10 s",
			secret_name(ref), ref->argv.v[0]);
	else
		err_set(e, ERR_IO,
			"secret '%s': command '%s' failed with status %d; run "
			"it by hand to see why",
			secret_name(ref), ref->argv.v[0], WEXITSTATUS(status));
	return NULL;
}

static char *secret_from_command(const struct secret_ref *ref, struct err *e)
{
	char **argv;
	int fds[2], rc;
	char *s = NULL;
	pid_t pid;

	if (!ref->argv.n || pipe2(fds, O_CLOEXEC) < 0) {
		err_set(e, ERR_IO, "secret '%s': its command cannot be started",
			secret_name(ref));
		return NULL;
	}
	argv = mem_calloc(ref->argv.n + 1, sizeof(*argv));
	memcpy(argv, ref->argv.v, ref->argv.n * sizeof(*argv));
	rc = secret_spawn(argv, fds[1], &pid);
	close(fds[1]);
	if (rc == 0) {
		s = secret_from_child(ref, fds[0], pid, e);
	} else {
		errno = rc;
		err_errno(e, ERR_IO, "secret '%s': cannot start '%s'",
			  secret_name(ref), argv[0]);
	}
	close(fds[0]);
	free(argv);
	return s;
}

char *secret_fetch(const struct secret_ref *ref, struct err *e)
{
	switch (ref->kind) {
	case SECRET_ENV:
		return secret_from_env(ref, e);
	case SECRET_FILE:
		return secret_from_file(ref, e);
	case SECRET_COMMAND:
		return secret_from_command(ref, e);
	case SECRET_NONE:
		break;
	}
	err_set(e, ERR_USAGE, "secret '%s' is not defined", secret_name(ref));
	return NULL;
}

char *secret_digest(const char *secret)
{
	unsigned char key[DIGEST_KEY_LEN];
	mem_auto_free char *hex = NULL;

	pthread_mutex_lock(&key_mutex);
	if (!key_set) {
		digest_random(key_bytes, sizeof(key_bytes));
		key_set = true;
	}
	memcpy(key, key_bytes, sizeof(key));
	pthread_mutex_unlock(&key_mutex);
	hex = digest_hmac_hex(key, sizeof(key), secret, strlen(secret));
	explicit_bzero(key, sizeof(key));
	return mem_format("hmac-sha256:%s", hex);
}

bool secret_digest_key_load(const char *state_dir, struct err *e)
{
	mem_auto_free char *path = mem_format("%s/digest.key", state_dir);
	unsigned char fresh[DIGEST_KEY_LEN];
	struct err first = ERR_INIT;
	struct buf b = BUF_INIT;
	bool won, ok = statedir_file_read(path, DIGEST_KEY_LEN, &b, &first);

	if (!ok && first.code == ERR_USAGE) {
		digest_random(fresh, sizeof(fresh));
		ok = statedir_file_create(path, fresh, sizeof(fresh), &won,
					  &first) &&
		     statedir_file_read(path, DIGEST_KEY_LEN, &b, &first);
		explicit_bzero(fresh, sizeof(fresh));
	}
	if (ok && b.len != DIGEST_KEY_LEN)
		ok = err_set(&first, ERR_INVALID,
			     "digest key '%s' has %zu bytes instead of %d; "
			     "restore it from a backup",
			     path, b.len, DIGEST_KEY_LEN);
	if (ok) {
		pthread_mutex_lock(&key_mutex);
		memcpy(key_bytes, b.data, sizeof(key_bytes));
		key_set = true;
		pthread_mutex_unlock(&key_mutex);
		err_done(&first);
	} else {
		err_move(e, &first);
	}
	if (b.data)
		explicit_bzero(b.data, b.cap);
	buf_done(&b);
	return ok;
}
