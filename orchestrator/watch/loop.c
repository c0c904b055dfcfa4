/*
 * loop.c - the turns of a probe
 *
 * One thread.  Order of a turn: clock, answers, what is due, a line; so that
 * answers that came during our own pause are heard before silence is judged.
 */
#include "orchestrator/watch/loop.h"

#include "orchestrator/base/clock.h"
#include "orchestrator/base/mem.h"
#include "orchestrator/watch/flow.h"

#define AT_ONCE 16 /* of one turn at most */
#define TAIL_US (FLOW_LATE_US + 100000)

static uint64_t due(const struct loop *l)
{
	return (uint64_t)(l->now_us - l->start_us) * l->o->rate / 1000000 + 1;
}

static void send_due(struct loop *l)
{
	for (int n = 0; l->sent < due(l) && n < AT_ONCE; n++) {
		l->ops->send(l->self);
		l->sent++;
	}
	if (due(l) > l->sent + l->o->rate / 10 + AT_ONCE)
		l->sent = due(l) - 1; /* too fast for us: not all of it */
}

static bool say(struct loop *l, const struct sample *a, bool final,
		sample_fn *fn, void *arg)
{
	json_auto *j = sample_json(a, &l->rtts, clock_wall_us(), final);

	if (l->clock.regular)
		l->rtts.n = 0;
	return fn(arg, j);
}

static void take_sample(struct loop *l, struct sample *ret)
{
	*ret = (struct sample){.kind = l->o->kind,
			       .flows = l->o->flows,
			       .stall_us = l->pace.stall_us};
	l->ops->sample(l->self, ret);
}

static bool say_if_due(struct loop *l, sample_fn *fn, void *arg)
{
	struct sample a;

	if (!sample_clock_look(&l->clock, l->now_us))
		return true;
	take_sample(l, &a);
	return !sample_clock_due(&l->clock, l->now_us, &a) ||
	       say(l, &a, false, fn, arg);
}

static int64_t until_next(const struct loop *l)
{
	int64_t at = l->start_us + (int64_t)(l->sent * 1000000 / l->o->rate);
	int64_t left = at - l->now_us;

	if (l->tail || left > PACE_TURN_US)
		return PACE_TURN_US;
	return left > 0 ? left : 0;
}

/* Waits for answers; true: standard input ended. */
static bool wait_for(struct loop *l, bool watch_stdin)
{
	struct timespec t = {.tv_nsec = until_next(l) * 1000};
	struct pollfd v[LOOP_FDS + 1];
	size_t n = l->ops->fds(l->self, v);
	int rc;

	v[n] = (struct pollfd){.fd = watch_stdin ? 0 : -1, .events = POLLIN};
	rc = ppoll(v, n + 1, &t, NULL);
	l->now_us = pace_turn(&l->pace, clock_mono_us());
	if (rc > 0)
		l->ops->ready(l->self, v, n);
	if (l->ops->turn)
		l->ops->turn(l->self);
	return rc > 0 && v[n].revents && probe_stdin_ended();
}

static void send_phase(struct loop *l, sample_fn *fn, void *arg,
		       volatile sig_atomic_t *stop)
{
	while (!*stop) {
		if (l->o->duration_us &&
		    l->now_us - l->start_us >= l->o->duration_us)
			return;
		send_due(l);
		if (!say_if_due(l, fn, arg) || wait_for(l, l->o->watch_stdin))
			return;
	}
}

void loop_run(struct loop *l, sample_fn *fn, void *arg,
	      volatile sig_atomic_t *stop)
{
	struct sample a;
	int64_t end;

	l->rtts.v = mem_calloc(SAMPLE_RTTS, sizeof(*l->rtts.v));
	pace_start(&l->pace, clock_mono_us());
	l->start_us = l->now_us = pace_turn(&l->pace, clock_mono_us());
	sample_clock_start(&l->clock, l->now_us, l->o->interval_ms);
	send_phase(l, fn, arg, stop);
	l->tail = true;
	end = l->now_us + TAIL_US;
	while (l->now_us < end && *stop < 2)
		wait_for(l, false);
	take_sample(l, &a);
	a.silent = a.silent_us = a.silent_packets = 0; /* it is we who are */
	say(l, &a, true, fn, arg);
	free(l->rtts.v);
}
