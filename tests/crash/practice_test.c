/*
 * practice_test.c - the real runner over a network in memory, steered from its
 * socket as a screen and a script would, and watched by probes and guards
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/journal/check.h"
#include "tests/crash/night.h"

/* ---- a screen ---- */

static const char *const told[] = {"row",  "status", "measure", "output",
				   "look", "orders", "screens"};

struct screen {
	int fd;
	FILE *in;
	size_t seen[ARRAY_LEN(told)];
};

static json_t *read_event(struct screen *s)
{
	mem_auto_free char *line = NULL;
	size_t cap = 0;
	json_t *j = getline(&line, &cap, s->in) > 0 ? json_loads(line, 0, NULL)
						    : NULL;

	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		s->seen[i] +=
			strcmp(json_peek_str(j, "event", ""), told[i]) == 0;
	return j;
}

/* The answer to a request; events that come before it are left out. */
static json_t *on_screen(struct screen *s, const char *request)
{
	json_t *j;

	assert_true(dprintf(s->fd, "%s\n", request) > 0);
	while ((j = read_event(s)) && json_peek(j, "event"))
		json_decref(j);
	assert_non_null(j);
	return j;
}

static void screen_is_told(struct screen *s, const char *request,
			   const char *why)
{
	json_auto *j = on_screen(s, request);

	assert_int_equal(json_peek_bool(j, "ok", false), why == NULL);
	if (why)
		assert_non_null(strstr(json_peek_str(j, "error", ""), why));
}

static struct screen follow(void)
{
	struct screen s = {.fd = control_connect(n.dir, RUN, NULL)};
	json_auto *j = NULL;

	assert_true(s.fd >= 0);
	s.in = fdopen(dup(s.fd), "r");
	j = on_screen(&s, "{\"command\":\"follow\",\"name\":\"one\","
			  "\"looks\":true}");
	assert_int_equal(json_peek_int(j, "protocol", 0), 1);
	assert_string_equal(json_peek_str(json_peek(j, "snapshot"), "plan", ""),
			    "practice");
	return s;
}

/* What was told until the run was over. */
static void was_told_of_everything(struct screen *s)
{
	json_t *j;

	while ((j = read_event(s)))
		json_decref(j);
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		if (!s->seen[i])
			fail_msg("nothing was told of '%s'", told[i]);
	fclose(s->in);
	close(s->fd);
}

/* ---- tests ---- */

static void refuses_nonsense(void)
{
	static const struct {
		const char *request, *why;
	} bad[] = {
		{"{\"command\":\"dance\"}", "unknown command"},
		{"{}", "unknown command"},
		{"{\"command\":\"accept\"}", "does not hold"},
		{"{\"command\":\"soak\",\"add_ms\":5}", "does not soak"},
		{"{\"command\":\"take-back\"}", "nothing is pending"},
		{"{\"command\":\"take-back\",\"order\":77}", "nothing is"},
		{"{\"command\":\"throttle\"}", "0 to 600000"},
		{"{\"command\":\"throttle\",\"pause_ms\":600001}", "0 to"},
		{"{\"command\":\"postpone\"}", "no such block"},
		{"{\"command\":\"postpone\",\"block\":\"x\"}", "no such"},
		{"{\"command\":\"rollback\",\"to\":\"x\"}", "no such check"},
		{"{\"command\":\"control\"}", "only a screen that follows"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		refused(bad[i].request, bad[i].why);
}

static void steer_from(struct screen *s)
{
	screen_is_told(s, "{\"command\":\"go\"}", "has no control");
	screen_is_told(s, "{\"command\":\"control\",\"take\":false}", NULL);
	screen_is_told(s, "{\"command\":\"control\",\"take\":true}", NULL);
	screen_is_told(s, "{\"command\":\"hold\"}", NULL);
	screen_is_told(s, "{\"command\":\"take-back\"}", NULL);
	screen_is_told(s, "{\"command\":\"take-back\"}", "nothing is pending");
	screen_is_told(s, "{\"command\":\"throttle\",\"pause_ms\":1}", NULL);
	screen_is_told(s, "{\"command\":\"control\",\"take\":false}", NULL);
	screen_is_told(s, "{\"command\":\"throttle\",\"pause_ms\":1}",
		       "has no control");
}

static void soak_is_changed(void)
{
	json_auto *s = NULL;

	reaches("soak", "wave-canary");
	refused("{\"command\":\"soak\"}", "by how much");
	refused("{\"command\":\"soak\",\"add_ms\":86400001}", "by how much");
	refused("{\"command\":\"soak\",\"add_ms\":-86400001}", "by how much");
	agreed("{\"command\":\"soak\",\"add_ms\":600000,\"by\":\"me\"}");
	s = status();
	assert_true(json_peek_int(s, "soak_left_ms", 0) > 590000);
	agreed("{\"command\":\"soak\",\"add_ms\":-700000}");
}

static void test_steered(void **state)
{
	struct screen s;
	json_auto *st = NULL;

	(void)state;
	n.o.hold_before = "attach";
	n.o.proof = json_pack("{s:s}", "text", "proved");
	begin();
	is_live();
	s = follow();
	refuses_nonsense();
	steer_from(&s);
	agreed("{\"command\":\"postpone\",\"block\":\"rest\"}");
	reaches("hold", NULL);
	refused("{\"command\":\"hold\"}", "holds already");
	agreed("{\"command\":\"throttle\",\"pause_ms\":200}");
	st = status();
	assert_int_equal(json_peek_int(st, "pause_ms", 0), 200);
	assert_true(json_peek_bool(st, "practice", false));
	agreed("{\"command\":\"go\",\"by\":\"the night shift\"}");
	agreed("{\"command\":\"throttle\",\"pause_ms\":0}");
	soak_is_changed();
	agreed("{\"command\":\"go\"}"); /* before its hold: it is kept */
	reaches("hold", NULL);
	agreed("{\"command\":\"postpone\",\"block\":\"rest\",\"off\":true}");
	agreed("{\"command\":\"go\"}");
	was_told_of_everything(&s);
	ends_with(EXIT_DONE);
	assert_true(journal_check(n.o.journal, RUN, NULL));
	assert_int_equal(rows("proof"), 1);
	assert_int_equal(rows("guard"), 0);
	assert_true(rows("order") >= 8);
	json_decref((json_t *)n.o.proof);
}

/* ---- the probe of the first wave says what the test wants ---- */

static int64_t sent;

static void probe_says(int lost)
{
	sent += 50;
	dprintf(n.probe_out,
		"{\"kind\":\"stamp\",\"stateful\":true,\"sent\":%lld,"
		"\"received\":%lld,\"lost_forward\":%d,\"rtt_us\":"
		"{\"min\":4000,\"p50\":4200,\"p99\":4400,\"max\":4500}}\n",
		(long long)sent, (long long)sent - lost, lost);
}

/* All is well until the run is there. */
static void is_well_until(const char *phase, const char *block)
{
	int64_t end = clock_mono_us() + MOST_US;

	for (;;) {
		json_auto *s = status();

		if (strcmp(json_peek_str(s, "phase", ""), phase) == 0 &&
		    strcmp(json_peek_str(s, "block", ""), block) == 0)
			return;
		if (clock_mono_us() > end || n.over)
			fail_msg("'%s' was not reached", phase);
		probe_says(0);
		clock_sleep_us(200000);
	}
}

static void begin_scripted(void)
{
	sent = 0;
	n.scripted = true;
	n.o.policy.auto_go = true;
	begin();
	is_live();
}

/* Packets are lost while the first wave soaks: back to before it. */
static void test_loss_rolls_back(void **state)
{
	(void)state;
	begin_scripted();
	is_well_until("soak", "wave-canary");
	probe_says(7);
	ends_with(EXIT_ROLLED_BACK);
	assert_true(rows("guard") > 0);
	assert_int_equal(rows("emergency"), 1);
	assert_true(journal_check(n.o.journal, RUN, NULL));
}

/* Nobody can say whether packets are lost: it holds, and does not guess. */
static void test_blind_holds(void **state)
{
	json_auto *s = NULL;

	(void)state;
	begin_scripted();
	is_well_until("soak", "wave-canary");
	close(n.probe_out); /* its process ends, and is started again */
	agreed("{\"command\":\"soak\",\"add_ms\":60000}");
	reaches("hold", "wave-canary");
	s = status();
	assert_non_null(strstr(json_peek_str(s, "hold_why", ""), "no-loss"));
	assert_int_equal(rows("emergency"), 0);
	agreed("{\"command\":\"abort\",\"by\":\"the night shift\"}");
	ends_with(EXIT_ROLLED_BACK);
}

/* SIGTERM stops it between two steps; another process takes it back. */
static void test_stopped_then_taken_back(void **state)
{
	err_auto e = ERR_INIT;
	int code;

	(void)state;
	n.o.policy.auto_go = true;
	begin();
	is_live();
	reaches("soak", "wave-canary");
	kill(getpid(), SIGTERM);
	ends_with(EXIT_HOLDING);
	n.o.rollback = true;
	n.o.rollback_to = "no such";
	assert_false(runner_run(&n.o, &code, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_non_null(strstr(e.msg, "no checkpoint 'no such'"));
	n.o.rollback_to = "start";
	begin();
	ends_with(EXIT_ROLLED_BACK);
	assert_true(journal_check(n.o.journal, RUN, NULL));
}

/* The journal is gone: no change more, and it says why. */
static void test_journal_lost(void **state)
{
	mem_auto_free char *rm = mem_format("rm -f '%s'/journal.db", n.dir);

	(void)state;
	begin();
	is_live();
	reaches("hold", NULL);
	assert_int_equal(system(rm), 0);
	refused("{\"command\":\"go\"}", "the journal cannot be written");
	pthread_join(n.thread, NULL);
	assert_false(n.ok);
	assert_true(journal_err_is(&n.e, JOURNAL_VANISHED));
	assert_non_null(strstr(err_msg(&n.e), "nothing more is done"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_steered),      T(test_loss_rolls_back),
		T(test_blind_holds),  T(test_stopped_then_taken_back),
		T(test_journal_lost),
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
