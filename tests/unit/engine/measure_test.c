/* A broken or hostile host of a probe does not hurt the engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/measure.h"

static const struct plan_probe rule = {
	.name = "p", .kind = "stamp", .to = "192.0.2.1", .host = -1};

static void count(void *arg, const json_t *sample)
{
	(void)sample;
	(*(int *)arg)++;
}

static const char good[] =
	"{\"kind\":\"stamp\",\"sent\":5,\"rtt_us\":{\"p50\":7}}\n";

static int take(struct measure *m, const char *bytes, size_t n)
{
	int seen = 0;

	measure_take(m, bytes, n, count, &seen);
	return seen;
}

static void test_pieces(void **state)
{
	struct measure m;

	(void)state;
	measure_init(&m, NULL, &rule, NULL);
	for (size_t i = 0; i + 2 < sizeof(good); i++)
		assert_int_equal(take(&m, good + i, 1), 0);
	assert_int_equal(take(&m, "\n", 1), 1);
	assert_int_equal(json_peek_int(m.last, "sent", 0), 5);
	assert_int_equal(m.garbage, 0);
	measure_done(&m);
}

static void test_garbage(void **state)
{
	static const char junk[] = "bash: cutover: not found\n\n{\n\0\0\n"
				   "{\"sent\":\n[[[[[[\n{}\n\xff\xfe\n";
	struct measure m;

	(void)state;
	measure_init(&m, NULL, &rule, NULL);
	assert_int_equal(take(&m, junk, sizeof(junk) - 1), 0);
	assert_true(m.garbage >= 5);
	assert_null(m.last);
	assert_int_equal(take(&m, good, sizeof(good) - 1), 1);
	measure_done(&m);
}

static void test_deep(void **state)
{
	struct measure m;
	char *deep = malloc(60001);

	(void)state;
	memset(deep, '[', 60000);
	deep[60000] = '\n';
	measure_init(&m, NULL, &rule, NULL);
	assert_int_equal(take(&m, deep, 60001), 0);
	assert_int_equal(m.garbage, 1);
	measure_done(&m);
	free(deep);
}

/* 100 MiB without an end of line: nothing of it is kept. */
static void test_endless_line(void **state)
{
	struct measure m;
	char *block = malloc(1 << 20);

	(void)state;
	memset(block, 'x', 1 << 20);
	measure_init(&m, NULL, &rule, NULL);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(take(&m, block, 1 << 20), 0);
		assert_true(m.line.cap <= 2 * 65536);
	}
	assert_int_equal(take(&m, "\n", 1), 0);
	assert_int_equal(take(&m, good, sizeof(good) - 1), 1);
	measure_done(&m);
	free(block);
}

static void test_random_bytes(void **state)
{
	struct measure m;
	uint32_t x = 1;

	(void)state;
	measure_init(&m, NULL, &rule, NULL);
	for (int i = 0; i < 200000; i++) {
		char b[sizeof(good)];
		size_t n;

		x = x * 1103515245u + 12345u;
		memcpy(b, good, sizeof(good));
		n = 1 + (x >> 8) % (sizeof(good) - 1);
		if ((x >> 20) % 3)
			b[(x >> 16) % n] = (char)(x >> 24);
		take(&m, b, n);
	}
	assert_true(m.garbage > 0);
	measure_done(&m);
}

static void test_command_line(void **state)
{
	struct ssh_endpoint ssh = {0};
	struct plan_host host = {.name = "app", .ssh = ssh, .command = "co"};
	struct plan plan = {.hosts = &host, .n_hosts = 1};
	struct plan_probe p = {.kind = "stamp",
			       .to = "10.1.0.1",
			       .source = "10.0.0.1",
			       .rate = 500,
			       .flows = 16,
			       .size = 1372,
			       .df = true};
	mem_auto_free char *there = measure_command(&plan, &p);

	(void)state;
	assert_string_equal(there,
			    "exec co probe --json --stdin-control --kind stamp "
			    "--to 10.1.0.1 --from 10.0.0.1 --rate 500 "
			    "--flows 16 --size 1372 --df");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
