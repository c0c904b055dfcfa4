/*
 * look.c - observing without changing
 *
 * What is asked for is what a checkpoint records, and what the VPN's sessions
 * announce, which says what the site's prefixes are.  The hash is over the
 * identity fields alone: it stays the same as long as nothing is configured
 * differently, whatever counters and ages do.
 *
 * Threads: one a target, joined before anything is returned; each writes its
 * own look_at and nothing else.
 */
#include "orchestrator/report/look.h"

#include <pthread.h>
#include <string.h>

#include "orchestrator/base/clock.h"

static const struct resource_set *watched(const struct program *g,
					  const char *target)
{
	for (size_t i = 0; i < g->n_watch; i++)
		if (strcmp(g->watch_target[i], target) == 0)
			return &g->watch[i];
	return NULL;
}

/* With the announcements of every session. */
static void to_ask(const struct resource_set *watch, struct resource_set *ret)
{
	resource_set_copy(ret, watch);
	for (size_t i = 0; i < ret->n; i++)
		if (ret->v[i].kind == RESOURCE_SESSION &&
		    !ret->v[i].session.sent.n)
			state_list_add(&ret->v[i].session.sent, "*");
}

static bool ask(struct adapter_ctx *c, const struct adapter_ops *ops,
		const struct resource_set *want, uint32_t timeout_ms,
		struct resource_set *ret, struct err *e)
{
	bool ok;

	c->state = mem_calloc(1, ops->state_size + 1);
	c->deadline_us = clock_mono_us() + (int64_t)timeout_ms * 1000;
	ok = ops->open(c, e);
	c->deadline_us = clock_mono_us() + (int64_t)timeout_ms * 1000;
	ok = ok && ops->observe(c, want, ret, e);
	ops->close(c);
	free(c->state);
	return ok;
}

static void look_at_one(const struct target *t, const struct resource_set *want,
			uint32_t timeout_ms, struct look_at *ret)
{
	const struct adapter_ops *ops = adapter_find(t->driver);
	struct adapter_ctx c = {.target = t};
	resource_set_auto asked = {0};
	err_auto e = ERR_INIT;

	ret->target = t->name;
	to_ask(want, &asked);
	if (!ops) {
		ret->error =
			mem_format("no adapter for driver '%s'", t->driver);
	} else if (!ask(&c, ops, &asked, timeout_ms, &ret->set, &e)) {
		ret->error = mem_strdup(err_msg(&e));
		resource_set_done(&ret->set);
		ret->set = (struct resource_set){0};
	}
}

static void sum_up(struct look *l)
{
	json_auto *all = json_object();
	mem_auto_free char *text = NULL;

	l->seen = mem_calloc(l->n + 1, sizeof(*l->seen));
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].error) {
			l->blind++;
			continue;
		}
		l->seen[l->n_seen++] =
			(struct twin_seen){l->v[i].target, &l->v[i].set};
		json_object_set_new(all, l->v[i].target,
				    resource_set_to_json(&l->v[i].set, false));
	}
	text = json_text_canonical(all);
	digest_sha256_hex(text, strlen(text), l->hash);
}

struct job {
	const struct target *target;
	const struct resource_set *want;
	uint32_t timeout_ms;
	struct look_at *ret;
	pthread_t thread;
	bool beside; /* in a thread of its own */
};

static void *work(void *arg)
{
	struct job *j = arg;

	look_at_one(j->target, j->want, j->timeout_ms, j->ret);
	return NULL;
}

/* Where there is no thread to be had, at once. */
static void begin(struct job *j)
{
	j->beside = pthread_create(&j->thread, NULL, work, j) == 0;
	if (!j->beside)
		work(j);
}

void look_at_all(const struct target *targets, size_t n,
		 const struct program *g, uint32_t timeout_ms, struct look *ret)
{
	struct job *jobs;

	*ret = (struct look){.v = mem_calloc(n + 1, sizeof(*ret->v)),
			     .wall_us = clock_wall_us()};
	jobs = mem_calloc(n + 1, sizeof(*jobs));
	for (size_t i = 0; i < n; i++) {
		const struct resource_set *want = watched(g, targets[i].name);

		if (!want || !want->n)
			continue;
		jobs[ret->n] = (struct job){.target = &targets[i],
					    .want = want,
					    .timeout_ms = timeout_ms,
					    .ret = &ret->v[ret->n]};
		begin(&jobs[ret->n++]);
	}
	for (size_t i = 0; i < ret->n; i++)
		if (jobs[i].beside)
			pthread_join(jobs[i].thread, NULL);
	free(jobs);
	sum_up(ret);
}

bool look_from_json(const json_t *states, int64_t wall_us, struct look *ret,
		    struct err *e)
{
	size_t n = json_object_size(states);
	const char *target;
	json_t *list;

	*ret = (struct look){.v = mem_calloc(n + 1, sizeof(*ret->v)),
			     .wall_us = wall_us};
	json_object_foreach((json_t *)states, target, list)
	{
		ret->v[ret->n].target = target;
		if (!resource_set_from_json(list, &ret->v[ret->n].set, e)) {
			err_wrap(e, "recorded states of '%s'", target);
			look_done(ret);
			return false;
		}
		ret->n++;
	}
	sum_up(ret);
	return true;
}

bool look_blind(const struct look *l, struct err *e)
{
	if (!l->blind)
		return false;
	err_set(e, ERR_REFUSED,
		"%zu of %zu systems cannot be seen; make them reachable, or "
		"look at the plan alone with --offline",
		l->blind, l->n);
	return true;
}

void look_done(struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		resource_set_done(&l->v[i].set);
		free(l->v[i].error);
	}
	free(l->v);
	free(l->seen);
	*l = (struct look){0};
}
