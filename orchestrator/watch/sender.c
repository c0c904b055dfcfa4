/*
 * sender.c - pacing, receiving, reporting
 *
 * Packet k leaves at start + k/rate, by a clock that stands still while this
 * process does (pace.h): a sender that was held up does not catch up with a
 * burst, which would measure queues, and does not take its own pause for the
 * path's.  With DF and a size every fourth packet of a flow is small, so that
 * a path MTU that swallows the others without a word is seen for what it is.
 *
 * One thread.  Order of a turn: clock, replies, complaints, packets, a line.
 */
#include "orchestrator/watch/sender.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/mem.h"
#include "orchestrator/watch/flow.h"
#include "orchestrator/watch/pace.h"
#include "orchestrator/watch/packet.h"

#define AT_ONCE 16 /* packets of one turn at most */
#define SMALL_EVERY 4
#define TAIL_US (FLOW_LATE_US + 100000)

struct sender {
	const struct probe_options *o;
	const struct packet_kind *kind;
	struct probe_ends ends;
	struct pollfd fd[PROBE_FLOWS_MAX + 1];
	struct flow *flow;
	struct sample_rtts rtts;
	struct sample_clock clock;
	struct pace pace;
	int64_t now_us, start_us;
	uint64_t sent;
	size_t size; /* bytes on the socket */
	int64_t unreachable, too_big, path_mtu;
	bool refusing;
};

static bool open_flows(struct sender *s, struct err *e)
{
	if (!probe_ends_parse(s->o, &s->ends, e))
		return false;
	for (size_t i = 0; i < s->o->flows; i++) {
		s->fd[i].fd = packet_open(s->kind, s->o, &s->ends, e);
		s->fd[i].events = POLLIN;
		flow_init(&s->flow[i]);
		if (s->fd[i].fd < 0)
			return false;
	}
	return true;
}

/* ---- complaints ---- */

static void refused(struct sender *s)
{
	s->refusing = true;
	for (size_t i = 0; i < s->o->flows; i++)
		flow_refused(&s->flow[i], s->now_us);
}

static void answered(struct sender *s)
{
	if (!s->refusing)
		return;
	s->refusing = false;
	for (size_t i = 0; i < s->o->flows; i++)
		flow_reflected(&s->flow[i], s->now_us);
}

static void hear_complaints(struct sender *s, size_t i)
{
	struct packet_complaint c;

	while (packet_complaint(s->fd[i].fd, &s->ends, &c)) {
		if (c.error == ECONNREFUSED && c.by_target) {
			refused(s);
		} else if (c.error == EMSGSIZE) {
			s->path_mtu = c.mtu;
			flow_too_big(&s->flow[i], s->now_us);
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
		if (send(s->fd[i].fd, packet, n, MSG_DONTWAIT) >= 0)
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

static void send_one(struct sender *s)
{
	uint8_t packet[PROBE_SIZE_MAX + 64] = {0};
	size_t i = s->sent % s->o->flows, n = s->size;
	bool small = s->o->df && n > s->kind->least &&
		     s->sent / s->o->flows % SMALL_EVERY == SMALL_EVERY - 1;
	uint32_t seq = flow_sent(&s->flow[i], s->now_us, small);

	if (small)
		n = s->kind->least;
	s->sent++;
	s->kind->encode(packet, n, s->ends.to.ss_family, seq, (uint32_t)i);
	if (!put(s, i, packet, n))
		flow_unsent(&s->flow[i]);
}

static uint64_t due(const struct sender *s)
{
	return (uint64_t)(s->now_us - s->start_us) * s->o->rate / 1000000 + 1;
}

static void send_due(struct sender *s)
{
	for (int n = 0; s->sent < due(s) && n < AT_ONCE; n++)
		send_one(s);
	if (due(s) > s->sent + s->o->rate / 10 + AT_ONCE)
		s->sent = due(s) - 1; /* too fast for us: not all of it */
}

static void receive(struct sender *s, size_t i)
{
	uint8_t packet[PROBE_SIZE_MAX + 128];
	struct stamp_reply r;
	ssize_t n;

	while ((n = recv(s->fd[i].fd, packet, sizeof(packet), MSG_DONTWAIT)) >=
	       0) {
		int64_t rtt;

		if (!s->kind->decode(packet, (size_t)n, s->ends.to.ss_family,
				     (uint32_t)i, &r))
			continue;
		rtt = flow_reply(&s->flow[i], &r, s->now_us);
		if (rtt < 0)
			continue;
		sample_rtt_add(&s->rtts, rtt);
		answered(s);
	}
}

static void receive_all(struct sender *s)
{
	for (size_t i = 0; i < s->o->flows; i++) {
		if (s->fd[i].revents & (POLLIN | POLLERR))
			receive(s, i);
		if (s->fd[i].revents & POLLERR)
			hear_complaints(s, i);
	}
}

/* ---- what is said ---- */

static void add_flow(struct sender *s, struct flow *f, struct sample *a)
{
	struct flow_counts c;
	int64_t packets, silence = flow_silence(f, s->now_us, &packets);
	int64_t gap = f->gap_forward_us > f->gap_backward_us
			      ? f->gap_forward_us
			      : f->gap_backward_us;

	flow_count(f, s->now_us, &c);
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
	a->black_hole += flow_black_hole(f, s->now_us) > SAMPLE_SILENT_US;
	if (silence < SAMPLE_SILENT_US)
		return;
	a->silent++;
	a->silent_packets += packets;
	if (silence > a->silent_us)
		a->silent_us = silence;
}

static void take_sample(struct sender *s, struct sample *ret)
{
	*ret = (struct sample){
		.kind = s->kind->name,
		.stateful = true,
		.flows = s->o->flows,
		.stall_us = s->pace.stall_us,
		.unreachable = s->unreachable,
		.too_big = s->too_big,
		.path_mtu = s->path_mtu,
		.refusing = s->refusing,
	};
	for (size_t i = 0; i < s->o->flows; i++)
		add_flow(s, &s->flow[i], ret);
}

static bool say(struct sender *s, const struct sample *a, bool final,
		sample_fn *fn, void *arg)
{
	json_auto *j = sample_json(a, &s->rtts, clock_wall_us(), final);

	if (s->clock.regular)
		s->rtts.n = 0;
	return fn(arg, j);
}

static bool say_if_due(struct sender *s, sample_fn *fn, void *arg)
{
	struct sample a;

	if (!sample_clock_look(&s->clock, s->now_us))
		return true;
	take_sample(s, &a);
	return !sample_clock_due(&s->clock, s->now_us, &a) ||
	       say(s, &a, false, fn, arg);
}

/* ---- the loop ---- */

static int64_t until_next(const struct sender *s, bool sending)
{
	int64_t at = s->start_us + (int64_t)(s->sent * 1000000 / s->o->rate);
	int64_t left = at - s->now_us;

	if (!sending || left > PACE_TURN_US)
		return PACE_TURN_US;
	return left > 0 ? left : 0;
}

/* Waits for replies; true: standard input ended. */
static bool wait_for(struct sender *s, int64_t us, bool watch_stdin)
{
	struct timespec t = {.tv_nsec = us * 1000};
	size_t n = s->o->flows;
	int rc;

	s->fd[n] =
		(struct pollfd){.fd = watch_stdin ? 0 : -1, .events = POLLIN};
	rc = ppoll(s->fd, n + 1, &t, NULL);
	s->now_us = pace_turn(&s->pace, clock_mono_us());
	if (rc <= 0)
		return false;
	receive_all(s);
	return s->fd[n].revents && probe_stdin_ended();
}

static void send_phase(struct sender *s, sample_fn *fn, void *arg,
		       volatile sig_atomic_t *stop)
{
	while (!*stop) {
		if (s->o->duration_us &&
		    s->now_us - s->start_us >= s->o->duration_us)
			return;
		send_due(s);
		if (!say_if_due(s, fn, arg))
			return;
		if (wait_for(s, until_next(s, true), s->o->watch_stdin))
			return;
	}
}

static void loop(struct sender *s, sample_fn *fn, void *arg,
		 volatile sig_atomic_t *stop)
{
	struct sample a;
	int64_t end;

	pace_start(&s->pace, clock_mono_us());
	s->start_us = s->now_us = pace_turn(&s->pace, clock_mono_us());
	sample_clock_start(&s->clock, s->now_us, s->o->interval_ms);
	send_phase(s, fn, arg, stop);
	end = s->now_us + TAIL_US;
	while (s->now_us < end && *stop < 2)
		wait_for(s, until_next(s, false), false);
	take_sample(s, &a);
	a.silent = a.silent_us = a.silent_packets = 0; /* we fell silent */
	say(s, &a, true, fn, arg);
}

bool sender_run(const struct probe_options *o, sample_fn *fn, void *arg,
		volatile sig_atomic_t *stop, struct err *e)
{
	const struct packet_kind *k =
		strcmp(o->kind, "icmp") == 0 ? &packet_icmp : &packet_stamp;
	struct sender s = {.o = o, .kind = k};
	bool ok;

	s.size = o->size + k->extra < k->least ? k->least : o->size + k->extra;
	s.flow = mem_calloc(o->flows, sizeof(*s.flow));
	s.rtts.v = mem_calloc(SAMPLE_RTTS, sizeof(*s.rtts.v));
	for (size_t i = 0; i < o->flows; i++)
		s.fd[i].fd = -1;
	ok = open_flows(&s, e);
	if (ok)
		loop(&s, fn, arg, stop);
	for (size_t i = 0; i < o->flows; i++)
		if (s.fd[i].fd >= 0)
			close(s.fd[i].fd);
	free(s.flow);
	free(s.rtts.v);
	return ok;
}
