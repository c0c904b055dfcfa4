/*
 * circuit.c - the addresses, interfaces and limits of circuits
 *
 * A /30 has two usable addresses: the first is ours, the second the
 * provider's (RFC 4632; Azure: expressroute-routing.md).  A /29 is two of them.
 * Where peerings are told apart by VLAN the address sits on
 * '<interface>.<vlan>', else each peering has an interface of its own.
 *
 * Invariant after it: every peering has one plan_link_peering per link, filled
 * as far as it could be understood; what is missing has been reported.
 */
#include <string.h>

#include "orchestrator/plan/load.h"

struct place { /* one peering of one circuit */
	size_t circuit, peering;
};

static const char *or_unnamed(const char *name)
{
	return name ? name : "unnamed";
}

static struct plan_circuit *circuit_of(struct load *l, size_t c)
{
	return &l->plan->circuits[c];
}

/* ---- limits ---- */

static const struct {
	const char *name;
	struct plan_limits limits; /* Azure: includes/expressroute-limits.md */
} presets[] = {
	{"azure-standard", {4000, 200, 1000}},
	{"azure-premium", {10000, 200, 1000}},
	{"none", {0, 0, 0}},
};

static void resolve_limits(struct load *l, size_t c)
{
	struct plan_circuit *ci = circuit_of(l, c);
	const struct node *at = load_find(l, "circuits.%zu.limits", c);
	const char *name = "none";

	if (at && at->kind == NODE_SCALAR)
		name = at->text;
	else if (!at && ci->driver && strcmp(ci->driver, "azure") == 0)
		name = "azure-standard";
	else
		return;
	for (size_t i = 0; i < ARRAY_LEN(presets); i++)
		if (strcmp(presets[i].name, name) == 0)
			ci->limits = presets[i].limits;
}

/* ---- addresses ---- */

static const struct node *link_subnet(struct load *l, struct place p,
				      size_t link, const char *key)
{
	const char *name = circuit_of(l, p.circuit)->links[link].name;
	const struct node *at;

	if (!name)
		return NULL;
	at = load_find(l, "circuits.%zu.peerings.%zu.subnets.%s", p.circuit,
		       p.peering, name);
	if (at && at->kind == NODE_MAP)
		return node_get(at, key);
	return at && strcmp(key, "subnet") == 0 ? at : NULL;
}

static bool same_address(const struct node *n, const char *address)
{
	struct prefix p;
	char out[PREFIX_TEXT_MAX];

	return n->kind == NODE_SCALAR && prefix_parse_addr(n->text, &p, NULL) &&
	       strcmp(prefix_addr_text(&p, out), address) == 0;
}

/* An address that the plan spells out must be the one that it has to be. */
static void check_address(struct load *l, const struct node *at, bool local,
			  const struct plan_link_peering *on)
{
	const char *ours = local ? on->local : on->neighbor;
	const char *theirs = local ? on->neighbor : on->local;

	if (!at || at->kind != NODE_SCALAR || same_address(at, ours))
		return;
	if (same_address(at, theirs))
		load_error(l, at, "link-addresses-swapped",
			   "'%s' is the %s address of '%s'; '%s' is '%s': we "
			   "take the first address, the provider the second",
			   at->text, local ? "provider's" : "customer's",
			   on->subnet, local ? "local" : "neighbor", ours);
	else
		load_error(l, at, "link-address",
			   "'%s' is neither usable address of '%s'", at->text,
			   on->subnet);
}

static void set_addresses(struct plan_link_peering *on, const struct prefix *p)
{
	struct prefix ours = prefix_nth(p, 1), theirs = prefix_nth(p, 2);
	char out[PREFIX_TEXT_MAX];

	on->subnet = mem_strdup(prefix_text(p, out));
	on->local = mem_strdup(prefix_addr_text(&ours, out));
	on->local_len = mem_format("%s/%u", out, p->len);
	on->neighbor = mem_strdup(prefix_addr_text(&theirs, out));
}

static bool is_link_length(const struct prefix *p)
{
	return p->len == (p->family == 4 ? 30 : 126);
}

static void take_subnet(struct load *l, struct place p, size_t link)
{
	struct plan_peering *pe =
		&circuit_of(l, p.circuit)->peerings[p.peering];
	const struct node *at = link_subnet(l, p, link, "subnet");
	struct plan_link_peering *on = &pe->on[link];
	struct prefix net;

	if (!at || at->kind != NODE_SCALAR ||
	    !prefix_parse(at->text, &net, NULL))
		return;
	if (!is_link_length(&net)) {
		load_error(l, at, "link-subnet-length",
			   "'%s' is no link subnet; a link takes a /%d, or "
			   "both together one /%d",
			   at->text, net.family == 4 ? 30 : 126,
			   net.family == 4 ? 29 : 125);
		return;
	}
	set_addresses(on, &net);
	check_address(l, link_subnet(l, p, link, "local"), true, on);
	check_address(l, link_subnet(l, p, link, "neighbor"), false, on);
}

/* One /29: the first half is the first link's. */
static void split_subnet(struct load *l, struct place p, const struct node *at)
{
	struct plan_circuit *ci = circuit_of(l, p.circuit);
	struct prefix net, half[2];

	if (!prefix_parse(at->text, &net, NULL))
		return;
	if (net.len != (net.family == 4 ? 29 : 125)) {
		load_error(l, at, "link-subnet-length",
			   "'%s' cannot be split between two links; write a "
			   "/%d, or a /%d for each link",
			   at->text, net.family == 4 ? 29 : 125,
			   net.family == 4 ? 30 : 126);
		return;
	}
	prefix_split(&net, half);
	for (size_t i = 0; i < ci->n_links && i < 2; i++)
		set_addresses(&ci->peerings[p.peering].on[i], &half[i]);
}

static void match_links(struct load *l, struct place p, const struct node *map)
{
	struct plan_circuit *ci = circuit_of(l, p.circuit);

	for (size_t i = 0; ci->n_links && i < map->n; i++)
		load_ref(l, map->v[i]->key, ci->links, ci->n_links,
			 sizeof(*ci->links), "link");
	for (size_t i = 0; i < ci->n_links; i++) {
		if (!ci->links[i].name)
			continue;
		if (node_get(map, ci->links[i].name))
			take_subnet(l, p, i);
		else
			load_error(l, map, "missing-key",
				   "'subnets' has none for link '%s'",
				   ci->links[i].name);
	}
}

/* Edges of the clouds: with them a network service provider speaks BGP, not
 * we.  (Microsoft, Amazon, Google.) */
static bool is_cloud_asn(uint32_t asn)
{
	return asn == 12076 || asn == 7224 || asn == 16550;
}

static void refuse_owned(struct load *l, struct place p)
{
	static const char *const keys[] = {"subnets", "password", "bfd", "hold",
					   "keepalive"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct node *at =
			load_find(l, "circuits.%zu.peerings.%zu.%s", p.circuit,
				  p.peering, keys[i]);

		if (at)
			load_error(l, at->key, "provider-owns-peering",
				   "'%s' is the provider's in the "
				   "network-service model; leave it out, or "
				   "give the ASN of the provider's own router "
				   "if it is that one which you speak with",
				   keys[i]);
	}
}

static void resolve_subnets(struct load *l, struct place p)
{
	const struct plan_circuit *ci = circuit_of(l, p.circuit);
	bool provider = ci->model == PLAN_NETWORK_SERVICE;
	const struct node *at = load_find(
		l, "circuits.%zu.peerings.%zu.subnets", p.circuit, p.peering);

	if (provider && (!at || is_cloud_asn(ci->peerings[p.peering].asn)))
		refuse_owned(l, p);
	else if (!at)
		load_error(l,
			   load_at(l, "circuits.%zu.peerings.%zu", p.circuit,
				   p.peering),
			   "missing-key", "the peering has no 'subnets'");
	else if (at->kind == NODE_MAP)
		match_links(l, p, at);
	else if (at->kind == NODE_SCALAR)
		split_subnet(l, p, at);
}

/* ---- interfaces ---- */

static bool is_tagged(struct load *l, size_t c)
{
	const struct plan_circuit *ci = circuit_of(l, c);
	const struct node *at = load_find(l, "circuits.%zu.encapsulation", c);

	if (at && at->kind == NODE_SCALAR)
		return strcmp(at->text, "dot1q") == 0;
	if (ci->driver && strcmp(ci->driver, "libvirt") == 0)
		return false;
	for (size_t i = 0; i < ci->n_peerings; i++)
		if (ci->peerings[i].vlan)
			return true;
	return false;
}

/* A cloud that makes the peering needs the VLAN, wherever the tag is taken
 * off. */
static void check_vlan(struct load *l, struct place p, bool tagged)
{
	struct plan_circuit *ci = circuit_of(l, p.circuit);
	struct plan_peering *pe = &ci->peerings[p.peering];
	bool used = tagged || (ci->driver && strcmp(ci->driver, "azure") == 0);
	const struct node *at = load_at(l, "circuits.%zu.peerings.%zu.vlan",
					p.circuit, p.peering);

	if (!used && pe->vlan) {
		load_warn(l, at, "vlan-ignored",
			  "'vlan' has no effect: the circuit is untagged; "
			  "write 'encapsulation: dot1q' on it to tag");
		pe->vlan = 0;
	}
	if (tagged && !pe->vlan &&
	    !load_find(l, "circuits.%zu.peerings.%zu.vlan", p.circuit,
		       p.peering))
		load_error(l, at, "missing-key",
			   "the peering has no 'vlan', and the circuit is "
			   "tagged");
	for (size_t i = 0; used && pe->vlan && i < p.peering; i++)
		if (ci->peerings[i].vlan == pe->vlan)
			load_error(l, at, "vlan-duplicate",
				   "vlan %u is also that of peering '%s'",
				   pe->vlan, or_unnamed(ci->peerings[i].name));
}

static void set_interface(struct load *l, struct place p, size_t link,
			  bool tagged)
{
	const struct plan_circuit *ci = circuit_of(l, p.circuit);
	const struct plan_peering *pe = &ci->peerings[p.peering];
	struct plan_link_peering *on = &pe->on[link];
	const struct plan_link *li = &ci->links[link];
	const struct node *own = NULL;
	const char *base = li->interface;

	if (pe->name)
		own = load_find(l, "circuits.%zu.links.%zu.interfaces.%s",
				p.circuit, link, pe->name);
	if (own && own->kind == NODE_SCALAR)
		base = own->text;
	if (!base &&
	    load_find(l, "circuits.%zu.links.%zu.interface", p.circuit, link))
		return; /* it is there, and was refused */
	if (!base)
		load_error(
			l,
			load_at(l, "circuits.%zu.links.%zu", p.circuit, link),
			"missing-key",
			"the link has no 'interface' for peering '%s'",
			or_unnamed(pe->name));
	else if (!tagged || !pe->vlan)
		on->interface = mem_strdup(base);
	else
		on->interface = mem_format("%s.%u", base, pe->vlan);
	if (base && tagged && pe->vlan)
		on->parent = mem_strdup(base);
	if (on->interface && strlen(on->interface) > 15)
		load_error(l,
			   load_at(l, "circuits.%zu.links.%zu.interface",
				   p.circuit, link),
			   "bad-name",
			   "'%s' is too long for an interface name (15)",
			   on->interface);
}

static void check_shared(struct load *l, struct place p, size_t link)
{
	const struct plan_circuit *ci = circuit_of(l, p.circuit);
	const char *mine = ci->peerings[p.peering].on[link].interface;

	for (size_t i = 0; mine && i < p.peering; i++) {
		const char *other = ci->peerings[i].on[link].interface;

		if (!other || strcmp(mine, other))
			continue;
		load_error(l,
			   load_at(l, "circuits.%zu.links.%zu.interfaces",
				   p.circuit, link),
			   "untagged-shared",
			   "peerings '%s' and '%s' would both be untagged on "
			   "'%s'; give each its own under 'interfaces', or "
			   "tag them",
			   or_unnamed(ci->peerings[i].name),
			   or_unnamed(ci->peerings[p.peering].name), mine);
	}
}

static void resolve_interfaces(struct load *l, size_t c)
{
	const struct plan_circuit *ci = circuit_of(l, c);
	bool tagged = is_tagged(l, c);

	for (size_t k = 0; k < ci->n_peerings; k++) {
		struct place p = {c, k};

		check_vlan(l, p, tagged);
		for (size_t i = 0; i < ci->n_links; i++) {
			set_interface(l, p, i, tagged);
			if (!tagged)
				check_shared(l, p, i);
		}
	}
}

/* ---- links ---- */

/* '+', ',' and '=' join networks and links in a target's parameter. */
static void check_networks(struct load *l, size_t c, size_t i)
{
	const struct state_list *v = &circuit_of(l, c)->links[i].network;

	for (size_t k = 0; k < v->n; k++)
		if (strpbrk(v->v[k], "+,= "))
			load_error(l,
				   load_at(l,
					   "circuits.%zu.links.%zu.network."
					   "%zu",
					   c, i, k),
				   "bad-name",
				   "'%s' cannot be the name of a network here: "
				   "no '+', ',', '=' or blank",
				   v->v[k]);
}

static void resolve_link(struct load *l, size_t c, size_t i)
{
	struct plan *p = l->plan;
	struct plan_circuit *ci = circuit_of(l, c);
	const struct node *at =
		load_find(l, "circuits.%zu.links.%zu.edge", c, i);
	const struct node *map =
		load_find(l, "circuits.%zu.links.%zu.interfaces", c, i);
	int edge = -1;

	if (at && at->kind == NODE_SCALAR && *at->text)
		edge = load_ref(l, at, p->edges, p->n_edges, sizeof(*p->edges),
				"edge");
	ci->links[i].edge = edge < 0 ? 0 : (size_t)edge;
	for (size_t k = 0; map && map->kind == NODE_MAP && k < map->n; k++)
		load_ref(l, map->v[k]->key, ci->peerings, ci->n_peerings,
			 sizeof(*ci->peerings), "peering");
	check_networks(l, c, i);
	if (ci->driver && strcmp(ci->driver, "libvirt") == 0 &&
	    !load_find(l, "circuits.%zu.links.%zu.network", c, i))
		load_error(l, load_at(l, "circuits.%zu.links.%zu", c, i),
			   "missing-key",
			   "the link has no 'network' for libvirt to start");
}

static void resolve_domain(struct load *l, struct place p)
{
	struct plan_peering *pe =
		&circuit_of(l, p.circuit)->peerings[p.peering];

	if (pe->password.kind != SECRET_NONE) {
		free(pe->password.name);
		pe->password.name = mem_format(
			"%s/%s", or_unnamed(circuit_of(l, p.circuit)->name),
			or_unnamed(pe->name));
	}
	if (pe->domain || !pe->name)
		return;
	if (strcmp(pe->name, "private") && strcmp(pe->name, "microsoft") &&
	    strcmp(pe->name, "public"))
		load_error(l,
			   load_at(l, "circuits.%zu.peerings.%zu", p.circuit,
				   p.peering),
			   "missing-key",
			   "the peering has no 'domain', and '%s' is none",
			   pe->name);
	else
		pe->domain = mem_strdup(pe->name);
}

static void resolve_attachment(struct plan_circuit *ci)
{
	if (ci->attachment && strcmp(ci->attachment, "external") == 0) {
		free(ci->attachment);
		ci->attachment = NULL;
	}
	if (!ci->uri && ci->driver && strcmp(ci->driver, "libvirt") == 0)
		ci->uri = mem_strdup("qemu:///system");
}

/* Azure's VPN gateways take 4,000 (vpn-gateway-faq-bgp-include.md). */
#define AZURE_VPN_LIMIT 4000

static bool has_azure_limits(struct load *l, size_t c)
{
	const struct node *at = load_find(l, "circuits.%zu.limits", c);
	const char *driver = circuit_of(l, c)->driver;

	if (at)
		return at->kind == NODE_SCALAR &&
		       strncmp(at->text, "azure-", 6) == 0;
	return driver && strcmp(driver, "azure") == 0;
}

static void tunnel_limits(struct load *l)
{
	bool azure = false;

	for (size_t c = 0; c < l->plan->n_circuits; c++)
		azure |= has_azure_limits(l, c);
	for (size_t i = 0; azure && i < l->plan->n_tunnels; i++)
		if (!l->plan->tunnels[i].limit)
			l->plan->tunnels[i].limit = AZURE_VPN_LIMIT;
}

void load_circuits(struct load *l)
{
	tunnel_limits(l);
	for (size_t c = 0; c < l->plan->n_circuits; c++) {
		struct plan_circuit *ci = circuit_of(l, c);

		resolve_limits(l, c);
		resolve_attachment(ci);
		for (size_t i = 0; i < ci->n_links; i++)
			resolve_link(l, c, i);
		for (size_t k = 0; k < ci->n_peerings; k++) {
			ci->peerings[k].on = mem_calloc(
				ci->n_links + 1, sizeof(*ci->peerings[k].on));
			resolve_domain(l, (struct place){c, k});
			resolve_subnets(l, (struct place){c, k});
		}
		resolve_interfaces(l, c);
	}
}
