/*
 * bird.c - the BIRD 2 adapter: the slots of the port
 *
 * Glue only: snapshot.c reads, observe.c understands, render.c plans, change.c
 * acts.  The state is one connection and the paths; a target is used by one
 * thread at a time.  There are no pins here: a more-specific that only one
 * session announces would need a line in the operator's own export filter.
 */
#include "adapters/bird/bird.h"

#include <string.h>

#include "adapters/bird/change.h"
#include "adapters/bird/observe.h"
#include "adapters/bird/render.h"
#include "adapters/transport/linux_interface.h"

struct bird_state {
	struct device *device;
	struct bird_paths paths;
	bool armed;
	struct bird_snapshot ready; /* what a bind begins from, or nothing */
};

static struct bird_device device_of(struct adapter_ctx *c)
{
	struct bird_state *s = c->state;

	return (struct bird_device){c, s->device, &s->paths, &s->armed};
}

static bool bird_open(struct adapter_ctx *c, struct err *e)
{
	struct bird_state *s = c->state;

	if (!bird_paths_init(&s->paths, c->target, e))
		return false;
	s->device = (c->urgent ? device_open_urgent
			       : device_open)(c->target, c->deadline_us, e);
	return s->device != NULL;
}

static void bird_close(struct adapter_ctx *c)
{
	struct bird_state *s = c->state;

	device_close(s->device);
	bird_paths_done(&s->paths);
	bird_snapshot_done(&s->ready);
	*s = (struct bird_state){0};
}

/* Is there anything but interfaces in it? */
static bool asks_bird(const struct resource_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].kind != RESOURCE_INTERFACE)
			return true;
	return false;
}

/* One script on the device, whatever is asked for. */
static bool bird_observe(struct adapter_ctx *c, const struct resource_set *want,
			 struct resource_set *ret, struct err *e)
{
	struct bird_state *s = c->state;
	bird_snapshot_auto snap = {0};
	resource_set_auto set = {0};
	bool ok;

	if (!asks_bird(want))
		ok = linux_interface_observe(s->device, c->epoch, want, &set,
					     c->deadline_us, e);
	else
		ok = bird_snapshot_read(c, s->device, &s->paths, want, &snap,
					e) &&
		     bird_observe_set(&snap, &s->paths, want, &set, e);
	if (!ok)
		return false;
	*ret = set;
	set = (struct resource_set){0};
	return true;
}

static enum outcome shell_apply(const struct bird_device *d,
				const struct change_part *p, const char *key,
				bool guarded, struct err *e)
{
	struct adapter_ctx *c = d->ctx;
	struct device_result r = {0};
	enum outcome o;

	if (guarded) {
		err_set(e, ERR_REFUSED,
			"an interface cannot be changed under the timer");
		return OUTCOME_REFUSED;
	}
	o = device_change(d->device, c->epoch, key, p->text, c->deadline_us, &r,
			  e);
	if (c->trace)
		c->trace(c->trace_arg, p->what, buf_str(&r.err));
	if (o == OUTCOME_REFUSED && r.rc >= 0) {
		err_set(e, ERR_UNKNOWN, "'%s': %s", c->target->name,
			r.err.len ? buf_str(&r.err) : "a command failed");
		o = OUTCOME_UNKNOWN; /* lines before the failing one may stand
				      */
	}
	device_result_done(&r);
	return o;
}

static enum outcome bird_apply(struct adapter_ctx *c,
			       const struct changeset *cs, bool back,
			       const struct adapter_guard *guard,
			       char **ret_token, struct err *e)
{
	struct bird_device d = device_of(c);
	const struct change_part *v = back ? cs->back : cs->forward;
	size_t n = back ? cs->n_back : cs->n_forward;
	uint32_t seconds = guard ? guard->seconds : 0;
	bool changed = false;

	(void)ret_token;
	for (size_t i = 0; i < n; i++) {
		bool shell = strcmp(v[i].what, "shell") == 0;
		mem_auto_free char *once = mem_format(
			"%s/%s%zu", cs->key, back ? "back" : "part", i);
		enum outcome o =
			shell ? shell_apply(&d, &v[i], once, seconds != 0, e)
			      : bird_change_apply(&d, v[i].text, cs->key, once,
						  seconds, e);

		if (o != OUTCOME_APPLIED && o != OUTCOME_UNCHANGED)
			return changed ? OUTCOME_UNKNOWN : o;
		changed |= o == OUTCOME_APPLIED;
	}
	return changed ? OUTCOME_APPLIED : OUTCOME_UNCHANGED;
}

static enum outcome bird_confirm(struct adapter_ctx *c, const char *key,
				 struct err *e)
{
	struct bird_device d = device_of(c);

	return bird_change_confirm(&d, key, e);
}

static enum outcome bird_revert(struct adapter_ctx *c, const char *key,
				struct err *e)
{
	struct bird_device d = device_of(c);

	return bird_change_revert(&d, key, e);
}

static enum outcome bird_bind(struct adapter_ctx *c,
			      const struct resource_set *want, const char *key,
			      struct err *e)
{
	struct bird_state *s = c->state;
	struct bird_device d = device_of(c);

	return bird_change_bind(&d, &s->ready, want, key, e);
}

/* The look that a bind begins from. */
static bool bird_ready(struct adapter_ctx *c, struct err *e)
{
	struct bird_state *s = c->state;

	bird_snapshot_done(&s->ready);
	return bird_snapshot_read(c, s->device, &s->paths, NULL, &s->ready, e);
}

static enum outcome bird_renew(struct adapter_ctx *c, uint32_t seconds,
			       struct err *e)
{
	struct bird_device d = device_of(c);

	return bird_change_renew(&d, seconds, e);
}

static enum outcome bird_save(struct adapter_ctx *c, struct err *e)
{
	struct bird_device d = device_of(c);

	return bird_change_save(&d, e);
}

static bool bird_fence(struct adapter_ctx *c, struct err *e)
{
	struct bird_state *s = c->state;

	return device_fence(s->device, &c->epoch, c->deadline_us, e);
}

const struct adapter_ops bird_adapter_ops = {
	.name = "bird",
	.kinds = RESOURCE_BIT(RESOURCE_INTERFACE) |
		 RESOURCE_BIT(RESOURCE_SESSION) |
		 RESOURCE_BIT(RESOURCE_ROUTE_POLICY) |
		 RESOURCE_BIT(RESOURCE_ROUTE) | RESOURCE_BIT(RESOURCE_CONFIG),
	.caps = ADAPTER_CAP_BIND_LIVE | ADAPTER_CAP_TIMER | ADAPTER_CAP_FENCE |
		ADAPTER_CAP_RIB_OUT | ADAPTER_CAP_SAVE,
	.state_size = sizeof(struct bird_state),
	.check = bird_check,
	.open = bird_open,
	.close = bird_close,
	.observe = bird_observe,
	.render = bird_render,
	.apply = bird_apply,
	.confirm = bird_confirm,
	.revert = bird_revert,
	.bind = bird_bind,
	.ready = bird_ready,
	.renew = bird_renew,
	.save = bird_save,
	.fence = bird_fence,
};
