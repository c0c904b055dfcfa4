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

/* ---- rows ---- */

bool runner_append(struct runner *r, const char *kind, const char *step,
		   const char *body)
{
	struct runner_row row = {.kind = kind, .step = step, .body = body};
	struct journal *j = r->o->journal;
	err_auto e = ERR_INIT;
	bool ok =
		journal_append(j, r->o->run_id, kind, step, body, &row.seq, &e);

	if (!ok && journal_err_is(&e, JOURNAL_FULL)) {
		journal_release_ballast(j);
		err_done(&e);
		ok = journal_append(j, r->o->run_id, kind, step, body, &row.seq,
				    &e);
	}
	if (!ok) {
		err_move(r->fatal, &e);
		err_wrap(r->fatal, "the journal cannot be written, so nothing "
				   "more is done");
		r->ended = true;
		r->exit_code = EXIT_INTERNAL;
		return false;
	}
	row.wall_us = clock_wall_us();
	if (r->monitor)
		monitor_note(r->monitor, kind, step, body);
	if (r->o->on_row)
		r->o->on_row(r->o->arg, &row);
	runner_tell_row(r, &row);
	return true;
}

/* What the probes have counted so far, beside every step's end. */
static void append_measures(struct runner *r, const char *step)
{
	json_auto *samples = NULL;
	mem_auto_free char *body = NULL;

	if (!r->monitor || r->ended)
		return;
	monitor_turn(r->monitor, clock_mono_us());
	samples = monitor_samples(r->monitor);
	body = json_text_canonical(samples);
	runner_append(r, "measure", step, body);
}

static void do_append(struct runner *r, struct action *a)
{
	struct event ev = {.kind = EVENT_COMMITTED, .call = a->call};
	bool done = strcmp(a->row_kind, "done") == 0;

	if (!runner_append(r, a->row_kind, a->row_step, a->row_body))
		return;
	if (done)
		append_measures(r, a->row_step);
	if (r->ended)
		return;
	if (done && r->pace_ms) { /* the engine hears of it later */
		r->paced_call = a->call;
		r->paced_us = clock_mono_us() + (int64_t)r->pace_ms * 1000;
	} else {
		runner_feed(r, &ev);
	}
}

/* ---- jobs ---- */

static char *job_key(const struct runner *r, const char *key)
{
	return key ? mem_format("%s.%s", r->o->run_id, key) : NULL;
}

/* The action's answer when it could not even be asked. */
static void answer_no_target(struct runner *r, const struct action *a)
{
	static const enum event_kind answers[] = {
		[ACTION_PREPARE] = EVENT_PREPARED,
		[ACTION_APPLY] = EVENT_APPLIED,
		[ACTION_SETTLE] = EVENT_OBSERVED,
		[ACTION_OBSERVE] = EVENT_OBSERVED,
		[ACTION_CONFIRM] = EVENT_CONFIRMED,
		[ACTION_SAVE] = EVENT_CONFIRMED,
		[ACTION_VNET] = EVENT_OBSERVED,
		[ACTION_POLL] = EVENT_APPLIED,
		[ACTION_RENEW] = EVENT_RENEWED,
		[ACTION_RETREAT] = EVENT_RETREATED,
	};
	mem_auto_free char *text = mem_format("no adapter for target '%s'",
					      a->target ? a->target : "");
	struct event ev = {.kind = answers[a->kind],
			   .call = a->call,
			   .outcome = OUTCOME_RETRY,
			   .target = a->target,
			   .text = text};

	runner_feed(r, &ev);
}

static void submit(struct runner *r, struct action *a, enum job_kind kind)
{
	struct job job = {.kind = kind,
			  .call = a->call,
			  .step = a->step,
			  .back = a->back,
			  .guard_s = a->guard_s,
			  .want = a->want,
			  .changeset = a->changeset,
			  .token = a->token};
	char *key = job_key(r, a->changeset.key);

	a->want = (struct resource_set){0};
	a->changeset = (struct changeset){0};
	a->token = NULL;
	free(job.changeset.key);
	job.changeset.key = key;
	if (!a->target || !worker_pool_submit(r->pool, a->target, &job))
		answer_no_target(r, a);
}

static const struct resource_set *watch_of(const struct program *p,
					   const char *target)
{
	for (size_t i = 0; i < p->n_watch; i++)
		if (strcmp(p->watch_target[i], target) == 0)
			return &p->watch[i];
	return NULL;
}

static bool submit_look(struct runner *r, const char *target, int64_t call,
			int tag)
{
	struct job job = {.kind = JOB_LOOK, .call = call, .tag = tag};
	const struct resource_set *want = watch_of(r->o->program, target);

	if (want)
		resource_set_copy(&job.want, want);
	return worker_pool_submit(r->pool, target, &job);
}

enum look_tag { TAG_SNAPSHOT = 1, TAG_VNET };

static void snapshot_end(struct runner *r)
{
	struct event ev = {.kind = EVENT_SNAPSHOT,
			   .call = r->snapshot_call,
			   .ok = !r->snapshot_why,
			   .text = r->snapshot_why,
			   .states = r->snapshot};
	json_t *states = r->snapshot;
	char *why = r->snapshot_why;

	r->snapshot = NULL;
	r->snapshot_why = NULL;
	runner_feed(r, &ev);
	json_decref(states);
	free(why);
}

static void do_snapshot(struct runner *r, struct action *a)
{
	const struct program *p = r->o->program;

	json_decref(r->snapshot);
	free(r->snapshot_why);
	r->snapshot = json_object();
	r->snapshot_why = NULL;
	r->snapshot_call = a->call;
	r->snapshot_left = 0;
	for (size_t i = 0; i < p->n_watch; i++) {
		if (submit_look(r, p->watch_target[i], a->call, TAG_SNAPSHOT))
			r->snapshot_left++;
		else if (!r->snapshot_why)
			r->snapshot_why =
				mem_format("no adapter for target '%s'",
					   p->watch_target[i]);
	}
	if (!r->snapshot_left)
		snapshot_end(r);
}

static void execute(struct runner *r, struct action *a)
{
	switch (a->kind) {
	case ACTION_APPEND:
		do_append(r, a);
		break;
	case ACTION_PREPARE:
		submit(r, a, JOB_PREPARE);
		break;
	case ACTION_APPLY:
		submit(r, a, JOB_APPLY);
		break;
	case ACTION_SETTLE:
		submit(r, a, JOB_SETTLE);
		break;
	case ACTION_OBSERVE:
		submit(r, a, JOB_OBSERVE);
		break;
	case ACTION_CONFIRM:
		submit(r, a, JOB_CONFIRM);
		break;
	case ACTION_SAVE:
		submit(r, a, JOB_SAVE);
		break;
	case ACTION_POLL:
		submit(r, a, JOB_POLL);
		break;
	case ACTION_RENEW:
		submit(r, a, JOB_RENEW);
		break;
	case ACTION_RETREAT:
		submit(r, a, JOB_RETREAT);
		break;
	case ACTION_SNAPSHOT:
		do_snapshot(r, a);
		break;
	case ACTION_VNET:
		if (!submit_look(r, a->target, a->call, TAG_VNET))
			answer_no_target(r, a);
		break;
	case ACTION_TIMER:
		r->timer_call = a->call;
		r->timer_us = clock_mono_us() + (int64_t)a->ms * 1000;
		break;
	case ACTION_END:
		r->ended = true;
		r->exit_code = a->exit_code;
		break;
	}
}

void runner_feed(struct runner *r, const struct event *ev)
{
	struct action_list out = {0};

	engine_feed(r->engine, ev, &out);
	for (size_t i = 0; i < out.n && !r->ended; i++)
		execute(r, &out.v[i]);
	action_list_done(&out);
}

/* ---- results ---- */

static void snapshot_part(struct runner *r, struct job_result *res)
{
	if (res->call != r->snapshot_call || !r->snapshot)
		return;
	if (res->ok)
		json_object_set_new(r->snapshot, res->target,
				    resource_set_to_json(&res->seen, true));
	else if (!r->snapshot_why)
		r->snapshot_why = mem_format("cannot look at '%s': %s",
					     res->target, res->text);
	if (--r->snapshot_left == 0)
		snapshot_end(r);
}

/* Against what 'start' recorded: nothing of it may differ. */
static void vnet_look(struct runner *r, struct job_result *res)
{
	const json_t *start =
		engine_checkpoint(r->engine, r->o->program->v[0].name);
	json_auto *was =
		json_pack("{s:O?}", res->target, json_peek(start, res->target));
	json_auto *is = json_pack("{s:o}", res->target,
				  resource_set_to_json(&res->seen, false));
	buf_auto diff = BUF_INIT;
	struct event ev = {.kind = EVENT_OBSERVED,
			   .call = res->call,
			   .ok = res->ok,
			   .text = res->text};

	if (res->ok) {
		ev.satisfied = checkpoint_diff(was, is, NULL, &diff) == 0;
		ev.text = buf_str(&diff);
	}
	runner_feed(r, &ev);
}

static void on_result(struct runner *r, struct job_result *res)
{
	static const enum event_kind kinds[] = {
		[JOB_PREPARE] = EVENT_PREPARED,	 [JOB_APPLY] = EVENT_APPLIED,
		[JOB_SETTLE] = EVENT_OBSERVED,	 [JOB_OBSERVE] = EVENT_OBSERVED,
		[JOB_CONFIRM] = EVENT_CONFIRMED, [JOB_SAVE] = EVENT_CONFIRMED,
		[JOB_POLL] = EVENT_APPLIED,	 [JOB_RENEW] = EVENT_RENEWED,
		[JOB_RETREAT] = EVENT_RETREATED,
	};
	struct event ev = {.call = res->call,
			   .ok = res->ok,
			   .satisfied = res->satisfied,
			   .outcome = res->outcome,
			   .text = res->text,
			   .target = res->target,
			   .token = res->token,
			   .before = &res->seen,
			   .want = &res->want,
			   .changeset = &res->changeset};

	if (res->tag == TAG_SNAPSHOT) {
		snapshot_part(r, res);
	} else if (res->tag == TAG_VNET) {
		vnet_look(r, res);
	} else {
		ev.kind = kinds[res->kind];
		runner_feed(r, &ev);
	}
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

/* The checkpoint before the wave that moved this group; NULL: none has. */
static const char *goal_of(const struct runner *r, const char *group)
{
	const struct plan *p = r->o->plan;

	for (size_t w = 0; group && w < p->n_waves; w++)
		for (size_t i = 0; i < p->waves[w].n_groups; i++) {
			const char *name =
				p->groups[p->waves[w].groups[i]].name;
			int b = program_find_wave(r->o->program, (int)w);

			if (b > 0 && strcmp(name, group) == 0)
				return r->o->program->v[b - 1].name;
		}
	return NULL;
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

		ev.goal = goal_of(r, ev.group);
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
		on_result(r, &res);
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

	r->engine = engine_new(o->program, &o->policy);
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
