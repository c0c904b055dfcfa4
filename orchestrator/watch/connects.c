/*
 * connects.c - attempts, many at a time, each with its own source port
 *
 * A lost SYN is sent again by the system after a second: that attempt is late
 * or slow, not lost, and 'retransmits' counts it.  Round trip only: a SYN that
 * was lost and an answer that was lost look the same.
 */
#include "orchestrator/watch/connects.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/watch/flow.h"
#include "orchestrator/watch/loop.h"

#define ATTEMPTS 512 /* open at a time */
#define HEAD 16	     /* bytes of an answer: 'HTTP/1.1 200 ' */

enum phase { FREE, CONNECTING, READING, DRAINING };

struct attempt {
	enum phase phase;
	int fd;
	uint32_t seq;
	int64_t start_us;
	char head[HEAD + 1];
	size_t n;
};

struct connects {
	struct loop loop;
	const struct probe_options *o;
	struct probe_ends ends;
	bool http;
	char *request;
	struct attempt v[ATTEMPTS];
	size_t slot[ATTEMPTS]; /* of each entry that is waited for */
	struct flow flow;
	int64_t refused, unreachable, timeouts, retransmits, resets;
	int64_t status, bad_status;
	bool refusing;
};

static void finish(struct attempt *a)
{
	close(a->fd);
	a->phase = FREE;
}

static void answered(struct connects *c, struct attempt *a, bool as_it_should)
{
	struct stamp_reply r = {.seq = a->seq, .sender.seq = a->seq};
	int64_t rtt = flow_reply(&c->flow, &r, c->loop.now_us);

	if (rtt >= 0)
		sample_rtt_add(&c->loop.rtts, rtt);
	c->refusing = !as_it_should;
}

/* ---- one attempt ---- */

static struct attempt *free_slot(struct connects *c)
{
	for (size_t i = 0; i < ATTEMPTS; i++)
		if (c->v[i].phase == FREE)
			return &c->v[i];
	return NULL;
}

static int open_socket(const struct connects *c)
{
	int family = c->ends.to.ss_family, on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (c->ends.has_from &&
	    bind(fd, (const void *)&c->ends.from, c->ends.len) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The attempt ended with this error; what that says about path and service. */
static void failed(struct connects *c, struct attempt *a, int error)
{
	if (error == ECONNREFUSED) {
		c->refused++;
		answered(c, a, false);
	} else if (error == ECONNRESET || error == EPIPE) {
		c->resets++;
	} else if (error == ETIMEDOUT) {
		c->timeouts++;
	} else {
		c->unreachable++;
	}
	finish(a);
}

static void connects_send(void *self)
{
	struct connects *c = self;
	struct attempt *a = free_slot(c);
	int fd = a ? open_socket(c) : -1;

	if (fd < 0)
		return; /* the system's limit, not the path's: not counted */
	*a = (struct attempt){
		.phase = CONNECTING,
		.fd = fd,
		.seq = flow_sent(&c->flow, c->loop.now_us, false),
		.start_us = c->loop.now_us,
	};
	if (connect(fd, (const void *)&c->ends.to, c->ends.len) < 0 &&
	    errno != EINPROGRESS)
		failed(c, a, errno);
}

static void connected(struct connects *c, struct attempt *a)
{
	struct tcp_info info = {0};
	socklen_t n = sizeof(info);
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		failed(c, a, error);
		return;
	}
	getsockopt(a->fd, IPPROTO_TCP, TCP_INFO, &info, &n);
	c->retransmits += info.tcpi_total_retrans;
	if (!c->http) {
		answered(c, a, true);
		finish(a);
		return;
	}
	a->phase = READING;
	if (send(a->fd, c->request, strlen(c->request), MSG_NOSIGNAL) < 0)
		failed(c, a, errno);
}

/* 'HTTP/1.1 200 ...'; 0: it is none. */
static int status_of(const char *head)
{
	int status = 0;

	if (strncmp(head, "HTTP/", 5) != 0 || !strchr(head, ' '))
		return 0;
	sscanf(strchr(head, ' '), "%3d", &status);
	return status;
}

static void read_head(struct connects *c, struct attempt *a)
{
	ssize_t n = recv(a->fd, a->head + a->n, HEAD - a->n, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		failed(c, a, errno);
		return;
	}
	a->n += (size_t)n;
	if (a->n < HEAD && n > 0)
		return;
	c->status = status_of(a->head);
	if (c->status < 200 || c->status > 399)
		c->bad_status++;
	answered(c, a, c->status >= 200 && c->status <= 399);
	a->phase = DRAINING;
}

/* The rest is read so that the far end can close in peace. */
static void drain(struct attempt *a)
{
	char rest[16384];
	ssize_t n = recv(a->fd, rest, sizeof(rest), 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		finish(a);
}

/* ---- the loop's ---- */

static size_t connects_fds(void *self, struct pollfd *ret)
{
	struct connects *c = self;
	size_t n = 0;

	for (size_t i = 0; i < ATTEMPTS; i++) {
		const struct attempt *a = &c->v[i];

		if (a->phase == FREE)
			continue;
		c->slot[n] = i;
		ret[n++] = (struct pollfd){
			.fd = a->fd,
			.events = a->phase == CONNECTING ? POLLOUT : POLLIN};
	}
	return n;
}

static void connects_ready(void *self, const struct pollfd *v, size_t n)
{
	struct connects *c = self;

	for (size_t i = 0; i < n; i++) {
		struct attempt *a = &c->v[c->slot[i]];

		if (!v[i].revents)
			continue;
		if (a->phase == CONNECTING)
			connected(c, a);
		else if (a->phase == READING)
			read_head(c, a);
		else
			drain(a);
	}
}

static void connects_turn(void *self)
{
	struct connects *c = self;

	for (size_t i = 0; i < ATTEMPTS; i++) {
		struct attempt *a = &c->v[i];

		if (a->phase == FREE ||
		    c->loop.now_us - a->start_us <= FLOW_LATE_US)
			continue;
		if (a->phase == DRAINING)
			finish(a);
		else
			failed(c, a, ETIMEDOUT);
	}
}

static void connects_sample(void *self, struct sample *ret)
{
	struct connects *c = self;
	struct flow *f = &c->flow;
	int64_t packets, now = c->loop.now_us;
	int64_t silence = flow_silence(f, now, &packets);
	struct flow_counts n;

	flow_count(f, now, &n);
	ret->sent = n.sent;
	ret->received = n.received;
	ret->lost_roundtrip = n.somewhere;
	ret->unsettled = n.unsettled;
	ret->flows = 1;
	ret->late = f->late;
	ret->gap_roundtrip_us = f->gap_forward_us > f->gap_backward_us
					? f->gap_forward_us
					: f->gap_backward_us;
	ret->refused = c->refused;
	ret->unreachable = c->unreachable;
	ret->timeouts = c->timeouts;
	ret->retransmits = c->retransmits;
	ret->resets = c->resets;
	ret->status = c->status;
	ret->bad_status = c->bad_status;
	ret->refusing = c->refusing;
	if (silence < SAMPLE_SILENT_US)
		return;
	ret->silent = 1;
	ret->silent_us = silence;
	ret->silent_packets = packets;
}

static const struct loop_ops ops = {
	.fds = connects_fds,
	.ready = connects_ready,
	.send = connects_send,
	.turn = connects_turn,
	.sample = connects_sample,
};

bool connects_run(const struct probe_options *o, sample_fn *fn, void *arg,
		  volatile sig_atomic_t *stop, struct err *e)
{
	struct connects *c = mem_alloc(sizeof(*c));
	bool v6 = strchr(o->to, ':') != NULL;
	bool ok;
	int fd;

	c->o = o;
	c->http = strcmp(o->kind, "http") == 0;
	c->loop = (struct loop){.o = o, .ops = &ops, .self = c};
	c->request = mem_format("GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\n"
				"User-Agent: cutover\r\nAccept: */*\r\n"
				"Connection: close\r\n\r\n",
				o->path, v6 ? "[" : "", o->to, v6 ? "]" : "",
				o->port);
	flow_init(&c->flow);
	ok = probe_ends_parse(o, &c->ends, e);
	fd = ok ? open_socket(c) : -1;
	if (ok && fd < 0)
		ok = err_errno(e, ERR_IO, "cannot connect from '%s'",
			       o->from ? o->from : "here");
	if (fd >= 0)
		close(fd);
	if (ok)
		loop_run(&c->loop, fn, arg, stop);
	for (size_t i = 0; i < ATTEMPTS; i++)
		if (c->v[i].phase != FREE)
			finish(&c->v[i]);
	free(c->request);
	free(c);
	return ok;
}
