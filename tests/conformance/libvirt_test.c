/*
 * libvirt_test.c - the libvirt adapter against a real libvirtd
 *
 * The program starts itself again in own mount, network and PID namespaces
 * with own /run, /etc/libvirt and /var/lib/libvirt, so that the host's libvirt
 * is neither used nor seen, and nothing is left behind.  There it runs
 * libvirtd with a virtual network, circuit networks and one QEMU machine
 * (emulated, no disk; its lease is taken with a DHCP client that borrows its
 * MAC).  A shell is process 1 there: libvirtd waits for machines that ended,
 * and somebody has to reap them.  Needs root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/libvirt/libvirt.h"
#include "orchestrator/base/clock.h"

#define MAC "52:54:00:10:00:0b"

static const char setup[] =
	"set -e\n"
	"mount --make-rprivate /\n"
	"mount -t sysfs sysfs /sys\n"
	"for d in /run /etc/libvirt /var/lib/libvirt /var/cache/libvirt"
	" /var/log/libvirt; do mkdir -p $d; mount -t tmpfs tmpfs $d; done\n"
	"mkdir -p /run/libvirt /run/user/0 /run/lock /var/lib/libvirt/dnsmasq\n"
	"ip link set lo up\n"
	"cat > /etc/libvirt/libvirtd.conf <<C\n"
	"auth_unix_rw = \"none\"\n"
	"log_outputs = \"2:file:/var/log/libvirt/libvirtd.log\"\n"
	"C\n"
	"cat > /etc/libvirt/qemu.conf <<C\n"
	"security_driver = \"none\"\n"
	"user = \"root\"\n"
	"group = \"root\"\n"
	"cgroup_controllers = []\n"
	"namespaces = []\n"
	"remember_owner = 0\n"
	"stdio_handler = \"file\"\n"
	"C\n";

static const char start[] =
	"libvirtd -f /etc/libvirt/libvirtd.conf > /run/out 2>&1 &\n"
	"echo $! > /run/libvirtd.test\n"
	"for i in $(seq 50); do\n"
	" virsh version > /dev/null 2>&1 && exit 0; sleep 0.2\n"
	"done\n"
	"exit 1\n";

static const char define[] =
	"set -e\n"
	"cat > /run/x <<X\n"
	"<network><name>vnet1</name>"
	"<bridge name='virbr-vnet' stp='off' delay='0'/>"
	"<mtu size='1500'/><forward mode='open'/>"
	"<ip address='10.100.0.1' netmask='255.255.255.0'><dhcp>"
	"<range start='10.100.0.100' end='10.100.0.150'/>"
	"<host mac='" MAC "' name='vm1' ip='10.100.0.11'/>"
	"</dhcp></ip></network>\n"
	"X\n"
	"virsh net-define /run/x; virsh net-start vnet1\n"
	"for n in er-hq-primary:br1 er-hq-primary-public:br2"
	" er-hq-secondary:br3 er-hq-gateway:br4 other:br5; do\n"
	" echo \"<network><name>${n%:*}</name><bridge name='${n#*:}'"
	" stp='off' delay='0'/></network>\" > /run/x\n"
	" virsh net-define /run/x\n"
	"done\n"
	"cat > /run/x <<X\n"
	"<domain type='qemu'><name>vm1</name><memory unit='MiB'>32</memory>"
	"<vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type>"
	"</os><features><acpi/></features><devices>"
	"<emulator>/usr/bin/qemu-system-x86_64</emulator>"
	"<interface type='network'><mac address='" MAC "'/>"
	"<source network='vnet1'/><model type='virtio'/></interface>"
	"</devices></domain>\n"
	"X\n"
	"virsh define /run/x; virsh start vm1\n"
	"ip link add lease0 address " MAC " type veth peer name lease1\n"
	"ip link set lease1 master virbr-vnet up; ip link set lease0 up\n"
	"busybox udhcpc -q -n -t 9 -T 1 -s /bin/true -i lease0 -x hostname:vm1\n"
	"ip link del lease0\n";

static void shell(const char *script)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (!getenv("VERBOSE") && !freopen("/dev/null", "w", stdout))
			_exit(126);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		print_error("failed: %s\n", script);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- a target and its adapter ---- */

struct rig {
	struct target target;
	struct adapter_ctx ctx;
	bool open;
};

static void rig_deadline(struct rig *r, int64_t ms)
{
	r->ctx.deadline_us = clock_mono_us() + ms * 1000;
}

static void rig_open(struct rig *r)
{
	err_auto e = ERR_INIT;

	memset(r->ctx.state, 0, libvirt_adapter_ops.state_size);
	rig_deadline(r, 20000);
	r->open = libvirt_adapter_ops.open(&r->ctx, &e);
	if (!r->open)
		print_error("%s\n", err_msg(&e));
	assert_true(r->open);
}

static void rig_close(struct rig *r)
{
	libvirt_adapter_ops.close(&r->ctx);
	r->open = false;
}

static void rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->target.name = mem_strdup("er-hq");
	target_param_set(&r->target, "uri", "qemu:///system");
	r->ctx.target = &r->target;
	r->ctx.state = mem_alloc(libvirt_adapter_ops.state_size);
}

static void rig_circuit(struct rig *r)
{
	rig_init(r);
	target_param_set(&r->target, "links",
			 "primary=er-hq-primary+er-hq-primary-public,"
			 "secondary=er-hq-secondary");
	target_param_set(&r->target, "attachment", "er-hq-gateway");
	rig_open(r);
}

static void rig_vnet(struct rig *r, const char *gateway_port)
{
	rig_init(r);
	target_param_set(&r->target, "network", "vnet1");
	if (gateway_port)
		target_param_set(&r->target, "gateway_port", gateway_port);
	rig_open(r);
}

static void rig_done(struct rig *r)
{
	rig_close(r);
	free(r->ctx.state);
	target_done(&r->target);
}

static void look(struct rig *r, enum resource_kind kind, struct resource *ret)
{
	resource_set_auto want = { 0 };
	resource_set_auto have = { 0 };
	err_auto e = ERR_INIT;
	bool ok;

	resource_set_add(&want, kind, "x");
	rig_deadline(r, 20000);
	ok = libvirt_adapter_ops.observe(&r->ctx, &want, &have, &e);
	if (!ok)
		print_error("%s\n", err_msg(&e));
	assert_true(ok);
	assert_int_equal(have.n, 1);
	resource_copy(ret, &have.v[0]);
}

static char *links_seen(struct rig *r)
{
	struct resource x = { 0 };
	buf_auto b = BUF_INIT;

	look(r, RESOURCE_CIRCUIT, &x);
	assert_true(x.present);
	assert_string_equal(x.circuit.provisioning, "Provisioned");
	for (size_t i = 0; i < x.circuit.links.n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", x.circuit.links.v[i]);
	resource_done(&x);
	buf_puts(&b, "");
	return buf_steal(&b);
}

static void assert_links(struct rig *r, const char *want)
{
	mem_auto_free char *have = links_seen(r);

	assert_string_equal(have, want);
}

static char *identity_seen(struct rig *r)
{
	struct resource x = { 0 };
	char *s;

	look(r, RESOURCE_VNET, &x);
	assert_true(x.present);
	assert_int_equal(strlen(x.vnet.digest), 64);
	s = mem_strdup(x.vnet.identity);
	resource_done(&x);
	return s;
}

static void change(struct changeset *cs, const char *const *parts)
{
	for (; *parts; parts++)
		changeset_add(cs, false, "virsh", *parts);
}

#define CHANGE(cs, ...) \
	change(cs, (const char *const[]){ __VA_ARGS__, NULL })

static enum outcome apply(struct rig *r, const struct changeset *cs, bool back,
			  struct err *e)
{
	char *token = NULL;

	rig_deadline(r, 20000);
	return libvirt_adapter_ops.apply(&r->ctx, cs, back, NULL, &token, e);
}

static void render_links(struct rig *r, const char *const *links,
			 struct changeset *ret)
{
	resource_set_auto from = { 0 };
	resource_set_auto to = { 0 };
	err_auto e = ERR_INIT;
	struct resource *w =
		resource_set_add(&to, RESOURCE_CIRCUIT, "er-hq");

	for (; *links; links++)
		state_list_add(&w->circuit.links, *links);
	rig_deadline(r, 20000);
	assert_true(libvirt_adapter_ops.check(&r->target, &to, &e));
	assert_true(libvirt_adapter_ops.observe(&r->ctx, &to, &from, &e));
	assert_true(libvirt_adapter_ops.render(&r->target, &from, &to, ret,
					       &e));
}

/* ---- tests ---- */

static void test_circuit_forward_and_back(void **state)
{
	static const char *const both[] = { "primary", "secondary", NULL };
	struct changeset cs = { 0 };
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	assert_links(&r, "");
	render_links(&r, both, &cs);
	assert_int_equal(cs.n_forward, 3);
	assert_string_equal(cs.forward[0].what, "virsh");
	assert_string_equal(cs.forward[0].text, "net-start er-hq-primary");
	assert_string_equal(cs.back[2].text, "net-destroy er-hq-primary");
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_APPLIED);
	assert_links(&r, "primary secondary");
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_UNCHANGED);
	shell("ip link show br1 && ip link show br2 && ip link show br3");
	assert_int_equal(apply(&r, &cs, true, &e), OUTCOME_APPLIED);
	assert_links(&r, "");
	assert_int_equal(apply(&r, &cs, true, &e), OUTCOME_UNCHANGED);
	assert_null(e.msg);
	changeset_done(&cs);
	rig_done(&r);
}

static void test_half_lit_link_is_seen_and_finished(void **state)
{
	static const char *const primary[] = { "primary", NULL };
	struct changeset cs = { 0 };
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	shell("virsh net-start er-hq-primary-public");
	assert_links(&r, "primary/er-hq-primary-public");
	render_links(&r, primary, &cs);
	assert_int_equal(cs.n_forward, 1);
	assert_string_equal(cs.forward[0].text, "net-start er-hq-primary");
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_APPLIED);
	assert_links(&r, "primary");
	assert_int_equal(apply(&r, &cs, true, &e), OUTCOME_APPLIED);
	assert_links(&r, "primary/er-hq-primary-public");
	shell("virsh net-destroy er-hq-primary-public");
	changeset_done(&cs);
	rig_done(&r);
}

static void test_attachment_and_its_ports(void **state)
{
	struct changeset cs = { 0 };
	struct resource x = { 0 };
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	look(&r, RESOURCE_ATTACHMENT, &x);
	assert_true(x.present);
	assert_false(x.attachment.attached);
	resource_done(&x);
	CHANGE(&cs, "net-start er-hq-gateway");
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_APPLIED);
	shell("ip link add at-gw type veth peer name at-gw-x;"
	      "ip link set at-gw master br4");
	memset(&x, 0, sizeof(x));
	look(&r, RESOURCE_ATTACHMENT, &x);
	assert_true(x.attachment.attached);
	assert_int_equal(x.attachment.ports.n, 1);
	assert_string_equal(x.attachment.ports.v[0], "at-gw");
	resource_done(&x);
	shell("virsh net-destroy er-hq-gateway; ip link del at-gw");
	changeset_done(&cs);
	rig_done(&r);
}

static void assert_refused(struct rig *r, const char *part, const char *why)
{
	struct changeset cs = { 0 };
	err_auto e = ERR_INIT;

	CHANGE(&cs, "net-start er-hq-primary", part);
	assert_int_equal(apply(r, &cs, false, &e), OUTCOME_REFUSED);
	if (!strstr(err_msg(&e), why))
		print_error("%s\n", err_msg(&e));
	assert_non_null(strstr(err_msg(&e), why));
	assert_links(r, ""); /* not even the part that is allowed */
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
	shell("virsh net-info vnet1 | grep -q 'Active: *yes'");
	rig_done(&r);
}

static void test_not_stopped_when_it_hurts(void **state)
{
	struct changeset cs = { 0 };
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	CHANGE(&cs, "net-destroy er-hq-secondary");
	shell("virsh net-start er-hq-secondary;"
	      "virsh attach-interface vm1 network er-hq-secondary"
	      " --mac 52:54:00:10:00:77 --live");
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "'vm1' is plugged"));
	/* without an OS it does not let go of the device by itself */
	shell("virsh destroy vm1; virsh start vm1;"
	      "virsh net-dumpxml er-hq-secondary --inactive > /run/sec.xml;"
	      "virsh net-undefine er-hq-secondary");
	err_done(&e);
	e = ERR_INIT;
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "transient"));
	shell("virsh net-define /run/sec.xml");
	assert_int_equal(apply(&r, &cs, false, NULL), OUTCOME_APPLIED);
	changeset_done(&cs);
	rig_done(&r);
}

static void test_part_of_a_change(void **state)
{
	struct changeset cs = { 0 };
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_circuit(&r);
	/* a device with the bridge's name is in the way */
	shell("ip link add br3 type veth peer name br3x");
	CHANGE(&cs, "net-start er-hq-secondary");
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_REFUSED);
	err_done(&e);
	e = ERR_INIT;
	changeset_done(&cs);
	memset(&cs, 0, sizeof(cs));
	CHANGE(&cs, "net-start er-hq-primary", "net-start er-hq-secondary");
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_UNKNOWN);
	assert_non_null(strstr(err_msg(&e), "1 of 2"));
	assert_links(&r, "primary/er-hq-primary");
	shell("ip link del br3; virsh net-destroy er-hq-primary");
	changeset_done(&cs);
	rig_done(&r);
}

static void test_missing_network(void **state)
{
	struct changeset cs = { 0 };
	struct resource x = { 0 };
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_init(&r);
	target_param_set(&r.target, "links", "primary=nowhere");
	target_param_set(&r.target, "network", "nonet");
	rig_open(&r);
	look(&r, RESOURCE_CIRCUIT, &x);
	assert_false(x.present);
	assert_string_equal(x.circuit.provisioning, "NotProvisioned");
	resource_done(&x);
	memset(&x, 0, sizeof(x));
	look(&r, RESOURCE_VNET, &x);
	assert_false(x.present);
	resource_done(&x);
	CHANGE(&cs, "net-start nowhere");
	assert_int_equal(apply(&r, &cs, false, &e), OUTCOME_REFUSED);
	changeset_done(&cs);
	rig_done(&r);
}

static void test_fingerprint_content(void **state)
{
	struct rig r;
	struct resource x = { 0 };
	mem_auto_free char *id = NULL;

	(void)state;
	rig_vnet(&r, NULL);
	id = identity_seen(&r);
	assert_non_null(strstr(id, "\"leases\":[\"" MAC " 10.100.0.11 vm1\"]"));
	assert_non_null(strstr(id, "\"addresses\":[\"10.100.0.11\"]"));
	assert_non_null(strstr(id, "\"bridge\":\"virbr-vnet\""));
	assert_non_null(strstr(id, "\"state\":\"running\""));
	assert_non_null(strstr(id, "\"ranges\":[{\"end\":\"10.100.0.150\""));
	assert_null(strstr(id, "expiry"));
	look(&r, RESOURCE_VNET, &x);
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
	mem_auto_free char *before = identity_seen(r);
	mem_auto_free char *between = NULL, *after = NULL;

	shell(script);
	between = identity_seen(r);
	if ((strcmp(before, between) != 0) != touched)
		print_error("after '%s':\n%s\n%s\n", script, before, between);
	assert_int_equal(strcmp(before, between) != 0, touched);
	if (!undo)
		return;
	shell(undo);
	after = identity_seen(r);
	assert_string_equal(before, after);
}

static void test_fingerprint_sees_changes(void **state)
{
	struct rig r;

	(void)state;
	rig_vnet(&r, NULL);
	assert_touched(&r, "virsh suspend vm1", "virsh resume vm1", true);
	assert_touched(&r, "virsh domif-setlink vm1 " MAC " down",
		       "virsh domif-setlink vm1 " MAC " up", true);
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
	struct resource x = { 0 };
	struct rig r;

	(void)state;
	rig_vnet(&r, "52:54:00:10:00:88");
	assert_touched(&r,
		       "virsh attach-interface vm1 network vnet1"
		       " --mac 52:54:00:10:00:88 --live",
		       NULL, false);
	look(&r, RESOURCE_VNET, &x);
	assert_non_null(strstr(x.vnet.liveness, "\"mac\":\"52:54:00:10:00:88\""));
	assert_non_null(strstr(x.vnet.liveness, "\"connections\":2"));
	resource_done(&x);
	shell("virsh destroy vm1; virsh start vm1");
	rig_done(&r);
}

static void test_daemon_restart_is_no_change(void **state)
{
	mem_auto_free char *before = NULL, *after = NULL;
	resource_set_auto want = { 0 };
	resource_set_auto have = { 0 };
	err_auto e = ERR_INIT;
	struct rig r;

	(void)state;
	rig_vnet(&r, NULL);
	before = identity_seen(&r);
	shell("p=$(cat /run/libvirtd.test); kill $p\n"
	      "for i in $(seq 100); do\n" /* a zombie has no command line */
	      " grep -q libvirtd /proc/$p/cmdline || exit 0; sleep 0.1\n"
	      "done\n"
	      "exit 1");
	resource_set_add(&want, RESOURCE_VNET, "x");
	rig_deadline(&r, 5000);
	assert_false(libvirt_adapter_ops.observe(&r.ctx, &want, &have, &e));
	assert_non_null(e.msg);
	rig_close(&r);
	shell(start);
	rig_open(&r);
	after = identity_seen(&r);
	assert_string_equal(before, after);
	rig_done(&r);
}

static void test_hung_daemon(void **state)
{
	resource_set_auto want = { 0 };
	resource_set_auto have = { 0 };
	struct changeset cs = { 0 };
	err_auto e = ERR_INIT;
	struct rig r, other;
	int64_t began;

	(void)state;
	rig_circuit(&r);
	rig_circuit(&other);
	CHANGE(&cs, "net-start er-hq-secondary");
	assert_links(&r, "");
	shell("kill -STOP $(cat /run/libvirtd.test)");
	resource_set_add(&want, RESOURCE_CIRCUIT, "er-hq");
	began = clock_mono_us();
	rig_deadline(&r, 700);
	assert_false(libvirt_adapter_ops.observe(&r.ctx, &want, &have, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	err_done(&e);
	e = ERR_INIT;
	rig_deadline(&r, 700);
	assert_int_equal(libvirt_adapter_ops.apply(&r.ctx, &cs, false, NULL,
						   NULL, &e),
			 OUTCOME_RETRY);
	err_done(&e);
	e = ERR_INIT;
	rig_deadline(&other, 700);
	assert_int_equal(libvirt_adapter_ops.apply(&other.ctx, &cs, false,
						   NULL, NULL, &e),
			 OUTCOME_RETRY); /* it stops at the look before */
	libvirt_adapter_ops.close(&other.ctx);
	assert_true(clock_mono_us() - began < 6000000);
	rig_deadline(&other, 700);
	memset(other.ctx.state, 0, libvirt_adapter_ops.state_size);
	assert_false(libvirt_adapter_ops.open(&other.ctx, &e));
	assert_true(clock_mono_us() - began < 10000000);
	shell("kill -CONT $(cat /run/libvirtd.test)");
	rig_close(&r);
	rig_open(&r);
	rig_deadline(&r, 20000);
	assert_true(libvirt_adapter_ops.fence(&r.ctx, &e));
	assert_int_equal(r.ctx.epoch, 1);
	assert_links(&r, "");
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
	shell("kill -STOP $(cat /run/libvirtd.test)");
}

static void test_change_without_an_answer(void **state)
{
	struct changeset cs = { 0 };
	err_auto e = ERR_INIT;
	struct rig r;
	char *seen;

	(void)state;
	rig_circuit(&r);
	CHANGE(&cs, "net-start er-hq-secondary");
	r.ctx.trace = stop_daemon;
	rig_deadline(&r, 1500);
	assert_int_equal(libvirt_adapter_ops.apply(&r.ctx, &cs, false, NULL,
						   NULL, &e),
			 OUTCOME_UNKNOWN);
	assert_int_equal(e.code, ERR_UNKNOWN);
	rig_close(&r);
	shell("kill -CONT $(cat /run/libvirtd.test)");
	rig_open(&r);
	rig_deadline(&r, 20000);
	assert_true(libvirt_adapter_ops.fence(&r.ctx, &e));
	/* whichever it is, it is so for good */
	seen = links_seen(&r);
	clock_sleep_us(1500000);
	assert_links(&r, seen);
	print_message("after an unknown outcome: '%s'\n", seen);
	if (*seen)
		shell("virsh net-destroy er-hq-secondary");
	free(seen);
	changeset_done(&cs);
	rig_done(&r);
}

static void assert_event(struct rig *r, const char *want)
{
	err_auto e = ERR_INIT;
	mem_auto_free char *s = NULL;

	rig_deadline(r, 10000);
	s = libvirt_adapter_ops.watch(&r->ctx, &e);
	if (!s)
		print_error("no event '%s': %s\n", want, err_msg(&e));
	assert_non_null(s);
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
	shell("virsh net-start other; virsh net-start er-hq-gateway;"
	      "virsh net-destroy other; virsh net-destroy er-hq-gateway");
	assert_event(&r, "network er-hq-gateway started");
	assert_event(&r, "network er-hq-gateway stopped");
	shell("virsh suspend vm1; virsh resume vm1; virsh reset vm1");
	assert_event(&r, "domain vm1 suspended");
	assert_event(&r, "domain vm1 resumed");
	assert_event(&r, "domain vm1 rebooted");
	shell("kill -9 $(cat /run/libvirt/qemu/vm1.pid)");
	assert_event(&r, "domain vm1 stopped: failed");
	shell("virsh start vm1");
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
		cmocka_unit_test(test_fingerprint_content),
		cmocka_unit_test(test_daemon_restart_is_no_change),
		cmocka_unit_test(test_fingerprint_sees_changes),
		cmocka_unit_test(test_gateway_port_is_liveness),
		cmocka_unit_test(test_not_stopped_when_it_hurts),
		cmocka_unit_test(test_hung_daemon),
		cmocka_unit_test(test_change_without_an_answer),
		cmocka_unit_test(test_watch),
	};

	shell(setup);
	shell(start);
	shell(define);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	if (getenv("LIBVIRT_TEST_INSIDE"))
		return inside();
	if (geteuid() != 0) {
		fprintf(stderr, "SKIPPED: needs root\n");
		return 77;
	}
	setenv("LIBVIRT_TEST_INSIDE", "1", 1);
	execlp("unshare", "unshare", "--mount", "--net", "--pid", "--fork",
	       "--kill-child", "--mount-proc", "sh", "-c", "\"$0\"; exit $?",
	       argv[0], (char *)NULL);
	perror("unshare");
	return 1;
}
