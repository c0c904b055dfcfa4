/*
 * lane.c - a thread for calls that may never come back
 *
 * Invariants: at most one call is in the lane; after `abandoned` no call enters
 * it.  Ownership: the lane is shared by its user and its thread, the last one
 * frees it.  Threads: lane_run() and lane_free() from one thread at a time.
 *
 * The thread is detached and blocks all signals, which are the program's.
 */
#include "adapters/libvirt/lane.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/mem.h"

struct lane {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	unsigned refs;
	struct lane_call *call; /* being run, or NULL */
	bool abandoned, quit, ended;
	void (*leave)(void *arg);
	void *arg;
};

static void lane_unref_unlock(struct lane *l)
{
	bool last = --l->refs == 0;

	pthread_mutex_unlock(&l->mutex);
	if (!last)
		return;
	pthread_cond_destroy(&l->cond);
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

static void run_one(struct lane *l)
{
	struct lane_call *call = l->call;

	pthread_mutex_unlock(&l->mutex);
	call->run(call);
	pthread_mutex_lock(&l->mutex);
	l->call = NULL;
	if (l->abandoned)
		call->free(call);
	pthread_cond_broadcast(&l->cond);
}

static void *lane_thread(void *arg)
{
	struct lane *l = arg;

	pthread_mutex_lock(&l->mutex);
	while (!l->quit && !l->abandoned) {
		if (l->call)
			run_one(l);
		else
			pthread_cond_wait(&l->cond, &l->mutex);
	}
	pthread_mutex_unlock(&l->mutex);
	l->leave(l->arg);
	pthread_mutex_lock(&l->mutex);
	l->ended = true;
	pthread_cond_broadcast(&l->cond);
	lane_unref_unlock(l);
	return NULL;
}

static void start_thread(struct lane *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&thread, &attr, lane_thread, l) != 0)
		abort();
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
}

struct lane *lane_new(void (*leave)(void *arg), void *arg)
{
	struct lane *l = mem_alloc(sizeof(*l));
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->cond, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&l->mutex, NULL);
	l->leave = leave;
	l->arg = arg;
	l->refs = 2;
	start_thread(l);
	return l;
}

/* Waits for the call to end; false when the deadline passes before. */
static bool wait_idle(struct lane *l, int64_t deadline_us)
{
	struct timespec ts = {
		.tv_sec = deadline_us / 1000000,
		.tv_nsec = deadline_us % 1000000 * 1000,
	};

	while (l->call)
		if (pthread_cond_timedwait(&l->cond, &l->mutex, &ts) != 0)
			return !l->call;
	return true;
}

enum lane_end lane_run(struct lane *l, struct lane_call *call,
		       int64_t deadline_us)
{
	enum lane_end end = LANE_DONE;

	pthread_mutex_lock(&l->mutex);
	if (l->abandoned) {
		end = LANE_GONE;
	} else {
		l->call = call;
		pthread_cond_broadcast(&l->cond);
		if (!wait_idle(l, deadline_us)) {
			l->abandoned = true;
			end = LANE_LATE;
		}
	}
	pthread_mutex_unlock(&l->mutex);
	return end;
}

void lane_free(struct lane *l, int64_t wait_us)
{
	int64_t until = clock_mono_us() + wait_us;
	struct timespec ts = {
		.tv_sec = until / 1000000,
		.tv_nsec = until % 1000000 * 1000,
	};

	if (!l)
		return;
	pthread_mutex_lock(&l->mutex);
	l->quit = true;
	pthread_cond_broadcast(&l->cond);
	while (!l->ended)
		if (pthread_cond_timedwait(&l->cond, &l->mutex, &ts) != 0)
			break;
	lane_unref_unlock(l);
}
