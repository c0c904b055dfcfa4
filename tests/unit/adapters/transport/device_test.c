/*
 * device_test.c - the wrapper with real shells, on this machine
 *
 * Every test runs with dash, busybox and bash as `sh`: the directory at the
 * front of PATH decides which one (and for busybox all its other tools, except
 * flock, which Debian's busybox lacks).  A shell that is not installed fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/transport/device.h"
#include "adapters/transport/exec.h"
#include "adapters/transport/wrapper.h"
#include "orchestrator/base/clock.h"

#define SECOND (1000 * 1000)

struct fixture {
	char dir[64];
	struct target target;
	struct device *device;
	struct device_result r;
	struct err e;
};

static int64_t in_s(int s)
{
	return clock_mono_us() + (int64_t)s * SECOND;
}

static void shell_run(const char *fmt, ...) mem_printf(1, 2);
static void shell_run(const char *fmt, ...)
{
	mem_auto_free char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = mem_vformat(fmt, ap);
	va_end(ap);
	assert_int_equal(system(s), 0);
}

static struct fixture *fixture_new(void)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	mem_auto_free char *run = NULL;

	snprintf(f->dir, sizeof(f->dir), "/tmp/cutover-device-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	run = mem_format("%s/run", f->dir);
	f->target.name = mem_strdup("edge1");
	target_param_set(&f->target, "run_dir", run);
	f->device = device_open(&f->target, in_s(5), &f->e);
	assert_non_null(f->device);
	return f;
}

static int each_setup(void **state)
{
	*state = fixture_new();
	return 0;
}

static int each_teardown(void **state)
{
	struct fixture *f = *state;

	device_close(f->device);
	device_result_done(&f->r);
	err_done(&f->e);
	target_done(&f->target);
	shell_run("rm -rf '%s'", f->dir);
	free(f);
	return 0;
}

static void read_ok(struct fixture *f, uint64_t epoch, const char *script)
{
	device_result_done(&f->r);
	if (!device_read(f->device, epoch, script, in_s(10), &f->r, &f->e))
		fail_msg("%s", err_msg(&f->e));
}

static enum outcome change(struct fixture *f, uint64_t epoch, const char *key,
			   const char *script, int seconds)
{
	device_result_done(&f->r);
	return device_change(f->device, epoch, key, script, in_s(seconds),
			     &f->r, &f->e);
}

static uint64_t fence(struct fixture *f)
{
	uint64_t epoch = 0;

	if (!device_fence(f->device, &epoch, in_s(5), &f->e))
		fail_msg("%s", err_msg(&f->e));
	return epoch;
}

static bool there(const struct fixture *f, const char *name)
{
	mem_auto_free char *path = mem_format("%s/%s", f->dir, name);

	return access(path, F_OK) == 0;
}

static void test_read(void **state)
{
	struct fixture *f = *state;

	read_ok(f, 0, "echo \"it's\"; printf x; echo no >&2; exit 7");
	assert_int_equal(f->r.rc, 7);
	assert_string_equal(buf_str(&f->r.out), "it's\nx");
	assert_string_equal(buf_str(&f->r.err), "no\n");
	read_ok(f, 0, "cat; umask; cat <<'E'\n$HOME 'q' \\n\nE\n");
	assert_string_equal(buf_str(&f->r.out), "0022\n$HOME 'q' \\n\n");
	assert_int_equal(f->r.rc, 0);
	read_ok(f, 0, "");
	assert_int_equal(f->r.rc, 0);
	assert_string_equal(buf_str(&f->r.out), "");
	read_ok(f, 0, "if; then");
	assert_int_not_equal(f->r.rc, 0);
	read_ok(f, 0, "exit 124");
	assert_int_equal(f->r.rc, 124);
	/* $$ is the shell around: killing it is not an end of the script. */
	device_result_done(&f->r);
	assert_false(device_read(f->device, 0, "kill -9 $$; :", in_s(10), &f->r,
				 &f->e));
	assert_non_null(strstr(err_msg(&f->e), "killed"));
}

static void test_read_stages(void **state)
{
	struct fixture *f = *state;

	read_ok(f, 0, "set -e; false; echo on");
	assert_int_equal(f->r.rc, 1);
	assert_string_equal(buf_str(&f->r.out), "");
	read_ok(f, 0, "echo $# \"$s$x$w$t$e\"");
	assert_string_equal(buf_str(&f->r.out), "0 \n");
}

static void test_big(void **state)
{
	struct fixture *f = *state;
	buf_auto script = BUF_INIT;

	buf_puts(&script, "n=0\n");
	for (int i = 0; i < 20000; i++)
		buf_puts(&script, "n=$((n + 1))\n");
	buf_puts(&script, "echo $n");
	read_ok(f, 0, buf_str(&script));
	assert_string_equal(buf_str(&f->r.out), "20000\n");
	read_ok(f, 0,
		"head -c 5000000 /dev/zero; head -c 200000 /dev/zero >&2");
	assert_int_equal(f->r.out.len, 5000000);
	assert_int_equal(f->r.err.len, 64 * 1024);
}

static void test_once(void **state)
{
	struct fixture *f = *state;
	mem_auto_free char *add =
		mem_format("echo x >>%s/count; echo said", f->dir);
	mem_auto_free char *show = mem_format("cat %s/count", f->dir);

	assert_int_equal(change(f, 0, "k1", add, 10), OUTCOME_APPLIED);
	assert_string_equal(buf_str(&f->r.out), "said\n");
	assert_int_equal(f->r.rc, 0);
	assert_int_equal(change(f, 0, "k1", add, 10), OUTCOME_UNCHANGED);
	assert_int_equal(f->r.rc, 0);
	assert_int_equal(change(f, 0, "k2", add, 10), OUTCOME_APPLIED);
	assert_int_equal(change(f, 0, "k3", "echo no >&2; exit 5", 10),
			 OUTCOME_REFUSED);
	assert_int_equal(f->r.rc, 5);
	assert_string_equal(buf_str(&f->r.err), "no\n");
	assert_int_equal(change(f, 0, "k3", add, 10), OUTCOME_REFUSED);
	assert_int_equal(f->r.rc, 5);
	read_ok(f, 0, show);
	assert_string_equal(buf_str(&f->r.out), "x\nx\n");
	/* Nothing of a change's output is kept, and nobody else could read it.
	 */
	shell_run("[ ! -s %s/run/out ] && [ ! -s %s/run/err ]", f->dir, f->dir);
	shell_run("[ \"$(stat -c %%a %s/run/out)\" = 600 ]", f->dir);
}

static void test_epoch(void **state)
{
	struct fixture *f = *state;
	mem_auto_free char *touch = mem_format("touch %s/ran", f->dir);
	uint64_t old = fence(f), now = fence(f);

	assert_int_equal(now, old + 1);
	assert_int_equal(change(f, old, "k1", touch, 10), OUTCOME_REFUSED);
	assert_int_equal(f->r.rc, -1);
	assert_int_equal(f->e.code, ERR_REFUSED);
	assert_int_equal(change(f, 0, "k1", touch, 10), OUTCOME_REFUSED);
	assert_int_equal(f->r.rc, -1);
	assert_false(device_read(f->device, old, touch, in_s(5), &f->r, &f->e));
	assert_false(there(f, "ran"));
	read_ok(f, 0, ":");
	read_ok(f, now, ":");
	assert_int_equal(change(f, now, "k1", touch, 10), OUTCOME_APPLIED);
	assert_true(there(f, "ran"));
}

/* A device that has restarted takes the epoch over from the next change. */
static void test_epoch_restart(void **state)
{
	struct fixture *f = *state;
	uint64_t epoch = fence(f);

	shell_run("rm -r %s/run", f->dir);
	read_ok(f, epoch, ":");
	assert_int_equal(change(f, epoch, "k1", ":", 10), OUTCOME_APPLIED);
	assert_int_equal(change(f, epoch - 1, "k2", ":", 10), OUTCOME_REFUSED);
	assert_true(fence(f) > epoch);
}

static void test_late(void **state)
{
	struct fixture *f = *state;
	mem_auto_free char *slow = mem_format(
		"touch %s/begun; sleep 9; touch %s/ended", f->dir, f->dir);
	int64_t from = clock_mono_us();

	device_result_done(&f->r);
	assert_false(
		device_read(f->device, 0, "sleep 20", in_s(2), &f->r, &f->e));
	assert_int_equal(f->e.code, ERR_TIMEOUT);
	/* busybox's timeout keeps the lock for up to some seconds more. */
	fence(f);
	shell_run("rm %s/run/epoch", f->dir);
	assert_int_equal(change(f, 0, "k1", slow, 4), OUTCOME_UNKNOWN);
	assert_int_equal(f->e.code, ERR_UNKNOWN);
	assert_true(there(f, "begun"));
	/* The fence waits until it is over; then it is proved not to land. */
	fence(f);
	assert_true(clock_mono_us() - from < 12 * SECOND - SECOND / 2);
	assert_false(there(f, "ended"));
	shell_run("rm %s/begun %s/run/epoch", f->dir, f->dir);
	assert_int_equal(change(f, 0, "k1", slow, 5), OUTCOME_UNKNOWN);
	assert_false(there(f, "begun"));
	read_ok(f, 0, "echo still fine");
	assert_string_equal(buf_str(&f->r.out), "still fine\n");
}

static void test_lock(void **state)
{
	struct fixture *f = *state;
	mem_auto_free char *path = mem_format("%s/run/lock", f->dir);
	uint64_t epoch = fence(f);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(change(f, epoch, "k1", ":", 2), OUTCOME_REFUSED);
	assert_int_equal(f->e.code, ERR_LOCKED);
	assert_int_equal(f->r.rc, -1);
	assert_false(device_read(f->device, epoch, ":", in_s(2), &f->r, &f->e));
	assert_int_equal(f->e.code, ERR_LOCKED);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	read_ok(f, epoch, ":");
	close(fd);
	assert_int_equal(change(f, epoch, "k1", ":", 5), OUTCOME_APPLIED);
}

/* What a change leaves running holds neither lock nor connection. */
static void test_background(void **state)
{
	struct fixture *f = *state;
	int64_t from = clock_mono_us();

	assert_int_equal(change(f, 0, "k1", "sleep 4 & echo $!", 10),
			 OUTCOME_APPLIED);
	assert_int_equal(change(f, 0, "k2", ":", 10), OUTCOME_APPLIED);
	assert_true(clock_mono_us() - from < 3 * SECOND);
}

/* Every cut of the input: nothing runs unless it came whole. */
static void test_cut(void **state)
{
	struct fixture *f = *state;
	mem_auto_free char *touch = mem_format("touch %s/ran\n", f->dir);
	mem_auto_free char *run = mem_format("%s/run", f->dir);
	buf_auto command = BUF_INIT;
	struct transport *t;
	size_t step = 7, whole = 1;

	wrapper_command(run, false, &command);
	t = exec_open(buf_str(&command));
	for (size_t cut = whole; cut > 0 && cut <= whole; cut += step) {
		struct wrapper_call c = {.mode = WRAPPER_CHANGE,
					 .key = "k",
					 .script = touch,
					 .seconds = 5};
		buf_auto input = BUF_INIT, out = BUF_INIT, err = BUF_INIT;
		struct wrapper_output o;
		struct transport_job job = {.output = wrapper_output_add,
					    .arg = &o};

		wrapper_call_build(&c, &input);
		whole = input.len - 1;
		wrapper_output_init(&o, c.word, &out, &err);
		job.input = buf_str(&input);
		job.input_len = cut;
		assert_int_equal(t->run(t, &job, in_s(10), &f->e),
				 TRANSPORT_ENDED);
		assert_true(o.answer == WRAPPER_NONE ||
			    o.answer == WRAPPER_CUT);
		assert_false(there(f, "ran"));
		wrapper_output_done(&o);
		if (cut + step > whole && cut < whole)
			cut = whole - step;
	}
	t->close(t);
	assert_int_equal(change(f, 0, "k", touch, 5), OUTCOME_APPLIED);
	assert_true(there(f, "ran"));
}

/* Nobody can see the script in the process list or the environment. */
static void test_secret(void **state)
{
	struct fixture *f = *state;
	static const char script[] = "SECRET=hunter2hunter2\n"
				     "a=hunter2; a=$a$a\n"
				     "n=0\n"
				     "for p in /proc/[0-9]*; do\n"
				     "	n=$((n + 1))\n"
				     "	if tr '\\0' ' ' <$p/cmdline "
				     "2>/dev/null | grep -q $a; then\n"
				     "		echo \"$p shows it\"\n"
				     "	fi\n"
				     "	if tr '\\0' ' ' <$p/environ "
				     "2>/dev/null | grep -q $a; then\n"
				     "		echo \"$p has it\"\n"
				     "	fi\n"
				     "done 2>/dev/null\n"
				     "[ $n -gt 3 ] && echo looked\n";

	assert_int_equal(change(f, 0, "k1", script, 60), OUTCOME_APPLIED);
	/* grep's own argument is the only place where it may show up. */
	for (char *line = f->r.out.data; line && *line;) {
		char *end = strchr(line, '\n');

		assert_non_null(end);
		*end = 0;
		if (strcmp(line, "looked") == 0)
			return;
		assert_non_null(strstr(line, "grep"));
		line = end + 1;
	}
	fail_msg("the script did not look");
}

static void test_setup_refused(void **state)
{
	struct fixture *f = *state;

	shell_run("rm -rf %s/run; : >%s/run", f->dir, f->dir);
	assert_int_equal(change(f, 0, "k1", ":", 5), OUTCOME_REFUSED);
	assert_int_equal(f->r.rc, -1);
	assert_non_null(strstr(err_msg(&f->e), "cannot create"));
	shell_run("rm %s/run; mkdir -p %s/run/done; echo x1 >%s/run/epoch",
		  f->dir, f->dir, f->dir);
	assert_int_equal(change(f, 0, "k1", ":", 5), OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&f->e), "damaged"));
}

static void test_prune(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(change(f, 0, "k1", ":", 5), OUTCOME_APPLIED);
	shell_run("touch -t 202001010000 %s/run/done/*", f->dir);
	assert_int_equal(change(f, 0, "k2", ":", 5), OUTCOME_APPLIED);
	fence(f);
	shell_run("[ $(ls %s/run/done | wc -l) = 1 ]", f->dir);
}

static void test_quote(void **state)
{
	struct fixture *f = *state;
	static const char word[] = "it's $HOME `id` \\ \"x\" * \xc3\xa9";
	buf_auto b = BUF_INIT;

	buf_puts(&b, "printf %s ");
	assert_true(device_quote(&b, word, &f->e));
	read_ok(f, 0, buf_str(&b));
	assert_string_equal(buf_str(&f->r.out), word);
	assert_false(device_quote(&b, "a\nb", &f->e));
	assert_false(device_quote(&b, "\x1b[2J", &f->e));
	assert_false(device_quote(&b, "\x7f", &f->e));
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, each_setup, each_teardown)

static int shell_tests(const char *shell)
{
	const struct CMUnitTest tests[] = {
		EACH(test_read),       EACH(test_read_stages),
		EACH(test_big),	       EACH(test_once),
		EACH(test_epoch),      EACH(test_epoch_restart),
		EACH(test_late),       EACH(test_lock),
		EACH(test_background), EACH(test_cut),
		EACH(test_secret),     EACH(test_setup_refused),
		EACH(test_prune),      EACH(test_quote),
	};

	return cmocka_run_group_tests_name(shell, tests, NULL, NULL);
}

static void shell_choose(const char *dir, const char *shell, const char *before)
{
	mem_auto_free char *path = mem_format("%s:%s", dir, before);

	shell_run("rm -rf %s; mkdir %s", dir, dir);
	if (strcmp(shell, "busybox") == 0)
		shell_run("busybox --install -s %s && rm -f %s/rm %s/busybox",
			  dir, dir, dir);
	else
		shell_run("ln -s $(command -v %s) %s/sh", shell, dir);
	setenv("PATH", path, 1);
}

int main(void)
{
	static const char *const shells[] = {"dash", "busybox", "bash"};
	char dir[] = "/tmp/cutover-shells-XXXXXX";
	mem_auto_free char *before = mem_strdup(getenv("PATH"));
	int failed = 0;

	if (!mkdtemp(dir))
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		mem_auto_free char *sub = mem_format("%s/%s", dir, shells[i]);

		setenv("PATH", before, 1);
		shell_choose(sub, shells[i], before);
		failed += shell_tests(shells[i]);
	}
	setenv("PATH", before, 1);
	shell_run("rm -rf '%s'", dir);
	return failed;
}
