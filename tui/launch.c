/*
 * launch.c - fork, a session of its own, exec of this very program
 */
#include "tui/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 16
#define TEXT_MAX 65536

static void child(int out, const char *const *argv)
{
	const char *v[ARGS_MAX + 2] = {"cutover"};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	for (int i = 0; i < ARGS_MAX && argv[i]; i++)
		v[i + 1] = argv[i];
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid(); /* a terminal that hangs up is none of its business */
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	execv("/proc/self/exe", (char *const *)v);
	_exit(127);
}

bool launch_start(struct launch *l, const char *const *argv, struct err *e)
{
	launch_done(l);
	l->fd = memfd_create("cutover-run", MFD_CLOEXEC);
	if (l->fd < 0)
		return err_errno(e, ERR_IO, "memfd_create");
	l->pid = fork();
	if (l->pid == 0)
		child(l->fd, argv);
	if (l->pid < 0) {
		l->pid = 0;
		return err_errno(e, ERR_IO, "fork");
	}
	return true;
}

bool launch_turn(struct launch *l)
{
	char chunk[4096];
	bool news = false;
	int status;
	ssize_t n;

	if (!l->pid)
		return false;
	while (l->text.len < TEXT_MAX && (n = pread(l->fd, chunk, sizeof(chunk),
						    (off_t)l->text.len)) > 0) {
		buf_add(&l->text, chunk, (size_t)n);
		news = true;
	}
	if (!l->ended && waitpid(l->pid, &status, WNOHANG) == l->pid) {
		l->ended = news = true;
		l->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
	}
	return news;
}

char *launch_run(const struct launch *l)
{
	const char *text = buf_str(&l->text);

	while (*text) {
		size_t n = strcspn(text, "\n");

		if (strncmp(text, "run ", 4) == 0 && text[n] == '\n')
			return mem_strndup(text + 4, n - 4);
		text += n + (text[n] == '\n');
	}
	return NULL;
}

char *launch_last(const struct launch *l)
{
	const char *text = buf_str(&l->text);
	size_t n = strlen(text), from;

	while (n && text[n - 1] == '\n')
		n--;
	for (from = n; from && n - from < 400; from--)
		;
	while (from && from < n && text[from - 1] != '\n')
		from++;
	return mem_strndup(text + from, n - from);
}

void launch_done(struct launch *l)
{
	if (l->fd >= 0 && l->pid)
		close(l->fd);
	buf_done(&l->text);
	*l = (struct launch){.fd = -1};
}
