/*
 * azure_test.c - the adapter against the emulator of Azure's control plane
 *
 * Logging in, looking, changing, and everything that can go wrong with a
 * request: refused, throttled, locked, cut off before and after it was done,
 * answered with nonsense, forgotten.  What the emulator was told to change is
 * compared with the few requests that are allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "adapters/azure/azure.h"
#include "adapters/azure/change.h"
#include "orchestrator/base/clock.h"
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

/* ---- logging in ---- */

static bool login(const char *way, struct err *e)
{
	struct adapter_ctx c = {.target = &circuit};
	bool ok;

	target_param_set(&circuit, "auth", way);
	c.state = mem_alloc(azure_adapter_ops.state_size);
	c.deadline_us = clock_mono_us() + 30000000;
	ok = azure_adapter_ops.open(&c, e);
	if (ok) {
		resource_set_auto want = {0}, seen = {0};

		resource_set_add(&want, RESOURCE_GATEWAY, "hub-ergw");
		ok = azure_adapter_ops.observe(&c, &want, &seen, e);
	}
	azure_adapter_ops.close(&c);
	free(c.state);
	return ok;
}

static void test_login(void **state)
{
	static const char *const ways[] = {"token", "client-secret",
					   "managed-identity"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		err_auto e = ERR_INIT;

		if (!login(ways[i], &e))
			fail_msg("%s: %s", ways[i], err_msg(&e));
	}
}

static void test_login_refused(void **state)
{
	err_auto e = ERR_INIT, f = ERR_INIT;

	(void)state;
	setenv("CUTOVER_TEST_SECRET", "wrong-secret-0123456789", 1);
	assert_false(login("client-secret", &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_non_null(strstr(err_msg(&e), "AADSTS7000215"));
	assert_null(strstr(err_msg(&e), "wrong-secret"));
	setenv("CUTOVER_TEST_TOKEN", "another-token-0123456789", 1);
	assert_false(login("token", &f));
	assert_null(strstr(err_msg(&f), "another-token"));
}

static void make_certificate(const char *name)
{
	mem_auto_free char *cmd = mem_format(
		"cd %s && openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
		"-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
		"-keyout key.pem -out cert.pem 2>/dev/null && cat cert.pem "
		"key.pem >%s && chmod 600 %s",
		az.dir, name, name);

	if (system(cmd) != 0)
		fail_msg("openssl cannot make a certificate");
}

static void test_certificate(void **state)
{
	char dir[] = "/tmp/cutover-azcert-XXXXXX";
	mem_auto_free char *pem = NULL;
	mem_auto_free char *rm = NULL;
	const char *options[] = {"--certificate", NULL, NULL};
	err_auto e = ERR_INIT, f = ERR_INIT;

	(void)state;
	assert_non_null(mkdtemp(dir));
	pem = mem_format("%s/client.pem", dir);
	rm = mem_format("rm -rf %s", dir);
	teardown(NULL);
	strcpy(az.dir, dir);
	make_certificate("client.pem");
	options[1] = pem;
	az_start(&az, options);
	az_circuit_target(&az, &circuit);
	az_open(&seat, &circuit);
	free(circuit.secrets[2].value);
	circuit.secrets[2].value = mem_strdup(pem);
	if (!login("certificate", &e))
		fail_msg("%s", err_msg(&e));
	/* another one is not the one that is registered */
	make_certificate("client.pem");
	free(circuit.secrets[2].value);
	circuit.secrets[2].value = mem_format("%s/client.pem", az.dir);
	assert_false(login("certificate", &f));
	assert_non_null(strstr(err_msg(&f), "AADSTS700027"));
	assert_int_equal(system(rm), 0);
}

/* A token that ends in the middle is renewed, and nobody notices. */
static void test_token_renewed(void **state)
{
	resource_set_auto want = {0}, seen = {0};
	err_auto e = ERR_INIT;
	struct az_seat s;

	(void)state;
	target_param_set(&circuit, "auth", "client-secret");
	az_open(&s, &circuit);
	az_do(&az, "expire", "{}");
	az_want_attached(&want, false);
	if (!azure_adapter_ops.observe(&s.ctx, &want, &seen, &e))
		fail_msg("%s", err_msg(&e));
	az_close(&s);
}

static void test_tls(void **state)
{
	char dir[] = "/tmp/cutover-aztls-XXXXXX";
	mem_auto_free char *cert = NULL;
	mem_auto_free char *key = NULL;
	mem_auto_free char *rm = NULL;
	const char *options[] = {"--tls", NULL, NULL, NULL};
	resource_set_auto want = {0}, seen = {0};
	err_auto e = ERR_INIT, f = ERR_INIT;
	mem_auto_free char *copy = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	cert = mem_format("%s/cert.pem", dir);
	key = mem_format("%s/key.pem", dir);
	rm = mem_format("rm -rf %s", dir);
	teardown(NULL);
	strcpy(az.dir, dir);
	make_certificate("both.pem");
	options[1] = cert;
	options[2] = key;
	az_start(&az, options);
	copy = mem_format("cp %s %s/cert.pem", cert, az.dir);
	assert_int_equal(system(copy), 0);
	az_circuit_target(&az, &circuit);
	az_open(&seat, &circuit);
	az_want_attached(&want, false);
	az_time(&seat, 60000);
	assert_false(azure_adapter_ops.observe(&seat.ctx, &want, &seen, &e));
	assert_non_null(strstr(err_msg(&e), "certificate"));
	az_close(&seat);
	target_param_set(&circuit, "ca_file", cert);
	az_open(&seat, &circuit);
	resource_set_done(&seen);
	if (!azure_adapter_ops.observe(&seat.ctx, &want, &seen, &f))
		fail_msg("%s", err_msg(&f));
	assert_int_equal(system(rm), 0);
}

/* ---- looking ---- */

static struct resource *look(struct resource_set *want,
			     struct resource_set *seen)
{
	err_auto e = ERR_INIT;

	resource_set_done(seen);
	az_time(&seat, 60000);
	if (!azure_adapter_ops.observe(&seat.ctx, want, seen, &e))
		fail_msg("%s", err_msg(&e));
	return &seen->v[0];
}

static void test_observe(void **state)
{
	resource_set_auto want = {0}, seen = {0};

	(void)state;
	resource_set_add(&want, RESOURCE_CIRCUIT, "er-hq");
	resource_set_add(&want, RESOURCE_PEERING, "er-hq/private");
	resource_set_add(&want, RESOURCE_GATEWAY, "hub-ergw");
	resource_set_add(&want, RESOURCE_ATTACHMENT, "er-hq");
	look(&want, &seen);
	assert_true(seen.v[0].present);
	assert_int_equal(seen.v[0].circuit.links.n, 2);
	assert_non_null(strstr(seen.v[0].circuit.fingerprint, "partner"));
	assert_false(seen.v[1].present);
	assert_string_equal(seen.v[2].gateway.type, "ExpressRoute");
	assert_string_equal(seen.v[2].gateway.sku, "ErGw1AZ");
	assert_true(seen.v[3].present);
	assert_false(seen.v[3].attachment.attached);
	/* keys are in no trace */
	assert_null(strstr(buf_str(&seat.trace), "aaaaaaaa-0000"));
	assert_null(strstr(buf_str(&seat.trace), "bbbbbbbb-0000"));
	assert_null(strstr(buf_str(&seat.trace), AZ_TOKEN));
	assert_non_null(strstr(buf_str(&seat.trace), "<hidden>"));
}

static void see_elsewhere(const char *key, const char *value,
			  enum resource_kind kind, struct resource_set *seen)
{
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;
	struct target t;
	struct az_seat s;

	az_target(&az, &t, "other");
	target_param_set(&t, key, value);
	az_open(&s, &t);
	resource_set_add(&want, kind, "other");
	if (!azure_adapter_ops.observe(&s.ctx, &want, seen, &e))
		fail_msg("%s", err_msg(&e));
	az_close(&s);
	target_done(&t);
}

static void test_observe_tunnel(void **state)
{
	resource_set_auto seen = {0};

	(void)state;
	see_elsewhere("tunnel", "hq-vpn", RESOURCE_TUNNEL, &seen);
	assert_true(seen.v[0].tunnel.up);
	assert_int_equal(seen.v[0].tunnel.bytes_in, 1000);
}

static void test_observe_vnet(void **state)
{
	resource_set_auto a = {0}, b = {0}, c = {0};

	(void)state;
	see_elsewhere("network", "vnet1", RESOURCE_VNET, &a);
	assert_non_null(strstr(a.v[0].vnet.identity, "10.100.0.11"));
	assert_non_null(strstr(a.v[0].vnet.identity, "rt-app"));
	/* what happens in GatewaySubnet is not the network's */
	az_do(&az, "set",
	      "{\"id\":\"" AZ_NET "virtualNetworks/vnet1/subnets/"
	      "GatewaySubnet\",\"properties\":{\"addressPrefix\":"
	      "\"10.100.255.0/26\"}}");
	see_elsewhere("network", "vnet1", RESOURCE_VNET, &b);
	assert_true(resource_equal(&a.v[0], &b.v[0]));
	az_do(&az, "set",
	      "{\"id\":\"" AZ_NET "virtualNetworks/vnet1/subnets/app\","
	      "\"properties\":{\"routeTable\":null}}");
	see_elsewhere("network", "vnet1", RESOURCE_VNET, &c);
	assert_false(resource_equal(&a.v[0], &c.v[0]));
}

static void test_observe_session(void **state)
{
	resource_set_auto want = {0}, seen = {0}, peering = {0};
	err_auto e = ERR_INIT;
	struct resource *r;

	(void)state;
	az_want_peering(&peering);
	assert_int_equal(az_ensure(&seat, &peering, &e), OUTCOME_APPLIED);
	az_do(&az, "tables", "{\"heard\":{\"secondary\":3}}");
	r = resource_set_add(&want, RESOURCE_SESSION,
			     "er-hq/secondary/private");
	r->session.neighbor = mem_strdup("172.16.0.5");
	r = look(&want, &seen);
	assert_true(r->present);
	assert_string_equal(r->session.state, "Established");
	assert_int_equal(r->session.prefixes_accepted, 3);
}

/* A wrong resource group is not a peering that is absent. */
static void test_absent_or_wrong(void **state)
{
	resource_set_auto want = {0}, seen = {0};
	err_auto e = ERR_INIT;
	struct az_seat s;

	(void)state;
	target_param_set(&circuit, "resource_group", "rg-misspelt");
	az_open(&s, &circuit);
	az_want_attached(&want, false);
	assert_false(azure_adapter_ops.observe(&s.ctx, &want, &seen, &e));
	assert_non_null(strstr(err_msg(&e), "resource_group"));
	az_close(&s);
	/* nor is the page of a proxy */
	az_do(&az, "fault",
	      "{\"text\":\"<html>not found</html>\",\"as\":404,\"times\":99}");
	resource_set_done(&seen);
	az_time(&seat, 2000);
	assert_false(azure_adapter_ops.observe(&seat.ctx, &want, &seen, NULL));
}

/* ---- changing ---- */

static void expect_peering(const char *shape)
{
	mem_auto_free char *config = mem_format("{\"shape\":\"%s\"}", shape);
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;
	json_auto *r = NULL;
	enum outcome o;

	az_do(&az, "config", config);
	az_do(&az, "remove",
	      "{\"id\":\"" AZ_CIRCUIT "/peerings/AzurePrivatePeering\"}");
	az_want_peering(&want);
	az_time(&seat, 60000);
	o = az_ensure(&seat, &want, &e);
	if (o != OUTCOME_APPLIED)
		fail_msg("%s: %s: %s", shape, outcome_name(o), err_msg(&e));
	assert_int_equal(az_ensure(&seat, &want, &e), OUTCOME_UNCHANGED);
	r = az_resource(&az, AZ_CIRCUIT "/peerings/AzurePrivatePeering");
	assert_string_equal(
		json_peek_str(json_peek(r, "properties"), "sharedKey", ""),
		AZ_MD5);
	assert_null(strstr(buf_str(&seat.trace), AZ_MD5));
}

static void test_shapes(void **state)
{
	(void)state;
	expect_peering("both");
	expect_peering("operation");
	expect_peering("location");
}

static void attach(bool on)
{
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;
	enum outcome o;

	az_want_attached(&want, on);
	az_time(&seat, 60000);
	o = az_ensure(&seat, &want, &e);
	if (o != OUTCOME_APPLIED)
		fail_msg("attach %d: %s: %s", on, outcome_name(o), err_msg(&e));
}

static void with_peering(void)
{
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;

	az_want_peering(&want);
	assert_int_equal(az_ensure(&seat, &want, &e), OUTCOME_APPLIED);
}

static bool is_attached(void)
{
	resource_set_auto want = {0}, seen = {0};

	az_want_attached(&want, true);
	return look(&want, &seen)->attachment.attached;
}

static void test_attach(void **state)
{
	(void)state;
	with_peering();
	attach(true);
	assert_true(is_attached());
	attach(false);
	assert_false(is_attached());
}

/* Somebody else's connection of that name is not deleted. */
static void test_not_ours(void **state)
{
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;

	(void)state;
	with_peering();
	attach(true);
	target_param_set(&circuit, "mark", "other/er-hq");
	az_close(&seat);
	az_open(&seat, &circuit);
	az_want_attached(&want, false);
	assert_int_equal(az_ensure(&seat, &want, &e), OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "tagged"));
	assert_true(is_attached());
}

static void expect_refusal(const struct resource_set *want, const char *word)
{
	err_auto e = ERR_INIT;
	enum outcome o = az_ensure(&seat, want, &e);

	if (o != OUTCOME_REFUSED || !strstr(err_msg(&e), word))
		fail_msg("%s: %s", outcome_name(o), err_msg(&e));
}

/* What Azure would let pass. */
static void test_weak_validation(void **state)
{
	resource_set_auto peering = {0}, attachment = {0};

	(void)state;
	az_want_peering(&peering);
	peering.v[0].peering.vlan = 300;
	target_param_set(&circuit, "circuit", "er-old");
	target_param_set(&circuit, "peerings", "microsoft=microsoft");
	az_close(&seat);
	az_open(&seat, &circuit);
	free(peering.v[0].name);
	peering.v[0].name = mem_strdup("er-hq/microsoft");
	free(peering.v[0].peering.domain);
	peering.v[0].peering.domain = mem_strdup("microsoft");
	expect_refusal(&peering, "VLAN 300");
	target_param_set(&circuit, "gateway", "hub-vpngw");
	az_close(&seat);
	az_open(&seat, &circuit);
	az_want_attached(&attachment, true);
	expect_refusal(&attachment, "ExpressRoute gateway");
	target_param_set(&circuit, "gateway", "hub-ergw");
	target_param_set(&circuit, "location", "northeurope");
	az_close(&seat);
	az_open(&seat, &circuit);
	expect_refusal(&attachment, "northeurope");
}

/* ---- what can go wrong with a request ---- */

#define PUT_LINK "\"match\":\"PUT .*er-hq-link\""

static enum outcome fault(const char *body, uint32_t ms, struct err *e)
{
	resource_set_auto want = {0};

	az_do(&az, "clear", "{}");
	az_do(&az, "log", "{}");
	az_do(&az, "fault", body);
	az_want_attached(&want, true);
	az_time(&seat, ms);
	return az_ensure(&seat, &want, e);
}

static void expect_fault(const char *body, uint32_t ms, enum outcome is,
			 bool attached, size_t puts)
{
	err_auto e = ERR_INIT;
	enum outcome o = fault(body, ms, &e);

	if (o != is)
		fail_msg("%s: %s: %s", body, outcome_name(o), err_msg(&e));
	assert_int_equal(az_count(&az, "PUT "), puts);
	az_do(&az, "clear", "{}");
	/* what is still on its way arrives, and is waited for */
	az_time(&seat, 60000);
	assert_true(azure_adapter_ops.fence(&seat.ctx, &e));
	assert_int_equal(is_attached(), attached);
	if (attached)
		attach(false);
}

static void test_said_no(void **state)
{
	(void)state;
	with_peering();
	expect_fault("{" PUT_LINK ",\"status\":429,\"headers\":{"
		     "\"Retry-After\":\"1\"}}",
		     60000, OUTCOME_APPLIED, true, 2);
	expect_fault("{" PUT_LINK ",\"status\":409,\"code\":"
		     "\"AnotherOperationInProgress\"}",
		     60000, OUTCOME_APPLIED, true, 2);
	expect_fault("{" PUT_LINK ",\"status\":429,\"code\":"
		     "\"RetryableErrorDueToAnotherOperation\",\"times\":99,"
		     "\"headers\":{\"Retry-After\":\"600\"}}",
		     5000, OUTCOME_RETRY, false, 1);
	expect_fault("{" PUT_LINK ",\"status\":400}", 60000, OUTCOME_REFUSED,
		     false, 1);
	expect_fault("{" PUT_LINK ",\"status\":409,\"code\":\"ScopeLocked\"}",
		     60000, OUTCOME_REFUSED, false, 1);
	expect_fault("{" PUT_LINK ",\"status\":403}", 60000, OUTCOME_FATAL,
		     false, 1);
}

/* Sent once, never again: the resource tells. */
static void test_nobody_knows(void **state)
{
	(void)state;
	with_peering();
	expect_fault("{" PUT_LINK ",\"drop\":\"before\"}", 60000,
		     OUTCOME_UNKNOWN, false, 1);
	expect_fault("{" PUT_LINK ",\"drop\":\"after\"}", 60000,
		     OUTCOME_UNKNOWN, true, 1);
	expect_fault("{" PUT_LINK ",\"status\":503}", 60000, OUTCOME_UNKNOWN,
		     false, 1);
	expect_fault("{" PUT_LINK ",\"status\":500,\"code\":"
		     "\"InternalServerError\"}",
		     60000, OUTCOME_UNKNOWN, false, 1);
	expect_fault("{" PUT_LINK ",\"huge\":20000000}", 60000, OUTCOME_UNKNOWN,
		     false, 1);
	target_param_set(&circuit, "fence_ms", "6000");
	expect_fault("{" PUT_LINK ",\"stall\":6}", 5000, OUTCOME_UNKNOWN, true,
		     1);
}

/* An operation that ends badly is judged by what is there. */
static void test_operation_failed(void **state)
{
	resource_set_auto off = {0};
	err_auto e = ERR_INIT, f = ERR_INIT;

	(void)state;
	with_peering();
	assert_int_equal(fault("{" PUT_LINK ",\"fail\":{\"code\":"
			       "\"InternalServerError\",\"message\":\"x\"}}",
			       60000, &e),
			 OUTCOME_UNKNOWN);
	assert_non_null(strstr(err_msg(&e), "InternalServerError"));
	assert_false(is_attached());
	az_want_attached(&off, false);
	assert_int_equal(az_ensure(&seat, &off, &f), OUTCOME_APPLIED);
	assert_null(az_resource(&az, AZ_CONNECTION));
}

static enum outcome begin(const struct resource_set *want, char **ret_token)
{
	resource_set_auto seen = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	enum outcome o = OUTCOME_REFUSED;

	az_time(&seat, 60000);
	if (azure_adapter_ops.observe(&seat.ctx, want, &seen, &e) &&
	    azure_adapter_ops.render(&circuit, &seen, want, &cs, &e))
		o = azure_adapter_ops.apply(&seat.ctx, &cs, false, NULL,
					    ret_token, &e);
	changeset_done(&cs);
	return o;
}

/* The address of the operation is gone: another process reads the resource. */
static void test_lost_address(void **state)
{
	resource_set_auto want = {0};
	mem_auto_free char *token = NULL;
	err_auto e = ERR_INIT;
	enum outcome o = OUTCOME_PENDING;

	(void)state;
	with_peering();
	az_want_attached(&want, true);
	assert_int_equal(begin(&want, &token), OUTCOME_PENDING);
	assert_non_null(strstr(token, "operations/"));
	az_close(&seat);
	az_do(&az, "forget", "{}");
	az_open(&seat, &circuit);
	for (int i = 0; o == OUTCOME_PENDING && i < 50; i++)
		o = azure_adapter_ops.poll(&seat.ctx, token, &e);
	assert_int_equal(o, OUTCOME_APPLIED);
	assert_int_equal(az_count(&az, "PUT "), 2);
	assert_true(is_attached());
}

/* Polls that are not answered say nothing. */
static void test_poll_faults(void **state)
{
	resource_set_auto want = {0};
	mem_auto_free char *token = NULL;
	err_auto e = ERR_INIT;
	static const char *const faults[] = {
		"{\"match\":\"operations/\",\"status\":503}",
		"{\"match\":\"operations/\",\"status\":429}",
		"{\"match\":\"operations/\",\"drop\":\"before\",\"times\":20}",
		"{\"match\":\"operations/\",\"drop\":\"after\",\"times\":20}"};
	enum outcome o = OUTCOME_PENDING;

	(void)state;
	with_peering();
	az_want_attached(&want, true);
	assert_int_equal(begin(&want, &token), OUTCOME_PENDING);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		az_do(&az, "fault", faults[i]);
		assert_int_equal(azure_adapter_ops.poll(&seat.ctx, token, &e),
				 OUTCOME_PENDING);
		az_do(&az, "clear", "{}");
	}
	for (int i = 0; o == OUTCOME_PENDING && i < 50; i++)
		o = azure_adapter_ops.poll(&seat.ctx, token, &e);
	assert_int_equal(o, OUTCOME_APPLIED);
}

static void test_retry_after_obeyed(void **state)
{
	resource_set_auto want = {0};
	mem_auto_free char *token = NULL;
	err_auto e = ERR_INIT;
	int64_t start;

	(void)state;
	with_peering();
	az_do(&az, "config", "{\"retry_after\":3,\"delay\":20}");
	az_want_attached(&want, true);
	assert_int_equal(begin(&want, &token), OUTCOME_PENDING);
	azure_adapter_ops.poll(&seat.ctx, token, &e);
	start = clock_mono_us();
	azure_adapter_ops.poll(&seat.ctx, token, &e);
	assert_true(clock_mono_us() - start >= 2900000);
}

/* Nothing listens: provably nothing was sent. */
static void test_never_sent(void **state)
{
	err_auto e = ERR_INIT;
	http_response_auto r = {0};
	struct http *h = http_new(NULL);

	(void)state;
	assert_int_equal(
		http_send(h,
			  &(struct http_request){
				  .method = "PUT",
				  .url = "http://127.0.0.1:1/x",
				  .body = "{}",
				  .change = true,
				  .deadline_us = clock_mono_us() + 5000000},
			  &r, &e),
		HTTP_NOT_SENT);
	assert_int_equal(e.code, ERR_RETRY);
	http_free(h);
}

/*
 * The emulator has the trap: a PUT of the network under an old version takes
 * the subnets with it.  Whatever the tests above did, none was ever sent; here
 * is the proof over a whole life of a connection.
 */
static void test_only_these(void **state)
{
	static const char *const allowed[] = {
		"PUT " AZ_CIRCUIT "/peerings/AzurePrivatePeering",
		"PUT " AZ_CONNECTION, "DELETE " AZ_CONNECTION};
	json_auto *before = az_steer(&az, "state", NULL);
	json_auto *after = NULL;
	size_t i, k;
	json_t *v;

	(void)state;
	with_peering();
	attach(true);
	attach(false);
	after = az_steer(&az, "state", NULL);
	assert_int_equal(json_array_size(json_peek(after, "writes")), 3);
	json_array_foreach(json_peek(after, "writes"), i, v)
	{
		bool ok = false;

		for (k = 0; k < ARRAY_LEN(allowed); k++)
			ok |= strcmp(allowed[k], json_string_value(v)) == 0;
		assert_true(ok);
	}
	/* everything that was there is there */
	json_array_foreach(json_peek(before, "resources"), i, v)
	{
		json_auto *r = az_resource(&az, json_peek_str(v, "id", ""));

		assert_non_null(r);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_login),
		T(test_login_refused),
		T(test_certificate),
		T(test_token_renewed),
		T(test_tls),
		T(test_observe),
		T(test_observe_tunnel),
		T(test_observe_vnet),
		T(test_observe_session),
		T(test_absent_or_wrong),
		T(test_shapes),
		T(test_attach),
		T(test_not_ours),
		T(test_weak_validation),
		T(test_said_no),
		T(test_nobody_knows),
		T(test_operation_failed),
		T(test_lost_address),
		T(test_poll_faults),
		T(test_retry_after_obeyed),
		T(test_never_sent),
		T(test_only_these),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
