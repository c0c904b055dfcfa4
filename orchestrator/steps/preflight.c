/*
 * preflight.c - the block 'start': everything as it must be, and the record to
 * come back to
 *
 * Nothing is changed here.  What moves later must be announced on the VPN now,
 * or there would be no way back to it.  Pure.
 */
#include <string.h>

#include "orchestrator/steps/build.h"

#define LOOK_MS 10000 /* for what should be so already */

static void each_cloud(const struct plan *p,
		       void (*fn)(const char *prefix, void *arg), void *arg)
{
	for (size_t i = 0; i < p->vnet.prefixes.n; i++)
		fn(p->vnet.prefixes.v[i], arg);
}

static void expect_route(const char *prefix, void *arg)
{
	struct step *s = arg;

	build_look_route(s, prefix);
	expect_add(&s->expect, EXPECT_IN_FIB, RESOURCE_ROUTE, prefix);
	expect_add(&s->expect, EXPECT_NOT_BEFORE_BGP, RESOURCE_ROUTE, prefix);
}

/* What moves must be announced on the VPN now, or it would vanish on the way
 * back. */
static void expect_vpn_sends(struct step *s, const struct build *b,
			     const struct plan_tunnel *t)
{
	struct expect *x =
		expect_add(&s->expect, EXPECT_SENT, RESOURCE_SESSION, t->name);
	bool six = build_is_six(t->neighbor);

	for (size_t w = 0; w < b->plan->n_waves; w++) {
		const struct plan_wave *wave = &b->plan->waves[w];

		for (size_t i = 0; i < wave->n_groups; i++) {
			const struct plan_group *g =
				&b->plan->groups[wave->groups[i]];
			const struct plan_circuit *c =
				&b->plan->circuits[g->circuit];

			if (strcmp(c->peerings[g->peering].domain, "private"))
				continue;
			for (size_t k = 0; k < g->onprem.n; k++)
				if (!strchr(g->onprem.v[k], ' ') &&
				    build_is_six(g->onprem.v[k]) == six)
					state_list_add_of(&x->list, &g->onprem,
							  k);
		}
	}
}

/* What the rules of a group match is counted before anything is changed. */
static void expect_bounds(struct step *s, const struct plan *p,
			  const char *tunnel)
{
	for (size_t i = 0; i < p->n_groups; i++) {
		const struct plan_group *g = &p->groups[i];
		struct expect *x;

		if (!g->at_most || g->community || !g->move_export)
			continue;
		x = expect_add(&s->expect, EXPECT_SENT_AT_MOST,
			       RESOURCE_SESSION, tunnel);
		x->number = g->at_most;
		state_list_append(&x->list, &g->onprem);
	}
}

static void preflight_edge(struct build *b, size_t i)
{
	const struct plan_edge *edge = &b->plan->edges[i];
	const struct plan_tunnel *t = build_tunnel(b->plan, i);
	mem_auto_free char *id = build_id("preflight", edge->name);
	struct step *s = build_step(b, STEP_WAIT, edge->name, id,
				    "'%s' is as it must be", edge->name);

	s->timeout_ms = LOOK_MS;
	if (t) {
		build_ask_sent(build_vpn_session(&s->look, t));
		expect_add(&s->expect, EXPECT_ESTABLISHED, RESOURCE_SESSION,
			   t->name);
		expect_vpn_sends(s, b, t);
		expect_bounds(s, b->plan, t->name);
	}
	each_cloud(b->plan, expect_route, s);
	if (edge->reboot_returns)
		return;
	resource_set_add(&s->look, RESOURCE_CONFIG, "config");
	expect_add(&s->expect, EXPECT_SAVED, RESOURCE_CONFIG, "config");
}

static void preflight_tunnel(struct build *b, const struct plan_tunnel *t)
{
	mem_auto_free char *id = build_id("preflight", t->name);
	struct step *s;

	if (strcmp(t->driver, "none") == 0)
		return;
	s = build_step(b, STEP_WAIT, t->name, id, "tunnel '%s' is up", t->name);
	s->timeout_ms = LOOK_MS;
	resource_set_add(&s->look, RESOURCE_TUNNEL, t->name)
		->tunnel.connection = mem_strdup(t->connection);
	expect_add(&s->expect, EXPECT_TUNNEL_UP, RESOURCE_TUNNEL, t->name);
}

void build_start_block(struct build *b)
{
	build_open(b, "start", "look at everything and record it");
	build_cloud_ready(b);
	for (size_t i = 0; i < b->plan->n_edges; i++)
		preflight_edge(b, i);
	for (size_t i = 0; i < b->plan->n_tunnels; i++)
		preflight_tunnel(b, &b->plan->tunnels[i]);
	if (b->plan->baseline_ms && b->plan->n_probes)
		build_step(b, STEP_SOAK, NULL, "baseline",
			   "baseline over the VPN, nothing lost")
			->soak_ms = b->plan->baseline_ms;
	build_step(b, STEP_CHECKPOINT, NULL, "checkpoint",
		   "checkpoint 'start'");
}
