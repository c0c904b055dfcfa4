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
	r.sender.seq = flow_sent(&p->f, p->now, false);
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
	assert_true(c.received >= 0 && c.forward >= 0 && c.backward >= 0);
	assert_true(c.somewhere >= 0 && c.unsettled >= 0);
	assert_true(c.unreflected >= 0 && c.too_big >= 0);
	assert_int_equal(c.sent, c.received + c.forward + c.backward +
					 c.somewhere + c.unsettled +
					 c.unreflected + c.too_big);
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
	assert_int_equal(c.forward + c.backward + c.somewhere, 0);
	assert_int_equal(c.unsettled, 37);
	c = counts(p, 2100 * MS);
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
	assert_int_equal(c.somewhere, 0);
	assert_int_equal(c.unreflected, 1);
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
		r.sender.seq = r.seq = flow_sent(&p->f, p->now, false);
		if (i != 4)
			flow_reply(&p->f, &r, p->now + MS);
	}
	c = counts(p, 2100 * MS);
	assert_false(p->f.stateful);
	assert_int_equal(c.forward + c.backward, 0);
	assert_int_equal(c.somewhere, 1);
	free(p);
}

/* Both ways reorder when a path gets shorter: nothing is lost by that. */
static void test_overtaking_is_not_loss(void **state)
{
	struct path *p = path_new();
	struct stamp_reply r = {0};

	(void)state;
	for (int i = 0; i < 300; i++) {
		uint32_t a = flow_sent(&p->f, p->now += 10 * MS, false);
		uint32_t b = flow_sent(&p->f, p->now += 10 * MS, false);

		/* b arrives there first, and its reply comes back last */
		r = (struct stamp_reply){.seq = p->reflected + 1,
					 .received_us = p->now + 2,
					 .sender.seq = a};
		flow_reply(&p->f, &r, p->now + 3);
		counts(p, 0);
		r = (struct stamp_reply){.seq = p->reflected,
					 .received_us = p->now + 1,
					 .sender.seq = b};
		flow_reply(&p->f, &r, p->now + 4);
		p->reflected += 2;
		assert_int_equal(counts(p, 0).forward, 0);
		assert_int_equal(counts(p, 1990 * MS).backward, 0);
	}
	assert_int_equal(p->f.restarts, 0);
	assert_int_equal(counts(p, 3000 * MS).somewhere, 0);
	assert_int_equal(counts(p, 3000 * MS).received, 600);
	free(p);
}

static void test_late_is_not_lost_any_more(void **state)
{
	struct path *p = path_new();
	struct stamp_reply r = {.seq = 50, .sender.seq = FLOW_FIRST + 1};

	(void)state;
	step(p, true, true);
	step(p, false, false);
	for (int i = 0; i < 300; i++)
		step(p, true, true);
	assert_int_equal(counts(p, 0).forward, 1);
	p->reflected++;
	r.received_us = p->now;
	assert_in_range(flow_reply(&p->f, &r, p->now), 2000 * MS, 4000 * MS);
	assert_int_equal(p->f.late, 1);
	assert_int_equal(counts(p, 0).forward, 0);
	assert_int_equal(counts(p, 0).backward, 0);
	free(p);
}

static int64_t silence(struct path *p, int64_t later)
{
	int64_t packets;

	return flow_silence(&p->f, p->now + later, &packets);
}

static void test_silence(void **state)
{
	struct path *p = path_new();

	(void)state;
	for (int i = 0; i < 5; i++)
		step(p, true, true);
	assert_int_equal(silence(p, 5000 * MS), 0); /* nothing was sent */
	step(p, true, false);
	step(p, false, false);
	assert_int_equal(silence(p, 500 * MS), 0); /* two are too few */
	step(p, true, false);
	assert_in_range(silence(p, 0), 20 * MS, 29 * MS);
	assert_in_range(silence(p, 700 * MS), 720 * MS, 729 * MS);
	step(p, true, true);
	assert_int_equal(silence(p, 1000 * MS), 0);
	free(p);
}

/* A long way is no silence: answers keep coming, of packets long sent. */
static void test_long_round_trip_is_not_silence(void **state)
{
	struct path *p = path_new();
	uint32_t seq[400];

	(void)state;
	for (int i = 0; i < 400; i++) {
		struct stamp_reply r = {0};

		seq[i] = flow_sent(&p->f, p->now += 10 * MS, false);
		if (i < 100) /* a second */
			continue;
		r.sender.seq = seq[i - 100];
		r.seq = p->reflected++;
		r.received_us = p->now - 500 * MS;
		flow_reply(&p->f, &r, p->now);
		assert_in_range(silence(p, 0), 0, 10 * MS);
	}
	assert_int_equal(counts(p, 0).somewhere, 0);
	free(p);
}

static void test_refusal_is_neither_loss_nor_silence(void **state)
{
	struct path *p = path_new();
	struct flow_counts c;

	(void)state;
	for (int i = 0; i < 10; i++)
		step(p, true, true);
	for (int i = 0; i < 500; i++) {
		step(p, false, false);
		if (i % 50 == 49)
			flow_refused(&p->f, p->now);
	}
	c = counts(p, 0);
	assert_int_equal(c.somewhere + c.forward + c.backward, 0);
	assert_int_equal(c.unreflected + c.unsettled, 500);
	assert_int_equal(silence(p, 100 * MS), 100 * MS);
	flow_reflected(&p->f, p->now);
	p->reflected = 0;
	step(p, true, true);
	c = counts(p, 5000 * MS);
	assert_int_equal(c.unreflected, 500);
	assert_int_equal(c.somewhere + c.forward + c.backward, 0);
	free(p);
}

/* Every fourth packet is small and passes; the others vanish. */
static void narrow_path(struct path *p, int n, bool told)
{
	for (int i = 0; i < n; i++) {
		bool small = i % 4 == 3;
		struct stamp_reply r = {0};

		p->now += 10 * MS;
		r.sender.seq = flow_sent(&p->f, p->now, small);
		if (small) {
			r.seq = p->reflected++;
			r.received_us = p->now;
			flow_reply(&p->f, &r, p->now + MS);
		}
		if (told && i % 100 == 0)
			flow_too_big(&p->f, p->now);
	}
}

static void test_too_big_is_told_apart(void **state)
{
	struct path *p = path_new();
	struct flow_counts c;

	(void)state;
	step(p, true, true);
	narrow_path(p, 400, true);
	c = counts(p, 3000 * MS);
	assert_int_equal(c.too_big, 300);
	assert_int_equal(c.forward + c.backward + c.somewhere, 0);
	assert_int_equal(flow_black_hole(&p->f, p->now), 0);
	free(p);
}

static void test_mtu_black_hole(void **state)
{
	struct path *p = path_new();
	struct flow_counts c;

	(void)state;
	step(p, true, true);
	narrow_path(p, 400, false);
	assert_in_range(flow_black_hole(&p->f, p->now), 3900 * MS, 4000 * MS);
	c = counts(p, 3000 * MS);
	assert_int_equal(c.too_big, 0);
	assert_int_equal(c.forward, 300);
	free(p);
}

static void test_unsent_is_not_counted(void **state)
{
	struct path *p = path_new();

	(void)state;
	step(p, true, true);
	flow_sent(&p->f, p->now, false);
	flow_unsent(&p->f);
	step(p, true, true);
	assert_int_equal(counts(p, 3000 * MS).sent, 2);
	assert_int_equal(counts(p, 3000 * MS).received, 2);
	free(p);
}

/* Whatever comes, in whatever order: the counts add up (see counts()). */
static void test_any_order_adds_up(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct path *p = path_new();
		uint32_t x = seed;

		for (int i = 0; i < 2000; i++) {
			struct stamp_reply r = {0};

			x = x * 1103515245u + 12345u;
			p->now += (x >> 8) % 40 * MS;
			if ((x >> 16) % 3)
				flow_sent(&p->f, p->now, (x >> 24) % 5 == 0);
			r.sender.seq = p->f.next - 1 - (x >> 20) % 30;
			r.seq = (x >> 12) % 50 ? p->reflected++
					       : (p->reflected = 0);
			r.received_us = p->now + (x >> 3) % 1000;
			if ((x >> 13) % 4)
				flow_reply(&p->f, &r, p->now);
			if ((x >> 9) % 97 == 0)
				flow_refused(&p->f, p->now);
			if ((x >> 10) % 89 == 0)
				flow_too_big(&p->f, p->now);
			if ((x >> 11) % 7 == 0)
				counts(p, 0);
		}
		counts(p, 9000 * MS);
		free(p);
	}
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
		cmocka_unit_test(test_overtaking_is_not_loss),
		cmocka_unit_test(test_late_is_not_lost_any_more),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_long_round_trip_is_not_silence),
		cmocka_unit_test(test_refusal_is_neither_loss_nor_silence),
		cmocka_unit_test(test_too_big_is_told_apart),
		cmocka_unit_test(test_mtu_black_hole),
		cmocka_unit_test(test_unsent_is_not_counted),
		cmocka_unit_test(test_any_order_adds_up),
		cmocka_unit_test(test_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
