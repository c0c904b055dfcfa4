/*
 * control.c - server and client of a run's socket
 *
 * Invariants: requests are lines of at most LINE_MAX_BYTES; a client that
 * sends more, or that leaves BACKLOG_BYTES unread, is dropped.  The
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
#define BACKLOG_BYTES (8u << 20) /* that a client has not read yet */
#define NAME_BYTES 64
#define CLIENT_WAIT_S 10

struct client {
	int fd, id;
	bool follows;
	char *name;
	struct buf in, out;
	size_t sent; /* of out */
};

struct control {
	int listener, dirfd;
	char *name;
	struct client v[CONTROL_CLIENTS_MAX];
	size_t n;
	int ids, holder;
	bool changed;
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
	struct client *cl = &c->v[i];

	c->changed |= cl->follows;
	if (cl->id == c->holder)
		c->holder = 0;
	close(cl->fd);
	free(cl->name);
	buf_done(&cl->in);
	buf_done(&cl->out);
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

static short events_of(const struct client *cl)
{
	return POLLIN | (cl->out.len > cl->sent ? POLLOUT : 0);
}

size_t control_fds(const struct control *c, struct pollfd *ret)
{
	ret[0] = (struct pollfd){.fd = c->listener, .events = POLLIN};
	for (size_t i = 0; i < c->n; i++)
		ret[i + 1] = (struct pollfd){.fd = c->v[i].fd,
					     .events = events_of(&c->v[i])};
	return c->n + 1;
}

/* ---- out ---- */

/* What the other side takes now; false: it is gone, or takes too little. */
static bool flush(struct client *cl)
{
	while (cl->out.len > cl->sent) {
		ssize_t n = send(cl->fd, cl->out.data + cl->sent,
				 cl->out.len - cl->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN &&
			       cl->out.len - cl->sent < BACKLOG_BYTES;
		cl->sent += (size_t)n;
	}
	buf_clear(&cl->out);
	cl->sent = 0;
	return true;
}

static bool queue(struct client *cl, const char *text)
{
	buf_printf(&cl->out, "%s\n", text);
	return flush(cl);
}

/* ---- in ---- */

/* A name from outside is shown on other people's screens. */
static char *clean_name(const char *name)
{
	buf_auto b = BUF_INIT;

	for (; *name && b.len < NAME_BYTES; name++)
		if ((unsigned char)*name >= ' ' && *name != 0x7f)
			buf_putc(&b, *name);
	return buf_steal(&b);
}

static void take_name(struct control *c, struct client *cl,
		      const json_t *request)
{
	const char *name = json_peek_str(request, "name", NULL);

	if (!name)
		return;
	free(cl->name);
	cl->name = clean_name(name);
	c->changed |= cl->follows;
}

static json_t *answer(struct control *c, struct client *cl, const char *line,
		      size_t n, control_fn *fn, void *arg)
{
	err_auto e = ERR_INIT;
	json_auto *request = json_text_parse(line, n, &e);
	struct control_client who;

	if (!json_is_object(request))
		return json_pack("{s:b,s:s}", "ok", 0, "error",
				 request ? "a request is an object"
					 : err_msg(&e));
	take_name(c, cl, request);
	if (strcmp(json_peek_str(request, "command", ""), "follow") == 0) {
		c->changed |= !cl->follows;
		cl->follows = true;
	}
	who = (struct control_client){cl->id, cl->follows,
				      cl->name ? cl->name : ""};
	return fn(arg, &who, request);
}

/* Each whole line that came; false: drop this client. */
static bool serve_lines(struct control *c, struct client *cl, control_fn *fn,
			void *arg)
{
	size_t at = 0;
	struct buf rest = BUF_INIT;
	char *nl;

	while ((nl = memchr(cl->in.data + at, '\n', cl->in.len - at))) {
		size_t len = (size_t)(nl - cl->in.data) - at;
		json_auto *out = answer(c, cl, cl->in.data + at, len, fn, arg);
		mem_auto_free char *text = json_text_canonical(out);

		at += len + 1;
		if (!queue(cl, text))
			return false;
	}
	buf_add(&rest, cl->in.data + at, cl->in.len - at);
	buf_done(&cl->in);
	cl->in = rest;
	return cl->in.len < LINE_MAX_BYTES;
}

/* False: the client is gone or misbehaves. */
static bool serve(struct control *c, struct client *cl, control_fn *fn,
		  void *arg)
{
	char chunk[4096];
	ssize_t n = recv(cl->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (!flush(cl))
		return false;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	buf_add(&cl->in, chunk, (size_t)n);
	return serve_lines(c, cl, fn, arg);
}

void control_turn(struct control *c, control_fn *fn, void *arg)
{
	while (c->n < CONTROL_CLIENTS_MAX) {
		int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		c->v[c->n++] = (struct client){.fd = fd, .id = ++c->ids};
	}
	for (size_t i = c->n; i-- > 0;)
		if (!serve(c, &c->v[i], fn, arg))
			drop(c, i);
}

/* ---- those who follow ---- */

bool control_followed(const struct control *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].follows)
			return true;
	return false;
}

void control_publish(struct control *c, const json_t *event)
{
	mem_auto_free char *text = NULL;

	if (!control_followed(c))
		return;
	text = json_text_canonical(event);
	for (size_t i = c->n; i-- > 0;)
		if (c->v[i].follows && !queue(&c->v[i], text))
			drop(c, i);
}

bool control_screens_changed(struct control *c)
{
	bool changed = c->changed;

	c->changed = false;
	return changed;
}

json_t *control_screens(const struct control *c)
{
	json_t *j = json_array();

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].follows)
			json_array_append_new(
				j,
				json_pack("{s:i,s:s,s:b}", "id", c->v[i].id,
					  "name",
					  c->v[i].name ? c->v[i].name : "",
					  "control", c->v[i].id == c->holder));
	return j;
}

void control_give(struct control *c, int id)
{
	bool there = id == 0;

	for (size_t i = 0; i < c->n; i++)
		there |= c->v[i].id == id && c->v[i].follows;
	if (!there || c->holder == id)
		return;
	c->holder = id;
	c->changed = true;
}

int control_holder(const struct control *c)
{
	return c->holder;
}

/* ---- client ---- */

static int open_socket(const char *state_dir, const char *run_id, struct err *e)
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

int control_connect(const char *state_dir, const char *run_id, struct err *e)
{
	err_auto inner = ERR_INIT;
	int fd = open_socket(state_dir, run_id, &inner);

	if (fd >= 0)
		return fd;
	err_set(e, ERR_IO, "run '%s' is not live", run_id);
	if (e)
		e->rule = mem_strdup("not-live");
	return -1;
}

json_t *control_ask(const char *state_dir, const char *run_id,
		    const json_t *request, struct err *e)
{
	mem_auto_free char *text = json_text_canonical(request);
	mem_auto_free char *asked = mem_format("%s\n", text);
	buf_auto line = BUF_INIT;
	int fd = control_connect(state_dir, run_id, e);
	json_t *j = NULL;

	if (fd < 0)
		return NULL;
	if (send(fd, asked, strlen(asked), MSG_NOSIGNAL) !=
	    (ssize_t)strlen(asked))
		err_errno(e, ERR_IO, "cannot reach run '%s'", run_id);
	else if (read_line(fd, &line, e))
		j = json_text_parse(buf_str(&line), line.len, e);
	close(fd);
	return j;
}
