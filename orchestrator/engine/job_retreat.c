/*
 * job_retreat.c - the way straight back on one device
 *
 * Taking back what is armed is one exchange; so is binding anew where the
 * adapter can do it without a look.  Where it cannot, or says anything but
 * APPLIED, it is gone about the long way: look, render, apply, disarm.
 *
 * Invariants: a binding counts as made only when nothing is armed any more that
 * would undo it.  On a lane of its own the device is taken over first: what the
 * ordinary lane has under way is shut out, or waited for on the device.  A
 * connection that was kept for this and does not answer soon is given up for a
 * new one.
 *
 * Threads: the lane's.
 */
#include "orchestrator/base/clock.h"
#include "orchestrator/engine/job_parts.h"

#define KEPT_MS 700 /* what a connection that was kept has to answer */
#define TRIES 3

/* ---- binding ---- */

/* A timer that may still run out would undo what was bound: then the binding
 * does not count as made. */
static enum outcome disarm_all(struct job_lane *l, enum outcome bound,
			       struct err *e)
{
	enum outcome o;

	if (!l->ops->confirm || !(l->ops->caps & ADAPTER_CAP_TIMER))
		return bound;
	l->ctx.deadline_us = job_deadline(l, 0);
	o = l->ops->confirm(&l->ctx, NULL, e);
	return o == OUTCOME_APPLIED || o == OUTCOME_UNCHANGED ? bound : o;
}

static enum outcome bind_back(struct job_lane *l, struct job *job,
			      struct job_result *r, struct err *e)
{
	struct adapter_ctx *c = &l->ctx;
	enum outcome o = OUTCOME_UNCHANGED;
	char *token = NULL;

	resource_set_done(&r->seen);
	changeset_done(&r->changeset);
	if (!job_look(l, &job->want, &r->seen, e))
		return OUTCOME_RETRY;
	if (!job_satisfied(&r->seen, &job->want, NULL)) {
		if (!l->ops->render(l->target, &r->seen, &job->want,
				    &r->changeset, e))
			return OUTCOME_REFUSED;
		c->deadline_us = job_deadline(l, 0);
		r->changeset.key = mem_strdup(job->changeset.key);
		o = l->ops->apply(c, &r->changeset, false, NULL, &token, e);
		free(token);
	}
	/* also where nothing was known to be armed: a change that was under
	 * way may have armed itself since, and its timer would undo this */
	if (o == OUTCOME_APPLIED || o == OUTCOME_UNCHANGED)
		o = disarm_all(l, o, e);
	return o;
}

/* Without a look, where the adapter can; the long way stays for the rest. */
static bool bind_at_once(struct job_lane *l, struct job *job)
{
	mem_auto_free char *key = mem_format("%s/bind", job->changeset.key);
	err_auto e = ERR_INIT;

	l->ctx.deadline_us = job_deadline(l, 0);
	return l->ops->bind &&
	       l->ops->bind(&l->ctx, &job->want, key, &e) == OUTCOME_APPLIED;
}

static enum outcome go_back(struct job_lane *l, struct job *job,
			    struct job_result *r, struct err *e)
{
	if (job->want.n && bind_at_once(l, job))
		return OUTCOME_APPLIED;
	if (job->want.n)
		return bind_back(l, job, r, e);
	l->ctx.deadline_us = job_deadline(l, 0);
	return l->ops->revert ? l->ops->revert(&l->ctx, NULL, e)
			      : OUTCOME_RETRY;
}

/* ---- taking over ---- */

static bool is_beside(const struct job_lane *l)
{
	return l->shared != &l->own;
}

/*
 * From the epoch that is held, so that a claim which was stuck on a dead
 * connection is refused should it arrive after all.  Whoever else has raised
 * it, or if it was we and nobody heard it: the way back comes first.
 */
static bool claim(struct job_lane *l, uint64_t held, struct err *e)
{
	l->ctx.epoch = held;
	if (l->ops->fence(&l->ctx, e))
		return true;
	if (!held || !e || e->code != ERR_REFUSED)
		return false;
	err_done(e);
	l->ctx.epoch = 0;
	return l->ops->fence(&l->ctx, e);
}

/*
 * No epoch is held as long as the answer is out: should it get lost, the
 * ordinary lane claims one of its own.
 */
static bool take_over(struct job_lane *l, uint64_t held, struct err *e)
{
	bool kept = l->open;

	l->ctx.deadline_us = job_deadline(l, 0);
	if (kept && l->timeout_ms > KEPT_MS)
		l->ctx.deadline_us = clock_mono_us() + KEPT_MS * 1000;
	if (!job_open(l, e))
		return false;
	if (!l->ops->fence)
		return true;
	atomic_store(&l->shared->epoch, 0);
	if (!claim(l, held, e)) {
		job_close(l);
		return false;
	}
	job_epoch_raise(l->shared, l->ctx.epoch);
	return true;
}

static bool is_done(enum outcome o)
{
	return o == OUTCOME_APPLIED || o == OUTCOME_UNCHANGED;
}

/* The ordinary lane has claimed the device in between: it is taken again. */
static bool was_overtaken(const struct job_lane *l)
{
	return atomic_load(&l->shared->epoch) != l->ctx.epoch;
}

static void retreat_beside(struct job_lane *l, struct job *job,
			   struct job_result *r, struct err *e)
{
	uint64_t held = atomic_load(&l->shared->epoch);
	bool again = true;

	for (int i = 0; again && i < TRIES; i++) {
		again = l->open;
		err_done(e);
		r->outcome = OUTCOME_RETRY;
		if (!take_over(l, held, e))
			continue;
		r->outcome = go_back(l, job, r, e);
		again = !is_done(r->outcome) && was_overtaken(l);
		held = 0;
	}
	if (is_done(r->outcome))
		atomic_store(&l->shared->disarmed, true);
	else
		job_close(l);
}

void job_retreat(struct job_lane *l, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = true;
	r->outcome = OUTCOME_RETRY;
	if (is_beside(l))
		retreat_beside(l, job, r, &e);
	else if (job_open_fenced(l, &e))
		r->outcome = go_back(l, job, r, &e);
	if (e.msg)
		job_take_error(r, &e);
}

/* What an emergency will need, while there is time. */
void job_standby(struct job_lane *l, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	(void)job;
	l->ctx.deadline_us = job_deadline(l, 0);
	l->ctx.epoch = atomic_load(&l->shared->epoch);
	r->ok = job_open(l, &e) && l->ops->ready(&l->ctx, &e);
	if (!r->ok) {
		job_close(l);
		job_take_error(r, &e);
	}
}
