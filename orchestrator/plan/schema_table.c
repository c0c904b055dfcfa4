/*
 * schema_table.c - the table of everything that a plan may say
 *
 * Rows in the order in which people write plans; the sentence in `doc` is
 * what the reference prints.  A row whose value needs more than its own text
 * (references, addresses computed from subnets) goes NOWHERE here and is
 * decoded in resolve.c and circuit.c; its form is checked all the same.
 *
 * Constant data, no code.
 */
#include "orchestrator/plan/plan.h"
#include "orchestrator/plan/schema.h"

#define AT(st, member)                                                         \
	.offset = offsetof(struct st, member),                                 \
	.size = sizeof(((struct st *)0)->member)
#define NOWHERE .offset = SCHEMA_NOWHERE
/* a list of objects: pointer and number */
#define MANY(st, member)                                                       \
	.form = SCHEMA_LIST, .offset = offsetof(struct st, member),            \
	.count = offsetof(struct st, n_##member)
#define OBJECT(var, word, st, text)                                            \
	static const struct schema_object var = {                              \
		.name = word,                                                  \
		.doc = text,                                                   \
		.size = sizeof(struct st),                                     \
		.fields = var##_fields,                                        \
		.n = ARRAY_LEN(var##_fields),                                  \
	}

/* clang-format off */

static const struct schema_field ssh_fields[] = {
	{ "host", SCHEMA_TEXT, SCHEMA_REQUIRED, AT(ssh_endpoint, host),
	  .doc = "Address or name of the system. It must stay reachable while routes move: not through what is moved." },
	{ "port", SCHEMA_NUMBER, 0, AT(ssh_endpoint, port), .dflt = "22", .min = 1, .max = 65535,
	  .doc = "TCP port." },
	{ "user", SCHEMA_TEXT, 0, AT(ssh_endpoint, user), .dflt_note = "the user that runs cutover",
	  .doc = "User to log in as." },
	{ "key", SCHEMA_SECRET, 0, AT(ssh_endpoint, key), .dflt_note = "the SSH agent",
	  .doc = "Private key." },
	{ "host_key", SCHEMA_HOST_KEY, 0, AT(ssh_endpoint, host_key),
	  .doc = "Fingerprint of the host key, as `ssh-keygen -lf` prints it. A different key is refused." },
	{ "known_hosts", SCHEMA_TEXT, 0, AT(ssh_endpoint, known_hosts), .dflt_note = "`~/.ssh/known_hosts`",
	  .doc = "File of host keys to use instead of a fingerprint. An unknown key is refused." },
	{ "timeout", SCHEMA_MS, 0, AT(ssh_endpoint, timeout_ms), .dflt = "10s", .min = 100, .max = 600000,
	  .doc = "For connecting and authenticating." },
};
OBJECT(ssh, "ssh", ssh_endpoint, "How to reach a system. Where `ssh` is absent, commands run on this machine.");

static const struct schema_field router_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_router, name), .doc = "Its name in this plan." },
	{ "prefixes", SCHEMA_PREFIX, SCHEMA_LIST, AT(plan_router, prefixes), .max = 2000000,
	  .doc = "What of the site's prefixes is behind this router; of several that contain a prefix the longest counts. What is behind none is behind the first router." },
	{ "reflector", SCHEMA_BOOL, 0, AT(plan_router, reflector), .dflt = "false",
	  .doc = "It reflects routes. Where a router does, all others and the edges speak iBGP with the reflectors alone; where none does, all speak with all." },
};
OBJECT(router, "router", plan_router, "A router of the site that is no edge. cutover does not log in to it.");

static const struct schema_field wire_fields[] = {
	{ "between", SCHEMA_REF, SCHEMA_REQUIRED | SCHEMA_LIST, NOWHERE, .min = 2, .max = 2,
	  .doc = "The two that it joins: routers of the topology, or edges." },
	{ "cost", SCHEMA_NUMBER, 0, AT(plan_wire, cost), .dflt = "10", .min = 1, .max = 16777215,
	  .doc = "What the site's IGP counts it, both ways." },
};
OBJECT(wire, "topology_link", plan_wire, "A link inside the site.");

static const struct schema_field topology_fields[] = {
	{ "routers", SCHEMA_OBJECT, MANY(plan_topology, routers), .object = &router, .min = 1, .max = 4096, .doc = "The site's routers, without the edges." },
	{ "links", SCHEMA_OBJECT, MANY(plan_topology, links), .object = &wire, .min = 1, .max = 65536, .doc = "How they and the edges are joined." },
};
OBJECT(topology, "topology", plan_topology, "The routers behind the edges, for the proof: packets are followed through them hop by hop. Edges set next-hop-self.");

static const struct schema_field site_fields[] = {
	{ "asn", SCHEMA_NUMBER, SCHEMA_REQUIRED, AT(plan_site, asn), .min = 1, .max = 4294967295,
	  .doc = "The site's own AS number." },
	{ "prefixes", SCHEMA_PREFIX, SCHEMA_REQUIRED | SCHEMA_LIST, AT(plan_site, prefixes), .min = 1, .max = 2000000,
	  .doc = "Everything that the site may announce. A group outside of it is refused." },
	{ "stateful", SCHEMA_NAME, SCHEMA_LIST, AT(plan_site, stateful), .max = 64,
	  .doc = "Devices that must see both directions of a flow (firewalls). One that is named like an edge, a tunnel, a circuit or a link stands on it; of any other it is not known on which way it stands." },
	{ "mss", SCHEMA_NUMBER, 0, AT(plan_site, mss), .min = 536, .max = 8960, .dflt_note = "not known",
	  .doc = "The TCP MSS that the site clamps to on its own side, so that a connection opened on the circuit fits into the tunnel later." },
	{ "topology", SCHEMA_OBJECT, SCHEMA_QUIET, AT(plan_site, topology), .object = &topology, .dflt_note = "one core router behind all edges",
	  .doc = "The routers behind the edges." },
};
OBJECT(site, "site", plan_site, "The on-premises network.");

static const struct schema_field host_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_host, name), .doc = "Its name in this plan." },
	{ "ssh", SCHEMA_OBJECT, 0, AT(plan_host, ssh), .object = &ssh, .dflt_note = "this machine",
	  .doc = "How to reach it." },
	{ "command", SCHEMA_TEXT, 0, AT(plan_host, command), .dflt = "cutover",
	  .doc = "The `cutover` program on that host." },
};
OBJECT(host, "host", plan_host, "A machine from which probes are sent.");

static const struct schema_field azure_fields[] = {
	{ "subscription", SCHEMA_TEXT, SCHEMA_REQUIRED, AT(plan_azure, subscription),
	  .doc = "Id of the subscription in which names are looked for." },
	{ "resource_group", SCHEMA_TEXT, SCHEMA_REQUIRED, AT(plan_azure, resource_group),
	  .doc = "The resource group in which names are looked for. What lies elsewhere is written as its whole id." },
	{ "location", SCHEMA_TEXT, 0, AT(plan_azure, location), .dflt_note = "required to attach a circuit",
	  .doc = "Region of the gateway: `westeurope`." },
	{ "token", SCHEMA_SECRET, 0, AT(plan_azure, token),
	  .doc = "Log in with a token that a file or a command gives, e.g. `az account get-access-token`; asked for again in time." },
	{ "secret", SCHEMA_SECRET, 0, AT(plan_azure, secret),
	  .doc = "Log in as an application, with its client secret." },
	{ "certificate", SCHEMA_SECRET, 0, AT(plan_azure, certificate),
	  .doc = "Log in as an application, with certificate and RSA key in one PEM." },
	{ "managed_identity", SCHEMA_BOOL, 0, AT(plan_azure, managed_identity), .dflt = "false",
	  .doc = "Log in as the machine that cutover runs on." },
	{ "tenant", SCHEMA_TEXT, 0, AT(plan_azure, tenant), .dflt_note = "required with `secret` and `certificate`",
	  .doc = "The directory: its id or domain." },
	{ "client_id", SCHEMA_TEXT, 0, AT(plan_azure, client_id), .dflt_note = "required with `secret` and `certificate`",
	  .doc = "The application; with `managed_identity` which of several." },
	{ "endpoint", SCHEMA_TEXT, 0, AT(plan_azure, endpoint), .dflt_note = "`https://management.azure.com`",
	  .doc = "The control plane." },
	{ "login", SCHEMA_TEXT, 0, AT(plan_azure, login), .dflt_note = "`https://login.microsoftonline.com`",
	  .doc = "The login service." },
	{ "audience", SCHEMA_TEXT, 0, AT(plan_azure, audience), .dflt_note = "`https://management.azure.com`",
	  .doc = "Whom tokens are for." },
	{ "identity", SCHEMA_TEXT, 0, AT(plan_azure, identity), .dflt_note = "the machine's metadata service",
	  .doc = "Where `managed_identity` asks." },
	{ "ca_file", SCHEMA_TEXT, 0, AT(plan_azure, ca_file), .dflt_note = "the system's",
	  .doc = "Certificates to trust, for a proxy that looks into TLS." },
};
OBJECT(azure, "azure", plan_azure, "How to reach Azure, for everything whose driver is `azure`.");

static const struct schema_field edge_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_edge, name), .doc = "Its name in this plan." },
	{ "driver", SCHEMA_DRIVER, SCHEMA_REQUIRED, AT(plan_edge, driver), .words = "frr|bird",
	  .doc = "The routing daemon on it." },
	{ "ssh", SCHEMA_OBJECT, 0, AT(plan_edge, ssh), .object = &ssh, .dflt_note = "this machine",
	  .doc = "How to reach it." },
	{ "config", SCHEMA_TEXT, 0, AT(plan_edge, config), .dflt_note = "the driver's own",
	  .doc = "The daemon's configuration file on the device." },
	{ "include", SCHEMA_TEXT, 0, AT(plan_edge, include), .dflt_note = "the driver's own",
	  .doc = "BIRD: the file that the configuration includes for cutover." },
	{ "socket", SCHEMA_TEXT, 0, AT(plan_edge, socket), .dflt_note = "the driver's own",
	  .doc = "The daemon's control socket." },
	{ "accept_reboot_to_start", SCHEMA_BOOL, 0, AT(plan_edge, reboot_returns), .dflt = "false",
	  .doc = "Accept that a reboot during the run returns this device to the start, because its saved configuration already differs from the running one." },
};
OBJECT(edge, "edge", plan_edge, "A border router of the site.");

static const struct schema_field tunnel_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_tunnel, name), .doc = "Its name in this plan." },
	{ "edge", SCHEMA_REF, SCHEMA_REQUIRED, NOWHERE, .doc = "The edge that it ends on." },
	{ "driver", SCHEMA_DRIVER, 0, AT(plan_tunnel, driver), .dflt = "strongswan", .words = "strongswan|azure|none",
	  .doc = "The IPsec daemon; `azure`: the connection is looked at from the cloud; `none`: the tunnel itself is not looked at." },
	{ "connection", SCHEMA_TEXT, 0, AT(plan_tunnel, connection), .dflt_note = "required with a driver",
	  .doc = "What the IPsec daemon, or Azure, calls the connection." },
	{ "neighbor", SCHEMA_ADDRESS, 0, AT(plan_tunnel, neighbor), .dflt_note = "static routes",
	  .doc = "The BGP neighbor at the other end." },
	{ "asn", SCHEMA_NUMBER, 0, AT(plan_tunnel, asn), .min = 1, .max = 4294967295, .dflt_note = "required with `neighbor`",
	  .doc = "The AS number at the other end." },
	{ "interface", SCHEMA_IFNAME, 0, AT(plan_tunnel, interface), .dflt_note = "required without `neighbor`",
	  .doc = "Without BGP: the interface that the static routes point to." },
	{ "distance", SCHEMA_NUMBER, 0, AT(plan_tunnel, distance), .min = 1, .max = 255, .dflt = "1",
	  .doc = "Without BGP: the administrative distance of the static routes to the cloud (of a BIRD edge, 210 where their `preference` is below BGP's 100). One of 20 or less beats what the circuit says." },
	{ "limit", SCHEMA_NUMBER, 0, AT(plan_tunnel, limit), .min = 1, .max = 10000000, .dflt_note = "4000 where a circuit has Azure's limits, else none",
	  .doc = "Prefixes that the VPN gateway accepts before it drops the session. A rollback that would announce more does without holding traffic on the VPN." },
	{ "remote", SCHEMA_ADDRESS, 0, AT(plan_tunnel, remote), .dflt_note = "not known",
	  .doc = "The outer address of the other end. The way to it must not lead over the circuit that the tunnel backs up." },
	{ "mtu", SCHEMA_NUMBER, 0, AT(plan_tunnel, mtu), .min = 576, .max = 9000, .dflt_note = "the provider's",
	  .doc = "The largest packet that fits into the tunnel." },
};
OBJECT(tunnel, "tunnel", plan_tunnel, "One IPsec tunnel of the existing VPN.");

static const struct schema_field circuit_link_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_link, name), .doc = "`primary`, `secondary`." },
	{ "edge", SCHEMA_REF, SCHEMA_REQUIRED, NOWHERE, .doc = "The edge that it ends on." },
	{ "interface", SCHEMA_IFNAME, 0, AT(plan_link, interface), .dflt_note = "required unless `interfaces` names one for every peering",
	  .doc = "The physical interface on the edge." },
	{ "interfaces", SCHEMA_IFNAME, SCHEMA_MAP, NOWHERE, .max = 8,
	  .doc = "An interface of its own for a peering, by the peering's name; needed where several peerings are untagged." },
	{ "network", SCHEMA_TEXT, SCHEMA_LIST | SCHEMA_ONE, AT(plan_link, network), .max = 16, .dflt_note = "required with driver `libvirt`",
	  .doc = "The libvirt networks that light this link." },
};
OBJECT(circuit_link, "link", plan_link, "One of the two redundant halves of a circuit.");

static const struct schema_field subnet_fields[] = {
	{ "subnet", SCHEMA_PREFIX, SCHEMA_REQUIRED, NOWHERE, .doc = "The /30 (IPv6: /126) of the link." },
	{ "local", SCHEMA_ADDRESS, 0, NOWHERE, .dflt_note = "the first usable address",
	  .doc = "Our address, to be checked." },
	{ "neighbor", SCHEMA_ADDRESS, 0, NOWHERE, .dflt_note = "the second usable address",
	  .doc = "The provider's address, to be checked." },
};
OBJECT(subnet, "subnet", plan_link_peering, "The addresses of one peering on one link. We take the first usable address, the provider the second.");

static const struct schema_field bfd_fields[] = {
	{ "interval", SCHEMA_MS, 0, AT(plan_peering, bfd_interval_ms), .dflt = "300ms", .min = 10, .max = 60000,
	  .doc = "Between two packets, both ways." },
	{ "multiplier", SCHEMA_NUMBER, 0, AT(plan_peering, bfd_multiplier), .dflt = "3", .min = 2, .max = 50,
	  .doc = "Packets missed until the session is down." },
};
OBJECT(bfd, "bfd", plan_peering, "Bidirectional forwarding detection (RFC 5880).");

static const struct schema_field peering_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_peering, name), .doc = "`private`, `microsoft`, `public` or another word." },
	{ "domain", SCHEMA_WORD, 0, AT(plan_peering, domain), .words = "private|microsoft|public", .dflt_note = "the name",
	  .doc = "The routing domain that it belongs to." },
	{ "asn", SCHEMA_NUMBER, SCHEMA_REQUIRED, AT(plan_peering, asn), .min = 1, .max = 4294967295,
	  .doc = "The AS number of the router that we speak with: the cloud's edge or, with `network-service`, the provider's own router." },
	{ "vlan", SCHEMA_NUMBER, 0, AT(plan_peering, vlan), .min = 1, .max = 4094, .dflt_note = "untagged",
	  .doc = "VLAN of the peering, the same on both links." },
	{ "subnets", SCHEMA_PREFIX, SCHEMA_MAP | SCHEMA_ONE, NOWHERE, .object = &subnet, .max = 2, .dflt_note = "required but with `network-service`",
	  .doc = "By link name the /30 of the link, or one /29 of which the first link gets the first half." },
	{ "password", SCHEMA_SECRET, 0, AT(plan_peering, password), .dflt_note = "no password",
	  .doc = "The TCP MD5 password of the sessions." },
	{ "bfd", SCHEMA_OBJECT, SCHEMA_QUIET, .offset = 0, .object = &bfd, .words = "off", .dflt = "off",
	  .doc = "Fast detection of a silent link." },
	{ "hold", SCHEMA_SECONDS, 0, AT(plan_peering, hold_s), .min = 3, .max = 65535, .dflt_note = "the device's own",
	  .doc = "BGP hold time." },
	{ "keepalive", SCHEMA_SECONDS, 0, AT(plan_peering, keepalive_s), .min = 1, .max = 21845, .dflt_note = "the device's own",
	  .doc = "BGP keepalive interval." },
	{ "advertised", SCHEMA_PREFIX, SCHEMA_LIST, AT(plan_peering, advertised), .max = 200, .dflt_note = "required for a `microsoft` peering in azure",
	  .doc = "Our public prefixes, as they are registered." },
	{ "registry", SCHEMA_WORD, 0, AT(plan_peering, registry), .words = "ARIN|APNIC|AFRINIC|LACNIC|RIPENCC|RADB|ALTDB|LEVEL3", .dflt_note = "none",
	  .doc = "Where they are registered." },
	{ "route_filter", SCHEMA_TEXT, 0, AT(plan_peering, route_filter), .dflt_note = "none",
	  .doc = "Id of the route filter; without one a `microsoft` peering announces nothing." },
	{ "max_path", SCHEMA_NUMBER, 0, AT(plan_peering, max_path), .dflt = "4", .min = 1, .max = 255,
	  .doc = "The longest AS path of a healthy route; a longer one means that the provider drains the link for maintenance." },
};
OBJECT(peering, "peering", plan_peering, "A routing domain on the circuit: one BGP session on each link.");

static const struct schema_field limits_fields[] = {
	{ "private", SCHEMA_NUMBER, 0, AT(plan_limits, prefixes_private), .min = 1, .max = 10000000, .dflt_note = "no limit",
	  .doc = "Prefixes that the provider accepts on a private peering." },
	{ "public", SCHEMA_NUMBER, 0, AT(plan_limits, prefixes_public), .min = 1, .max = 10000000, .dflt_note = "no limit",
	  .doc = "The same on a public or microsoft peering." },
	{ "from_cloud", SCHEMA_NUMBER, 0, AT(plan_limits, prefixes_from_cloud), .min = 1, .max = 10000000, .dflt_note = "no limit",
	  .doc = "Prefixes that the cloud may announce to us." },
};
OBJECT(limits, "limits", plan_limits, "What the provider accepts before it drops the session.");

static const struct schema_field circuit_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_circuit, name), .doc = "Its name in this plan." },
	{ "driver", SCHEMA_DRIVER, SCHEMA_REQUIRED, AT(plan_circuit, driver), .words = "libvirt|external|azure",
	  .doc = "What switches the circuit; `external`: somebody else does, and cutover waits for a go." },
	{ "uri", SCHEMA_TEXT, 0, AT(plan_circuit, uri), .dflt_note = "`qemu:///system` with libvirt",
	  .doc = "Where the driver finds it." },
	{ "model", SCHEMA_CHOICE, 0, AT(plan_circuit, model), .words = "exchange|network-service|direct", .dflt = "exchange",
	  .doc = "`exchange`, `direct`: we run BGP on both links. `network-service`: the provider owns layer 3, and its peerings with the cloud are not touched; with `subnets` (and its ASN) we run BGP with the provider's own router, without them there are no sessions of ours." },
	{ "attachment", SCHEMA_TEXT, 0, AT(plan_circuit, attachment), .dflt = "external",
	  .doc = "The network or connection that attaches the cloud gateway to the circuit; `external`: somebody else attaches it." },
	{ "circuit", SCHEMA_TEXT, 0, AT(plan_circuit, circuit), .dflt_note = "the name",
	  .doc = "azure: the circuit's name or id." },
	{ "gateway", SCHEMA_TEXT, 0, AT(plan_circuit, gateway), .dflt_note = "required with an attachment in azure",
	  .doc = "azure: name or id of the ExpressRoute gateway." },
	{ "location", SCHEMA_TEXT, 0, AT(plan_circuit, location), .dflt_note = "that of `azure`",
	  .doc = "azure: region of the gateway." },
	{ "authorization", SCHEMA_SECRET, 0, AT(plan_circuit, authorization), .dflt_note = "the circuit is in our own subscription",
	  .doc = "azure: authorization key from the circuit's owner." },
	{ "limits", SCHEMA_OBJECT, 0, AT(plan_circuit, limits), .object = &limits, .words = "azure-standard|azure-premium|none", .dflt_note = "`azure-standard` with driver azure, else `none`",
	  .doc = "What the provider accepts before it drops the session." },
	{ "bandwidth", SCHEMA_NUMBER, 0, AT(plan_circuit, bandwidth), .min = 1, .max = 1000000, .dflt_note = "not known",
	  .doc = "What one link carries, in Mbit/s." },
	{ "mtu", SCHEMA_NUMBER, 0, AT(plan_circuit, mtu), .min = 576, .max = 9000, .dflt_note = "the provider's",
	  .doc = "The largest packet that fits through it." },
	{ "encapsulation", SCHEMA_WORD, 0, NOWHERE, .words = "dot1q|untagged", .dflt_note = "`untagged` with driver libvirt or without `vlan`, else `dot1q`",
	  .doc = "`dot1q`: peerings are told apart by VLAN tags; `untagged`: by interfaces." },
	{ "links", SCHEMA_OBJECT, MANY(plan_circuit, links), .object = &circuit_link, .min = 1, .max = 2, .dflt_note = "required",
	  .doc = "Its two halves." },
	{ "peerings", SCHEMA_OBJECT, MANY(plan_circuit, peerings), .object = &peering, .min = 1, .max = 8, .dflt_note = "required",
	  .doc = "Its routing domains." },
};
OBJECT(circuit, "circuit", plan_circuit, "The private connection.");

static const struct schema_field vnet_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_vnet, name), .doc = "Its name in this plan." },
	{ "driver", SCHEMA_DRIVER, 0, AT(plan_vnet, driver), .words = "libvirt|azure|none", .dflt = "libvirt",
	  .doc = "What its fingerprint is read from; `none`: it is not looked at." },
	{ "uri", SCHEMA_TEXT, 0, AT(plan_vnet, uri), .dflt_note = "`qemu:///system` with libvirt",
	  .doc = "Where the driver finds it." },
	{ "network", SCHEMA_TEXT, 0, AT(plan_vnet, network), .dflt_note = "the name",
	  .doc = "What the driver calls it." },
	{ "prefixes", SCHEMA_PREFIX, SCHEMA_LIST, AT(plan_vnet, prefixes), .max = 1000,
	  .doc = "Its address spaces, as the cloud gateway announces them." },
	{ "gateway_port", SCHEMA_TEXT, 0, AT(plan_vnet, gateway_port),
	  .doc = "MAC address of the port that may come and go with the attachment." },
};
OBJECT(vnet, "vnet", plan_vnet, "The virtual network, which must stay exactly as it is.");

static const struct schema_field file_fields[] = {
	{ "file", SCHEMA_TEXT, SCHEMA_REQUIRED, NOWHERE, .doc = "One a line, `#` starts a comment; beside the plan unless absolute." },
};
OBJECT(file, "file", plan_group, "A list that is kept in a file of its own.");

static const struct schema_field group_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_group, name), .doc = "Its name in this plan." },
	{ "circuit", SCHEMA_REF, 0, NOWHERE, .dflt_note = "the only one", .doc = "The circuit that it moves to." },
	{ "peering", SCHEMA_REF, 0, NOWHERE, .dflt_note = "`private`, or the only one", .doc = "The peering that it moves to." },
	{ "onprem", SCHEMA_RULE, SCHEMA_LIST, AT(plan_group, onprem), .object = &file, .max = 2000000, .dflt_note = "with `community`: everything in the site's prefixes",
	  .doc = "The on-premises prefixes that are announced on the circuit: `P` or `P le N`." },
	{ "cloud", SCHEMA_PREFIX, SCHEMA_LIST, AT(plan_group, cloud), .object = &file, .max = 2000000,
	  .doc = "The cloud prefixes that are accepted from the circuit; each moves in the first wave that names it." },
	{ "community", SCHEMA_COMMUNITY, 0, AT(plan_group, community),
	  .doc = "Routes that carry this community are the group's; `onprem` says then what is allowed at most." },
	{ "at_most", SCHEMA_NUMBER, 0, AT(plan_group, at_most), .min = 1, .max = 10000000, .dflt_note = "as many as `onprem` has room for",
	  .doc = "How many prefixes the rules or the community match: what is held against the provider's limit. What rules match is counted before the run changes anything." },
	{ "move", SCHEMA_WORD, 0, NOWHERE, .words = "both|import|export", .dflt = "both",
	  .doc = "The directions that move: `import` is from the site to the cloud, `export` from the cloud to the site." },
	{ "peak", SCHEMA_NUMBER, 0, AT(plan_group, peak), .min = 1, .max = 1000000, .dflt_note = "not known",
	  .doc = "Its traffic at the busiest time, in Mbit/s, of the busier way." },
};
OBJECT(group, "group", plan_group, "On-premises and cloud prefixes that move together.");

static const struct schema_field wave_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_wave, name), .doc = "Its name in this plan." },
	{ "groups", SCHEMA_REF, SCHEMA_REQUIRED | SCHEMA_LIST, NOWHERE, .min = 1, .max = 256, .doc = "The groups that move in it." },
	{ "soak", SCHEMA_MS, 0, AT(plan_wave, soak_ms), .dflt = "5m", .max = 604800000, .doc = "How long to watch before the checkpoint." },
	{ "strategy", SCHEMA_CHOICE, 0, AT(plan_wave, strategy), .words = "permit-on-circuit|unpin-from-vpn", .dflt = "permit-on-circuit",
	  .doc = "How what the cloud sends moves. `permit-on-circuit`: with the announcement on the circuit, which the cloud prefers. `unpin-from-vpn`: more-specifics hold it on the VPN while the circuit is announced, and are withdrawn group by group; for that an edge of the circuit must have a tunnel with BGP, and be able to hold prefixes (FRR)." },
	{ "hold", SCHEMA_BOOL, 0, AT(plan_wave, hold), .dflt = "false", .doc = "Wait for a go after it." },
};
OBJECT(wave, "wave", plan_wave, "The groups that move at one time.");

static const struct schema_field from_fields[] = {
	{ "host", SCHEMA_REF, 0, NOWHERE, .doc = "Name of one of `hosts`." },
	{ "ssh", SCHEMA_REF, 0, NOWHERE, .doc = "The same." },
};
OBJECT(from, "from", plan_probe, "Where a probe starts.");

static const struct schema_field probe_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_probe, name), .doc = "Its name in this plan." },
	{ "kind", SCHEMA_WORD, 0, AT(plan_probe, kind), .words = "stamp|icmp|tcp|http|tcp-flow", .dflt = "stamp",
	  .doc = "`stamp` (RFC 8762) tells loss apart per direction; the others measure the round trip: `icmp` echo, `tcp` connects, `http` gets, `tcp-flow` keeps a connection a flow to an echo service through everything." },
	{ "from", SCHEMA_OBJECT, SCHEMA_QUIET, NOWHERE, .object = &from, .dflt_note = "this machine", .doc = "Where it starts." },
	{ "source", SCHEMA_ADDRESS, 0, AT(plan_probe, source), .dflt_note = "the system's choice", .doc = "Its source address." },
	{ "to", SCHEMA_ADDRESS, SCHEMA_REQUIRED, AT(plan_probe, to), .doc = "The address that answers." },
	{ "port", SCHEMA_NUMBER, 0, AT(plan_probe, port), .min = 1, .max = 65535, .dflt_note = "stamp and tcp-flow 862, tcp 443, http 80", .doc = "Its port." },
	{ "path", SCHEMA_TEXT, 0, AT(plan_probe, path), .dflt_note = "`/`", .doc = "What an `http` probe gets." },
	{ "rate", SCHEMA_RATE, 0, AT(plan_probe, rate), .dflt_note = "stamp `100/s`, tcp-flow `50/s`, the others `10/s`", .min = 1, .max = 100000, .doc = "Packets per second, over all flows." },
	{ "flows", SCHEMA_NUMBER, 0, AT(plan_probe, flows), .dflt = "16", .min = 1, .max = 256,
	  .doc = "Source ports; one flow tests one link, so take enough. A flow is seen to fall silent after three of its packets." },
	{ "size", SCHEMA_SIZE, 0, AT(plan_probe, size), .max = 65000, .dflt_note = "the smallest", .doc = "Payload." },
	{ "df", SCHEMA_BOOL, 0, AT(plan_probe, df), .dflt = "false", .doc = "Forbid fragmentation. Every fourth packet of a flow is then small, which tells a path MTU that is too small from loss." },
	{ "group", SCHEMA_REF, 0, NOWHERE, .doc = "The group whose loss this is." },
};
OBJECT(probe, "probe", plan_probe, "A measurement that runs for the whole cutover.");

static const struct schema_field guard_fields[] = {
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan_guard, name), .doc = "Its name in this plan." },
	{ "probe", SCHEMA_REF, SCHEMA_REQUIRED, NOWHERE, .doc = "A probe, or one of these words. `sessions`: every BGP session of the plan that came up stays up. `prefixes`: none of them loses prefixes that it received, accepted or announced. `tunnels`: every IPsec tunnel that was up stays up. `counters`: the circuit carries nothing before the first wave. `maintenance`: no AS path from the circuit is longer than the peering's `max_path`. `vnet`: the fingerprint of the virtual network stays." },
	{ "lost", SCHEMA_NUMBER, 0, AT(plan_guard, lost), .max = 4294967295, .doc = "Packets lost in the window, at most. A packet counts as lost two seconds after it was sent; but flows that have had no answer for 700 ms, with more packets than that unanswered, are a breach at once." },
	{ "gap", SCHEMA_MS, 0, AT(plan_guard, gap_ms), .max = 3600000, .doc = "Longest time without an answer, at most; instead of the 700 ms. A pause of the probe itself does not count." },
	{ "rtt", SCHEMA_MS, 0, AT(plan_guard, rtt_ms), .max = 60000, .doc = "Round-trip time (99th percentile), at most." },
	{ "rtt_factor", SCHEMA_NUMBER, 0, AT(plan_guard, rtt_factor), .min = 2, .max = 1000, .doc = "Median of the round-trip time, at most so many times the baseline's." },
	{ "drop", SCHEMA_NUMBER, 0, AT(plan_guard, drop), .dflt = "0", .max = 10000000, .doc = "`prefixes`: how many a session may lose; all of them is always a breach." },
	{ "packets", SCHEMA_RATE, 0, AT(plan_guard, packets), .dflt = "20/s", .min = 1, .max = 1000000000, .doc = "`counters`: what BGP, BFD and ARP may need on an idle circuit." },
	{ "window", SCHEMA_MS, 0, AT(plan_guard, window_ms), .dflt = "5s", .min = 1000, .max = 3600000, .doc = "The time over which it is judged." },
	{ "breach", SCHEMA_CHOICE, 0, AT(plan_guard, breach), .words = "rollback|hold", .dflt_note = "`rollback`; with `maintenance` `hold`", .doc = "What a breach does." },
	{ "blind", SCHEMA_CHOICE, 0, AT(plan_guard, blind), .words = "hold|ignore", .dflt = "hold", .doc = "What losing sight does: the probe says nothing any more, its target no longer reflects, or it did not run itself." },
};
OBJECT(guard, "guard", plan_guard, "A rule over a measurement: pass, breach or blind.");

static const struct schema_field rollback_fields[] = {
	{ "automatic", SCHEMA_BOOL, 0, AT(plan_rollback, automatic), .dflt = "true", .doc = "Roll back on a breach without asking." },
	{ "to", SCHEMA_CHOICE, 0, AT(plan_rollback, to_start), .words = "last-checkpoint|start", .dflt = "last-checkpoint", .doc = "How far." },
	{ "dead_man", SCHEMA_SECONDS, 0, AT(plan_rollback, dead_man_s), .dflt = "120s", .min = 10, .max = 3600,
	  .doc = "The timer on the devices: unless cutover confirms in time, a device reverts by itself." },
	{ "on_abort", SCHEMA_CHOICE, 0, AT(plan_rollback, on_abort), .words = "hold|rollback", .dflt = "rollback", .doc = "What `cutover abort` does." },
};
OBJECT(rollback, "rollback", plan_rollback, "How to come back.");

static const struct schema_field window_fields[] = {
	{ "start", SCHEMA_TIME, SCHEMA_REQUIRED, AT(plan, window_start_us), .doc = "No change before." },
	{ "end", SCHEMA_TIME, SCHEMA_REQUIRED, AT(plan, window_end_us), .doc = "No new wave after." },
};
OBJECT(window, "window", plan, "The change window.");

static const struct schema_field finish_fields[] = {
	{ "vpn", SCHEMA_CHOICE, 0, AT(plan, finish_retire), .words = "keep|retire", .dflt = "keep",
	  .doc = "Keep the VPN as warm backup, or shut its sessions (asks for a go of its own)." },
};
OBJECT(finish, "finish", plan, "What happens when all waves have moved.");

static const struct schema_field preference_fields[] = {
	{ "circuit", SCHEMA_NUMBER, 0, AT(plan_preference, circuit), .dflt = "200", .max = 4294967295, .doc = "Routes from the circuit, on both links." },
	{ "vpn", SCHEMA_NUMBER, 0, AT(plan_preference, vpn), .dflt = "100", .max = 4294967295, .doc = "What the VPN's routes have today." },
	{ "drain", SCHEMA_NUMBER, 0, AT(plan_preference, drain), .dflt = "50", .max = 4294967295, .doc = "Routes from the circuit while it is drained." },
};
OBJECT(preference, "local_preference", plan_preference, "BGP local preference (RFC 4271, 5.1.5).");

static const struct schema_field timeouts_fields[] = {
	{ "command", SCHEMA_MS, 0, AT(plan_timeouts, command_ms), .dflt = "30s", .min = 1000, .max = 3600000, .doc = "One command on one device." },
	{ "converge", SCHEMA_MS, 0, AT(plan_timeouts, converge_ms), .dflt = "60s", .min = 1000, .max = 3600000, .doc = "Routes to reach the forwarding tables." },
	{ "established", SCHEMA_MS, 0, AT(plan_timeouts, established_ms), .dflt = "120s", .min = 1000, .max = 3600000, .doc = "A BGP session to come up." },
	{ "provider", SCHEMA_MS, 0, AT(plan_timeouts, provider_ms), .dflt = "336h", .min = 1000, .max = 2592000000, .doc = "A provider to provision a circuit. The run waits, and may be stopped and resumed meanwhile." },
};
OBJECT(timeouts, "timeouts", plan_timeouts, "How long to wait for what.");

static const struct schema_field root_fields[] = {
	{ "version", SCHEMA_NUMBER, SCHEMA_REQUIRED, NOWHERE, .min = 1, .max = 4294967295, .doc = "Version of the plan format: 1." },
	{ "name", SCHEMA_NAME, SCHEMA_REQUIRED, AT(plan, name), .doc = "The plan's name." },
	{ "change", SCHEMA_TEXT, 0, AT(plan, change), .doc = "Number of the change request, for the report." },
	{ "site", SCHEMA_OBJECT, SCHEMA_REQUIRED, AT(plan, site), .object = &site, .doc = "The on-premises network." },
	{ "azure", SCHEMA_OBJECT, SCHEMA_QUIET, AT(plan, azure), .object = &azure, .dflt_note = "required by the driver `azure`", .doc = "How to reach Azure." },
	{ "hosts", SCHEMA_OBJECT, MANY(plan, hosts), .object = &host, .max = 64, .doc = "Machines from which probes are sent." },
	{ "edges", SCHEMA_OBJECT, MANY(plan, edges), .object = &edge, .min = 1, .max = 64, .dflt_note = "required", .doc = "The border routers." },
	{ "tunnels", SCHEMA_OBJECT, MANY(plan, tunnels), .object = &tunnel, .min = 1, .max = 64, .dflt_note = "required", .doc = "The existing VPN." },
	{ "circuits", SCHEMA_OBJECT, MANY(plan, circuits), .object = &circuit, .min = 1, .max = 16, .dflt_note = "required", .doc = "The private connections to move to." },
	{ "vnet", SCHEMA_OBJECT, SCHEMA_QUIET, AT(plan, vnet), .object = &vnet, .doc = "The virtual network." },
	{ "groups", SCHEMA_OBJECT, MANY(plan, groups), .object = &group, .min = 1, .max = 256, .dflt_note = "required", .doc = "What moves together." },
	{ "waves", SCHEMA_OBJECT, MANY(plan, waves), .object = &wave, .min = 1, .max = 256, .dflt_note = "required", .doc = "In which order." },
	{ "probes", SCHEMA_OBJECT, MANY(plan, probes), .object = &probe, .max = 256, .doc = "What is measured." },
	{ "guards", SCHEMA_OBJECT, MANY(plan, guards), .object = &guard, .max = 256, .doc = "What stops the run." },
	{ "rollback", SCHEMA_OBJECT, 0, AT(plan, rollback), .object = &rollback, .doc = "How to come back." },
	{ "window", SCHEMA_OBJECT, SCHEMA_QUIET, .offset = 0, .object = &window, .dflt_note = "any time", .doc = "The change window." },
	{ "finish", SCHEMA_OBJECT, 0, .offset = 0, .object = &finish, .doc = "What happens at the end." },
	{ "baseline", SCHEMA_MS, 0, AT(plan, baseline_ms), .dflt = "60s", .max = 86400000, .doc = "How long to measure before the first change." },
	{ "approvals", SCHEMA_NUMBER, 0, AT(plan, approvals), .dflt = "0", .max = 16, .doc = "How many people must have approved exactly this plan (`cutover approve PLAN`) before a run may begin." },
	{ "local_preference", SCHEMA_OBJECT, 0, AT(plan, preference), .object = &preference, .doc = "BGP local preferences." },
	{ "timeouts", SCHEMA_OBJECT, 0, AT(plan, timeouts), .object = &timeouts, .doc = "How long to wait." },
};
OBJECT(root, "plan", plan, "A migration plan.");

/* clang-format on */

const struct schema_object *schema_root(void)
{
	return &root;
}
