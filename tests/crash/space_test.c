/*
 * The program itself, on a disk that is full in the middle of a cutover
 *
 * Its folder is a small file system of its own, in a mount namespace that only
 * this test sees.  Filled up, the space kept for a way back is let go and the
 * run holds; with space again it goes on to its end.  Filled up for good it
 * ends, and the devices go back by themselves; the journal is whole.
 */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/twin/twin.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/engine/engine.h"
#include "tests/crash/live.h"

#define PLAN "tests/crash/live.yaml"
#define A_WHILE 60 /* calls: the middle of the first wave or before */
#define MOST_US 60000000

static const char *const run[] = {"run", "--go", NULL};
static const char *const go[] = {"go", NULL};
static const char *const back[] = {"rollback", "--to", "start", NULL};
static const char *const verify[] = {"verify", NULL};
static bool can_mount;

static int begin(void **state)
{
	int flags = CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER);

	(void)state;
	can_mount = unshare(flags) == 0 &&
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return 0;
}

/* A run with its folder on 24 MiB, of which the ballast takes 16. */
static struct live *small(void)
{
	struct live *l = live_new(PLAN);
	mem_auto_free char *state = mem_format("%s/state", l->dir);

	if (mkdir(state, 0700) < 0 ||
	    mount("cutover-space", state, "tmpfs", 0, "size=24m,mode=700") < 0)
		fail_msg("cannot mount a file system at %s", state);
	return l;
}

static void gone(struct live *l)
{
	mem_auto_free char *state = mem_format("%s/state", l->dir);

	umount2(state, MNT_DETACH);
	live_free(l);
}

/* Takes what is left; once more with every call. */
static void fill(const struct live *l)
{
	static const char nothing[4096];
	mem_auto_free char *path = mem_format("%s/state/filler", l->dir);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, nothing, sizeof(nothing)) > 0)
		;
	close(fd);
}

static void make_space(const struct live *l)
{
	mem_auto_free char *path = mem_format("%s/state/filler", l->dir);

	assert_int_equal(unlink(path), 0);
}

static void until_calls(struct live *l, size_t calls)
{
	while (l->calls < calls)
		if (live_serve(l, 50000) != LIVE_STUCK)
			fail_msg("it ended too soon");
}

static bool says(const struct live *l, const char *what)
{
	mem_auto_free char *said = live_said(l);

	return strstr(said, what) != NULL;
}

static void test_holds(void **state)
{
	int64_t until = clock_mono_us() + MOST_US;
	struct live *l;

	(void)state;
	if (!can_mount)
		skip();
	l = small();
	live_start(l, run);
	until_calls(l, A_WHILE);
	fill(l);
	while (!says(l, "no space left"))
		if (live_serve(l, 50000) != LIVE_STUCK ||
		    clock_mono_us() > until) {
			mem_auto_free char *said = live_said(l);

			fail_msg("it does not hold:\n%s", said);
		}
	/* on hold it needs next to nothing, for as long as it takes */
	live_idle(l, 3000000);
	make_space(l);
	assert_int_equal(live_beside(l, go), EXIT_DONE);
	assert_int_equal(live_serve(l, MOST_US), EXIT_DONE);
	assert_int_equal(live_do(l, verify), EXIT_DONE);
	gone(l);
}

static void test_ends(void **state)
{
	int64_t until = clock_mono_us() + MOST_US;
	int code = LIVE_STUCK;
	struct live *l;

	(void)state;
	if (!can_mount)
		skip();
	l = small();
	live_start(l, run);
	until_calls(l, A_WHILE);
	/* whatever is let go of is taken, too: if it holds, it is sent on */
	for (bool sent = false; code == LIVE_STUCK && clock_mono_us() < until;
	     code = live_serve(l, 20000)) {
		fill(l);
		if (!sent && says(l, "no space left"))
			sent = true, live_beside(l, go);
	}
	assert_int_equal(code, EXIT_INTERNAL);
	assert_true(says(l, "the journal cannot be written"));
	make_space(l);
	assert_int_equal(live_do(l, verify), EXIT_DONE);
	assert_int_equal(live_do(l, back), EXIT_ROLLED_BACK);
	assert_int_equal(live_do(l, verify), EXIT_DONE);
	assert_string_equal(twin_world_ops.broken(l->world) ?: "", "");
	gone(l);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_ends),
	};

	live_main(argc, argv);
	return cmocka_run_group_tests(tests, begin, NULL);
}
