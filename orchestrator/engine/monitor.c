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
#include "orchestrator/engine/sights.h"
#include "orchestrator/engine/watcher.h"

#define LOOK_MS 1000 /* between two looks at a target */
#define TAIL_US                                                                \
	8000000 /* for the last line of a probe that was told to end           \
		 */

struct monitor {
	const struct plan *plan;
	struct measure *v;
	struct guard_state *guards;
	struct sights *sights;	       /* NULL: no guard needs looks */
	struct watcher_pool *watchers; /* the same */
	const struct program *program;
	struct buf why;
	char **whys; /* of each guard that does not pass, or NULL */
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
	bool ok = p->n_probes < MONITOR_FDS_MAX ||
		  err_set(e, ERR_INVALID, "a plan can have %d probes at most",
			  MONITOR_FDS_MAX - 1);

	m->plan = p;
	m->v = mem_calloc(p->n_probes, sizeof(*m->v));
	m->guards = mem_calloc(p->n_guards, sizeof(*m->guards));
	m->whys = mem_calloc(p->n_guards + 1, sizeof(*m->whys));
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

static bool needs_looks(const struct plan *p)
{
	for (size_t i = 0; i < p->n_guards; i++)
		if (p->guards[i].over != PLAN_OVER_PROBE)
			return true;
	return false;
}

static const struct resource_set *watch_of(const struct program *p,
					   const char *target)
{
	for (size_t i = 0; i < p->n_watch; i++)
		if (strcmp(p->watch_target[i], target) == 0)
			return &p->watch[i];
	return NULL;
}

bool monitor_watch(struct monitor *m, const struct program *program,
		   const struct target *targets, size_t n, struct err *e)
{
	if (!needs_looks(m->plan))
		return true;
	m->program = program;
	m->sights = sights_new(m->plan, clock_mono_us());
	m->watchers = watcher_pool_new(LOOK_MS);
	for (size_t i = 0; i < n; i++) {
		resource_set_auto want = {0};

		sights_want(m->plan, targets[i].name,
			    watch_of(program, targets[i].name), &want);
		if (!want.n)
			continue;
		sights_expect(m->sights, targets[i].name);
		if (!watcher_pool_add(m->watchers, &targets[i], &want, e))
			return false;
	}
	return true;
}

/* The step of the program that has this id, or NULL. */
static const struct step *step_of(const struct program *p, const char *id)
{
	for (size_t i = 0; id && i < p->n; i++) {
		const struct step_vec *lists[] = {&p->v[i].steps,
						  &p->v[i].undo};

		for (int k = 0; k < 2; k++)
			for (size_t q = 0; q < lists[k]->n; q++)
				if (strcmp(lists[k]->v[q].id, id) == 0)
					return &lists[k]->v[q];
	}
	return NULL;
}

/* What the probes said at the end of the baseline. */
static void take_baseline(struct monitor *m, const char *body)
{
	json_auto *all = json_text_parse(body, strlen(body), NULL);

	for (size_t i = 0; i < m->plan->n_guards; i++) {
		const struct plan_guard *g = &m->plan->guards[i];

		if (g->probe >= 0)
			guard_baseline(
				&m->guards[i],
				json_peek(all, m->plan->probes[g->probe].name));
	}
}

static void note_step(struct monitor *m, const char *id, bool begins)
{
	const struct step *s = step_of(m->program, id);

	/* a wave's first change: from here on the circuit may carry */
	if (begins && id && strncmp(id, "wave-", 5) == 0)
		sights_moved(m->sights);
	if (s && s->target && s->kind == STEP_ENSURE)
		sights_change(m->sights, s->target, begins, clock_mono_us());
}

void monitor_note(struct monitor *m, const char *kind, const char *step,
		  const char *body)
{
	if (strcmp(kind, "measure") == 0 && step &&
	    strncmp(step, "start/", 6) == 0)
		take_baseline(m, body);
	if (!m->sights)
		return;
	if (strcmp(kind, "intent") == 0)
		note_step(m, step, true);
	if (strcmp(kind, "done") == 0 || strcmp(kind, "failed") == 0)
		note_step(m, step, false);
}

void monitor_free(struct monitor *m)
{
	if (!m)
		return;
	watcher_pool_free(m->watchers);
	sights_free(m->sights);
	for (size_t i = 0; i < m->plan->n_probes; i++)
		measure_done(&m->v[i]);
	for (size_t i = 0; i < m->plan->n_guards; i++)
		free(m->whys[i]);
	buf_done(&m->why);
	free(m->whys);
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
	if (m->watchers)
		ret[n++] = (struct pollfd){.fd = watcher_pool_fd(m->watchers),
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

static void take_looks(struct monitor *m, int64_t now_us)
{
	struct watcher_look l;

	while (m->watchers && watcher_pool_poll(m->watchers, &l)) {
		sights_feed(m->sights, now_us, l.target, l.ok ? &l.seen : NULL,
			    l.text);
		watcher_look_done(&l);
	}
}

void monitor_turn(struct monitor *m, int64_t now_us)
{
	for (size_t i = 0; i < m->plan->n_probes; i++) {
		struct feeding f = {m, (int)i, now_us};

		measure_turn(&m->v[i], now_us, feed_guards, &f);
	}
	take_looks(m, now_us);
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

static enum guard_verdict judge(struct monitor *m, struct guard_state *g,
				int64_t now_us)
{
	enum guard_verdict v;

	buf_clear(&m->why);
	if (g->rule->over == PLAN_OVER_PROBE)
		v = guard_judge(g, now_us, &m->why);
	else if (m->sights)
		v = sights_judge(m->sights, g->rule, now_us, &m->why);
	else
		v = GUARD_PASS;
	if (v == GUARD_BLIND && g->rule->blind == PLAN_BLIND_IGNORE)
		v = GUARD_PASS;
	return v;
}

bool monitor_verdict(struct monitor *m, int64_t now_us, struct event *ret)
{
	for (size_t i = 0; i < m->plan->n_guards; i++) {
		struct guard_state *g = &m->guards[i];
		enum guard_verdict v = judge(m, g, now_us);

		if (v == g->verdict)
			continue;
		g->verdict = v;
		free(m->whys[i]);
		m->whys[i] =
			v == GUARD_PASS ? NULL : mem_strdup(buf_str(&m->why));
		if (v == GUARD_PASS)
			continue;
		tell(m, g, ret);
		return true;
	}
	return false;
}

bool monitor_is_silent(const struct monitor *m, size_t group)
{
	for (size_t i = 0; i < m->plan->n_guards; i++) {
		const struct guard_state *g = &m->guards[i];
		const struct plan_guard *r = g->rule;

		if (r->over == PLAN_OVER_PROBE && r->probe >= 0 && g->silent &&
		    r->breach != PLAN_BREACH_HOLD &&
		    m->plan->probes[r->probe].group == (int)group)
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

static json_t *guard_json(struct monitor *m, size_t i, int64_t now_us)
{
	static const char *const verdicts[] = {"pass", "breach", "blind"};
	static const char *const over[] = {"probe",   "sessions", "prefixes",
					   "tunnels", "counters", "maintenance",
					   "vnet"};
	struct guard_state *g = &m->guards[i];
	const struct plan_guard *r = g->rule;

	return json_pack(
		"{s:s,s:s,s:s*,s:s,s:s*,s:s,s:o}", "name", r->name, "over",
		over[r->over], "probe",
		r->probe < 0 ? NULL : m->plan->probes[r->probe].name, "verdict",
		verdicts[g->verdict], "why", m->whys[i], "breach",
		r->breach == PLAN_BREACH_HOLD ? "hold" : "rollback", "values",
		r->over == PLAN_OVER_PROBE ? guard_values(g, now_us)
					   : json_array());
}

json_t *monitor_guards(struct monitor *m, int64_t now_us)
{
	json_t *j = json_array();

	for (size_t i = 0; i < m->plan->n_guards; i++)
		json_array_append_new(j, guard_json(m, i, now_us));
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
