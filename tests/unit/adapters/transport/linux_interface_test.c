/*
 * linux_interface_test.c - what `ip -j` says, and the commands that follow
 *
 * The veth output is recorded from iproute2 6.1.  The 802.1Q one is written
 * after iproute2's source (iplink_vlan.c), for want of a kernel that has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/transport/linux_interface.h"

static const char ckt0[] =
	"[{\"ifindex\":3,\"link\":\"p0\",\"ifname\":\"ckt0\",\"flags\":"
	"[\"BROADCAST\",\"MULTICAST\",\"UP\",\"LOWER_UP\"],\"mtu\":1500,"
	"\"qdisc\":\"noqueue\",\"operstate\":\"UP\",\"group\":\"default\","
	"\"txqlen\":1000,\"link_type\":\"ether\",\"address\":"
	"\"3e:89:f1:76:e2:63\",\"broadcast\":\"ff:ff:ff:ff:ff:ff\","
	"\"promiscuity\":0,\"allmulti\":0,\"min_mtu\":68,\"max_mtu\":65535,"
	"\"linkinfo\":{\"info_kind\":\"veth\"},\"num_tx_queues\":2,"
	"\"addr_info\":[{\"family\":\"inet\",\"local\":\"172.16.0.1\","
	"\"prefixlen\":30,\"scope\":\"global\",\"label\":\"ckt0\"},"
	"{\"family\":\"inet6\",\"local\":\"2001:db8::1\",\"prefixlen\":64,"
	"\"scope\":\"global\",\"nodad\":true},{\"family\":\"inet6\",\"local\":"
	"\"fe80::3c89:f1ff:fe76:e263\",\"prefixlen\":64,\"scope\":\"link\"}],"
	"\"stats64\":{\"rx\":{\"bytes\":426,\"packets\":5,\"errors\":0},"
	"\"tx\":{\"bytes\":596,\"packets\":6,\"errors\":0}}}]";

static const char vlan100[] =
	"[{},{\"ifindex\":9,\"link\":\"ckt1\",\"ifname\":\"ckt1.100\","
	"\"flags\":[\"BROADCAST\",\"MULTICAST\"],\"mtu\":1496,"
	"\"operstate\":\"DOWN\",\"linkinfo\":{\"info_kind\":\"vlan\","
	"\"info_data\":{\"protocol\":\"802.1Q\",\"id\":100,\"flags\":"
	"[\"REORDER_HDR\"]}},\"addr_info\":[]}]";

static void want_add(struct resource_set *want, const char *name)
{
	resource_set_add(want, RESOURCE_INTERFACE, name);
}

static void test_parse(void **state)
{
	resource_set_auto want = {0}, seen = {0};
	mem_auto_free char *text =
		mem_format("[\n\n%s\n,\n[]\n,\n%s\n]\n", ckt0, vlan100);
	err_auto e = ERR_INIT;
	struct state_interface *s;

	(void)state;
	want_add(&want, "ckt0");
	resource_set_add(&want, RESOURCE_SESSION, "passed/over/it");
	want_add(&want, "gone0");
	want_add(&want, "ckt1.100");
	if (!linux_interface_parse(text, strlen(text), &want, &seen, &e))
		fail_msg("%s", err_msg(&e));
	assert_int_equal(seen.n, 3);
	s = &seen.v[0].interface;
	assert_true(seen.v[0].present && s->up && s->oper_up);
	assert_int_equal(s->mtu, 1500);
	assert_int_equal(s->addresses.n, 2);
	assert_string_equal(s->addresses.v[0], "172.16.0.1/30");
	assert_string_equal(s->addresses.v[1], "2001:db8::1/64");
	assert_null(s->parent);
	assert_int_equal(s->rx_bytes, 426);
	assert_int_equal(s->rx_packets, 5);
	assert_int_equal(s->tx_bytes, 596);
	assert_int_equal(s->tx_packets, 6);
	assert_false(seen.v[1].present);
	s = &seen.v[2].interface;
	assert_true(seen.v[2].present);
	assert_false(s->up || s->oper_up);
	assert_string_equal(s->parent, "ckt1");
	assert_int_equal(s->vlan, 100);
}

static void parse_refused(const char *text)
{
	resource_set_auto want = {0}, seen = {0};
	err_auto e = ERR_INIT;

	want_add(&want, "ckt0");
	assert_false(
		linux_interface_parse(text, strlen(text), &want, &seen, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_int_equal(seen.n, 0);
}

static void test_parse_refused(void **state)
{
	(void)state;
	parse_refused("");
	parse_refused("[");
	parse_refused("[]");
	parse_refused("{}");
	parse_refused("[{}]");
	parse_refused("[[{\"ifname\":\"other0\"}]]");
	parse_refused("[[{\"ifname\":3}]]");
}

static void name_refused(const char *name)
{
	resource_set_auto want = {0};
	buf_auto script = BUF_INIT;
	err_auto e = ERR_INIT;
	struct changeset cs = {0};

	want_add(&want, name);
	assert_false(linux_interface_script(&want, &script, &e));
	assert_false(linux_interface_render(NULL, &want.v[0], &cs, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_int_equal(cs.n_forward, 0);
}

static void test_names(void **state)
{
	(void)state;
	name_refused("");
	name_refused("sixteen-letters0");
	name_refused("a b");
	name_refused("a;id");
	name_refused("$(id)");
	name_refused("-j");
	name_refused("..");
	name_refused("a/b");
	name_refused("a\nb");
}

static void expect_parts(const struct resource *from, const struct resource *to,
			 const char *forward, const char *back)
{
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	if (!linux_interface_render(from, to, &cs, &e))
		fail_msg("%s", err_msg(&e));
	assert_int_equal(cs.n_forward, forward ? 1 : 0);
	assert_int_equal(cs.n_back, back ? 1 : 0);
	if (forward) {
		assert_string_equal(cs.forward[0].what, "shell");
		assert_string_equal(cs.forward[0].text, forward);
	}
	if (back)
		assert_string_equal(cs.back[0].text, back);
	changeset_done(&cs);
}

static void test_render(void **state)
{
	resource_set_auto from = {0}, to = {0};

	(void)state;
	want_add(&from, "ckt0");
	want_add(&to, "ckt0");
	from.v[0].interface.mtu = 1500;
	to.v[0].interface.up = true;
	state_list_add(&to.v[0].interface.addresses, "172.16.0.1/30");
	expect_parts(&from.v[0], &to.v[0],
		     "set -e\nip addr replace 172.16.0.1/30 dev ckt0\n"
		     "ip link set dev ckt0 up\n",
		     "set -e\nip addr del 172.16.0.1/30 dev ckt0\n"
		     "ip link set dev ckt0 down\n");
	to.v[0].interface.mtu = 1400;
	from.v[0].interface.up = true;
	state_list_add(&from.v[0].interface.addresses, "172.16.0.1/30");
	expect_parts(&from.v[0], &to.v[0],
		     "set -e\nip link set dev ckt0 mtu 1400\n",
		     "set -e\nip link set dev ckt0 mtu 1500\n");
	from.v[0].interface.mtu = 1400;
	expect_parts(&from.v[0], &to.v[0], NULL, NULL);
}

static void test_render_vlan(void **state)
{
	resource_set_auto from = {0}, to = {0};

	(void)state;
	want_add(&from, "ckt1.100");
	from.v[0].present = false;
	want_add(&to, "ckt1.100");
	to.v[0].interface.up = true;
	to.v[0].interface.vlan = 100;
	to.v[0].interface.parent = mem_strdup("ckt1");
	expect_parts(&from.v[0], &to.v[0],
		     "set -e\n"
		     "ip link show dev ckt1.100 >/dev/null 2>&1 || "
		     "ip link add link ckt1 name ckt1.100 type vlan id 100\n"
		     "ip link set dev ckt1.100 up\n",
		     "set -e\n"
		     "! ip link show dev ckt1.100 >/dev/null 2>&1 || "
		     "ip link del dev ckt1.100\n");
}

static void render_refused(const struct resource *from,
			   const struct resource *to, enum err_code code)
{
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	assert_false(linux_interface_render(from, to, &cs, &e));
	assert_int_equal(e.code, code);
	assert_int_equal(cs.n_forward + cs.n_back, 0);
}

static void test_render_refused(void **state)
{
	resource_set_auto from = {0}, to = {0};

	(void)state;
	want_add(&from, "ckt0");
	want_add(&to, "ckt0");
	to.v[0].interface.vlan = 100;
	to.v[0].interface.parent = mem_strdup("ckt1");
	render_refused(&from.v[0], &to.v[0], ERR_REFUSED);
	from.v[0].interface.vlan = 101;
	from.v[0].interface.parent = mem_strdup("ckt1");
	render_refused(&from.v[0], &to.v[0], ERR_REFUSED);
	to.v[0].interface.vlan = 4095;
	render_refused(NULL, &to.v[0], ERR_INVALID);
	to.v[0].interface.vlan = 0;
	render_refused(NULL, &to.v[0], ERR_REFUSED);
	state_list_add(&to.v[0].interface.addresses, "172.16.0.1; id");
	render_refused(&from.v[0], &to.v[0], ERR_INVALID);
	from.v[0].interface.vlan = 0;
	to.v[0].present = false;
	render_refused(&from.v[0], &to.v[0], ERR_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_render_vlan),
		cmocka_unit_test(test_render_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
