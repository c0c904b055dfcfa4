/*
 * strongswan_test.c - the strongSwan adapter against two real charons
 *
 * In a sandbox two charons (kernel-libipsec, shared key) sit in two network
 * namespaces, and the adapter looks at one of them through the device transport
 * with a local shell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "adapters/strongswan/strongswan.h"
#include "orchestrator/base/clock.h"
#include "tests/conformance/sandbox.h"

static const char setup[] =
	"set -e\n"
	"ip netns add a; ip netns add b\n"
	"ip link add va netns a type veth peer name vb netns b\n"
	"node() {\n" /* side local remote own-net other-net */
	" ip -n $1 link set lo up; ip -n $1 link set v$1 up\n"
	" ip -n $1 addr add $2/30 dev v$1; ip -n $1 addr add 10.$4.0.1/24 dev "
	"lo\n"
	" mkdir -p /run/$1\n"
	" cat > /run/$1/strongswan.conf <<C\n"
	"charon {\n"
	" load = random nonce openssl pem pubkey hmac sha2 aes kdf gmp"
	" kernel-libipsec kernel-netlink socket-default vici\n"
	" plugins {\n"
	"  vici {\n   socket = unix:///run/$1/vici\n  }\n"
	"  kernel-libipsec {\n   allow_peer_ts = yes\n  }\n"
	" }\n"
	"}\n"
	"C\n"
	" cat > /run/$1/swanctl.conf <<C\n"
	"connections {\n azure {\n"
	"  local_addrs = $2\n  remote_addrs = $3\n  version = 2\n"
	"  proposals = aes256-sha256-modp2048\n"
	"  local {\n   auth = psk\n   id = \"C=CH, O=Lab, CN=$1\"\n  }\n"
	"  remote {\n   auth = psk\n  }\n"
	"  children {\n   net {\n"
	"    local_ts = 10.$4.0.0/24\n    remote_ts = 10.$5.0.0/24\n"
	"    esp_proposals = aes256-sha256\n   }\n  }\n"
	" }\n}\n"
	"secrets {\n ike-1 {\n  secret = labsecret\n }\n}\n"
	"C\n"
	" STRONGSWAN_CONF=/run/$1/strongswan.conf ip netns exec $1"
	" /usr/lib/ipsec/charon > /run/$1/out 2>&1 &\n"
	"}\n"
	"node a 198.51.100.2 198.51.100.1 1 2\n"
	"for i in $(seq 300); do [ -S /run/a/vici ] && break; sleep 0.1; done\n"
	"rm -f /run/charon.pid\n" /* there is one name for it only */
	"node b 198.51.100.1 198.51.100.2 2 1\n"
	"for s in a b; do\n"
	" for i in $(seq 300); do [ -S /run/$s/vici ] && break; sleep 0.1; "
	"done\n"
	" swanctl --load-all --file /run/$s/swanctl.conf"
	" --uri unix:///run/$s/vici 2> /dev/null\n"
	"done\n";

static struct target target = {.name = "vpn1", .driver = "strongswan"};
static char state_bytes[64];
static struct adapter_ctx ctx = {.target = &target, .state = state_bytes};

static bool observe(const char *connection, struct resource *ret, struct err *e)
{
	resource_set_auto want = {0};
	resource_set_auto have = {0};
	bool ok;

	resource_set_add(&want, RESOURCE_TUNNEL, "vpn1")->tunnel.connection =
		mem_strdup(connection);
	memset(state_bytes, 0, sizeof(state_bytes));
	ctx.deadline_us = clock_mono_us() + 30000000;
	ok = strongswan_adapter_ops.open(&ctx, e) &&
	     strongswan_adapter_ops.observe(&ctx, &want, &have, e);
	strongswan_adapter_ops.close(&ctx);
	if (ok)
		resource_copy(ret, &have.v[0]);
	return ok;
}

static void see(const char *connection, struct resource *ret)
{
	err_auto e = ERR_INIT;
	bool ok = observe(connection, ret, &e);

	if (!ok)
		print_error("%s\n", err_msg(&e));
	assert_true(ok);
}

static void test_down_before(void **state)
{
	struct resource x = {0};

	(void)state;
	see("azure", &x);
	assert_true(x.present);
	assert_false(x.tunnel.up);
	resource_done(&x);
	memset(&x, 0, sizeof(x));
	see("nothing", &x);
	assert_false(x.present);
	resource_done(&x);
}

static void test_up_and_counting(void **state)
{
	struct resource x = {0};

	(void)state;
	sandbox_shell("timeout 60 swanctl --initiate --child net"
		      " --uri unix:///run/a/vici");
	see("azure", &x);
	assert_true(x.present && x.tunnel.up);
	assert_string_equal(x.tunnel.local, "198.51.100.2");
	assert_string_equal(x.tunnel.remote, "198.51.100.1");
	assert_int_equal(x.tunnel.packets_out, 0);
	assert_true(x.tunnel.rekey_s > 60);
	resource_done(&x);
	sandbox_shell("ip netns exec a busybox ping -c 5 -i 0.2 -I 10.1.0.1 "
		      "10.2.0.1");
	memset(&x, 0, sizeof(x));
	see("azure", &x);
	assert_int_equal(x.tunnel.packets_out, 5);
	assert_int_equal(x.tunnel.packets_in, 5);
	assert_int_equal(x.tunnel.bytes_out, 5 * 84);
	assert_true(x.tunnel.age_s >= 1);
	resource_done(&x);
}

static void test_up_through_a_rekey(void **state)
{
	struct resource x = {0};

	(void)state;
	sandbox_shell("swanctl --rekey --child net --uri unix:///run/a/vici");
	see("azure", &x);
	assert_true(x.tunnel.up);
	resource_done(&x);
	sandbox_shell("swanctl --rekey --ike azure --uri unix:///run/a/vici");
	memset(&x, 0, sizeof(x));
	see("azure", &x);
	assert_true(x.tunnel.up);
	resource_done(&x);
}

static void test_down_after(void **state)
{
	struct resource x = {0};

	(void)state;
	sandbox_shell(
		"swanctl --terminate --ike azure --uri unix:///run/a/vici");
	see("azure", &x);
	assert_true(x.present);
	assert_false(x.tunnel.up);
	resource_done(&x);
}

static void test_no_daemon_is_blind(void **state)
{
	struct resource x = {0};
	err_auto e = ERR_INIT;

	(void)state;
	target_param_set(&target, "uri", "unix:///run/nobody/vici");
	assert_false(observe("azure", &x, &e));
	assert_non_null(strstr(err_msg(&e), "swanctl on 'vpn1' failed"));
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_down_before),
		cmocka_unit_test(test_up_and_counting),
		cmocka_unit_test(test_up_through_a_rekey),
		cmocka_unit_test(test_down_after),
		cmocka_unit_test(test_no_daemon_is_blind),
	};

	sandbox_shell(setup);
	target_param_set(&target, "uri", "unix:///run/a/vici");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const struct sandbox_need needs[] = {
		{"/usr/lib/ipsec/charon", "package strongswan-charon"},
		{"/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so",
		 "package libcharon-extra-plugins"},
		{"swanctl", "package strongswan-swanctl"},
		{"/dev/net/tun", "a kernel with TUN devices"},
		{"busybox", "package busybox-static"},
		{"ip", "package iproute2"},
		{NULL, NULL},
	};

	(void)argc;
	return sandbox_main(argv, needs, inside);
}
