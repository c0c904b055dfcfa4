/*
 * feed.c - lines from and to the socket
 *
 * What is no JSON object is skipped; a line without an end that grows beyond
 * LINE_BYTES ends the connection.
 */
#include "tui/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "orchestrator/engine/control.h"

#define LINE_BYTES (64u << 20)
#define RETRY_US 1000000

void feed_init(struct feed *f, const char *state_dir, const char *run,
	       const char *name)
{
	*f = (struct feed){.state_dir = mem_strdup(state_dir),
			   .run = mem_strdup(run),
			   .name = mem_strdup(name),
			   .fd = -1};
}

static void hang_up(struct feed *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	buf_done(&f->in);
	buf_done(&f->out);
}

void feed_done(struct feed *f)
{
	hang_up(f);
	free(f->state_dir);
	free(f->run);
	free(f->name);
	*f = (struct feed){.fd = -1};
}

bool feed_is_up(const struct feed *f)
{
	return f->run && f->fd >= 0;
}

size_t feed_fds(const struct feed *f, struct pollfd *ret)
{
	if (!feed_is_up(f))
		return 0;
	*ret = (struct pollfd){
		.fd = f->fd,
		.events = (short)(POLLIN | (f->out.len ? POLLOUT : 0))};
	return 1;
}

static bool dial(struct feed *f)
{
	json_auto *hello =
		json_pack("{s:s,s:s,s:b}", "command", "follow", "name",
			  f->name ? f->name : "", "looks", 1);

	f->fd = control_connect(f->state_dir, f->run, NULL);
	if (f->fd < 0)
		return false;
	fcntl(f->fd, F_SETFL, fcntl(f->fd, F_GETFL) | O_NONBLOCK);
	return feed_send(f, hello);
}

static bool flush(struct feed *f)
{
	struct buf rest = BUF_INIT;
	ssize_t n;

	if (!f->out.len)
		return true;
	n = send(f->fd, f->out.data, f->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_add(&rest, f->out.data + n, f->out.len - (size_t)n);
	buf_done(&f->out);
	f->out = rest;
	return true;
}

bool feed_send(struct feed *f, const json_t *request)
{
	mem_auto_free char *text = NULL;

	if (f->fd < 0)
		return false;
	text = json_text_canonical(request);
	buf_printf(&f->out, "%s\n", text);
	return flush(f);
}

static void take_lines(struct feed *f, feed_fn *fn, void *arg)
{
	size_t at = 0;
	struct buf rest = BUF_INIT;
	char *nl;

	while (f->in.len > at &&
	       (nl = memchr(f->in.data + at, '\n', f->in.len - at))) {
		size_t n = (size_t)(nl - f->in.data) - at;
		json_auto *j = json_text_parse(f->in.data + at, n, NULL);

		at += n + 1;
		if (json_is_object(j))
			fn(arg, j);
	}
	if (!at)
		return;
	buf_add(&rest, f->in.data + at, f->in.len - at);
	buf_done(&f->in);
	f->in = rest;
}

/* False: the connection is gone. */
static bool receive(struct feed *f, feed_fn *fn, void *arg)
{
	char chunk[65536];
	ssize_t n;

	while ((n = recv(f->fd, chunk, sizeof(chunk), MSG_DONTWAIT)) > 0) {
		buf_add(&f->in, chunk, (size_t)n);
		take_lines(f, fn, arg);
		if (f->in.len > LINE_BYTES)
			return false;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

bool feed_turn(struct feed *f, int64_t mono_us, feed_fn *fn, void *arg)
{
	if (!f->run)
		return false;
	if (f->fd < 0) {
		if (mono_us < f->retry_us)
			return false;
		f->retry_us = mono_us + RETRY_US;
		if (!dial(f)) {
			hang_up(f);
			return false;
		}
		return true;
	}
	if (flush(f) && receive(f, fn, arg))
		return false;
	hang_up(f);
	f->retry_us = mono_us + RETRY_US / 4;
	return true;
}
