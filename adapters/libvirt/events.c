/*
 * events.c - a bounded queue of event texts between threads
 *
 * Invariant: at most EVENTS_MAX texts wait.  When nobody takes them the oldest
 * go, and the next take says how many were lost.
 */
#include "adapters/libvirt/events.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define EVENTS_MAX 256

struct events {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	unsigned refs;
	char *v[EVENTS_MAX]; /* a ring */
	size_t first, n, lost;
	bool ended;
};

struct events *events_new(void)
{
	struct events *q = mem_alloc(sizeof(*q));
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->cond, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&q->mutex, NULL);
	q->refs = 1;
	return q;
}

struct events *events_ref(struct events *q)
{
	pthread_mutex_lock(&q->mutex);
	q->refs++;
	pthread_mutex_unlock(&q->mutex);
	return q;
}

static char *take(struct events *q)
{
	char *s = q->v[q->first];

	q->v[q->first] = NULL;
	q->first = (q->first + 1) % EVENTS_MAX;
	q->n--;
	return s;
}

void events_unref(void *arg)
{
	struct events *q = arg;
	bool last;

	pthread_mutex_lock(&q->mutex);
	last = --q->refs == 0;
	pthread_mutex_unlock(&q->mutex);
	if (!last)
		return;
	while (q->n)
		free(take(q));
	pthread_cond_destroy(&q->cond);
	pthread_mutex_destroy(&q->mutex);
	free(q);
}

void events_put(struct events *q, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = mem_vformat(fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&q->mutex);
	if (q->n == EVENTS_MAX) {
		free(take(q));
		q->lost++;
	}
	q->v[(q->first + q->n++) % EVENTS_MAX] = s;
	pthread_cond_broadcast(&q->cond);
	pthread_mutex_unlock(&q->mutex);
}

void events_end(struct events *q)
{
	pthread_mutex_lock(&q->mutex);
	q->ended = true;
	pthread_cond_broadcast(&q->cond);
	pthread_mutex_unlock(&q->mutex);
}

char *events_take(struct events *q, int64_t deadline_us, bool *ret_ended)
{
	struct timespec ts = {
		.tv_sec = deadline_us / 1000000,
		.tv_nsec = deadline_us % 1000000 * 1000,
	};
	char *s = NULL;

	pthread_mutex_lock(&q->mutex);
	while (!q->n && !q->ended)
		if (pthread_cond_timedwait(&q->cond, &q->mutex, &ts) != 0)
			break;
	if (q->lost)
		s = mem_format("%zu events were lost", q->lost);
	else if (q->n)
		s = take(q);
	q->lost = 0;
	*ret_ended = !s && q->ended;
	pthread_mutex_unlock(&q->mutex);
	return s;
}
