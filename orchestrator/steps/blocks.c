/*
 * blocks.c - the blocks around the waves, and their undo
 *
 * stage: all policies, bound to nothing; circuit: links and interfaces;
 * sessions: born shut with deny-all both ways, read back, opened, nothing said;
 * attach: the dangerous moment, after proof that nothing is announced; finish.
 *
 * Pure.  Undo lists name what 'start' recorded wherever a plan cannot know it.
 */
#include <string.h>

#include "orchestrator/steps/build.h"

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

void build_stage_block(struct build *b)
{
	build_open(b, "stage", "stage every policy, bound to nothing");
	build_each_session(b->plan, false, stage, b);
	build_checkpoint(b);
	build_undo(b);
	build_each_session(b->plan, true, unstage, b);
	build_save(b);
}

/* ---- circuit ---- */

bool build_has_target(const struct plan_circuit *c)
{
	return strcmp(c->driver, "external") != 0;
}

static void light(struct build *b, const struct plan_circuit *c, bool undo)
{
	mem_auto_free char *id = build_id(undo ? "dark" : "light", c->name);
	struct step *s;
	struct resource *r;

	if (!build_has_target(c) || build_cloud_waits(c))
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

void build_circuit_block(struct build *b)
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

void build_sessions_block(struct build *b)
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

	if (!c->attachment || !build_has_target(c)) {
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
	s->own_go = !undo && !policy_has_session(c);
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

void build_attach_block(struct build *b)
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

void build_finish_block(struct build *b)
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
