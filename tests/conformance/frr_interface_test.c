/*
 * frr_interface_test.c - addresses of a circuit's interface in real FRR
 *
 * They are in the kernel and in the configuration that a restart reads, and
 * gone from both afterwards; a block of the operator's is never touched.
 */
#include "tests/conformance/frr_lib.h"

#include <string.h>

#define ADDRESS "198.18.7.1/30"

static char *at_start;

static struct resource *want_circuit(struct resource_set *set, bool with)
{
	struct resource *r = resource_set_add(set, RESOURCE_INTERFACE, "ckt0");

	r->interface.up = true;
	state_list_add(&r->interface.addresses, "172.16.0.1/30");
	if (with)
		state_list_add(&r->interface.addresses, ADDRESS);
	return r;
}

static char *foreign(void)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};

	resource_set_add(&want, RESOURCE_CONFIG, "config");
	frr_look(&want, &seen);
	return mem_strdup(seen.v[0].config.foreign);
}

static void test_start(void **state)
{
	(void)state;
	at_start = frr_running();
	assert_null(strstr(at_start, "interface ckt0"));
}

static void test_written_and_saved(void **state)
{
	mem_auto_free char *before = foreign();
	mem_auto_free char *after = NULL;
	mem_auto_free char *now = NULL;
	mem_auto_free char *saved = NULL;
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;

	(void)state;
	want_circuit(&want, true);
	frr_ensure(&want);
	now = frr_running();
	assert_non_null(strstr(now, "interface ckt0\n description CUTOVER "
				    "link\n ip address " ADDRESS "\n"));
	after = foreign();
	assert_string_equal(before, after);
	assert_int_equal(frr_adapter_ops.save(&frr_ctx, &e), OUTCOME_APPLIED);
	saved = frr_on("e", "cat /etc/frr/frr.conf");
	assert_non_null(strstr(saved, " ip address " ADDRESS "\n"));
}

static void test_comes_back_with_zebra(void **state)
{
	resource_set_auto want = {0};

	(void)state;
	free(frr_on("e", "ip addr del " ADDRESS " dev ckt0"));
	free(frr_on("e", "ip link set ckt0 down"));
	free(frr_on("e",
		    "sh -c 'vtysh -c \"configure terminal\" -c \"interface "
		    "ckt0\" -c \"no ip address " ADDRESS "\"; vtysh -b'"));
	want_circuit(&want, true);
	assert_true(frr_wait(&want, 60000));
}

static void test_gone_again(void **state)
{
	mem_auto_free char *now = NULL;
	resource_set_auto want = {0};

	(void)state;
	want_circuit(&want, false);
	frr_ensure(&want);
	now = frr_running();
	assert_string_equal(at_start, now);
}

static void test_the_operators_block_is_not_touched(void **state)
{
	mem_auto_free char *before = NULL;
	mem_auto_free char *after = NULL;
	resource_set_auto want = {0};

	(void)state;
	free(frr_on("e", "vtysh -c 'configure terminal' -c 'interface ckt0' -c "
			 "'description to the provider'"));
	before = frr_running();
	want_circuit(&want, true);
	frr_ensure(&want);
	after = frr_running();
	assert_string_equal(before, after);
	resource_set_done(&want);
	want_circuit(&want, false);
	frr_ensure(&want);
	free(after);
	after = frr_running();
	assert_string_equal(before, after);
	free(at_start);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_written_and_saved),
		cmocka_unit_test(test_comes_back_with_zebra),
		cmocka_unit_test(test_gone_again),
		cmocka_unit_test(test_the_operators_block_is_not_touched),
	};

	(void)argc;
	return frr_lib_main(argv, tests, ARRAY_LEN(tests));
}
