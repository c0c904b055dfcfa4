/*
 * vnet.c - what of a virtual network must stay exactly as it is
 *
 * Address spaces, DNS, every subnet but GatewaySubnet with its security group,
 * route table, NAT gateway, service endpoints, delegations, and the addresses
 * and ids of what is plugged into it; peerings with the flags that decide who
 * uses whose gateway.  Lists whose order the service does not keep are sorted.
 *
 * Liveness, not identity: etags, provisioning states, sync levels.
 */
#include "adapters/azure/vnet.h"

#include <string.h>

#include "adapters/azure/shape.h"
#include "orchestrator/base/digest.h"

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s + 'a' - 'A');
}

static json_t *lowered(const char *s)
{
	mem_auto_free char *copy = mem_strdup(s);

	lower(copy);
	return json_string(copy);
}

/* {'id': true, ..}: a set, whatever order it came in. */
static json_t *id_set(const json_t *list)
{
	json_t *set = json_object(), *v;
	size_t i;

	json_array_foreach((json_t *)list, i, v)
	{
		mem_auto_free char *id = mem_strdup(json_peek_str(v, "id", ""));

		lower(id);
		json_object_set_new(set, id, json_true());
	}
	return set;
}

static json_t *plugged(const json_t *list)
{
	json_t *set = json_object(), *v;
	size_t i;

	json_array_foreach((json_t *)list, i, v)
	{
		const char *a = shape_text(v, "privateIPAddress");
		mem_auto_free char *id = mem_strdup(json_peek_str(v, "id", ""));

		lower(id);
		json_object_set_new(set, id, json_string(a));
	}
	return set;
}

static void copy(json_t *to, const json_t *from, const char *key)
{
	json_t *v = json_peek(from, key);

	if (v && !json_is_null(v))
		json_object_set(to, key, v);
}

static void copy_ref(json_t *to, const json_t *from, const char *key)
{
	const char *id = json_peek_str(json_peek(from, key), "id", NULL);

	if (id)
		json_object_set_new(to, key, lowered(id));
}

/* The names of the services, or of whatever else a list is of. */
static void copy_names(json_t *to, const json_t *from, const char *key,
		       const char *name)
{
	json_t *set = json_object(), *v;
	size_t i;

	json_array_foreach(json_peek(from, key), i, v)
	{
		const char *s = json_peek_str(v, name, NULL);

		if (!s)
			s = json_peek_str(shape_properties(v), name, "?");
		json_object_set_new(set, s, json_true());
	}
	json_object_set_new(to, key, set);
}

static json_t *subnet_of(const json_t *s)
{
	const json_t *p = shape_properties(s);
	json_t *o = json_object();

	json_object_set_new(o, "id", lowered(json_peek_str(s, "id", "")));
	copy(o, p, "addressPrefix");
	copy(o, p, "addressPrefixes");
	copy_ref(o, p, "networkSecurityGroup");
	copy_ref(o, p, "routeTable");
	copy_ref(o, p, "natGateway");
	copy_names(o, p, "serviceEndpoints", "service");
	copy_names(o, p, "delegations", "serviceName");
	json_object_set_new(o, "privateEndpoints",
			    id_set(json_peek(p, "privateEndpoints")));
	json_object_set_new(o, "plugged",
			    plugged(json_peek(p, "ipConfigurations")));
	return o;
}

static json_t *peering_of(const json_t *s)
{
	static const char *const keys[] = {
		"allowVirtualNetworkAccess", "allowForwardedTraffic",
		"allowGatewayTransit",	     "useRemoteGateways",
		"remoteAddressSpace",	     "peeringState"};
	const json_t *p = shape_properties(s);
	json_t *o = json_object();

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		copy(o, p, keys[i]);
	copy_ref(o, p, "remoteVirtualNetwork");
	return o;
}

static json_t *members(const json_t *list, const char *but,
		       json_t *(*of)(const json_t *))
{
	json_t *all = json_object(), *v;
	size_t i;

	json_array_foreach((json_t *)list, i, v)
	{
		const char *name = json_peek_str(v, "name", "?");

		if (!but || strcmp(name, but) != 0)
			json_object_set_new(all, name, of(v));
	}
	return all;
}

static char *identity_of(const json_t *vnet)
{
	const json_t *p = shape_properties(vnet);
	json_auto *o = json_object();

	json_object_set_new(o, "id", lowered(json_peek_str(vnet, "id", "")));
	copy(o, vnet, "location");
	copy(o, p, "resourceGuid");
	copy(o, p, "addressSpace");
	copy(o, p, "dhcpOptions");
	copy(o, p, "enableDdosProtection");
	copy_ref(o, p, "ddosProtectionPlan");
	copy(o, p, "encryption");
	json_object_set_new(
		o, "community",
		json_string(json_peek_str(json_peek(p, "bgpCommunities"),
					  "virtualNetworkCommunity", "")));
	json_object_set_new(
		o, "subnets",
		members(json_peek(p, "subnets"), "GatewaySubnet", subnet_of));
	json_object_set_new(o, "peerings",
			    members(json_peek(p, "virtualNetworkPeerings"),
				    NULL, peering_of));
	return json_text_canonical(o);
}

bool vnet_identity(const json_t *vnet, struct state_vnet *ret, struct err *e)
{
	const json_t *p = shape_properties(vnet);
	char hex[DIGEST_HEX];
	json_auto *live = NULL;

	if (!json_is_array(json_peek(p, "subnets")) ||
	    !json_peek(p, "addressSpace"))
		return err_set(e, ERR_INVALID,
			       "virtual network '%s': the answer has no "
			       "'subnets' or no 'addressSpace'",
			       json_peek_str(vnet, "name", "?"));
	live = json_pack("{s:s,s:s}", "etag", json_peek_str(vnet, "etag", ""),
			 "provisioningState",
			 shape_text(vnet, "provisioningState"));
	ret->identity = identity_of(vnet);
	digest_sha256_hex(ret->identity, strlen(ret->identity), hex);
	ret->digest = mem_strdup(hex);
	ret->liveness = json_text_canonical(live);
	return true;
}
