/*
 * libvirt.c - the adapter for virtual networks and circuits in libvirt
 *
 * What may be changed is fixed by the target's parameters: the networks of the
 * links and of the attachment, their being active, nothing else.  Parts of a
 * changeset are read back strictly before the first is sent, and after the last
 * the list of all networks must differ in nothing but that.
 *
 * libvirt has no fence and no timer of its own.  A fresh look is made safe by
 * waiting for changes that were abandoned in this process, and for the list of
 * networks to stand still.
 *
 * State: the connection.  Threads: one at a time for a target.
 */
#include "adapters/libvirt/libvirt.h"

#include <string.h>

#include "adapters/libvirt/identity.h"
#include "adapters/libvirt/links.h"
#include "adapters/libvirt/scope.h"
#include "adapters/libvirt/uri.h"
#include "adapters/libvirt/virt.h"
#include "orchestrator/base/clock.h"

#define STILL_US 150000

struct libvirt {
	struct virt *virt; /* owned */
	char *uri;	   /* owned */
};

/* What the parameters say. */
struct params {
	struct links links;
	const char *attachment, *network, *gateway_port; /* or NULL */
};

#define params_auto __attribute__((cleanup(params_done))) struct params

static void params_done(struct params *p)
{
	links_done(&p->links);
}

static const char *param_or_null(const struct target *t, const char *key)
{
	const char *s = target_param(t, key, "");

	return s && *s ? s : NULL;
}

static bool params_ours(const struct params *p, const char *network)
{
	if (p->network && strcmp(p->network, network) == 0)
		return false;
	return links_has_network(&p->links, network) ||
	       (p->attachment && strcmp(p->attachment, network) == 0);
}

static bool params_read(const struct target *t, struct params *ret,
			struct err *e)
{
	const char *a = param_or_null(t, "attachment");
	const char *n = param_or_null(t, "network");

	*ret = (struct params){
		.attachment = a,
		.network = n,
		.gateway_port = param_or_null(t, "gateway_port"),
	};
	if (!links_parse(target_param(t, "links", ""), &ret->links, e))
		return err_wrap(e, "target '%s'", t->name);
	if (a && !links_network_valid(a))
		return err_set(e, ERR_INVALID,
			       "'%s' cannot be the name of the attachment "
			       "network of '%s'",
			       a, t->name);
	if (a && links_has_network(&ret->links, a))
		return err_set(e, ERR_INVALID,
			       "network '%s' of '%s' is both a link's and the "
			       "attachment's",
			       a, t->name);
	if (n &&
	    (links_has_network(&ret->links, n) || (a && strcmp(a, n) == 0)))
		return err_set(e, ERR_INVALID,
			       "network '%s' of '%s' is the virtual network: "
			       "it cannot be part of the circuit",
			       n, t->name);
	return true;
}

/* Have we the parameters for this one? */
static bool known(const struct target *t, const struct params *p,
		  const struct resource *r, struct err *e)
{
	const char *missing = NULL;

	switch (r->kind) {
	case RESOURCE_CIRCUIT:
		missing = p->links.n ? NULL : "links";
		break;
	case RESOURCE_ATTACHMENT:
		missing = p->attachment ? NULL : "attachment";
		break;
	case RESOURCE_VNET:
		missing = p->network ? NULL : "network";
		break;
	default:
		return err_set(e, ERR_INVALID, "'%s' cannot have a %s ('%s')",
			       t->name, resource_kind_name(r->kind), r->name);
	}
	if (missing)
		return err_set(e, ERR_INVALID, "'%s' has no '%s' for %s '%s'",
			       t->name, missing, resource_kind_name(r->kind),
			       r->name);
	return true;
}

/* The networks that are active in a circuit's or attachment's state. */
static bool active_in(const struct params *p, const struct resource *r,
		      struct state_list *ret, struct err *e)
{
	if (r->kind == RESOURCE_CIRCUIT)
		return links_from_state(&p->links, &r->circuit.links, ret, e);
	if (r->kind == RESOURCE_ATTACHMENT && r->attachment.attached)
		state_list_add(ret, p->attachment);
	return true;
}

static bool libvirt_check(const struct target *t,
			  const struct resource_set *set, struct err *e)
{
	params_auto p = {0};
	struct state_list active = {0};
	mem_auto_free char *uri =
		uri_prepare(target_param(t, "uri", "qemu:///system"), e);
	bool ok = uri && params_read(t, &p, e);

	for (size_t i = 0; ok && i < set->n; i++)
		ok = known(t, &p, &set->v[i], e) &&
		     active_in(&p, &set->v[i], &active, e);
	state_list_done(&active);
	return ok;
}

static bool libvirt_open(struct adapter_ctx *c, struct err *e)
{
	struct libvirt *l = c->state;

	l->uri = uri_prepare(target_param(c->target, "uri", "qemu:///system"),
			     e);
	if (!l->uri)
		return false;
	l->virt = virt_open(l->uri, c->deadline_us, e);
	return l->virt != NULL;
}

static void libvirt_close(struct adapter_ctx *c)
{
	struct libvirt *l = c->state;

	virt_close(l->virt);
	free(l->uri);
	memset(l, 0, sizeof(*l));
}

/* ---- observe ---- */

static bool see_circuit(struct adapter_ctx *c, const struct params *p,
			struct resource *r, struct err *e)
{
	struct libvirt *l = c->state;
	struct state_list active = {0};
	size_t all = 0, defined = 0;
	bool ok = true;

	for (size_t i = 0; i < p->links.n; i++) {
		const struct state_list *nets = &p->links.v[i].networks;

		for (size_t k = 0; ok && k < nets->n; k++, all++) {
			struct facts_network n = {0};

			ok = virt_network_read(l->virt, nets->v[k],
					       c->deadline_us, &n, e);
			defined += n.exists;
			if (n.active)
				state_list_add(&active, nets->v[k]);
			facts_network_done(&n);
		}
	}
	r->present = defined > 0;
	r->circuit.provisioning = mem_strdup(defined == all ? "Provisioned"
					     : defined	    ? "Provisioning"
							    : "NotProvisioned");
	links_to_state(&p->links, &active, &r->circuit.links);
	state_list_done(&active);
	return ok;
}

static bool see_attachment(struct adapter_ctx *c, const struct params *p,
			   struct resource *r, struct err *e)
{
	struct libvirt *l = c->state;
	struct facts_network n = {0};
	bool ok = virt_network_read(l->virt, p->attachment, c->deadline_us, &n,
				    e);

	r->present = n.exists;
	r->attachment.attached = n.active;
	if (ok && n.active)
		ok = virt_ports_read(l->virt, p->attachment, c->deadline_us,
				     &r->attachment.ports, e);
	facts_network_done(&n);
	return ok;
}

static bool see_vnet(struct adapter_ctx *c, const struct params *p,
		     struct resource *r, struct err *e)
{
	struct libvirt *l = c->state;
	struct facts f = {0};
	bool ok = virt_vnet_read(l->virt, p->network, c->deadline_us, &f, e);

	r->present = ok && f.network.exists;
	if (r->present)
		ok = identity_make(&f, p->gateway_port, &r->vnet, e);
	facts_done(&f);
	return ok;
}

static bool see(struct adapter_ctx *c, const struct params *p,
		const struct resource *want, struct resource *r, struct err *e)
{
	if (!known(c->target, p, want, e))
		return false;
	if (want->kind == RESOURCE_CIRCUIT)
		return see_circuit(c, p, r, e);
	if (want->kind == RESOURCE_ATTACHMENT)
		return see_attachment(c, p, r, e);
	return see_vnet(c, p, r, e);
}

static bool libvirt_observe(struct adapter_ctx *c,
			    const struct resource_set *want,
			    struct resource_set *ret, struct err *e)
{
	params_auto p = {0};

	if (!params_read(c->target, &p, e))
		return false;
	for (size_t i = 0; i < want->n; i++) {
		const struct resource *w = &want->v[i];
		struct resource *r = resource_set_add(ret, w->kind, w->name);

		if (!see(c, &p, w, r, e))
			return err_wrap(e, "cannot observe %s '%s'",
					resource_kind_name(w->kind), w->name);
	}
	return true;
}

/* ---- render ---- */

static bool may_lead(const struct target *t, const struct resource *from,
		     const struct resource *to, struct err *e)
{
	const char *kind = resource_kind_name(to->kind);

	if (!from)
		return err_set(e, ERR_INVALID, "%s '%s' was not observed", kind,
			       to->name);
	if (to->kind == RESOURCE_VNET && !resource_satisfies(from, to))
		return err_set(e, ERR_REFUSED,
			       "virtual network '%s' is not as wanted, and "
			       "cutover never changes it",
			       to->name);
	if (to->present && !from->present)
		return err_set(e, ERR_REFUSED,
			       "%s '%s' on '%s' has no network in libvirt: "
			       "define it first",
			       kind, to->name, t->name);
	if (!to->present && from->present)
		return err_set(e, ERR_REFUSED,
			       "%s '%s' on '%s' is there: cutover does not "
			       "undefine networks",
			       kind, to->name, t->name);
	return true;
}

static bool libvirt_render(const struct target *t,
			   const struct resource_set *from,
			   const struct resource_set *to, struct changeset *ret,
			   struct err *e)
{
	params_auto p = {0};
	struct state_list have = {0}, want = {0};
	bool ok = params_read(t, &p, e);

	for (size_t i = 0; ok && i < to->n; i++) {
		const struct resource *w = &to->v[i];
		const struct resource *r =
			resource_set_find(from, w->kind, w->name);

		ok = known(t, &p, w, e) && may_lead(t, r, w, e);
		if (ok && w->present)
			ok = active_in(&p, r, &have, e) &&
			     active_in(&p, w, &want, e);
	}
	if (ok)
		links_render(&have, &want, ret);
	state_list_done(&have);
	state_list_done(&want);
	return ok;
}

/* ---- apply ---- */

static bool scope_before(struct adapter_ctx *c, const struct change_part *v,
			 size_t n, struct state_list *ret_ours, struct err *e)
{
	params_auto p = {0};

	if (!params_read(c->target, &p, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *name;
		bool on;

		if (!links_part_parse(&v[i], &on, &name, e))
			return false;
		if (!params_ours(&p, name))
			return err_set(e, ERR_REFUSED,
				       "network '%s' is not one that '%s' may "
				       "start or stop",
				       name, c->target->name);
		state_list_add(ret_ours, name);
	}
	return true;
}

static enum outcome send_one(struct adapter_ctx *c,
			     const struct change_part *part, struct err *e)
{
	struct libvirt *l = c->state;
	const char *name;
	bool on;

	if (!links_part_parse(part, &on, &name, e))
		return OUTCOME_REFUSED;
	if (clock_mono_us() >= c->deadline_us) {
		err_set(e, ERR_RETRY, "no time was left for '%s'", part->text);
		return OUTCOME_RETRY;
	}
	if (c->trace)
		c->trace(c->trace_arg, part->what, part->text);
	return virt_network_set(l->virt, name, on, c->deadline_us, e);
}

static enum outcome send_all(struct adapter_ctx *c, const struct change_part *v,
			     size_t n, struct err *e)
{
	enum outcome all = OUTCOME_UNCHANGED;

	for (size_t i = 0; i < n; i++) {
		enum outcome o = send_one(c, &v[i], e);

		if (o == OUTCOME_UNCHANGED)
			continue;
		if (o == OUTCOME_APPLIED) {
			all = OUTCOME_APPLIED;
			continue;
		}
		if (all != OUTCOME_APPLIED || o == OUTCOME_UNKNOWN)
			return o;
		err_wrap(e, "%zu of %zu commands were done", i, n);
		return OUTCOME_UNKNOWN;
	}
	return all;
}

static enum outcome apply_ours(struct adapter_ctx *c,
			       const struct change_part *v, size_t n,
			       const struct state_list *ours, struct err *e)
{
	struct libvirt *l = c->state;
	struct state_list before = {0}, after = {0};
	enum outcome o = OUTCOME_RETRY;

	if (virt_networks_list(l->virt, c->deadline_us, &before, e))
		o = send_all(c, v, n, e);
	if (o == OUTCOME_APPLIED &&
	    (!virt_networks_list(l->virt, c->deadline_us, &after, e) ||
	     !scope_check(&before, &after, ours, e)))
		o = OUTCOME_UNKNOWN;
	state_list_done(&before);
	state_list_done(&after);
	return o;
}

static enum outcome libvirt_apply(struct adapter_ctx *c,
				  const struct changeset *cs, bool back,
				  const struct adapter_guard *guard,
				  char **ret_token, struct err *e)
{
	const struct change_part *v = back ? cs->back : cs->forward;
	size_t n = back ? cs->n_back : cs->n_forward;
	struct state_list ours = {0};
	enum outcome o = OUTCOME_REFUSED;

	(void)guard; /* no ADAPTER_CAP_TIMER */
	(void)ret_token;
	if (scope_before(c, v, n, &ours, e))
		o = apply_ours(c, v, n, &ours, e);
	state_list_done(&ours);
	return o;
}

/* ---- fence and watch ---- */

static bool lists_equal(const struct state_list *a, const struct state_list *b)
{
	struct state_list none = {0};

	return scope_check(a, b, &none, NULL);
}

/* Two looks with a pause between them that see the same. */
static bool stands_still(struct adapter_ctx *c, struct err *e)
{
	struct libvirt *l = c->state;
	bool ok = true, still = false;

	while (ok && !still) {
		struct state_list a = {0}, b = {0};

		ok = virt_networks_list(l->virt, c->deadline_us, &a, e);
		clock_sleep_us(STILL_US);
		ok = ok && virt_networks_list(l->virt, c->deadline_us, &b, e);
		still = ok && lists_equal(&a, &b);
		state_list_done(&a);
		state_list_done(&b);
	}
	return ok;
}

static bool libvirt_fence(struct adapter_ctx *c, struct err *e)
{
	struct libvirt *l = c->state;

	if (!virt_changes_settled(l->uri, c->deadline_us, e) ||
	    !stands_still(c, e))
		return false;
	c->epoch++;
	return true;
}

static bool interesting(const struct params *p, const char *event)
{
	mem_auto_free char *name = NULL;

	if (strncmp(event, "network ", 8) != 0)
		return true;
	name = mem_strndup(event + 8, strcspn(event + 8, " "));
	return params_ours(p, name) ||
	       (p->network && strcmp(p->network, name) == 0);
}

static char *libvirt_watch(struct adapter_ctx *c, struct err *e)
{
	struct libvirt *l = c->state;
	params_auto p = {0};
	char *s;

	if (!params_read(c->target, &p, e))
		return NULL;
	while ((s = virt_event_wait(l->virt, c->deadline_us, e))) {
		if (interesting(&p, s))
			break;
		free(s);
	}
	return s;
}

const struct adapter_ops libvirt_adapter_ops = {
	.name = "libvirt",
	.kinds = RESOURCE_BIT(RESOURCE_VNET) | RESOURCE_BIT(RESOURCE_CIRCUIT) |
		 RESOURCE_BIT(RESOURCE_ATTACHMENT),
	.caps = ADAPTER_CAP_WATCH,
	.state_size = sizeof(struct libvirt),
	.check = libvirt_check,
	.open = libvirt_open,
	.close = libvirt_close,
	.observe = libvirt_observe,
	.render = libvirt_render,
	.apply = libvirt_apply,
	.fence = libvirt_fence,
	.watch = libvirt_watch,
};
