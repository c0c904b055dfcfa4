/* What a session announces, against lists and rules of any length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/steps/expect.h"

#define MANY 10000

struct fixture {
	struct resource_set now;
	struct expect_list list;
	struct buf why;
};

static struct expect *expect(struct fixture *f, enum expect_kind kind)
{
	return expect_add(&f->list, kind, RESOURCE_SESSION, "vpn1");
}

static bool holds(struct fixture *f)
{
	buf_clear(&f->why);
	return expect_hold(&f->list, &f->now, NULL, 0, &f->why);
}

static void fixture_init(struct fixture *f)
{
	*f = (struct fixture){0};
	resource_set_add(&f->now, RESOURCE_SESSION, "vpn1");
}

static void send(struct fixture *f, const char *prefix)
{
	state_list_add(&f->now.v[0].session.sent, prefix);
}

static void fixture_done(struct fixture *f)
{
	resource_set_done(&f->now);
	expect_list_done(&f->list);
	buf_done(&f->why);
}

static void test_at_most(void **state)
{
	struct fixture f;
	struct expect *x;

	(void)state;
	fixture_init(&f);
	x = expect(&f, EXPECT_SENT_AT_MOST);
	x->number = 2;
	state_list_add(&x->list, "10.0.0.0/8 le 24");
	send(&f, "10.1.0.0/16");
	send(&f, "10.2.0.0/16");
	send(&f, "192.0.2.0/24");
	assert_true(holds(&f));
	send(&f, "10.3.0.0/16");
	assert_false(holds(&f));
	assert_non_null(strstr(buf_str(&f.why), "3 prefixes"));
	fixture_done(&f);
}

static void test_only_many(void **state)
{
	struct fixture f;
	struct expect *x;

	(void)state;
	fixture_init(&f);
	x = expect(&f, EXPECT_SENT_ONLY);
	for (size_t i = 0; i < MANY; i++) {
		mem_auto_free char *p =
			mem_format("10.%zu.%zu.0/24", 128 + i / 256, i % 256);

		state_list_add(&x->list, p);
		send(&f, p);
	}
	state_list_add(&x->list, "10.10.0.0/16 le 17");
	send(&f, "10.10.128.0/17");
	assert_true(holds(&f));
	send(&f, "10.10.128.0/18");
	assert_false(holds(&f));
	assert_non_null(strstr(buf_str(&f.why), "10.10.128.0/18"));
	fixture_done(&f);
}

static void offer(struct fixture *f, const char *path)
{
	state_list_add(
		&resource_set_find(&f->now, RESOURCE_ROUTE, "10.9.0.0/16")
			 ->route.paths,
		path);
}

/* What other edges still say counts, the own circuit and the VPN do not. */
static void test_not_elsewhere(void **state)
{
	struct fixture f;
	struct expect *x;

	(void)state;
	fixture_init(&f);
	resource_set_add(&f.now, RESOURCE_ROUTE, "10.9.0.0/16");
	x = expect_add(&f.list, EXPECT_NOT_ELSEWHERE, RESOURCE_ROUTE,
		       "10.9.0.0/16");
	x->number = 200;
	state_list_add(&x->list, "172.16.0.2");
	assert_true(holds(&f));
	offer(&f, "172.16.0.2 200");
	offer(&f, "10.99.0.2 100");
	assert_true(holds(&f));
	offer(&f, "192.0.2.12 200");
	assert_false(holds(&f));
	assert_non_null(strstr(buf_str(&f.why), "192.0.2.12"));
	fixture_done(&f);
}

/* A static route stands in use before eBGP, or floats below it. */
static bool static_holds(const char *protocol, uint32_t distance)
{
	struct fixture f = {0};
	struct resource *r =
		resource_set_add(&f.now, RESOURCE_ROUTE, "10.100.0.0/16");
	bool ok;

	r->route.in_fib = true;
	r->route.protocol = protocol ? mem_strdup(protocol) : NULL;
	r->route.distance = distance;
	expect_add(&f.list, EXPECT_NOT_BEFORE_BGP, RESOURCE_ROUTE,
		   "10.100.0.0/16");
	ok = holds(&f);
	assert_true(ok || strstr(buf_str(&f.why), "make it float"));
	fixture_done(&f);
	return ok;
}

static void test_static_route_before_bgp(void **state)
{
	(void)state;
	assert_false(static_holds("static", 1));
	assert_false(static_holds("static", 20));
	assert_false(static_holds("kernel", 0));
	assert_true(static_holds("static", 210));
	assert_true(static_holds("ospf", 110));
	assert_true(static_holds("bgp", 20));
	assert_true(static_holds(NULL, 0));
}

/* ---- one resource, one expectation, one answer ---- */

#define SESSION(...)                                                           \
	{                                                                      \
		.kind = RESOURCE_SESSION, .name = (char *)"x",                 \
		.present = true, .session = {                                  \
			__VA_ARGS__                                            \
		}                                                              \
	}
#define ROUTE(...)                                                             \
	{                                                                      \
		.kind = RESOURCE_ROUTE, .name = (char *)"x", .present = true,  \
		.route = {                                                     \
			__VA_ARGS__                                            \
		}                                                              \
	}
#define INTERFACE(...)                                                         \
	{                                                                      \
		.kind = RESOURCE_INTERFACE, .name = (char *)"x",               \
		.present = true, .interface = {                                \
			__VA_ARGS__                                            \
		}                                                              \
	}
#define OTHER(k, m, ...)                                                       \
	{                                                                      \
		.kind = RESOURCE_##k, .name = (char *)"x", .present = true,    \
		.m = { __VA_ARGS__ }                                           \
	}
#define LIST(...)                                                              \
	{                                                                      \
		.v = (char *[]){__VA_ARGS__},                                  \
		.n = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)          \
	}

struct one {
	const char *label;
	enum expect_kind kind;
	struct resource now, before; /* before.name NULL: one look only */
	const char *text;	     /* of the expectation */
	uint64_t number;
	struct state_list list;
	const char *why; /* NULL: it holds */
	int64_t span_us; /* 0: a second */
};

static const struct one ones[] = {
	{.label = "up",
	 .kind = EXPECT_ESTABLISHED,
	 .now = SESSION(.state = (char *)"Established")},
	{.label = "not up",
	 .kind = EXPECT_ESTABLISHED,
	 .now = SESSION(.state = (char *)"Idle"),
	 .why = "is Idle, not"},
	{.label = "unknown",
	 .kind = EXPECT_ESTABLISHED,
	 .now = SESSION(0),
	 .why = "no known state"},
	{.label = "not there",
	 .kind = EXPECT_ESTABLISHED,
	 .now = {.kind = RESOURCE_SESSION, .name = (char *)"x"},
	 .why = "is not there"},
	{.label = "another",
	 .kind = EXPECT_ESTABLISHED,
	 .now = {.kind = RESOURCE_SESSION,
		 .name = (char *)"y",
		 .present = true},
	 .why = "is not there"},
	{.label = "silent", .kind = EXPECT_NOTHING_SENT, .now = SESSION(0)},
	{.label = "sends",
	 .kind = EXPECT_NOTHING_SENT,
	 .now = SESSION(.prefixes_sent = 2),
	 .why = "announces 2"},
	{.label = "lists",
	 .kind = EXPECT_NOTHING_SENT,
	 .now = SESSION(.sent = LIST((char *)"10.0.0.0/8")),
	 .why = "announces"},
	{.label = "takes nothing",
	 .kind = EXPECT_NOTHING_ACCEPTED,
	 .now = SESSION(0)},
	{.label = "takes",
	 .kind = EXPECT_NOTHING_ACCEPTED,
	 .now = SESSION(.prefixes_accepted = 3),
	 .why = "accepts 3"},
	{.label = "no path", .kind = EXPECT_NO_LONG_PATH, .now = SESSION(0)},
	{.label = "empty path",
	 .kind = EXPECT_NO_LONG_PATH,
	 .now = SESSION(.as_path = (char *)"")},
	{.label = "short",
	 .kind = EXPECT_NO_LONG_PATH,
	 .now = SESSION(.as_path = (char *)"1 2"),
	 .number = 2},
	{.label = "long",
	 .kind = EXPECT_NO_LONG_PATH,
	 .now = SESSION(.as_path = (char *)"1 1 2"),
	 .number = 2,
	 .why = "'1 1 2': maintenance"},
	{.label = "announced",
	 .kind = EXPECT_SENT,
	 .now = SESSION(.sent = LIST((char *)"10.2.0.0/16",
				     (char *)"10.1.0.0/16")),
	 .list = LIST((char *)"10.1.0.0/16")},
	{.label = "not announced",
	 .kind = EXPECT_SENT,
	 .now = SESSION(.sent = LIST((char *)"10.2.0.0/16")),
	 .list = LIST((char *)"10.1.0.0/16"),
	 .why = "announce 10.1.0.0/16"},
	{.label = "received",
	 .kind = EXPECT_ACCEPTED,
	 .now = SESSION(.received = LIST((char *)"10.1.0.0/16")),
	 .list = LIST((char *)"10.1.0.0/16")},
	{.label = "not received",
	 .kind = EXPECT_ACCEPTED,
	 .now = SESSION(0),
	 .list = LIST((char *)"10.1.0.0/16"),
	 .why = "accepted 10.1.0.0/16"},
	{.label = "nonsense is too much",
	 .kind = EXPECT_SENT_AT_MOST,
	 .now = SESSION(.sent = LIST((char *)"what")),
	 .list = LIST((char *)"10.0.0.0/8"),
	 .why = "announces 1 prefixes"},
	{.label = "rules of nonsense",
	 .kind = EXPECT_SENT_AT_MOST,
	 .now = SESSION(0),
	 .list = LIST((char *)"what"),
	 .why = "announces"},
	{.label = "only nonsense",
	 .kind = EXPECT_SENT_ONLY,
	 .now = SESSION(.sent = LIST((char *)"what")),
	 .list = LIST((char *)"10.0.0.0/8"),
	 .why = "announces what"},
	{.label = "only by nonsense",
	 .kind = EXPECT_SENT_ONLY,
	 .now = SESSION(0),
	 .list = LIST((char *)"what"),
	 .why = "announces what"},
	{.label = "carrier on a session",
	 .kind = EXPECT_OPER_UP,
	 .now = SESSION(0),
	 .why = "cannot be checked"},
	{.label = "pin not looked at",
	 .kind = EXPECT_SENT_PINS,
	 .now = SESSION(0),
	 .text = "no such pin",
	 .why = "observed without 'no such pin'"},
	{.label = "best",
	 .kind = EXPECT_BEST_FROM,
	 .now = ROUTE(.in_fib = true, .session = (char *)"a"),
	 .text = "a"},
	{.label = "best from another",
	 .kind = EXPECT_BEST_FROM,
	 .now = ROUTE(.in_fib = true, .session = (char *)"b"),
	 .text = "a",
	 .why = "from 'b', not from 'a'"},
	{.label = "best from nobody",
	 .kind = EXPECT_BEST_FROM,
	 .now = ROUTE(.in_fib = true),
	 .text = "a",
	 .why = "from '', not"},
	{.label = "not best",
	 .kind = EXPECT_BEST_NOT_FROM,
	 .now = ROUTE(.in_fib = true, .session = (char *)"b"),
	 .text = "a"},
	{.label = "still best",
	 .kind = EXPECT_BEST_NOT_FROM,
	 .now = ROUTE(.in_fib = true, .session = (char *)"a"),
	 .text = "a",
	 .why = "still best from 'a'"},
	{.label = "in the FIB",
	 .kind = EXPECT_IN_FIB,
	 .now = ROUTE(.in_fib = true)},
	{.label = "not in the FIB",
	 .kind = EXPECT_IN_FIB,
	 .now = ROUTE(0),
	 .why = "not in the FIB"},
	{.label = "carrier",
	 .kind = EXPECT_OPER_UP,
	 .now = INTERFACE(.oper_up = true)},
	{.label = "no carrier",
	 .kind = EXPECT_OPER_UP,
	 .now = INTERFACE(0),
	 .why = "no carrier"},
	{.label = "seen once",
	 .kind = EXPECT_IDLE,
	 .now = INTERFACE(0),
	 .why = "two looks"},
	{.label = "was not there",
	 .kind = EXPECT_IDLE,
	 .now = INTERFACE(.rx_packets = 5),
	 .before = {.kind = RESOURCE_INTERFACE, .name = (char *)"x"},
	 .why = "two looks"},
	{.label = "idle",
	 .kind = EXPECT_IDLE,
	 .now = INTERFACE(.rx_packets = 15),
	 .before = INTERFACE(.rx_packets = 5),
	 .number = 10},
	{.label = "not idle",
	 .kind = EXPECT_IDLE,
	 .now = INTERFACE(.rx_packets = 16),
	 .before = INTERFACE(.rx_packets = 5),
	 .number = 10,
	 .why = "receives 11 packets/s"},
	{.label = "counters began anew",
	 .kind = EXPECT_IDLE,
	 .now = INTERFACE(.rx_packets = 1),
	 .before = INTERFACE(.rx_packets = 5),
	 .number = 10,
	 .why = "still receives"},
	{.label = "no time between",
	 .kind = EXPECT_IDLE,
	 .now = INTERFACE(.rx_packets = 5),
	 .before = INTERFACE(.rx_packets = 5),
	 .number = 10,
	 .span_us = -1,
	 .why = "still receives"},
	{.label = "carries",
	 .kind = EXPECT_CARRIES,
	 .now = INTERFACE(.rx_packets = 10, .tx_packets = 10),
	 .before = INTERFACE(0),
	 .number = 10},
	{.label = "carries out only",
	 .kind = EXPECT_CARRIES,
	 .now = INTERFACE(.tx_packets = 10),
	 .before = INTERFACE(0),
	 .number = 10,
	 .why = "0 packets/s in and 10"},
	{.label = "carries in only",
	 .kind = EXPECT_CARRIES,
	 .now = INTERFACE(.rx_packets = 10),
	 .before = INTERFACE(0),
	 .number = 10,
	 .why = "10 packets/s in and 0"},
	{.label = "tunnel",
	 .kind = EXPECT_TUNNEL_UP,
	 .now = OTHER(TUNNEL, tunnel, .up = true)},
	{.label = "no tunnel",
	 .kind = EXPECT_TUNNEL_UP,
	 .now = OTHER(TUNNEL, tunnel, 0),
	 .why = "is down"},
	{.label = "saved",
	 .kind = EXPECT_SAVED,
	 .now = OTHER(CONFIG, config, .saved = true)},
	{.label = "not saved",
	 .kind = EXPECT_SAVED,
	 .now = OTHER(CONFIG, config, 0),
	 .why = "differs from what is saved"},
	{.label = "of another kind",
	 .kind = EXPECT_SAVED,
	 .now = OTHER(VNET, vnet, 0),
	 .why = "cannot be checked"},
};

static void test_one_by_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ones); i++) {
		const struct one *o = &ones[i];
		struct expect x = {.kind = o->kind,
				   .on = o->now.kind,
				   .name = (char *)"x",
				   .text = (char *)o->text,
				   .number = o->number,
				   .list = o->list};
		struct expect_list l = {.v = &x, .n = 1};
		struct resource_set now = {(struct resource *)&o->now, 1, 0};
		struct resource_set was = {(struct resource *)&o->before, 1, 0};
		buf_auto why = BUF_INIT;
		bool ok = expect_hold(&l, &now, o->before.name ? &was : NULL,
				      o->span_us ? o->span_us : 1000000, &why);

		if (ok != !o->why || (!ok && !strstr(buf_str(&why), o->why)))
			fail_msg("%s: %s", o->label, buf_str(&why));
	}
}

/* What a pin holds has to be announced, where there is a pin. */
static void test_pins(void **state)
{
	struct fixture f;
	struct expect *x;
	struct resource *pin;

	(void)state;
	fixture_init(&f);
	x = expect(&f, EXPECT_SENT_PINS);
	x->text = mem_strdup("pin");
	pin = resource_set_add(&f.now, RESOURCE_STATIC_ROUTE, "pin");
	pin->present = false;
	assert_true(holds(&f));
	pin->present = true;
	state_list_add(&pin->static_route.prefixes, "10.1.0.0/17");
	assert_false(holds(&f));
	assert_non_null(strstr(buf_str(&f.why), "10.1.0.0/17"));
	send(&f, "10.1.0.0/17");
	assert_true(holds(&f));
	fixture_done(&f);
}

static void test_texts(void **state)
{
	static const char *const want[] = {
		"session 'x' announces 10.0.0.0/8",
		"route 'x' is best from 'vpn1'",
		"interface 'x' is idle, at most packets/s 5",
		"session 'x' accepts 1, 2, 3, 4, 5, 6, ... (7 in all)",
	};
	struct expect_list l = {0};
	struct expect *x = expect_add(&l, EXPECT_SENT, RESOURCE_SESSION, "x");

	(void)state;
	state_list_add(&x->list, "10.0.0.0/8");
	x = expect_add(&l, EXPECT_BEST_FROM, RESOURCE_ROUTE, "x");
	x->text = mem_strdup("vpn1");
	x = expect_add(&l, EXPECT_IDLE, RESOURCE_INTERFACE, "x");
	x->number = 5;
	x = expect_add(&l, EXPECT_ACCEPTED, RESOURCE_SESSION, "x");
	for (char c = '1'; c <= '7'; c++)
		state_list_add(&x->list, (char[]){c, 0});
	for (size_t i = 0; i < l.n; i++) {
		mem_auto_free char *text = expect_text(&l.v[i]);

		assert_string_equal(text, want[i]);
	}
	expect_list_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_most),
		cmocka_unit_test(test_only_many),
		cmocka_unit_test(test_not_elsewhere),
		cmocka_unit_test(test_static_route_before_bgp),
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
