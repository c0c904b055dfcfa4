/*
 * azure.c - the adapter for Azure's control plane
 *
 * Looking is free and is repeated; what is being changed by Azure right now is
 * waited for, since neither its old nor its new state would be true.  Changes
 * are change.c's; there are three.
 *
 * Azure has no fence: a request whose connection was lost may still arrive. A
 * fresh look is made safe by pausing first and by waiting for everything of
 * ours to stand still.  It has no timer of its own either: nothing that is
 * made here is made under one.
 *
 * State: the client, and when the next poll is due.  Threads: one at a time
 * for a target.
 */
#include "adapters/azure/azure.h"

#include <string.h>

#include "adapters/azure/change.h"
#include "adapters/azure/id.h"
#include "adapters/azure/lane.h"
#include "adapters/azure/lro.h"
#include "adapters/azure/preflight.h"
#include "adapters/azure/spot.h"
#include "adapters/azure/shape.h"
#include "adapters/azure/tables.h"
#include "adapters/azure/vnet.h"
#include "orchestrator/base/clock.h"

#define MOVING_MS 2000
#define POLL_MS 2000
#define FENCE_MS "5000"

struct azure {
	struct arm *arm;      /* owned */
	struct spot spot;     /* owned */
	int64_t next_poll_us; /* monotonic */
};

static bool azure_check(const struct target *t, const struct resource_set *set,
			struct err *e)
{
	spot_auto p = {0};
	bool ok = arm_check(t, e) && spot_read(t, &p, e);

	for (size_t i = 0; ok && i < set->n; i++) {
		const struct resource *r = &set->v[i];

		ok = spot_has(t, &p, r, e);
		if (ok && r->kind == RESOURCE_PEERING && r->present &&
		    p.provider_owned)
			ok = err_set(e, ERR_INVALID,
				     "peering '%s' is the provider's, and "
				     "cutover does not write it",
				     r->name);
	}
	return ok;
}

static bool azure_open(struct adapter_ctx *c, struct err *e)
{
	struct azure *z = c->state;

	z->arm = arm_new(c->target, e);
	if (!z->arm || !spot_read(c->target, &z->spot, e))
		return false;
	z->arm->ctx = c;
	return auth_token(z->arm->auth, c->deadline_us, e) != NULL;
}

static void azure_close(struct adapter_ctx *c)
{
	struct azure *z = c->state;

	lane_leave(z);
	arm_free(z->arm);
	spot_done(&z->spot);
	memset(z, 0, sizeof(*z));
}

/* ---- observe ---- */

/* Reads a resource that nobody is changing. */
static bool get_still(struct azure *z, const char *path, const char *query,
		      json_t **ret, struct err *e)
{
	for (;;) {
		if (!arm_get(z->arm, path, query, ret, e))
			return false;
		if (!*ret || !shape_is_moving(*ret))
			return true;
		json_decref(*ret);
		*ret = NULL;
		if (!arm_wait(z->arm, MOVING_MS))
			return err_set(e, ERR_RETRY,
				       "'%s' is still being changed in Azure",
				       id_name(path));
	}
}

static bool see_circuit(struct azure *z, struct resource *r, struct err *e)
{
	json_auto *j = NULL;

	if (!get_still(z, z->spot.circuit, NULL, &j, e))
		return false;
	r->present = j != NULL;
	if (j)
		shape_circuit(j, &z->spot.links, &z->spot.domains, &r->circuit);
	return true;
}

static bool see_peering(struct azure *z, struct resource *r, struct err *e)
{
	const char *domain = spot_domain(&z->spot, r->name);
	const char *name = shape_peering_name(domain);
	mem_auto_free char *path = NULL;
	json_auto *j = NULL;

	if (!name)
		name = "AzurePublicPeering";
	path = id_child(z->spot.circuit, "peerings", name);
	if (!get_still(z, path, NULL, &j, e))
		return false;
	r->present = j != NULL;
	if (j)
		shape_peering(j, domain, &r->peering);
	return true;
}

/* Ready is a gateway that is whole and that nothing stands in the way of. */
static bool add_traps(struct azure *z, const json_t *gateway,
		      struct state_gateway *g, struct err *e)
{
	struct state_list traps = {0}, notes = {0};
	bool ok = preflight_read(z->arm, gateway, &traps, &notes, e);

	for (size_t i = 0; ok && i < traps.n; i++) {
		mem_auto_free char *was = g->provisioning;

		g->provisioning = mem_format("%s; %s", was, traps.v[i]);
	}
	state_list_done(&traps);
	state_list_done(&notes);
	return ok;
}

static bool see_gateway(struct azure *z, const struct resource *want,
			struct resource *r, struct err *e)
{
	json_auto *j = NULL;

	if (!get_still(z, z->spot.gateway, NULL, &j, e))
		return false;
	r->present = j != NULL;
	if (j)
		shape_gateway(j, &r->gateway);
	return !j || !want->gateway.provisioning ||
	       add_traps(z, j, &r->gateway, e);
}

/* It is there as soon as there could be one: what counts is 'attached'. */
static bool see_attachment(struct azure *z, struct resource *r, struct err *e)
{
	json_auto *j = NULL;

	if (!get_still(z, z->spot.connection, NULL, &j, e))
		return false;
	r->present = true;
	return !j || shape_attachment(j, z->spot.circuit, &r->attachment, e);
}

/* Why a session is not up, as far as layer 2 tells. */
static bool see_arp(struct azure *z, const char *peering, const char *device,
		    struct state_session *s, struct err *e)
{
	mem_auto_free char *path =
		mem_format("%s/arpTables/%s", peering, device);
	mem_auto_free char *was = s->state;
	json_auto *j = NULL;
	bool ours, theirs;

	if (!lro_read(z->arm, path, NULL, &j, e))
		return false;
	tables_arp(j, &ours, &theirs);
	s->state = mem_format("%s (ARP there: our end %s, Azure's end %s)",
			      was ? was : "Idle", ours ? "answers" : "missing",
			      theirs ? "answers" : "missing");
	return true;
}

/* A session of ours as the provider's router sees it. */
static bool see_session(struct azure *z, const struct resource *want,
			struct resource *r, struct err *e)
{
	const char *domain, *device, *name;
	mem_auto_free char *peering = NULL;
	mem_auto_free char *path = NULL;
	json_auto *j = NULL;

	if (!spot_session(&z->spot, want->name, &domain, &device))
		return err_set(e, ERR_INVALID, "there is no session '%s'",
			       want->name);
	name = shape_peering_name(domain);
	peering = id_child(z->spot.circuit, "peerings",
			   name ? name : "AzurePublicPeering");
	path = mem_format("%s/routeTablesSummary/%s", peering, device);
	if (!lro_read(z->arm, path, NULL, &j, e))
		return false;
	r->present = tables_session(
		j, want->session.neighbor ? want->session.neighbor : "",
		&r->session);
	if (!r->present)
		r->session.neighbor = mem_strdup(want->session.neighbor);
	if (r->present && strcmp(r->session.state, "Established") != 0)
		return see_arp(z, peering, device, &r->session, e);
	return true;
}

static bool see_vnet(struct azure *z, struct resource *r, struct err *e)
{
	json_auto *j = NULL;

	if (!get_still(z, z->spot.vnet, "$expand=subnets/ipConfigurations", &j,
		       e))
		return false;
	r->present = j != NULL;
	return !j || vnet_identity(j, &r->vnet, e);
}

static bool see_tunnel(struct azure *z, const struct resource *want,
		       struct resource *r, struct err *e)
{
	json_auto *j = NULL;

	if (!get_still(z, z->spot.tunnel, NULL, &j, e))
		return false;
	r->present = j != NULL;
	r->tunnel.connection = mem_strdup(want->tunnel.connection);
	return !j || shape_tunnel(j, &r->tunnel, e);
}

static bool see(struct azure *z, const struct resource *want,
		struct resource *r, struct err *e)
{
	switch (want->kind) {
	case RESOURCE_CIRCUIT:
		return see_circuit(z, r, e);
	case RESOURCE_PEERING:
		return see_peering(z, r, e);
	case RESOURCE_GATEWAY:
		return see_gateway(z, want, r, e);
	case RESOURCE_ATTACHMENT:
		return see_attachment(z, r, e);
	case RESOURCE_SESSION:
		return see_session(z, want, r, e);
	case RESOURCE_TUNNEL:
		return see_tunnel(z, want, r, e);
	default:
		return see_vnet(z, r, e);
	}
}

static bool azure_observe(struct adapter_ctx *c,
			  const struct resource_set *want,
			  struct resource_set *ret, struct err *e)
{
	struct azure *z = c->state;

	for (size_t i = 0; i < want->n; i++) {
		const struct resource *w = &want->v[i];
		struct resource *r = resource_set_add(ret, w->kind, w->name);

		if (!spot_has(c->target, &z->spot, w, e) || !see(z, w, r, e))
			return err_wrap(e, "cannot observe %s '%s'",
					resource_kind_name(w->kind), w->name);
	}
	return true;
}

/* ---- render and apply ---- */

static bool azure_render(const struct target *t,
			 const struct resource_set *from,
			 const struct resource_set *to, struct changeset *ret,
			 struct err *e)
{
	spot_auto p = {0};
	bool ok = spot_read(t, &p, e);

	for (size_t i = 0; ok && i < to->n; i++)
		ok = change_render(
			t, &p,
			resource_set_find(from, to->v[i].kind, to->v[i].name),
			&to->v[i], ret, e);
	if (ok && ret->n_forward > 1)
		return err_set(e, ERR_INVALID,
			       "'%s': one change at a time in Azure, not %zu",
			       t->name, ret->n_forward);
	return ok;
}

static void due_in(struct azure *z, uint32_t wait_s)
{
	int64_t ms = wait_s ? (int64_t)wait_s * 1000 : POLL_MS;

	z->next_poll_us = clock_mono_us() + ms * 1000;
}

static enum outcome azure_apply(struct adapter_ctx *c,
				const struct changeset *cs, bool back,
				const struct adapter_guard *guard,
				char **ret_token, struct err *e)
{
	struct azure *z = c->state;
	const struct change_part *v = back ? cs->back : cs->forward;
	size_t n = back ? cs->n_back : cs->n_forward;
	change_auto ch = {0};
	err_auto why = ERR_INIT;
	enum outcome o;

	(void)guard; /* no ADAPTER_CAP_TIMER */
	if (!n)
		return OUTCOME_UNCHANGED;
	if (n > 1 || !change_parse(v, &z->spot, &ch, e)) {
		if (n > 1)
			err_set(e, ERR_INVALID, "one change at a time");
		return OUTCOME_REFUSED;
	}
	if (c->trace)
		c->trace(c->trace_arg, "azure", v->text);
	o = change_send(z->arm, c->target, &z->spot, &ch, cs->key, z, ret_token,
			&why);
	if (why.code != ERR_NONE)
		err_move(e, &why);
	z->next_poll_us = 0;
	return o;
}

/* Waits until the service wants to be asked again, then asks once. */
static enum outcome azure_poll(struct adapter_ctx *c, const char *token,
			       struct err *e)
{
	struct azure *z = c->state;
	int64_t left = z->next_poll_us - clock_mono_us();
	err_auto why = ERR_INIT;
	uint32_t wait_s = 0;
	enum outcome o;

	if (left > 0 && !arm_wait(z->arm, (uint32_t)(left / 1000) + 1))
		return OUTCOME_PENDING;
	o = change_poll(z->arm, token, &wait_s, &why);
	if (why.code != ERR_NONE)
		err_move(e, &why);
	if (o == OUTCOME_PENDING)
		due_in(z, wait_s);
	else
		lane_leave(z);
	return o;
}

/* ---- fence ---- */

static bool stands_still(struct azure *z, const char *path, struct err *e)
{
	json_auto *j = NULL;

	return get_still(z, path, NULL, &j, e);
}

static bool azure_fence(struct adapter_ctx *c, struct err *e)
{
	struct azure *z = c->state;
	const char *ms = target_param(c->target, "fence_ms", FENCE_MS);

	if (z->spot.circuit) {
		arm_wait(z->arm, (uint32_t)strtoul(ms, NULL, 10));
		if (!stands_still(z, z->spot.circuit, e) ||
		    (z->spot.connection &&
		     !stands_still(z, z->spot.connection, e)))
			return false;
	}
	c->epoch++;
	return true;
}

const struct adapter_ops azure_adapter_ops = {
	.name = "azure",
	.kinds = RESOURCE_BIT(RESOURCE_CIRCUIT) |
		 RESOURCE_BIT(RESOURCE_PEERING) |
		 RESOURCE_BIT(RESOURCE_GATEWAY) |
		 RESOURCE_BIT(RESOURCE_ATTACHMENT) |
		 RESOURCE_BIT(RESOURCE_SESSION) | RESOURCE_BIT(RESOURCE_VNET) |
		 RESOURCE_BIT(RESOURCE_TUNNEL),
	.caps = ADAPTER_CAP_PROVIDER,
	.state_size = sizeof(struct azure),
	.check = azure_check,
	.open = azure_open,
	.close = azure_close,
	.observe = azure_observe,
	.render = azure_render,
	.apply = azure_apply,
	.poll = azure_poll,
	.fence = azure_fence,
};
