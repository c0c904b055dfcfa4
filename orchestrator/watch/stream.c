/*
 * stream.c - numbered records out, the same records back, in order
 *
 * A record is RECORD bytes of text with its number, so that a far end that
 * does not echo is found out.  Silence of a connection is the time since its
 * last answer, or since the oldest record that has none if that was sent
 * later; while there is no connection it goes on.  What is unanswered when a
 * connection dies is lost: nobody sends it again.  Round trip only.
 */
#include "orchestrator/watch/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/watch/flow.h"
#include "orchestrator/watch/loop.h"

#define RECORD 16
#define OPEN 4096	   /* records under way on a connection */
#define AGAIN_US 200000	   /* between two attempts to connect */
#define CONNECT_US 2000000 /* for one of them */

enum phase { DOWN, CONNECTING, UP };

struct connection {
	enum phase phase;
	int fd;
	int64_t since_us;   /* of this phase */
	int64_t last_rx_us; /* or when it was first tried */
	uint32_t out, in;   /* numbers of the next record each way */
	int64_t sent_us[OPEN];
	char part[RECORD]; /* of a record that is coming in */
	size_t n_part;
	char rest[RECORD]; /* of a record that is going out */
	size_t n_rest;
	int64_t retransmits; /* of earlier connections */
};

struct stream {
	struct loop loop;
	const struct probe_options *o;
	struct probe_ends ends;
	struct connection *v;
	int64_t sent, received, lost, late, gap_us;
	int64_t refused, unreachable, timeouts, resets, connects;
	bool refusing;
};

/* ---- life of a connection ---- */

static int64_t retransmits_of(const struct connection *c)
{
	struct tcp_info info = {0};
	socklen_t n = sizeof(info);

	if (c->phase != UP ||
	    getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &n) < 0)
		return c->retransmits;
	return c->retransmits + info.tcpi_total_retrans;
}

static void set_phase(struct stream *s, struct connection *c, enum phase phase)
{
	c->phase = phase;
	c->since_us = s->loop.now_us;
}

static void drop(struct stream *s, struct connection *c)
{
	c->retransmits = retransmits_of(c);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	s->lost += c->out - c->in;
	c->in = c->out;
	c->n_part = c->n_rest = 0;
	set_phase(s, c, DOWN);
}

static void failed(struct stream *s, struct connection *c, int error)
{
	if (c->phase == UP)
		s->resets++;
	else if (error == ECONNREFUSED)
		s->refused++;
	else if (error == ETIMEDOUT)
		s->timeouts++;
	else
		s->unreachable++;
	if (c->phase != UP && error == ECONNREFUSED) {
		s->refusing = true;
		c->last_rx_us = s->loop.now_us; /* that is an answer, too */
	}
	drop(s, c);
}

static void begin(struct stream *s, struct connection *c)
{
	int on = 1;

	c->fd = socket(s->ends.to.ss_family,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	set_phase(s, c, CONNECTING);
	if (!c->last_rx_us)
		c->last_rx_us = s->loop.now_us;
	if ((s->ends.has_from &&
	     bind(c->fd, (const void *)&s->ends.from, s->ends.len) < 0) ||
	    (connect(c->fd, (const void *)&s->ends.to, s->ends.len) < 0 &&
	     errno != EINPROGRESS))
		failed(s, c, errno);
}

static void connected(struct stream *s, struct connection *c)
{
	int error = 0;
	socklen_t n = sizeof(error);

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error) {
		failed(s, c, error);
		return;
	}
	set_phase(s, c, UP);
	s->connects++;
	s->refusing = false;
}

/* ---- records ---- */

static void record_of(uint32_t number, char out[RECORD + 1])
{
	snprintf(out, RECORD + 1, "cutover%08x\n", number);
}

static int64_t silence_of(const struct stream *s, const struct connection *c)
{
	int64_t since = c->last_rx_us;

	if (!since) /* not tried yet */
		return 0;
	if (c->phase == UP && c->in == c->out)
		return 0;
	if (c->phase == UP && c->sent_us[c->in % OPEN] > since)
		since = c->sent_us[c->in % OPEN];
	return s->loop.now_us - since;
}

static void came_back(struct stream *s, struct connection *c)
{
	char want[RECORD + 1];
	int64_t silence = silence_of(s, c), rtt;

	record_of(c->in, want);
	if (c->in == c->out || memcmp(c->part, want, RECORD) != 0) {
		failed(s, c, EPROTO); /* no echo service */
		s->refusing = true;
		return;
	}
	rtt = s->loop.now_us - c->sent_us[c->in++ % OPEN];
	sample_rtt_add(&s->loop.rtts, rtt);
	s->received++;
	s->late += rtt > FLOW_LATE_US;
	if (silence > s->gap_us)
		s->gap_us = silence;
	c->last_rx_us = s->loop.now_us;
	c->n_part = 0;
}

static void receive(struct stream *s, struct connection *c)
{
	while (c->phase == UP) {
		ssize_t n =
			recv(c->fd, c->part + c->n_part, RECORD - c->n_part, 0);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			failed(s, c, n ? errno : ECONNRESET);
			return;
		}
		c->n_part += (size_t)n;
		if (c->n_part == RECORD)
			came_back(s, c);
	}
}

/* False: the connection takes no more now. */
static bool put(struct stream *s, struct connection *c, const char *bytes,
		size_t n)
{
	ssize_t done = send(c->fd, bytes, n, MSG_NOSIGNAL);

	if (done < 0 && errno != EAGAIN)
		failed(s, c, errno);
	if (done <= 0)
		return false;
	memmove(c->rest, bytes + done, n - (size_t)done);
	c->n_rest = n - (size_t)done;
	return true;
}

static void stream_send(void *self)
{
	struct stream *s = self;
	struct connection *c = &s->v[s->loop.sent % s->o->flows];
	char record[RECORD + 1];

	if (c->phase != UP || c->out - c->in >= OPEN)
		return;
	if (c->n_rest && (!put(s, c, c->rest, c->n_rest) || c->n_rest))
		return;
	record_of(c->out, record);
	if (!put(s, c, record, RECORD))
		return;
	c->sent_us[c->out++ % OPEN] = s->loop.now_us;
	s->sent++;
}

/* ---- the loop's ---- */

static size_t stream_fds(void *self, struct pollfd *ret)
{
	struct stream *s = self;

	for (size_t i = 0; i < s->o->flows; i++)
		ret[i] = (struct pollfd){.fd = s->v[i].fd,
					 .events = s->v[i].phase == CONNECTING
							   ? POLLOUT
							   : POLLIN};
	return s->o->flows;
}

static void stream_ready(void *self, const struct pollfd *v, size_t n)
{
	struct stream *s = self;

	for (size_t i = 0; i < n; i++) {
		if (!v[i].revents)
			continue;
		if (s->v[i].phase == CONNECTING)
			connected(s, &s->v[i]);
		else if (s->v[i].phase == UP)
			receive(s, &s->v[i]);
	}
}

static void stream_turn(void *self)
{
	struct stream *s = self;

	for (size_t i = 0; i < s->o->flows; i++) {
		struct connection *c = &s->v[i];
		int64_t age = s->loop.now_us - c->since_us;

		if (c->phase == DOWN && (age >= AGAIN_US || !c->last_rx_us) &&
		    !s->loop.tail)
			begin(s, c);
		else if (c->phase == CONNECTING && age > CONNECT_US)
			failed(s, c, ETIMEDOUT);
	}
}

static void stream_sample(void *self, struct sample *ret)
{
	struct stream *s = self;

	ret->sent = s->sent;
	ret->received = s->received;
	ret->lost_roundtrip = s->lost;
	ret->late = s->late;
	ret->gap_roundtrip_us = s->gap_us;
	ret->refused = s->refused;
	ret->unreachable = s->unreachable;
	ret->timeouts = s->timeouts;
	ret->resets = s->resets;
	ret->connects = s->connects;
	ret->refusing = s->refusing;
	for (size_t i = 0; i < s->o->flows; i++) {
		const struct connection *c = &s->v[i];
		int64_t silence = silence_of(s, c);

		ret->unsettled += c->out - c->in;
		ret->retransmits += retransmits_of(c);
		if (silence < SAMPLE_SILENT_US || s->refusing)
			continue;
		ret->silent++;
		ret->silent_packets += c->out - c->in;
		if (silence > ret->silent_us)
			ret->silent_us = silence;
	}
}

static const struct loop_ops ops = {
	.fds = stream_fds,
	.ready = stream_ready,
	.send = stream_send,
	.turn = stream_turn,
	.sample = stream_sample,
};

bool stream_run(const struct probe_options *o, sample_fn *fn, void *arg,
		volatile sig_atomic_t *stop, struct err *e)
{
	struct stream s = {.o = o};
	bool ok;

	s.loop = (struct loop){.o = o, .ops = &ops, .self = &s};
	s.v = mem_calloc(o->flows, sizeof(*s.v));
	for (size_t i = 0; i < o->flows; i++)
		s.v[i].fd = -1;
	ok = probe_ends_parse(o, &s.ends, e);
	if (ok)
		loop_run(&s.loop, fn, arg, stop);
	for (size_t i = 0; i < o->flows; i++)
		if (s.v[i].fd >= 0)
			close(s.v[i].fd);
	free(s.v);
	return ok;
}
