/* Tables of samples, and the verdict that follows; time is virtual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/guards.h"

#define SECOND 1000000

struct row {
	double at_s;	    /* < 0: the end */
	const char *sample; /* NULL: none comes; judged all the same */
	enum guard_verdict verdict;
	const char *says;
};

static void walk(const struct plan_guard *rule, const struct row *rows)
{
	struct guard_state g;

	guard_start(&g, rule, 0);
	for (const struct row *r = rows; r->at_s >= 0; r++) {
		int64_t now = (int64_t)(r->at_s * SECOND);
		buf_auto why = BUF_INIT;
		enum guard_verdict v;

		if (r->sample) {
			json_auto *j = json_loads(r->sample, 0, NULL);

			assert_non_null(j);
			guard_feed(&g, now, j);
		}
		v = guard_judge(&g, now, &why);
		if (v != r->verdict ||
		    (r->says && !strstr(buf_str(&why), r->says)))
			fail_msg("at %.1f s: verdict %d, '%s'", r->at_s, v,
				 buf_str(&why));
	}
}

#define END                                                                    \
	{                                                                      \
		-1, NULL, GUARD_PASS, NULL                                     \
	}

static const struct plan_guard no_loss = {
	.name = "g", .has_lost = true, .window_ms = 5000};
static const struct plan_guard some_loss = {
	.name = "g", .has_lost = true, .lost = 20, .window_ms = 5000};
static const struct plan_guard gap = {
	.name = "g", .has_gap = true, .gap_ms = 1000, .window_ms = 5000};
static const struct plan_guard rtt = {
	.name = "g", .has_rtt = true, .rtt_ms = 50, .window_ms = 5000};

static void test_loss(void **state)
{
	static const struct row rows[] = {
		{1, "{\"lost_forward\":3}", GUARD_PASS, NULL}, /* the base */
		{2, "{\"lost_forward\":3}", GUARD_PASS, NULL},
		{3, "{\"lost_forward\":4}", GUARD_BREACH, "1 packets lost"},
		{4, "{\"lost_forward\":4}", GUARD_BREACH, NULL},
		{9, "{\"lost_forward\":4}", GUARD_PASS, NULL},
		{10, "{\"lost_backward\":2,\"lost_forward\":4}", GUARD_BREACH,
		 "2 packets"},
		{16, "{\"lost_backward\":2,\"lost_forward\":4}", GUARD_PASS,
		 NULL},
		{17, "{\"lost_roundtrip\":9}", GUARD_BREACH, NULL},
		END,
	};

	(void)state;
	walk(&no_loss, rows);
}

static void test_silence(void **state)
{
	static const struct row rows[] = {
		{1, "{\"flows\":16}", GUARD_PASS, NULL},
		{1.4,
		 "{\"flows\":16,\"silent\":8,\"silent_us\":310000,\"silent_"
		 "packets\":80}",
		 GUARD_PASS, NULL},
		{1.7,
		 "{\"flows\":16,\"silent\":8,\"silent_us\":699999,\"silent_"
		 "packets\":90}",
		 GUARD_PASS, NULL},
		{1.8,
		 "{\"flows\":16,\"silent\":8,\"silent_us\":710000,\"silent_"
		 "packets\":99}",
		 GUARD_BREACH, "8 of 16 flows"},
		{2, "{\"flows\":16}", GUARD_PASS, NULL},
		END,
	};
	static const struct row few[] = {
		{1, "{\"flows\":16}", GUARD_PASS, NULL},
		{2,
		 "{\"flows\":16,\"silent\":1,\"silent_us\":900000,\"silent_"
		 "packets\":20}",
		 GUARD_PASS, NULL},
		{2.1,
		 "{\"flows\":16,\"silent\":1,\"silent_us\":950000,\"silent_"
		 "packets\":21}",
		 GUARD_BREACH, NULL},
		END,
	};

	(void)state;
	walk(&no_loss, rows);
	walk(&some_loss, few);
}

static void test_black_hole_is_said(void **state)
{
	static const struct row rows[] = {
		{1, "{}", GUARD_PASS, NULL},
		{2,
		 "{\"silent\":1,\"silent_us\":900000,\"silent_packets\":50,"
		 "\"black_hole\":1}",
		 GUARD_BREACH, "MTU"},
		END,
	};

	(void)state;
	walk(&no_loss, rows);
}

static void test_gap(void **state)
{
	static const struct row rows[] = {
		{1, "{\"gap_forward_us\":40000}", GUARD_PASS, NULL},
		{2, "{\"gap_forward_us\":40000,\"silent_us\":1000000}",
		 GUARD_PASS, NULL},
		{2.1, "{\"gap_forward_us\":40000,\"silent_us\":1100000}",
		 GUARD_BREACH, "1100 ms"},
		{3, "{\"gap_forward_us\":40000}", GUARD_PASS, NULL},
		{4, "{\"gap_backward_us\":1200000}", GUARD_BREACH, "1200 ms"},
		{5, "{\"gap_backward_us\":1200000}", GUARD_PASS, NULL},
		{6, "{\"gap_roundtrip_us\":1300000}", GUARD_BREACH, NULL},
		{7, "{\"lost_forward\":500}", GUARD_PASS, NULL},
		END,
	};

	(void)state;
	walk(&gap, rows);
}

static void test_round_trip(void **state)
{
	static const struct row rows[] = {
		{1, "{\"rtt_us\":{\"p50\":900,\"p99\":50000}}", GUARD_PASS,
		 NULL},
		{2, "{\"rtt_us\":{\"p50\":900,\"p99\":51000}}", GUARD_BREACH,
		 "51 ms"},
		END,
	};

	(void)state;
	walk(&rtt, rows);
}

static void test_slower_than_the_baseline(void **state)
{
	static const struct plan_guard rule = {
		.name = "g", .rtt_factor = 3, .window_ms = 5000};
	json_auto *base = json_loads("{\"rtt_us\":{\"p50\":10000}}", 0, NULL);
	json_auto *now = json_loads("{\"rtt_us\":{\"p50\":30001}}", 0, NULL);
	json_auto *fast = json_loads("{\"rtt_us\":{\"p50\":30000}}", 0, NULL);
	buf_auto why = BUF_INIT;
	struct guard_state g;

	(void)state;
	guard_start(&g, &rule, 0);
	guard_feed(&g, 1, now); /* no baseline yet */
	assert_int_equal(guard_judge(&g, 1, &why), GUARD_PASS);
	guard_baseline(&g, base);
	assert_int_equal(guard_judge(&g, 1, &why), GUARD_BREACH);
	assert_non_null(strstr(buf_str(&why), "baseline"));
	guard_feed(&g, 2, fast);
	assert_int_equal(guard_judge(&g, 2, &why), GUARD_PASS);
}

static void test_blind(void **state)
{
	static const struct row never[] = {
		{1, NULL, GUARD_PASS, NULL},
		{7.9, NULL, GUARD_PASS, NULL},
		{8.1, NULL, GUARD_BLIND, "said nothing"},
		{9, "{}", GUARD_PASS, NULL},
		END,
	};
	static const struct row ended[] = {
		{1,
		 "{\"lost_forward\":0,\"silent_us\":650000,"
		 "\"silent_packets\":9}",
		 GUARD_PASS, NULL},
		{9, NULL, GUARD_PASS, NULL},
		{9.1, NULL, GUARD_BLIND, NULL},
		END,
	};

	(void)state;
	walk(&no_loss, never);
	walk(&no_loss, ended);
}

/* What is not known is never a breach. */
static void test_unknown_is_blind(void **state)
{
	static const struct row refusing[] = {
		{1, "{}", GUARD_PASS, NULL},
		{2, "{\"refusing\":true,\"unreflected\":400}", GUARD_BLIND,
		 "nobody listens"},
		{3, "{\"unreflected\":500}", GUARD_BLIND, "500 packets"},
		{8, "{\"unreflected\":500}", GUARD_PASS, NULL},
		END,
	};
	static const struct row stalled[] = {
		{1, "{\"stall_us\":0}", GUARD_PASS, NULL},
		{4, "{\"stall_us\":2400000}", GUARD_PASS, NULL},
		{5, "{\"stall_us\":2600000}", GUARD_BLIND, "did not run"},
		{11, "{\"stall_us\":2600000}", GUARD_PASS, NULL},
		END,
	};

	(void)state;
	walk(&no_loss, refusing);
	walk(&no_loss, stalled);
}

/* Ten lines a second, for longer than the ring has places. */
static void test_window_holds_many_lines(void **state)
{
	struct guard_state g;
	buf_auto why = BUF_INIT;
	json_auto *j = json_object();
	struct plan_guard rule = some_loss;

	(void)state;
	rule.window_ms = 60000;
	guard_start(&g, &rule, 0);
	for (int i = 0; i <= 500; i++) { /* 30 lost, spread over 50 s */
		json_object_set_new(j, "lost_forward",
				    json_integer(i * 3 / 50));
		guard_feed(&g, i * SECOND / 10, j);
	}
	assert_int_equal(guard_judge(&g, 50 * SECOND, &why), GUARD_BREACH);
	assert_non_null(strstr(buf_str(&why), "30 packets"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_black_hole_is_said),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_slower_than_the_baseline),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_unknown_is_blind),
		cmocka_unit_test(test_window_holds_many_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
