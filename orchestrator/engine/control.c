/*
 * control.c - server and client of a run's socket
 *
 * Invariants: requests are lines of at most LINE_MAX_BYTES; a client that
 * sends more, or that does not take its answer at once, is dropped.  The
 * socket is reached through a descriptor of its folder, so that its path may
 * be longer than a socket address.
 */
#include "orchestrator/engine/control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/statedir.h"

#define LINE_MAX_BYTES 65536
#define CLIENT_WAIT_S 10

struct client {
	int fd;
	bool follows;
	struct buf in;
};

struct control {
	int listener, dirfd;
	char *name;
	struct client v[CONTROL_CLIENTS_MAX];
	size_t n;
};

/* STATE/run, made if missing, ours alone. */
static int open_folder(const char *state_dir, bool create, struct err *e)
{
	mem_auto_free char *dir =
		state_dir ? mem_strdup(state_dir) : statedir_default(e);
	mem_auto_free char *run = dir ? mem_format("%s/run", dir) : NULL;

	return run ? statedir_open(run, create, e) : -1;
}

static bool address(int dirfd, const char *name, struct sockaddr_un *ret,
		    struct err *e)
{
	mem_auto_free char *path =
		mem_format("/proc/self/fd/%d/%s", dirfd, name);

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(ret->sun_path))
		return err_set(e, ERR_INTERNAL, "socket name '%s' is too long",
			       name);
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return true;
}

static bool listen_at(struct control *c, struct err *e)
{
	struct sockaddr_un a;
	mode_t old;
	int rc;

	if (!address(c->dirfd, c->name, &a, e))
		return false;
	unlinkat(c->dirfd, c->name, 0); /* the run's lock is ours */
	c->listener =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listener < 0)
		return err_errno(e, ERR_IO, "socket");
	old = umask(0177);
	rc = bind(c->listener, (struct sockaddr *)&a, sizeof(a));
	umask(old);
	if (rc < 0 || listen(c->listener, CONTROL_CLIENTS_MAX) < 0)
		return err_errno(e, ERR_IO, "the run's socket '%s'", c->name);
	return true;
}

struct control *control_new(const char *state_dir, const char *run_id,
			    struct err *e)
{
	struct control *c = mem_alloc(sizeof(*c));

	c->listener = -1;
	c->name = mem_format("%s.sock", run_id);
	c->dirfd = open_folder(state_dir, true, e);
	if (c->dirfd >= 0 && listen_at(c, e))
		return c;
	control_free(c);
	return NULL;
}

static void drop(struct control *c, size_t i)
{
	close(c->v[i].fd);
	buf_done(&c->v[i].in);
	c->v[i] = c->v[--c->n];
}

void control_free(struct control *c)
{
	if (!c)
		return;
	while (c->n)
		drop(c, c->n - 1);
	if (c->listener >= 0) {
		close(c->listener);
		unlinkat(c->dirfd, c->name, 0);
	}
	if (c->dirfd >= 0)
		close(c->dirfd);
	free(c->name);
	free(c);
}

size_t control_fds(const struct control *c, struct pollfd *ret)
{
	ret[0] = (struct pollfd){.fd = c->listener, .events = POLLIN};
	for (size_t i = 0; i < c->n; i++)
		ret[i + 1] =
			(struct pollfd){.fd = c->v[i].fd, .events = POLLIN};
	return c->n + 1;
}

/* One line; false when the other side does not take it. */
static bool send_line(int fd, const json_t *j)
{
	mem_auto_free char *text = json_text_canonical(j);
	buf_auto line = BUF_INIT;

	buf_printf(&line, "%s\n", text);
	return send(fd, line.data, line.len, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)line.len;
}

static json_t *answer(struct client *cl, const char *line, size_t n,
		      json_t *(*fn)(void *, const json_t *), void *arg)
{
	err_auto e = ERR_INIT;
	json_auto *request = json_text_parse(line, n, &e);

	if (!request)
		return json_pack("{s:b,s:s}", "ok", 0, "error", err_msg(&e));
	if (strcmp(json_peek_str(request, "command", ""), "follow") == 0) {
		cl->follows = true;
		return json_pack("{s:b}", "ok", 1);
	}
	return fn(arg, request);
}

/* False: the client is gone or misbehaves. */
static bool serve(struct client *cl, json_t *(*fn)(void *, const json_t *),
		  void *arg)
{
	char chunk[4096];
	ssize_t n = recv(cl->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	char *nl;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	buf_add(&cl->in, chunk, (size_t)n);
	while ((nl = memchr(cl->in.data, '\n', cl->in.len))) {
		size_t len = (size_t)(nl - cl->in.data);
		json_auto *out = answer(cl, cl->in.data, len, fn, arg);
		struct buf rest = BUF_INIT;

		if (!send_line(cl->fd, out))
			return false;
		buf_add(&rest, nl + 1, cl->in.len - len - 1);
		buf_done(&cl->in);
		cl->in = rest;
	}
	return cl->in.len < LINE_MAX_BYTES;
}

void control_turn(struct control *c,
		  json_t *(*fn)(void *arg, const json_t *request), void *arg)
{
	while (c->n < CONTROL_CLIENTS_MAX) {
		int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		c->v[c->n++] = (struct client){.fd = fd};
	}
	for (size_t i = c->n; i-- > 0;)
		if (!serve(&c->v[i], fn, arg))
			drop(c, i);
}

bool control_followed(const struct control *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].follows)
			return true;
	return false;
}

void control_publish(struct control *c, const json_t *row)
{
	for (size_t i = c->n; i-- > 0;)
		if (c->v[i].follows && !send_line(c->v[i].fd, row))
			drop(c, i);
}

/* ---- client ---- */

static int connect_to(const char *state_dir, const char *run_id, struct err *e)
{
	mem_auto_free char *name = mem_format("%s.sock", run_id);
	struct timeval wait = {.tv_sec = CLIENT_WAIT_S};
	struct sockaddr_un a;
	int dirfd = open_folder(state_dir, false, e);
	int fd;

	if (dirfd < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && address(dirfd, name, &a, e)) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
			close(dirfd);
			return fd;
		}
	}
	if (fd >= 0)
		close(fd);
	close(dirfd);
	return -1;
}

static bool read_line(int fd, struct buf *ret, struct err *e)
{
	char c;

	while (recv(fd, &c, 1, 0) == 1) {
		if (c == '\n')
			return true;
		buf_putc(ret, c);
	}
	return err_errno(e, ERR_TIMEOUT, "the run did not answer");
}

json_t *control_ask(const char *state_dir, const char *run_id,
		    const json_t *request, struct err *e)
{
	err_auto inner = ERR_INIT;
	buf_auto line = BUF_INIT;
	int fd = connect_to(state_dir, run_id, &inner);
	json_t *j = NULL;

	if (fd < 0) {
		err_set(e, ERR_IO, "run '%s' is not live", run_id);
		if (e)
			e->rule = mem_strdup("not-live");
		return NULL;
	}
	if (!send_line(fd, request))
		err_errno(e, ERR_IO, "cannot reach run '%s'", run_id);
	else if (read_line(fd, &line, e))
		j = json_text_parse(buf_str(&line), line.len, e);
	close(fd);
	return j;
}
