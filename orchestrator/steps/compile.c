/*
 * compile.c - plan -> program: all blocks in their order, what their
 * checkpoints record, and whether the adapters can do it
 *
 * Pure.
 */
#include "orchestrator/steps/compile.h"

#include <string.h>

#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/build.h"

/* ---- what a checkpoint records ---- */

static void watch_session(const struct policy_session *s, void *arg)
{
	struct program *g = arg;
	struct resource_set *set = program_watch(g, build_edge(s)->name);
	const char *ifname = build_on(s)->interface;

	build_session(set, s);
	if (!resource_set_find(set, RESOURCE_INTERFACE, ifname))
		resource_set_add(set, RESOURCE_INTERFACE, ifname);
}

static void watch_edges(struct build *b)
{
	for (size_t i = 0; i < b->plan->n_edges; i++) {
		struct resource_set *set =
			program_watch(b->program, b->plan->edges[i].name);
		const struct plan_tunnel *t = build_tunnel(b->plan, i);

		resource_set_add(set, RESOURCE_CONFIG, "config");
		if (t)
			build_vpn_session(set, t);
		for (size_t k = 0; k < b->plan->vnet.prefixes.n; k++)
			resource_set_add(set, RESOURCE_ROUTE,
					 b->plan->vnet.prefixes.v[k]);
	}
	build_each_session(b->plan, false, watch_session, b->program);
}

static void watch_rest(struct build *b)
{
	const struct plan *p = b->plan;

	for (size_t i = 0; i < p->n_tunnels; i++)
		if (strcmp(p->tunnels[i].driver, "none") != 0)
			resource_set_add(
				program_watch(b->program, p->tunnels[i].name),
				RESOURCE_TUNNEL, p->tunnels[i].name)
				->tunnel.connection =
				mem_strdup(p->tunnels[i].connection);
	for (size_t i = 0; i < p->n_circuits; i++) {
		const struct plan_circuit *c = &p->circuits[i];
		struct resource_set *set;

		if (!build_has_target(c))
			continue;
		set = program_watch(b->program, c->name);
		resource_set_add(set, RESOURCE_CIRCUIT, c->name);
		if (c->attachment)
			resource_set_add(set, RESOURCE_ATTACHMENT, c->name);
	}
	build_cloud_watch(b);
	if (!p->vnet.name || strcmp(p->vnet.driver, "none") == 0)
		return;
	resource_set_add(program_watch(b->program, p->vnet.name), RESOURCE_VNET,
			 p->vnet.name);
	b->program->vnet_target = mem_strdup(p->vnet.name);
}

/* ---- notes for the reviewer ---- */

static void note_asymmetry(struct build *b, size_t wave)
{
	const struct plan *p = b->plan;

	for (size_t w = wave + 1; w < p->n_waves; w++)
		for (size_t i = 0; i < p->waves[w].n_groups; i++) {
			const struct plan_group *g =
				&p->groups[p->waves[w].groups[i]];
			mem_auto_free char *s = mem_format(
				"after wave '%s', until '%s': group '%s' goes "
				"to the cloud on the circuit and comes back on "
				"the VPN%s",
				p->waves[wave].name, p->waves[w].name, g->name,
				p->site.stateful.n ? "; a stateful device sees "
						     "one way only"
						   : "");

			state_list_add(&b->program->notes, s);
		}
}

/* A host prefix has no halves that could hold it on the VPN. */
static bool takes_hosts(const struct plan_group *g)
{
	for (size_t i = 0; i < g->onprem.n; i++) {
		struct prefix_rule r;

		if (prefix_rule_parse(g->onprem.v[i], &r, NULL) &&
		    r.le == (r.prefix.family == 4 ? 32 : 128))
			return true;
	}
	return false;
}

static void note_hosts(struct build *b)
{
	for (size_t i = 0; i < b->plan->n_groups; i++) {
		const struct plan_group *g = &b->plan->groups[i];
		mem_auto_free char *s = NULL;

		if (!g->move_export || !takes_hosts(g))
			continue;
		s = mem_format("group '%s' may have host prefixes; they cannot "
			       "be held on the VPN by more-specifics, so their "
			       "way back is not hitless",
			       g->name);
		state_list_add(&b->program->notes, s);
	}
}

static void add_notes(struct build *b)
{
	const struct plan *p = b->plan;
	bool held = false, six = false;

	for (size_t w = 0; w + 1 < p->n_waves; w++)
		note_asymmetry(b, w);
	for (size_t i = 0; i < p->n_edges; i++)
		held |= build_can_pin(p, i);
	for (size_t i = 0; held && i < p->n_tunnels; i++)
		six |= build_is_six(p->tunnels[i].neighbor);
	if (six)
		state_list_add(&b->program->notes,
			       "no edge can hold IPv6 prefixes on the VPN by "
			       "more-specifics: rollback of their "
			       "cloud-to-site traffic is not hitless");
	if (!held)
		state_list_add(&b->program->notes,
			       "no edge can hold prefixes on the VPN by "
			       "more-specifics: rollback of cloud-to-site "
			       "traffic is not hitless");
	else
		note_hosts(b);
}

/* ---- can the adapters do it? ---- */

static bool check_steps(const struct build *b, const struct step_vec *v,
			const struct target *targets, size_t n, struct err *e)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct step *s = &v->v[i];
		const struct adapter_ops *ops = NULL;

		for (size_t t = 0; s->target && t < n; t++)
			if (strcmp(targets[t].name, s->target) == 0)
				ops = adapter_find(targets[t].driver);
		for (size_t k = 0; ops && k < s->want.n; k++)
			if (!(ops->kinds & RESOURCE_BIT(s->want.v[k].kind)))
				return err_set(
					e, ERR_INVALID,
					"step '%s': the '%s' adapter of '%s' "
					"cannot do %s",
					s->id, ops->name, s->target,
					resource_kind_name(s->want.v[k].kind));
		for (size_t t = 0; ops && ops->check && t < n; t++)
			if (strcmp(targets[t].name, s->target) == 0 &&
			    !ops->check(&targets[t], &s->want, e))
				return err_wrap(e, "step '%s'", s->id);
	}
	(void)b;
	return true;
}

/* The plan knows of tunnels; what an adapter can hold is known here. */
static bool check_strategies(const struct build *b, struct err *e)
{
	const struct plan *p = b->plan;

	for (size_t w = 0; w < p->n_waves; w++)
		if (p->waves[w].strategy == PLAN_UNPIN_FROM_VPN &&
		    !build_holds(b, w))
			return err_set(
				e, ERR_INVALID,
				"wave '%s': no edge can hold its prefixes on "
				"the VPN by more-specifics (an FRR edge with a "
				"tunnel can): use the strategy "
				"'permit-on-circuit'",
				p->waves[w].name);
	return true;
}

static bool check_adapters(const struct build *b, struct err *e)
{
	size_t n = 0;
	struct target *targets = plan_targets(b->plan, &n);
	bool ok = true;

	for (size_t i = 0; ok && i < b->program->n; i++)
		ok = check_steps(b, &b->program->v[i].steps, targets, n, e) &&
		     check_steps(b, &b->program->v[i].undo, targets, n, e) &&
		     check_steps(b, &b->program->v[i].restore, targets, n, e);
	plan_targets_free(targets, n);
	return ok;
}

struct program *steps_compile(const struct plan *p, struct err *e)
{
	struct build b = {.plan = p,
			  .program = mem_alloc(sizeof(struct program))};

	build_start_block(&b);
	build_stage_block(&b);
	build_circuit_block(&b);
	build_sessions_block(&b);
	build_attach_block(&b);
	for (size_t w = 0; w < p->n_waves; w++)
		build_wave(&b, w);
	build_finish_block(&b);
	build_keep(b.program);
	watch_edges(&b);
	watch_rest(&b);
	add_notes(&b);
	if (check_strategies(&b, e) && check_adapters(&b, e))
		return b.program;
	program_free(b.program);
	return NULL;
}
