/*
 * flow.c - attributing loss
 *
 * With a stateful reflector, of the packets up to an answered one, those that
 * it did not count were lost forward, and those that it counted and that did
 * not come back were lost backward.  That holds at a 'clean cut': a place in
 * the sequence that no later packet overtook on the way there.  The settled
 * part of a flow ends at one; what is settled behind it was lost somewhere,
 * until a later reply tells where.
 *
 * Invariant: forward + backward + somewhere + unsettled + unreflected +
 * too_big + received is what was sent.
 */
#include "orchestrator/watch/flow.h"

#include <string.h>

#define LOOK_AHEAD 64	  /* packets among which overtaking is looked for */
#define NARROW_US 1500000 /* a complaint about size holds for so long */

void flow_init(struct flow *f)
{
	memset(f, 0, sizeof(*f));
	f->next = f->settle = FLOW_FIRST;
}

static struct flow_slot *slot_of(struct flow *f, uint32_t seq)
{
	struct flow_slot *s = &f->window[seq % FLOW_WINDOW];

	return s->seq == seq && seq - FLOW_FIRST < f->next - FLOW_FIRST ? s
									: NULL;
}

/* ---- settling ---- */

/* Was something behind the cut counted by the reflector before it? */
static bool is_clean(const struct flow *f, const struct flow_cut *cut)
{
	for (uint32_t q = cut->seq + 1;
	     q != f->next && q - cut->seq <= LOOK_AHEAD; q++) {
		const struct flow_slot *s = &f->window[q % FLOW_WINDOW];

		if (s->seq == q && s->fate == FLOW_ANSWERED &&
		    s->count - f->base < cut->there)
			return false;
	}
	return true;
}

/* Routers complain once a second at most, not about every packet. */
static bool is_too_big(const struct flow *f, const struct flow_slot *s)
{
	return s->fate == FLOW_OPEN && !s->small && f->narrow_us &&
	       s->sent_us < f->narrow_us + NARROW_US;
}

/* Moves `settle` over one packet. */
static void settle_one(struct flow *f)
{
	struct flow_slot *s = &f->window[f->settle % FLOW_WINDOW];
	struct flow_cut *at = &f->at;

	if (is_too_big(f, s)) {
		s->fate = FLOW_TOO_BIG;
		f->too_big++;
	}

	at->seq = f->settle++;
	if (!f->heard || at->seq < f->first)
		return;
	if (s->fate == FLOW_TOO_BIG) {
		at->too_big++;
	} else if (s->fate == FLOW_ANSWERED) {
		int64_t there = (int64_t)s->count - f->base + 1;

		at->answered++;
		if (there > at->there)
			at->there = there;
		if (is_clean(f, at))
			f->clean = *at;
	}
}

static void settle_until(struct flow *f, int64_t now_us)
{
	while (f->settle != f->next &&
	       now_us - f->window[f->settle % FLOW_WINDOW].sent_us >
		       FLOW_LATE_US)
		settle_one(f);
}

/* Lost from the first reply to the clean cut, by direction. */
static void lost_until_cut(const struct flow *f, int64_t *ret_forward,
			   int64_t *ret_backward)
{
	const struct flow_cut *c = &f->clean;
	int64_t sent = (int64_t)c->seq - f->first + 1 - c->too_big;
	int64_t lost = sent - c->answered;

	*ret_forward = *ret_backward = 0;
	if (!f->heard || !c->answered || lost <= 0)
		return;
	if (sent > c->there)
		*ret_forward = sent - c->there < lost ? sent - c->there : lost;
	*ret_backward = lost - *ret_forward;
}

/* ---- sending ---- */

uint32_t flow_sent(struct flow *f, int64_t now_us, bool small)
{
	struct flow_slot *s = &f->window[f->next % FLOW_WINDOW];

	if (f->next - f->settle >= FLOW_WINDOW)
		settle_one(f); /* too fast to remember two seconds */
	*s = (struct flow_slot){
		.seq = f->next, .sent_us = now_us, .small = small};
	if (f->next == FLOW_FIRST)
		f->first_us = now_us;
	return f->next++;
}

void flow_unsent(struct flow *f)
{
	if (f->next != f->settle)
		f->window[--f->next % FLOW_WINDOW].seq = 0;
}

/* ---- replies ---- */

static void begin_with(struct flow *f, const struct stamp_reply *r)
{
	f->heard = true;
	f->stateful = r->seq != r->sender.seq;
	f->first = f->max_sender = f->max_full = r->sender.seq;
	f->base = f->max_reply = r->seq;
	f->reply_us = r->received_us;
	f->answered_since = 0;
	f->last_rx_us = 0;
	f->at = f->clean = (struct flow_cut){0};
	f->settle = r->sender.seq;
}

/* Too big ones among the packets from `from` to before `to`. */
static int64_t too_big_in(const struct flow *f, uint32_t from, uint32_t to)
{
	int64_t n = 0;

	if (f->next - from > FLOW_WINDOW)
		from = f->next - FLOW_WINDOW;
	for (uint32_t q = from; q < to; q++)
		n += f->window[q % FLOW_WINDOW].seq == q &&
		     f->window[q % FLOW_WINDOW].fate == FLOW_TOO_BIG;
	return n;
}

/* The first reply: what was sent before it is lost, nobody knows where. */
static void begin(struct flow *f, const struct stamp_reply *r)
{
	f->settled_somewhere += (int64_t)r->sender.seq - FLOW_FIRST -
				f->too_big +
				too_big_in(f, r->sender.seq, f->next);
	begin_with(f, r);
}

/*
 * The reflector counts from the start again: close the old account.  What was
 * sent between its last reply and this one has no known fate.
 */
static void restart(struct flow *f, const struct stamp_reply *r)
{
	uint32_t seq = r->sender.seq, from = f->max_sender + 1;
	int64_t forward, backward, gone, between;

	while (f->settle <= f->max_sender)
		settle_one(f);
	lost_until_cut(f, &forward, &backward);
	if (!f->stateful)
		forward = backward = 0;
	gone = (int64_t)seq - FLOW_FIRST - (f->received - 1) - f->too_big +
	       too_big_in(f, seq, f->next) - f->settled_forward -
	       f->settled_backward - f->settled_somewhere - f->unreflected;
	between = (int64_t)(seq - from) - too_big_in(f, from, seq);
	f->settled_forward += forward;
	f->settled_backward += backward;
	f->unreflected += between;
	f->settled_somewhere += gone - forward - backward - between;
	f->restarts++;
	begin_with(f, r);
}

/* Counts below what it said before, at a later time: not an overtaking. */
static bool is_restart(const struct flow *f, const struct stamp_reply *r)
{
	if (r->sender.seq <= f->max_sender)
		return false;
	if (!f->stateful) /* it cannot show a restart, but it refused */
		return f->refused;
	return r->seq <= f->max_reply && r->received_us > f->reply_us;
}

/*
 * The size is by our clock, which no jump of the reflector's can stretch; the
 * direction is by the reflector's evidence.
 */
static void measure_gap(struct flow *f, const struct stamp_reply *r,
			int64_t now_us)
{
	int64_t here = now_us - f->last_rx_us;
	int64_t there = r->received_us - f->reply_us;
	bool forward = r->seq == f->max_reply + 1 && there >= here / 2;

	if (!f->last_rx_us)
		return;
	if (forward && here > f->gap_forward_us)
		f->gap_forward_us = here;
	if (!forward && here > f->gap_backward_us)
		f->gap_backward_us = here;
}

static void note_answer(struct flow *f, const struct flow_slot *s,
			const struct stamp_reply *r, int64_t now_us)
{
	f->answered_since++;
	f->reordered += s->seq < f->max_sender;
	if (s->seq >= f->max_sender) {
		measure_gap(f, r, now_us);
		f->max_sender = s->seq;
	}
	if (r->seq >= f->max_reply) {
		f->max_reply = r->seq;
		f->reply_us = r->received_us;
	}
	if (s->seq < f->settle) { /* it had been given up */
		f->at.answered++;
		if (s->seq <= f->clean.seq)
			f->clean.answered++;
	}
	f->last_rx_us = now_us;
}

/* One of those before `first` has come after all. */
static void take_back(struct flow *f)
{
	int64_t *const from[] = {&f->unreflected, &f->settled_somewhere,
				 &f->settled_backward, &f->settled_forward};

	for (size_t i = 0; i < 4; i++) {
		if (*from[i] > 0) {
			--*from[i];
			return;
		}
	}
}

int64_t flow_reply(struct flow *f, const struct stamp_reply *r, int64_t now_us)
{
	struct flow_slot *s = slot_of(f, r->sender.seq);
	int64_t rtt;

	if (!s)
		return -1;
	if (s->fate != FLOW_OPEN) {
		f->duplicate += s->fate == FLOW_ANSWERED;
		return -1;
	}
	s->fate = FLOW_ANSWERED;
	s->count = r->seq;
	rtt = now_us - s->sent_us;
	f->received++;
	f->late += rtt > FLOW_LATE_US;
	if (!f->heard) {
		begin(f, r);
	} else if (is_restart(f, r)) {
		restart(f, r);
	}
	f->refused = false;
	if (s->small)
		f->small_rx_us = now_us;
	else
		f->full_rx_us = now_us;
	if (s->seq < f->first) { /* overtaken by the first one */
		take_back(f);
		f->reordered++;
		return rtt;
	}
	note_answer(f, s, r, now_us);
	if (!s->small && s->seq > f->max_full)
		f->max_full = s->seq;
	return rtt;
}

void flow_refused(struct flow *f, int64_t now_us)
{
	f->refused = true;
	f->floor_us = now_us;
}

void flow_reflected(struct flow *f, int64_t now_us)
{
	f->floor_us = now_us;
}

void flow_too_big(struct flow *f, int64_t now_us)
{
	f->narrow_us = now_us;
}

/* ---- counting ---- */

void flow_count(struct flow *f, int64_t now_us, struct flow_counts *ret)
{
	int64_t sent = (int64_t)f->next - FLOW_FIRST, tail, open;
	int64_t forward, backward, before;

	settle_until(f, now_us);
	lost_until_cut(f, &forward, &backward);
	open = 0;
	for (uint32_t q = f->settle; q != f->next; q++)
		open += f->window[q % FLOW_WINDOW].fate == FLOW_OPEN;
	before = f->settled_forward + f->settled_backward +
		 f->settled_somewhere + f->unreflected;
	/* what is neither answered, nor open, nor accounted for already */
	tail = sent - f->received - f->too_big - open - before - forward -
	       backward;
	*ret = (struct flow_counts){
		.sent = sent,
		.received = f->received,
		.forward = f->settled_forward + forward,
		.backward = f->settled_backward + backward,
		.somewhere = f->settled_somewhere,
		.unsettled = open,
		.unreflected = f->unreflected,
		.too_big = f->too_big,
	};
	if (!f->stateful) { /* it only copies: directions cannot be told */
		tail += forward + backward;
		ret->forward = f->settled_forward;
		ret->backward = f->settled_backward;
	}
	if (f->refused)
		ret->unreflected += tail;
	else
		ret->somewhere += tail;
}

int64_t flow_silence(const struct flow *f, int64_t now_us, int64_t *ret_packets)
{
	uint32_t from = f->heard ? f->max_full + 1 : FLOW_FIRST;
	const struct flow_slot *s;
	int64_t since;

	*ret_packets = 0;
	while (from != f->next && f->window[from % FLOW_WINDOW].seq == from &&
	       f->window[from % FLOW_WINDOW].small)
		from++;
	if (f->next - from < FLOW_SILENT_MIN)
		return 0;
	s = &f->window[from % FLOW_WINDOW];
	since = f->heard ? f->full_rx_us : f->first_us;
	if (s->seq == from && s->sent_us > since)
		since = s->sent_us;
	if (f->floor_us > since)
		since = f->floor_us;
	if (f->narrow_us && f->narrow_us + NARROW_US > since)
		since = f->narrow_us + NARROW_US;
	*ret_packets = (int64_t)(f->next - from);
	return now_us > since ? now_us - since : 0;
}

int64_t flow_black_hole(const struct flow *f, int64_t now_us)
{
	int64_t packets, silence = flow_silence(f, now_us, &packets);

	return silence && f->small_rx_us > now_us - silence / 2 ? silence : 0;
}
