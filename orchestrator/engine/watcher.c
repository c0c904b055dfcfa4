/*
 * watcher.c - one thread a target
 *
 * A look has LOOK_US: a device that answers more slowly would keep a change
 * waiting for its lock.  Commands carry no epoch, since they change nothing
 * and must not fence the steps' own.  An adapter that can tell of events is
 * listened to between two looks, and an event brings the next one forward.
 *
 * Threads: the adapter context belongs to its thread; results and `quit` are
 * under the mutex.
 */
#include "orchestrator/engine/watcher.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"

#define LOOK_US 5000000
#define AGAIN_US 2000000 /* after a look that failed */
#define NAP_US 250000	 /* how long quitting waits for a listener at most */

struct watcher {
	struct watcher_pool *pool;
	pthread_t thread;
	const struct target *target;
	const struct adapter_ops *ops;
	struct adapter_ctx ctx;
	struct resource_set want;
	bool open;
};

struct watcher_pool {
	struct watcher **v;
	size_t n, cap;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool quit;
	int fd;
	int64_t period_us;
	struct watcher_look *looks;
	size_t n_looks, cap_looks;
};

struct watcher_pool *watcher_pool_new(uint32_t period_ms)
{
	struct watcher_pool *p = mem_alloc(sizeof(*p));
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&p->mutex, NULL);
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->period_us = (int64_t)period_ms * 1000;
	return p;
}

/* ---- the thread ---- */

static void shut(struct watcher *w)
{
	if (w->open)
		w->ops->close(&w->ctx);
	w->open = false;
}

static bool look(struct watcher *w, struct resource_set *ret, struct err *e)
{
	w->ctx.deadline_us = clock_mono_us() + LOOK_US;
	if (!w->open) {
		memset(w->ctx.state, 0, w->ops->state_size);
		if (!w->ops->open(&w->ctx, e)) {
			w->ops->close(&w->ctx);
			return false;
		}
		w->open = true;
	}
	if (w->ops->observe(&w->ctx, &w->want, ret, e))
		return true;
	shut(w);
	return false;
}

static void post(struct watcher_pool *p, const struct watcher_look *l)
{
	uint64_t one = 1;

	pthread_mutex_lock(&p->mutex);
	MEM_GROW(p->looks, p->n_looks, p->cap_looks);
	p->looks[p->n_looks++] = *l;
	pthread_mutex_unlock(&p->mutex);
	if (write(p->fd, &one, sizeof(one)) < 0)
		abort();
}

/* True: the pool ends. */
static bool nap(struct watcher_pool *p, int64_t us)
{
	int64_t end = clock_mono_us() + us;
	struct timespec ts = {.tv_sec = end / 1000000,
			      .tv_nsec = end % 1000000 * 1000};
	bool quit;

	pthread_mutex_lock(&p->mutex);
	while (!p->quit &&
	       pthread_cond_timedwait(&p->wake, &p->mutex, &ts) == 0)
		;
	quit = p->quit;
	pthread_mutex_unlock(&p->mutex);
	return quit;
}

/* Until the next look is due, or an event comes; false: the pool ends. */
static bool rest(struct watcher *w, bool ok, char **ret_event)
{
	int64_t end = clock_mono_us() + (ok ? w->pool->period_us : AGAIN_US);
	bool listens =
		ok && w->ops->watch && (w->ops->caps & ADAPTER_CAP_WATCH);

	while (clock_mono_us() < end && !*ret_event) {
		err_auto e = ERR_INIT;

		if (nap(w->pool, listens ? 1 : NAP_US))
			return false;
		if (!listens)
			continue;
		w->ctx.deadline_us = clock_mono_us() + NAP_US;
		*ret_event = w->ops->watch(&w->ctx, &e);
		if (e.msg)
			break; /* the look will tell */
	}
	return !nap(w->pool, 1);
}

static void *watcher_main(void *arg)
{
	struct watcher *w = arg;
	char *event = NULL;
	bool ok;

	do {
		struct watcher_look l = {.target = mem_strdup(w->target->name)};
		err_auto e = ERR_INIT;

		l.ok = ok = look(w, &l.seen, &e);
		l.text = ok ? event : mem_strdup(err_msg(&e));
		if (!ok)
			free(event);
		event = NULL;
		post(w->pool, &l);
	} while (rest(w, ok, &event));
	free(event);
	shut(w);
	return NULL;
}

/* ---- the pool ---- */

bool watcher_pool_add(struct watcher_pool *p, const struct target *t,
		      const struct resource_set *want, struct err *e)
{
	const struct adapter_ops *ops = adapter_find(t->driver);
	struct watcher *w;

	if (!ops)
		return err_set(e, ERR_INVALID,
			       "'%s': no adapter for driver '%s'", t->name,
			       t->driver);
	w = mem_alloc(sizeof(*w));
	w->pool = p;
	w->target = t;
	w->ops = ops;
	w->ctx.target = t;
	w->ctx.state = mem_alloc(ops->state_size);
	resource_set_copy(&w->want, want);
	MEM_GROW(p->v, p->n, p->cap);
	p->v[p->n++] = w;
	if (pthread_create(&w->thread, NULL, watcher_main, w) != 0)
		abort();
	return true;
}

int watcher_pool_fd(const struct watcher_pool *p)
{
	return p->fd;
}

bool watcher_pool_poll(struct watcher_pool *p, struct watcher_look *ret)
{
	uint64_t drained;
	bool any;

	pthread_mutex_lock(&p->mutex);
	any = p->n_looks > 0;
	if (any) {
		*ret = p->looks[0];
		memmove(p->looks, p->looks + 1,
			--p->n_looks * sizeof(*p->looks));
	} else if (read(p->fd, &drained, sizeof(drained)) < 0) {
		any = false; /* EAGAIN: nothing was signalled */
	}
	pthread_mutex_unlock(&p->mutex);
	return any;
}

void watcher_look_done(struct watcher_look *l)
{
	free(l->target);
	free(l->text);
	resource_set_done(&l->seen);
}

void watcher_pool_free(struct watcher_pool *p)
{
	struct watcher_look l;

	if (!p)
		return;
	pthread_mutex_lock(&p->mutex);
	p->quit = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->mutex);
	for (size_t i = 0; i < p->n; i++) {
		pthread_join(p->v[i]->thread, NULL);
		resource_set_done(&p->v[i]->want);
		free(p->v[i]->ctx.state);
		free(p->v[i]);
	}
	while (watcher_pool_poll(p, &l))
		watcher_look_done(&l);
	close(p->fd);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->mutex);
	free(p->looks);
	free(p->v);
	free(p);
}
