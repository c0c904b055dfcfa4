/*
 * worker.c - threads that run adapter calls
 *
 * One mutex for the pool: queues are short and calls take milliseconds to
 * minutes.  A worker owns its adapter context; nobody else touches it.
 */
#include "orchestrator/engine/worker.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/derive.h"

struct queue {
	struct job *v;
	size_t n, cap;
};

struct worker {
	struct worker_pool *pool;
	pthread_t thread;
	bool started;
	const struct target *target;
	const struct adapter_ops *ops;
	struct adapter_ctx ctx;
	bool open;
	struct queue jobs;
	struct resource_set last; /* previous look, for rates */
	const struct step *last_step;
	int64_t last_us;
};

struct worker_pool {
	struct worker *v;
	size_t n;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool quit;
	int fd;
	uint32_t timeout_ms;
	struct job_result *results;
	size_t n_results, cap_results;
};

static int64_t deadline(const struct worker *w, uint32_t extra_ms)
{
	return clock_mono_us() +
	       ((int64_t)w->pool->timeout_ms + extra_ms) * 1000;
}

static void close_adapter(struct worker *w)
{
	if (w->open)
		w->ops->close(&w->ctx);
	w->open = false;
}

static bool open_adapter(struct worker *w, struct err *e)
{
	if (w->open)
		return true;
	memset(w->ctx.state, 0, w->ops->state_size);
	w->ctx.deadline_us = deadline(w, 0);
	if (!w->ops->open(&w->ctx, e)) {
		w->ops->close(&w->ctx);
		return false;
	}
	w->open = true;
	if (w->ctx.epoch == 0 && w->ops->fence && !w->ops->fence(&w->ctx, e)) {
		close_adapter(w);
		return false;
	}
	return true;
}

/* One look; a broken connection is opened again once, since reads are free. */
static bool look(struct worker *w, const struct resource_set *want,
		 struct resource_set *ret, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		bool was_open = w->open;

		if (!open_adapter(w, e))
			return false;
		w->ctx.deadline_us = deadline(w, 0);
		if (w->ops->observe(&w->ctx, want, ret, e))
			return true;
		close_adapter(w);
		if (!was_open)
			return false;
	}
	return false;
}

static bool all_satisfied(const struct resource_set *seen,
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

static void take_error(struct job_result *r, struct err *e)
{
	free(r->text);
	r->text = mem_strdup(err_msg(e));
}

static void do_prepare(struct worker *w, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;
	buf_auto why = BUF_INIT;

	resource_set_copy(&r->want, &job->want);
	if (job->step->derive == STEP_DERIVE_PINS) {
		resource_set_auto now = {0};

		if (!look(w, &job->step->look, &now, &e) ||
		    !derive_pins(job->step, &now, &r->want, &e)) {
			take_error(r, &e);
			return;
		}
	}
	if (!look(w, &r->want, &r->seen, &e)) {
		take_error(r, &e);
		return;
	}
	r->satisfied = all_satisfied(&r->seen, &r->want, &why);
	r->ok = r->satisfied || w->ops->render(w->target, &r->seen, &r->want,
					       &r->changeset, &e);
	if (!r->ok)
		take_error(r, &e);
	else if (!r->satisfied && !r->changeset.n_forward) {
		r->ok = false;
		r->text = mem_format("'%s' has no way from what it is to what "
				     "it should be: %s",
				     w->target->name, buf_str(&why));
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

static void do_apply(struct worker *w, struct job *job, struct job_result *r)
{
	struct adapter_guard guard = {.seconds = job->guard_s};
	err_auto e = ERR_INIT;
	int64_t start;

	if (!open_adapter(w, &e)) {
		r->outcome = OUTCOME_RETRY;
		take_error(r, &e);
		return;
	}
	w->ctx.deadline_us = deadline(w, size_allowance(&job->changeset));
	start = clock_mono_us();
	r->outcome = w->ops->apply(&w->ctx, &job->changeset, job->back,
				   job->guard_s ? &guard : NULL, &r->token, &e);
	r->took_us = clock_mono_us() - start;
	r->ok = true;
	if (e.msg)
		take_error(r, &e);
	if (r->outcome == OUTCOME_UNKNOWN || r->outcome == OUTCOME_FATAL)
		close_adapter(w);
}

static void do_poll(struct worker *w, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = true;
	r->outcome = OUTCOME_UNKNOWN;
	if (!w->ops->poll) {
		r->text = mem_format("'%s' cannot be asked how far it is",
				     w->target->name);
		return;
	}
	if (!open_adapter(w, &e)) {
		r->outcome = OUTCOME_PENDING; /* blind: ask again */
		take_error(r, &e);
		return;
	}
	w->ctx.deadline_us = deadline(w, 0);
	r->outcome = w->ops->poll(&w->ctx, job->token, &e);
	if (e.msg)
		take_error(r, &e);
}

static void do_renew(struct worker *w, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = true;
	r->outcome = OUTCOME_UNCHANGED;
	if (!w->ops->renew || !(w->ops->caps & ADAPTER_CAP_TIMER))
		return;
	if (!open_adapter(w, &e)) {
		r->outcome = OUTCOME_RETRY;
		take_error(r, &e);
		return;
	}
	w->ctx.deadline_us = deadline(w, 0);
	r->outcome = w->ops->renew(&w->ctx, job->guard_s, &e);
	if (e.msg)
		take_error(r, &e);
}

/* What is armed is taken back in one exchange; then the rest, if any. */
static void do_retreat(struct worker *w, struct job *job, struct job_result *r)
{
	struct adapter_ctx *c = &w->ctx;
	err_auto e = ERR_INIT;
	char *token = NULL;

	r->ok = true;
	r->outcome = OUTCOME_RETRY;
	if (!open_adapter(w, &e)) {
		take_error(r, &e);
		return;
	}
	c->deadline_us = deadline(w, 0);
	if (job->back && w->ops->revert)
		r->outcome = w->ops->revert(c, NULL, &e);
	err_done(&e);
	if (!look(w, &job->want, &r->seen, &e) ||
	    (!all_satisfied(&r->seen, &job->want, NULL) &&
	     !w->ops->render(w->target, &r->seen, &job->want, &r->changeset,
			     &e))) {
		take_error(r, &e);
		return;
	}
	r->outcome = OUTCOME_APPLIED;
	if (r->changeset.n_forward) {
		c->deadline_us = deadline(w, 0);
		r->changeset.key = mem_strdup(job->changeset.key);
		r->outcome = w->ops->apply(c, &r->changeset, false, NULL,
					   &token, &e);
	}
	if (e.msg)
		take_error(r, &e);
	free(token);
}

/* A list that the step looks at is asked for with one element '*'. */
static void ask_lists(struct resource *session, const struct resource *look)
{
	if (look->session.sent.n && !session->session.sent.n)
		state_list_add(&session->session.sent, "*");
	if (look->session.received.n && !session->session.received.n)
		state_list_add(&session->session.received, "*");
}

static void do_observe(struct worker *w, struct job *job, struct job_result *r)
{
	resource_set_auto all = {0};
	err_auto e = ERR_INIT;
	buf_auto why = BUF_INIT;
	bool same = w->last_step == job->step;
	int64_t now;

	resource_set_copy(&all, &job->want);
	for (size_t i = 0; i < job->step->look.n; i++) {
		const struct resource *x = &job->step->look.v[i];

		if (!resource_set_find(&all, x->kind, x->name))
			resource_set_add_copy(&all, x);
		else if (x->kind == RESOURCE_SESSION)
			ask_lists(resource_set_find(&all, x->kind, x->name), x);
	}
	if (!look(w, &all, &r->seen, &e)) {
		take_error(r, &e);
		return;
	}
	now = clock_mono_us();
	r->ok = true;
	r->satisfied =
		all_satisfied(&r->seen, &job->want, &why) &
		expect_hold(&job->step->expect, &r->seen,
			    same ? &w->last : NULL, now - w->last_us, &why);
	r->text = buf_steal(&why);
	resource_set_done(&w->last);
	resource_set_copy(&w->last, &r->seen);
	w->last_step = job->step;
	w->last_us = now;
}

static void do_settle(struct worker *w, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;
	buf_auto why = BUF_INIT;

	close_adapter(w);
	w->ctx.epoch = 0; /* open claims a new epoch: nothing lands late */
	if (!look(w, &job->want, &r->seen, &e)) {
		take_error(r, &e);
		return;
	}
	r->ok = true;
	r->satisfied = all_satisfied(&r->seen, &job->want, &why);
	r->text = buf_steal(&why);
}

static void do_confirm(struct worker *w, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = true;
	r->outcome = OUTCOME_UNCHANGED;
	if (!w->ops->confirm || !(w->ops->caps & ADAPTER_CAP_TIMER))
		return;
	if (!open_adapter(w, &e)) {
		r->outcome = OUTCOME_UNKNOWN;
		take_error(r, &e);
		return;
	}
	w->ctx.deadline_us = deadline(w, 0);
	r->outcome = w->ops->confirm(&w->ctx, job->changeset.key, &e);
	if (e.msg)
		take_error(r, &e);
}

static void do_save(struct worker *w, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	(void)job;
	r->ok = true;
	r->outcome = OUTCOME_UNCHANGED;
	if (!w->ops->save || !(w->ops->caps & ADAPTER_CAP_SAVE))
		return;
	if (!open_adapter(w, &e)) {
		r->outcome = OUTCOME_RETRY;
		take_error(r, &e);
		return;
	}
	w->ctx.deadline_us = deadline(w, 0);
	r->outcome = w->ops->save(&w->ctx, &e);
	if (e.msg)
		take_error(r, &e);
}

static void do_look(struct worker *w, struct job *job, struct job_result *r)
{
	err_auto e = ERR_INIT;

	r->ok = look(w, &job->want, &r->seen, &e);
	if (!r->ok)
		take_error(r, &e);
}

static void run_job(struct worker *w, struct job *job)
{
	struct job_result r = {
		.kind = job->kind,
		.call = job->call,
		.tag = job->tag,
		.target = mem_strdup(w->target->name),
	};
	static void (*const run[])(struct worker *, struct job *,
				   struct job_result *) = {
		[JOB_PREPARE] = do_prepare, [JOB_APPLY] = do_apply,
		[JOB_SETTLE] = do_settle,   [JOB_OBSERVE] = do_observe,
		[JOB_CONFIRM] = do_confirm, [JOB_LOOK] = do_look,
		[JOB_SAVE] = do_save,	    [JOB_POLL] = do_poll,
		[JOB_RENEW] = do_renew,	    [JOB_RETREAT] = do_retreat,
	};
	struct worker_pool *p = w->pool;
	uint64_t one = 1;

	run[job->kind](w, job, &r);
	pthread_mutex_lock(&p->mutex);
	MEM_GROW(p->results, p->n_results, p->cap_results);
	p->results[p->n_results++] = r;
	pthread_mutex_unlock(&p->mutex);
	if (write(p->fd, &one, sizeof(one)) < 0)
		abort();
}

static void job_done(struct job *job)
{
	resource_set_done(&job->want);
	changeset_done(&job->changeset);
	free(job->token);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct worker_pool *p = w->pool;

	for (;;) {
		struct job job;

		pthread_mutex_lock(&p->mutex);
		while (!p->quit && !w->jobs.n)
			pthread_cond_wait(&p->wake, &p->mutex);
		if (p->quit) {
			pthread_mutex_unlock(&p->mutex);
			break;
		}
		job = w->jobs.v[0];
		memmove(w->jobs.v, w->jobs.v + 1,
			--w->jobs.n * sizeof(*w->jobs.v));
		pthread_mutex_unlock(&p->mutex);
		run_job(w, &job);
		job_done(&job);
	}
	close_adapter(w);
	return NULL;
}

struct worker_pool *worker_pool_new(const struct target *targets, size_t n,
				    uint32_t command_timeout_ms, struct err *e)
{
	struct worker_pool *p = mem_alloc(sizeof(*p));

	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->wake, NULL);
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->timeout_ms = command_timeout_ms;
	p->v = mem_calloc(n, sizeof(*p->v));
	for (size_t i = 0; i < n; i++) {
		struct worker *w = &p->v[p->n++];

		w->pool = p;
		w->target = &targets[i];
		w->ops = adapter_find(targets[i].driver);
		if (!w->ops) {
			err_set(e, ERR_INVALID,
				"'%s': no adapter for driver '%s'",
				targets[i].name, targets[i].driver);
			worker_pool_free(p);
			return NULL;
		}
		w->ctx.target = w->target;
		w->ctx.state = mem_alloc(w->ops->state_size);
		w->started =
			pthread_create(&w->thread, NULL, worker_main, w) == 0;
		if (!w->started)
			abort();
	}
	return p;
}

void worker_pool_free(struct worker_pool *p)
{
	struct job_result r;

	if (!p)
		return;
	pthread_mutex_lock(&p->mutex);
	p->quit = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->mutex);
	for (size_t i = 0; i < p->n; i++) {
		struct worker *w = &p->v[i];

		if (w->started)
			pthread_join(w->thread, NULL);
		for (size_t k = 0; k < w->jobs.n; k++)
			job_done(&w->jobs.v[k]);
		free(w->jobs.v);
		resource_set_done(&w->last);
		free(w->ctx.state);
	}
	while (worker_pool_poll(p, &r))
		job_result_done(&r);
	close(p->fd);
	free(p->results);
	free(p->v);
	free(p);
}

static void queue_add(struct queue *q, const struct job *job)
{
	size_t at = q->n;

	MEM_GROW(q->v, q->n, q->cap);
	if (job->kind == JOB_RETREAT) { /* but behind another one */
		for (at = 0; at < q->n && q->v[at].kind == JOB_RETREAT; at++)
			;
		memmove(q->v + at + 1, q->v + at, (q->n - at) * sizeof(*q->v));
	}
	q->v[at] = *job;
	q->n++;
}

bool worker_pool_submit(struct worker_pool *p, const char *target,
			struct job *job)
{
	for (size_t i = 0; i < p->n; i++) {
		struct worker *w = &p->v[i];

		if (strcmp(w->target->name, target) != 0)
			continue;
		pthread_mutex_lock(&p->mutex);
		queue_add(&w->jobs, job);
		pthread_cond_broadcast(&p->wake);
		pthread_mutex_unlock(&p->mutex);
		return true;
	}
	job_done(job);
	return false;
}

int worker_pool_fd(const struct worker_pool *p)
{
	return p->fd;
}

bool worker_pool_poll(struct worker_pool *p, struct job_result *ret)
{
	uint64_t drained;
	bool any;

	pthread_mutex_lock(&p->mutex);
	any = p->n_results > 0;
	if (any) {
		*ret = p->results[0];
		memmove(p->results, p->results + 1,
			--p->n_results * sizeof(*p->results));
	} else if (read(p->fd, &drained, sizeof(drained)) < 0) {
		any = false; /* EAGAIN: nothing was signalled */
	}
	pthread_mutex_unlock(&p->mutex);
	return any;
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
