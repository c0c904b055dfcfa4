/*
 * frr_guard_test.c - the dead-man timer against real FRR
 *
 * The watchdog fires, is renewed, told, confirmed, reverted, killed; sessions
 * are lost in the middle.  Whatever happens, the VPN's session never flaps, and
 * what is left on the device at the end is counted, processes and files.
 *
 * Times are generous, for machines that do other things as well: what must not
 * happen is looked for well before a deadline, what must happen after it.
 */
#include "tests/conformance/frr_lib.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"

#define SHORT 10 /* seconds until a timer that is to fire does */
#define LONG 300 /* of one that must not */

/* ---- what is asked, what is left ---- */

static void bind_to(struct resource_set *set, const char *in, const char *out)
{
	mem_auto_free char *import = mem_format(IN "%s", in);
	mem_auto_free char *export = mem_format(OUT "%s", out);

	resource_set_done(set);
	frr_want_session(set, true, import, export);
}

static void is_bound(const char *in, const char *out)
{
	resource_set_auto want = {0};

	bind_to(&want, in, out);
	if (!frr_is(&want))
		fail_msg("not bound to in-g%s, out-g%s", in, out);
}

/* Guarded; returns the key. */
static char *rebind(const char *in, const char *out, uint32_t seconds)
{
	resource_set_auto want = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;
	enum outcome o;
	char *key;

	bind_to(&want, in, out);
	o = frr_change(&want, seconds, &cs, &e);
	if (o != OUTCOME_APPLIED)
		fail_msg("%s: %s", outcome_name(o), err_msg(&e));
	key = mem_strdup(cs.key);
	changeset_done(&cs);
	return key;
}

static void reset(void)
{
	resource_set_auto want = {0};

	bind_to(&want, "1", "1");
	frr_ensure(&want);
}

static void refresh(void)
{
	frr_ctx.deadline_us = clock_mono_us() + 60000000;
}

static void expect(enum outcome want, enum outcome got, const struct err *e)
{
	if (want != got)
		fail_msg("expected %s, got %s: %s", outcome_name(want),
			 outcome_name(got), err_msg(e));
}

static void confirms(enum outcome want, const char *key)
{
	err_auto e = ERR_INIT;

	refresh();
	expect(want, frr_adapter_ops.confirm(&frr_ctx, key, &e), &e);
	if (want == OUTCOME_REFUSED && !key)
		assert_non_null(strstr(err_msg(&e), "run out"));
}

static void reverts(enum outcome want, const char *key)
{
	err_auto e = ERR_INIT;

	refresh();
	expect(want, frr_adapter_ops.revert(&frr_ctx, key, &e), &e);
}

static void renews(enum outcome want, uint32_t seconds)
{
	err_auto e = ERR_INIT;

	refresh();
	expect(want, frr_adapter_ops.renew(&frr_ctx, seconds, &e), &e);
}

/* A command in the edge, where this process is. */
static char *here(const char *command)
{
	buf_auto out = BUF_INIT;
	char piece[4096];
	FILE *f = popen(command, "r");
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&out, piece, n);
	pclose(f);
	return buf_steal(&out);
}

#define EACH_WATCHDOG                                                          \
	"for p in $(pgrep -f '[/]run/cutover/guard/watch'); do "               \
	"[ \"$(readlink /proc/$p/ns/net)\" != \"$(readlink "                   \
	"/proc/self/ns/net)\" ] || "

/* Their pids: the machine may run others, in other namespaces. */
static char *watchdogs(void)
{
	return here(EACH_WATCHDOG "echo $p; done");
}

static void watchdogs_kill(void)
{
	free(here(EACH_WATCHDOG "kill -KILL $p; done"));
	for (int i = 0; i < 50; i++) {
		mem_auto_free char *left = watchdogs();

		if (!*left)
			return;
		clock_sleep_us(100000);
	}
	fail_msg("a watchdog cannot be killed");
}

/* No process; of files the wrapper's own, and `fired` only if it fired. */
static void nothing_left(bool fired)
{
	mem_auto_free char *running = watchdogs();
	mem_auto_free char *files = here("ls /run/cutover");
	const char *own = fired ? "done\nepoch\nerr\nfired\nlock\nout\nwrite\n"
				: "done\nepoch\nerr\nlock\nout\nwrite\n";

	assert_string_equal(running, "");
	assert_string_equal(files, own);
}

static bool back_at(const char *in, const char *out)
{
	resource_set_auto want = {0};

	bind_to(&want, in, out);
	return frr_wait(&want, (SHORT + 20) * 1000);
}

static void fired_is_complete(void)
{
	for (int i = 0; i < 100; i++) {
		mem_auto_free char *running = watchdogs();

		if (!*running)
			return;
		clock_sleep_us(100000);
	}
	fail_msg("the watchdog does not end");
}

/* ---- the tests ---- */

static void test_circuit(void **state)
{
	resource_set_auto want = {0};

	(void)state;
	frr_want_policies(&want, true);
	frr_want_policy(&want, OUT "2", "export");
	frr_ensure(&want);
	resource_set_done(&want);
	bind_to(&want, "1", "1");
	frr_ensure(&want);
	assert_true(frr_wait_state(CIRCUIT, "Established", 30000));
	renews(OUTCOME_UNCHANGED, LONG);
	confirms(OUTCOME_UNCHANGED, NULL);
	reverts(OUTCOME_UNCHANGED, NULL);
	nothing_left(false);
}

static void test_fires(void **state)
{
	mem_auto_free char *one = rebind("1", "0", SHORT);
	mem_auto_free char *two = NULL;

	(void)state;
	is_bound("1", "0");
	assert_true(back_at("1", "1"));
	fired_is_complete();
	nothing_left(true);
	renews(OUTCOME_REFUSED, LONG);
	confirms(OUTCOME_REFUSED, one);
	confirms(OUTCOME_REFUSED, NULL);
	confirms(OUTCOME_REFUSED, NULL);
	reverts(OUTCOME_UNCHANGED, NULL);
	/* now that it is known, it is history */
	two = rebind("1", "0", LONG);
	confirms(OUTCOME_APPLIED, NULL);
	confirms(OUTCOME_REFUSED, one);
	nothing_left(false);
	is_bound("1", "0");
	reset();
	frr_assert_vpn_untouched();
}

/* What stands on a change that went back by itself is not made unnoticed. */
static void test_nothing_on_what_fired(void **state)
{
	mem_auto_free char *one = rebind("1", "0", SHORT);
	mem_auto_free char *two = NULL;
	resource_set_auto want = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(back_at("1", "1"));
	fired_is_complete();
	bind_to(&want, "0", "1");
	expect(OUTCOME_REFUSED, frr_change(&want, LONG, NULL, &e), &e);
	assert_non_null(strstr(err_msg(&e), "run out"));
	is_bound("1", "1");
	two = rebind("0", "1", LONG);
	reverts(OUTCOME_APPLIED, NULL);
	is_bound("1", "1");
	nothing_left(false);
}

static void test_confirm_all(void **state)
{
	mem_auto_free char *one = rebind("1", "0", LONG);
	mem_auto_free char *two = rebind("0", "0", LONG);
	err_auto e = ERR_INIT;

	(void)state;
	refresh();
	expect(OUTCOME_REFUSED, frr_adapter_ops.save(&frr_ctx, &e), &e);
	assert_non_null(strstr(err_msg(&e), "confirm"));
	confirms(OUTCOME_APPLIED, NULL);
	nothing_left(false);
	confirms(OUTCOME_UNCHANGED, NULL);
	confirms(OUTCOME_UNCHANGED, one);
	confirms(OUTCOME_UNCHANGED, two);
	confirms(OUTCOME_REFUSED, "nobody");
	renews(OUTCOME_UNCHANGED, LONG);
	is_bound("0", "0");
	reset();
	frr_assert_vpn_untouched();
}

static void test_confirm_one(void **state)
{
	mem_auto_free char *one = rebind("1", "0", LONG);
	mem_auto_free char *two = rebind("0", "0", LONG);

	(void)state;
	confirms(OUTCOME_APPLIED, one);
	confirms(OUTCOME_UNCHANGED, one);
	reverts(OUTCOME_APPLIED, NULL);
	is_bound("1", "0");
	nothing_left(false);
	confirms(OUTCOME_REFUSED, two);
	reset();
}

static void test_renew(void **state)
{
	mem_auto_free char *one = rebind("1", "0", SHORT);

	(void)state;
	for (int i = 0; i < 3; i++) {
		clock_sleep_us(SHORT * 1000000 / 2);
		renews(OUTCOME_APPLIED, SHORT);
	}
	is_bound("1", "0");
	renews(OUTCOME_APPLIED, LONG);
	/* and brought forward again */
	renews(OUTCOME_APPLIED, 1);
	assert_true(back_at("1", "1"));
	fired_is_complete();
	renews(OUTCOME_REFUSED, LONG);
	reverts(OUTCOME_UNCHANGED, NULL);
	nothing_left(true);
	frr_assert_vpn_untouched();
}

/* The same binding twice: only the right order leads back. */
static void test_stack_fires_in_reverse(void **state)
{
	mem_auto_free char *one = rebind("1", "0", LONG);
	mem_auto_free char *two = rebind("1", "2", LONG);

	(void)state;
	is_bound("1", "2");
	renews(OUTCOME_APPLIED, 1);
	assert_true(back_at("1", "1"));
	fired_is_complete();
	confirms(OUTCOME_REFUSED, one);
	confirms(OUTCOME_REFUSED, two);
	frr_assert_vpn_untouched();
}

static void test_revert_all(void **state)
{
	mem_auto_free char *one = rebind("1", "0", LONG);
	mem_auto_free char *two = rebind("1", "2", LONG);
	mem_auto_free char *three = rebind("0", "2", LONG);
	err_auto e = ERR_INIT;
	int64_t start;

	(void)state;
	refresh();
	assert_true(frr_adapter_ops.fence(&frr_ctx, &e));
	start = clock_mono_us();
	reverts(OUTCOME_APPLIED, NULL);
	print_message("# taking three changes back took %lld ms\n",
		      (long long)(clock_mono_us() - start) / 1000);
	is_bound("1", "1");
	nothing_left(false);
	reverts(OUTCOME_UNCHANGED, NULL);
	frr_assert_vpn_untouched();
}

static void test_revert_one(void **state)
{
	mem_auto_free char *one = rebind("1", "0", LONG);
	mem_auto_free char *two = rebind("1", "2", LONG);
	mem_auto_free char *three = rebind("0", "2", LONG);

	(void)state;
	reverts(OUTCOME_APPLIED, two);
	is_bound("1", "0");
	confirms(OUTCOME_REFUSED, three);
	reverts(OUTCOME_APPLIED, one);
	is_bound("1", "1");
	nothing_left(false);
}

static void test_session_lost(void **state)
{
	mem_auto_free char *one = rebind("1", "0", LONG);
	mem_auto_free char *two = rebind("1", "2", SHORT);

	(void)state;
	frr_adapter_ops.close(&frr_ctx); /* nobody comes back */
	for (int i = 0; i < (SHORT + 20) * 10; i++) {
		mem_auto_free char *now =
			frr_on("e", "vtysh -c 'show running-config'");

		if (strstr(now, CIRCUIT " route-map " OUT "1 out"))
			break;
		clock_sleep_us(100000);
	}
	refresh();
	assert_true(frr_adapter_ops.open(&frr_ctx, NULL));
	is_bound("1", "1");
	fired_is_complete();
	confirms(OUTCOME_REFUSED, NULL);
	frr_assert_vpn_untouched();
}

/* A watchdog that somebody killed is back with the next renewal. */
static void test_watchdog_killed(void **state)
{
	mem_auto_free char *one = rebind("1", "0", LONG);
	mem_auto_free char *new = NULL;

	(void)state;
	watchdogs_kill();
	renews(OUTCOME_APPLIED, LONG);
	new = watchdogs();
	assert_string_not_equal(new, "");
	reverts(OUTCOME_APPLIED, NULL);
	is_bound("1", "1");
	nothing_left(false);
}

/* After a restart /run is empty, and what was armed is not merely confirmed. */
static void test_restarted_device(void **state)
{
	mem_auto_free char *one = rebind("1", "0", LONG);
	err_auto e = ERR_INIT;

	(void)state;
	watchdogs_kill();
	free(here("rm -rf /run/cutover"));
	refresh();
	expect(OUTCOME_REFUSED, frr_adapter_ops.renew(&frr_ctx, LONG, &e), &e);
	assert_non_null(strstr(err_msg(&e), "restarted"));
	expect(OUTCOME_REFUSED, frr_adapter_ops.confirm(&frr_ctx, NULL, &e),
	       &e);
	assert_non_null(strstr(err_msg(&e), "restarted"));
	expect(OUTCOME_UNCHANGED, frr_adapter_ops.revert(&frr_ctx, NULL, &e),
	       &e);
	assert_true(frr_adapter_ops.fence(&frr_ctx, &e));
	reset();
}

/* A line that FRR does not take leaves no timer behind. */
static void test_refused_is_not_armed(void **state)
{
	struct changeset cs = {.key = mem_strdup("refused")};
	struct adapter_guard guard = {.seconds = LONG};
	err_auto e = ERR_INIT;

	(void)state;
	changeset_add(&cs, false, "vtysh",
		      "configure terminal\nip prefix-list CUTOVER-x seq 5 "
		      "permit 10.0.0.0/99\nend\n");
	changeset_add(&cs, true, "vtysh",
		      "configure terminal\nno ip prefix-list CUTOVER-x\nend\n");
	refresh();
	expect(OUTCOME_REFUSED,
	       frr_adapter_ops.apply(&frr_ctx, &cs, false, &guard, NULL, &e),
	       &e);
	renews(OUTCOME_REFUSED, LONG);
	nothing_left(false);
	changeset_done(&cs);
}

static bool armed(void)
{
	glob_t g = {0};
	bool is = glob("/run/cutover/guard/*.key", 0, NULL, &g) == 0;

	globfree(&g);
	return is;
}

static void children_kill(int of, int generations)
{
	mem_auto_free char *path =
		mem_format("/proc/%d/task/%d/children", of, of);
	FILE *f = fopen(path, "r");
	int pid;

	while (f && fscanf(f, "%d", &pid) == 1)
		if (pid != (int)getpid() && generations > 0) {
			children_kill(pid, generations - 1);
			kill(pid, SIGKILL);
		}
	if (f)
		fclose(f);
}

/* That long after the timer is armed, kills the session's shell, and the part
 * of it that would give the answer. */
static pid_t killer_start(unsigned ms)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < 20000 && !armed(); i++)
			clock_sleep_us(1000);
		clock_sleep_us(ms * 1000);
		children_kill((int)getppid(), 2);
		_exit(0);
	}
	return pid;
}

/* The session dies while the change runs: whatever became of the change, it
 * goes back, and a fence does not return before that is settled. */
static void test_killed_in_the_middle(void **state)
{
	unsigned unknown = 0;

	(void)state;
	for (unsigned n = 0; n < 2 || (!unknown && n < 12); n++) {
		pid_t killer = killer_start(n % 2 * 200);
		resource_set_auto want = {0};
		err_auto e = ERR_INIT;
		enum outcome o;

		bind_to(&want, "1", "0");
		o = frr_change(&want, SHORT, NULL, &e);
		assert_true(o == OUTCOME_UNKNOWN || o == OUTCOME_APPLIED);
		unknown += o == OUTCOME_UNKNOWN;
		waitpid(killer, NULL, 0);
		frr_adapter_ops.close(&frr_ctx);
		refresh();
		assert_true(frr_adapter_ops.open(&frr_ctx, &e));
		assert_true(frr_adapter_ops.fence(&frr_ctx, &e));
		assert_true(back_at("1", "1"));
		fired_is_complete();
		reverts(OUTCOME_UNCHANGED, NULL);
	}
	assert_true(unknown > 0);
	frr_assert_vpn_untouched();
}

static void test_gone(void **state)
{
	resource_set_auto want = {0};

	frr_want_session(&want, false, IN "0", OUT "0");
	frr_ensure(&want);
	resource_set_done(&want);
	resource_set_add(&want, RESOURCE_SESSION, SESSION)->present = false;
	want.v[0].session.neighbor = mem_strdup(CIRCUIT);
	frr_ensure(&want);
	resource_set_done(&want);
	frr_want_policy(&want, OUT "2", NULL);
	frr_ensure(&want);
	frr_test_gone(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frr_test_start),
		cmocka_unit_test(test_circuit),
		cmocka_unit_test(test_fires),
		cmocka_unit_test(test_nothing_on_what_fired),
		cmocka_unit_test(test_confirm_all),
		cmocka_unit_test(test_confirm_one),
		cmocka_unit_test(test_renew),
		cmocka_unit_test(test_stack_fires_in_reverse),
		cmocka_unit_test(test_revert_all),
		cmocka_unit_test(test_revert_one),
		cmocka_unit_test(test_session_lost),
		cmocka_unit_test(test_watchdog_killed),
		cmocka_unit_test(test_restarted_device),
		cmocka_unit_test(test_refused_is_not_armed),
		cmocka_unit_test(test_killed_in_the_middle),
		cmocka_unit_test(test_gone),
	};

	(void)argc;
	return frr_lib_main(argv, tests, ARRAY_LEN(tests));
}
