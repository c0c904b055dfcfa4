/*
 * protocols_test.c - what BIRD 2.0.12 printed, as protocols and times
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "adapters/bird/protocols.h"

static const char recorded[] =
	"0001 BIRD 2.0.12 ready.\n"
	"2002-Name       Proto      Table      State  Since         Info\n"
	"1002-device1    Device     ---        up     06:32:07.654  \n"
	"1006-\n"
	"1002-vpn1       BGP        ---        up     06:38:30.114  "
	"Established   \n"
	"1006-  BGP state:          Established\n"
	"         Neighbor address: 10.99.0.2\n"
	"         Neighbor AS:      65515\n"
	"         Local AS:         65010\n"
	"         Source address:   10.99.0.1\n"
	"       Channel ipv4\n"
	"         State:          UP\n"
	"         Input filter:   ACCEPT\n"
	"         Output filter:  vpn_out\n"
	"         Routes:         1 imported, 4 filtered, 2 exported, 0 "
	"preferred\n"
	"1002-CUTOVER_er_hq_primary_private BGP        ---        start  "
	"06:38:23.035  Idle          Error: Neighbor lost\n"
	"1006-  Description:    cutover: er-hq/primary/private\n"
	"       BGP state:          Idle\n"
	"         Neighbor address: 172.16.0.2%ckt0\n"
	"         Neighbor AS:      12076\n"
	"1002-shut       BGP        ---        down   2026-11-24 06:38:26.052  "
	"\n"
	"1006-  BGP state:          Down\n"
	"         Neighbor address: fe80::1%eth1\n";

static void reads_all_protocols(void **state)
{
	bird_protocols_auto l = {0};
	const struct bird_protocol *p;

	(void)state;
	bird_protocols_parse(recorded, strlen(recorded), &l);
	assert_int_equal(4, l.n);
	p = bird_protocols_find(&l, "vpn1");
	assert_string_equal("10.99.0.2", p->neighbor);
	assert_null(p->interface);
	assert_string_equal("10.99.0.1", p->source);
	assert_string_equal("ACCEPT", p->import);
	assert_string_equal("vpn_out", p->export);
	assert_int_equal(65515, p->asn);
	assert_int_equal(65010, p->local_asn);
	assert_int_equal(1, p->imported);
	assert_int_equal(4, p->filtered);
	assert_int_equal(2, p->exported);
	assert_true(bird_protocol_established(p));
	p = bird_protocols_find(&l, "CUTOVER_er_hq_primary_private");
	assert_string_equal("172.16.0.2", p->neighbor);
	assert_string_equal("ckt0", p->interface);
	assert_true(bird_protocol_enabled(p));
	assert_false(bird_protocol_established(p));
	p = bird_protocols_find(&l, "shut");
	assert_string_equal("2026-11-24 06:38:26.052", p->since);
	assert_false(bird_protocol_enabled(p));
	assert_null(bird_protocols_find(&l, "Name"));
}

static void survives_any_cut(void **state)
{
	(void)state;
	for (size_t n = 0; n <= strlen(recorded); n++) {
		bird_protocols_auto l = {0};

		bird_protocols_parse(recorded, n, &l);
		assert_true(l.n <= 4);
		for (size_t i = 0; i < l.n; i++)
			assert_non_null(l.v[i].since);
	}
}

static void reads_bfd(void **state)
{
	static const char text[] =
		"1020-CUTOVER_bfd:\n"
		"     IP address                Interface  State      Since    "
		"     Interval  Timeout\n"
		"     172.16.0.2                ckt0       Up         "
		"06:37:24.853    0.300    0.900\n"
		"     172.16.0.6                ckt1       Down       "
		"06:40:13.327    1.000    0.000\n";
	mem_auto_free char *up =
		bird_bfd_state(text, strlen(text), "172.16.0.2");
	mem_auto_free char *down =
		bird_bfd_state(text, strlen(text), "172.16.0.6");
	mem_auto_free char *none =
		bird_bfd_state(text, strlen(text), "172.16.0.60");

	(void)state;
	assert_string_equal("up", up);
	assert_string_equal("down", down);
	assert_string_equal("", none);
}

static void tells_how_long_ago(void **state)
{
	const char *now = "2026-11-24 06:37:30.632";

	(void)state;
	assert_int_equal(323, bird_time_ago("06:32:07.500", now));
	assert_int_equal(323, bird_time_ago("06:32:07", "2026-11-24 06:37:30"));
	assert_int_equal(323, bird_time_ago("2026-11-24 06:32:07.600", now));
	/* 'iso short' of yesterday evening, and of days ago */
	assert_int_equal(24450, bird_time_ago("23:50:00.632", now));
	assert_int_equal(2 * 86400 + 23850, bird_time_ago("2026-11-22", now));
	assert_int_equal(-1, bird_time_ago("long ago", now));
	assert_int_equal(-1, bird_time_ago("06:32:07", "24.11.2026"));
	assert_int_equal(-1, bird_time_ago("", ""));
}

static void knows_the_zone(void **state)
{
	(void)state;
	/* 2026-11-24 06:37:30 UTC is 1795502250; the daemon is at +05:30 */
	assert_int_equal(1795502240, bird_time_epoch("2026-11-24 12:07:20.900",
						     "2026-11-24 12:07:30.100",
						     1795502250));
	assert_int_equal(1795502240, bird_time_epoch("2026-11-23 22:37:20.000",
						     "2026-11-23 22:37:31.000",
						     1795502250));
	assert_int_equal(-1, bird_time_epoch("?", "?", 1795502250));
}

/* Printed twice for one session that never went down (see bird_time_same). */
static void time_wanders_by_a_digit(void **state)
{
	(void)state;
	assert_true(bird_time_same("07:04:29.796", "2026-11-24 07:04:30.100",
				   "07:04:29.795", "2026-11-24 07:04:30.400"));
	assert_false(bird_time_same("07:04:29.796", "2026-11-24 07:04:30.100",
				    "07:04:30.250", "2026-11-24 07:04:30.400"));
	assert_true(bird_time_same("07:04:29.796", "2026-11-25 03:04:28.000",
				   "2026-11-24", "2026-11-25 03:04:31.000"));
	assert_false(bird_time_same("a", "2026-11-25 03:04:28.000", "b",
				    "2026-11-25 03:04:31.000"));
	/* across midnight */
	assert_true(bird_time_same("23:59:59.999", "2026-11-25 00:00:01.000",
				   "00:00:00.000", "2026-11-25 00:00:01.200"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_protocols),
		cmocka_unit_test(survives_any_cut),
		cmocka_unit_test(reads_bfd),
		cmocka_unit_test(tells_how_long_ago),
		cmocka_unit_test(knows_the_zone),
		cmocka_unit_test(time_wanders_by_a_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
