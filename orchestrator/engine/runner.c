/*
 * runner.c - the loop around the engine
 *
 * Invariants: an event is fed only between two actions, in the order in which
 * things happened; every row passes through journal_append() before the engine
 * hears that it is committed.  A journal that cannot be written ends the run
 * where it stands: the space kept back for a rollback is released first.
 */
#include "orchestrator/engine/runner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/goal.h"
#include "orchestrator/engine/rows.h"
#include "orchestrator/engine/runner_parts.h"

#define POLL_MS 200
/* Between the timers of two edges: twice what BGP takes to settle, so that one
 * has gone back and carries traffic before the next one does. */
#define STAGGER_S 10
#define TICK_MS 500 /* how often the monitor is turned at least */

struct engine_policy runner_policy(const struct plan *p)
{
	return (struct engine_policy){
		.rollback_automatic = p->rollback.automatic,
		.rollback_to_start = p->rollback.to_start,
		.abort_rolls_back = p->rollback.on_abort == PLAN_ABORT_ROLLBACK,
		.dead_man_s = p->rollback.dead_man_s,
		.stagger_s = STAGGER_S,
		.poll_ms = POLL_MS,
	};
}

void runner_feed(struct runner *r, const struct event *ev)
{
	struct action_list out = {0};

	engine_feed(r->engine, ev, &out);
	for (size_t i = 0; i < out.n && !r->ended; i++)
		runner_execute(r, &out.v[i]);
	action_list_done(&out);
}

/* ---- what comes by itself ---- */

static void on_signal(struct runner *r)
{
	struct signalfd_siginfo si;
	struct event ev = {.kind = EVENT_OPERATOR, .command = OPERATOR_STOP};

	if (read(r->signals, &si, sizeof(si)) != sizeof(si))
		return;
	runner_unpace(r);
	runner_feed(r, &ev);
}

static bool is_silent(const void *monitor, size_t group)
{
	return monitor_is_silent(monitor, group);
}

static void on_monitor(struct runner *r)
{
	int64_t now = clock_mono_us();
	struct event ev;

	if (!r->monitor)
		return;
	monitor_turn(r->monitor, now);
	while (!r->ended && monitor_verdict(r->monitor, now, &ev)) {
		json_auto *j =
			json_pack("{s:i,s:s}", "verdict", (int)ev.verdict,
				  "text", ev.text ? ev.text : "");
		mem_auto_free char *body = json_text_canonical(j);

		ev.goal = goal_find(r->o->plan, r->o->program, ev.group,
				    is_silent, r->monitor);
		runner_unpace(r);
		if (!r->ended && runner_append(r, "guard", NULL, body))
			runner_feed(r, &ev);
	}
}

void runner_unpace(struct runner *r)
{
	struct event ev = {.kind = EVENT_COMMITTED, .call = r->paced_call};

	if (!r->paced_call)
		return;
	r->paced_call = 0;
	runner_feed(r, &ev);
}

static void on_timer(struct runner *r)
{
	struct event ev = {.kind = EVENT_TIMER, .call = r->timer_call};

	if (r->paced_call && clock_mono_us() >= r->paced_us)
		runner_unpace(r);

	if (r->ended || !r->timer_us || clock_mono_us() < r->timer_us)
		return;
	r->timer_us = 0;
	runner_feed(r, &ev);
}

/* Three times in the time of a dead-man timer: one may get lost. */
static void on_tick(struct runner *r)
{
	struct event ev = {.kind = EVENT_TICK};
	int64_t now = clock_mono_us();

	if (!r->o->policy.dead_man_s || now < r->tick_us)
		return;
	r->tick_us = now + (int64_t)r->o->policy.dead_man_s * 1000000 / 3;
	worker_pool_standby(r->pool, NULL);
	runner_feed(r, &ev);
}

/* ---- the loop ---- */

static int wait_ms(const struct runner *r)
{
	int64_t due = r->paced_call ? r->paced_us : r->timer_us;
	int64_t left;

	if (!due)
		return TICK_MS;
	left = (due - clock_mono_us()) / 1000 + 1;
	return left < 0 ? 0 : left > TICK_MS ? TICK_MS : (int)left;
}

static void turn(struct runner *r)
{
	struct pollfd v[2 + RUNNER_TALK_FDS + MONITOR_FDS_MAX];
	struct job_result res;
	size_t n = 2;

	v[0] = (struct pollfd){.fd = worker_pool_fd(r->pool), .events = POLLIN};
	v[1] = (struct pollfd){.fd = r->signals, .events = POLLIN};
	n += runner_talk_fds(r, v + n);
	if (r->monitor)
		n += monitor_fds(r->monitor, v + n);
	if (poll(v, n, wait_ms(r)) < 0 && errno != EINTR)
		abort();
	while (!r->ended && worker_pool_poll(r->pool, &res)) {
		runner_on_result(r, &res);
		job_result_done(&res);
	}
	if (!r->ended && (v[1].revents & POLLIN))
		on_signal(r);
	if (!r->ended)
		runner_talk(r);
	if (!r->ended)
		on_timer(r);
	if (!r->ended)
		on_tick(r);
	if (!r->ended)
		runner_mind_space(r);
	if (!r->ended)
		on_monitor(r);
}

static void keep_for_monitor(struct runner *r, const struct journal_row *row)
{
	const char *step = row->step ? row->step : "";

	r->moved |= strcmp(row->kind, "intent") == 0 &&
		    strncmp(step, "wave-", 5) == 0;
	if (strcmp(row->kind, "measure") || strncmp(step, "start/", 6))
		return;
	free(r->baseline);
	r->baseline = mem_strdup(row->body);
}

static bool start_monitor(struct runner *r, struct err *e)
{
	const struct runner_options *o = r->o;

	if (o->no_probes || (!o->plan->n_probes && !o->plan->n_guards))
		return true;
	r->monitor = monitor_new(o->plan, o->spawn, e);
	if (!r->monitor ||
	    !monitor_watch(r->monitor, o->program, o->targets, o->n_targets, e))
		return false;
	if (r->baseline)
		monitor_note(r->monitor, "measure", "start/", r->baseline);
	if (r->moved)
		monitor_note(r->monitor, "intent", "wave-", "");
	return true;
}

static bool replay_row(void *arg, const struct journal_row *row, struct err *e)
{
	struct runner *r = arg;

	if (row->seq == 0)
		return true;
	keep_for_monitor(r, row);
	runner_talk_replay(r, row);
	return engine_replay(r->engine, row->kind, row->step, row->body, e) ||
	       err_wrap(e, "row %lld", (long long)row->seq);
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool start(struct runner *r, struct err *e)
{
	const struct runner_options *o = r->o;

	struct engine_policy policy = o->policy;

	r->harmless = (struct harmless){o->plan, o->targets, o->n_targets};
	policy.judge = harmless_judge;
	policy.judge_arg = &r->harmless;
	r->engine = engine_new(o->program, &policy);
	runner_talk_init(r);
	if (!journal_each(o->journal, o->run_id, 0, replay_row, r, e))
		return false;
	if (o->rollback && o->rollback_to &&
	    !engine_can_go_back(r->engine, o->rollback_to))
		return err_set(e, ERR_REFUSED,
			       "run '%s' has no checkpoint '%s' behind it; see "
			       "'cutover status'",
			       o->run_id, o->rollback_to);
	r->signals = block_signals();
	r->control = control_new(journal_state_dir(o->journal), o->run_id, e);
	if (!r->control)
		return false;
	r->pool = worker_pool_new(o->targets, o->n_targets,
				  o->plan->timeouts.command_ms, e);
	if (!r->pool)
		return false;
	worker_pool_trace(r->pool, r->outputs);
	for (size_t i = 0; r->moved && i < o->n_targets; i++)
		worker_pool_standby(r->pool, o->targets[i].name);
	return start_monitor(r, e);
}

static void finish(struct runner *r)
{
	if (r->monitor && r->exit_code != EXIT_INTERNAL) {
		json_auto *samples = NULL;
		mem_auto_free char *body = NULL;

		monitor_finish(r->monitor);
		samples = monitor_samples(r->monitor);
		body = json_text_canonical(samples);
		runner_append(r, "measure", "final", body);
	}
	monitor_free(r->monitor);
	worker_pool_free(r->pool);
	runner_talk_done(r);
	control_free(r->control);
	engine_free(r->engine);
	json_decref(r->snapshot);
	free(r->snapshot_why);
	free(r->baseline);
	if (r->signals > 0)
		close(r->signals);
}

static void note(struct runner *r, const char *kind, const json_t *j)
{
	mem_auto_free char *body = j ? json_text_canonical(j) : NULL;
	err_auto e = ERR_INIT;

	if (body && runner_append(r, kind, NULL, body))
		engine_replay(r->engine, kind, NULL, body, &e);
}

bool runner_run(const struct runner_options *o, int *ret_exit, struct err *e)
{
	err_auto fatal = ERR_INIT;
	struct runner r = {.o = o, .fatal = &fatal};
	struct event rollback = {.kind = EVENT_OPERATOR,
				 .command = OPERATOR_ROLLBACK,
				 .text = o->rollback_to};
	struct event begin = {.kind = EVENT_BEGIN};
	bool ok = start(&r, e);

	if (ok) {
		note(&r, "proof", o->proof);
		note(&r, "approvals", o->approvals);
		if (o->hold_before)
			runner_postpone(&r, o->hold_before, false, "the start");
		if (o->rollback)
			runner_feed(&r, &rollback);
		runner_feed(&r, &begin);
		while (!r.ended)
			turn(&r);
	}
	finish(&r);
	if (fatal.msg) {
		err_move(e, &fatal);
		ok = false;
	}
	if (ok)
		*ret_exit = r.exit_code;
	return ok;
}
