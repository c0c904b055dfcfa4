/*
 * shape_test.c - answers of Azure, read; and answers that nobody should trust
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/azure/shape.h"
#include "adapters/azure/tables.h"
#include "adapters/azure/traps.h"
#include "adapters/azure/vnet.h"

#define SUB "/subscriptions/11111111-2222-3333-4444-555555555555"
#define NET SUB "/resourceGroups/rg-hub/providers/Microsoft.Network/"

static json_t *parse(const char *text)
{
	err_auto e = ERR_INIT;
	json_t *j = json_text_parse(text, strlen(text), &e);

	if (!j)
		fail_msg("%s", err_msg(&e));
	return j;
}

static void circuit_of(const char *text, struct resource *r)
{
	struct state_list links = {0}, ours = {0};
	json_auto *j = parse(text);

	*r = (struct resource){.kind = RESOURCE_CIRCUIT};
	state_list_add(&links, "primary");
	state_list_add(&links, "secondary");
	state_list_add(&ours, "private");
	shape_circuit(j, &links, &ours, &r->circuit);
	state_list_done(&links);
	state_list_done(&ours);
}

static void expect_circuit(const char *text, const char *state, size_t lit)
{
	struct resource r;

	circuit_of(text, &r);
	assert_string_equal(r.circuit.provisioning, state);
	assert_int_equal(r.circuit.links.n, lit);
	resource_done(&r);
}

static void test_circuit_states(void **state)
{
	(void)state;
	expect_circuit("{\"properties\":{\"circuitProvisioningState\":"
		       "\"Enabled\",\"serviceProviderProvisioningState\":"
		       "\"Provisioned\",\"provisioningState\":\"Succeeded\"}}",
		       "Provisioned", 2);
	expect_circuit("{\"properties\":{\"circuitProvisioningState\":"
		       "\"Enabled\",\"serviceProviderProvisioningState\":"
		       "\"Provisioning\"}}",
		       "Provisioning", 0);
	/* ExpressRoute Direct: nobody provisions it */
	expect_circuit("{\"properties\":{\"circuitProvisioningState\":"
		       "\"Enabled\"}}",
		       "Provisioned", 2);
	expect_circuit("{\"properties\":{\"circuitProvisioningState\":"
		       "\"Disabled\",\"serviceProviderProvisioningState\":"
		       "\"Provisioned\"}}",
		       "Disabled", 0);
	/* a change of bandwidth can leave it like this */
	expect_circuit("{\"properties\":{\"circuitProvisioningState\":"
		       "\"Enabled\",\"serviceProviderProvisioningState\":"
		       "\"Provisioned\",\"provisioningState\":\"Failed\"}}",
		       "Failed", 0);
	expect_circuit("{\"properties\":[]}", "NotProvisioned", 0);
	expect_circuit("{\"properties\":{\"circuitProvisioningState\":7}}",
		       "NotProvisioned", 0);
}

static const char circuit_fmt[] =
	"{\"etag\":\"%s\",\"location\":\"westeurope\",\"properties\":{"
	"\"circuitProvisioningState\":\"Enabled\",\"serviceKey\":\"k-%s\","
	"\"authorizations\":[{\"name\":\"%s\",\"properties\":{"
	"\"authorizationKey\":\"secret\"}}],\"peerings\":["
	"{\"name\":\"AzurePrivatePeering\",\"properties\":{\"vlanId\":%d}},"
	"{\"name\":\"MicrosoftPeering\",\"properties\":{\"vlanId\":%d}}]}}";

static char *fingerprint(const char *mark, const char *auth, int private,
			 int microsoft)
{
	mem_auto_free char *text =
		mem_format(circuit_fmt, mark, mark, auth, private, microsoft);
	struct resource r;
	char *f;

	circuit_of(text, &r);
	f = mem_strdup(r.circuit.fingerprint);
	resource_done(&r);
	assert_null(strstr(f, "secret"));
	assert_null(strstr(f, "k-"));
	return f;
}

static void test_fingerprint(void **state)
{
	mem_auto_free char *a = fingerprint("1", "partner", 100, 300);
	mem_auto_free char *ours = fingerprint("2", "partner", 101, 300);
	mem_auto_free char *theirs = fingerprint("1", "partner", 100, 301);
	mem_auto_free char *auth = fingerprint("1", "other", 100, 300);

	(void)state;
	assert_string_equal(a, ours);
	assert_string_not_equal(a, theirs);
	assert_string_not_equal(a, auth);
}

static void test_peering(void **state)
{
	json_auto *j =
		parse("{\"etag\":\"W/1\",\"properties\":{\"state\":\"Enabled\","
		      "\"provisioningState\":\"Succeeded\",\"azureASN\":12076,"
		      "\"peerASN\":65010,\"vlanId\":100,"
		      "\"primaryPeerAddressPrefix\":\"172.16.0.0/30\","
		      "\"secondaryPeerAddressPrefix\":\"172.16.0.4/30\","
		      "\"lastModifiedBy\":\"Customer\"}}");
	struct resource r = {.kind = RESOURCE_PEERING};

	(void)state;
	shape_peering(j, "private", &r.peering);
	assert_int_equal(r.peering.asn, 12076);
	assert_int_equal(r.peering.peer_asn, 65010);
	assert_int_equal(r.peering.vlan, 100);
	assert_true(r.peering.enabled);
	assert_string_equal(r.peering.secondary, "172.16.0.4/30");
	assert_string_equal(r.peering.etag, "W/1");
	resource_done(&r);
}

static void test_peering_hostile(void **state)
{
	static const char *const texts[] = {
		"{}", "{\"properties\":null}",
		"{\"properties\":{\"vlanId\":-5,\"peerASN\":99999999999,"
		"\"azureASN\":\"12076\",\"primaryPeerAddressPrefix\":7,"
		"\"state\":{}}}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		json_auto *j = parse(texts[i]);
		struct resource r = {.kind = RESOURCE_PEERING};

		shape_peering(j, "private", &r.peering);
		assert_false(r.peering.enabled);
		assert_int_equal(r.peering.vlan, 0);
		assert_int_equal(r.peering.peer_asn, 0);
		assert_null(r.peering.primary);
		resource_done(&r);
	}
}

static void test_peering_body(void **state)
{
	struct state_peering p = {.peer_asn = 65010,
				  .vlan = 100,
				  .primary = (char *)"172.16.0.0/30",
				  .secondary = (char *)"172.16.0.4/30"};
	json_auto *j = shape_peering_body(&p, "<secret er/private>");
	mem_auto_free char *s = json_text_canonical(j);

	(void)state;
	assert_string_equal(s,
			    "{\"properties\":{\"peerASN\":65010,"
			    "\"primaryPeerAddressPrefix\":\"172.16.0.0/30\","
			    "\"secondaryPeerAddressPrefix\":\"172.16.0.4/30\","
			    "\"sharedKey\":\"<secret er/private>\",\"state\":"
			    "\"Enabled\",\"vlanId\":100}}");
}

static const char connection_fmt[] =
	"{\"name\":\"c\",\"tags\":{\"cutover\":\"p/er\"},\"properties\":{"
	"\"connectionType\":\"%s\",\"provisioningState\":\"%s\","
	"\"peer\":{\"id\":\"" NET "expressRouteCircuits/%s\"}}}";

static bool attachment_of(const char *type, const char *is, const char *peer,
			  struct resource *r)
{
	mem_auto_free char *text = mem_format(connection_fmt, type, is, peer);
	json_auto *j = parse(text);

	*r = (struct resource){.kind = RESOURCE_ATTACHMENT};
	assert_true(shape_is_ours(j, "p/er"));
	assert_false(shape_is_ours(j, "q/er"));
	return shape_attachment(j, NET "expressRouteCircuits/er-hq",
				&r->attachment, NULL);
}

static void test_attachment(void **state)
{
	struct resource r;

	(void)state;
	/* Azure does not tell cases apart */
	assert_true(attachment_of("ExpressRoute", "Succeeded", "ER-HQ", &r));
	assert_true(r.attachment.attached);
	assert_false(r.attachment.failed);
	resource_done(&r);
	assert_true(attachment_of("ExpressRoute", "Failed", "er-hq", &r));
	assert_false(r.attachment.attached);
	assert_true(r.attachment.failed);
	resource_done(&r);
	assert_false(attachment_of("ExpressRoute", "Succeeded", "er-2", &r));
	resource_done(&r);
	assert_false(attachment_of("IPsec", "Succeeded", "er-hq", &r));
	resource_done(&r);
}

static const char vnet_fmt[] =
	"{\"id\":\"" NET "virtualNetworks/vnet1\",\"etag\":\"%s\","
	"\"properties\":{\"addressSpace\":{\"addressPrefixes\":["
	"\"10.100.0.0/16\"]},\"subnets\":["
	"{\"name\":\"%s\",\"id\":\"" NET "virtualNetworks/vnet1/subnets/a\","
	"\"properties\":{\"addressPrefix\":\"10.100.0.0/24\",\"routeTable\":{"
	"\"id\":\"%s\"},\"ipConfigurations\":["
	"{\"id\":\"nic1\",\"properties\":{\"privateIPAddress\":\"%s\"}}]}},"
	"{\"name\":\"GatewaySubnet\",\"properties\":{\"addressPrefix\":"
	"\"10.100.255.0/27\",\"ipConfigurations\":[{\"id\":\"%s\"}]}}],"
	"\"virtualNetworkPeerings\":[{\"name\":\"spoke\",\"properties\":{"
	"\"useRemoteGateways\":%s,\"peeringState\":\"Connected\"}}]}}";

static char *vnet_of(const char *etag, const char *subnet, const char *table,
		     const char *address, const char *gateway,
		     const char *remote)
{
	mem_auto_free char *text = mem_format(vnet_fmt, etag, subnet, table,
					      address, gateway, remote);
	json_auto *j = parse(text);
	struct resource r = {.kind = RESOURCE_VNET};
	err_auto e = ERR_INIT;
	char *digest;

	if (!vnet_identity(j, &r.vnet, &e))
		fail_msg("%s", err_msg(&e));
	assert_null(strstr(r.vnet.identity, "GatewaySubnet"));
	digest = mem_strdup(r.vnet.digest);
	resource_done(&r);
	return digest;
}

static void test_vnet(void **state)
{
	mem_auto_free char *was =
		vnet_of("1", "app", "rt", "10.100.0.11", "gw1", "false");
	const char *v[][6] = {
		/* what may change: etag, what is in GatewaySubnet */
		{"2", "app", "RT", "10.100.0.11", "gw2", "false"},
		{"1", "db", "rt", "10.100.0.11", "gw1", "false"},
		{"1", "app", "rt2", "10.100.0.11", "gw1", "false"},
		{"1", "app", "rt", "10.100.0.12", "gw1", "false"},
		{"1", "app", "rt", "10.100.0.11", "gw1", "true"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		mem_auto_free char *is = vnet_of(v[i][0], v[i][1], v[i][2],
						 v[i][3], v[i][4], v[i][5]);

		if (i == 0)
			assert_string_equal(is, was);
		else
			assert_string_not_equal(is, was);
	}
}

static void test_vnet_incomplete(void **state)
{
	json_auto *j = parse("{\"name\":\"v\",\"properties\":{"
			     "\"addressSpace\":{}}}");
	struct state_vnet v = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_false(vnet_identity(j, &v, &e));
	assert_non_null(strstr(err_msg(&e), "subnets"));
}

static void test_session(void **state)
{
	json_auto *j = parse(
		"{\"value\":[{\"neighbor\":\"172.16.0.1\",\"v\":4,\"as\":65010,"
		"\"upDown\":\"1d02h\",\"statePfxRcd\":\"17\"},"
		"{\"neighbor\":\"172.16.0.5\",\"statePfxRcd\":\"Idle\"}]}");
	struct resource r = {.kind = RESOURCE_SESSION};

	(void)state;
	assert_true(tables_session(j, "172.16.0.1", &r.session));
	assert_string_equal(r.session.state, "Established");
	assert_int_equal(r.session.prefixes_accepted, 17);
	assert_int_equal(r.session.uptime_s, 26 * 3600);
	resource_done(&r);
	r = (struct resource){.kind = RESOURCE_SESSION};
	assert_true(tables_session(j, "172.16.0.5", &r.session));
	assert_string_equal(r.session.state, "Idle");
	assert_int_equal(r.session.prefixes_accepted, 0);
	resource_done(&r);
	r = (struct resource){.kind = RESOURCE_SESSION};
	assert_false(tables_session(j, "172.16.0.9", &r.session));
	resource_done(&r);
}

static void test_spans(void **state)
{
	(void)state;
	assert_int_equal(tables_span_s("00:10:05"), 605);
	assert_int_equal(tables_span_s("1w2d"), 9 * 86400);
	assert_int_equal(tables_span_s("2d03h"), 51 * 3600);
	assert_int_equal(tables_span_s("never"), 0);
	assert_int_equal(tables_span_s("99999999999999d"), 0);
}

static void test_arp(void **state)
{
	json_auto *whole =
		parse("{\"value\":[{\"interface\":\"On-Prem\",\"macAddress\":"
		      "\"0011.2233.4455\"},{\"interface\":\"Microsoft\","
		      "\"macAddress\":\"0011.2233.4456\"}]}");
	json_auto *half =
		parse("{\"value\":[{\"interface\":\"On-Prem\",\"macAddress\":"
		      "\"Incomplete\"},{\"interface\":\"Microsoft\","
		      "\"macAddress\":\"0011.2233.4456\"}]}");
	bool ours, theirs;

	(void)state;
	assert_true(tables_arp(whole, &ours, &theirs));
	assert_false(tables_arp(half, &ours, &theirs));
	assert_false(ours);
	assert_true(theirs);
}

static void expect_trap(const char *gateways, const char *subnet,
			const char *word)
{
	mem_auto_free char *text = mem_format(
		"{\"properties\":{\"subnets\":[{\"name\":\"GatewaySubnet\","
		"\"properties\":{\"addressPrefix\":\"%s\"}}]}}",
		subnet);
	json_auto *g = parse(gateways);
	json_auto *v = parse(text);
	struct state_list traps = {0};
	bool found = false;

	traps_gateway(g, v, &traps);
	for (size_t i = 0; i < traps.n; i++)
		found |= word && strstr(traps.v[i], word);
	assert_int_equal(word ? found : traps.n == 0, 1);
	state_list_done(&traps);
}

#define GOOD "\"provisioningState\":\"Succeeded\""
#define ER                                                                     \
	"{\"name\":\"er\",\"properties\":{\"gatewayType\":"                    \
	"\"ExpressRoute\"," GOOD "}}"

static void test_traps(void **state)
{
	(void)state;
	expect_trap("[" ER "]", "10.0.0.0/27", NULL);
	expect_trap("[" ER "]", "10.0.0.0/28", "smaller than a /27");
	expect_trap("[]", "10.0.0.0/27", "no ExpressRoute gateway");
	expect_trap("[" ER ",{\"name\":\"v\",\"properties\":{\"gatewayType\":"
		    "\"Vpn\",\"vpnType\":\"PolicyBased\"," GOOD "}}]",
		    "10.0.0.0/27", "policy-based");
	expect_trap("[" ER ",{\"name\":\"v\",\"properties\":{\"gatewayType\":"
		    "\"Vpn\",\"sku\":{\"name\":\"Basic\"}," GOOD "}}]",
		    "10.0.0.0/27", "Basic");
}

static void expect_route(const char *subnet, const char *properties,
			 const char *trap, const char *note)
{
	mem_auto_free char *text =
		mem_format("{\"name\":\"rt\",\"properties\":{%s}}", properties);
	json_auto *table = parse(text);
	struct state_list traps = {0}, notes = {0};

	traps_routes(subnet, table, &traps, &notes);
	assert_int_equal(traps.n, trap != NULL);
	assert_int_equal(notes.n, note != NULL);
	if (trap)
		assert_non_null(strstr(traps.v[0], trap));
	if (note)
		assert_non_null(strstr(notes.v[0], note));
	state_list_done(&traps);
	state_list_done(&notes);
}

#define ROUTE(to, by)                                                          \
	"\"routes\":[{\"properties\":{\"addressPrefix\":\"" to                 \
	"\",\"nextHopType\":\"" by "\",\"nextHopIpAddress\":\"10.0.0.4\"}}]"

static void test_route_tables(void **state)
{
	(void)state;
	expect_route("app", "\"routes\":[]", NULL, NULL);
	expect_route("app", ROUTE("10.9.0.0/16", "VirtualNetworkGateway"), NULL,
		     "'app' does not move for 10.9.0.0/16");
	expect_route("app", ROUTE("0.0.0.0/0", "VirtualAppliance"), NULL,
		     "appliance 10.0.0.4");
	expect_route("app", ROUTE("0.0.0.0/0", "Internet"), NULL, NULL);
	expect_route("app", "\"disableBgpRoutePropagation\":true", NULL,
		     "learns nothing");
	expect_route("GatewaySubnet", "\"disableBgpRoutePropagation\":true",
		     "disables route propagation", NULL);
	expect_route("GatewaySubnet", ROUTE("0.0.0.0/0", "VirtualAppliance"),
		     "0.0.0.0/0", NULL);
	expect_route("GatewaySubnet", ROUTE("10.1.0.0/16", "VirtualAppliance"),
		     NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_circuit_states),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_peering),
		cmocka_unit_test(test_peering_hostile),
		cmocka_unit_test(test_peering_body),
		cmocka_unit_test(test_attachment),
		cmocka_unit_test(test_vnet),
		cmocka_unit_test(test_vnet_incomplete),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_route_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
