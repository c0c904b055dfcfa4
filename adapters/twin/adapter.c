/*
 * adapter.c - the port's slots over a device of the world
 *
 * Each slot first lets everything happen that is due by now, then asks what
 * becomes of this call (faults, the death of the process), and then does it or
 * not.  A change is one part: the resources as they shall be, as JSON; its way
 * back is what they were.
 *
 * Stateless but for the epoch that open() was given: ctx->state holds the
 * device.
 */
#include <string.h>

#include "adapters/twin/device.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/model/fields.h"
#include "adapters/twin/twin.h"

struct twin {
	struct device *device;
};

static struct device *device_at(struct adapter_ctx *c)
{
	struct twin *t = c->state;
	struct world *w;
	size_t i;

	if (!t->device) {
		w = world_of(c->target, &i);
		t->device = w->devices[i];
	}
	return t->device;
}

/* What becomes of this call; time has moved on to now. */
static enum world_fault ask(struct device *d, enum world_slot slot)
{
	struct world *w = d->world;
	enum world_fault f;

	f = w->on_call(w->arg, d->target->name, slot);
	twin_world_ops.advance(w, clock_mono_us());
	if (f < WORLD_FAULTS && !wdev_up(d))
		return WORLD_RETRY;
	return f;
}

static bool no_answer(struct device *d, enum world_fault f, struct err *e)
{
	switch (f) {
	case WORLD_REFUSED:
		return err_set(e, ERR_REFUSED, "'%s' refuses", d->target->name);
	case WORLD_RETRY:
		return err_set(e, ERR_RETRY, "'%s' cannot be reached",
			       d->target->name);
	case WORLD_GARBAGE:
	case WORLD_GARBAGE_UNDONE:
		return err_set(e, ERR_INVALID,
			       "'%s' answers what cannot be understood",
			       d->target->name);
	default:
		return err_set(e, ERR_UNKNOWN, "'%s' does not answer",
			       d->target->name);
	}
}

/* ---- reading ---- */

static bool twin_open(struct adapter_ctx *c, struct err *e)
{
	struct device *d = device_at(c);
	enum world_fault f = ask(d, WORLD_OPEN);

	return f == WORLD_WELL || no_answer(d, f, e);
}

static void twin_close(struct adapter_ctx *c)
{
	(void)c;
}

static bool twin_fence(struct adapter_ctx *c, struct err *e)
{
	struct device *d = device_at(c);
	enum world_fault f = ask(d, WORLD_FENCE);

	if (f == WORLD_WELL || f == WORLD_LOST_DONE || f == WORLD_GARBAGE)
		d->epoch++;
	if (f != WORLD_WELL)
		return no_answer(d, f, e);
	c->epoch = d->epoch;
	return true;
}

static bool twin_observe(struct adapter_ctx *c, const struct resource_set *want,
			 struct resource_set *ret, struct err *e)
{
	struct device *d = device_at(c);
	enum world_fault f = ask(d, WORLD_OBSERVE);

	if (f != WORLD_WELL)
		return no_answer(d, f, e);
	if (d->late.key && d->late.epoch == d->epoch)
		d->late.looked = true;
	return world_see(d, want, ret, e);
}

/* ---- changing ---- */

/* What it becomes: as wanted, and as it was where nothing is wanted. */
static void merge(const struct resource *was, const struct resource *want,
		  struct resource *ret)
{
	const struct field_table *t = field_table_of(want->kind);

	resource_copy(ret, want);
	for (size_t i = 0; was && was->present && i < t->n; i++) {
		const struct field *f = &t->v[i];

		if (f->class == FIELD_OPTIONAL || f->class == FIELD_HINT)
			if (field_is_empty(f, &want->circuit)) {
				json_auto *j = field_to_json(f, &was->circuit);

				field_from_json(f, j, &ret->circuit, NULL);
			}
	}
}

static void add_part(struct changeset *cs, bool back,
		     const struct resource_set *set)
{
	json_auto *j = resource_set_to_json(set, false);
	mem_auto_free char *text = json_text_canonical(j);

	changeset_add(cs, back, "twin", text);
}

static bool twin_render(const struct target *t, const struct resource_set *from,
			const struct resource_set *to, struct changeset *ret,
			struct err *e)
{
	resource_set_auto then = {0};
	resource_set_auto before = {0};

	(void)t;
	(void)e;
	for (size_t i = 0; i < to->n; i++) {
		const struct resource *want = &to->v[i];
		const struct resource *was =
			resource_set_find(from, want->kind, want->name);

		if (was && resource_satisfies(was, want))
			continue;
		MEM_GROW(then.v, then.n, then.cap);
		merge(was, want, &then.v[then.n++]);
		if (was)
			resource_set_add_copy(&before, was);
		else
			resource_set_add(&before, want->kind, want->name)
				->present = false;
	}
	if (!then.n)
		return true;
	add_part(ret, false, &then);
	add_part(ret, true, &before);
	return true;
}

static void late(struct device *d, uint64_t epoch, const char *key,
		 const char *text, uint32_t seconds)
{
	if (d->late.key)
		return; /* one lock on the device: the second one waits and
			   is given up */
	d->late = (struct late){.due_us = d->world->now_us + LATE_US,
				.epoch = epoch,
				.seconds = seconds,
				.key = mem_strdup(key),
				.text = mem_strdup(text)};
}

static enum outcome answer(enum world_fault f, struct device *d, struct err *e)
{
	if (f != WORLD_WELL)
		no_answer(d, f, e);
	switch (f) {
	case WORLD_WELL:
		return OUTCOME_APPLIED;
	case WORLD_REFUSED:
		return OUTCOME_REFUSED;
	case WORLD_RETRY:
		return OUTCOME_RETRY;
	default:
		return OUTCOME_UNKNOWN;
	}
}

static bool happens(enum world_fault f)
{
	return f == WORLD_WELL || f == WORLD_LOST_DONE || f == WORLD_GARBAGE;
}

static enum outcome twin_apply(struct adapter_ctx *c,
			       const struct changeset *cs, bool back,
			       const struct adapter_guard *guard,
			       char **ret_token, struct err *e)
{
	struct device *d = device_at(c);
	enum world_fault f = ask(d, WORLD_APPLY);
	const struct change_part *part = back ? cs->back : cs->forward;
	uint32_t seconds = guard ? guard->seconds : 0;

	(void)ret_token;
	if (c->epoch && c->epoch < d->epoch) {
		err_set(e, ERR_REFUSED, "'%s' has been fenced since",
			d->target->name);
		return OUTCOME_REFUSED;
	}
	if (happens(f) && !wdev_change(d, cs->key, part->text, seconds, e))
		return OUTCOME_REFUSED;
	if (f == WORLD_LATE)
		late(d, c->epoch, cs->key, part->text, seconds);
	twin_world_ops.advance(d->world, d->world->now_us);
	return answer(f, d, e);
}

/* ---- timers, saving ---- */

static enum outcome settle(struct device *d, enum world_fault f,
			   enum outcome so, struct err *e)
{
	twin_world_ops.advance(d->world, d->world->now_us);
	if (f == WORLD_WELL && so == OUTCOME_REFUSED)
		err_set(e, ERR_REFUSED, "the timer of '%s' has run out",
			d->target->name);
	return f == WORLD_WELL ? so : answer(f, d, e);
}

static enum outcome twin_confirm(struct adapter_ctx *c, const char *key,
				 struct err *e)
{
	struct device *d = device_at(c);
	enum world_fault f = ask(d, WORLD_CONFIRM);

	return settle(d, f, happens(f) ? wdev_confirm(d, key) : OUTCOME_UNKNOWN,
		      e);
}

static enum outcome twin_revert(struct adapter_ctx *c, const char *key,
				struct err *e)
{
	struct device *d = device_at(c);
	enum world_fault f = ask(d, WORLD_REVERT);

	return settle(d, f, happens(f) ? wdev_revert(d, key) : OUTCOME_UNKNOWN,
		      e);
}

static enum outcome twin_renew(struct adapter_ctx *c, uint32_t seconds,
			       struct err *e)
{
	struct device *d = device_at(c);
	enum world_fault f = ask(d, WORLD_RENEW);

	return settle(d, f,
		      happens(f) ? wdev_renew(d, seconds) : OUTCOME_UNKNOWN, e);
}

static enum outcome twin_save(struct adapter_ctx *c, struct err *e)
{
	struct device *d = device_at(c);
	enum world_fault f = ask(d, WORLD_SAVE);

	return settle(d, f, happens(f) ? wdev_save(d) : OUTCOME_UNKNOWN, e);
}

const struct adapter_ops twin_adapter_ops = {
	.name = "twin",
	.kinds = (1u << RESOURCE_KINDS) - 1,
	.caps = ADAPTER_CAP_BIND_LIVE | ADAPTER_CAP_TIMER | ADAPTER_CAP_FENCE |
		ADAPTER_CAP_PIN | ADAPTER_CAP_RIB_OUT | ADAPTER_CAP_SAVE |
		ADAPTER_CAP_CALL_POLICY,
	.state_size = sizeof(struct twin),
	.open = twin_open,
	.close = twin_close,
	.observe = twin_observe,
	.render = twin_render,
	.apply = twin_apply,
	.confirm = twin_confirm,
	.revert = twin_revert,
	.renew = twin_renew,
	.save = twin_save,
	.fence = twin_fence,
};
