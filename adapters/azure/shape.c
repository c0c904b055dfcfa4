/*
 * shape.c - what Azure answers, as typed states
 *
 * The fingerprint of a circuit or gateway holds what must not change while we
 * work and is not ours: size and kind, authorizations by name, peerings that
 * the plan does not keep.  Keys and counters are never in it.
 *
 * A connection is ours when it carries our tag with the circuit's name: the
 * tag is set with the same request that makes it, so that after a crash at any
 * moment it is known whose it is.
 */
#include "adapters/azure/shape.h"

#include <string.h>

#include "adapters/azure/id.h"
#include "orchestrator/model/prefix.h"

#define TAG "cutover"

json_t *shape_properties(const json_t *r)
{
	return json_peek(r, "properties");
}

const char *shape_text(const json_t *r, const char *key)
{
	return json_peek_str(shape_properties(r), key, "");
}

bool shape_is_moving(const json_t *r)
{
	const char *s = shape_text(r, "provisioningState");

	return strcmp(s, "Updating") == 0 || strcmp(s, "Deleting") == 0 ||
	       strcmp(s, "Creating") == 0 || strcmp(s, "Migrating") == 0;
}

bool shape_is_good(const json_t *r)
{
	return strcmp(shape_text(r, "provisioningState"), "Succeeded") == 0;
}

const char *shape_peering_name(const char *domain)
{
	if (domain && strcmp(domain, "private") == 0)
		return "AzurePrivatePeering";
	if (domain && strcmp(domain, "microsoft") == 0)
		return "MicrosoftPeering";
	return NULL;
}

static char *etag_of(const json_t *r)
{
	return mem_strdup(json_peek_str(r, "etag", NULL));
}

static void keep(json_t *to, const json_t *from, const char *key)
{
	json_t *v = json_peek(from, key);

	if (v && !json_is_null(v))
		json_object_set(to, key, v);
}

/* ---- circuits ---- */

static bool is_kept(const json_t *peering, const struct state_list *ours)
{
	const char *name = json_peek_str(peering, "name", "");

	for (size_t i = 0; i < ours->n; i++) {
		const char *n = shape_peering_name(ours->v[i]);

		if (n && strcmp(n, name) == 0)
			return true;
	}
	return false;
}

static json_t *foreign_peerings(const json_t *p, const struct state_list *ours)
{
	static const char *const keys[] = {"state",
					   "peerASN",
					   "vlanId",
					   "primaryPeerAddressPrefix",
					   "secondaryPeerAddressPrefix",
					   "routeFilter",
					   "ipv6PeeringConfig"};
	json_t *all = json_object(), *v;
	size_t i;

	json_array_foreach(json_peek(p, "peerings"), i, v)
	{
		const char *name = json_peek_str(v, "name", "");
		json_t *one;

		if (is_kept(v, ours))
			continue;
		one = json_object();
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			keep(one, shape_properties(v), keys[k]);
		json_object_set_new(all, name, one);
	}
	return all;
}

static json_t *names_of(const json_t *list)
{
	json_t *names = json_object(), *v;
	size_t i;

	json_array_foreach((json_t *)list, i, v) json_object_set_new(
		names, json_peek_str(v, "name", "?"), json_true());
	return names;
}

static char *circuit_fingerprint(const json_t *r, const struct state_list *ours)
{
	const json_t *p = shape_properties(r);
	json_auto *f = json_object();

	keep(f, r, "location");
	keep(f, r, "sku");
	keep(f, p, "serviceProviderProperties");
	keep(f, p, "expressRoutePort");
	keep(f, p, "bandwidthInGbps");
	keep(f, p, "globalReachEnabled");
	keep(f, p, "allowClassicOperations");
	json_object_set_new(f, "authorizations",
			    names_of(json_peek(p, "authorizations")));
	json_object_set_new(f, "otherPeerings", foreign_peerings(p, ours));
	return json_text_canonical(f);
}

/* ExpressRoute Direct has no provider: there it is enabled or it is not. */
static const char *provider_state(const json_t *r)
{
	const char *s = shape_text(r, "serviceProviderProvisioningState");
	const char *own = shape_text(r, "circuitProvisioningState");

	if (strcmp(shape_text(r, "provisioningState"), "Failed") == 0)
		return "Failed";
	if (strcmp(own, "Enabled") != 0)
		return *own ? own : "NotProvisioned";
	return *s ? s : "Provisioned";
}

void shape_circuit(const json_t *r, const struct state_list *links,
		   const struct state_list *ours, struct state_circuit *ret)
{
	const char *s = provider_state(r);

	ret->provisioning = mem_strdup(s);
	for (size_t i = 0; strcmp(s, "Provisioned") == 0 && i < links->n; i++)
		state_list_add(&ret->links, links->v[i]);
	ret->fingerprint = circuit_fingerprint(r, ours);
	ret->etag = etag_of(r);
}

static uint32_t number(const json_t *j, const char *key)
{
	json_int_t n = json_peek_int(j, key, 0);

	return n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* As the plan would write it, so that it can be compared. */
static char *canonical_prefix(const json_t *p, const char *key)
{
	const char *text = json_peek_str(p, key, NULL);
	char out[PREFIX_TEXT_MAX];
	struct prefix pr;

	if (!text || !*text)
		return NULL;
	return mem_strdup(prefix_parse(text, &pr, NULL) ? prefix_text(&pr, out)
							: text);
}

static void microsoft_part(const json_t *p, struct state_peering *ret)
{
	const json_t *m = json_peek(p, "microsoftPeeringConfig");
	const char *filter =
		json_peek_str(json_peek(p, "routeFilter"), "id", NULL);
	json_t *v;
	size_t i;

	json_array_foreach(json_peek(m, "advertisedPublicPrefixes"), i, v)
	{
		if (json_is_string(v))
			state_list_add(&ret->advertised, json_string_value(v));
	}
	ret->registry =
		mem_strdup(json_peek_str(m, "routingRegistryName", NULL));
	ret->validation = mem_strdup(
		json_peek_str(m, "advertisedPublicPrefixesState", NULL));
	ret->route_filter = mem_strdup(filter);
}

void shape_peering(const json_t *r, const char *domain,
		   struct state_peering *ret)
{
	const json_t *p = shape_properties(r);

	ret->domain = mem_strdup(domain);
	ret->asn = number(p, "azureASN");
	ret->peer_asn = number(p, "peerASN");
	ret->vlan = number(p, "vlanId");
	ret->primary = canonical_prefix(p, "primaryPeerAddressPrefix");
	ret->secondary = canonical_prefix(p, "secondaryPeerAddressPrefix");
	ret->enabled = strcmp(shape_text(r, "state"), "Enabled") == 0 &&
		       shape_is_good(r);
	microsoft_part(p, ret);
	ret->owner = mem_strdup(json_peek_str(p, "lastModifiedBy", NULL));
	ret->etag = etag_of(r);
}

json_t *shape_peering_body(const struct state_peering *p, const char *secret)
{
	json_t *b = json_pack("{s:s,s:I,s:s*,s:s*,s:I}", "state", "Enabled",
			      "peerASN", (json_int_t)p->peer_asn,
			      "primaryPeerAddressPrefix", p->primary,
			      "secondaryPeerAddressPrefix", p->secondary,
			      "vlanId", (json_int_t)p->vlan);

	if (secret)
		json_object_set_new(b, "sharedKey", json_string(secret));
	if (p->advertised.n) {
		json_t *list = json_array();

		for (size_t i = 0; i < p->advertised.n; i++)
			json_array_append_new(list,
					      json_string(p->advertised.v[i]));
		json_object_set_new(
			b, "microsoftPeeringConfig",
			json_pack("{s:o,s:I,s:s*}", "advertisedPublicPrefixes",
				  list, "customerASN", (json_int_t)p->peer_asn,
				  "routingRegistryName", p->registry));
	}
	if (p->route_filter)
		json_object_set_new(b, "routeFilter",
				    json_pack("{s:s}", "id", p->route_filter));
	return json_pack("{s:o}", "properties", b);
}

/* ---- gateways ---- */

static char *gateway_fingerprint(const json_t *r)
{
	static const char *const keys[] = {
		"gatewayType",	"vpnType",	"enableBgp",
		"activeActive", "customRoutes", "allowVirtualWanTraffic",
		"adminState",	"natRules",	"allowRemoteVnetTraffic"};
	const json_t *p = shape_properties(r);
	json_auto *f = json_object();
	json_t *v;
	size_t i;

	keep(f, r, "location");
	for (i = 0; i < ARRAY_LEN(keys); i++)
		keep(f, p, keys[i]);
	json_object_set_new(
		f, "sku",
		json_string(json_peek_str(json_peek(p, "sku"), "name", "")));
	json_object_set_new(f, "asn",
			    json_integer(json_peek_int(
				    json_peek(p, "bgpSettings"), "asn", 0)));
	json_array_foreach(json_peek(p, "ipConfigurations"), i, v)
	{
		json_object_set_new(
			f, json_peek_str(v, "name", "?"),
			json_string(json_peek_str(
				json_peek(shape_properties(v), "subnet"), "id",
				"")));
	}
	return json_text_canonical(f);
}

void shape_gateway(const json_t *r, struct state_gateway *ret)
{
	const json_t *p = shape_properties(r);

	ret->type = mem_strdup(shape_text(r, "gatewayType"));
	ret->sku = mem_strdup(json_peek_str(json_peek(p, "sku"), "name", ""));
	ret->provisioning = mem_strdup(shape_text(r, "provisioningState"));
	ret->fingerprint = gateway_fingerprint(r);
	ret->location = mem_strdup(json_peek_str(r, "location", ""));
	ret->etag = etag_of(r);
}

/* ---- connections ---- */

static const char *id_at(const json_t *r, const char *key)
{
	return json_peek_str(json_peek(shape_properties(r), key), "id", "");
}

bool shape_attachment(const json_t *r, const char *circuit,
		      struct state_attachment *ret, struct err *e)
{
	const char *name = json_peek_str(r, "name", "?");
	const char *type = shape_text(r, "connectionType");
	mem_auto_free char *port = NULL;

	if (strcmp(type, "ExpressRoute") != 0)
		return err_set(e, ERR_REFUSED,
			       "connection '%s' is of type '%s', not "
			       "ExpressRoute: choose another name for the "
			       "attachment",
			       name, type);
	if (!id_same(id_at(r, "peer"), circuit))
		return err_set(e, ERR_REFUSED,
			       "connection '%s' leads to another circuit "
			       "('%.300s'): choose another name for the "
			       "attachment",
			       name, id_at(r, "peer"));
	ret->attached = shape_is_good(r);
	ret->failed = !ret->attached;
	port = mem_format("%s %s", name, shape_text(r, "connectionStatus"));
	state_list_add(&ret->ports, port);
	ret->etag = etag_of(r);
	return true;
}

bool shape_is_ours(const json_t *connection, const char *mark)
{
	const char *tag =
		json_peek_str(json_peek(connection, "tags"), TAG, NULL);

	return tag && strcmp(tag, mark) == 0;
}

json_t *shape_connection_body(const char *circuit, const char *gateway,
			      const char *location, const char *mark,
			      const char *authorization)
{
	json_t *p = json_pack(
		"{s:s,s:{s:s,s:{}},s:{s:s},s:i}", "connectionType",
		"ExpressRoute", "virtualNetworkGateway1", "id", gateway,
		"properties", "peer", "id", circuit, "routingWeight", 0);

	if (authorization)
		json_object_set_new(p, "authorizationKey",
				    json_string(authorization));
	return json_pack("{s:s,s:{s:s},s:o}", "location", location, "tags", TAG,
			 mark, "properties", p);
}

bool shape_tunnel(const json_t *r, struct state_tunnel *ret, struct err *e)
{
	const json_t *p = shape_properties(r);
	const char *type = shape_text(r, "connectionType");
	json_int_t in = json_peek_int(p, "ingressBytesTransferred", 0);
	json_int_t out = json_peek_int(p, "egressBytesTransferred", 0);

	if (strcmp(type, "IPsec") != 0)
		return err_set(e, ERR_REFUSED,
			       "connection '%s' is of type '%s', not IPsec: it "
			       "is no tunnel",
			       json_peek_str(r, "name", "?"), type);
	ret->up = strcmp(shape_text(r, "connectionStatus"), "Connected") == 0;
	ret->bytes_in = in > 0 ? (uint64_t)in : 0;
	ret->bytes_out = out > 0 ? (uint64_t)out : 0;
	return true;
}
