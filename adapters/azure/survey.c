/*
 * survey.c - reads a resource group for 'cutover discover'
 *
 * The ExpressRoute gateway, or else the VPN gateway, says which virtual network
 * is meant.  Only GETs; keys and passwords are not taken over.
 *
 * Ownership: the caller releases *ret.
 */
#include "adapters/azure/survey.h"

#include <string.h>

#include "adapters/azure/id.h"
#include "adapters/azure/preflight.h"
#include "adapters/azure/shape.h"
#include "orchestrator/base/clock.h"

#define MOST_US (300 * 1000000LL)

struct survey {
	struct arm *arm;
	char *group; /* path of the resource group */
	json_t *out;
	const json_t *express, *vpn; /* gateways; borrowed */
};

static bool list(struct survey *s, const char *type, json_t **ret,
		 struct err *e)
{
	mem_auto_free char *path =
		mem_format("%s" AZURE_NETWORK "%s", s->group, type);

	return arm_list(s->arm, path, ret, e);
}

static void put(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, json_string(value));
}

/* ---- gateways and their network ---- */

static void pick_gateways(struct survey *s, const json_t *all)
{
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)all, i, v)
	{
		const char *type = shape_text(v, "gatewayType");

		if (!s->express && strcmp(type, "ExpressRoute") == 0)
			s->express = v;
		if (!s->vpn && strcmp(type, "Vpn") == 0)
			s->vpn = v;
	}
}

/* 'A,B': an active-active gateway has two addresses. */
static void add_vpn(struct survey *s)
{
	const json_t *bgp = json_peek(shape_properties(s->vpn), "bgpSettings");
	const char *text = json_peek_str(bgp, "bgpPeeringAddress", "");
	json_t *addresses = json_array();

	while (*text) {
		size_t n = strcspn(text, ", ");

		if (n)
			json_array_append_new(addresses, json_stringn(text, n));
		text += n + (text[n] != '\0');
	}
	json_object_set_new(s->out, "vpn",
			    json_pack("{s:I,s:o}", "asn",
				      json_peek_int(bgp, "asn", 65515),
				      "addresses", addresses));
}

static const char *first_machine(const json_t *vnet)
{
	json_t *s, *c;
	size_t i, k;

	json_array_foreach(json_peek(shape_properties(vnet), "subnets"), i, s)
	{
		json_array_foreach(
			json_peek(shape_properties(s), "ipConfigurations"), k,
			c)
		{
			const char *a = shape_text(c, "privateIPAddress");

			if (*a && strcmp(json_peek_str(s, "name", ""),
					 "GatewaySubnet") != 0)
				return a;
		}
	}
	return "";
}

static bool add_vnet(struct survey *s, const json_t *gateway, struct err *e)
{
	mem_auto_free char *id = preflight_vnet(gateway);
	const json_t *space;
	json_auto *vnet = NULL;

	if (!id)
		return err_set(e, ERR_INVALID,
			       "gateway '%s' does not say which network it is "
			       "in",
			       json_peek_str(gateway, "name", "?"));
	if (!arm_get(s->arm, id, "$expand=subnets/ipConfigurations", &vnet, e))
		return false;
	space = json_peek(json_peek(shape_properties(vnet), "addressSpace"),
			  "addressPrefixes");
	json_object_set_new(s->out, "vnet",
			    json_pack("{s:s,s:O*}", "name", id_name(id),
				      "prefixes", space));
	put(s->out, "machine", first_machine(vnet));
	return true;
}

static json_t *texts(const struct state_list *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a, json_string(l->v[i]));
	return a;
}

static bool add_gateways(struct survey *s, struct err *e)
{
	const json_t *one = s->express ? s->express : s->vpn;
	struct state_list traps = {0}, notes = {0};
	bool ok;

	if (!one)
		return err_set(e, ERR_INVALID,
			       "there is no gateway in resource group '%s'",
			       id_name(s->group));
	put(s->out, "location", json_peek_str(one, "location", ""));
	if (s->express)
		put(s->out, "gateway", json_peek_str(s->express, "name", ""));
	if (s->vpn)
		add_vpn(s);
	ok = add_vnet(s, one, e) &&
	     preflight_read(s->arm, one, &traps, &notes, e);
	json_object_set_new(s->out, "traps", texts(&traps));
	json_object_set_new(s->out, "notes", texts(&notes));
	state_list_done(&traps);
	state_list_done(&notes);
	return ok;
}

/* ---- connections and circuits ---- */

static const char *end_of(const json_t *connection, const char *key)
{
	return json_peek_str(json_peek(shape_properties(connection), key), "id",
			     "");
}

static void add_connections(struct survey *s, const json_t *all)
{
	json_t *names = json_array(), *v;
	const char *vpn = json_peek_str(s->vpn, "id", "");
	size_t i;

	json_array_foreach((json_t *)all, i, v)
	{
		if (strcmp(shape_text(v, "connectionType"), "IPsec") == 0 &&
		    id_same(end_of(v, "virtualNetworkGateway1"), vpn))
			json_array_append_new(names, json_string(json_peek_str(
							     v, "name", "?")));
	}
	json_object_set_new(s->out, "connections", names);
}

static bool is_attached(const json_t *circuit, const json_t *connections)
{
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)connections, i, v)
	{
		if (id_same(end_of(v, "peer"),
			    json_peek_str(circuit, "id", "")))
			return true;
	}
	return false;
}

static const json_t *private_of(const json_t *circuit)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_peek(shape_properties(circuit), "peerings"), i,
			   v)
	{
		if (strcmp(json_peek_str(v, "name", ""),
			   "AzurePrivatePeering") == 0)
			return v;
	}
	return NULL;
}

static json_t *circuit_of(const json_t *c, const json_t *connections)
{
	const json_t *p = private_of(c);
	bool theirs =
		p && strcmp(shape_text(p, "lastModifiedBy"), "Customer") != 0 &&
		*shape_text(p, "lastModifiedBy");
	json_t *o = json_pack(
		"{s:s,s:b,s:s,s:s,s:s}", "name", json_peek_str(c, "name", "?"),
		"attached", is_attached(c, connections), "model",
		theirs ? "network-service" : "exchange", "tier",
		json_peek_str(json_peek(c, "sku"), "tier", ""), "provisioning",
		shape_text(c, "serviceProviderProvisioningState"));

	if (p) {
		json_object_set_new(o, "vlan",
				    json_integer(json_peek_int(
					    shape_properties(p), "vlanId", 0)));
		put(o, "primary", shape_text(p, "primaryPeerAddressPrefix"));
		put(o, "secondary",
		    shape_text(p, "secondaryPeerAddressPrefix"));
	}
	return o;
}

static bool add_circuits(struct survey *s, struct err *e)
{
	json_auto *circuits = NULL;
	json_auto *connections = NULL;
	json_t *found = json_array(), *v;
	size_t i;

	json_object_set_new(s->out, "circuits", found);
	if (!list(s, ID_CIRCUIT, &circuits, e) ||
	    !list(s, ID_CONNECTION, &connections, e))
		return false;
	json_array_foreach(circuits, i, v)
		json_array_append_new(found, circuit_of(v, connections));
	add_connections(s, connections);
	return true;
}

static bool survey(struct survey *s, struct err *e)
{
	json_auto *gateways = NULL;
	bool ok;

	if (!list(s, ID_GATEWAY, &gateways, e))
		return false;
	pick_gateways(s, gateways);
	ok = add_gateways(s, e) && add_circuits(s, e);
	s->express = s->vpn = NULL;
	return ok;
}

bool azure_survey(const struct target *t, json_t **ret, struct err *e)
{
	struct adapter_ctx c = {.target = t};
	struct survey s = {0};
	bool ok = false;

	c.deadline_us = clock_mono_us() + MOST_US;
	if (!arm_check(t, e) || !(s.arm = arm_new(t, e)))
		return false;
	s.arm->ctx = &c;
	s.group = mem_format("/subscriptions/%s/resourceGroups/%s",
			     target_param(t, "subscription", ""),
			     target_param(t, "resource_group", ""));
	s.out = json_object();
	if (auth_token(s.arm->auth, c.deadline_us, e))
		ok = survey(&s, e);
	arm_free(s.arm);
	free(s.group);
	if (ok)
		*ret = s.out;
	else
		json_decref(s.out);
	return ok;
}
