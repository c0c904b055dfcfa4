/*
 * What is read in Azure before anything is begun, at tests/fakes/arm_emulator:
 * gateways and what stands in their way, sessions that are down, and the survey
 * that a starter plan is made from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/azure/azure.h"
#include "adapters/azure/survey.h"
#include "orchestrator/cmd/discover.h"
#include "orchestrator/plan/plan.h"
#include "tests/conformance/azure_lib.h"

static struct az az;
static struct target circuit;
static struct az_seat seat;

static int setup(void **state)
{
	(void)state;
	az_start(&az, NULL);
	az_circuit_target(&az, &circuit);
	az_open(&seat, &circuit);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	az_close(&seat);
	target_done(&circuit);
	az_stop(&az);
	return 0;
}

static struct resource *look(struct resource_set *want,
			     struct resource_set *seen)
{
	err_auto e = ERR_INIT;

	az_time(&seat, 60000);
	if (!azure_adapter_ops.observe(&seat.ctx, want, seen, &e))
		fail_msg("%s", err_msg(&e));
	return &seen->v[0];
}

/* What the gateway is, asked for as a run asks for it before it starts. */
static void expect_gateway(const char *id, const char *properties,
			   const char *word)
{
	mem_auto_free char *body =
		mem_format("{\"id\":\"%s\",\"properties\":%s}", id, properties);
	resource_set_auto want = {0}, seen = {0};
	struct resource *r;

	az_do(&az, "set", body);
	r = resource_set_add(&want, RESOURCE_GATEWAY, "er-hq");
	r->gateway.type = mem_strdup("ExpressRoute");
	r->gateway.provisioning = mem_strdup("Succeeded");
	look(&want, &seen);
	assert_int_equal(resource_satisfies(&seen.v[0], r), word == NULL);
	if (word)
		assert_non_null(strstr(seen.v[0].gateway.provisioning, word));
}

static void test_gateway_traps(void **state)
{
	(void)state;
	expect_gateway(AZ_NET "routeTables/rt-app", "{}", NULL);
	/* a subnet that does not move is no reason not to begin */
	expect_gateway(AZ_NET "routeTables/rt-app",
		       "{\"disableBgpRoutePropagation\":true}", NULL);
	expect_gateway(AZ_NET "virtualNetworks/vnet1/subnets/GatewaySubnet",
		       "{\"routeTable\":{\"id\":\"" AZ_NET
		       "routeTables/rt-app\"}}",
		       "disables route propagation");
	expect_gateway(AZ_NET "virtualNetworkGateways/hub-vpngw",
		       "{\"vpnType\":\"PolicyBased\"}", "policy-based");
}

/* Where a session does not come up, layer 2 is asked as well. */
static void test_session_down(void **state)
{
	resource_set_auto want = {0}, seen = {0}, peering = {0};
	err_auto e = ERR_INIT;
	struct resource *r;

	(void)state;
	az_want_peering(&peering);
	assert_int_equal(az_ensure(&seat, &peering, &e), OUTCOME_APPLIED);
	az_do(&az, "tables", "{\"heard\":{\"primary\":\"Active\"}}");
	r = resource_set_add(&want, RESOURCE_SESSION, "er-hq/primary/private");
	r->session.neighbor = mem_strdup("172.16.0.1");
	r = look(&want, &seen);
	assert_true(r->present);
	assert_non_null(strstr(r->session.state, "Active"));
	assert_non_null(strstr(r->session.state, "our end missing"));
}

/* ---- surveying ---- */

static void test_survey(void **state)
{
	json_auto *j = NULL;
	mem_auto_free char *text = NULL;
	err_auto e = ERR_INIT;
	const json_t *c;

	(void)state;
	az_do(&az, "log", "{}");
	if (!azure_survey(&circuit, &j, &e))
		fail_msg("%s", err_msg(&e));
	assert_string_equal(json_peek_str(j, "gateway", ""), "hub-ergw");
	assert_string_equal(json_peek_str(json_peek(j, "vnet"), "name", ""),
			    "vnet1");
	assert_string_equal(json_peek_str(j, "machine", ""), "10.100.0.11");
	c = json_array_get(json_peek(j, "circuits"), 0);
	assert_string_equal(json_peek_str(c, "name", ""), "er-hq");
	assert_string_equal(json_peek_str(c, "model", ""), "exchange");
	assert_false(json_peek_bool(c, "attached", true));
	/* nothing is asked to change, and no key comes along */
	assert_int_equal(az_count(&az, "PUT ") + az_count(&az, "POST ") +
				 az_count(&az, "DELETE "),
			 0);
	text = json_text_canonical(j);
	assert_null(strstr(text, "aaaaaaaa-0000"));
	assert_null(strstr(text, "bbbbbbbb-0000"));
}

/* ---- the starter plan ---- */

static const char access_text[] =
	"azure:\n"
	"  subscription: 11111111-2222-3333-4444-555555555555\n"
	"  resource_group: rg-hub\n"
	"  token: {env: AZURE_TOKEN}\n"
	"edges:\n"
	"  - {name: edge1, driver: frr, ssh: {host: 192.0.2.11, user: u, "
	"host_key: "
	"\"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\"}}\n"
	"  - {name: edge2, driver: frr, ssh: {host: 192.0.2.12, user: u, "
	"host_key: "
	"\"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\"}}\n";

static void expect_plan(const struct discover *d, const char *word)
{
	struct diag_list diags = {0};
	buf_auto out = BUF_INIT;
	buf_auto said = BUF_INIT;
	struct plan *p;

	discover_write(d, &out);
	p = plan_parse("starter", buf_str(&out), out.len, &diags);
	diag_list_text(&diags, &said);
	if (!p)
		fail_msg("%s\n%s", buf_str(&said), buf_str(&out));
	assert_non_null(strstr(buf_str(&out), word));
	plan_free(p);
	diag_list_done(&diags);
}

static void starter(struct discover *d, const json_t *cloud)
{
	*d = (struct discover){.text = access_text, .cloud = cloud};
	state_list_add(&d->edges, "edge1");
	state_list_add(&d->edges, "edge2");
}

static void test_starter_plan(void **state)
{
	json_auto *j = NULL;
	json_auto *bare = json_object();
	struct discover d;
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(azure_survey(&circuit, &j, &e));
	starter(&d, j);
	d.asn = 65010;
	d.tunnels[d.n_tunnels++] = (struct discover_tunnel){0, "10.100.255.4"};
	d.tunnels[d.n_tunnels++] = (struct discover_tunnel){1, "10.100.255.5"};
	state_list_add(&d.onprem, "10.10.0.0/16");
	state_list_add(&d.onprem, "172.31.0.0/24");
	/* the subnets that are made up are not the site's */
	expect_plan(&d, "172.31.1.0/30");
	state_list_done(&d.edges);
	state_list_done(&d.onprem);
	/* with nothing seen at the edges it is a plan as well, and says so */
	starter(&d, j);
	expect_plan(&d, "CHECK: no edge has a session");
	state_list_done(&d.edges);
	json_object_set_new(bare, "vnet",
			    json_pack("{s:s,s:[s]}", "name", "v", "prefixes",
				      "10.254.0.0/16"));
	starter(&d, bare);
	expect_plan(&d, "CHECK: there is no circuit");
	state_list_done(&d.edges);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_gateway_traps),
		T(test_session_down),
		T(test_survey),
		T(test_starter_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
