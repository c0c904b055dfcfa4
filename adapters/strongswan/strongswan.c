/*
 * strongswan.c - observes tunnels with swanctl over the device transport
 *
 * One look is one command: the SAs and the loaded connections in one output,
 * so that 'down' and 'not configured' are told apart.  `--noblock` is not
 * used: it leaves out an SA that is busy, which would look like a tunnel that
 * is down; the deadline bounds the wait instead.
 *
 * There is no fence slot: a tunnel shares its device, and so the epoch, with
 * the edge that it is on, and claiming a new one for a look would make the
 * edge's own commands stale.  Looks go out with epoch 0, as nobody's.
 *
 * State: the open device.  Every change is refused, in check and in render, so
 * apply has nothing that it could send.
 */
#include "adapters/strongswan/strongswan.h"

#include <string.h>

#include "adapters/strongswan/tunnel.h"
#include "adapters/transport/device.h"

struct strongswan {
	struct device *device; /* owned */
};

static const char *connection(const struct resource *r)
{
	const char *name = r->tunnel.connection;

	return name && *name ? name : r->name;
}

static bool strongswan_check(const struct target *t,
			     const struct resource_set *set, struct err *e)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->v[i].kind != RESOURCE_TUNNEL)
			return err_set(e, ERR_INVALID,
				       "'%s' has tunnels only, not %s '%s'",
				       t->name,
				       resource_kind_name(set->v[i].kind),
				       set->v[i].name);
	}
	return true;
}

static bool strongswan_open(struct adapter_ctx *c, struct err *e)
{
	struct strongswan *s = c->state;

	s->device = device_open(c->target, c->deadline_us, e);
	return s->device != NULL;
}

static void strongswan_close(struct adapter_ctx *c)
{
	struct strongswan *s = c->state;

	device_close(s->device);
	s->device = NULL;
}

static bool list_script(const struct target *t, struct buf *ret, struct err *e)
{
	const char *uri = target_param(t, "uri", "");
	buf_auto option = BUF_INIT;

	if (*uri) {
		buf_puts(&option, " --uri ");
		if (!device_quote(&option, uri, e))
			return false;
	}
	buf_printf(
		ret,
		"swanctl --list-sas --raw%s && swanctl --list-conns --raw%s\n",
		buf_str(&option), buf_str(&option));
	return true;
}

/* The first line of what the command complained about. */
static bool failed(const struct target *t, const struct device_result *r,
		   struct err *e)
{
	const char *text = buf_str(&r->err);

	return err_set(e, ERR_IO, "swanctl on '%s' failed with status %d: %.*s",
		       t->name, r->rc, (int)strcspn(text, "\n"), text);
}

static struct raw *list(struct adapter_ctx *c, struct err *e)
{
	struct strongswan *s = c->state;
	buf_auto script = BUF_INIT;
	struct device_result r = {0};
	struct raw *root = NULL;

	if (!list_script(c->target, &script, e))
		return NULL;
	if (c->trace)
		c->trace(c->trace_arg, "shell", buf_str(&script));
	if (device_read(s->device, c->epoch, buf_str(&script), c->deadline_us,
			&r, e)) {
		if (c->trace)
			c->trace(c->trace_arg, "answer", buf_str(&r.out));
		if (r.rc == 0)
			root = raw_parse(buf_str(&r.out), r.out.len, e);
		else
			failed(c->target, &r, e);
	}
	device_result_done(&r);
	if (root && tunnel_output_check(root, e))
		return root;
	raw_free(root);
	return NULL;
}

static bool strongswan_observe(struct adapter_ctx *c,
			       const struct resource_set *want,
			       struct resource_set *ret, struct err *e)
{
	raw_auto *root = NULL;

	if (!strongswan_check(c->target, want, e))
		return false;
	root = list(c, e);
	if (!root)
		return err_wrap(e, "cannot observe the tunnels of '%s'",
				c->target->name);
	for (size_t i = 0; i < want->n; i++) {
		const struct resource *w = &want->v[i];

		tunnel_read(root, connection(w),
			    resource_set_add(ret, RESOURCE_TUNNEL, w->name));
	}
	return true;
}

static bool strongswan_render(const struct target *t,
			      const struct resource_set *from,
			      const struct resource_set *to,
			      struct changeset *ret, struct err *e)
{
	(void)ret;
	if (!strongswan_check(t, to, e))
		return false;
	for (size_t i = 0; i < to->n; i++) {
		const struct resource *w = &to->v[i];
		const struct resource *have =
			resource_set_find(from, w->kind, w->name);

		if (!have || !resource_satisfies(have, w))
			return err_set(e, ERR_REFUSED,
				       "tunnel '%s' on '%s' is not as wanted, "
				       "and cutover never changes a VPN "
				       "tunnel: repair it, then go on",
				       w->name, t->name);
	}
	return true;
}

static enum outcome strongswan_apply(struct adapter_ctx *c,
				     const struct changeset *cs, bool back,
				     const struct adapter_guard *guard,
				     char **ret_token, struct err *e)
{
	(void)guard;
	(void)ret_token;
	if (back ? !cs->n_back : !cs->n_forward)
		return OUTCOME_UNCHANGED;
	err_set(e, ERR_REFUSED, "'%s' is read only", c->target->name);
	return OUTCOME_REFUSED;
}

const struct adapter_ops strongswan_adapter_ops = {
	.name = "strongswan",
	.kinds = RESOURCE_BIT(RESOURCE_TUNNEL),
	.state_size = sizeof(struct strongswan),
	.check = strongswan_check,
	.open = strongswan_open,
	.close = strongswan_close,
	.observe = strongswan_observe,
	.render = strongswan_render,
	.apply = strongswan_apply,
};
