/*
 * worker.c - threads that run lanes
 *
 * One mutex for the pool: queues are short and calls take milliseconds to
 * minutes.  A worker owns its lane; nobody else touches it.  Where an adapter
 * can be made ready for an emergency, its target has a second worker beside the
 * ordinary one, so that a device that hangs there does not delay the way back.
 */
#include "orchestrator/engine/worker.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	struct job *v;
	size_t n, cap;
};

struct worker {
	struct worker_pool *pool;
	pthread_t thread;
	bool started;
	const struct target *target;
	struct job_lane *lane;
	struct queue jobs;
	bool beside;   /* runs retreats alone, while the one before it works */
	bool standing; /* it has been made ready before */
};

struct worker_pool {
	struct worker *v;
	size_t n;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool quit;
	int fd;
	struct job_result *results;
	size_t n_results, cap_results;
};

/* With the pool's mutex held. */
static void put_result(struct worker_pool *p, const struct job_result *r)
{
	uint64_t one = 1;

	MEM_GROW(p->results, p->n_results, p->cap_results);
	p->results[p->n_results++] = *r;
	if (write(p->fd, &one, sizeof(one)) < 0)
		abort();
}

static void run_job(struct worker *w, struct job *job)
{
	struct job_result r;

	job_lane_run(w->lane, job, &r);
	pthread_mutex_lock(&w->pool->mutex);
	put_result(w->pool, &r);
	pthread_mutex_unlock(&w->pool->mutex);
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
		if (!w->beside)
			job_lane_begin(w->lane);
		pthread_mutex_unlock(&p->mutex);
		run_job(w, &job);
		job_done(&job);
	}
	return NULL;
}

static struct worker *worker_add(struct worker_pool *p, const struct target *t,
				 const struct adapter_ops *ops,
				 uint32_t timeout_ms)
{
	struct worker *w = &p->v[p->n++];

	w->pool = p;
	w->target = t;
	w->lane = job_lane_new(t, ops, timeout_ms);
	return w;
}

static bool target_add(struct worker_pool *p, const struct target *t,
		       uint32_t timeout_ms, struct err *e)
{
	const struct adapter_ops *ops = adapter_find(t->driver);
	struct worker *w, *beside;

	if (!ops)
		return err_set(e, ERR_INVALID,
			       "'%s': no adapter for driver '%s'", t->name,
			       t->driver);
	w = worker_add(p, t, ops, timeout_ms);
	if (!ops->ready)
		return true;
	beside = worker_add(p, t, ops, timeout_ms);
	beside->beside = true;
	job_lane_beside(beside->lane, w->lane);
	return true;
}

struct worker_pool *worker_pool_new(const struct target *targets, size_t n,
				    uint32_t command_timeout_ms, struct err *e)
{
	struct worker_pool *p = mem_alloc(sizeof(*p));

	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->wake, NULL);
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->v = mem_calloc(2 * n, sizeof(*p->v));
	for (size_t i = 0; i < n; i++) {
		if (!target_add(p, &targets[i], command_timeout_ms, e)) {
			worker_pool_free(p);
			return NULL;
		}
	}
	for (size_t i = 0; i < p->n; i++) {
		struct worker *w = &p->v[i];

		w->started =
			pthread_create(&w->thread, NULL, worker_main, w) == 0;
		if (!w->started)
			abort();
	}
	return p;
}

void worker_pool_trace(struct worker_pool *p, struct outputs *o)
{
	for (size_t i = 0; i < p->n; i++)
		job_lane_trace(p->v[i].lane, o);
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
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].started)
			pthread_join(p->v[i].thread, NULL);
	for (size_t i = p->n; i-- > 0;) { /* a lane beside another first */
		struct worker *w = &p->v[i];

		for (size_t k = 0; k < w->jobs.n; k++)
			job_done(&w->jobs.v[k]);
		free(w->jobs.v);
		job_lane_free(w->lane);
	}
	while (worker_pool_poll(p, &r))
		job_result_done(&r);
	close(p->fd);
	free(p->results);
	free(p->v);
	free(p);
}

/* What waits to be changed is not wanted any more: it would land on what the
 * way straight back has just put right. */
static void drop_changes(struct worker *w)
{
	struct queue *q = &w->jobs;
	size_t n = 0;

	for (size_t i = 0; i < q->n; i++) {
		struct job_result r;

		if (q->v[i].kind != JOB_APPLY) {
			q->v[n++] = q->v[i];
			continue;
		}
		job_cancel(&q->v[i], w->target->name, &r);
		job_done(&q->v[i]);
		put_result(w->pool, &r);
	}
	q->n = n;
}

static void queue_add(struct worker *w, const struct job *job)
{
	struct queue *q = &w->jobs;
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

static struct worker *worker_find(struct worker_pool *p, const char *target)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i].target->name, target) == 0)
			return &p->v[i];
	return NULL;
}

/* The one beside an ordinary worker, which it follows, or NULL. */
static struct worker *worker_beside(struct worker_pool *p, struct worker *w)
{
	return w + 1 < p->v + p->n && w[1].beside ? w + 1 : NULL;
}

bool worker_pool_submit(struct worker_pool *p, const char *target,
			struct job *job)
{
	struct worker *w = worker_find(p, target);

	if (!w) {
		job_done(job);
		return false;
	}
	pthread_mutex_lock(&p->mutex);
	if (job->kind == JOB_RETREAT) {
		struct worker *beside = worker_beside(p, w);

		drop_changes(w);
		w = beside ? beside : w;
	}
	queue_add(w, job);
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->mutex);
	return true;
}

/* Not twice at once: a device that is slow has enough to do. */
static void stand_by(struct worker *w)
{
	struct job job = {.kind = JOB_STANDBY};

	w->standing = true;
	if (!w->jobs.n)
		queue_add(w, &job);
}

void worker_pool_standby(struct worker_pool *p, const char *target)
{
	pthread_mutex_lock(&p->mutex);
	for (size_t i = 0; i < p->n; i++) {
		struct worker *w = &p->v[i];

		if (w->beside &&
		    (target ? !strcmp(w->target->name, target) : w->standing))
			stand_by(w);
	}
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->mutex);
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
