/*
 * job.c - adapter calls of one target, one after the other
 *
 * Invariants: nothing is retried but reads; a change is sent once and its
 * outcome is handed on as the adapter said it.  A connection that broke, and
 * one over which an outcome stayed unknown, is opened anew before its next
 * use.  Threads: a lane is used by one at a time, but for job_lane_begin(),
 * which is called before the job of the next is run.
 */
#include "orchestrator/engine/job.h"

#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/derive.h"
#include "orchestrator/engine/job_parts.h"

/* ---- the connection and its epoch ---- */

void job_epoch_raise(struct job_shared *s, uint64_t epoch)
{
	uint64_t was = atomic_load(&s->epoch);

	while (was < epoch &&
	       !atomic_compare_exchange_weak(&s->epoch, &was, epoch))
		;
}

static void epoch_forget(struct job_lane *l)
{
	l->ctx.epoch = 0;
	atomic_store(&l->shared->epoch, 0);
}

int64_t job_deadline(const struct job_lane *l, uint32_t extra_ms)
{
	return clock_mono_us() + ((int64_t)l->timeout_ms + extra_ms) * 1000;
}

void job_close(struct job_lane *l)
{
	if (l->open)
		l->ops->close(&l->ctx);
	l->open = false;
}

bool job_open(struct job_lane *l, struct err *e)
{
	if (!l->open) {
		memset(l->ctx.state, 0, l->ops->state_size);
		if (!l->ops->open(&l->ctx, e)) {
			l->ops->close(&l->ctx);
			return false;
		}
		l->open = true;
	}
	return true;
}

bool job_open_fenced(struct job_lane *l, struct err *e)
{
	l->ctx.deadline_us = job_deadline(l, 0);
	if (!job_open(l, e))
		return false;
	if (l->ctx.epoch || !l->ops->fence)
		return true;
	if (!l->ops->fence(&l->ctx, e)) {
		job_close(l);
		return false;
	}
	job_epoch_raise(l->shared, l->ctx.epoch);
	return true;
}

bool job_look(struct job_lane *l, const struct resource_set *want,
	      struct resource_set *ret, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		bool was_open = l->open;

		if (!job_open_fenced(l, e))
			return false;
		l->ctx.deadline_us = job_deadline(l, 0);
		if (l->ops->observe(&l->ctx, want, ret, e))
			return true;
		job_close(l);
		if (!was_open)
			return false;
		job_lane_begin(l); /* another lane may hold the device now */
	}
	return false;
}

bool job_satisfied(const struct resource_set *seen,
		   const struct resource_set *want, struct buf *why)
{
	bool ok = true;

	for (size_t i = 0; i < want->n; i++) {
		const struct resource *x = &want->v[i];
		const struct resource *r =
			resource_set_find(seen, x->kind, x->name);

		if (r && resource_satisfies(r, x))
			continue;
		ok = false;
		if (!why)
			continue;
		if (r)
			resource_diff(r, x, why);
		else
			buf_printf(why, "%s '%s' was not observed\n",
				   resource_kind_name(x->kind), x->name);
	}
	return ok;
}

void job_take_error(struct job_result *r, struct err *e)
{
	free(r->text);
	r->text = mem_strdup(err_msg(e));
}

static void do_prepare(struct job_lane *l, struct job *job,
		       struct job_result *r)
{
	err_auto e = ERR_INIT;
	buf_auto why = BUF_INIT;

	resource_set_copy(&r->want, &job->want);
	if (job->step->derive == STEP_DERIVE_PINS) {
		resource_set_auto now = {0};

		if (!job_look(l, &job->step->look, &now, &e) ||
		    !derive_pins(job->step, &now, &r->want, &e)) {
			job_take_error(r, &e);
			return;
		}
	}
	if (!job_look(l, &r->want, &r->seen, &e)) {
		job_take_error(r, &e);
		return;
	}
	r->satisfied = job_satisfied(&r->seen, &r->want, &why);
	r->ok = r->satisfied || l->ops->render(l->target, &r->seen, &r->want,
					       &r->changeset, &e);
	if (!r->ok)
		job_take_error(r, &e);
	else if (!r->satisfied && !r->changeset.n_forward) {
		r->ok = false;
		r->text = mem_format("'%s' has no way from what it is to what "
				     "it should be: %s",
				     l->target->name, buf_str(&why));
	}
}

/* Large prefix lists take routers minutes: 150 ms a line on top. */
static uint32_t size_allowance(const struct changeset *cs)
{
	uint32_t lines = 0;

	for (size_t i = 0; i < cs->n_forward; i++)
		for (const char *c = cs->forward[i].text; *c; c++)
			lines += *c == '\n';
	return lines > 200 ? lines * 150 : 0;
}

static void do_apply(struct job_lane *l, struct job *job, struct job_result *r)
{
	struct adapter_guard guard = {.seconds = job->guard_s};
	err_auto e = ERR_INIT;
	int64_t start;

	if (!job_open_fenced(l, &e)) {
		r->outcome = OUTCOME_RETRY;
		job_take_error(r, &e);
		return;
	}
	l->ctx.deadline_us = job_deadline(l, size_allowance(&job->changeset));
	start = clock_mono_us();
	r->outcome = l->ops->apply(&l->ctx, &job->changeset, job->back,
				   job->guard_s ? &guard : NULL, &r->token, &e);
	r->took_us = clock_mono_us() - start;
	r->ok = true;
	if (e.msg)
		job_take_error(r, &e);
	if (r->outcome == OUTCOME_UNKNOWN || r->outcome == OUTCOME_FATAL)
		job_close(l);
	if (r->outcome == OUTCOME_UNKNOWN)
		epoch_forget(l); /* whoever is next shuts it out */
}

static void do_poll(struct job_lane *l, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = true;
	r->outcome = OUTCOME_UNKNOWN;
	if (!l->ops->poll) {
		r->text = mem_format("'%s' cannot be asked how far it is",
				     l->target->name);
		return;
	}
	if (!job_open_fenced(l, &e)) {
		r->outcome = OUTCOME_PENDING; /* blind: ask again */
		job_take_error(r, &e);
		return;
	}
	l->ctx.deadline_us = job_deadline(l, 0);
	r->outcome = l->ops->poll(&l->ctx, job->token, &e);
	if (e.msg)
		job_take_error(r, &e);
}

static void do_renew(struct job_lane *l, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = true;
	r->outcome = OUTCOME_UNCHANGED;
	if (!l->ops->renew || !(l->ops->caps & ADAPTER_CAP_TIMER))
		return;
	if (!job_open_fenced(l, &e)) {
		r->outcome = OUTCOME_RETRY;
		job_take_error(r, &e);
		return;
	}
	l->ctx.deadline_us = job_deadline(l, 0);
	r->outcome = l->ops->renew(&l->ctx, job->guard_s, &e);
	/* what is of an epoch that has passed tells nothing of the timer */
	if (r->outcome == OUTCOME_REFUSED &&
	    atomic_load(&l->shared->epoch) != l->ctx.epoch)
		r->outcome = OUTCOME_RETRY;
	if (e.msg)
		job_take_error(r, &e);
}

/* A list that the step looks at is asked for with one element '*'. */
static void ask_lists(struct resource *session, const struct resource *look)
{
	if (look->session.sent.n && !session->session.sent.n)
		state_list_add(&session->session.sent, "*");
	if (look->session.received.n && !session->session.received.n)
		state_list_add(&session->session.received, "*");
}

static void do_observe(struct job_lane *l, struct job *job,
		       struct job_result *r)
{
	resource_set_auto all = {0};
	err_auto e = ERR_INIT;
	buf_auto why = BUF_INIT;
	bool same = l->last_step == job->step;
	int64_t start = clock_mono_us(), now;

	resource_set_copy(&all, &job->want);
	for (size_t i = 0; i < job->step->look.n; i++) {
		const struct resource *x = &job->step->look.v[i];

		if (!resource_set_find(&all, x->kind, x->name))
			resource_set_add_copy(&all, x);
		else if (x->kind == RESOURCE_SESSION)
			ask_lists(resource_set_find(&all, x->kind, x->name), x);
	}
	r->ok = job_look(l, &all, &r->seen, &e);
	now = clock_mono_us();
	r->took_us = now - start;
	if (!r->ok) {
		job_take_error(r, &e);
		return;
	}
	r->satisfied =
		job_satisfied(&r->seen, &job->want, &why) &
		expect_hold(&job->step->expect, &r->seen,
			    same ? &l->last : NULL, now - l->last_us, &why);
	r->text = buf_steal(&why);
	resource_set_done(&l->last);
	resource_set_copy(&l->last, &r->seen);
	l->last_step = job->step;
	l->last_us = now;
}

static void do_settle(struct job_lane *l, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;
	buf_auto why = BUF_INIT;

	job_close(l);
	epoch_forget(l); /* a new one is claimed: nothing lands late */
	if (!job_look(l, &job->want, &r->seen, &e)) {
		job_take_error(r, &e);
		return;
	}
	r->ok = true;
	r->satisfied = job_satisfied(&r->seen, &job->want, &why);
	r->text = buf_steal(&why);
}

static void do_confirm(struct job_lane *l, struct job *job,
		       struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = true;
	r->outcome = OUTCOME_UNCHANGED;
	if (!l->ops->confirm || !(l->ops->caps & ADAPTER_CAP_TIMER))
		return;
	if (!job_open_fenced(l, &e)) {
		r->outcome = OUTCOME_UNKNOWN;
		job_take_error(r, &e);
		return;
	}
	l->ctx.deadline_us = job_deadline(l, 0);
	r->outcome = l->ops->confirm(&l->ctx, job->changeset.key, &e);
	if (e.msg)
		job_take_error(r, &e);
}

static void do_save(struct job_lane *l, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	(void)job;
	r->ok = true;
	r->outcome = OUTCOME_UNCHANGED;
	if (!l->ops->save || !(l->ops->caps & ADAPTER_CAP_SAVE))
		return;
	if (!job_open_fenced(l, &e)) {
		r->outcome = OUTCOME_RETRY;
		job_take_error(r, &e);
		return;
	}
	l->ctx.deadline_us = job_deadline(l, 0);
	r->outcome = l->ops->save(&l->ctx, &e);
	if (e.msg)
		job_take_error(r, &e);
}

static void do_look(struct job_lane *l, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = job_look(l, &job->want, &r->seen, &e);
	if (!r->ok)
		job_take_error(r, &e);
}

struct job_lane *job_lane_new(const struct target *target,
			      const struct adapter_ops *ops,
			      uint32_t timeout_ms)
{
	struct job_lane *l = mem_alloc(sizeof(*l));

	l->target = target;
	l->ops = ops;
	l->shared = &l->own;
	l->timeout_ms = timeout_ms;
	l->ctx.target = target;
	l->ctx.state = mem_alloc(ops->state_size);
	return l;
}

void job_lane_beside(struct job_lane *l, struct job_lane *ordinary)
{
	l->shared = ordinary->shared;
	l->ctx.urgent = true;
}

void job_lane_begin(struct job_lane *l)
{
	l->ctx.epoch = atomic_load(&l->shared->epoch);
}

static void on_trace(void *arg, const char *what, const char *text)
{
	struct job_lane *l = arg;

	outputs_put(l->outputs, l->target->name, what, text);
}

void job_lane_trace(struct job_lane *l, struct outputs *o)
{
	l->outputs = o;
	l->ctx.trace = on_trace;
	l->ctx.trace_arg = l;
}

void job_lane_free(struct job_lane *l)
{
	if (!l)
		return;
	job_close(l);
	resource_set_done(&l->last);
	free(l->ctx.state);
	free(l);
}

void job_lane_run(struct job_lane *l, struct job *job, struct job_result *ret)
{
	static void (*const run[])(struct job_lane *, struct job *,
				   struct job_result *) = {
		[JOB_PREPARE] = do_prepare,  [JOB_APPLY] = do_apply,
		[JOB_SETTLE] = do_settle,    [JOB_OBSERVE] = do_observe,
		[JOB_CONFIRM] = do_confirm,  [JOB_LOOK] = do_look,
		[JOB_SAVE] = do_save,	     [JOB_POLL] = do_poll,
		[JOB_RENEW] = do_renew,	     [JOB_RETREAT] = job_retreat,
		[JOB_STANDBY] = job_standby,
	};

	*ret = (struct job_result){
		.kind = job->kind,
		.call = job->call,
		.tag = job->tag,
		.target = mem_strdup(l->target->name),
	};
	/* the adapter remembers what it has armed; that is over */
	if (l->shared == &l->own && atomic_exchange(&l->own.disarmed, false))
		job_close(l);
	run[job->kind](l, job, ret);
}

void job_cancel(const struct job *job, const char *target,
		struct job_result *ret)
{
	*ret = (struct job_result){
		.kind = job->kind,
		.call = job->call,
		.tag = job->tag,
		.target = mem_strdup(target),
		.ok = true,
		.outcome = OUTCOME_RETRY,
		.text = mem_strdup("the way straight back came before it"),
	};
}

void job_done(struct job *job)
{
	resource_set_done(&job->want);
	changeset_done(&job->changeset);
	free(job->token);
}

void job_result_done(struct job_result *r)
{
	free(r->target);
	free(r->text);
	free(r->token);
	resource_set_done(&r->seen);
	resource_set_done(&r->want);
	changeset_done(&r->changeset);
}
