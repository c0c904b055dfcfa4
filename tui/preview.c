/*
 * preview.c - the child process and what it has written
 */
#include "tui/preview.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/preview_make.h"

const char *preview_name(enum preview_view v)
{
	static const char *const names[] = {"steps and commands",
					    "the way back", "routes and pairs",
					    "the proof"};

	return names[v];
}

static void child(const struct cmd_context *c, int out)
{
	json_t *j = preview_make(c);
	char *text = json_text_canonical(j);
	FILE *f = fdopen(out, "w");
	bool ok = f && fputs(text, f) >= 0 && fclose(f) == 0;

	_exit(ok ? 0 : 1);
}

void preview_start(struct preview *r, const struct cmd_context *c)
{
	int fd[2];

	preview_done(r);
	r->rollback_ms = -1;
	if (pipe2(fd, O_CLOEXEC) < 0) {
		r->done = r->failed = true;
		return;
	}
	r->pid = fork();
	if (r->pid == 0) {
		nice(5); /* a run's own process comes first */
		child(c, fd[1]);
	}
	close(fd[1]);
	r->fd = fd[0];
	fcntl(r->fd, F_SETFL, O_NONBLOCK);
}

size_t preview_fds(const struct preview *r, struct pollfd *ret)
{
	if (r->pid <= 0)
		return 0;
	*ret = (struct pollfd){.fd = r->fd, .events = POLLIN};
	return 1;
}

static void take_view(struct view_lines *l, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *x = json_array_get(list, i);
		json_int_t depth = json_integer_value(json_array_get(x, 0));
		json_int_t style = json_integer_value(json_array_get(x, 1));
		const char *text = json_string_value(json_array_get(x, 2));

		view_lines_add(l, (int)depth, GLYPHS, (enum style)style,
			       mem_strdup(text ? text : ""));
	}
}

static void take(struct preview *r)
{
	json_auto *j = json_text_parse(buf_str(&r->text), r->text.len, NULL);
	const json_t *views = json_peek(j, "views");

	r->failed = !json_is_array(views);
	r->rollback_ms = json_peek_int(j, "rollback_ms", -1);
	r->errors = (size_t)json_peek_int(j, "errors", 0);
	r->warnings = (size_t)json_peek_int(j, "warnings", 0);
	for (size_t i = 0; i < PREVIEW_VIEWS; i++)
		take_view(&r->lines[i], json_array_get(views, i));
	buf_done(&r->text);
}

bool preview_turn(struct preview *r)
{
	char chunk[65536];
	ssize_t n = 0;

	if (r->pid <= 0)
		return false;
	while ((n = read(r->fd, chunk, sizeof(chunk))) > 0)
		buf_add(&r->text, chunk, (size_t)n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	close(r->fd);
	waitpid(r->pid, NULL, 0);
	r->pid = 0;
	r->done = true;
	take(r);
	return true;
}

void preview_done(struct preview *r)
{
	if (r->pid > 0) {
		kill(r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
		close(r->fd);
	}
	for (size_t i = 0; i < PREVIEW_VIEWS; i++)
		view_lines_done(&r->lines[i]);
	buf_done(&r->text);
	*r = (struct preview){.rollback_ms = -1};
}
