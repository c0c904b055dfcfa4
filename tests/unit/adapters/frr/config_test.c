/*
 * config_test.c - reading a running configuration
 */
#include "tests/unit/adapters/frr/frr_data.h"

static void test_lookups(void **state)
{
	frr_config_auto c = {0};
	mem_auto_free char *in = NULL;
	mem_auto_free char *out = NULL;

	(void)state;
	frr_data_config("edge.txt", &c);
	assert_int_equal(frr_config_asn(&c), 65010);
	assert_true(frr_config_has_neighbor(&c, "10.100.255.4"));
	assert_false(frr_config_has_neighbor(&c, "10.100.255"));
	assert_true(frr_config_neighbor_ours(&c, "172.16.0.2"));
	assert_false(frr_config_neighbor_ours(&c, "10.100.255.4"));
	assert_string_equal(
		frr_config_neighbor(&c, "10.100.255.4", NULL, "description"),
		"vpn to azure");
	assert_null(frr_config_neighbor(&c, "10.100.255.4", NULL, "shutdown"));
	in = frr_config_bound(&c, "10.100.255.4", "in");
	out = frr_config_bound(&c, "10.100.255.4", "out");
	assert_string_equal(in, "VPN-IN");
	assert_string_equal(out, "VPN-OUT");
	assert_null(frr_config_bound(&c, "10.0.11.1", "in"));
}

static void test_maps(void **state)
{
	frr_config_auto c = {0};
	mem_auto_free char *where = NULL;
	char *called = NULL;

	(void)state;
	frr_data_config("edge.txt", &c);
	assert_true(frr_config_has_map(&c, "UNUSED"));
	assert_false(frr_config_has_map(&c, "UNUSE"));
	assert_false(frr_config_map_used(&c, "UNUSED", &where));
	assert_true(frr_config_map_used(&c, "VPN-IN", &where));
	assert_string_equal(where, "neighbor 10.100.255.4 route-map VPN-IN in");
	assert_true(frr_config_map_used(&c, "VPN-OUT", &called));
	free(called);
}

static void test_secrets_are_digests(void **state)
{
	frr_config_auto c = {0};
	mem_auto_free char *text = NULL;
	mem_auto_free char *foreign = NULL;
	mem_auto_free char *digest = secret_digest("vpn-md5-secret");

	(void)state;
	frr_data_config("edge.txt", &c);
	text = frr_config_text(&c);
	foreign = frr_config_foreign(&c);
	assert_null(strstr(text, "-md5-secret"));
	assert_null(strstr(foreign, "-md5-secret"));
	assert_non_null(strstr(text, digest));
	assert_non_null(strstr(foreign, digest));
}

static void test_redact(void **state)
{
	static const char *const lines[] = {
		" neighbor 1.1.1.1 password hidden",
		"enable password 8 hidden",
		" ip ospf message-digest-key 1 md5 hidden",
		" ip ospf authentication-key hidden",
		" key-string hidden",
		" area-password clear hidden",
	};
	mem_auto_free char *plain = frr_config_redact(" neighbor 1.1.1.1 bfd");

	(void)state;
	assert_string_equal(plain, " neighbor 1.1.1.1 bfd");
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		mem_auto_free char *s = frr_config_redact(lines[i]);

		assert_null(strstr(s, "hidden"));
	}
}

/* With and without a pin and a session of ours the foreign text is one. */
static void test_foreign(void **state)
{
	frr_config_auto edge = {0};
	frr_config_auto pinned = {0};
	frr_config_auto saved = {0};
	frr_answers_auto a = {0};
	mem_auto_free char *one = NULL;
	mem_auto_free char *two = NULL;
	mem_auto_free char *three = NULL;

	(void)state;
	frr_data_config("edge.txt", &edge);
	frr_data_config("pinned.txt", &pinned);
	frr_data_load("edge.txt", &a);
	assert_true(
		frr_config_parse(frr_answers_text(&a, "saved"), &saved, NULL));
	one = frr_config_foreign(&edge);
	two = frr_config_foreign(&pinned);
	three = frr_config_foreign(&saved);
	assert_null(strstr(one, "CUTOVER"));
	assert_non_null(strstr(one, "route-map VPN-OUT out"));
	assert_string_equal(one, two);
	assert_string_equal(one, three);
	assert_false(frr_config_same(&edge, &saved));
	assert_true(frr_config_same(&edge, &edge));
}

static void test_own_family_disappears(void **state)
{
	static const char text[] =
		"frr version 8.4.4\n!\nrouter bgp 65010\n"
		" neighbor 2001:db8::2 remote-as 12076\n"
		" neighbor 2001:db8::2 description CUTOVER a/b/c\n !\n"
		" address-family ipv4 unicast\n"
		"  no neighbor 2001:db8::2 activate\n"
		" exit-address-family\n !\n"
		" address-family ipv6 unicast\n"
		"  neighbor 2001:db8::2 activate\n"
		" exit-address-family\nexit\n!\nend\n";
	frr_config_auto c = {0};
	mem_auto_free char *foreign = NULL;

	(void)state;
	assert_true(frr_config_parse(text, &c, NULL));
	foreign = frr_config_foreign(&c);
	assert_string_equal(foreign,
			    "frr version 8.4.4\nrouter bgp 65010\nexit\n");
}

static void test_garbage(void **state)
{
	static const char *const texts[] = {"", "\n\n", "% nonsense\n",
					    "frr versio"};
	frr_config_auto c = {0};
	mem_auto_free char *foreign = NULL;
	err_auto e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(frr_config_parse(texts[i], &c, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_true(frr_config_parse("frr version 9\n  x\n exit\nneighbor\n"
				     "router bgp\n neighbor\n router bgp 1\n",
				     &c, &e));
	foreign = frr_config_foreign(&c);
	assert_non_null(foreign);
	assert_int_equal(frr_config_asn(&c), 0);
}

static void test_words(void **state)
{
	(void)state;
	assert_true(frr_word_ok("CUTOVER-er.hq_1"));
	assert_false(frr_word_ok("a b"));
	assert_false(frr_word_ok("a\nb"));
	assert_false(frr_word_ok(""));
	assert_false(frr_word_ok("a'b"));
	assert_string_equal(frr_after("neighbor  x", "neighbor"), "x");
	assert_null(frr_after("neighbors x", "neighbor"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_secrets_are_digests),
		cmocka_unit_test(test_redact),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_own_family_disappears),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
