/*
 * The program itself, killed with SIGKILL and resumed: subcommands, runner,
 * worker threads, SQLite and locks are the real ones; only the network is in
 * memory, and stays when the program dies (live.h).
 *
 * Killed at calls that are spread over the whole cutover, before the device
 * hears of it and after it has done it, and at moments left to chance: resumed,
 * it must end as the cutover that was not killed, with the same changes made by
 * the devices, none of them twice.  Left alone, the devices must be back at a
 * checkpoint when their timers have run out.
 *
 * Cutovers wait most of their time, so that many are carried out side by side,
 * each in a process of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/twin/twin.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/model/states.h"
#include "tests/crash/live.h"

#define PLAN "tests/crash/live.yaml"
#define SIDE_BY_SIDE 24
#define MOST_LIVES 6
#define MOST_US 90000000

static const char *const run[] = {"run", "--go", NULL};
static const char *const resume[] = {"resume", "--go", NULL};
static const char *const back[] = {"rollback", NULL};

/* How it is without trouble. */
static struct {
	size_t forward, calls; /* of the way there, of both ways */
	size_t changes_forward;
	int64_t took_us;
	struct state_list changes;  /* of both ways */
	char *born[16], *moved[16]; /* images by target */
} calm;

static const char *image(const struct live *l, size_t i)
{
	return twin_world_ops.image(l->world, i);
}

static void show(const struct live *l, const char *what)
{
	mem_auto_free char *said = live_said(l);

	fprintf(stderr, "%s\n%s\nbroken: %s\n", what, said,
		twin_world_ops.broken(l->world));
}

static int begin(void **state)
{
	struct live *l = live_new(PLAN);
	int64_t from = clock_mono_us();

	(void)state;
	for (size_t i = 0; i < l->n_targets; i++)
		calm.born[i] = mem_strdup(image(l, i));
	if (live_do(l, run) != EXIT_DONE) {
		show(l, "the cutover fails without any trouble");
		return -1;
	}
	calm.took_us = clock_mono_us() - from;
	calm.forward = l->calls;
	calm.changes_forward = twin_world_ops.changes(l->world);
	for (size_t i = 0; i < l->n_targets; i++)
		calm.moved[i] = mem_strdup(image(l, i));
	if (live_do(l, back) != EXIT_ROLLED_BACK) {
		show(l, "the way back fails without any trouble");
		return -1;
	}
	calm.calls = l->calls;
	for (size_t i = 0; i < twin_world_ops.changes(l->world); i++)
		state_list_add(&calm.changes,
			       twin_world_ops.change(l->world, i));
	print_message("# without trouble: %zu calls there, %zu back, %zu "
		      "changes\n",
		      calm.forward, calm.calls - calm.forward, calm.changes.n);
	live_free(l);
	return 0;
}

static int end(void **state)
{
	(void)state;
	state_list_done(&calm.changes);
	for (size_t i = 0; i < ARRAY_LEN(calm.born); i++) {
		free(calm.born[i]);
		free(calm.moved[i]);
	}
	return 0;
}

/* ---- what must hold ---- */

static bool images_are(const struct live *l, char *const *want)
{
	for (size_t i = 0; i < l->n_targets; i++)
		if (strcmp(image(l, i), want[i]) != 0) {
			fprintf(stderr, "%s is\n%s\nnot\n%s\n",
				l->targets[i].name, image(l, i), want[i]);
			return false;
		}
	return true;
}

static bool changes_are(const struct live *l, size_t n)
{
	size_t made = twin_world_ops.changes(l->world);

	for (size_t i = 0; i < made && i < n; i++)
		if (strcmp(twin_world_ops.change(l->world, i),
			   calm.changes.v[i]) != 0) {
			fprintf(stderr, "change %zu is %s, not %s\n", i,
				twin_world_ops.change(l->world, i),
				calm.changes.v[i]);
			return false;
		}
	if (made != n)
		fprintf(stderr, "%zu changes, not %zu\n", made, n);
	return made == n;
}

static bool nothing_armed(const struct live *l)
{
	int64_t until;

	for (size_t i = 0; i < l->n_targets; i++)
		if (twin_world_ops.armed(l->world, i, &until)) {
			fprintf(stderr, "%s is armed still\n",
				l->targets[i].name);
			return false;
		}
	return true;
}

/* ---- one course in a process of its own ---- */

struct course {
	size_t kill_at[2]; /* calls, counted over all lives; 0: none */
	bool after;
	int64_t kill_us; /* since the start; 0: not */
};

/* Resumes until it is at its end by itself; where it was killed before there
 * was a row of it, it is begun again. */
static int carry_on(struct live *l, const struct course *c,
		    const char *const *again)
{
	int code = live_serve(l, MOST_US);

	for (int lives = 1; code == LIVE_KILLED && lives < MOST_LIVES;
	     lives++) {
		l->kill_at = c->kill_at[1] > l->calls ? c->kill_at[1] : 0;
		live_start(l, resume);
		code = live_serve(l, MOST_US);
		if (code == EXIT_USAGE) {
			live_start(l, again);
			code = live_serve(l, MOST_US);
		}
	}
	return code;
}

static bool killed_and_resumed(const struct course *c)
{
	struct live *l = live_new(PLAN);
	int code;
	bool ok;

	l->kill_at = c->kill_at[0];
	l->kill_after = c->after;
	l->kill_us = c->kill_us ? clock_mono_us() + c->kill_us : 0;
	live_start(l, run);
	code = carry_on(l, c, run);
	ok = code == EXIT_DONE && images_are(l, calm.moved) &&
	     changes_are(l, calm.changes_forward);
	if (ok && c->kill_at[0] > calm.forward) {
		l->kill_at = c->kill_at[0];
		live_start(l, back);
		code = carry_on(l, c, back);
		ok = code == EXIT_ROLLED_BACK && images_are(l, calm.born) &&
		     changes_are(l, calm.changes.n);
	}
	ok = ok && nothing_armed(l) && !*twin_world_ops.broken(l->world);
	if (!ok) {
		mem_auto_free char *what = mem_format(
			"killed at call %zu (%s) and %zu, %lld us: exit %d",
			c->kill_at[0], c->after ? "after" : "before",
			c->kill_at[1], (long long)c->kill_us, code);

		show(l, what);
	}
	live_free(l);
	return ok;
}

/* Killed while it is under way, and nobody comes back until the timers are
 * long out; then the operator has the site brought back. */
static bool killed_and_left(const struct course *c)
{
	struct live *l = live_new(PLAN);
	int code;
	bool ok;

	l->kill_at = c->kill_at[0];
	l->kill_after = c->after;
	live_start(l, run);
	code = live_serve(l, MOST_US);
	ok = code == LIVE_KILLED;
	live_idle(l, 40000000);
	ok = ok && nothing_armed(l);
	code = live_do(l, back);
	ok = ok && (code == EXIT_ROLLED_BACK || code == EXIT_REFUSED) &&
	     images_are(l, calm.born) && !*twin_world_ops.broken(l->world);
	if (!ok) {
		mem_auto_free char *what =
			mem_format("killed at call %zu and left alone: exit %d",
				   c->kill_at[0], code);

		show(l, what);
	}
	live_free(l);
	return ok;
}

static size_t failed_of(bool (*fn)(const struct course *),
			const struct course *v, size_t n)
{
	size_t failed = 0, running = 0;

	for (size_t i = 0; i < n || running; i++) {
		int status = 0;

		if (i < n) {
			fflush(NULL);
			if (fork() == 0)
				_exit(fn(&v[i]) ? 0 : 1);
			running++;
		}
		if (running == SIDE_BY_SIDE || i >= n) {
			wait(&status);
			running--;
			failed += !WIFEXITED(status) || WEXITSTATUS(status);
		}
	}
	return failed;
}

/* ---- the cases ---- */

static size_t share(size_t n)
{
	return getenv("SOAK") ? n * 10 : n;
}

static void test_killed_at_calls(void **state)
{
	size_t n = share(16);
	struct course *v = mem_calloc(n, sizeof(*v));

	(void)state;
	for (size_t i = 0; i < n; i++)
		v[i] = (struct course){
			.kill_at = {1 + i * (calm.calls - 1) / n,
				    i % 3 ? 0 : 5 + i * calm.forward / n},
			.after = i % 2};
	assert_int_equal(failed_of(killed_and_resumed, v, n), 0);
	print_message("# killed at %zu calls, one by one, and resumed\n", n);
	free(v);
}

static void test_killed_at_any_moment(void **state)
{
	size_t n = share(16);
	struct course *v = mem_calloc(n, sizeof(*v));

	(void)state;
	srandom((unsigned)getpid());
	for (size_t i = 0; i < n; i++)
		v[i].kill_us = 1 + random() % calm.took_us;
	assert_int_equal(failed_of(killed_and_resumed, v, n), 0);
	print_message("# killed at %zu moments, one by one, and resumed\n", n);
	free(v);
}

static void test_nobody_comes_back(void **state)
{
	size_t n = share(8);
	struct course *v = mem_calloc(n, sizeof(*v));

	(void)state;
	for (size_t i = 0; i < n; i++)
		v[i] = (struct course){
			.kill_at = {calm.forward * (i + 1) / (n + 1)},
			.after = i % 2};
	assert_int_equal(failed_of(killed_and_left, v, n), 0);
	print_message("# killed at %zu calls, one by one, and left alone\n", n);
	free(v);
}

/* A second operator is locked out; the first one's run is steered from beside.
 */
static void test_two_operators(void **state)
{
	static const char *const status[] = {"status", NULL};
	static const char *const hold[] = {"hold", NULL};
	static const char *const go[] = {"go", NULL};
	struct live *l = live_new(PLAN);
	int code;

	(void)state;
	live_start(l, run);
	while (l->calls < calm.forward / 3)
		if (live_serve(l, 100000) != LIVE_STUCK)
			fail_msg("it ended too soon");
	assert_int_equal(live_beside(l, status), EXIT_DONE);
	assert_int_equal(live_beside(l, run), EXIT_REFUSED);
	assert_int_equal(live_beside(l, resume), EXIT_REFUSED);
	assert_int_equal(live_beside(l, hold), EXIT_DONE);
	live_idle(l, 1000000);
	assert_int_equal(live_beside(l, go), EXIT_DONE);
	code = live_serve(l, MOST_US);
	if (code != EXIT_DONE)
		show(l, "held and sent on");
	assert_int_equal(code, EXIT_DONE);
	assert_true(images_are(l, calm.moved));
	assert_true(changes_are(l, calm.changes_forward));
	live_free(l);
}

/* A live run is told to go back, by the command that anybody can give. */
static void test_sent_back_while_live(void **state)
{
	struct live *l = live_new(PLAN);
	int code;

	(void)state;
	live_start(l, run);
	while (l->calls < calm.forward * 2 / 3)
		if (live_serve(l, 100000) != LIVE_STUCK)
			fail_msg("it ended too soon");
	assert_int_equal(
		live_beside(l, (const char *const[]){"rollback", "--to",
						     "start", NULL}),
		EXIT_DONE);
	code = live_serve(l, MOST_US);
	if (code != EXIT_ROLLED_BACK)
		show(l, "sent back while live");
	assert_int_equal(code, EXIT_ROLLED_BACK);
	assert_true(images_are(l, calm.born));
	live_free(l);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_operators),
		cmocka_unit_test(test_sent_back_while_live),
		cmocka_unit_test(test_killed_at_calls),
		cmocka_unit_test(test_killed_at_any_moment),
		cmocka_unit_test(test_nobody_comes_back),
	};

	live_main(argc, argv);
	return cmocka_run_group_tests(tests, begin, end);
}
