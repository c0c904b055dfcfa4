/*
 * practice.c - the world as adapters that take some time
 *
 * Every slot is the twin's, between practice_enter() and practice_leave().
 * What a change would be on the real system is rendered as well, by the real
 * adapter, and kept behind the twin's own part, so that people see the commands
 * that they will see on the night.
 *
 * Threads: any.  The world is under one mutex.
 */
#include "adapters/twin/practice.h"

#include <pthread.h>
#include <string.h>

#include "adapters/twin/device.h"
#include "adapters/twin/twin.h"
#include "orchestrator/base/clock.h"

#define PREFIX "practice-"
#define AHEAD_US 86400000000 /* of the system's clock: the world had a past */
#define LOOK_US 30000	     /* what a device takes to answer */
#define CHANGE_US 250000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct world *practiced;
static _Thread_local struct clock_virtual ahead;

static void use_clock(void)
{
	ahead = (struct clock_virtual){
		.mono_us = clock_mono_us() + AHEAD_US,
		.wall_us = clock_wall_us(),
	};
	clock_virtual_use(&ahead);
}

struct world *practice_enter(void)
{
	pthread_mutex_lock(&mutex);
	if (!practiced) {
		pthread_mutex_unlock(&mutex);
		return NULL;
	}
	use_clock();
	world_use(practiced);
	twin_world_ops.advance(practiced, clock_mono_us());
	return practiced;
}

void practice_leave(void)
{
	world_use(NULL);
	clock_virtual_use(NULL);
	pthread_mutex_unlock(&mutex);
}

/* Takes the time that a device would, then the world. */
static bool enter_after(int64_t us, struct err *e)
{
	clock_sleep_us(us);
	return practice_enter() ||
	       err_set(e, ERR_RETRY, "the practice is over");
}

/* ---- slots ---- */

static bool open_slot(struct adapter_ctx *c, struct err *e)
{
	bool ok;

	if (!enter_after(LOOK_US, e))
		return false;
	ok = twin_adapter_ops.open(c, e);
	practice_leave();
	return ok;
}

static bool fence_slot(struct adapter_ctx *c, struct err *e)
{
	bool ok;

	if (!enter_after(LOOK_US, e))
		return false;
	ok = twin_adapter_ops.fence(c, e);
	practice_leave();
	return ok;
}

static bool observe_slot(struct adapter_ctx *c, const struct resource_set *want,
			 struct resource_set *ret, struct err *e)
{
	bool ok;

	if (!enter_after(LOOK_US, e))
		return false;
	ok = twin_adapter_ops.observe(c, want, ret, e);
	practice_leave();
	return ok;
}

static void add_real(const struct target *t, const struct resource_set *from,
		     const struct resource_set *to, struct changeset *ret)
{
	const struct adapter_ops *real =
		adapter_find(t->driver + strlen(PREFIX));
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	if (real && real->render(t, from, to, &cs, &e)) {
		for (size_t i = 0; i < cs.n_forward; i++)
			changeset_add(ret, false, cs.forward[i].what,
				      cs.forward[i].text);
		for (size_t i = 0; i < cs.n_back; i++)
			changeset_add(ret, true, cs.back[i].what,
				      cs.back[i].text);
	}
	changeset_done(&cs);
}

static bool render_slot(const struct target *t, const struct resource_set *from,
			const struct resource_set *to, struct changeset *ret,
			struct err *e)
{
	if (!twin_adapter_ops.render(t, from, to, ret, e))
		return false;
	if (ret->n_forward)
		add_real(t, from, to, ret);
	return true;
}

static void trace(struct adapter_ctx *c, const struct changeset *cs, bool back)
{
	const struct change_part *v = back ? cs->back : cs->forward;
	size_t n = back ? cs->n_back : cs->n_forward;

	for (size_t i = 1; c->trace && i < n; i++)
		c->trace(c->trace_arg, v[i].what, v[i].text);
}

static enum outcome apply_slot(struct adapter_ctx *c,
			       const struct changeset *cs, bool back,
			       const struct adapter_guard *guard,
			       char **ret_token, struct err *e)
{
	enum outcome o;

	trace(c, cs, back);
	if (!enter_after(CHANGE_US, e))
		return OUTCOME_RETRY;
	o = twin_adapter_ops.apply(c, cs, back, guard, ret_token, e);
	practice_leave();
	return o;
}

static enum outcome confirm_slot(struct adapter_ctx *c, const char *key,
				 struct err *e)
{
	enum outcome o;

	if (!enter_after(LOOK_US, e))
		return OUTCOME_RETRY;
	o = twin_adapter_ops.confirm(c, key, e);
	practice_leave();
	return o;
}

static enum outcome revert_slot(struct adapter_ctx *c, const char *key,
				struct err *e)
{
	enum outcome o;

	if (!enter_after(CHANGE_US, e))
		return OUTCOME_RETRY;
	o = twin_adapter_ops.revert(c, key, e);
	practice_leave();
	return o;
}

static enum outcome renew_slot(struct adapter_ctx *c, uint32_t seconds,
			       struct err *e)
{
	enum outcome o;

	if (!enter_after(LOOK_US, e))
		return OUTCOME_RETRY;
	o = twin_adapter_ops.renew(c, seconds, e);
	practice_leave();
	return o;
}

static enum outcome save_slot(struct adapter_ctx *c, struct err *e)
{
	enum outcome o;

	if (!enter_after(CHANGE_US, e))
		return OUTCOME_RETRY;
	o = twin_adapter_ops.save(c, e);
	practice_leave();
	return o;
}

/* ---- life ---- */

static enum world_fault all_well(void *arg, const char *target,
				 enum world_slot slot)
{
	(void)arg;
	(void)target;
	(void)slot;
	return WORLD_WELL;
}

/* As capable as what it plays: a slot that is not there stays away. */
static void put_slots(struct adapter_ops *o, char *name)
{
	o->name = name;
	o->open = open_slot;
	o->observe = observe_slot;
	o->render = render_slot;
	o->apply = apply_slot;
	o->fence = o->fence ? fence_slot : NULL;
	o->confirm = o->confirm ? confirm_slot : NULL;
	o->revert = o->revert ? revert_slot : NULL;
	o->renew = o->renew ? renew_slot : NULL;
	o->save = o->save ? save_slot : NULL;
}

static void take_over(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct target *t = &w->targets[i];
		char *name = mem_format(PREFIX "%s", t->driver);

		free(t->driver);
		t->driver = name;
		put_slots(&w->ops[i], t->driver);
		if (!adapter_find(name))
			adapter_register(&w->ops[i]);
	}
}

static bool begin(const struct plan *p, struct err *e)
{
	if (practiced)
		return err_set(e, ERR_INTERNAL, "there is a practice already");
	use_clock();
	practiced = twin_world_ops.make(p, all_well, NULL);
	clock_virtual_use(NULL);
	world_use(NULL);
	take_over(practiced);
	return true;
}

static const struct target *targets(size_t *ret_n)
{
	*ret_n = practiced->n;
	return practiced->targets;
}

/* What was registered stays valid: nobody can be sent to it any more, since
 * there is no world, but probes may still be about to look. */
static void end(void)
{
	pthread_mutex_lock(&mutex);
	practiced = NULL;
	pthread_mutex_unlock(&mutex);
}

const struct practice_ops twin_practice_ops = {
	.begin = begin,
	.targets = targets,
	.spawn = practice_spawn,
	.end = end,
};
