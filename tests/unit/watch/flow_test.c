/* Loss is attributed to its direction, and the counts add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/watch/flow.h"

#define MS 1000

struct path {
	struct flow f;
	uint32_t reflected; /* the reflector's own count */
	int64_t now;
};

static struct path *path_new(void)
{
	struct path *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	flow_init(&p->f);
	p->now = 1000000;
	return p;
}

static void step(struct path *p, bool there, bool back)
{
	struct stamp_reply r = {0};

	p->now += 10 * MS;
	r.sender.seq = flow_sent(&p->f, p->now);
	if (!there)
		return;
	r.seq = p->reflected++;
	r.received_us = p->now;
	if (back)
		flow_reply(&p->f, &r, p->now + MS);
}

static struct flow_counts counts(struct path *p, int64_t later)
{
	struct flow_counts c;

	flow_count(&p->f, p->now + later, &c);
	assert_int_equal(c.sent, c.received + c.forward + c.backward +
					 c.somewhere + c.unsettled);
	return c;
}

static void test_nothing_lost(void **state)
{
	struct path *p = path_new();
	struct flow_counts c;

	(void)state;
	for (int i = 0; i < 20000; i++)
		step(p, true, true);
	c = counts(p, 0);
	assert_int_equal(c.received, 20000);
	assert_int_equal(c.forward + c.backward + c.somewhere, 0);
	assert_true(p->f.stateful);
	free(p);
}

static void test_directions(void **state)
{
	struct path *p = path_new();
	struct flow_counts c;

	(void)state;
	step(p, true, true);
	for (int i = 0; i < 30; i++)
		step(p, false, false);
	step(p, true, true);
	for (int i = 0; i < 7; i++)
		step(p, true, false);
	step(p, true, true);
	c = counts(p, 0);
	assert_int_equal(c.forward, 30);
	assert_int_equal(c.backward, 7);
	assert_int_equal(c.somewhere, 0);
	assert_in_range(p->f.gap_forward_us, 300 * MS, 320 * MS);
	free(p);
}

static void test_tail_is_open_then_lost(void **state)
{
	struct path *p = path_new();
	struct flow_counts c;

	(void)state;
	step(p, true, true);
	step(p, true, false);
	step(p, true, false);
	c = counts(p, 100 * MS);
	assert_int_equal(c.unsettled, 2);
	assert_int_equal(c.somewhere, 0);
	c = counts(p, 3000 * MS);
	assert_int_equal(c.unsettled, 0);
	assert_int_equal(c.somewhere, 2);
	free(p);
}

static void test_reflector_restart(void **state)
{
	struct path *p = path_new();
	struct flow_counts c;

	(void)state;
	for (int i = 0; i < 10; i++)
		step(p, true, true);
	step(p, false, false);
	p->reflected = 0;
	for (int i = 0; i < 10; i++)
		step(p, true, true);
	c = counts(p, 0);
	assert_int_equal(p->f.restarts, 1);
	assert_int_equal(c.received, 20);
	assert_int_equal(c.somewhere, 1);
	free(p);
}

static void test_duplicate_and_stranger(void **state)
{
	struct path *p = path_new();
	struct stamp_reply r = {0};

	(void)state;
	step(p, true, true);
	r.sender.seq = FLOW_FIRST;
	assert_int_equal(flow_reply(&p->f, &r, p->now), -1);
	assert_int_equal(p->f.duplicate, 1);
	r.sender.seq = FLOW_FIRST + 77;
	assert_int_equal(flow_reply(&p->f, &r, p->now), -1);
	assert_int_equal(counts(p, 0).received, 1);
	free(p);
}

static void test_stateless_reflector_cannot_tell(void **state)
{
	struct path *p = path_new();
	struct flow_counts c;

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct stamp_reply r = {0};

		p->now += 10 * MS;
		r.sender.seq = r.seq = flow_sent(&p->f, p->now);
		if (i != 4)
			flow_reply(&p->f, &r, p->now + MS);
	}
	c = counts(p, 0);
	assert_false(p->f.stateful);
	assert_int_equal(c.forward + c.backward, 0);
	assert_int_equal(c.somewhere, 1);
	free(p);
}

static void test_packets(void **state)
{
	uint8_t bytes[STAMP_BYTES];
	struct stamp_sender s = {
		.seq = 7, .sent_us = 1795503336089274, .ssid = 513};
	struct stamp_reply r = {.seq = 9,
				.sent_us = 1795503336089999,
				.received_us = 1795503336089888};
	struct stamp_sender back;
	struct stamp_reply got;

	(void)state;
	stamp_sender_encode(&s, bytes);
	assert_true(stamp_sender_decode(bytes, sizeof(bytes), &back));
	assert_int_equal(back.seq, 7);
	assert_int_equal(back.ssid, 513);
	assert_int_equal(back.sent_us, s.sent_us);
	r.sender = s;
	stamp_reply_encode(&r, 64, bytes);
	assert_true(stamp_reply_decode(bytes, sizeof(bytes), &got));
	assert_int_equal(got.seq, 9);
	assert_int_equal(got.sender.seq, 7);
	assert_int_equal(got.received_us, r.received_us);
	assert_false(stamp_reply_decode(bytes, STAMP_BYTES - 1, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_tail_is_open_then_lost),
		cmocka_unit_test(test_reflector_restart),
		cmocka_unit_test(test_duplicate_and_stranger),
		cmocka_unit_test(test_stateless_reflector_cannot_tell),
		cmocka_unit_test(test_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
