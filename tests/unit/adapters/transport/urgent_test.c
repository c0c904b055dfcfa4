/*
 * urgent_test.c - a connection for emergencies beside the ordinary one
 *
 * With this machine's own shell; device_test.c has the others.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/transport/device.h"
#include "orchestrator/base/clock.h"

static char dir[] = "/tmp/cutover-urgent-XXXXXX";
static struct target target = {.name = (char *)"edge1"};
static struct device *ordinary, *urgent;
static uint64_t epoch;

static int64_t in_s(int s)
{
	return clock_mono_us() + (int64_t)s * 1000000;
}

static int group_setup(void **state)
{
	mem_auto_free char *run = NULL;
	err_auto e = ERR_INIT;

	(void)state;
	assert_non_null(mkdtemp(dir));
	run = mem_format("%s/run", dir);
	target_param_set(&target, "run_dir", run);
	ordinary = device_open(&target, in_s(20), &e);
	urgent = device_open_urgent(&target, in_s(20), &e);
	assert_true(ordinary && urgent);
	assert_true(device_fence(ordinary, &epoch, in_s(20), &e));
	return 0;
}

static int group_teardown(void **state)
{
	mem_auto_free char *rm = mem_format("rm -rf '%s'", dir);

	(void)state;
	device_close(ordinary);
	device_close(urgent);
	return system(rm);
}

static enum outcome change(struct device *d, uint64_t at, const char *key,
			   int seconds, enum err_code *ret_code)
{
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;
	enum outcome o =
		device_change(d, at, key, "echo said", in_s(seconds), &r, &e);

	if (o == OUTCOME_APPLIED)
		assert_string_equal(buf_str(&r.out), "said\n");
	device_result_done(&r);
	*ret_code = e.code;
	return o;
}

static void done(struct device *d, const char *key)
{
	enum err_code code;

	assert_int_equal(change(d, epoch, key, 20, &code), OUTCOME_APPLIED);
}

static void locked(struct device *d, const char *key)
{
	enum err_code code;

	assert_int_equal(change(d, epoch, key, 2, &code), OUTCOME_REFUSED);
	assert_int_equal(code, ERR_LOCKED);
}

static int hold(const char *file, int how)
{
	mem_auto_free char *path = mem_format("%s/run/%s", dir, file);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, how), 0);
	return fd;
}

static void test_not_behind_reads(void **state)
{
	int fd = hold("lock", LOCK_SH);

	(void)state;
	locked(ordinary, "reads.1");
	done(urgent, "reads.2");
	close(fd);
	done(ordinary, "reads.1");
}

static void test_behind_changes(void **state)
{
	int fd = hold("write", LOCK_EX);
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;

	(void)state;
	locked(urgent, "writes.1");
	locked(ordinary, "writes.1");
	assert_true(device_read(ordinary, epoch, ":", in_s(20), &r, &e));
	device_result_done(&r);
	close(fd);
	done(urgent, "writes.1");
}

/* What was under way before is refused once the device is taken over. */
static void test_takes_over(void **state)
{
	uint64_t now = epoch;
	enum err_code code;
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(device_fence(urgent, &now, in_s(20), &e));
	assert_int_equal(now, epoch + 1);
	assert_int_equal(change(ordinary, epoch, "over.1", 20, &code),
			 OUTCOME_REFUSED);
	assert_int_equal(code, ERR_REFUSED);
	epoch = now;
	done(ordinary, "over.1");
}

/* A fence that was stuck on the way does not shut out those that came after. */
static void test_late_fence(void **state)
{
	uint64_t late = epoch, now = epoch;
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(device_fence(urgent, &now, in_s(20), &e));
	assert_false(device_fence(urgent, &late, in_s(20), &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_int_equal(late, epoch);
	epoch = now;
	done(urgent, "late.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_behind_reads),
		cmocka_unit_test(test_behind_changes),
		cmocka_unit_test(test_takes_over),
		cmocka_unit_test(test_late_fence),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
