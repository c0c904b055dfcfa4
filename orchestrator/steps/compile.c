/*
 * compile.c - plan -> program: the blocks around the waves
 *
 * start: everything as it must be, and the record to come back to; stage: all
 * policies, bound to nothing; circuit: links and interfaces; sessions: born
 * shut with deny-all both ways, read back, opened, nothing said; attach: the
 * dangerous moment, after proof that nothing is announced; waves; finish.
 *
 * Pure.  Undo lists name what 'start' recorded wherever a plan cannot know it.
 */
#include "orchestrator/steps/compile.h"

#include <string.h>

#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/build.h"

#define LOOK_MS 10000 /* for what should be so already */

/* ---- start ---- */

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
}

/* What moves must be announced on the VPN now, or it would vanish on the way
 * back. */
static void expect_vpn_sends(struct step *s, const struct build *b,
			     const char *tunnel)
{
	struct expect *x =
		expect_add(&s->expect, EXPECT_SENT, RESOURCE_SESSION, tunnel);

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
				if (!strchr(g->onprem.v[k], ' '))
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
		expect_vpn_sends(s, b, t->name);
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

static void block_start(struct build *b)
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

/* ---- stage ---- */

static void stage(const struct policy_session *s, void *arg)
{
	struct build *b = arg;
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("stage", name);
	struct step *st = build_step(b, STEP_ENSURE, build_edge(s)->name, id,
				     "stage the policies of '%s', bound to "
				     "nothing",
				     name);

	policy_add_all(s, true, &st->want);
}

static void unstage(const struct policy_session *s, void *arg)
{
	struct build *b = arg;
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("unstage", name);
	struct step *st = build_step(b, STEP_ENSURE, build_edge(s)->name, id,
				     "remove the policies of '%s'", name);

	policy_add_all(s, false, &st->want);
}

static void block_stage(struct build *b)
{
	build_open(b, "stage", "stage every policy, bound to nothing");
	build_each_session(b->plan, false, stage, b);
	build_checkpoint(b);
	build_undo(b);
	build_each_session(b->plan, true, unstage, b);
	build_save(b);
}

/* ---- circuit ---- */

static bool has_target(const struct plan_circuit *c)
{
	return strcmp(c->driver, "external") != 0;
}

static void light(struct build *b, const struct plan_circuit *c, bool undo)
{
	mem_auto_free char *id = build_id(undo ? "dark" : "light", c->name);
	struct step *s;
	struct resource *r;

	if (!has_target(c) || build_cloud_waits(c))
		return;
	s = build_step(b, STEP_ENSURE, c->name, id, "%s the links of '%s'",
		       undo ? "put out" : "light", c->name);
	r = resource_set_add(&s->want, RESOURCE_CIRCUIT, c->name);
	if (undo)
		s->derive = STEP_DERIVE_START;
	for (size_t i = 0; !undo && i < c->n_links; i++)
		state_list_add(&r->circuit.links, c->links[i].name);
}

static void interface_up(const struct policy_session *s, void *arg)
{
	struct build *b = arg;
	const struct plan_link_peering *on = build_on(s);
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("interface", name);
	struct step *st = build_step(b, STEP_ENSURE, build_edge(s)->name, id,
				     "bring up '%s' with %s", on->interface,
				     on->local_len);
	struct resource *r =
		resource_set_add(&st->want, RESOURCE_INTERFACE, on->interface);

	r->interface.up = true;
	state_list_add(&r->interface.addresses, on->local_len);
	r->interface.parent = mem_strdup(on->parent);
	if (on->parent)
		r->interface.vlan =
			b->plan->circuits[s->circuit].peerings[s->peering].vlan;
	expect_add(&st->expect, EXPECT_OPER_UP, RESOURCE_INTERFACE,
		   on->interface);
}

static void interface_back(const struct policy_session *s, void *arg)
{
	struct build *b = arg;
	const struct plan_link_peering *on = build_on(s);
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("interface-back", name);
	struct step *st =
		build_step(b, STEP_ENSURE, build_edge(s)->name, id,
			   "bring '%s' back to what it was", on->interface);

	resource_set_add(&st->want, RESOURCE_INTERFACE, on->interface);
	st->derive = STEP_DERIVE_START;
}

static void block_circuit(struct build *b)
{
	const struct plan *p = b->plan;

	build_open(b, "circuit", "light the links, bring up the interfaces");
	for (size_t i = 0; i < p->n_circuits; i++)
		light(b, &p->circuits[i], false);
	build_cloud_peerings(b);
	build_each_session(p, false, interface_up, b);
	build_checkpoint(b);
	build_undo(b);
	build_each_session(p, true, interface_back, b);
	for (size_t i = p->n_circuits; i-- > 0;)
		light(b, &p->circuits[i], true);
	build_save(b);
}

/* ---- sessions ---- */

static struct step *session_step(struct build *b,
				 const struct policy_session *s,
				 const char *verb, const char *what,
				 struct resource **ret)
{
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id(verb, name);
	struct step *st = build_step(b, STEP_ENSURE, build_edge(s)->name, id,
				     "%s '%s'", what, name);

	*ret = build_session(&st->want, s);
	return st;
}

static void bind_deny(const struct policy_session *s, struct resource *r)
{
	r->session.import = policy_name(s, true, 0);
	r->session.export = policy_name(s, false, 0);
}

static void session_born(const struct policy_session *s, void *arg)
{
	struct build *b = arg;
	const struct plan_circuit *c = &b->plan->circuits[s->circuit];
	const struct plan_peering *pe = &c->peerings[s->peering];
	const struct plan_link_peering *on = build_on(s);
	struct resource *r;

	session_step(b, s, "born", "create, shut and deny-all,", &r);
	bind_deny(s, r);
	r->session.local = mem_strdup(on->local);
	r->session.interface = mem_strdup(on->interface);
	r->session.asn = pe->asn;
	r->session.local_asn = b->plan->site.asn;
	r->session.bfd_interval_ms = pe->bfd_interval_ms;
	r->session.bfd_multiplier = pe->bfd_multiplier;
	r->session.hold_s = pe->hold_s;
	r->session.keepalive_s = pe->keepalive_s;
	r->session.ours = true;
	if (pe->password.kind != SECRET_NONE)
		r->session.secret = mem_format("%s/%s", c->name, pe->name);
}

static void expect_silent(struct step *st, const char *name)
{
	expect_add(&st->expect, EXPECT_ESTABLISHED, RESOURCE_SESSION, name);
	expect_add(&st->expect, EXPECT_NOTHING_SENT, RESOURCE_SESSION, name);
	expect_add(&st->expect, EXPECT_NOTHING_ACCEPTED, RESOURCE_SESSION,
		   name);
}

static void session_open(const struct policy_session *s, void *arg)
{
	struct build *b = arg;
	struct resource *r;
	struct step *st = session_step(b, s, "open", "open", &r);

	r->session.enabled = true;
	bind_deny(s, r);
	build_ask_sent(build_session(&st->look, s));
	expect_silent(st, r->name);
	st->timeout_ms = b->plan->timeouts.established_ms;
}

static void session_shut(const struct policy_session *s, void *arg)
{
	struct resource *r;

	session_step(arg, s, "remove", "remove", &r);
	r->present = false;
}

static void block_sessions(struct build *b)
{
	build_open(b, "sessions", "establish the peerings, saying nothing");
	build_each_session(b->plan, false, session_born, b);
	build_each_session(b->plan, false, session_open, b);
	build_checkpoint(b);
	build_undo(b);
	build_each_session(b->plan, true, session_shut, b);
	build_save(b);
}

/* ---- attach ---- */

static void prove_silent(const struct policy_session *s, void *arg)
{
	struct build *b = arg;
	const struct plan_peering *pe =
		&b->plan->circuits[s->circuit].peerings[s->peering];
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("silent", name);
	struct step *st =
		build_step(b, STEP_WAIT, build_edge(s)->name, id,
			   "'%s' announces and accepts nothing", name);
	struct resource *r = build_session(&st->look, s);

	build_ask_sent(r);
	expect_silent(st, name);
	if (pe->max_path)
		expect_add(&st->expect, EXPECT_NO_LONG_PATH, RESOURCE_SESSION,
			   name)
			->number = pe->max_path;
}

static void attach(struct build *b, const struct plan_circuit *c, bool undo)
{
	mem_auto_free char *id = build_id(undo ? "detach" : "attach", c->name);
	struct step *s;

	if (!c->attachment || !has_target(c)) {
		s = build_step(b, STEP_HOLD, NULL, id,
			       "%s the cloud gateway %s circuit '%s', then go",
			       undo ? "detach" : "attach", undo ? "from" : "to",
			       c->name);
		s->own_go = true;
		return;
	}
	s = build_step(
		b, STEP_ENSURE, c->name, id, "%s the cloud gateway %s '%s'",
		undo ? "detach" : "attach", undo ? "from" : "to", c->name);
	/* without sessions of ours what the provider says moves at once */
	s->own_go = !undo && c->model == PLAN_NETWORK_SERVICE;
	resource_set_add(&s->want, RESOURCE_ATTACHMENT, c->name)
		->attachment.attached = !undo;
	if (undo)
		s->derive = STEP_DERIVE_START;
}

static void still_vpn(const struct policy_session *s, void *arg)
{
	struct build *b = arg;
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("still-vpn", name);
	struct step *st = build_step(b, STEP_WAIT, build_edge(s)->name, id,
				     "'%s' still carries nothing", name);

	build_ask_sent(build_session(&st->look, s));
	expect_silent(st, name);
	for (size_t i = 0; i < b->plan->vnet.prefixes.n; i++) {
		const char *prefix = b->plan->vnet.prefixes.v[i];

		build_look_route(st, prefix);
		expect_add(&st->expect, EXPECT_BEST_NOT_FROM, RESOURCE_ROUTE,
			   prefix)
			->text = mem_strdup(build_on(s)->neighbor);
	}
}

static void block_attach(struct build *b)
{
	const struct plan *p = b->plan;

	build_open(b, "attach", "attach the cloud gateway to the circuit");
	build_each_session(p, false, prove_silent, b);
	build_cloud_silent(b, true);
	for (size_t i = 0; i < p->n_circuits; i++)
		attach(b, &p->circuits[i], false);
	build_each_session(p, false, still_vpn, b);
	build_checkpoint(b);
	build_undo(b);
	build_cloud_silent(b, false);
	for (size_t i = p->n_circuits; i-- > 0;)
		attach(b, &p->circuits[i], true);
	build_save(b);
	build_retreat(b, 0);
}

/* ---- finish ---- */

static void retire(struct build *b, const struct plan_tunnel *t, bool undo)
{
	mem_auto_free char *id = build_id(undo ? "reopen" : "retire", t->name);
	struct step *s;
	struct resource *r;

	if (!t->neighbor)
		return;
	s = build_step(b, STEP_ENSURE, b->plan->edges[t->edge].name, id,
		       "%s the VPN's session '%s'", undo ? "reopen" : "shut",
		       t->name);
	r = build_vpn_session(&s->want, t);
	r->session.enabled = undo;
	s->own_go = !undo;
	s->guarded = true;
	if (undo)
		expect_add(&s->expect, EXPECT_ESTABLISHED, RESOURCE_SESSION,
			   t->name);
	s->timeout_ms = b->plan->timeouts.established_ms;
}

static void warm(struct build *b, const struct plan_tunnel *t)
{
	mem_auto_free char *id = build_id("warm", t->name);
	struct step *s;

	if (!t->neighbor)
		return;
	s = build_step(b, STEP_WAIT, b->plan->edges[t->edge].name, id,
		       "'%s' is kept as warm backup", t->name);
	build_vpn_session(&s->look, t);
	expect_add(&s->expect, EXPECT_ESTABLISHED, RESOURCE_SESSION, t->name);
}

static void block_finish(struct build *b)
{
	const struct plan *p = b->plan;

	build_open(b, "finish",
		   p->finish_retire ? "retire the VPN"
				    : "keep the VPN as warm backup");
	for (size_t i = 0; i < p->n_tunnels; i++) {
		if (p->finish_retire)
			retire(b, &p->tunnels[i], false);
		else
			warm(b, &p->tunnels[i]);
	}
	if (p->finish_retire)
		build_confirm(b);
	b->program->v[b->program->n - 1].touches_foreign = p->finish_retire;
	build_checkpoint(b);
	build_undo(b);
	for (size_t i = p->n_tunnels; p->finish_retire && i-- > 0;)
		retire(b, &p->tunnels[i], true);
	if (p->finish_retire)
		build_confirm(b);
	build_save(b);
}

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

		if (!has_target(c))
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
	bool held = false;

	for (size_t w = 0; w + 1 < p->n_waves; w++)
		note_asymmetry(b, w);
	for (size_t i = 0; i < p->n_edges; i++) {
		const struct adapter_ops *ops =
			adapter_find(p->edges[i].driver);

		held |= build_tunnel(p, i) && ops &&
			(ops->caps & ADAPTER_CAP_PIN);
	}
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

	block_start(&b);
	block_stage(&b);
	block_circuit(&b);
	block_sessions(&b);
	block_attach(&b);
	for (size_t w = 0; w < p->n_waves; w++)
		build_wave(&b, w);
	block_finish(&b);
	build_keep(b.program);
	watch_edges(&b);
	watch_rest(&b);
	add_notes(&b);
	if (check_adapters(&b, e))
		return b.program;
	program_free(b.program);
	return NULL;
}
