/*
 * libvirt_test.c - circuits and attachments against a real libvirtd
 *
 * Also what happens when the daemon hangs, and its events.  See libvirt_rig.c.
 */
#include "tests/conformance/libvirt_rig.h"

#include <string.h>

#include "orchestrator/base/clock.h"

static void test_circuit_forward_and_back(void **state)
{
	static const char *const both[] = {"primary", "secondary", NULL};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	rig_assert_links(&r, "");
	rig_render_links(&r, both, &cs);
	assert_int_equal(cs.n_forward, 3);
	assert_string_equal(cs.forward[0].what, "virsh");
	assert_string_equal(cs.forward[0].text, "net-start er-hq-primary");
	assert_string_equal(cs.back[2].text, "net-destroy er-hq-primary");
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_APPLIED);
	rig_assert_links(&r, "primary secondary");
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_UNCHANGED);
	sandbox_shell(
		"ip link show br1 && ip link show br2 && ip link show br3");
	assert_int_equal(rig_apply(&r, &cs, true, &e), OUTCOME_APPLIED);
	rig_assert_links(&r, "");
	assert_int_equal(rig_apply(&r, &cs, true, &e), OUTCOME_UNCHANGED);
	assert_null(e.msg);
	changeset_done(&cs);
	rig_done(&r);
}

static void test_half_lit_link_is_seen_and_finished(void **state)
{
	static const char *const primary[] = {"primary", NULL};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	sandbox_shell("virsh net-start er-hq-primary-public");
	rig_assert_links(&r, "primary/er-hq-primary-public");
	rig_render_links(&r, primary, &cs);
	assert_int_equal(cs.n_forward, 1);
	assert_string_equal(cs.forward[0].text, "net-start er-hq-primary");
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_APPLIED);
	rig_assert_links(&r, "primary");
	assert_int_equal(rig_apply(&r, &cs, true, &e), OUTCOME_APPLIED);
	rig_assert_links(&r, "primary/er-hq-primary-public");
	sandbox_shell("virsh net-destroy er-hq-primary-public");
	changeset_done(&cs);
	rig_done(&r);
}

static void test_attachment_and_its_ports(void **state)
{
	struct changeset cs = {0};
	struct resource x = {0};
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	rig_look(&r, RESOURCE_ATTACHMENT, &x);
	assert_true(x.present);
	assert_false(x.attachment.attached);
	resource_done(&x);
	RIG_CHANGE(&cs, "net-start er-hq-gateway");
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_APPLIED);
	sandbox_shell("ip link add at-gw type veth peer name at-gw-x;"
		      "ip link set at-gw master br4");
	memset(&x, 0, sizeof(x));
	rig_look(&r, RESOURCE_ATTACHMENT, &x);
	assert_true(x.attachment.attached);
	assert_int_equal(x.attachment.ports.n, 1);
	assert_string_equal(x.attachment.ports.v[0], "at-gw");
	resource_done(&x);
	sandbox_shell("virsh net-destroy er-hq-gateway; ip link del at-gw");
	changeset_done(&cs);
	rig_done(&r);
}

static void assert_refused(struct rig *r, const char *part, const char *why)
{
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	RIG_CHANGE(&cs, "net-start er-hq-primary", part);
	assert_int_equal(rig_apply(r, &cs, false, &e), OUTCOME_REFUSED);
	if (!strstr(err_msg(&e), why))
		print_error("%s\n", err_msg(&e));
	assert_non_null(strstr(err_msg(&e), why));
	rig_assert_links(r, ""); /* not even the part that is allowed */
	changeset_done(&cs);
}

static void test_scope(void **state)
{
	struct rig r;

	(void)state;
	rig_circuit(&r);
	assert_refused(&r, "net-destroy vnet1", "may start or stop");
	assert_refused(&r, "net-start other", "may start or stop");
	assert_refused(&r, "net-undefine er-hq-primary", "not a command");
	assert_refused(&r, "net-start er-hq-primary; reboot", "not a command");
	assert_refused(&r, "destroy vm1", "not a command");
	sandbox_shell("virsh net-info vnet1 | grep -q 'Active: *yes'");
	rig_done(&r);
}

static void test_not_stopped_when_it_hurts(void **state)
{
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	RIG_CHANGE(&cs, "net-destroy er-hq-secondary");
	sandbox_shell("virsh net-start er-hq-secondary;"
		      "virsh attach-interface vm1 network er-hq-secondary"
		      " --mac 52:54:00:10:00:77 --live");
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "'vm1' is plugged"));
	/* without an OS it does not let go of the device by itself */
	sandbox_shell(
		"virsh destroy vm1; virsh start vm1;"
		"virsh net-dumpxml er-hq-secondary --inactive > /run/sec.xml;"
		"virsh net-undefine er-hq-secondary");
	err_done(&e);
	e = ERR_INIT;
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "transient"));
	sandbox_shell("virsh net-define /run/sec.xml");
	assert_int_equal(rig_apply(&r, &cs, false, NULL), OUTCOME_APPLIED);
	changeset_done(&cs);
	rig_done(&r);
}

static void test_part_of_a_change(void **state)
{
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	/* a device with the bridge's name is in the way */
	sandbox_shell("ip link add br3 type veth peer name br3x");
	RIG_CHANGE(&cs, "net-start er-hq-secondary");
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_REFUSED);
	err_done(&e);
	e = ERR_INIT;
	changeset_done(&cs);
	memset(&cs, 0, sizeof(cs));
	RIG_CHANGE(&cs, "net-start er-hq-primary", "net-start er-hq-secondary");
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_UNKNOWN);
	assert_non_null(strstr(err_msg(&e), "1 of 2"));
	rig_assert_links(&r, "primary/er-hq-primary");
	sandbox_shell("ip link del br3; virsh net-destroy er-hq-primary");
	changeset_done(&cs);
	rig_done(&r);
}

static void test_missing_network(void **state)
{
	struct changeset cs = {0};
	struct resource x = {0};
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_init(&r);
	target_param_set(&r.target, "links", "primary=nowhere");
	target_param_set(&r.target, "network", "nonet");
	rig_open(&r);
	rig_look(&r, RESOURCE_CIRCUIT, &x);
	assert_false(x.present);
	assert_string_equal(x.circuit.provisioning, "NotProvisioned");
	resource_done(&x);
	memset(&x, 0, sizeof(x));
	rig_look(&r, RESOURCE_VNET, &x);
	assert_false(x.present);
	resource_done(&x);
	RIG_CHANGE(&cs, "net-start nowhere");
	assert_int_equal(rig_apply(&r, &cs, false, &e), OUTCOME_REFUSED);
	changeset_done(&cs);
	rig_done(&r);
}

static void test_hung_daemon(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto have = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	struct rig r, other;
	int64_t began;

	(void)state;
	rig_circuit(&r);
	rig_circuit(&other);
	RIG_CHANGE(&cs, "net-start er-hq-secondary");
	rig_assert_links(&r, "");
	sandbox_shell("kill -STOP $(cat /run/libvirtd.test)");
	resource_set_add(&want, RESOURCE_CIRCUIT, "er-hq");
	began = clock_mono_us();
	rig_deadline(&r, 700);
	assert_false(libvirt_adapter_ops.observe(&r.ctx, &want, &have, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	err_done(&e);
	e = ERR_INIT;
	rig_deadline(&r, 700);
	assert_int_equal(
		libvirt_adapter_ops.apply(&r.ctx, &cs, false, NULL, NULL, &e),
		OUTCOME_RETRY);
	err_done(&e);
	e = ERR_INIT;
	rig_deadline(&other, 700);
	assert_int_equal(libvirt_adapter_ops.apply(&other.ctx, &cs, false, NULL,
						   NULL, &e),
			 OUTCOME_RETRY); /* it stops at the look before */
	libvirt_adapter_ops.close(&other.ctx);
	assert_true(clock_mono_us() - began < 30000000);
	rig_deadline(&other, 700);
	memset(other.ctx.state, 0, libvirt_adapter_ops.state_size);
	assert_false(libvirt_adapter_ops.open(&other.ctx, &e));
	assert_true(clock_mono_us() - began < 60000000);
	sandbox_shell("kill -CONT $(cat /run/libvirtd.test)");
	rig_close(&r);
	rig_open(&r);
	rig_deadline(&r, 20000);
	assert_true(libvirt_adapter_ops.fence(&r.ctx, &e));
	assert_int_equal(r.ctx.epoch, 1);
	rig_assert_links(&r, "");
	changeset_done(&cs);
	rig_done(&r);
	rig_done(&other);
}

/* Stops the daemon when the command itself is about to be sent. */
static void stop_daemon(void *arg, const char *what, const char *text)
{
	(void)arg;
	(void)what;
	(void)text;
	sandbox_shell("kill -STOP $(cat /run/libvirtd.test)");
}

static void test_change_without_an_answer(void **state)
{
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	struct rig r;
	char *seen;

	(void)state;
	rig_circuit(&r);
	RIG_CHANGE(&cs, "net-start er-hq-secondary");
	r.ctx.trace = stop_daemon;
	rig_deadline(&r, 5000);
	assert_int_equal(
		libvirt_adapter_ops.apply(&r.ctx, &cs, false, NULL, NULL, &e),
		OUTCOME_UNKNOWN);
	assert_int_equal(e.code, ERR_UNKNOWN);
	rig_close(&r);
	sandbox_shell("kill -CONT $(cat /run/libvirtd.test)");
	rig_open(&r);
	rig_deadline(&r, 20000);
	assert_true(libvirt_adapter_ops.fence(&r.ctx, &e));
	/* whichever it is, it is so for good */
	seen = rig_links(&r);
	clock_sleep_us(1500000);
	rig_assert_links(&r, seen);
	print_message("after an unknown outcome: '%s'\n", seen);
	if (*seen)
		sandbox_shell("virsh net-destroy er-hq-secondary");
	free(seen);
	changeset_done(&cs);
	rig_done(&r);
}

static char *next_event(struct rig *r, const char *want)
{
	err_auto e = ERR_INIT;
	char *s;

	rig_deadline(r, 60000);
	s = libvirt_adapter_ops.watch(&r->ctx, &e);
	if (!s)
		fail_msg("no event '%s': %s", want, err_msg(&e));
	return s;
}

/* A machine's firmware may reset once more by itself while it starts again. */
static void assert_event(struct rig *r, const char *want)
{
	static const char again[] = "domain vm1 rebooted";
	mem_auto_free char *s = next_event(r, want);

	while (strcmp(want, again) != 0 && strcmp(s, again) == 0) {
		free(s);
		s = next_event(r, want);
	}
	assert_string_equal(s, want);
}

static void test_watch(void **state)
{
	err_auto e = ERR_INIT;
	struct rig r;
	int64_t began;
	char *s;

	(void)state;
	rig_circuit(&r);
	sandbox_shell(
		"virsh net-start other; virsh net-start er-hq-gateway;"
		"virsh net-destroy other; virsh net-destroy er-hq-gateway");
	assert_event(&r, "network er-hq-gateway started");
	assert_event(&r, "network er-hq-gateway stopped");
	sandbox_shell("virsh suspend vm1; virsh resume vm1; virsh reset vm1");
	assert_event(&r, "domain vm1 suspended");
	assert_event(&r, "domain vm1 resumed");
	assert_event(&r, "domain vm1 rebooted");
	sandbox_shell("kill -9 $(cat /run/libvirt/qemu/vm1.pid)");
	assert_event(&r, "domain vm1 stopped: failed");
	sandbox_shell("virsh start vm1");
	assert_event(&r, "domain vm1 resumed");
	assert_event(&r, "domain vm1 started");
	began = clock_mono_us();
	rig_deadline(&r, 300);
	s = libvirt_adapter_ops.watch(&r.ctx, &e);
	assert_null(s);
	assert_null(e.msg);
	assert_true(clock_mono_us() - began >= 290000);
	rig_done(&r);
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_circuit_forward_and_back),
		cmocka_unit_test(test_half_lit_link_is_seen_and_finished),
		cmocka_unit_test(test_attachment_and_its_ports),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_part_of_a_change),
		cmocka_unit_test(test_missing_network),
		cmocka_unit_test(test_not_stopped_when_it_hurts),
		cmocka_unit_test(test_hung_daemon),
		cmocka_unit_test(test_change_without_an_answer),
		cmocka_unit_test(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	return rig_main(argv, inside);
}
