/*
 * linux_interface_test.c - rendered commands against the real kernel
 *
 * In a sandbox: every change is applied through the
 * device wrapper, read back, and undone; and applied twice, since commands may
 * be repeated.  Where the kernel has no 802.1Q its refusal is checked instead.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/transport/linux_interface.h"
#include "orchestrator/base/clock.h"
#include "tests/conformance/sandbox.h"

static struct target target;
static struct device *device;
static bool has_vlan;

static int64_t soon(void)
{
	return clock_mono_us() + 30 * 1000 * 1000;
}

static struct resource *look(struct resource_set *ret, const char *name)
{
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;

	resource_set_done(ret);
	resource_set_add(&want, RESOURCE_INTERFACE, name);
	if (!linux_interface_observe(device, 0, &want, ret, soon(), &e))
		fail_msg("%s", err_msg(&e));
	return resource_set_find(ret, RESOURCE_INTERFACE, name);
}

static void changes_send(const struct changeset *cs, bool back)
{
	static int key;
	const struct change_part *v = back ? cs->back : cs->forward;
	size_t n = back ? cs->n_back : cs->n_forward;

	for (int twice = 0; twice < 2; twice++) {
		for (size_t i = 0; i < n; i++) {
			struct device_result r = {.rc = -1};
			err_auto e = ERR_INIT;
			mem_auto_free char *id = mem_format("k%d", key++);
			enum outcome o = device_change(device, 0, id, v[i].text,
						       soon(), &r, &e);

			if (o != OUTCOME_APPLIED &&
			    !(twice && strstr(v[i].text, " del ")))
				fail_msg("%s\n%s%s", v[i].text, buf_str(&r.err),
					 err_msg(&e));
			device_result_done(&r);
		}
	}
}

/* There and back; both ends must be what they are said to be. */
static void round_trip(const struct resource *to)
{
	struct resource_set before = {0}, after = {0};
	struct resource *from = look(&before, to->name);
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	buf_auto diff = BUF_INIT;

	if (!linux_interface_render(from, to, &cs, &e))
		fail_msg("%s", err_msg(&e));
	assert_int_equal(cs.n_forward, 1);
	assert_int_equal(cs.n_back, 1);
	changes_send(&cs, false);
	if (!resource_satisfies(look(&after, to->name), to)) {
		resource_diff(look(&after, to->name), to, &diff);
		fail_msg("%s%s", cs.forward[0].text, buf_str(&diff));
	}
	changes_send(&cs, true);
	if (!resource_equal(look(&after, to->name), from)) {
		resource_diff(from, look(&after, to->name), &diff);
		fail_msg("%s%s", cs.back[0].text, buf_str(&diff));
	}
	changeset_done(&cs);
	resource_set_done(&before);
	resource_set_done(&after);
}

static void test_bring_up(void **state)
{
	resource_set_auto want = {0};
	struct resource *to =
		resource_set_add(&want, RESOURCE_INTERFACE, "ckt0");

	(void)state;
	to->interface.up = true;
	state_list_add(&to->interface.addresses, "172.16.0.1/30");
	round_trip(to);
	to->interface.mtu = 1400;
	state_list_add(&to->interface.addresses, "2001:db8::1/64");
	round_trip(to);
}

static void test_take_down(void **state)
{
	resource_set_auto want = {0}, seen = {0};
	struct resource *to =
		resource_set_add(&want, RESOURCE_INTERFACE, "ckt1");
	struct resource *r = look(&seen, "ckt1");

	(void)state;
	assert_true(r->present && r->interface.up && r->interface.oper_up);
	assert_int_equal(r->interface.addresses.n, 3);
	assert_string_equal(r->interface.addresses.v[0], "10.0.0.1/24");
	assert_string_equal(r->interface.addresses.v[1], "10.0.1.1/24");
	assert_string_equal(r->interface.addresses.v[2], "2001:db8:1::1/64");
	to->interface.up = false;
	state_list_add(&to->interface.addresses, "10.0.0.1/24");
	round_trip(to);
}

static void datagrams_send(int n)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to,
					sizeof(to)),
				 1);
	close(fd);
}

static void test_counters(void **state)
{
	resource_set_auto seen = {0};
	uint64_t before;

	(void)state;
	before = look(&seen, "lo")->interface.tx_packets;
	datagrams_send(3);
	assert_true(look(&seen, "lo")->interface.tx_packets >= before + 3);
	assert_true(seen.v[0].interface.rx_bytes > 0);
	assert_true(seen.v[0].interface.oper_up);
}

static void test_absent(void **state)
{
	resource_set_auto want = {0}, seen = {0};
	struct resource *to;
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_false(look(&seen, "nothere0")->present);
	to = resource_set_add(&want, RESOURCE_INTERFACE, "nothere0");
	assert_false(linux_interface_render(&seen.v[0], to, &cs, &e));
	assert_int_equal(e.code, ERR_REFUSED);
}

/* Where the kernel has no 802.1Q the first command fails and all end there. */
static void vlan_refused(const struct resource *to)
{
	resource_set_auto seen = {0};
	struct changeset cs = {0};
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;

	assert_true(linux_interface_render(look(&seen, to->name), to, &cs, &e));
	assert_int_equal(device_change(device, 0, "vlan", cs.forward[0].text,
				       soon(), &r, &e),
			 OUTCOME_REFUSED);
	assert_true(r.rc > 0);
	assert_false(look(&seen, to->name)->present);
	device_result_done(&r);
	changeset_done(&cs);
}

static void test_vlan(void **state)
{
	resource_set_auto want = {0};
	struct resource *to =
		resource_set_add(&want, RESOURCE_INTERFACE, "ckt1.100");

	(void)state;
	to->interface.up = true;
	to->interface.parent = mem_strdup("ckt1");
	to->interface.vlan = 100;
	state_list_add(&to->interface.addresses, "172.16.0.1/30");
	if (has_vlan)
		round_trip(to);
	else
		vlan_refused(to);
}

static int setup(void **state)
{
	static const char links[] =
		"ip link add ckt0 type veth peer name p0 "
		"&& "
		"ip link add ckt1 type veth peer name p1 && "
		"ip link set p0 up && ip link set p1 up && "
		"ip link set ckt1 up && ip addr add 10.0.0.1/24 dev ckt1 && "
		"ip addr add 10.0.1.1/24 dev ckt1 && "
		"ip addr add 2001:db8:1::1/64 dev ckt1 nodad";
	err_auto e = ERR_INIT;

	(void)state;
	sandbox_shell(links);
	has_vlan = system("ip link add link ckt1 name v1 type vlan id 1 "
			  "2>/dev/null && ip link del v1") == 0;
	target.name = mem_strdup("local");
	target_param_set(&target, "run_dir", sandbox_dir());
	device = device_open(&target, soon(), &e);
	return device ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	device_close(device);
	target_done(&target);
	return 0;
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bring_up),
		cmocka_unit_test(test_take_down),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_vlan),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

int main(int argc, char **argv)
{
	static const struct sandbox_need needs[] = {
		{"ip", "package iproute2"},
		{NULL, NULL},
	};

	(void)argc;
	return sandbox_main(argv, needs, inside);
}
