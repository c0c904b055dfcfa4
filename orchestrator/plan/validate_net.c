/*
 * validate_net.c - do addresses and AS numbers fit together?
 *
 * Overlaps between link subnets, virtual network, site and VPN neighbors;
 * reserved AS numbers (IANA's and Azure's); the way
 * cutover itself reaches the devices.
 */
#include <string.h>

#include "orchestrator/plan/load.h"

/* ---- overlaps ---- */

static const char *site_overlap(const struct plan *p, const struct prefix *net)
{
	for (size_t i = 0; i < p->site.prefixes.n; i++) {
		struct prefix other;

		if (prefix_parse(p->site.prefixes.v[i], &other, NULL) &&
		    prefix_overlaps(net, &other))
			return p->site.prefixes.v[i];
	}
	return NULL;
}

static const char *vnet_overlap(const struct plan *p, const struct prefix *net)
{
	for (size_t i = 0; i < p->vnet.prefixes.n; i++) {
		struct prefix other;

		if (prefix_parse(p->vnet.prefixes.v[i], &other, NULL) &&
		    prefix_overlaps(net, &other))
			return p->vnet.prefixes.v[i];
	}
	return NULL;
}

static const struct plan_tunnel *tunnel_overlap(const struct plan *p,
						const struct prefix *net)
{
	for (size_t i = 0; i < p->n_tunnels; i++) {
		struct prefix a;

		if (p->tunnels[i].neighbor &&
		    prefix_parse_addr(p->tunnels[i].neighbor, &a, NULL) &&
		    prefix_contains(net, &a))
			return &p->tunnels[i];
	}
	return NULL;
}

struct link_place {
	size_t circuit, peering, link;
};

static const struct plan_link_peering *on_of(const struct plan *p,
					     struct link_place at)
{
	return &p->circuits[at.circuit].peerings[at.peering].on[at.link];
}

/* The next place after *at; false after the last. */
static bool next_place(const struct plan *p, struct link_place *at)
{
	at->link++;
	while (at->circuit < p->n_circuits) {
		const struct plan_circuit *c = &p->circuits[at->circuit];

		if (at->peering < c->n_peerings && at->link < c->n_links)
			return true;
		at->link = 0;
		if (++at->peering >= c->n_peerings) {
			at->peering = 0;
			at->circuit++;
		}
	}
	return false;
}

static const struct node *subnet_node(struct load *l, struct link_place at)
{
	const char *link = l->plan->circuits[at.circuit].links[at.link].name;

	return load_at(l, "circuits.%zu.peerings.%zu.subnets.%s", at.circuit,
		       at.peering, link ? link : "-");
}

static const char *earlier_link(const struct plan *p, struct link_place end,
				const struct prefix *net)
{
	struct link_place at = {0, 0, (size_t)-1};

	while (next_place(p, &at) && memcmp(&at, &end, sizeof(at)) != 0) {
		struct prefix other;
		const char *text = on_of(p, at)->subnet;

		if (text && prefix_parse(text, &other, NULL) &&
		    prefix_overlaps(net, &other))
			return text;
	}
	return NULL;
}

static void check_subnet(struct load *l, struct link_place at)
{
	const struct plan *p = l->plan;
	const char *text = on_of(p, at)->subnet, *other;
	const struct plan_tunnel *t;
	struct prefix net;

	if (!text || !prefix_parse(text, &net, NULL))
		return;
	if ((other = earlier_link(p, at, &net)))
		load_error(l, subnet_node(l, at), "subnet-overlap",
			   "link subnet '%s' overlaps link subnet '%s'", text,
			   other);
	if ((other = vnet_overlap(p, &net)))
		load_error(l, subnet_node(l, at), "subnet-overlap",
			   "link subnet '%s' overlaps '%s' of the virtual "
			   "network",
			   text, other);
	if ((other = site_overlap(p, &net)))
		load_error(l, subnet_node(l, at), "subnet-overlap",
			   "link subnet '%s' overlaps '%s' of the site", text,
			   other);
	if ((t = tunnel_overlap(p, &net)))
		load_error(l, subnet_node(l, at), "subnet-overlap",
			   "link subnet '%s' has neighbor '%s' of tunnel '%s' "
			   "in it",
			   text, t->neighbor, t->name ? t->name : "unnamed");
}

static void check_subnets(struct load *l)
{
	struct link_place at = {0, 0, (size_t)-1};

	while (next_place(l->plan, &at))
		check_subnet(l, at);
}

/* ---- AS numbers ---- */

static const struct {
	uint32_t from, to;
	const char *why;
} reserved[] =
	{
		{23456, 23456, "stands for 4-byte numbers (RFC 6793)"},
		{64496, 64511, "is for documentation (RFC 5398)"},
		{65535, 65535, "is reserved (RFC 7300)"},
		{65536, 65551, "is for documentation (RFC 5398)"},
		{4294967295u, 4294967295u, "is reserved (RFC 7300)"},
},
  azure_reserved[] = {
	  {8074, 8075, "is reserved by Azure"},
	  {12076, 12076, "is reserved by Azure"},
	  {65515, 65520, "is reserved by Azure"},
};

static const char *why_reserved(uint32_t asn)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (asn >= reserved[i].from && asn <= reserved[i].to)
			return reserved[i].why;
	return NULL;
}

static const char *why_azure(uint32_t asn)
{
	for (size_t i = 0; i < ARRAY_LEN(azure_reserved); i++)
		if (asn >= azure_reserved[i].from &&
		    asn <= azure_reserved[i].to)
			return azure_reserved[i].why;
	return NULL;
}

static void check_asn(struct load *l, const struct node *at, uint32_t asn)
{
	const char *why = why_reserved(asn);

	if (why)
		load_error(l, at, "asn-reserved", "AS number %u %s", asn, why);
}

/* Does any end of this plan speak with Azure's own numbers? */
static bool meets_azure(const struct plan *p)
{
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (p->tunnels[i].asn == 65515)
			return true;
	for (size_t c = 0; c < p->n_circuits; c++) {
		const struct plan_circuit *ci = &p->circuits[c];

		if (ci->driver && strcmp(ci->driver, "azure") == 0)
			return true;
		for (size_t i = 0; i < ci->n_peerings; i++)
			if (ci->peerings[i].asn == 12076)
				return true;
	}
	return false;
}

/* One who sees his own number in a path takes the route for a loop. */
static bool same_as_other_end(const struct plan *p)
{
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (p->tunnels[i].asn == p->site.asn)
			return true;
	for (size_t c = 0; c < p->n_circuits; c++)
		for (size_t i = 0; i < p->circuits[c].n_peerings; i++)
			if (p->circuits[c].peerings[i].asn == p->site.asn)
				return true;
	return false;
}

static void check_asns(struct load *l)
{
	const struct plan *p = l->plan;
	const struct node *site = load_at(l, "site.asn");
	const char *why = why_azure(p->site.asn);

	check_asn(l, site, p->site.asn);
	if (why && meets_azure(p))
		load_error(l, site, "asn-reserved", "AS number %u %s",
			   p->site.asn, why);
	else if (p->site.asn && same_as_other_end(p))
		load_error(l, site, "asn-reserved",
			   "AS number %u is also that of a neighbor: its "
			   "routes would be dropped as loops",
			   p->site.asn);
	for (size_t i = 0; i < p->n_tunnels; i++)
		check_asn(l, load_at(l, "tunnels.%zu.asn", i),
			  p->tunnels[i].asn);
	for (size_t c = 0; c < p->n_circuits; c++)
		for (size_t i = 0; i < p->circuits[c].n_peerings; i++)
			check_asn(l,
				  load_at(l, "circuits.%zu.peerings.%zu.asn", c,
					  i),
				  p->circuits[c].peerings[i].asn);
}

/* ---- management ---- */

static const struct plan_group *moved_group(const struct plan *p,
					    const struct prefix *host)
{
	for (size_t g = 0; g < p->n_groups; g++) {
		const struct plan_group *gr = &p->groups[g];

		for (size_t i = 0; i < gr->onprem.n + gr->cloud.n; i++) {
			const char *text =
				i < gr->onprem.n
					? gr->onprem.v[i]
					: gr->cloud.v[i - gr->onprem.n];
			struct prefix_rule r;

			if (prefix_rule_parse(text, &r, NULL) &&
			    prefix_contains(&r.prefix, host))
				return gr;
		}
	}
	return NULL;
}

static void check_management(struct load *l)
{
	for (size_t i = 0; i < l->plan->n_edges; i++) {
		const char *host = l->plan->edges[i].ssh.host;
		const struct plan_group *g;
		struct prefix a;

		if (!host || !prefix_parse_addr(host, &a, NULL))
			continue;
		g = moved_group(l->plan, &a);
		if (g)
			load_error(l, load_at(l, "edges.%zu.ssh.host", i),
				   "management-in-moved",
				   "'%s' lies in what group '%s' moves: "
				   "cutover would cut its own way to the edge",
				   host, g->name ? g->name : "unnamed");
	}
}

/* The provider tells us no more than it may. */
static void check_from_cloud(struct load *l)
{
	size_t n = l->plan->vnet.prefixes.n;

	for (size_t c = 0; c < l->plan->n_circuits; c++) {
		uint32_t most = l->plan->circuits[c].limits.prefixes_from_cloud;

		if (most && n > most)
			load_error(l, load_at(l, "vnet.prefixes"),
				   "prefix-limit",
				   "the virtual network has %zu prefixes; the "
				   "circuit takes %u",
				   n, most);
	}
}

void load_validate_net(struct load *l)
{
	check_subnets(l);
	check_asns(l);
	check_management(l);
	check_from_cloud(l);
}
