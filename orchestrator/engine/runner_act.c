/*
 * runner_act.c - what the engine asks for, and what comes back
 *
 * A job goes to its target's lane and is answered once; a snapshot is one look
 * at every target, answered when the last one is in.  Nothing here waits.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/rows.h"
#include "orchestrator/engine/runner_parts.h"

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

void runner_execute(struct runner *r, struct action *a)
{
	switch (a->kind) {
	case ACTION_APPEND:
		runner_commit(r, a);
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

void runner_on_result(struct runner *r, struct job_result *res)
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
			   .changeset = &res->changeset,
			   .took_ms = (uint32_t)(res->took_us / 1000)};

	if (res->kind == JOB_STANDBY)
		return;
	if (res->kind == JOB_APPLY)
		worker_pool_standby(r->pool, res->target);
	if (res->tag == TAG_SNAPSHOT) {
		snapshot_part(r, res);
	} else if (res->tag == TAG_VNET) {
		vnet_look(r, res);
	} else {
		ev.kind = kinds[res->kind];
		runner_feed(r, &ev);
	}
}
