/*
 * route.c - sessions, announcements and best paths
 *
 * Computed anew from what is configured whenever that changed, and moved
 * forward when something comes to be believed.  The decision is RFC 4271 9.1.2
 * as far as a site's edges need it: local preference, length of the AS path,
 * external before internal, then the lowest name; a static route before all.
 *
 * Not here: MED, origin, route reflectors, the provider's own network.
 */
#include <string.h>

#include "adapters/twin/device.h"

#define LOCAL_PREF 100 /* where no policy says one */

/* ---- peers ---- */

static struct peer *add_peer(struct world *w, size_t edge, const char *name,
			     const char *neighbor)
{
	struct peer *p;

	w->peers = mem_realloc(w->peers, w->n_peers + 1, sizeof(*w->peers));
	p = &w->peers[w->n_peers++];
	*p = (struct peer){.edge = edge,
			   .name = mem_strdup(name),
			   .neighbor = mem_strdup(neighbor)};
	p->units = mem_calloc(w->n_units, sizeof(*p->units));
	p->pins = mem_calloc(w->n_units, sizeof(*p->pins));
	return p;
}

static void circuit_peers(struct world *w, size_t c)
{
	const struct plan_circuit *ci = &w->plan->circuits[c];

	for (size_t k = 0; k < ci->n_peerings; k++)
		for (size_t l = 0; l < ci->n_links; l++) {
			const struct plan_link_peering *on =
				&ci->peerings[k].on[l];
			mem_auto_free char *name = mem_format(
				"%s/%s/%s", ci->name, ci->links[l].name,
				ci->peerings[k].name);
			struct peer *p;

			if (!on->neighbor)
				continue;
			p = add_peer(w, ci->links[l].edge, name, on->neighbor);
			p->circuit = c;
			p->link = l;
			p->peering = k;
			p->interface = mem_strdup(on->interface);
		}
}

void world_peers_make(struct world *w)
{
	const struct plan *p = w->plan;

	for (size_t i = 0; i < p->n_tunnels; i++) {
		struct peer *x =
			add_peer(w, p->tunnels[i].edge, p->tunnels[i].name,
				 p->tunnels[i].neighbor);

		x->vpn = true;
		x->tunnel = i;
	}
	for (size_t c = 0; c < p->n_circuits; c++)
		circuit_peers(w, c);
	w->ribs = mem_calloc(p->n_edges, sizeof(*w->ribs));
	for (size_t i = 0; i < p->n_edges; i++) {
		w->ribs[i].best = mem_calloc(w->n_clouds, sizeof(struct path));
		w->ribs[i].says = mem_calloc(w->n_clouds, sizeof(struct path));
		w->ribs[i].said = mem_calloc(w->n_clouds, sizeof(struct path));
		w->ribs[i].said_us = mem_calloc(w->n_clouds, sizeof(int64_t));
	}
}

void world_peers_free(struct world *w)
{
	for (size_t i = 0; i < w->n_peers; i++) {
		free(w->peers[i].name);
		free(w->peers[i].neighbor);
		free(w->peers[i].interface);
		free(w->peers[i].units);
		free(w->peers[i].pins);
	}
	for (size_t i = 0; w->ribs && i < w->plan->n_edges; i++) {
		free(w->ribs[i].best);
		free(w->ribs[i].says);
		free(w->ribs[i].said);
		free(w->ribs[i].said_us);
	}
	free(w->peers);
	free(w->ribs);
}

static const struct state_session *session_of(const struct world *w,
					      const struct peer *p)
{
	const struct resource *r =
		wdev_find(w->edges[p->edge], RESOURCE_SESSION, p->name);

	return r ? &r->session : NULL;
}

bool world_lit(const struct world *w, const struct peer *p)
{
	const struct device *c = w->circuits[p->circuit];
	const struct plan_circuit *ci = &w->plan->circuits[p->circuit];
	const struct resource *r;

	if (!c)
		return true; /* somebody else's */
	r = wdev_find(c, RESOURCE_CIRCUIT, ci->name);
	return r && state_list_has(&r->circuit.links, ci->links[p->link].name);
}

bool world_peer_attached(const struct world *w, const struct peer *p)
{
	const struct device *c = w->circuits[p->circuit];
	const struct resource *r;

	if (!c || !w->plan->circuits[p->circuit].attachment)
		return true;
	r = wdev_find(c, RESOURCE_ATTACHMENT,
		      w->plan->circuits[p->circuit].name);
	return r && r->attachment.attached;
}

static bool possible(const struct world *w, const struct peer *p)
{
	const struct device *d = w->edges[p->edge];
	const struct state_session *s = session_of(w, p);
	const struct resource *r;

	if (!wdev_up(d))
		return false;
	if (p->vpn) {
		const struct device *t = w->tunnels[p->tunnel];

		r = t ? wdev_find(t, RESOURCE_TUNNEL, p->name) : NULL;
		return (!t || (r && r->tunnel.up)) &&
		       (!p->neighbor || (s && s->enabled));
	}
	r = p->interface ? wdev_find(d, RESOURCE_INTERFACE, p->interface)
			 : NULL;
	return s && s->enabled && r && r->interface.up &&
	       r->interface.addresses.n && world_lit(w, p);
}

static void peer_turn(struct world *w, struct peer *p)
{
	bool can = possible(w, p);

	if (can && !p->can)
		p->up_us = w->now_us + (p->neighbor ? ESTABLISH_US : 0);
	p->can = can;
	p->up = can && p->up_us <= w->now_us;
}

/* ---- policies ---- */

static bool entry_matches(const struct state_policy_entry *x,
			  const struct prefix *p, const char *community)
{
	if (x->community &&
	    (!community || strcmp(x->community, community) != 0))
		return false;
	for (size_t i = 0; i < x->prefixes.n; i++) {
		struct prefix_rule r;

		if (prefix_rule_parse(x->prefixes.v[i], &r, NULL) &&
		    prefix_rule_matches(&r, p))
			return true;
	}
	return x->prefixes.n == 0;
}

bool world_policy_permits(const struct device *d, const char *policy,
			  const struct prefix *p, const char *community,
			  uint32_t *ret_local_pref)
{
	const struct resource *r;

	*ret_local_pref = LOCAL_PREF;
	if (!policy)
		return true; /* nothing bound: everything passes */
	r = wdev_find(d, RESOURCE_ROUTE_POLICY, policy);
	for (size_t i = 0; r && i < r->route_policy.entries.n; i++) {
		const struct state_policy_entry *x =
			&r->route_policy.entries.v[i];

		if (!entry_matches(x, p, community))
			continue;
		if (x->has_local_pref)
			*ret_local_pref = x->local_pref;
		return x->permit;
	}
	return false;
}

/* ---- what is told to the far ends ---- */

static bool pinned(const struct device *d, const struct peer *p,
		   const struct unit *u)
{
	struct prefix half[2];
	char text[2][PREFIX_TEXT_MAX];

	if (!prefix_split(&u->prefix, half))
		return false;
	prefix_text(&half[0], text[0]);
	prefix_text(&half[1], text[1]);
	for (size_t i = 0; i < d->running.n; i++) {
		const struct resource *r = &d->running.v[i];

		if (r->kind == RESOURCE_STATIC_ROUTE &&
		    r->static_route.session &&
		    strcmp(r->static_route.session, p->neighbor) == 0 &&
		    state_list_has(&r->static_route.prefixes, text[0]) &&
		    state_list_has(&r->static_route.prefixes, text[1]))
			return true;
	}
	return false;
}

static void tell(struct world *w, struct told *t, bool now)
{
	if (t->now != now)
		t->seen_us = now != t->seen ? w->now_us + CLOUD_US : 0;
	t->now = now;
	if (t->seen_us && t->seen_us <= w->now_us) {
		t->seen = t->now;
		t->seen_us = 0;
	}
}

static void tell_peer(struct world *w, struct peer *p)
{
	const struct device *d = w->edges[p->edge];
	const struct state_session *s = session_of(w, p);
	uint32_t pref;

	for (size_t u = 0; u < w->n_units; u++) {
		bool all = p->up && p->vpn;
		bool some =
			p->up && !p->vpn && s &&
			world_policy_permits(d, s->export, &w->units[u].prefix,
					     w->units[u].community, &pref);

		tell(w, &p->units[u], all || some);
		if (p->vpn && p->neighbor)
			tell(w, &p->pins[u], all && pinned(d, p, &w->units[u]));
	}
}

bool world_told(const struct peer *p, size_t unit)
{
	return p->units[unit].now;
}

bool world_cloud_behind(const struct world *w, const struct peer *p,
			const struct cloud *c)
{
	const struct plan_circuit *ci = &w->plan->circuits[p->circuit];

	if (p->vpn)
		return c->on_private;
	if (c->on_private)
		return strcmp(ci->peerings[p->peering].domain, "private") == 0;
	return p->circuit == c->circuit && p->peering == c->peering;
}

/* ---- best paths ---- */

static int better(const struct path *a, const struct path *b)
{
	if (!a->via || !b->via)
		return !!a->via - !!b->via;
	if (a->is_static != b->is_static)
		return a->is_static - b->is_static;
	if (a->local_pref != b->local_pref)
		return a->local_pref > b->local_pref ? 1 : -1;
	if (a->hops != b->hops)
		return a->hops < b->hops ? 1 : -1;
	if (a->via != b->via)
		return a->via < b->via ? 1 : -1; /* a peer before an edge */
	return a->to < b->to ? 1 : -1;
}

static void consider(struct path *best, struct path x)
{
	if (better(&x, best) > 0)
		*best = x;
}

static bool peer_path(const struct world *w, size_t edge, size_t i,
		      size_t cloud, struct path *ret)
{
	const struct cloud *c = &w->clouds[cloud];
	const struct peer *p = &w->peers[i];
	const struct state_session *s;

	if (p->edge != edge || !p->up || !world_cloud_behind(w, p, c))
		return false;
	s = session_of(w, p);
	*ret = (struct path){.via = VIA_PEER,
			     .to = i,
			     .hops = p->vpn ? 1 : 2,
			     .local_pref = w->plan->preference.vpn,
			     .is_static = !p->neighbor};
	return p->vpn ||
	       (world_peer_attached(w, p) && s &&
		world_policy_permits(w->edges[edge], s->import, &c->prefix,
				     NULL, &ret->local_pref));
}

static bool edge_path(const struct world *w, size_t edge, size_t i,
		      size_t cloud, struct path *ret)
{
	*ret = w->ribs[i].said[cloud];
	if (i == edge || !ret->via)
		return false;
	ret->via = VIA_EDGE;
	ret->to = i;
	ret->is_static = false;
	return true;
}

static void from_peers(const struct world *w, size_t edge, size_t cloud,
		       struct path *best)
{
	struct path x;

	for (size_t i = 0; i < w->n_peers; i++)
		if (peer_path(w, edge, i, cloud, &x))
			consider(best, x);
}

static void from_edges(const struct world *w, size_t edge, size_t cloud,
		       struct path *best)
{
	struct path x;

	for (size_t i = 0; i < w->plan->n_edges; i++)
		if (edge_path(w, edge, i, cloud, &x))
			consider(best, x);
}

void world_paths(const struct world *w, size_t edge, size_t cloud,
		 struct state_list *ret)
{
	struct path x;

	for (size_t i = 0; i < w->n_peers; i++) {
		mem_auto_free char *text = NULL;

		if (!peer_path(w, edge, i, cloud, &x) || x.is_static)
			continue;
		text = mem_format("%s %u", w->peers[i].neighbor, x.local_pref);
		state_list_add(ret, text);
	}
	for (size_t i = 0; i < w->plan->n_edges; i++) {
		mem_auto_free char *text = NULL;

		if (!edge_path(w, edge, i, cloud, &x))
			continue;
		text = mem_format("%s %u", w->plan->edges[i].name,
				  x.local_pref);
		state_list_add(ret, text);
	}
}

static bool same(const struct path *a, const struct path *b)
{
	return a->via == b->via && a->to == b->to && a->hops == b->hops &&
	       a->local_pref == b->local_pref && a->is_static == b->is_static;
}

static void say(struct world *w, struct rib *r, size_t cloud, struct path x)
{
	if (!same(&r->says[cloud], &x)) {
		r->says[cloud] = x;
		r->said_us[cloud] = w->now_us + IBGP_US;
	}
	if (r->said_us[cloud] && r->said_us[cloud] <= w->now_us) {
		r->said[cloud] = r->says[cloud];
		r->said_us[cloud] = 0;
	}
}

static void choose(struct world *w, size_t edge, size_t cloud)
{
	struct rib *r = &w->ribs[edge];
	struct path best = {0}, none = {0};

	if (wdev_up(w->edges[edge])) {
		from_peers(w, edge, cloud, &best);
		from_edges(w, edge, cloud, &best);
		if (!best.via && !w->clouds[cloud].on_private)
			best.via = VIA_DEFAULT;
	}
	r->best[cloud] = best;
	say(w, r, cloud, best.via == VIA_PEER ? best : none);
}

static void believe(struct world *w)
{
	for (size_t i = 0; i < w->plan->n_edges; i++) {
		struct rib *r = &w->ribs[i];

		for (size_t c = 0; c < w->n_clouds; c++)
			if (r->said_us[c] && r->said_us[c] <= w->now_us) {
				r->said[c] = r->says[c];
				r->said_us[c] = 0;
			}
	}
}

void world_route(struct world *w)
{
	w->dirty = false;
	believe(w);
	for (size_t i = 0; i < w->n_peers; i++) {
		peer_turn(w, &w->peers[i]);
		tell_peer(w, &w->peers[i]);
	}
	for (size_t i = 0; i < w->plan->n_edges; i++)
		for (size_t c = 0; c < w->n_clouds; c++)
			choose(w, i, c);
}

static void sooner(int64_t t, int64_t *best)
{
	if (t && (!*best || t < *best))
		*best = t;
}

int64_t world_route_next(const struct world *w)
{
	int64_t t = 0;

	for (size_t i = 0; i < w->n_peers; i++) {
		const struct peer *p = &w->peers[i];

		if (p->can && !p->up)
			sooner(p->up_us, &t);
		for (size_t u = 0; u < w->n_units; u++) {
			sooner(p->units[u].seen_us, &t);
			sooner(p->pins[u].seen_us, &t);
		}
	}
	for (size_t i = 0; i < w->plan->n_edges; i++)
		for (size_t c = 0; c < w->n_clouds; c++)
			sooner(w->ribs[i].said_us[c], &t);
	return t;
}
