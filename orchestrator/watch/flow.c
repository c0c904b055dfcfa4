/*
 * flow.c - attributing loss
 *
 * With a stateful reflector, of the packets up to the newest answered one,
 * those that it did not count were lost forward, and those that it counted and
 * that did not come back were lost backward.  What is newer than that and
 * older than two seconds was lost somewhere, until a later reply tells where.
 *
 * Invariant: forward + backward + somewhere + unsettled + unique replies is
 * what was sent.
 */
#include "orchestrator/watch/flow.h"

#include <string.h>

void flow_init(struct flow *f)
{
	memset(f, 0, sizeof(*f));
	f->next = FLOW_FIRST;
}

uint32_t flow_sent(struct flow *f, int64_t now_us)
{
	struct flow_slot *s = &f->window[f->next % FLOW_WINDOW];

	*s = (struct flow_slot){.seq = f->next, .sent_us = now_us};
	return f->next++;
}

/* Lost between first reply and newest one, by direction. */
static void lost_until_newest(const struct flow *f, int64_t *ret_forward,
			      int64_t *ret_backward)
{
	int64_t sent = (int64_t)f->max_sender - f->first + 1;
	int64_t there = (int64_t)f->max_reply - f->base + 1;

	*ret_forward = sent > there ? sent - there : 0;
	*ret_backward = there > f->unique ? there - f->unique : 0;
}

static void begin_with(struct flow *f, const struct stamp_reply *r)
{
	f->heard = true;
	f->stateful = r->seq != r->sender.seq;
	f->first = f->max_sender = r->sender.seq;
	f->base = f->max_reply = r->seq;
	f->unique = 0;
	f->last_rx_us = 0;
}

/* The reflector counts from the start again: close the old account. */
static void restart(struct flow *f, const struct stamp_reply *r)
{
	int64_t forward, backward;

	lost_until_newest(f, &forward, &backward);
	f->settled_forward += forward;
	f->settled_backward += backward;
	f->settled_somewhere += (int64_t)r->sender.seq - f->max_sender - 1;
	f->restarts++;
	begin_with(f, r);
}

static void measure_gap(struct flow *f, const struct stamp_reply *r,
			int64_t now_us)
{
	int64_t here = now_us - f->last_rx_us;
	int64_t there = r->received_us - f->last_there_us;

	if (f->last_rx_us && r->seq == f->max_reply + 1) {
		if (there > f->gap_forward_us)
			f->gap_forward_us = there;
	} else if (f->last_rx_us && here > f->gap_backward_us) {
		f->gap_backward_us = here;
	}
	f->last_rx_us = now_us;
	f->last_there_us = r->received_us;
}

int64_t flow_reply(struct flow *f, const struct stamp_reply *r, int64_t now_us)
{
	struct flow_slot *s = &f->window[r->sender.seq % FLOW_WINDOW];
	int64_t rtt;

	if (s->seq != r->sender.seq ||
	    r->sender.seq - FLOW_FIRST >= f->next - FLOW_FIRST)
		return -1;
	if (s->answered) {
		f->duplicate++;
		return -1;
	}
	s->answered = true;
	rtt = now_us - s->sent_us;
	f->received++;
	f->late += rtt > FLOW_LATE_US;
	if (!f->heard) {
		f->settled_somewhere += r->sender.seq - FLOW_FIRST;
		begin_with(f, r);
	} else if (f->stateful && r->sender.seq > f->max_sender &&
		   r->seq <= f->max_reply) {
		restart(f, r);
	}
	if (r->sender.seq < f->first) { /* overtaken by the first one */
		f->settled_somewhere--;
		f->reordered++;
		return rtt;
	}
	f->unique++;
	f->reordered += r->sender.seq < f->max_sender;
	if (r->sender.seq >= f->max_sender) {
		measure_gap(f, r, now_us);
		f->max_sender = r->sender.seq;
	}
	if (r->seq > f->max_reply)
		f->max_reply = r->seq;
	return rtt;
}

/* Of those behind the newest answer: older than two seconds, and the rest. */
static void count_tail(const struct flow *f, int64_t now_us, int64_t *ret_lost,
		       int64_t *ret_open)
{
	uint32_t from = f->heard ? f->max_sender + 1 : FLOW_FIRST;

	*ret_lost = *ret_open = 0;
	if (f->next - from > FLOW_WINDOW) {
		*ret_lost = (int64_t)(f->next - from) - FLOW_WINDOW;
		from = f->next - FLOW_WINDOW;
	}
	for (uint32_t q = from; q != f->next; q++) {
		int64_t age = now_us - f->window[q % FLOW_WINDOW].sent_us;

		if (age > FLOW_LATE_US)
			(*ret_lost)++;
		else
			(*ret_open)++;
	}
}

void flow_count(const struct flow *f, int64_t now_us, struct flow_counts *ret)
{
	int64_t forward = 0, backward = 0, tail, open;

	count_tail(f, now_us, &tail, &open);
	if (f->heard)
		lost_until_newest(f, &forward, &backward);
	*ret = (struct flow_counts){
		.sent = (int64_t)f->next - FLOW_FIRST,
		.received = f->received,
		.forward = f->settled_forward + forward,
		.backward = f->settled_backward + backward,
		.somewhere = f->settled_somewhere + tail,
		.unsettled = open,
	};
	if (!f->stateful) { /* it only copies: directions cannot be told */
		ret->somewhere += ret->forward + ret->backward;
		ret->forward = ret->backward = 0;
		if (f->heard)
			ret->somewhere += (int64_t)f->max_sender - f->first +
					  1 - f->unique - forward - backward;
	}
}
