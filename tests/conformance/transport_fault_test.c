/*
 * transport_fault_test.c - a real sshd that is killed, stopped and lied to
 */
#include "tests/conformance/sshd_lib.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/transport/ssh.h"
#include "adapters/transport/wrapper.h"
#include "orchestrator/base/clock.h"

static void test_hanging_command(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *d = sshd_device(&t);
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;
	mem_auto_free char *out = NULL;
	int64_t from = clock_mono_us();

	(void)state;
	assert_false(device_read(d, 0, "sleep 300", sshd_in_s(2), &r, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_true(clock_mono_us() - from < 20 * SECOND);
	out = sshd_read(d, "echo on");
	assert_string_equal(out, "on\n");
	device_close(d);
	target_done(&t);
}

/* A session that is stopped in the middle answers nothing at all. */
static void test_stopped_session(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *d = sshd_device(&t);
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;
	int64_t from;

	(void)state;
	free(sshd_read(d, ":"));
	sshd_sessions_kill(SIGSTOP);
	from = clock_mono_us();
	assert_false(device_read(d, 0, ":", sshd_in_s(1), &r, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_true(clock_mono_us() - from < 20 * SECOND);
	sshd_sessions_kill(SIGKILL);
	device_close(d);
	target_done(&t);
}

/* Says `greeting` to whoever connects, and then nothing more. */
static void half_server(const char *greeting)
{
	struct target t = sshd_target("user_ed25519");
	err_auto e = ERR_INIT;
	int64_t from = clock_mono_us();
	int fd = sshd_listener(&t.ssh.port);
	pid_t child = fork();

	if (child == 0) {
		int c = accept(fd, NULL, NULL);

		if (write(c, greeting, strlen(greeting)) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_null(device_open(&t, clock_mono_us() + SECOND, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_true(clock_mono_us() - from < 20 * SECOND);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fd);
	target_done(&t);
}

static void test_half_servers(void **state)
{
	(void)state;
	half_server("");
	half_server("SSH-2.0-half\r\n");
	half_server("SSH-2.0-half\r\n\0\0\1");
}

static void test_nobody_there(void **state)
{
	struct target t = sshd_target("user_ed25519");

	(void)state;
	close(sshd_listener(&t.ssh.port));
	sshd_refused(&t, ERR_RETRY, "cannot connect", "refused");
	target_done(&t);
}

/* A call that is cut off on the way never becomes a script. */
static void test_cut_input(void **state)
{
	struct target t = sshd_target("user_ed25519");
	mem_auto_free char *run = sshd_path("run");
	mem_auto_free char *touch = mem_format("touch %s/cut-ran\n", sshd_dir);
	mem_auto_free char *ran = sshd_path("cut-ran");
	buf_auto command = BUF_INIT;

	(void)state;
	wrapper_command(run, false, &command);
	for (size_t off = 1; off < 60; off += 13) {
		struct wrapper_call c = {
			.mode = WRAPPER_READ, .script = touch, .seconds = 5};
		buf_auto input = BUF_INIT, out = BUF_INIT, bad = BUF_INIT;
		struct wrapper_output o;
		struct transport_job job = {.output = wrapper_output_add,
					    .arg = &o};
		struct transport *s;
		err_auto e = ERR_INIT;

		s = ssh_open(&t.ssh, buf_str(&command), sshd_in_s(10), &e);
		assert_non_null(s);
		wrapper_call_build(&c, &input);
		wrapper_output_init(&o, c.word, &out, &bad);
		job.input = buf_str(&input);
		job.input_len = input.len - off;
		assert_int_equal(
			s->run(s, &job, clock_mono_us() + SECOND / 2, &e),
			TRANSPORT_CUT);
		s->close(s);
		wrapper_output_done(&o);
	}
	clock_sleep_us(SECOND / 2);
	assert_int_equal(access(ran, F_OK), -1);
	target_done(&t);
}

static void test_once(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *d = sshd_device(&t);
	mem_auto_free char *add = mem_format("echo x >>%s/once", sshd_dir);
	uint64_t epoch = sshd_fence(d);
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(sshd_change(d, epoch, "once", add, 10, &e),
			 OUTCOME_APPLIED);
	assert_int_equal(sshd_change(d, epoch, "once", add, 10, &e),
			 OUTCOME_UNCHANGED);
	device_close(d);
	d = sshd_device(&t);
	assert_int_equal(sshd_change(d, epoch, "once", add, 10, &e),
			 OUTCOME_UNCHANGED);
	sshd_shell_ok("[ $(wc -l <once) = 1 ]");
	device_close(d);
	target_done(&t);
}

static void test_stale_epoch(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *old = sshd_device(&t), *now = sshd_device(&t);
	mem_auto_free char *touch = mem_format("touch %s/stale-ran", sshd_dir);
	uint64_t old_epoch = sshd_fence(old), epoch = sshd_fence(now);
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(epoch > old_epoch);
	assert_int_equal(sshd_change(old, old_epoch, "stale", touch, 10, &e),
			 OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "epoch"));
	sshd_shell_ok("[ ! -e stale-ran ]");
	assert_int_equal(sshd_change(now, epoch, "stale", touch, 10, &e),
			 OUTCOME_APPLIED);
	sshd_shell_ok("[ -e stale-ran ]");
	device_close(old);
	device_close(now);
	target_done(&t);
}

struct killer {
	pid_t pid;
};

/* Waits until the script says that it runs, then kills every session. */
static struct killer killer_start(void)
{
	mem_auto_free char *flag = sshd_path("running");
	struct killer k;

	unlink(flag);
	k.pid = fork();
	if (k.pid == 0) {
		for (int i = 0; i < 6000 && access(flag, F_OK) < 0; i++)
			clock_sleep_us(5000);
		sshd_sessions_kill(SIGKILL);
		_exit(0);
	}
	return k;
}

static void killer_end(struct killer *k)
{
	int status = -1;

	assert_int_equal(waitpid(k->pid, &status, 0), k->pid);
	assert_int_equal(status, 0);
}

/* The session dies in the middle: UNKNOWN, and the device finishes the job. */
static void test_killed_session(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *d = sshd_device(&t);
	mem_auto_free char *script = mem_format(
		"touch %s/running; echo a; sleep 4; echo b; touch %s/finished",
		sshd_dir, sshd_dir);
	uint64_t epoch = sshd_fence(d);
	struct killer k = killer_start();
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(sshd_change(d, epoch, "killed", script, 10, &e),
			 OUTCOME_UNKNOWN);
	assert_int_equal(e.code, ERR_UNKNOWN);
	killer_end(&k);
	/* The fence waits for the lock, so after it the truth is settled. */
	epoch = sshd_fence(d);
	sshd_shell_ok("[ -e finished ]");
	assert_int_equal(sshd_change(d, epoch, "killed", script, 10, &e),
			 OUTCOME_UNCHANGED);
	device_close(d);
	target_done(&t);
}

/* Idle connections are dropped by devices; nobody should notice. */
static void test_idle_killed(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *d = sshd_device(&t);
	uint64_t epoch = sshd_fence(d);
	mem_auto_free char *out = NULL;
	err_auto e = ERR_INIT;

	(void)state;
	sshd_sessions_kill(SIGKILL);
	assert_int_equal(sshd_change(d, epoch, "idle", ":", 10, &e),
			 OUTCOME_APPLIED);
	sshd_sessions_kill(SIGKILL);
	out = sshd_read(d, "echo back");
	assert_string_equal(out, "back\n");
	device_close(d);
	target_done(&t);
}

/* With nobody to connect to any more a change is a RETRY: nothing was sent. */
static void test_sshd_gone(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *d = sshd_device(&t);
	uint64_t epoch = sshd_fence(d);
	err_auto e = ERR_INIT;

	(void)state;
	sshd_sessions_kill(SIGKILL);
	kill(sshd, SIGKILL);
	waitpid(sshd, NULL, 0);
	assert_int_equal(sshd_change(d, epoch, "gone", ":", 5, &e),
			 OUTCOME_RETRY);
	assert_true(sshd_start());
	assert_int_equal(sshd_change(d, epoch, "gone", ":", 10, &e),
			 OUTCOME_APPLIED);
	device_close(d);
	target_done(&t);
}

static void test_no_leak(void **state)
{
	(void)state;
	assert_int_equal(sshd_descriptors(), sshd_fd_before);
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hanging_command),
		cmocka_unit_test(test_stopped_session),
		cmocka_unit_test(test_half_servers),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_cut_input),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_stale_epoch),
		cmocka_unit_test(test_killed_session),
		cmocka_unit_test(test_idle_killed),
		cmocka_unit_test(test_sshd_gone),
		cmocka_unit_test(test_no_leak),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}

int main(int argc, char **argv)
{
	(void)argc;
	return sshd_main(argv, inside);
}
