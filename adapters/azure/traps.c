/*
 * traps.c - what stands in the way of an ExpressRoute gateway
 *
 * Each line says what is wrong and which change of its own would put it right;
 * cutover makes none of them.
 *
 * Pure.
 */
#include "adapters/azure/traps.h"

#include <string.h>

#include "adapters/azure/id.h"
#include "adapters/azure/shape.h"
#include "orchestrator/model/prefix.h"

static void trap(struct state_list *to, const char *fmt, ...) mem_printf(2, 3);
static void trap(struct state_list *to, const char *fmt, ...)
{
	mem_auto_free char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = mem_vformat(fmt, ap);
	va_end(ap);
	state_list_add(to, s);
}

static void vpn_traps(const json_t *g, struct state_list *ret)
{
	const char *name = json_peek_str(g, "name", "?");
	const char *sku = json_peek_str(json_peek(shape_properties(g), "sku"),
					"name", "");

	if (strcmp(shape_text(g, "vpnType"), "PolicyBased") == 0)
		trap(ret,
		     "VPN gateway '%s' is policy-based: it cannot stand beside "
		     "an ExpressRoute gateway and cannot be converted; "
		     "rebuilding it takes about an hour without a VPN and "
		     "changes its public address: plan that as a change of "
		     "its own",
		     name);
	if (strcmp(sku, "Basic") == 0)
		trap(ret,
		     "VPN gateway '%s' has the SKU Basic, which cannot stand "
		     "beside an ExpressRoute gateway: rebuild it as VpnGw1 or "
		     "larger in a change of its own",
		     name);
}

/* A subnet may hold several prefixes; two that adjoin do not count as one. */
static bool holds_27(const json_t *subnet)
{
	const json_t *p = shape_properties(subnet);
	json_t *v;
	size_t i;
	struct prefix pr;

	if (prefix_parse(shape_text(subnet, "addressPrefix"), &pr, NULL))
		return pr.family != 4 || pr.len <= 27;
	json_array_foreach(json_peek(p, "addressPrefixes"), i, v)
	{
		if (json_is_string(v) &&
		    prefix_parse(json_string_value(v), &pr, NULL) &&
		    pr.family == 4 && pr.len <= 27)
			return true;
	}
	return false;
}

static void subnet_traps(const json_t *vnet, struct state_list *ret)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_peek(shape_properties(vnet), "subnets"), i, v)
	{
		if (strcmp(json_peek_str(v, "name", ""), "GatewaySubnet") != 0)
			continue;
		if (!holds_27(v))
			trap(ret,
			     "GatewaySubnet ('%s') is smaller than a /27: two "
			     "gateways need a /27 or larger; enlarging it "
			     "means deleting both gateways, an outage of about "
			     "two hours: plan that as a change of its own",
			     shape_text(v, "addressPrefix"));
		return;
	}
	trap(ret, "the virtual network has no GatewaySubnet");
}

void traps_gateway(const json_t *gateways, const json_t *vnet,
		   struct state_list *ret)
{
	size_t express = 0, vpn = 0, i;
	json_t *g;

	json_array_foreach((json_t *)gateways, i, g)
	{
		if (strcmp(shape_text(g, "gatewayType"), "Vpn") == 0) {
			vpn_traps(g, ret);
			vpn++;
		}
		if (strcmp(shape_text(g, "gatewayType"), "ExpressRoute") == 0)
			express++;
		if (!shape_is_good(g))
			trap(ret, "gateway '%s' is '%s', not Succeeded",
			     json_peek_str(g, "name", "?"),
			     shape_text(g, "provisioningState"));
	}
	if (express > 1 || vpn > 1)
		trap(ret,
		     "the virtual network has %zu ExpressRoute and %zu VPN "
		     "gateways; it may have one of a type",
		     express, vpn);
	if (!express)
		trap(ret, "there is no ExpressRoute gateway: create one first "
			  "(45 minutes, billed from then on)");
	if (vnet)
		subnet_traps(vnet, ret);
}

/* ---- routes ---- */

static const char *next_hop(const json_t *route)
{
	return shape_text(route, "nextHopType");
}

static void gateway_subnet_routes(const json_t *table, struct state_list *traps)
{
	const json_t *p = shape_properties(table);
	const char *name = json_peek_str(table, "name", "?");
	json_t *v;
	size_t i;

	if (json_peek_bool(p, "disableBgpRoutePropagation", false))
		trap(traps,
		     "route table '%s' on GatewaySubnet disables route "
		     "propagation: the gateways do not work so",
		     name);
	json_array_foreach(json_peek(p, "routes"), i, v)
	{
		if (strcmp(shape_text(v, "addressPrefix"), "0.0.0.0/0") == 0)
			trap(traps,
			     "route table '%s' on GatewaySubnet has a route of "
			     "its own for 0.0.0.0/0: the gateways do not work "
			     "so",
			     name);
	}
}

void traps_routes(const char *subnet, const json_t *table,
		  struct state_list *traps, struct state_list *notes)
{
	const json_t *p = shape_properties(table);
	const char *name = json_peek_str(table, "name", "?");
	json_t *v;
	size_t i;

	if (strcmp(subnet, "GatewaySubnet") == 0) {
		gateway_subnet_routes(table, traps);
		return;
	}
	if (json_peek_bool(p, "disableBgpRoutePropagation", false))
		trap(notes,
		     "subnet '%s' does not move: route table '%s' disables "
		     "route propagation, so it learns nothing from either "
		     "gateway",
		     subnet, name);
	json_array_foreach(json_peek(p, "routes"), i, v)
	{
		const char *to = shape_text(v, "addressPrefix");

		if (strcmp(next_hop(v), "VirtualNetworkGateway") == 0)
			trap(notes,
			     "subnet '%s' does not move for %s: route table "
			     "'%s' sends that to the VPN gateway, whatever BGP "
			     "says",
			     subnet, to, name);
		else if (strcmp(next_hop(v), "VirtualAppliance") == 0)
			trap(notes,
			     "subnet '%s' reaches %s through the appliance %s "
			     "(route table '%s'): whether it moves is that "
			     "appliance's matter, and it must see both ways",
			     subnet, to, shape_text(v, "nextHopIpAddress"),
			     name);
	}
}

void traps_spokes(const json_t *vnet, struct state_list *notes)
{
	json_t *v;
	size_t i;

	json_array_foreach(
		json_peek(shape_properties(vnet), "virtualNetworkPeerings"), i,
		v)
	{
		const json_t *p = shape_properties(v);

		if (json_peek_bool(p, "allowGatewayTransit", false))
			trap(notes,
			     "peering '%s': a network behind it that uses "
			     "these gateways moves together with this one, and "
			     "its prefixes are announced on the circuit too",
			     json_peek_str(v, "name", "?"));
		if (json_peek_bool(p, "useRemoteGateways", false))
			trap(notes,
			     "peering '%s' uses the gateways of another "
			     "network: this one's are not what it follows",
			     json_peek_str(v, "name", "?"));
	}
}

void traps_fast_path(const json_t *connections, const char *gateway,
		     struct state_list *notes)
{
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)connections, i, v)
	{
		const json_t *p = shape_properties(v);
		const char *at = json_peek_str(
			json_peek(p, "virtualNetworkGateway1"), "id", "");

		if (id_same(at, gateway) &&
		    json_peek_bool(p, "expressRouteGatewayBypass", false))
			trap(notes,
			     "connection '%s' has FastPath: its packets go "
			     "around the gateway, so the gateway's counters do "
			     "not show them; the connection that cutover makes "
			     "has no FastPath",
			     json_peek_str(v, "name", "?"));
	}
}
