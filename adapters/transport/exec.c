/*
 * exec.c - commands in a local shell
 *
 * The child's standard input is a socket, so that a child that is gone gives
 * an error instead of SIGPIPE.  Both outputs are pipes, read as they fill.
 *
 * Invariants: when run() returns the child has been waited for, and unless it
 * ended by itself its process group was killed first.  What the wrapper put
 * into a group of its own (the script, under timeout(1)) lives on to its
 * device-side deadline exactly as it would on a remote device.
 *
 * Threads: none of its own; spawning is safe beside other threads.  It does not
 * interpret what the command writes.
 */
#include "adapters/transport/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"

#define EXEC_END_US (200 * 1000) /* for a child that has said all to exit */

extern char **environ;

struct exec_transport {
	struct transport transport; /* first: the two are one object */
	char *command;
};

struct exec_run {
	const struct transport_job *job;
	pid_t pid;
	int in, out[2]; /* our ends, -1 when closed; out: stdout, stderr */
	size_t sent;
	bool enough;
};

int transport_left_ms(int64_t deadline_us, int max_ms)
{
	int64_t left = deadline_us - clock_mono_us();

	if (left <= 0)
		return 0;
	return left / 1000 >= max_ms ? max_ms : (int)(left / 1000) + 1;
}

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int exec_spawn_with(const char *command, const int in[2], int out[2][2],
			   pid_t *ret_pid)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in[1], 0);
	posix_spawn_file_actions_adddup2(&files, out[0][1], 1);
	posix_spawn_file_actions_adddup2(&files, out[1][1], 2);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID |
						POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	rc = posix_spawn(ret_pid, "/bin/sh", &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static bool exec_start(struct exec_run *r, const char *command, struct err *e)
{
	int in[2] = {-1, -1}, out[2][2] = {{-1, -1}, {-1, -1}};
	bool ok = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) == 0 &&
		  pipe2(out[0], O_CLOEXEC) == 0 &&
		  pipe2(out[1], O_CLOEXEC) == 0;

	if (ok) {
		errno = exec_spawn_with(command, in, out, &r->pid);
		ok = errno == 0;
	}
	if (!ok)
		err_errno(e, ERR_RETRY, "cannot start a local shell");
	fd_close(&in[1]);
	fd_close(&out[0][1]);
	fd_close(&out[1][1]);
	r->in = in[0];
	r->out[0] = out[0][0];
	r->out[1] = out[1][0];
	return ok;
}

static void exec_feed(struct exec_run *r)
{
	size_t left = r->job->input_len - r->sent;
	ssize_t n = left ? send(r->in, r->job->input + r->sent, left,
				MSG_NOSIGNAL | MSG_DONTWAIT)
			 : 0;

	if (n > 0)
		r->sent += (size_t)n;
	if (r->sent == r->job->input_len ||
	    (n < 0 && errno != EAGAIN && errno != EINTR))
		fd_close(&r->in);
}

static void exec_take(struct exec_run *r, int i)
{
	char chunk[65536];
	ssize_t n = read(r->out[i], chunk, sizeof(chunk));

	if (n > 0)
		r->enough =
			r->job->output(r->job->arg, i + 1, chunk, (size_t)n);
	else if (n == 0 || errno != EINTR)
		fd_close(&r->out[i]);
}

static bool exec_pump(struct exec_run *r, int64_t deadline_us)
{
	while (!r->enough && (r->out[0] >= 0 || r->out[1] >= 0)) {
		struct pollfd p[] = {
			{.fd = r->out[0], .events = POLLIN},
			{.fd = r->out[1], .events = POLLIN},
			{.fd = r->in, .events = POLLOUT},
		};
		int n = poll(p, ARRAY_LEN(p),
			     transport_left_ms(deadline_us, 60000));

		if (n == 0 && clock_mono_us() >= deadline_us)
			return false;
		if (n <= 0)
			continue;
		if (p[2].revents)
			exec_feed(r);
		for (int i = 0; i < 2 && !r->enough; i++)
			if (p[i].revents)
				exec_take(r, i);
	}
	return true;
}

static void exec_reap(struct exec_run *r, bool ended)
{
	int64_t until = clock_mono_us() + (ended ? EXEC_END_US : 0);
	pid_t got = 0;

	while (ended && clock_mono_us() < until) {
		got = waitpid(r->pid, NULL, WNOHANG);
		if (got != 0)
			break;
		clock_sleep_us(200);
	}
	if (got != 0)
		return;
	kill(-r->pid, SIGKILL);
	while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static enum transport_end exec_run_job(struct transport *t,
				       const struct transport_job *job,
				       int64_t deadline_us, struct err *e)
{
	struct exec_run r = {.job = job, .in = -1, .out = {-1, -1}};
	enum transport_end end = TRANSPORT_NEVER;
	struct exec_transport *x = (struct exec_transport *)t;
	bool started = exec_start(&r, x->command, e);

	if (started) {
		bool ended = exec_pump(&r, deadline_us);

		if (ended)
			end = TRANSPORT_ENDED;
		else if (r.sent == job->input_len)
			end = TRANSPORT_CUT;
		if (!ended)
			err_set(e, ERR_TIMEOUT,
				"no answer before the deadline");
		exec_reap(&r, ended);
	}
	fd_close(&r.in);
	fd_close(&r.out[0]);
	fd_close(&r.out[1]);
	return end;
}

static void exec_close(struct transport *t)
{
	struct exec_transport *x = (struct exec_transport *)t;

	free(x->command);
	free(x);
}

struct transport *exec_open(const char *command)
{
	struct exec_transport *x = mem_alloc(sizeof(*x));

	x->transport.run = exec_run_job;
	x->transport.close = exec_close;
	x->command = mem_strdup(command);
	return &x->transport;
}
