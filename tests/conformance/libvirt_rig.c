/*
 * libvirt_rig.c - a real libvirtd for the conformance tests of its adapter
 *
 * In a sandbox with own /etc/libvirt and /var/lib/libvirt, so that the host's
 * libvirt is neither used nor seen.  There it runs libvirtd with a virtual
 * network, circuit networks and one QEMU machine (emulated, no disk; its lease
 * is taken with a DHCP client that borrows its RIG_MAC).
 */
#include "tests/conformance/libvirt_rig.h"

#include <string.h>

#include "orchestrator/base/clock.h"

static const char setup[] =
	"set -e\n"
	"for d in /etc/libvirt /var/lib/libvirt /var/cache/libvirt"
	" /var/log/libvirt; do mkdir -p $d; mount -t tmpfs tmpfs $d; done\n"
	"mkdir -p /run/libvirt /run/user/0 /var/lib/libvirt/dnsmasq\n"
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

const char rig_daemon_start[] =
	"libvirtd -f /etc/libvirt/libvirtd.conf > /run/out 2>&1 &\n"
	"echo $! > /run/libvirtd.test\n"
	"for i in $(seq 300); do\n"
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
	"<host mac='" RIG_MAC "' name='vm1' ip='10.100.0.11'/>"
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
	"<interface type='network'><mac address='" RIG_MAC "'/>"
	"<source network='vnet1'/><model type='virtio'/></interface>"
	"</devices></domain>\n"
	"X\n"
	"virsh define /run/x; virsh start vm1\n"
	"ip link add lease0 address " RIG_MAC " type veth peer name lease1\n"
	"ip link set lease1 master virbr-vnet up; ip link set lease0 up\n"
	"busybox udhcpc -q -n -t 9 -T 1 -s /bin/true -i lease0 -x "
	"hostname:vm1\n"
	"ip link del lease0\n"
	/* libvirt hears of it a moment after the client */
	"for i in $(seq 300); do\n"
	" virsh net-dhcp-leases vnet1 | grep -q vm1 && exit 0; sleep 0.2\n"
	"done\n"
	"exit 1\n";

/* ---- a target and its adapter ---- */

void rig_deadline(struct rig *r, int64_t ms)
{
	r->ctx.deadline_us = clock_mono_us() + ms * 1000;
}

void rig_open(struct rig *r)
{
	err_auto e = ERR_INIT;

	memset(r->ctx.state, 0, libvirt_adapter_ops.state_size);
	rig_deadline(r, 20000);
	r->open = libvirt_adapter_ops.open(&r->ctx, &e);
	if (!r->open)
		print_error("%s\n", err_msg(&e));
	assert_true(r->open);
}

void rig_close(struct rig *r)
{
	libvirt_adapter_ops.close(&r->ctx);
	r->open = false;
}

void rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->target.name = mem_strdup("er-hq");
	target_param_set(&r->target, "uri", "qemu:///system");
	r->ctx.target = &r->target;
	r->ctx.state = mem_alloc(libvirt_adapter_ops.state_size);
}

void rig_circuit(struct rig *r)
{
	rig_init(r);
	target_param_set(&r->target, "links",
			 "primary=er-hq-primary+er-hq-primary-public,"
			 "secondary=er-hq-secondary");
	target_param_set(&r->target, "attachment", "er-hq-gateway");
	rig_open(r);
}

void rig_vnet(struct rig *r, const char *gateway_port)
{
	rig_init(r);
	target_param_set(&r->target, "network", "vnet1");
	if (gateway_port)
		target_param_set(&r->target, "gateway_port", gateway_port);
	rig_open(r);
}

void rig_done(struct rig *r)
{
	rig_close(r);
	free(r->ctx.state);
	target_done(&r->target);
}

void rig_look(struct rig *r, enum resource_kind kind, struct resource *ret)
{
	resource_set_auto want = {0};
	resource_set_auto have = {0};
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

char *rig_links(struct rig *r)
{
	struct resource x = {0};
	buf_auto b = BUF_INIT;

	rig_look(r, RESOURCE_CIRCUIT, &x);
	assert_true(x.present);
	assert_string_equal(x.circuit.provisioning, "Provisioned");
	for (size_t i = 0; i < x.circuit.links.n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", x.circuit.links.v[i]);
	resource_done(&x);
	buf_puts(&b, "");
	return buf_steal(&b);
}

void rig_assert_links(struct rig *r, const char *want)
{
	mem_auto_free char *have = rig_links(r);

	assert_string_equal(have, want);
}

char *rig_identity(struct rig *r)
{
	struct resource x = {0};
	char *s;

	rig_look(r, RESOURCE_VNET, &x);
	assert_true(x.present);
	assert_int_equal(strlen(x.vnet.digest), 64);
	s = mem_strdup(x.vnet.identity);
	resource_done(&x);
	return s;
}

void rig_change(struct changeset *cs, const char *const *parts)
{
	for (; *parts; parts++)
		changeset_add(cs, false, "virsh", *parts);
}

enum outcome rig_apply(struct rig *r, const struct changeset *cs, bool back,
		       struct err *e)
{
	char *token = NULL;

	rig_deadline(r, 20000);
	return libvirt_adapter_ops.apply(&r->ctx, cs, back, NULL, &token, e);
}

void rig_render_links(struct rig *r, const char *const *links,
		      struct changeset *ret)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	err_auto e = ERR_INIT;
	struct resource *w = resource_set_add(&to, RESOURCE_CIRCUIT, "er-hq");

	for (; *links; links++)
		state_list_add(&w->circuit.links, *links);
	rig_deadline(r, 20000);
	assert_true(libvirt_adapter_ops.check(&r->target, &to, &e));
	assert_true(libvirt_adapter_ops.observe(&r->ctx, &to, &from, &e));
	assert_true(
		libvirt_adapter_ops.render(&r->target, &from, &to, ret, &e));
}

static int (*inside_rig)(void);

static int start_inside(void)
{
	sandbox_shell(setup);
	sandbox_shell(rig_daemon_start);
	sandbox_shell(define);
	return inside_rig();
}

int rig_main(char **argv, int (*inside)(void))
{
	static const struct sandbox_need needs[] = {
		{"libvirtd", "package libvirt-daemon-system"},
		{"virsh", "package libvirt-clients"},
		{"qemu-system-x86_64", "package qemu-system-x86"},
		{"dnsmasq", "package dnsmasq-base"},
		{"busybox", "package busybox-static"},
		{"ip", "package iproute2"},
		{NULL, NULL},
	};

	inside_rig = inside;
	return sandbox_main(argv, needs, start_inside);
}
