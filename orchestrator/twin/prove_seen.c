/*
 * prove_seen.c - is the model what was observed?
 *
 * Before the first step each edge's route to each of the virtual network's
 * prefixes is compared with what the edge itself said, and each VPN session
 * with the state that it was seen in.  A difference is an error: what is then
 * proved is proved of another network.  Without observation nothing is said.
 */
#include <string.h>

#include "orchestrator/twin/prove_parts.h"

/* The model's words for where an observed route was learned. */
static char *learned_from(const struct twin *t, size_t edge, const char *from)
{
	const struct net *n = t->net;

	if (!from || !*from)
		return mem_strdup("static");
	for (int i = 0; i < n->n_sessions; i++) {
		const struct net_session *s = &n->sessions[i];

		for (int side = 0; side < 2; side++)
			if (s->router[side] == t->edges[edge] && s->ebgp &&
			    s->end[!side].address &&
			    strcmp(s->end[!side].address, from) == 0)
				return mem_strdup(s->name);
	}
	return NULL; /* another router of the site */
}

static bool same_origin(const char *seen, const struct prove_route *model)
{
	if (!model->via)
		return false;
	/* of iBGP only that it is iBGP: the plan names no address there */
	return seen ? strcmp(seen, model->via) == 0
		    : !model->from && strcmp(model->via, "static") != 0;
}

static const struct prove_route *modelled(const struct prover *p,
					  const char *edge, const char *prefix)
{
	const struct prove_state *s = &p->out->states[0];

	for (size_t i = 0; i < s->n_routes; i++)
		if (strcmp(s->routes[i].edge, edge) == 0 &&
		    strcmp(s->routes[i].prefix, prefix) == 0)
			return &s->routes[i];
	return NULL;
}

static void differs(struct prover *p, const char *edge, const char *prefix,
		    const char *seen, const struct prove_route *model)
{
	mem_auto_free char *subject = mem_format("%s %s", edge, prefix);

	prove_say(p, PROVE_ERROR, "model-differs", subject, NULL,
		  "find out what else the edge has (static routes, other "
		  "sessions, preferences) before anything is changed",
		  "edge '%s' has its route to %s from %s, the model from %s",
		  edge, prefix, seen, model->via ? model->via : "nobody");
}

static void compare_route(struct prover *p, size_t edge, const char *prefix)
{
	const char *name = p->t->plan->edges[edge].name;
	const struct prove_route *model = modelled(p, name, prefix);
	const struct resource *r =
		twin_seen_find(p->t, name, RESOURCE_ROUTE, prefix);
	mem_auto_free char *seen = NULL;

	if (!model)
		return;
	if (!r || !r->route.in_fib) {
		if (model->via)
			differs(p, name, prefix, "nobody", model);
		return;
	}
	seen = learned_from(p->t, edge, r->route.session);
	if (!same_origin(seen, model))
		differs(p, name, prefix, seen ? seen : "another router", model);
}

static bool was_seen(const struct twin *t, const char *target)
{
	for (size_t i = 0; i < t->n_seen; i++)
		if (strcmp(t->seen[i].target, target) == 0)
			return true;
	return false;
}

static void compare_session(struct prover *p, const struct plan_tunnel *x)
{
	const char *edge = p->t->plan->edges[x->edge].name;
	const struct resource *r =
		twin_seen_find(p->t, edge, RESOURCE_SESSION, x->name);

	if (!x->neighbor || !was_seen(p->t, edge) ||
	    (r && r->session.state &&
	     strcmp(r->session.state, "Established") == 0))
		return;
	prove_say(p, PROVE_ERROR, "model-differs", x->name, NULL,
		  "bring the VPN up first: it is what carries the traffic, and "
		  "what it comes back to",
		  "the VPN's session '%s' on edge '%s' is %s", x->name, edge,
		  !r ? "not there" : r->session.state ?: "in no known state");
}

void prove_seen(struct prover *p)
{
	const struct plan *plan = p->t->plan;

	for (size_t i = 0; i < plan->n_tunnels; i++)
		compare_session(p, &plan->tunnels[i]);
	for (size_t e = 0; e < plan->n_edges; e++)
		for (size_t i = 0; i < plan->vnet.prefixes.n; i++)
			if (was_seen(p->t, plan->edges[e].name))
				compare_route(p, e, plan->vnet.prefixes.v[i]);
}
