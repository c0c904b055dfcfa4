/*
 * sender.c - pacing, receiving, reporting
 *
 * Packet k leaves at start + k/rate; a sender that was held up catches up, but
 * not more than CATCH_UP packets at once, since a burst would measure queues.
 * What it could not send in time is sent late, never left out.  One thread.
 */
#include "orchestrator/watch/sender.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/watch/flow.h"

#define CATCH_UP 16
#define TAIL_US (FLOW_LATE_US + 100000)
#define RTTS 65536

struct sender {
	const struct sender_options *o;
	struct pollfd fd[SENDER_FLOWS_MAX + 1];
	struct flow *flow;
	int64_t *rtt; /* of this interval */
	size_t n_rtt;
	uint64_t sent;
	int64_t start_us;
	size_t size;
};

static int flow_socket(const struct sender_options *o,
		       const struct addrinfo *to, const struct addrinfo *from,
		       struct err *e)
{
	int probe = o->df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT;
	int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int big = 1 << 20;

	if (fd < 0) {
		err_errno(e, ERR_IO, "socket");
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	if (to->ai_family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe,
			   sizeof(probe));
	if (from && bind(fd, from->ai_addr, from->ai_addrlen) < 0)
		err_errno(e, ERR_IO, "cannot send from '%s'", o->from);
	else if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		err_errno(e, ERR_IO, "cannot reach '%s'", o->to);
	else
		return fd;
	close(fd);
	return -1;
}

static struct addrinfo *resolve(const char *address, uint16_t port,
				struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
				 .ai_flags = AI_NUMERICHOST};
	mem_auto_free char *service = mem_format("%u", port);
	struct addrinfo *a;
	int rc = getaddrinfo(address, service, &hints, &a);

	if (rc == 0)
		return a;
	err_set(e, ERR_USAGE, "'%s' is not an address: %s", address,
		gai_strerror(rc));
	return NULL;
}

static bool open_flows(struct sender *s, struct err *e)
{
	const struct sender_options *o = s->o;
	struct addrinfo *to = resolve(o->to, o->port, e);
	struct addrinfo *from = NULL;
	bool ok = to != NULL;

	if (ok && o->from) {
		from = resolve(o->from, 0, e);
		ok = from != NULL;
	}
	if (ok && from && from->ai_family != to->ai_family)
		ok = err_set(e, ERR_USAGE, "'%s' and '%s' are of two families",
			     o->from, o->to);
	for (size_t i = 0; ok && i < o->flows; i++) {
		s->fd[i].fd = flow_socket(o, to, from, e);
		s->fd[i].events = POLLIN;
		flow_init(&s->flow[i]);
		ok = s->fd[i].fd >= 0;
	}
	if (to)
		freeaddrinfo(to);
	if (from)
		freeaddrinfo(from);
	return ok;
}

static void send_one(struct sender *s)
{
	uint8_t packet[STAMP_MAX] = {0};
	size_t i = s->sent++ % s->o->flows;
	struct stamp_sender p = {
		.seq = flow_sent(&s->flow[i], clock_mono_us()),
		.sent_us = clock_wall_us(),
		.ssid = (uint16_t)getpid(),
	};

	stamp_sender_encode(&p, packet);
	/* refused or unreachable: it was sent, and it is lost */
	if (send(s->fd[i].fd, packet, s->size, MSG_DONTWAIT) < 0)
		return;
}

static void send_due(struct sender *s, int64_t now)
{
	uint64_t due = (uint64_t)(now - s->start_us) * s->o->rate / 1000000 + 1;

	for (int n = 0; s->sent < due && n < CATCH_UP; n++)
		send_one(s);
}

static void receive(struct sender *s, size_t i)
{
	uint8_t packet[STAMP_MAX];
	struct stamp_reply r;
	ssize_t n;

	while ((n = recv(s->fd[i].fd, packet, sizeof(packet), MSG_DONTWAIT)) >=
		       0 ||
	       errno == ECONNREFUSED) {
		int64_t rtt;

		if (n < 0 || !stamp_reply_decode(packet, (size_t)n, &r))
			continue;
		rtt = flow_reply(&s->flow[i], &r, clock_mono_us());
		if (rtt >= 0 && s->n_rtt < RTTS)
			s->rtt[s->n_rtt++] = rtt;
	}
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static json_t *rtt_json(struct sender *s)
{
	json_t *j = json_object();
	size_t n = s->n_rtt;

	if (!n)
		return j;
	qsort(s->rtt, n, sizeof(*s->rtt), by_size);
	json_object_set_new(j, "min", json_integer(s->rtt[0]));
	json_object_set_new(j, "p50", json_integer(s->rtt[n / 2]));
	json_object_set_new(j, "p99", json_integer(s->rtt[n - 1 - n / 100]));
	json_object_set_new(j, "max", json_integer(s->rtt[n - 1]));
	s->n_rtt = 0;
	return j;
}

static json_t *report(struct sender *s, bool final)
{
	struct flow_counts all = {0};
	int64_t reordered = 0, duplicate = 0, late = 0, gf = 0, gb = 0, rs = 0;
	int64_t now = clock_mono_us();
	bool stateful = true;
	json_t *j;

	for (size_t i = 0; i < s->o->flows; i++) {
		const struct flow *f = &s->flow[i];
		struct flow_counts c;

		flow_count(f, now, &c);
		all.sent += c.sent;
		all.received += c.received;
		all.forward += c.forward;
		all.backward += c.backward;
		all.somewhere += c.somewhere;
		all.unsettled += c.unsettled;
		reordered += f->reordered;
		duplicate += f->duplicate;
		late += f->late;
		rs += f->restarts;
		stateful &= !f->heard || f->stateful;
		gf = f->gap_forward_us > gf ? f->gap_forward_us : gf;
		gb = f->gap_backward_us > gb ? f->gap_backward_us : gb;
	}
	j = json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,"
		"s:b,s:I,s:o}",
		"t_us", (json_int_t)clock_wall_us(), "sent",
		(json_int_t)all.sent, "received", (json_int_t)all.received,
		"lost_forward", (json_int_t)all.forward, "lost_backward",
		(json_int_t)all.backward, "lost_roundtrip",
		(json_int_t)all.somewhere, "unsettled",
		(json_int_t)all.unsettled, "reordered", (json_int_t)reordered,
		"duplicate", (json_int_t)duplicate, "late", (json_int_t)late,
		"gap_forward_us", (json_int_t)gf, "gap_backward_us",
		(json_int_t)gb, "flows", (json_int_t)s->o->flows, "stateful",
		stateful, "restarts", (json_int_t)rs, "rtt_us", rtt_json(s));
	if (final)
		json_object_set_new(j, "final", json_true());
	return j;
}

static bool stdin_ended(void)
{
	char c[64];

	return read(0, c, sizeof(c)) == 0;
}

/* Waits up to us for replies; true: standard input ended. */
static bool wait_for(struct sender *s, int64_t us)
{
	struct timespec t = {.tv_sec = us / 1000000,
			     .tv_nsec = us % 1000000 * 1000};
	size_t n = s->o->flows;

	s->fd[n] = (struct pollfd){.fd = s->o->watch_stdin ? 0 : -1,
				   .events = POLLIN};
	if (ppoll(s->fd, n + 1, &t, NULL) <= 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s->fd[i].revents)
			receive(s, i);
	return s->fd[n].revents && stdin_ended();
}

static bool say(struct sender *s, sender_report_fn *fn, void *arg, bool final)
{
	json_auto *j = report(s, final);

	return fn(arg, j);
}

static void loop(struct sender *s, sender_report_fn *fn, void *arg,
		 volatile sig_atomic_t *stop)
{
	int64_t interval = (int64_t)s->o->interval_ms * 1000;
	int64_t next_report, end;

	s->start_us = clock_mono_us();
	next_report = s->start_us + interval;
	while (!*stop) {
		int64_t now = clock_mono_us();
		int64_t due =
			s->start_us + (int64_t)(s->sent * 1000000 / s->o->rate);

		if (s->o->duration_us && now - s->start_us >= s->o->duration_us)
			break;
		send_due(s, now);
		if (now >= next_report) {
			next_report += interval;
			if (!say(s, fn, arg, false))
				break;
		}
		due = s->start_us + (int64_t)(s->sent * 1000000 / s->o->rate);
		if (due > next_report)
			due = next_report;
		now = clock_mono_us();
		if (wait_for(s, due > now ? due - now : 0))
			break;
	}
	end = clock_mono_us() + TAIL_US;
	s->fd[s->o->flows].fd = -1;
	while (clock_mono_us() < end && !(*stop > 1)) {
		struct pollfd *in = &s->fd[s->o->flows];
		struct timespec t = {.tv_nsec = 50000000};

		in->fd = -1;
		if (ppoll(s->fd, s->o->flows, &t, NULL) > 0)
			for (size_t i = 0; i < s->o->flows; i++)
				if (s->fd[i].revents)
					receive(s, i);
	}
	say(s, fn, arg, true);
}

bool sender_run(const struct sender_options *o, sender_report_fn *fn, void *arg,
		volatile sig_atomic_t *stop, struct err *e)
{
	struct sender s = {.o = o};
	bool ok;

	if (!o->flows || o->flows > SENDER_FLOWS_MAX || !o->rate ||
	    o->size > STAMP_MAX)
		return err_set(e, ERR_USAGE,
			       "flows are 1 to %d, the rate at least 1/s, the "
			       "size at most %d bytes",
			       SENDER_FLOWS_MAX, STAMP_MAX);
	s.size = o->size < STAMP_BYTES ? STAMP_BYTES : o->size;
	s.flow = mem_calloc(o->flows, sizeof(*s.flow));
	s.rtt = mem_calloc(RTTS, sizeof(*s.rtt));
	for (size_t i = 0; i < o->flows; i++)
		s.fd[i].fd = -1;
	prctl(PR_SET_TIMERSLACK, 50000UL);
	ok = open_flows(&s, e);
	if (ok)
		loop(&s, fn, arg, stop);
	for (size_t i = 0; i < o->flows; i++)
		if (s.fd[i].fd >= 0)
			close(s.fd[i].fd);
	free(s.flow);
	free(s.rtt);
	return ok;
}
