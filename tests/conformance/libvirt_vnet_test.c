/*
 * libvirt_vnet_test.c - the fingerprint of a virtual network, for real
 *
 * Every kind of change is made with virsh and must be seen, or not.
 */
#include "tests/conformance/libvirt_rig.h"

#include <string.h>

#include "orchestrator/base/clock.h"

static void test_fingerprint_content(void **state)
{
	struct rig r;
	struct resource x = {0};
	mem_auto_free char *id = NULL;

	(void)state;
	rig_vnet(&r, NULL);
	id = rig_identity(&r);
	assert_non_null(
		strstr(id, "\"leases\":[\"" RIG_MAC " 10.100.0.11 vm1\"]"));
	assert_non_null(strstr(id, "\"addresses\":[\"10.100.0.11\"]"));
	assert_non_null(strstr(id, "\"bridge\":\"virbr-vnet\""));
	assert_non_null(strstr(id, "\"state\":\"running\""));
	assert_non_null(strstr(id, "\"ranges\":[{\"end\":\"10.100.0.150\""));
	assert_null(strstr(id, "expiry"));
	rig_look(&r, RESOURCE_VNET, &x);
	assert_non_null(strstr(x.vnet.liveness, "\"connections\":1"));
	assert_non_null(strstr(x.vnet.liveness, "\"cpu_ns\":"));
	assert_non_null(strstr(x.vnet.liveness, "\"tx_packets\":"));
	assert_string_equal(x.vnet.identity, id); /* and it stays */
	resource_done(&x);
	rig_done(&r);
}

/* Runs `script`; the fingerprint must (not) be another; then `undo`. */
static void assert_touched(struct rig *r, const char *script, const char *undo,
			   bool touched)
{
	mem_auto_free char *before = rig_identity(r);
	mem_auto_free char *between = NULL, *after = NULL;

	sandbox_shell(script);
	between = rig_identity(r);
	if ((strcmp(before, between) != 0) != touched)
		print_error("after '%s':\n%s\n%s\n", script, before, between);
	assert_int_equal(strcmp(before, between) != 0, touched);
	if (!undo)
		return;
	sandbox_shell(undo);
	after = rig_identity(r);
	assert_string_equal(before, after);
}

static void test_fingerprint_sees_changes(void **state)
{
	struct rig r;

	(void)state;
	rig_vnet(&r, NULL);
	assert_touched(&r, "virsh suspend vm1", "virsh resume vm1", true);
	assert_touched(&r, "virsh domif-setlink vm1 " RIG_MAC " down",
		       "virsh domif-setlink vm1 " RIG_MAC " up", true);
	assert_touched(&r,
		       "virsh net-update vnet1 add ip-dhcp-host \"<host"
		       " mac='52:54:00:10:00:0c' ip='10.100.0.12'/>\" --live",
		       "virsh net-update vnet1 delete ip-dhcp-host \"<host"
		       " mac='52:54:00:10:00:0c' ip='10.100.0.12'/>\" --live",
		       true);
	assert_touched(&r, "virsh net-autostart vnet1",
		       "virsh net-autostart vnet1 --disable", true);
	assert_touched(&r,
		       "virsh net-start er-hq-primary;"
		       "virsh net-destroy er-hq-primary",
		       NULL, false);
	assert_touched(&r,
		       "virsh attach-interface vm1 network vnet1"
		       " --mac 52:54:00:10:00:99 --live",
		       NULL, true);
	assert_touched(&r, "virsh destroy vm1; virsh start vm1", NULL, true);
	rig_done(&r);
}

static void test_gateway_port_is_liveness(void **state)
{
	struct resource x = {0};
	struct rig r;

	(void)state;
	rig_vnet(&r, "52:54:00:10:00:88");
	assert_touched(&r,
		       "virsh attach-interface vm1 network vnet1"
		       " --mac 52:54:00:10:00:88 --live",
		       NULL, false);
	rig_look(&r, RESOURCE_VNET, &x);
	assert_non_null(
		strstr(x.vnet.liveness, "\"mac\":\"52:54:00:10:00:88\""));
	resource_done(&x);
	sandbox_shell("virsh destroy vm1; virsh start vm1");
	rig_done(&r);
}

static void test_daemon_restart_is_no_change(void **state)
{
	mem_auto_free char *before = NULL, *after = NULL;
	resource_set_auto want = {0};
	resource_set_auto have = {0};
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_vnet(&r, NULL);
	before = rig_identity(&r);
	sandbox_shell(
		"p=$(cat /run/libvirtd.test); kill $p\n"
		"for i in $(seq 600); do\n" /* a zombie has no command line */
		" grep -q libvirtd /proc/$p/cmdline 2>/dev/null || exit 0; "
		"sleep 0.1\n"
		"done\n"
		"exit 1");
	resource_set_add(&want, RESOURCE_VNET, "x");
	rig_deadline(&r, 5000);
	assert_false(libvirt_adapter_ops.observe(&r.ctx, &want, &have, &e));
	assert_non_null(e.msg);
	rig_close(&r);
	sandbox_shell(rig_daemon_start);
	rig_open(&r);
	after = rig_identity(&r);
	assert_string_equal(before, after);
	rig_done(&r);
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fingerprint_content),
		cmocka_unit_test(test_daemon_restart_is_no_change),
		cmocka_unit_test(test_fingerprint_sees_changes),
		cmocka_unit_test(test_gateway_port_is_liveness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, inside);
}
