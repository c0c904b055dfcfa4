/*
 * cloud.c - steps that a cloud's control plane adds
 *
 * Which of them there are follows from the kinds and capabilities of the
 * circuit's adapter.  A circuit that a provider lights is waited for before
 * anything else is looked at: that may take days, and the state to come back to
 * is recorded after it.  Peerings are made where they are ours, and have no
 * undo: one without sessions and without an attachment carries nothing.
 *
 * Before the attachment, and before it is taken away, the cloud's own routers
 * are asked what they hear from us: nothing.
 *
 * Pure.
 */
#include <string.h>

#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/build.h"

#define POLL_MS 5000	       /* control planes count their readers */
#define POLL_PROVIDER_MS 60000 /* people provision; a minute is quick */
#define LOOK_MS 60000

static const struct adapter_ops *ops_of(const struct plan_circuit *c)
{
	return strcmp(c->driver, "external") ? adapter_find(c->driver) : NULL;
}

static bool has_kind(const struct plan_circuit *c, enum resource_kind kind)
{
	const struct adapter_ops *ops = ops_of(c);

	return ops && (ops->kinds & RESOURCE_BIT(kind));
}

bool build_cloud_waits(const struct plan_circuit *c)
{
	const struct adapter_ops *ops = ops_of(c);

	return ops && (ops->caps & ADAPTER_CAP_PROVIDER);
}

/* ---- before anything else ---- */

static void want_lit(struct resource_set *set, const struct plan_circuit *c)
{
	struct resource *r = resource_set_add(set, RESOURCE_CIRCUIT, c->name);

	for (size_t i = 0; i < c->n_links; i++)
		state_list_add(&r->circuit.links, c->links[i].name);
}

static void wait_provider(struct build *b, const struct plan_circuit *c)
{
	mem_auto_free char *id = build_id("provider", c->name);
	struct step *s = build_step(b, STEP_WAIT, c->name, id,
				    "the provider has provisioned '%s' (until "
				    "then: give him the service key)",
				    c->name);

	want_lit(&s->want, c);
	s->timeout_ms = b->plan->timeouts.provider_ms;
	s->poll_ms = POLL_PROVIDER_MS;
}

static void wait_gateway(struct build *b, const struct plan_circuit *c)
{
	mem_auto_free char *id = build_id("gateway", c->name);
	struct step *s = build_step(b, STEP_WAIT, c->name, id,
				    "the gateway for '%s' is ready", c->name);
	struct resource *r =
		resource_set_add(&s->want, RESOURCE_GATEWAY, c->name);

	r->gateway.type = mem_strdup("ExpressRoute");
	r->gateway.provisioning = mem_strdup("Succeeded");
	s->timeout_ms = LOOK_MS;
	s->poll_ms = POLL_MS;
}

void build_cloud_ready(struct build *b)
{
	for (size_t i = 0; i < b->plan->n_circuits; i++) {
		const struct plan_circuit *c = &b->plan->circuits[i];

		if (build_cloud_waits(c))
			wait_provider(b, c);
		if (c->attachment && has_kind(c, RESOURCE_GATEWAY))
			wait_gateway(b, c);
	}
}

/* ---- peerings ---- */

static struct resource *want_peering(struct resource_set *set,
				     const struct build *b,
				     const struct plan_circuit *c,
				     const struct plan_peering *pe)
{
	mem_auto_free char *name = mem_format("%s/%s", c->name, pe->name);
	struct resource *r = resource_set_add(set, RESOURCE_PEERING, name);
	struct state_peering *p = &r->peering;

	p->domain = mem_strdup(pe->domain);
	p->asn = pe->asn;
	p->peer_asn = b->plan->site.asn;
	p->vlan = pe->vlan;
	p->primary = mem_strdup(pe->on[0].subnet);
	p->secondary = mem_strdup(c->n_links > 1 ? pe->on[1].subnet : NULL);
	p->enabled = true;
	for (size_t i = 0; i < pe->advertised.n; i++)
		state_list_add(&p->advertised, pe->advertised.v[i]);
	p->registry = mem_strdup(pe->registry);
	p->route_filter = mem_strdup(pe->route_filter);
	return r;
}

static void make_peering(struct build *b, const struct plan_circuit *c,
			 const struct plan_peering *pe)
{
	mem_auto_free char *name = mem_format("%s/%s", c->name, pe->name);
	mem_auto_free char *id = build_id("peering", name);
	struct step *s = build_step(b, STEP_ENSURE, c->name, id,
				    "peering '%s' is there", name);

	want_peering(&s->want, b, c, pe);
	s->timeout_ms = LOOK_MS;
	s->poll_ms = POLL_MS;
}

/* The cloud looks whether the advertised prefixes are ours. */
static void wait_validated(struct build *b, const struct plan_circuit *c,
			   const struct plan_peering *pe)
{
	mem_auto_free char *name = mem_format("%s/%s", c->name, pe->name);
	mem_auto_free char *id = build_id("validated", name);
	struct step *s = build_step(b, STEP_WAIT, c->name, id,
				    "the prefixes of '%s' are validated", name);

	want_peering(&s->want, b, c, pe)->peering.validation =
		mem_strdup("Configured");
	s->timeout_ms = b->plan->timeouts.provider_ms;
	s->poll_ms = POLL_PROVIDER_MS;
}

void build_cloud_peerings(struct build *b)
{
	for (size_t i = 0; i < b->plan->n_circuits; i++) {
		const struct plan_circuit *c = &b->plan->circuits[i];

		if (c->model == PLAN_NETWORK_SERVICE ||
		    !has_kind(c, RESOURCE_PEERING))
			continue;
		for (size_t k = 0; k < c->n_peerings; k++) {
			make_peering(b, c, &c->peerings[k]);
			if (c->peerings[k].advertised.n)
				wait_validated(b, c, &c->peerings[k]);
		}
	}
}

/* ---- what the cloud hears ---- */

struct silence {
	struct build *b;
	bool up;
};

static void heard(const struct policy_session *s, void *arg)
{
	const struct silence *q = arg;
	const struct plan_circuit *c = &q->b->plan->circuits[s->circuit];
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id =
		build_id(q->up ? "cloud-silent" : "cloud-quiet", name);
	struct resource *r;
	struct step *st;

	/* with its own edge a network service provider speaks, not we */
	if (c->model == PLAN_NETWORK_SERVICE || !has_kind(c, RESOURCE_SESSION))
		return;
	st = build_step(q->b, STEP_WAIT, c->name, id,
			"the cloud hears nothing on '%s'", name);
	r = resource_set_add(&st->look, RESOURCE_SESSION, name);
	r->session.neighbor = mem_strdup(build_on(s)->local);
	if (q->up)
		expect_add(&st->expect, EXPECT_ESTABLISHED, RESOURCE_SESSION,
			   name);
	expect_add(&st->expect, EXPECT_NOTHING_ACCEPTED, RESOURCE_SESSION,
		   name);
	st->timeout_ms = q->b->plan->timeouts.converge_ms * 2;
	st->poll_ms = POLL_MS;
}

void build_cloud_silent(struct build *b, bool up)
{
	struct silence q = {b, up};

	build_each_session(b->plan, false, heard, &q);
}

/* ---- checkpoints ---- */

void build_cloud_watch(struct build *b)
{
	for (size_t i = 0; i < b->plan->n_circuits; i++) {
		const struct plan_circuit *c = &b->plan->circuits[i];

		if (c->attachment && has_kind(c, RESOURCE_GATEWAY))
			resource_set_add(program_watch(b->program, c->name),
					 RESOURCE_GATEWAY, c->name);
	}
}
