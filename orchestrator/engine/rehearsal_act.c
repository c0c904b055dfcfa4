/*
 * rehearsal_act.c - what the runner does with actions, without its threads
 *
 * Rows go to a vector instead of a database, jobs to lanes that are run in
 * place when their time has come.  A lane does one job after the other; only a
 * retreat passes those that wait.
 */
#include <string.h>

#include "orchestrator/engine/rehearsal_parts.h"
#include "orchestrator/engine/rows.h"

enum look_tag { TAG_SNAPSHOT = 1, TAG_VNET };

/* ---- rows ---- */

/* How much of a body is worth a line of the log. */
static int shown(const char *kind)
{
	static const char *const kinds[] = {"hold",  "failed",	  "outcome",
					    "end",   "settled",	  "rollback",
					    "fired", "retreated", "rewound"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return 160;
	return 0;
}

/* A checkpoint is called as its block, which its step's id begins with. */
static void record(struct rehearsal *r, const char *step)
{
	mem_auto_free char *name = mem_strndup(step, strcspn(step, "/"));

	rehearsal_record(r, name);
}

static void append(struct rehearsal *r, const struct action *a)
{
	struct event ev = {.kind = EVENT_COMMITTED, .call = a->call};
	struct rehearsal_row *row;

	if (rehearsal_point(r))
		return; /* not durable */
	MEM_GROW(r->rows, r->n_rows, r->cap_rows);
	row = &r->rows[r->n_rows++];
	row->kind = mem_strdup(a->row_kind);
	row->step = mem_strdup(a->row_step);
	row->body = mem_strdup(a->row_body);
	r->done_rows += strcmp(row->kind, "done") == 0;
	rehearsal_say(r, "row %zu %s %s %.*s", r->n_rows, row->kind,
		      row->step ? row->step : "", shown(row->kind), row->body);
	if (strcmp(row->kind, "checkpoint") == 0)
		record(r, row->step);
	if (!rehearsal_point(r)) /* durable, but nobody has heard */
		rehearsal_feed(r, &ev);
}

/* ---- jobs ---- */

static size_t lane_of(const struct rehearsal *r, const char *target)
{
	size_t i = 0;

	while (i < r->n_targets &&
	       (!target || strcmp(r->targets[i].name, target) != 0))
		i++;
	return i;
}

static int64_t free_at(const struct rehearsal *r, size_t lane)
{
	int64_t us = r->clock.mono_us;

	for (size_t i = 0; i < r->n_due; i++)
		if (r->due[i].kind == DUE_JOB && r->due[i].lane == lane &&
		    r->due[i].us > us)
			us = r->due[i].us;
	return us;
}

/* The job of the lane that is under way: the one that is done next. */
static struct due *under_way(struct rehearsal *r, size_t lane)
{
	struct due *first = NULL;

	for (size_t i = 0; i < r->n_due; i++)
		if (r->due[i].kind == DUE_JOB && r->due[i].lane == lane &&
		    (!first || r->due[i].us < first->us))
			first = &r->due[i];
	return first;
}

/* As worker.c does: it comes next, and changes that wait are dropped. */
static void retreat(struct rehearsal *r, struct due *d, int64_t took)
{
	const struct due *now = under_way(r, d->lane);
	size_t at = now ? (size_t)(now - r->due) : r->n_due;

	d->us = (now ? now->us : r->clock.mono_us) + took;
	for (size_t i = 0; i < r->n_due; i++) {
		struct due *x = &r->due[i];

		if (i == at || x->kind != DUE_JOB || x->lane != d->lane)
			continue;
		x->cancelled |= x->job.kind == JOB_APPLY;
		x->us = x->cancelled	 ? r->clock.mono_us
			: x->us <= d->us ? d->us + 1
					 : x->us;
	}
	rehearsal_due(r, d);
}

static void enqueue(struct rehearsal *r, struct due *d)
{
	int64_t took =
		r->o->seed ? 120000 + (int64_t)chance_below(r, 400000) : 200000;

	d->kind = DUE_JOB;
	if (d->job.kind == JOB_RETREAT) {
		retreat(r, d, took);
		return;
	}
	d->us = free_at(r, d->lane) + took;
	rehearsal_due(r, d);
}

static bool submit(struct rehearsal *r, struct action *a, enum job_kind kind)
{
	struct due d = {
		.lane = lane_of(r, a->target),
		.job = {.kind = kind,
			.call = a->call,
			.step = a->step,
			.back = a->back,
			.guard_s = a->guard_s,
			.want = a->want,
			.changeset = a->changeset,
			.token = a->token},
	};

	if (d.lane == r->n_targets) {
		rehearsal_break(r, "an action is for '%s', which is no target",
				a->target ? a->target : "");
		return false;
	}
	a->want = (struct resource_set){0};
	a->changeset = (struct changeset){0};
	a->token = NULL;
	if (d.job.changeset.key) {
		char *key = mem_format(RUN_ID ".%s", d.job.changeset.key);

		free(d.job.changeset.key);
		d.job.changeset.key = key;
	}
	enqueue(r, &d);
	return true;
}

static bool submit_look(struct rehearsal *r, const char *target, int64_t call,
			int tag)
{
	const struct program *p = r->o->program;
	struct due d = {.lane = lane_of(r, target),
			.job = {.kind = JOB_LOOK, .call = call, .tag = tag}};

	if (d.lane == r->n_targets)
		return false;
	for (size_t i = 0; i < p->n_watch; i++)
		if (strcmp(p->watch_target[i], target) == 0)
			resource_set_copy(&d.job.want, &p->watch[i]);
	enqueue(r, &d);
	return true;
}

/* ---- snapshots ---- */

static void snapshot_end(struct rehearsal *r)
{
	json_t *states = r->snapshot;
	char *why = r->snapshot_why;
	struct event ev = {.kind = EVENT_SNAPSHOT,
			   .call = r->snapshot_call,
			   .ok = !why,
			   .text = why,
			   .states = states};

	r->snapshot = NULL;
	r->snapshot_why = NULL;
	rehearsal_feed(r, &ev);
	json_decref(states);
	free(why);
}

static void snapshot(struct rehearsal *r, const struct action *a)
{
	const struct program *p = r->o->program;

	json_decref(r->snapshot);
	free(r->snapshot_why);
	r->snapshot = json_object();
	r->snapshot_why = NULL;
	r->snapshot_call = a->call;
	r->snapshot_left = 0;
	for (size_t i = 0; i < p->n_watch; i++)
		r->snapshot_left += submit_look(r, p->watch_target[i], a->call,
						TAG_SNAPSHOT);
	if (!r->snapshot_left)
		snapshot_end(r);
}

static void snapshot_part(struct rehearsal *r, struct job_result *res)
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

/* ---- actions ---- */

void rehearsal_execute(struct rehearsal *r, struct action *a)
{
	static const enum job_kind jobs[] = {
		[ACTION_PREPARE] = JOB_PREPARE, [ACTION_APPLY] = JOB_APPLY,
		[ACTION_SETTLE] = JOB_SETTLE,	[ACTION_OBSERVE] = JOB_OBSERVE,
		[ACTION_CONFIRM] = JOB_CONFIRM, [ACTION_SAVE] = JOB_SAVE,
		[ACTION_POLL] = JOB_POLL,	[ACTION_RENEW] = JOB_RENEW,
		[ACTION_RETREAT] = JOB_RETREAT,
	};
	struct due timer = {.kind = DUE_TIMER,
			    .us = r->clock.mono_us + (int64_t)a->ms * 1000,
			    .call = a->call};

	switch (a->kind) {
	case ACTION_APPEND:
		append(r, a);
		break;
	case ACTION_SNAPSHOT:
		snapshot(r, a);
		break;
	case ACTION_VNET:
		submit_look(r, a->target, a->call, TAG_VNET);
		break;
	case ACTION_TIMER:
		rehearsal_due(r, &timer);
		break;
	case ACTION_END:
		r->ended = true;
		r->exit_code = a->exit_code;
		break;
	default:
		submit(r, a, jobs[a->kind]);
	}
}

/* ---- answers ---- */

/* Against what 'start' recorded: nothing of it may differ. */
static void vnet_look(struct rehearsal *r, struct job_result *res)
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
	rehearsal_feed(r, &ev);
}

static void answer(struct rehearsal *r, struct job_result *res)
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
		rehearsal_feed(r, &ev);
	}
}

void rehearsal_job(struct rehearsal *r, struct due *d)
{
	struct job_result res;

	/* all edges go back at once, whether or not traffic is lost still: a
	 * crash in the middle repeats it */
	if (d->job.kind == JOB_RETREAT)
		r->o->world->excuse(r->world);
	if (d->cancelled)
		job_cancel(&d->job, r->targets[d->lane].name, &res);
	else
		job_lane_run(r->lanes[d->lane], &d->job, &res);
	r->dead |= r->dying;
	if (!r->dead)
		answer(r, &res);
	job_result_done(&res);
}
