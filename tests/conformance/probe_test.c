/*
 * probe_test.c - every kind of probe against a real path with a forced fault
 *
 *	        +-- r1 --+
 *	here ---|        |--- far (10.9.9.9): reflector, echo, a port that
 *	        +-- r2 --+                    refuses
 *
 * Here packets are spread over both by ports, far answers by r2 alone.  A probe
 * runs as a process of its own; its lines are read when it has ended, and the
 * time of the fault is held against the times in them.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/mem.h"
#include "orchestrator/watch/probe.h"
#include "orchestrator/watch/reflector.h"
#include "tests/conformance/sandbox.h"

#define FAR "10.9.9.9"
#define HERE "10.9.0.1"
#define MS 1000

static volatile sig_atomic_t stop;
static pid_t reflector;

/* ---- the far end ---- */

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void reflector_start(void)
{
	reflector = fork();
	assert_true(reflector >= 0);
	if (reflector == 0) {
		struct reflector_options o = {.port = 862, .tcp = true};
		int fd = open("/run/netns/far", O_RDONLY);

		signal(SIGTERM, on_term);
		if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
			_exit(1);
		reflector_run(&o, &stop, NULL);
		_exit(0);
	}
	usleep(200 * MS);
}

static void reflector_end(void)
{
	kill(reflector, SIGTERM);
	waitpid(reflector, NULL, 0);
}

static int net_up(void **state)
{
	(void)state;
	sandbox_shell(
		"set -e\n"
		"ip link set lo up\n"
		"for n in r1 r2 far; do ip netns add $n; "
		"ip -n $n link set lo up; "
		"ip netns exec $n sysctl -qw net.ipv4.ip_forward=1 "
		"net.ipv4.conf.all.rp_filter=0 "
		"net.ipv4.conf.default.rp_filter=0; done\n"
		"sysctl -qw net.ipv4.fib_multipath_hash_policy=1 "
		"net.ipv4.conf.all.rp_filter=0 "
		"net.ipv4.conf.default.rp_filter=0\n"
		"ip addr add 10.9.0.1/32 dev lo\n"
		"ip -n far addr add 10.9.9.9/32 dev lo\n"
		"for i in 1 2; do\n"
		"ip link add a$i type veth peer name near netns r$i\n"
		"ip -n r$i link add away type veth peer name b$i netns far\n"
		"ip addr add 10.9.$i.1/24 dev a$i; ip link set a$i up\n"
		"ip -n r$i addr add 10.9.$i.2/24 dev near\n"
		"ip -n r$i addr add 10.9.1$i.1/24 dev away\n"
		"ip -n r$i link set near up; ip -n r$i link set away up\n"
		"ip -n far addr add 10.9.1$i.2/24 dev b$i\n"
		"ip -n far link set b$i up\n"
		"ip -n r$i route add 10.9.0.1 via 10.9.$i.1\n"
		"ip -n r$i route add 10.9.9.9 via 10.9.1$i.2\n"
		"done\n"
		"ip route add 10.9.9.9 src 10.9.0.1 "
		"nexthop via 10.9.1.2 nexthop via 10.9.2.2\n"
		"ip -n far route add 10.9.0.1 via 10.9.12.1\n");
	reflector_start();
	return 0;
}

static int net_down(void **state)
{
	(void)state;
	reflector_end();
	return 0;
}

/* ---- a probe as a process ---- */

struct running {
	pid_t pid;
	FILE *lines;
};

struct lines {
	json_t *v[1000];
	size_t n;
};

static bool print_line(void *arg, const json_t *j)
{
	return json_dumpf(j, arg, JSON_COMPACT) == 0 &&
	       fputc('\n', arg) == '\n' && fflush(arg) == 0;
}

static struct running probe_start(struct probe_options o)
{
	struct running r;
	struct pollfd first;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	fcntl(fd[0], F_SETPIPE_SZ, 1 << 20); /* nobody reads until the end */
	o.to = FAR;
	o.from = HERE;
	r.pid = fork();
	assert_true(r.pid >= 0);
	if (r.pid == 0) {
		err_auto e = ERR_INIT;
		FILE *out = fdopen(fd[1], "w");

		signal(SIGTERM, on_term);
		if (!probe_run(&o, print_line, out, &stop, &e))
			fprintf(stderr, "# %s\n", err_msg(&e));
		_exit(0);
	}
	close(fd[1]);
	r.lines = fdopen(fd[0], "r");
	first = (struct pollfd){.fd = fd[0], .events = POLLIN};
	assert_int_equal(poll(&first, 1, 30000), 1); /* it has a second */
	return r;
}

static struct lines probe_end(struct running *r)
{
	struct lines all = {.n = 0};
	char line[8192];

	kill(r->pid, SIGTERM);
	while (fgets(line, sizeof(line), r->lines) && all.n < 1000) {
		all.v[all.n] = json_loads(line, 0, NULL);
		assert_non_null(all.v[all.n]);
		all.n++;
	}
	fclose(r->lines);
	waitpid(r->pid, NULL, 0);
	assert_true(all.n > 0);
	return all;
}

static void lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		json_decref(l->v[i]);
}

static int64_t value(const json_t *j, const char *key)
{
	return json_peek_int(j, key, 0);
}

static int64_t last(const struct lines *l, const char *key)
{
	return value(l->v[l->n - 1], key);
}

static int64_t most(const struct lines *l, const char *key)
{
	int64_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n = value(l->v[i], key) > n ? value(l->v[i], key) : n;
	return n;
}

/* When silence of `us` was first told, at most a second before `since`. */
static int64_t told(const struct lines *l, int64_t since, int64_t us)
{
	for (size_t i = 0; i < l->n; i++)
		if (value(l->v[i], "t_us") > since - 1000 * MS &&
		    value(l->v[i], "silent_us") >= us)
			return value(l->v[i], "t_us") - since;
	return 1000000 * MS;
}

/* A while in peace, the fault for four seconds, and two in peace again. */
static struct lines with_fault(struct probe_options o, const char *fault,
			       const char *heal, int64_t *ret_at)
{
	struct running r = probe_start(o);

	usleep(500 * MS);
	sandbox_shell(fault);
	*ret_at = clock_wall_us();
	usleep(4000 * MS);
	sandbox_shell(heal);
	usleep(2000 * MS);
	return probe_end(&r);
}

static const char cut_r1[] = "ip -n r1 route replace blackhole 10.9.9.9";
static const char mend_r1[] = "ip -n r1 route replace 10.9.9.9 via 10.9.11.2";
static const char cut_back[] = "ip -n r2 route replace blackhole 10.9.0.1";
static const char mend_back[] = "ip -n r2 route replace 10.9.0.1 via 10.9.2.1";

/* Generous, since test machines are slow; a guard's limit comes on top. */
static void assert_told(const struct lines *l, int64_t at)
{
	int64_t us = told(l, at, SAMPLE_SILENT_US);

	print_message("# silence told %lld ms after the fault stood\n",
		      (long long)us / 1000);
	assert_true(us < 3500 * MS);
}

/* ---- tests ---- */

static void test_one_link_of_two_there(void **state)
{
	struct probe_options o = {.kind = "stamp", .rate = 500, .flows = 16};
	int64_t at;
	struct lines l = with_fault(o, cut_r1, mend_r1, &at);

	(void)state;
	assert_told(&l, at);
	assert_in_range(most(&l, "silent"), 1, 15);
	assert_true(last(&l, "lost_forward") > 0);
	assert_int_equal(last(&l, "lost_backward"), 0);
	assert_int_equal(last(&l, "lost_roundtrip"), 0);
	assert_int_equal(last(&l, "sent"),
			 last(&l, "received") + last(&l, "lost_forward"));
	lines_free(&l);
}

static void test_all_the_way_back(void **state)
{
	struct probe_options o = {.kind = "stamp", .rate = 500, .flows = 16};
	int64_t at;
	struct lines l = with_fault(o, cut_back, mend_back, &at);

	(void)state;
	assert_told(&l, at);
	assert_int_equal(most(&l, "silent"), 16);
	assert_true(last(&l, "lost_backward") > 0);
	assert_int_equal(last(&l, "lost_forward"), 0);
	lines_free(&l);
}

static void test_icmp(void **state)
{
	struct probe_options o = {.kind = "icmp", .rate = 50};
	int64_t at;
	struct lines l = with_fault(o, cut_back, mend_back, &at);

	(void)state;
	assert_told(&l, at);
	assert_true(last(&l, "lost_roundtrip") > 0);
	assert_int_equal(last(&l, "lost_forward"), 0);
	assert_int_equal(last(&l, "lost_backward"), 0);
	lines_free(&l);
}

static void test_connects(void **state)
{
	struct probe_options o = {.kind = "tcp", .port = 862, .rate = 50};
	int64_t at;
	struct lines l = with_fault(o, cut_back, mend_back, &at);

	(void)state;
	assert_told(&l, at);
	assert_true(last(&l, "retransmits") > 0);
	assert_int_equal(last(&l, "refused"), 0);
	lines_free(&l);
}

static void test_a_connection_stalls(void **state)
{
	struct probe_options o = {.kind = "tcp-flow", .rate = 100, .flows = 2};
	int64_t at;
	struct lines l = with_fault(o, cut_back, mend_back, &at);

	(void)state;
	assert_told(&l, at);
	assert_int_equal(last(&l, "connects"), 2);
	assert_int_equal(last(&l, "resets"), 0);
	assert_int_equal(last(&l, "lost_roundtrip"), 0);
	assert_true(last(&l, "gap_roundtrip_us") > 1500 * MS);
	lines_free(&l);
}

static struct lines in_peace(struct probe_options o)
{
	struct running r = probe_start(o);

	usleep(1500 * MS);
	return probe_end(&r);
}

static void test_http_that_is_none(void **state)
{
	struct probe_options o = {.kind = "http", .port = 862, .rate = 20};
	struct lines l = in_peace(o);

	(void)state; /* the echo service says our own request */
	assert_true(last(&l, "sent") > 0);
	assert_true(last(&l, "bad_status") > 0);
	assert_true(json_is_true(json_peek(l.v[l.n - 1], "refusing")));
	assert_int_equal(last(&l, "lost_roundtrip"), 0);
	lines_free(&l);
}

static void test_refused_is_not_lost(void **state)
{
	struct probe_options o = {.kind = "tcp", .port = 9, .rate = 20};
	struct lines l = in_peace(o);

	(void)state;
	assert_true(last(&l, "refused") > 0);
	assert_int_equal(last(&l, "refused"), last(&l, "received"));
	assert_int_equal(last(&l, "lost_roundtrip"), 0);
	assert_true(json_is_true(json_peek(l.v[l.n - 1], "refusing")));
	lines_free(&l);
}

static void test_a_reflector_that_starts_again(void **state)
{
	struct probe_options o = {.kind = "stamp", .rate = 200, .flows = 4};
	struct running r = probe_start(o);
	bool refusing = false;
	struct lines l;

	(void)state;
	usleep(1000 * MS);
	reflector_end();
	usleep(2500 * MS);
	reflector_start();
	usleep(1500 * MS);
	l = probe_end(&r);
	for (size_t i = 0; i < l.n; i++)
		refusing |= json_is_true(json_peek(l.v[i], "refusing"));
	assert_true(refusing);
	assert_int_equal(last(&l, "restarts"), 4);
	assert_true(last(&l, "unreflected") > 0);
	assert_int_equal(most(&l, "lost_forward"), 0);
	assert_int_equal(most(&l, "lost_backward"), 0);
	assert_int_equal(most(&l, "lost_roundtrip"), 0);
	lines_free(&l);
}

static void test_our_own_stall_is_no_fault(void **state)
{
	struct probe_options o = {.kind = "stamp", .rate = 500, .flows = 16};
	struct running r = probe_start(o);
	struct lines l;

	(void)state;
	usleep(1000 * MS);
	kill(r.pid, SIGSTOP);
	usleep(2500 * MS);
	kill(r.pid, SIGCONT);
	usleep(1000 * MS);
	l = probe_end(&r);
	assert_true(last(&l, "stall_us") > 2000 * MS);
	assert_int_equal(most(&l, "silent"), 0);
	assert_int_equal(last(&l, "sent"), last(&l, "received"));
	assert_true(last(&l, "gap_forward_us") < 1000 * MS);
	lines_free(&l);
}

static void narrow(const char *mtu)
{
	mem_auto_free char *script =
		mem_format("for i in 1 2; do ip -n r$i link set away mtu %s; "
			   "done; ip route flush cache",
			   mtu);

	sandbox_shell(script);
}

static void test_too_big_is_told_apart(void **state)
{
	struct probe_options o = {.kind = "stamp",
				  .rate = 200,
				  .flows = 2,
				  .size = 1372,
				  .df = true};
	struct running r = probe_start(o);
	struct lines l;

	(void)state;
	usleep(1000 * MS);
	narrow("1300");
	usleep(3000 * MS);
	l = probe_end(&r);
	narrow("1500");
	assert_true(last(&l, "too_big") > 0);
	assert_int_equal(last(&l, "path_mtu"), 1300);
	assert_int_equal(last(&l, "lost_forward"), 0);
	assert_int_equal(last(&l, "lost_backward"), 0);
	lines_free(&l);
}

/* The routers' own messages find no way: r1 and r2 say nothing. */
static void test_mtu_black_hole(void **state)
{
	struct probe_options o = {.kind = "stamp",
				  .rate = 200,
				  .flows = 2,
				  .size = 1372,
				  .df = true};
	struct running r;
	struct lines l;

	(void)state;
	sandbox_shell("for i in 1 2; do ip -n r$i rule add iif lo blackhole; "
		      "done");
	r = probe_start(o);
	usleep(1000 * MS);
	narrow("1300");
	usleep(3000 * MS);
	l = probe_end(&r);
	narrow("1500");
	sandbox_shell("for i in 1 2; do ip -n r$i rule del iif lo blackhole; "
		      "done");
	assert_int_equal(last(&l, "too_big"), 0);
	assert_int_equal(most(&l, "black_hole"), 2);
	assert_true(last(&l, "lost_forward") > 0);
	lines_free(&l);
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_link_of_two_there),
		cmocka_unit_test(test_all_the_way_back),
		cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_connects),
		cmocka_unit_test(test_a_connection_stalls),
		cmocka_unit_test(test_http_that_is_none),
		cmocka_unit_test(test_refused_is_not_lost),
		cmocka_unit_test(test_a_reflector_that_starts_again),
		cmocka_unit_test(test_our_own_stall_is_no_fault),
		cmocka_unit_test(test_too_big_is_told_apart),
		cmocka_unit_test(test_mtu_black_hole),
	};

	return cmocka_run_group_tests(tests, net_up, net_down);
}

int main(int argc, char **argv)
{
	static const struct sandbox_need needs[] = {
		{"ip", "package iproute2"},
		{"sysctl", "package procps"},
		{NULL, NULL},
	};

	(void)argc;
	return sandbox_main(argv, needs, inside);
}
