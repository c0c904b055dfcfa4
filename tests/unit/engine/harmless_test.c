/* Foreign changes that are proved to be harmless, and those that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/bird/bird.h"
#include "adapters/bird/line.h"
#include "adapters/frr/frr.h"
#include "adapters/frr/line.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/engine/harmless.h"
#include "orchestrator/plan/plan.h"

#define BASE                                                                   \
	"hostname edge1\nrouter bgp 65010\n neighbor 10.9.9.9 remote-as 1\n"

static struct harmless site;

static int setup(void **state)
{
	struct diag_list diags = {0};

	(void)state;
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	line_register("frr", frr_line);
	line_register("bird", bird_line);
	site.plan = plan_load("tests/crash/site.yaml", &diags);
	diag_list_done(&diags);
	if (!site.plan)
		return -1;
	site.targets = plan_targets(site.plan, &site.n_targets);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plan_targets_free((struct target *)site.targets, site.n_targets);
	plan_free((struct plan *)site.plan);
	return 0;
}

static bool harmless(const char *target, const char *was, const char *is,
		     const char *says)
{
	buf_auto why = BUF_INIT;
	bool ok = harmless_judge(&site, target, was, is, &why);

	if (!ok && !strstr(buf_str(&why), says))
		fail_msg("'%s' does not say '%s'", buf_str(&why), says);
	assert_int_equal(ok, buf_str(&why)[0] == 0);
	return ok;
}

static bool added(const char *target, const char *lines, const char *says)
{
	mem_auto_free char *is = mem_format(BASE "%s", lines);
	bool there = harmless(target, BASE, is, says);

	/* what was taken away is judged as what was added */
	assert_int_equal(harmless(target, is, BASE, says), there);
	return there;
}

static void test_remarks(void **state)
{
	(void)state;
	assert_true(added("edge1", "! by hand\nlog syslog\n", ""));
	assert_true(added("edge1", " neighbor 10.9.9.9 description x\n", ""));
	assert_true(added("edge2", "# by hand\nlog syslog all;\n", ""));
	assert_true(harmless("edge1", "hostname a\n", "hostname b\n", ""));
}

static void test_route_elsewhere(void **state)
{
	(void)state;
	assert_true(added("edge1", "ip route 198.18.0.0/15 Null0\n", ""));
	assert_true(
		added("edge2", "\troute 198.18.0.0/15 via 10.1.1.1;\n", ""));
}

static void test_route_into_the_plan(void **state)
{
	(void)state;
	assert_false(added("edge1", "ip route 10.100.1.0/24 192.0.2.1\n",
			   "10.100.0.0/16"));
	assert_false(added("edge1", "ip route 10.10.200.0/25 Null0\n",
			   "10.10.0.0/16"));
	assert_false(added("edge1", "ip route 0.0.0.0/0 192.0.2.1\n", "take"));
	assert_false(
		added("edge1", "ip route 172.16.0.2/32 Null0\n", "172.16.0.2"));
	assert_false(added("edge2", "\troute 10.100.0.0/24 blackhole;\n",
			   "10.100.0.0/16"));
}

static void test_what_cannot_be_told(void **state)
{
	static const char *const lines[] = {
		" neighbor 10.9.9.9 shutdown\n",
		"route-map X permit 10\n",
		"ip route 198.18.0.0/15 10.1.1.1 vrf red\n",
		" ip route 198.18.0.0/15 Null0\n", /* of a vrf block */
		"interface eth0\n",
		"no ip forwarding\n",
		"logging-like\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		assert_false(added("edge1", lines[i], "cannot be told"));
	assert_false(added("edge2", "\texport all;\n", "cannot be told"));
	assert_false(added("edge2",
			   "\troute 198.18.0.0/15 via 10.1.1.1 { x = 1; };\n",
			   "cannot be told"));
	assert_false(added("er", "anything\n", "cannot be told"));
}

static void test_another_order(void **state)
{
	(void)state;
	assert_false(harmless("edge1", "hostname a\nlog x\n",
			      "log x\nhostname a\n", "another order"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_route_elsewhere),
		cmocka_unit_test(test_route_into_the_plan),
		cmocka_unit_test(test_what_cannot_be_told),
		cmocka_unit_test(test_another_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
