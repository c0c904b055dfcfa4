/*
 * change_test.c - what may be sent, and what is rendered
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/azure/azure.h"
#include "adapters/azure/change.h"
#include "adapters/azure/id.h"
#include "adapters/azure/lane.h"

#define SUB "/subscriptions/11111111-2222-3333-4444-555555555555"
#define NET SUB "/resourceGroups/rg-hub/providers/Microsoft.Network/"
#define CIRCUIT NET "expressRouteCircuits/er-hq"
#define VERSION "?api-version=2024-01-01\n"

static struct target target;
static struct secret_ref secrets[2];

static int setup(void **state)
{
	(void)state;
	target = (struct target){.name = mem_strdup("er-hq"),
				 .driver = mem_strdup("azure")};
	target_param_set(&target, "subscription",
			 "11111111-2222-3333-4444-555555555555");
	target_param_set(&target, "resource_group", "rg-hub");
	target_param_set(&target, "location", "westeurope");
	target_param_set(&target, "circuit", "er-hq");
	target_param_set(&target, "gateway", "hub-ergw");
	target_param_set(&target, "attachment", "er-hq-link");
	target_param_set(&target, "links", "primary=,secondary=");
	target_param_set(&target, "peerings", "private=private,old=public");
	target_param_set(&target, "mark", "hq/er-hq");
	target_param_set(&target, "auth", "token");
	secrets[0] = (struct secret_ref){.kind = SECRET_ENV,
					 .name = (char *)"azure/token"};
	secrets[1] = (struct secret_ref){.kind = SECRET_ENV,
					 .name = (char *)"er-hq/private"};
	target.secrets = secrets;
	target.n_secrets = 2;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	target.secrets = NULL;
	target.n_secrets = 0;
	target_done(&target);
	return 0;
}

static struct resource *peering(struct resource_set *set, const char *name,
				const char *domain, bool present)
{
	struct resource *r = resource_set_add(set, RESOURCE_PEERING, name);

	r->present = present;
	r->peering.domain = mem_strdup(domain);
	r->peering.asn = 12076;
	r->peering.peer_asn = 65010;
	r->peering.vlan = 100;
	r->peering.primary = mem_strdup("172.16.0.0/30");
	r->peering.secondary = mem_strdup("172.16.0.4/30");
	r->peering.enabled = true;
	return r;
}

static bool render(const struct resource_set *from,
		   const struct resource_set *to, struct changeset *cs,
		   struct err *e)
{
	*cs = (struct changeset){0};
	return azure_adapter_ops.render(&target, from, to, cs, e);
}

static void test_peering(void **state)
{
	resource_set_auto from = {0}, to = {0};
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	peering(&from, "er-hq/private", "private", false);
	peering(&to, "er-hq/private", "private", true);
	assert_true(render(&from, &to, &cs, &e));
	assert_int_equal(cs.n_forward, 1);
	assert_int_equal(cs.n_back, 0);
	assert_ptr_equal(strstr(cs.forward[0].text,
				"PUT " CIRCUIT
				"/peerings/AzurePrivatePeering" VERSION
				"only if: it is not there\n{\n"),
			 cs.forward[0].text);
	assert_non_null(strstr(cs.forward[0].text,
			       "\"sharedKey\": \"<secret er-hq/private>\""));
	changeset_done(&cs);
	/* already so: nothing to do */
	from.v[0].present = true;
	assert_true(render(&from, &to, &cs, &e));
	assert_int_equal(cs.n_forward, 0);
	changeset_done(&cs);
}

static void expect_refused(struct resource_set *from, struct resource_set *to,
			   const char *word)
{
	struct changeset cs;
	err_auto e = ERR_INIT;

	assert_false(render(from, to, &cs, &e));
	if (!strstr(err_msg(&e), word))
		fail_msg("'%s' is not in '%s'", word, err_msg(&e));
	assert_int_equal(cs.n_forward, 0);
	changeset_done(&cs);
}

static void test_peering_refused(void **state)
{
	resource_set_auto from = {0}, to = {0}, pub = {0}, none = {0};

	(void)state;
	peering(&from, "er-hq/private", "private", true)->peering.vlan = 99;
	peering(&to, "er-hq/private", "private", true);
	expect_refused(&from, &to, "vlan");
	peering(&none, "er-hq/old", "public", false);
	peering(&pub, "er-hq/old", "public", true);
	expect_refused(&none, &pub, "2024-03-31");
	to.v[0].present = false;
	expect_refused(&from, &to, "not deleted");
	to.v[0].present = true;
	from.v[0].present = false;
	target_param_set(&target, "model", "network-service");
	expect_refused(&from, &to, "provider's");
}

static void attachment(struct resource_set *set, bool attached, bool failed)
{
	struct resource *r =
		resource_set_add(set, RESOURCE_ATTACHMENT, "er-hq");

	r->attachment.attached = attached;
	r->attachment.failed = failed;
}

static void test_attachment(void **state)
{
	resource_set_auto off = {0}, on = {0};
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	attachment(&off, false, false);
	attachment(&on, true, false);
	assert_true(render(&off, &on, &cs, &e));
	assert_int_equal(cs.n_forward, 1);
	assert_int_equal(cs.n_back, 1);
	assert_non_null(strstr(cs.forward[0].text,
			       "PUT " NET "connections/er-hq-link" VERSION));
	assert_non_null(
		strstr(cs.forward[0].text, "\"cutover\": \"hq/er-hq\""));
	assert_string_equal(cs.back[0].text,
			    "DELETE " NET "connections/er-hq-link" VERSION
			    "only if: it is tagged 'hq/er-hq'\n");
	changeset_done(&cs);
	assert_true(render(&on, &off, &cs, &e));
	assert_non_null(strstr(cs.forward[0].text, "DELETE "));
	changeset_done(&cs);
}

/* One that came to nothing is not made again, but can be taken away. */
static void test_attachment_failed(void **state)
{
	resource_set_auto failed = {0}, on = {0}, off = {0};
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	attachment(&failed, false, true);
	attachment(&on, true, false);
	attachment(&off, false, false);
	expect_refused(&failed, &on, "Failed");
	assert_true(render(&failed, &off, &cs, &e));
	assert_non_null(strstr(cs.forward[0].text, "DELETE "));
	changeset_done(&cs);
}

static void test_never(void **state)
{
	resource_set_auto from = {0}, to = {0};

	(void)state;
	resource_set_add(&from, RESOURCE_CIRCUIT, "er-hq");
	state_list_add(&resource_set_add(&to, RESOURCE_CIRCUIT, "er-hq")
				->circuit.links,
		       "primary");
	expect_refused(&from, &to, "provider");
}

/* Every kind of request that would hurt, and some that only look alike. */
static void test_allowed(void **state)
{
	static const struct {
		const char *method, *path;
		bool allowed;
	} v[] = {
		{"PUT", CIRCUIT "/peerings/AzurePrivatePeering", true},
		{"PUT", NET "connections/er-hq-link", true},
		{"DELETE", NET "connections/er-hq-link", true},
		{"DELETE", CIRCUIT "/peerings/AzurePrivatePeering", false},
		{"PUT", CIRCUIT "/peerings/MicrosoftPeering", false},
		{"PUT", CIRCUIT "/peerings/AzurePublicPeering", false},
		{"PUT", CIRCUIT, false},
		{"PATCH", CIRCUIT, false},
		{"DELETE", CIRCUIT, false},
		{"PUT", CIRCUIT "/authorizations/a", false},
		{"DELETE", CIRCUIT "/authorizations/a", false},
		{"PUT", NET "virtualNetworks/vnet1", false},
		{"PATCH", NET "virtualNetworks/vnet1", false},
		{"PUT", NET "virtualNetworks/vnet1/subnets/GatewaySubnet",
		 false},
		{"DELETE", NET "virtualNetworks/vnet1/subnets/app", false},
		{"PUT", NET "virtualNetworkGateways/hub-ergw", false},
		{"DELETE", NET "virtualNetworkGateways/hub-ergw", false},
		{"DELETE", NET "connections/hq-vpn", false},
		{"PUT", NET "connections/er-hq-link/../hq-vpn", false},
		{"DELETE", NET "connections/er-hq-link/", false},
		{"POST", NET "connections/er-hq-link", false},
		{"DELETE", "/subscriptions", false},
	};
	spot_auto s = {0};

	(void)state;
	assert_true(spot_read(&target, &s, NULL));
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		mem_auto_free char *text = mem_format("%s %s" VERSION "only\n",
						      v[i].method, v[i].path);
		struct change_part part = {.what = (char *)"azure",
					   .text = text};
		struct change c = {0};

		if (change_allowed(&s, v[i].method, v[i].path) !=
			    v[i].allowed ||
		    change_parse(&part, &s, &c, NULL) != v[i].allowed)
			fail_msg("%s %s", v[i].method, v[i].path);
		change_done(&c);
	}
}

static void test_part_hostile(void **state)
{
	static const char *const v[] = {
		"",
		"PUT",
		"PUT x",
		"PUT x?api-version=2015-01-01\nonly\n{}",
		"PUT " NET "connections/er-hq-link\n?api-version=2024-01-01\n",
		"PUT " NET "connections/er-hq-link"
		"?api-version=2024-01-01",
	};
	spot_auto s = {0};

	(void)state;
	assert_true(spot_read(&target, &s, NULL));
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct change_part part = {.text = (char *)v[i]};
		struct change c = {0};

		assert_false(change_parse(&part, &s, &c, NULL));
		change_done(&c);
	}
}

static void test_ids(void **state)
{
	err_auto e = ERR_INIT;
	mem_auto_free char *whole =
		id_resolve(&target, ID_CIRCUIT, CIRCUIT, &e);
	mem_auto_free char *name = id_resolve(&target, ID_CIRCUIT, "er-hq", &e);
	static const char *const bad[] = {
		"",
		"..",
		"a/b",
		"a b",
		"-x",
		"x?y",
		"x#y",
		"x%2fy",
		"/subscriptions/1/resourceGroups/g/providers/Microsoft.Network/"
		"expressRouteCircuits/x",
		NET "virtualNetworks/v",
		CIRCUIT "/peerings/x",
		"x\ny"};

	(void)state;
	assert_string_equal(whole, CIRCUIT);
	assert_string_equal(name, CIRCUIT);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(id_resolve(&target, ID_CIRCUIT, bad[i], NULL));
}

static void test_lanes(void **state)
{
	int a = 0, b = 0;

	(void)state;
	assert_true(lane_take("/x/y", &a));
	assert_true(lane_take("/X/Y", &a));
	assert_false(lane_take("/X/y", &b));
	assert_true(lane_take("/x/z", &b));
	lane_leave(&a);
	assert_true(lane_take("/x/y", &b));
	lane_leave(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_peering, setup, teardown),
		cmocka_unit_test_setup_teardown(test_peering_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_attachment, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_attachment_failed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_never, setup, teardown),
		cmocka_unit_test_setup_teardown(test_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_part_hostile, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
		cmocka_unit_test(test_lanes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
