/*
 * build_cloud.c - fabric, gateways, tunnels and circuits
 *
 * The provider's row says how gateways behave: its order of preference becomes
 * local preference toward the fabric, which reflects nothing.  Circuits are
 * dark, their sessions shut and denied both ways, and nothing is attached:
 * steps change that.
 */
#include <string.h>

#include "orchestrator/steps/policy.h"
#include "orchestrator/twin/build_parts.h"

void build_fabric(struct twin *t)
{
	struct prefix_vec cloud = {0};
	uint32_t asn = 65515;
	int o;

	for (size_t i = 0; i < t->plan->n_tunnels; i++)
		if (t->plan->tunnels[i].asn)
			asn = t->plan->tunnels[i].asn;
	t->fabric = part_router(t, "vnet", NET_FABRIC, asn, NULL);
	build_cloud(t->plan, true, &cloud);
	o = part_origin(t, "vnet", t->fabric, -1, 0, &cloud);
	t->net->origins[o].announce = false;
	free(cloud.v);
}

/* What every gateway is: it knows the way to the fabric, tells its peers of
 * the address spaces, and the fabric of what it learned, at its preference. */
static int gateway(struct twin *t, const char *name, enum net_role role,
		   const char *address, uint32_t preference)
{
	struct net *n = t->net;
	mem_auto_free char *out = mem_format("%s to vnet", name);
	mem_auto_free char *spaces = mem_format("vnet at %s", name);
	struct prefix_vec cloud = {0};
	int g = part_router(t, name, role, n->routers[t->fabric].asn, address);
	int s = part_inside(t, out, g, t->fabric), set;

	n->routers[g].max_paths = PART_MANY;
	build_cloud(t->plan, true, &cloud);
	set = build_set(t, &cloud, true);
	part_origin(t, spaces, g, n->sessions[s].link, 1, &cloud);
	net_bind(n, s, 0, true, FILTER_NONE);
	net_bind(n, s, 0, false, part_all_but(t, out, set, preference));
	net_bind(n, s, 1, false, FILTER_NONE);
	free(cloud.v);
	return g;
}

/* The end of a session that is the gateway's. */
static void gateway_end(struct twin *t, int session, int side)
{
	struct prefix_vec cloud = {0};
	int in, out;

	build_cloud(t->plan, true, &cloud);
	in = part_all_but(t, "gateway takes", build_set(t, &cloud, true), 0);
	part_only(t, "gateway says", build_set(t, &cloud, false), &out);
	net_bind(t->net, session, side, true, in);
	net_bind(t->net, session, side, false, out);
	free(cloud.v);
}

/* ---- the VPN ---- */

static int vpn_gateway(struct twin *t, size_t tunnel)
{
	const struct plan_tunnel *x = &t->plan->tunnels[tunnel];
	mem_auto_free char *name = NULL;
	int at;

	if (x->neighbor)
		name = mem_format("vpn gateway %s", x->neighbor);
	else
		name = mem_format("vpn gateway of %s", x->name);
	at = net_find_router(t->net, name);
	return at >= 0 ? at
		       : gateway(t, name, NET_VPN_GATEWAY, x->neighbor,
				 x->neighbor ? t->provider->prefer_vpn_bgp
					     : t->provider->prefer_vpn_static);
}

/*
 * What the edge gives to the routes of a tunnel, of those that were observed:
 * 'NEIGHBOR LOCAL-PREF' among a route's paths.  False: none was.
 */
static bool seen_preference(const struct twin *t, const struct plan_tunnel *x,
			    uint32_t *ret)
{
	const char *edge = t->plan->edges[x->edge].name;
	size_t n = x->neighbor ? strlen(x->neighbor) : 0;

	for (size_t i = 0; n && i < t->plan->vnet.prefixes.n; i++) {
		const struct resource *r = twin_seen_find(
			t, edge, RESOURCE_ROUTE, t->plan->vnet.prefixes.v[i]);

		for (size_t k = 0; r && k < r->route.paths.n; k++) {
			const char *path = r->route.paths.v[k];

			if (strncmp(path, x->neighbor, n) != 0 ||
			    path[n] != ' ')
				continue;
			*ret = (uint32_t)strtoul(path + n + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

/* The existing policies of the edge, where nobody has seen others. */
static void vpn_policies(struct twin *t, int session,
			 const struct plan_tunnel *tunnel)
{
	uint32_t preference = t->plan->preference.vpn;
	bool seen = seen_preference(t, tunnel, &preference);
	mem_auto_free char *name = mem_format("vpn in%s%s", seen ? " " : "",
					      seen ? tunnel->name : "");
	struct prefix_vec cloud = {0}, site = {0};
	struct filter_entry *x;
	int in, out;

	build_cloud(t->plan, true, &cloud);
	prefix_vec_texts(&site, &t->plan->site.prefixes);
	x = part_only(t, name, build_set(t, &cloud, true), &in);
	x->has_local_pref = true;
	x->local_pref = preference;
	part_only(t, "vpn out", build_set(t, &site, true), &out)->own_only =
		true;
	net_bind(t->net, session, 0, true, in);
	net_bind(t->net, session, 0, false, out);
	if (!seen)
		twin_assume(t, "vpn-preference",
			    "the VPN's sessions take the virtual network's "
			    "prefixes at local preference %u",
			    preference);
	twin_assume(t, "vpn-policies",
		    "the VPN's sessions announce the site's own prefixes and "
		    "nothing that was learned");
	free(cloud.v);
	free(site.v);
}

static void tunnel_bgp(struct twin *t, size_t i, struct twin_tunnel *ret)
{
	const struct plan_tunnel *x = &t->plan->tunnels[i];
	struct net *n = t->net;
	int s = part_session(t, x->name, t->edges[x->edge], ret->gateway,
			     ret->link);

	n->sessions[s].end[1].address = mem_strdup(x->neighbor);
	n->sessions[s].end[1].limit[0] = x->limit;
	n->sessions[s].families = part_families(x->neighbor);
	vpn_policies(t, s, x);
	gateway_end(t, s, 1);
	ret->session = s;
}

/* Of the static routes that the edge was seen to use; else the plan's. */
static uint32_t static_distance(const struct twin *t,
				const struct plan_tunnel *x)
{
	for (size_t i = 0; i < t->plan->vnet.prefixes.n; i++) {
		const struct resource *r = twin_seen_find(
			t, t->plan->edges[x->edge].name, RESOURCE_ROUTE,
			t->plan->vnet.prefixes.v[i]);

		if (r && r->route.protocol &&
		    strcmp(r->route.protocol, "static") == 0)
			return r->route.distance;
	}
	return x->distance;
}

static void tunnel_static(struct twin *t, size_t i, struct twin_tunnel *ret)
{
	const struct plan_tunnel *x = &t->plan->tunnels[i];
	mem_auto_free char *there = mem_format("static to %s", x->name);
	mem_auto_free char *here = mem_format("static on %s", x->name);
	struct prefix_vec cloud = {0}, site = {0};

	build_cloud(t->plan, true, &cloud);
	prefix_vec_texts(&site, &t->plan->site.prefixes);
	ret->session = -1;
	ret->routes = part_origin(t, there, t->edges[x->edge], ret->link,
				  static_distance(t, x), &cloud);
	ret->lng = part_origin(t, here, ret->gateway, ret->link, 1, &site);
	twin_assume(
		t, "static-vpn",
		"the static routes of tunnels without BGP have the distance "
		"that was seen, or the plan gives, and are announced inside "
		"the site; "
		"the gateway's are the site's prefixes");
	free(cloud.v);
	free(site.v);
}

void build_tunnels(struct twin *t)
{
	const struct plan *p = t->plan;

	t->tunnels = mem_calloc(p->n_tunnels + 1, sizeof(*t->tunnels));
	for (size_t i = 0; i < p->n_tunnels; i++) {
		struct twin_tunnel *x = &t->tunnels[i];

		x->gateway = vpn_gateway(t, i);
		x->routes = x->lng = -1;
		x->link = net_add_link(t->net, p->tunnels[i].name, NET_TUNNEL,
				       t->edges[p->tunnels[i].edge], x->gateway,
				       0);
		if (p->tunnels[i].neighbor)
			tunnel_bgp(t, i, x);
		else
			tunnel_static(t, i, x);
	}
}

/* ---- circuits ---- */

static void peer_policies(struct twin *t, const struct twin_peer *x)
{
	struct net *n = t->net;
	struct prefix_vec cloud = {0};
	const struct plan_limits *l = &t->plan->circuits[x->circuit].limits;
	struct net_end *theirs = &n->sessions[x->session].end[1];
	int out;

	build_cloud(t->plan, x->is_private, &cloud);
	part_only(t, x->is_private ? "provider says" : "public says",
		  build_set(t, &cloud, false), &out);
	net_bind(n, x->session, 1, false, out);
	net_enable(n, x->session, 0, false);
	net_bind(n, x->session, 0, true, FILTER_NONE);
	net_bind(n, x->session, 0, false, FILTER_NONE);
	theirs->remove_private = t->provider->strips_private_as;
	theirs->limit[0] =
		x->is_private ? l->prefixes_private : l->prefixes_public;
	if (theirs->limit[0])
		theirs->limit[1] = x->is_private
					   ? t->provider->limits.private_v6
					   : t->provider->limits.public_v6;
	free(cloud.v);
}

static void attach_private(struct twin *t, struct twin_peer *x)
{
	mem_auto_free char *name = mem_format("%s-gateway", x->name);
	int s;

	if (t->circuit_gateway < 0)
		t->circuit_gateway =
			gateway(t, "circuit gateway", NET_CIRCUIT_GATEWAY, NULL,
				t->provider->prefer_circuit);
	x->attach = net_add_link(t->net, name, NET_ATTACH, x->pe,
				 t->circuit_gateway, 0);
	net_set_up(t->net, x->attach, false);
	s = part_session(t, name, x->pe, t->circuit_gateway, x->attach);
	gateway_end(t, s, 1);
}

static void attach_public(struct twin *t, struct twin_peer *x)
{
	mem_auto_free char *name = mem_format("%s-services", x->name);

	x->attach = -1;
	if (t->public_host >= 0)
		part_inside(t, name, x->pe, t->public_host);
}

static void peer(struct twin *t, struct twin_peer *x)
{
	const struct plan_circuit *c = &t->plan->circuits[x->circuit];
	const struct plan_peering *pe = &c->peerings[x->peering];
	const struct plan_link_peering *on = &pe->on[x->link];
	mem_auto_free char *name = mem_format("provider edge %s", x->name);
	int edge = t->edges[c->links[x->link].edge];

	x->pe = part_router(t, name, NET_PROVIDER_EDGE, pe->asn, on->neighbor);
	t->net->routers[x->pe].max_paths = PART_MANY;
	x->wire = net_add_link(t->net, x->name, NET_CIRCUIT, edge, x->pe, 0);
	net_set_up(t->net, x->wire, false);
	x->session = part_session(t, x->name, edge, x->pe, x->wire);
	t->net->sessions[x->session].families = part_families(on->neighbor);
	t->net->sessions[x->session].end[0].address = mem_strdup(on->local);
	t->net->sessions[x->session].end[1].address = mem_strdup(on->neighbor);
	peer_policies(t, x);
	if (x->is_private)
		attach_private(t, x);
	else
		attach_public(t, x);
}

void build_circuit(struct twin *t, size_t c)
{
	const struct plan_circuit *ci = &t->plan->circuits[c];

	for (size_t k = 0; k < ci->n_peerings; k++)
		for (size_t l = 0; l < ci->n_links; l++) {
			struct policy_session ps = {t->plan, c, l, k};
			struct twin_peer *x;

			if (!ci->peerings[k].on[l].neighbor) {
				twin_assume(t, "provider-owns",
					    "the provider owns layer 3 of "
					    "circuit '%s': what it announces "
					    "is not in the plan, and its paths "
					    "are not in the model",
					    ci->name);
				continue;
			}
			MEM_GROW(t->peers, t->n_peers, t->cap_peers);
			x = &t->peers[t->n_peers++];
			*x = (struct twin_peer){
				.name = policy_session_name(&ps),
				.circuit = c,
				.link = l,
				.peering = k,
				.is_private = strcmp(ci->peerings[k].domain,
						     "private") == 0,
			};
			peer(t, x);
		}
	t->lit[c] = strcmp(ci->driver, "external") == 0;
}
