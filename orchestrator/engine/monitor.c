/*
 * monitor.c - probes, their samples, the guards over them
 *
 * Invariant: a guard is fed in the order in which lines came, and its verdict
 * is told once, when it changes.
 */
#include "orchestrator/engine/monitor.h"

#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/guards.h"

#define TAIL_US                                                                \
	8000000 /* for the last line of a probe that was told to end           \
		 */

struct monitor {
	const struct plan *plan;
	struct measure *v;
	struct guard_state *guards;
	struct buf why;
};

/* What one probe's line is handed to. */
struct feeding {
	struct monitor *m;
	int probe;
	int64_t now_us;
};

struct monitor *monitor_new(const struct plan *p, monitor_spawn_fn *spawn,
			    struct err *e)
{
	struct monitor *m = mem_alloc(sizeof(*m));
	int64_t now = clock_mono_us();
	bool ok = p->n_probes <= MONITOR_FDS_MAX ||
		  err_set(e, ERR_INVALID, "a plan can have %d probes at most",
			  MONITOR_FDS_MAX);

	m->plan = p;
	m->v = mem_calloc(p->n_probes, sizeof(*m->v));
	m->guards = mem_calloc(p->n_guards, sizeof(*m->guards));
	for (size_t i = 0; i < p->n_probes; i++)
		measure_init(&m->v[i], p, &p->probes[i], spawn);
	for (size_t i = 0; i < p->n_guards; i++)
		guard_start(&m->guards[i], &p->guards[i], now);
	for (size_t i = 0; ok && i < p->n_probes; i++)
		ok = measure_start(&m->v[i], now, e);
	if (ok)
		return m;
	monitor_free(m);
	return NULL;
}

void monitor_free(struct monitor *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->plan->n_probes; i++)
		measure_done(&m->v[i]);
	buf_done(&m->why);
	free(m->v);
	free(m->guards);
	free(m);
}

size_t monitor_fds(const struct monitor *m, struct pollfd *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < m->plan->n_probes; i++)
		if (m->v[i].out >= 0)
			ret[n++] = (struct pollfd){.fd = m->v[i].out,
						   .events = POLLIN};
	return n;
}

static void feed_guards(void *arg, const json_t *sample)
{
	struct feeding *f = arg;

	for (size_t i = 0; i < f->m->plan->n_guards; i++)
		if (f->m->plan->guards[i].probe == f->probe)
			guard_feed(&f->m->guards[i], f->now_us, sample);
}

void monitor_turn(struct monitor *m, int64_t now_us)
{
	for (size_t i = 0; i < m->plan->n_probes; i++) {
		struct feeding f = {m, (int)i, now_us};

		measure_turn(&m->v[i], now_us, feed_guards, &f);
	}
}

static void tell(const struct monitor *m, const struct guard_state *g,
		 struct event *ret)
{
	const struct plan_probe *p =
		g->rule->probe < 0 ? NULL : &m->plan->probes[g->rule->probe];

	*ret = (struct event){
		.kind = EVENT_GUARD,
		.verdict = g->verdict,
		.text = buf_str(&m->why),
		.hold_on_breach = g->rule->breach == PLAN_BREACH_HOLD,
		.guard = g->rule->name,
		.probe = p ? p->name : NULL,
		.group = p && p->group >= 0 ? m->plan->groups[p->group].name
					    : NULL,
	};
}

bool monitor_verdict(struct monitor *m, int64_t now_us, struct event *ret)
{
	for (size_t i = 0; i < m->plan->n_guards; i++) {
		struct guard_state *g = &m->guards[i];
		enum guard_verdict v;

		if (g->rule->probe < 0)
			continue;
		buf_clear(&m->why);
		v = guard_judge(g, now_us, &m->why);
		if (v == GUARD_BLIND && g->rule->blind == PLAN_BLIND_IGNORE)
			v = GUARD_PASS;
		if (v == g->verdict)
			continue;
		g->verdict = v;
		if (v == GUARD_PASS)
			continue;
		tell(m, g, ret);
		return true;
	}
	return false;
}

json_t *monitor_samples(const struct monitor *m)
{
	json_t *j = json_object();

	for (size_t i = 0; i < m->plan->n_probes; i++)
		if (m->v[i].last)
			json_object_set(j, m->v[i].rule->name, m->v[i].last);
	return j;
}

static bool any_open(const struct monitor *m)
{
	for (size_t i = 0; i < m->plan->n_probes; i++)
		if (m->v[i].out >= 0)
			return true;
	return false;
}

void monitor_finish(struct monitor *m)
{
	int64_t end = clock_mono_us() + TAIL_US;

	for (size_t i = 0; i < m->plan->n_probes; i++)
		measure_end(&m->v[i]);
	while (any_open(m) && clock_mono_us() < end) {
		struct pollfd v[MONITOR_FDS_MAX];
		size_t n = monitor_fds(m, v);

		poll(v, n, 200);
		monitor_turn(m, clock_mono_us());
	}
}
