/*
 * sender.c - 'stamp' and 'icmp': packets, their answers, complaints about them
 *
 * With DF and a size every fourth packet of a flow is small, so that a path
 * MTU that swallows the others without a word is seen for what it is.
 */
#include "orchestrator/watch/sender.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/watch/flow.h"
#include "orchestrator/watch/loop.h"
#include "orchestrator/watch/packet.h"

#define SMALL_EVERY 4

struct sender {
	struct loop loop;
	const struct probe_options *o;
	const struct packet_kind *kind;
	struct probe_ends ends;
	int fd[PROBE_FLOWS_MAX];
	struct flow *flow;
	size_t size; /* bytes on the socket */
	int64_t unreachable, too_big, path_mtu;
	bool refusing;
};

static bool open_flows(struct sender *s, struct err *e)
{
	if (!probe_ends_parse(s->o, &s->ends, e))
		return false;
	for (size_t i = 0; i < s->o->flows; i++) {
		s->fd[i] = packet_open(s->kind, s->o, &s->ends, e);
		flow_init(&s->flow[i]);
		if (s->fd[i] < 0)
			return false;
	}
	return true;
}

/* ---- complaints ---- */

static void refused(struct sender *s)
{
	s->refusing = true;
	for (size_t i = 0; i < s->o->flows; i++)
		flow_refused(&s->flow[i], s->loop.now_us);
}

static void answered(struct sender *s)
{
	if (!s->refusing)
		return;
	s->refusing = false;
	for (size_t i = 0; i < s->o->flows; i++)
		flow_reflected(&s->flow[i], s->loop.now_us);
}

static void hear_complaints(struct sender *s, size_t i)
{
	struct packet_complaint c;

	while (packet_complaint(s->fd[i], &s->ends, &c)) {
		if (c.error == ECONNREFUSED && c.by_target) {
			refused(s);
		} else if (c.error == EMSGSIZE) {
			s->path_mtu = c.mtu;
			flow_too_big(&s->flow[i], s->loop.now_us);
		} else {
			s->unreachable++;
		}
	}
}

/* ---- packets ---- */

/* False: the system would not take it, which is no loss of the path. */
static bool put(struct sender *s, size_t i, const uint8_t *packet, size_t n)
{
	for (int k = 0; k < 2; k++) {
		if (send(s->fd[i], packet, n, MSG_DONTWAIT) >= 0)
			return true;
		if (errno == EMSGSIZE) {
			s->too_big++;
			return false;
		}
		if (errno == EAGAIN || errno == ENOBUFS)
			return false;
		/* an earlier packet's error, told now: this one did not go */
		hear_complaints(s, i);
	}
	return true; /* no route, or forbidden: sent, and lost */
}

static void sender_send(void *self)
{
	struct sender *s = self;
	uint8_t packet[PROBE_SIZE_MAX + 64] = {0};
	uint64_t k = s->loop.sent;
	size_t i = k % s->o->flows, n = s->size;
	bool small = s->o->df && n > s->kind->least &&
		     k / s->o->flows % SMALL_EVERY == SMALL_EVERY - 1;
	uint32_t seq = flow_sent(&s->flow[i], s->loop.now_us, small);

	if (small)
		n = s->kind->least;
	s->kind->encode(packet, n, s->ends.to.ss_family, seq, (uint32_t)i);
	if (!put(s, i, packet, n))
		flow_unsent(&s->flow[i]);
}

static void receive(struct sender *s, size_t i)
{
	uint8_t packet[PROBE_SIZE_MAX + 128];
	struct stamp_reply r;
	ssize_t n;

	while ((n = recv(s->fd[i], packet, sizeof(packet), MSG_DONTWAIT)) >=
	       0) {
		int64_t rtt;

		if (!s->kind->decode(packet, (size_t)n, s->ends.to.ss_family,
				     (uint32_t)i, &r))
			continue;
		rtt = flow_reply(&s->flow[i], &r, s->loop.now_us);
		if (rtt < 0)
			continue;
		sample_rtt_add(&s->loop.rtts, rtt);
		answered(s);
	}
}

static size_t sender_fds(void *self, struct pollfd *ret)
{
	struct sender *s = self;

	for (size_t i = 0; i < s->o->flows; i++)
		ret[i] = (struct pollfd){.fd = s->fd[i], .events = POLLIN};
	return s->o->flows;
}

static void sender_ready(void *self, const struct pollfd *v, size_t n)
{
	struct sender *s = self;

	for (size_t i = 0; i < n; i++) {
		if (v[i].revents & (POLLIN | POLLERR))
			receive(s, i);
		if (v[i].revents & POLLERR)
			hear_complaints(s, i);
	}
}

/* ---- what is said ---- */

static void add_flow(struct sender *s, struct flow *f, struct sample *a)
{
	struct flow_counts c;
	int64_t packets, silence = flow_silence(f, s->loop.now_us, &packets);
	int64_t gap = f->gap_forward_us > f->gap_backward_us
			      ? f->gap_forward_us
			      : f->gap_backward_us;

	flow_count(f, s->loop.now_us, &c);
	a->sent += c.sent;
	a->received += c.received;
	a->lost_forward += c.forward;
	a->lost_backward += c.backward;
	a->lost_roundtrip += c.somewhere;
	a->unsettled += c.unsettled;
	a->unreflected += c.unreflected;
	a->too_big += c.too_big;
	a->reordered += f->reordered;
	a->duplicate += f->duplicate;
	a->late += f->late;
	a->restarts += f->restarts;
	a->stateful &= !f->heard || f->stateful;
	if (f->heard && !f->stateful) {
		if (gap > a->gap_roundtrip_us)
			a->gap_roundtrip_us = gap;
	} else {
		if (f->gap_forward_us > a->gap_forward_us)
			a->gap_forward_us = f->gap_forward_us;
		if (f->gap_backward_us > a->gap_backward_us)
			a->gap_backward_us = f->gap_backward_us;
	}
	a->black_hole += flow_black_hole(f, s->loop.now_us) > SAMPLE_SILENT_US;
	if (silence < SAMPLE_SILENT_US)
		return;
	a->silent++;
	a->silent_packets += packets;
	if (silence > a->silent_us)
		a->silent_us = silence;
}

static void sender_sample(void *self, struct sample *ret)
{
	struct sender *s = self;

	ret->stateful = true;
	ret->unreachable = s->unreachable;
	ret->too_big = s->too_big;
	ret->path_mtu = s->path_mtu;
	ret->refusing = s->refusing;
	for (size_t i = 0; i < s->o->flows; i++)
		add_flow(s, &s->flow[i], ret);
}

static const struct loop_ops ops = {
	.fds = sender_fds,
	.ready = sender_ready,
	.send = sender_send,
	.sample = sender_sample,
};

bool sender_run(const struct probe_options *o, sample_fn *fn, void *arg,
		volatile sig_atomic_t *stop, struct err *e)
{
	const struct packet_kind *k =
		strcmp(o->kind, "icmp") == 0 ? &packet_icmp : &packet_stamp;
	struct sender s = {.o = o, .kind = k};
	bool ok;

	s.loop = (struct loop){.o = o, .ops = &ops, .self = &s};
	s.size = o->size + k->extra < k->least ? k->least : o->size + k->extra;
	s.flow = mem_calloc(o->flows, sizeof(*s.flow));
	memset(s.fd, -1, sizeof(s.fd));
	ok = open_flows(&s, e);
	if (ok)
		loop_run(&s.loop, fn, arg, stop);
	for (size_t i = 0; i < o->flows; i++)
		if (s.fd[i] >= 0)
			close(s.fd[i]);
	free(s.flow);
	return ok;
}
