/*
 * frr.c - the adapter's table of slots, and the connection
 *
 * What bites on FRR and how this adapter answers is in the files that do it:
 * policy.c (loading lists), session.c (lines act one at a time), guard.c (no
 * commit-confirm), pin.h (more-specifics), scope.c (what may be touched).
 *
 * Ownership: the private state owns the connection.  Threads: one at a time.
 */
#include "adapters/frr/frr.h"

#include "adapters/frr/edge.h"
#include "adapters/frr/guard.h"
#include "adapters/frr/render.h"

static bool frr_open(struct adapter_ctx *c, struct err *e)
{
	struct frr *f = frr_of(c);
	struct device_result res = {0};
	bool ok;

	f->device = (c->urgent ? device_open_urgent
			       : device_open)(c->target, c->deadline_us, e);
	if (!f->device)
		return false;
	ok = device_read(f->device, 0, "command -v vtysh ip sha256sum setsid",
			 c->deadline_us, &res, e);
	if (ok && res.rc != 0)
		ok = err_set(e, ERR_REFUSED,
			     "'%s' lacks one of vtysh, ip, sha256sum, setsid",
			     c->target->name);
	device_result_done(&res);
	return ok;
}

static void frr_close(struct adapter_ctx *c)
{
	struct frr *f = frr_of(c);

	frr_view_forget(c);
	device_close(f->device);
	f->device = NULL;
}

/* All texts are there beforehand: only the connection can have been lost. */
static bool frr_ready(struct adapter_ctx *c, struct err *e)
{
	struct device_result res = {0};
	bool ok =
		device_read(frr_of(c)->device, 0, ":", c->deadline_us, &res, e);

	device_result_done(&res);
	return ok;
}

static bool frr_fence(struct adapter_ctx *c, struct err *e)
{
	return device_fence(frr_of(c)->device, &c->epoch, c->deadline_us, e);
}

const struct adapter_ops frr_adapter_ops = {
	.name = "frr",
	.kinds = RESOURCE_BIT(RESOURCE_INTERFACE) |
		 RESOURCE_BIT(RESOURCE_SESSION) |
		 RESOURCE_BIT(RESOURCE_ROUTE_POLICY) |
		 RESOURCE_BIT(RESOURCE_STATIC_ROUTE) |
		 RESOURCE_BIT(RESOURCE_ROUTE) | RESOURCE_BIT(RESOURCE_CONFIG),
	.caps = ADAPTER_CAP_BIND_LIVE | ADAPTER_CAP_TIMER | ADAPTER_CAP_FENCE |
		ADAPTER_CAP_PIN | ADAPTER_CAP_RIB_OUT | ADAPTER_CAP_SAVE |
		ADAPTER_CAP_CALL_POLICY,
	.state_size = sizeof(struct frr),
	.check = frr_check,
	.open = frr_open,
	.close = frr_close,
	.observe = frr_observe,
	.render = frr_render,
	.apply = frr_apply,
	.confirm = frr_confirm,
	.revert = frr_revert,
	.bind = frr_bind,
	.ready = frr_ready,
	.renew = frr_renew,
	.save = frr_save,
	.fence = frr_fence,
};
