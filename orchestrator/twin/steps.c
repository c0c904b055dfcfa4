/*
 * steps.c - wanted resources, in the model's terms
 *
 * A session that is absent is one that is disabled; a policy that is absent is
 * undefined, and whoever is bound to it denies.  A circuit's link works when it
 * is lit and the edge's interface is up.  Invariant: taking a state and putting
 * it back leaves the network as it was.
 */
#include "orchestrator/twin/steps.h"

#include <string.h>

/* ---- states ---- */

struct twin_state *twin_state_take(const struct twin *t)
{
	const struct net *n = t->net;
	struct twin_state *s = mem_alloc(sizeof(*s));

	s->n_ends = 2 * n->n_sessions;
	s->n_links = n->n_links;
	s->n_origins = n->n_origins;
	s->n_policies = n->filters.n_policies;
	s->n_circuits = t->plan->n_circuits;
	s->n_peers = t->n_peers;
	s->enabled = mem_calloc((size_t)s->n_ends + 1, sizeof(bool));
	s->import = mem_calloc((size_t)s->n_ends + 1, sizeof(int));
	s->export = mem_calloc((size_t)s->n_ends + 1, sizeof(int));
	s->link_up = mem_calloc((size_t)s->n_links + 1, sizeof(bool));
	s->active = mem_calloc((size_t)s->n_origins + 1, sizeof(bool));
	s->defined = mem_calloc((size_t)s->n_policies + 1, sizeof(bool));
	s->lit = mem_calloc(s->n_circuits + 1, sizeof(bool));
	s->attached = mem_calloc(s->n_circuits + 1, sizeof(bool));
	s->interface_up = mem_calloc(s->n_peers + 1, sizeof(bool));
	for (int i = 0; i < s->n_ends; i++) {
		const struct net_end *end = &n->sessions[i / 2].end[i % 2];

		s->enabled[i] = end->enabled;
		s->import[i] = end->import;
		s->export[i] = end->export;
	}
	for (int i = 0; i < s->n_links; i++)
		s->link_up[i] = n->links[i].up;
	for (int i = 0; i < s->n_origins; i++)
		s->active[i] = n->origins[i].active;
	for (int i = 0; i < s->n_policies; i++)
		s->defined[i] = n->filters.policies[i].defined;
	memcpy(s->lit, t->lit, s->n_circuits * sizeof(bool));
	memcpy(s->attached, t->attached, s->n_circuits * sizeof(bool));
	for (size_t i = 0; i < s->n_peers; i++)
		s->interface_up[i] = t->peers[i].interface_up;
	return s;
}

void twin_state_free(struct twin_state *s)
{
	if (!s)
		return;
	free(s->enabled);
	free(s->import);
	free(s->export);
	free(s->link_up);
	free(s->active);
	free(s->defined);
	free(s->lit);
	free(s->attached);
	free(s->interface_up);
	free(s);
}

#define SAME(field, count)                                                     \
	(memcmp(a->field, b->field, (size_t)(count) * sizeof(*a->field)) == 0)

bool twin_state_same(const struct twin_state *a, const struct twin_state *b)
{
	return SAME(enabled, a->n_ends) && SAME(import, a->n_ends) &&
	       SAME(export, a->n_ends) && SAME(link_up, a->n_links) &&
	       SAME(active, a->n_origins) && SAME(defined, a->n_policies) &&
	       SAME(lit, a->n_circuits) && SAME(attached, a->n_circuits) &&
	       SAME(interface_up, a->n_peers);
}

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
	const unsigned char *c = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ c[i]) * 0x100000001b3u;
	return h;
}

uint64_t twin_state_hash(const struct twin_state *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	h = hash_bytes(h, s->enabled, (size_t)s->n_ends);
	h = hash_bytes(h, s->import, (size_t)s->n_ends * sizeof(int));
	h = hash_bytes(h, s->export, (size_t)s->n_ends * sizeof(int));
	h = hash_bytes(h, s->link_up, (size_t)s->n_links);
	h = hash_bytes(h, s->active, (size_t)s->n_origins);
	return hash_bytes(h, s->defined, (size_t)s->n_policies);
}

static void put_end(struct net *n, const struct twin_state *s, int end)
{
	net_enable(n, end / 2, end % 2, s->enabled[end]);
	net_bind(n, end / 2, end % 2, true, s->import[end]);
	net_bind(n, end / 2, end % 2, false, s->export[end]);
}

/* Who is bound to a policy that comes or goes decides anew. */
static void define(struct net *n, int policy, bool defined)
{
	if (n->filters.policies[policy].defined == defined)
		return;
	n->filters.policies[policy].defined = defined;
	for (int i = 0; i < n->n_sessions; i++)
		for (int side = 0; side < 2; side++)
			if (n->sessions[i].end[side].import == policy ||
			    n->sessions[i].end[side].export == policy)
				net_touch(n, NET_CHANGED_SESSION, i);
}

void twin_state_put(struct twin *t, const struct twin_state *s)
{
	struct net *n = t->net;

	for (int i = 0; i < s->n_ends; i++)
		put_end(n, s, i);
	for (int i = 0; i < s->n_links; i++)
		net_set_up(n, i, s->link_up[i]);
	for (int i = 0; i < s->n_origins; i++)
		net_activate(n, i, s->active[i]);
	for (int i = 0; i < s->n_policies; i++)
		define(n, i, s->defined[i]);
	memcpy(t->lit, s->lit, s->n_circuits * sizeof(bool));
	memcpy(t->attached, s->attached, s->n_circuits * sizeof(bool));
	for (size_t i = 0; i < s->n_peers; i++)
		t->peers[i].interface_up = s->interface_up[i];
}

void twin_state_put_edge(struct twin *t, const struct twin_state *s,
			 size_t edge)
{
	const struct net_router *r = &t->net->routers[t->edges[edge]];

	for (size_t i = 0; i < r->n_ends; i++)
		put_end(t->net, s, r->ends[i]);
	for (size_t i = 0; i < r->n_origins; i++)
		net_activate(t->net, r->origins[i], s->active[r->origins[i]]);
}

/* ---- resources ---- */

static void update_links(struct twin *t)
{
	for (size_t i = 0; i < t->n_peers; i++) {
		const struct twin_peer *x = &t->peers[i];

		net_set_up(t->net, x->wire,
			   t->lit[x->circuit] && x->interface_up);
		if (x->attach >= 0)
			net_set_up(t->net, x->attach, t->attached[x->circuit]);
	}
}

static int bound(struct twin *t, const char *name)
{
	return filter_policy_named(&t->net->filters, name);
}

/* Side 0 of a session of the plan is the edge's. */
static void take_session(struct twin *t, const struct resource *r)
{
	const struct twin_peer *x = twin_peer_named(t, r->name);
	int tunnel = twin_tunnel_named(t, r->name);
	int s = x ? x->session : tunnel >= 0 ? t->tunnels[tunnel].session : -1;

	if (s < 0)
		return;
	net_enable(t->net, s, 0, r->present && r->session.enabled);
	/* the policies of existing sessions are modelled, not known by name */
	if (!x)
		return;
	if (!r->present) {
		net_bind(t->net, s, 0, true, FILTER_NONE);
		net_bind(t->net, s, 0, false, FILTER_NONE);
		return;
	}
	if (r->session.import)
		net_bind(t->net, s, 0, true, bound(t, r->session.import));
	if (r->session.export)
		net_bind(t->net, s, 0, false, bound(t, r->session.export));
}

static bool take_policy(struct twin *t, const struct resource *r, struct err *e)
{
	struct filter_table *f = &t->net->filters;
	int known = filter_policy_find(f, r->name);
	int p = filter_policy_named(f, r->name);

	/* one of the program's has its body already */
	if (known < 0 && r->present) {
		if (!filter_policy_take(f, p, &r->route_policy, e))
			return false;
		net_touch(t->net, NET_CHANGED_SHAPE, 0);
	}
	define(t->net, p, r->present);
	return true;
}

static void take_interface(struct twin *t, const char *target,
			   const struct resource *r)
{
	for (size_t i = 0; i < t->n_peers; i++) {
		struct twin_peer *x = &t->peers[i];
		const struct plan_circuit *c = &t->plan->circuits[x->circuit];
		const char *edge = t->plan->edges[c->links[x->link].edge].name;
		const char *name =
			c->peerings[x->peering].on[x->link].interface;

		if (strcmp(edge, target) == 0 && strcmp(name, r->name) == 0)
			x->interface_up = r->present && r->interface.up;
	}
}

static int circuit_named(const struct twin *t, const char *name)
{
	for (size_t i = 0; i < t->plan->n_circuits; i++)
		if (strcmp(t->plan->circuits[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* A static_route is a pin: which more-specifics, build_program.c has found. */
static void take_pin(struct twin *t, const char *target,
		     const struct resource *r)
{
	for (size_t i = 0; i < t->n_pins; i++)
		if (strcmp(t->plan->edges[t->pins[i].edge].name, target) == 0 &&
		    strcmp(t->pins[i].resource, r->name) == 0 && !r->present)
			net_activate(t->net, t->pins[i].origin, false);
}

bool twin_take(struct twin *t, const char *target, const struct resource *r,
	       struct err *e)
{
	int c;

	switch (r->kind) {
	case RESOURCE_SESSION:
		take_session(t, r);
		break;
	case RESOURCE_ROUTE_POLICY:
		return take_policy(t, r, e);
	case RESOURCE_INTERFACE:
		take_interface(t, target, r);
		break;
	case RESOURCE_CIRCUIT:
		c = circuit_named(t, r->name);
		if (c >= 0)
			t->lit[c] = r->present && r->circuit.links.n > 0;
		break;
	case RESOURCE_ATTACHMENT:
		c = circuit_named(t, r->name);
		if (c >= 0)
			t->attached[c] = r->present && r->attachment.attached;
		break;
	case RESOURCE_STATIC_ROUTE:
		take_pin(t, target, r);
		break;
	default:
		break;
	}
	update_links(t);
	return true;
}

/* ---- steps ---- */

/* What 'start' had of a resource. */
static void take_start(struct twin *t, const char *target,
		       const struct resource *r, const struct twin_state *start)
{
	int c = circuit_named(t, r->name);

	for (size_t i = 0; i < t->n_peers; i++) {
		struct twin_peer *x = &t->peers[i];
		const struct plan_circuit *ci = &t->plan->circuits[x->circuit];

		if (r->kind == RESOURCE_INTERFACE &&
		    strcmp(t->plan->edges[ci->links[x->link].edge].name,
			   target) == 0 &&
		    strcmp(ci->peerings[x->peering].on[x->link].interface,
			   r->name) == 0)
			x->interface_up = start->interface_up[i];
	}
	if (r->kind == RESOURCE_CIRCUIT && c >= 0)
		t->lit[c] = start->lit[c];
	if (r->kind == RESOURCE_ATTACHMENT && c >= 0)
		t->attached[c] = start->attached[c];
	update_links(t);
}

/* A session of the plan, by its name; -1: there is none. */
static int session_named(const struct twin *t, const char *name)
{
	const struct twin_peer *x = twin_peer_named(t, name);
	int tunnel = twin_tunnel_named(t, name);

	if (x)
		return x->session;
	return tunnel >= 0 ? t->tunnels[tunnel].session : -1;
}

/* A pin is made anew as a whole: what another step held of it is gone. */
static void drop_others(struct twin *t, const struct twin_pin *x)
{
	for (size_t i = 0; i < t->n_pins; i++)
		if (&t->pins[i] != x && t->pins[i].edge == x->edge &&
		    strcmp(t->pins[i].resource, x->resource) == 0)
			net_activate(t->net, t->pins[i].origin, false);
}

/* Holds the halves of what the session announces, unless that would be more
 * than the far end takes: then nothing is held, as the engine has it. */
static void take_derived_pin(struct twin *t, const struct step *s)
{
	int session = session_named(t, s->derive_session);

	for (size_t i = 0; i < t->n_pins; i++) {
		int o = t->pins[i].origin;
		size_t said, more;

		if (t->pins[i].step != s)
			continue;
		drop_others(t, &t->pins[i]);
		net_activate(t->net, o, false);
		decide_run(t->decide);
		said = session < 0
			       ? 0
			       : decide_count_sent(t->decide, session, 0, 4) +
					 decide_count_sent(t->decide, session,
							   0, 6);
		more = t->net->origins[o].n_prefixes;
		net_activate(t->net, o,
			     said > 0 && (!s->derive_limit ||
					  said + more <= s->derive_limit));
	}
}

/* The operator attaches or detaches by hand, and says go. */
static bool by_hand(struct twin *t, const struct step *s)
{
	for (size_t c = 0; c < t->plan->n_circuits; c++) {
		mem_auto_free char *on =
			mem_format("/attach-%s", t->plan->circuits[c].name);
		mem_auto_free char *off =
			mem_format("/detach-%s", t->plan->circuits[c].name);
		size_t n = strlen(s->id);

		if (n > strlen(on) && strcmp(s->id + n - strlen(on), on) == 0)
			t->attached[c] = true;
		else if (n > strlen(off) &&
			 strcmp(s->id + n - strlen(off), off) == 0)
			t->attached[c] = false;
		else
			continue;
		update_links(t);
		return true;
	}
	return false;
}

/* A circuit that its provider lights is waited for, not lit by us. */
static void take_lit(struct twin *t, const struct step *s)
{
	for (size_t i = 0; i < s->want.n; i++)
		if (s->want.v[i].kind == RESOURCE_CIRCUIT)
			twin_take(t, s->target, &s->want.v[i], NULL);
}

bool twin_step(struct twin *t, const struct step *s,
	       const struct twin_state *start)
{
	size_t before = t->net->n_changes;

	if (s->kind == STEP_HOLD)
		by_hand(t, s);
	if (s->kind == STEP_WAIT)
		take_lit(t, s);
	if (s->kind != STEP_ENSURE || s->keeps) /* made so before */
		return t->net->n_changes != before;
	if (s->derive == STEP_DERIVE_PINS) {
		take_derived_pin(t, s);
		return t->net->n_changes > 0;
	}
	for (size_t i = 0; i < s->want.n; i++) {
		if (s->derive == STEP_DERIVE_START)
			take_start(t, s->target, &s->want.v[i], start);
		else
			twin_take(t, s->target, &s->want.v[i], NULL);
	}
	return t->net->n_changes != before;
}
