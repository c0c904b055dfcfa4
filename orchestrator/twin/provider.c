/*
 * provider.c - the table of providers
 *
 * Azure is complete as far as the public documentation goes (file names are of
 * MicrosoftDocs/azure-docs).  AWS and Google stand here so that a plan that
 * names them is judged by their rules; no adapter drives them yet.
 */
#include "orchestrator/twin/provider.h"

#include <string.h>

static const struct provider_fact azure_facts[] = {
	{"the longest prefix wins; at an equal prefix the circuit wins over "
	 "the VPN, whatever the AS path",
	 "how-to-configure-coexisting-gateway-portal.md; "
	 "use-s2s-vpn-as-backup-for-expressroute-privatepeering.md"},
	{"connection weight and AS path prepending decide between circuits "
	 "only",
	 "expressroute-optimize-routing.md; "
	 "expressroute-howto-linkvnet-arm.md"},
	{"whole address spaces of the virtual network are announced, never "
	 "subnets",
	 "expressroute-faqs.md"},
	{"communities that the site sends are not honoured",
	 "expressroute-routing.md"},
	{"4,000 IPv4 prefixes (premium 10,000) and 100 IPv6 prefixes on a "
	 "private peering; above, the session is dropped",
	 "expressroute-limits.md; expressroute-faqs.md"},
	{"200 prefixes a family on a Microsoft peering",
	 "expressroute-limits.md"},
	{"4,000 prefixes to the VPN gateway", "vpn-gateway-faq-bgp-include.md"},
	{"1,000 IPv4 and 100 IPv6 prefixes from the virtual network",
	 "expressroute-limits.md"},
	{"circuit MTU 1500; tunnel MTU 1400, TCP MSS 1350",
	 "virtual-network-tcpip-performance-tuning.md"},
};

static const struct provider_fact aws_facts[] = {
	{"the longest prefix wins; then Direct Connect BGP, then static VPN, "
	 "then VPN BGP, whatever the AS path",
	 "vpc/latest/userguide/route-tables-priority.html"},
	{"communities 7224:7100, 7200 and 7300 order Direct Connect paths",
	 "directconnect/latest/UserGuide/bgp-specific-settings.html"},
	{"100 prefixes a family on a private session; above, it goes down",
	 "directconnect/latest/UserGuide/limits.html"},
	{"1,000 prefixes on a public session",
	 "directconnect/latest/UserGuide/limits.html"},
};

static const struct provider_fact google_facts[] = {
	{"no class of path is preferred: MED (base priority plus region cost) "
	 "and the AS path decide",
	 "cloud.google.com/router/docs/how-to/updating-priority"},
	{"BFD no faster than 1,000 ms x 5, on VLAN attachments only",
	 "cloud.google.com/network-connectivity/docs/router/concepts/bfd"},
};

const struct provider providers[] = {
	{
		.id = "azure",
		.name = "Azure ExpressRoute",
		.asns = {12076},
		.prefer_circuit = 200,
		.prefer_vpn_static = 100,
		.prefer_vpn_bgp = 100,
		.honours_prepend = true,
		.whole_spaces = true,
		.strips_private_as = true,
		.limits = {4000, 100, 200, 200, 4000, 1000, 100},
		.circuit_mtu = 1500,
		.tunnel_mtu = 1400,
		.tunnel_mss = 1350,
		.facts = azure_facts,
		.n_facts = ARRAY_LEN(azure_facts),
	},
	{
		.id = "aws",
		.name = "AWS Direct Connect",
		.asns = {7224},
		.prefer_circuit = 200,
		.prefer_vpn_static = 150,
		.prefer_vpn_bgp = 100,
		.honours_communities = true,
		.honours_prepend = true,
		.honours_med = true,
		.whole_spaces = true,
		.limits = {100, 100, 1000, 1000, 0, 0, 0},
		.circuit_mtu = 1500,
		.facts = aws_facts,
		.n_facts = ARRAY_LEN(aws_facts),
	},
	{
		.id = "google",
		.name = "Google Cloud Interconnect",
		.asns = {16550},
		.prefer_circuit = 100,
		.prefer_vpn_static = 100,
		.prefer_vpn_bgp = 100,
		.honours_prepend = true,
		.honours_med = true,
		.facts = google_facts,
		.n_facts = ARRAY_LEN(google_facts),
	},
};

const size_t n_providers = ARRAY_LEN(providers);

const struct provider *provider_named(const char *id)
{
	for (size_t i = 0; i < n_providers; i++)
		if (strcmp(providers[i].id, id) == 0)
			return &providers[i];
	return NULL;
}

static const struct provider *of_asn(uint32_t asn)
{
	for (size_t i = 0; i < n_providers; i++)
		for (size_t k = 0; k < ARRAY_LEN(providers[i].asns); k++)
			if (providers[i].asns[k] && providers[i].asns[k] == asn)
				return &providers[i];
	return NULL;
}

const struct provider *provider_of(const struct plan *p, bool *ret_assumed)
{
	*ret_assumed = false;
	for (size_t c = 0; c < p->n_circuits; c++) {
		const struct provider *x =
			provider_named(p->circuits[c].driver);

		if (x)
			return x;
		for (size_t i = 0; i < p->circuits[c].n_peerings; i++)
			if ((x = of_asn(p->circuits[c].peerings[i].asn)))
				return x;
	}
	*ret_assumed = true;
	return &providers[0];
}
