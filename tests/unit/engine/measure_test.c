/* A broken or hostile host of a probe does not hurt the engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

static void test_command_line_of_others(void **state)
{
	struct plan plan = {.n_hosts = 0};
	struct plan_probe p = {.kind = "http",
			       .to = "10.1.0.1",
			       .host = -1,
			       .port = 8080,
			       .path = "/up?a=b"};
	mem_auto_free char *here = measure_command(&plan, &p);

	(void)state;
	assert_string_equal(here,
			    "exec \"$0\" probe --json --stdin-control --kind "
			    "http --to 10.1.0.1 --port 8080 --path '/up?a=b'");
}

/* ---- processes: this program itself is the probe, see main() ---- */

#define SECOND 1000000

static struct plan no_plan;

/* Until it has said something, or has ended. */
static int wait_for(struct measure *m, int64_t now_us, bool end)
{
	int seen = 0;

	for (int i = 0; i < 1000; i++) {
		measure_turn(m, now_us, count, &seen);
		if (end ? m->out < 0 : seen > 0)
			return seen;
		usleep(10000);
	}
	fail_msg("nothing came of the probe");
	return 0;
}

static void test_told_to_end(void **state)
{
	struct plan_probe p = {
		.name = "p", .kind = "stamp", .to = "x", .host = -1};
	struct measure m;

	(void)state;
	measure_init(&m, &no_plan, &p, NULL);
	assert_true(measure_start(&m, 0, NULL));
	assert_int_equal(wait_for(&m, 0, false), 1);
	assert_int_equal(json_peek_int(m.last, "sent", 0), 5);
	measure_end(&m);
	wait_for(&m, 0, true); /* its last line still comes */
	assert_int_equal(json_peek_int(m.last, "sent", 0), 9);
	measure_turn(&m, 1000 * SECOND, count, &(int){0});
	assert_true(m.out < 0); /* and it is not started again */
	measure_done(&m);
}

/* What ends is started again, later each time; its counts go on. */
static void test_started_again(void **state)
{
	static const int pauses[] = {1, 2, 4, 8, 16, 30, 30};
	struct plan_probe p = {
		.name = "p", .kind = "short", .to = "x", .host = -1};
	struct measure m;
	int64_t now = 0;

	(void)state;
	measure_init(&m, &no_plan, &p, NULL);
	assert_true(measure_start(&m, now, NULL));
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		wait_for(&m, now, true);
		assert_int_equal(json_peek_int(m.last, "sent", 0),
				 5 * ((int)i + 1));
		assert_int_equal(m.again_us - now, pauses[i] * SECOND);
		measure_turn(&m, m.again_us - 1, count, &(int){0});
		assert_true(m.out < 0);
		now = m.again_us;
		measure_turn(&m, now, count, &(int){0});
		assert_true(m.out >= 0);
	}
	/* one that ran for a while is started again soon */
	wait_for(&m, now + 61 * SECOND, true);
	assert_int_equal(m.again_us - (now + 61 * SECOND), SECOND);
	measure_done(&m);
}

static bool no_spawn(const struct ssh_endpoint *at, const char *command,
		     pid_t *ret_pid, int *ret_out, int *ret_in, struct err *e)
{
	(void)at;
	(void)command;
	(void)ret_pid;
	(void)ret_out;
	(void)ret_in;
	return err_set(e, ERR_IO, "no route to host");
}

static void test_not_started(void **state)
{
	struct plan_host host = {.name = "app", .command = "co"};
	struct plan plan = {.hosts = &host, .n_hosts = 1};
	struct plan_probe p = {.name = "p", .kind = "stamp", .to = "x"};
	err_auto e = ERR_INIT;
	struct measure m;

	(void)state;
	measure_init(&m, &plan, &p, NULL);
	assert_false(measure_start(&m, 0, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	measure_done(&m);
	measure_init(&m, &plan, &p, no_spawn);
	assert_false(measure_start(&m, 0, &e));
	assert_string_equal(e.msg, "probe 'p': no route to host");
	m.again_us = SECOND; /* as after its end: it is tried later, again */
	measure_turn(&m, SECOND, count, &(int){0});
	assert_int_equal(m.again_us, 2 * SECOND);
	measure_done(&m);
}

static void test_no_descriptor_left(void **state)
{
	struct plan_probe p = {
		.name = "p", .kind = "stamp", .to = "x", .host = -1};
	struct rlimit was, less;
	int next = dup(0);

	(void)state;
	close(next);
	getrlimit(RLIMIT_NOFILE, &was);
	for (int n = 0; n < 4; n++) {
		err_auto e = ERR_INIT;
		struct measure m;
		bool ok;

		measure_init(&m, &no_plan, &p, NULL);
		less = was;
		less.rlim_cur = (rlim_t)(next + n);
		setrlimit(RLIMIT_NOFILE, &less);
		ok = measure_start(&m, 0, &e);
		setrlimit(RLIMIT_NOFILE, &was);
		assert_false(ok);
		assert_int_equal(e.code, ERR_IO);
		assert_true(m.out < 0 && m.in < 0);
		measure_done(&m);
	}
	assert_int_equal(dup(0), next); /* none was left open */
	close(next);
}

/* What measure_start() runs: a line, and a last one when it is told to end. */
static int probe(const char *kind)
{
	char c;

	fputs(good, stdout);
	fflush(stdout);
	if (strcmp(kind, "short") == 0)
		return 0;
	while (read(0, &c, 1) > 0)
		;
	puts("{\"kind\":\"stamp\",\"sent\":9,\"rtt_us\":{\"p50\":7}}");
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_command_line_of_others),
		cmocka_unit_test(test_told_to_end),
		cmocka_unit_test(test_started_again),
		cmocka_unit_test(test_not_started),
		cmocka_unit_test(test_no_descriptor_left),
	};

	if (argc > 5 && strcmp(argv[1], "probe") == 0)
		return probe(argv[5]);

	return cmocka_run_group_tests(tests, NULL, NULL);
}
