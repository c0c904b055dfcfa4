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

static void subnet_traps(const json_t *vnet, struct state_list *ret)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_peek(shape_properties(vnet), "subnets"), i, v)
	{
		struct prefix p;

		if (strcmp(json_peek_str(v, "name", ""), "GatewaySubnet") != 0)
			continue;
		if (prefix_parse(shape_text(v, "addressPrefix"), &p, NULL) &&
		    p.family == 4 && p.len > 27)
			trap(ret,
			     "GatewaySubnet is a /%u: two gateways need a /27 "
			     "or larger; enlarging it means deleting both "
			     "gateways, an outage of about two hours: plan "
			     "that as a change of its own",
			     p.len);
		if (*json_peek_str(json_peek(shape_properties(v), "routeTable"),
				   "id", ""))
			trap(ret,
			     "GatewaySubnet has a route table: it must not "
			     "hold 0.0.0.0/0 or the subnet itself, nor "
			     "disable propagation");
		return;
	}
	trap(ret, "the virtual network has no GatewaySubnet");
}

void traps_gateway(const json_t *gateways, const json_t *vnet,
		   struct state_list *ret)
{
	size_t express = 0, i;
	json_t *g;

	json_array_foreach((json_t *)gateways, i, g)
	{
		if (strcmp(shape_text(g, "gatewayType"), "Vpn") == 0)
			vpn_traps(g, ret);
		else if (strcmp(shape_text(g, "gatewayType"), "ExpressRoute") ==
			 0)
			express++;
		if (!shape_is_good(g))
			trap(ret, "gateway '%s' is '%s', not Succeeded",
			     json_peek_str(g, "name", "?"),
			     shape_text(g, "provisioningState"));
	}
	if (!express)
		trap(ret, "there is no ExpressRoute gateway: create one first "
			  "(45 minutes, billed from then on)");
	if (vnet)
		subnet_traps(vnet, ret);
}
