/*
 * target_test.c - secrets from every kind of source, and their digests
 *
 * Every refusal is checked for not showing the secret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "orchestrator/port/target.h"

static char dir[] = "/tmp/cutover-target-XXXXXX";

static char *file_make(const char *name, const char *text, mode_t mode)
{
	char *path = mem_format("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void expect_secret(const struct secret_ref *ref, const char *want)
{
	err_auto e = ERR_INIT;
	char *s = secret_fetch(ref, &e);

	if (!s)
		fail_msg("%s", err_msg(&e));
	assert_string_equal(s, want);
	mem_wipe_free(s);
}

static void expect_refused(const struct secret_ref *ref, enum err_code code,
			   const char *says)
{
	err_auto e = ERR_INIT;

	assert_null(secret_fetch(ref, &e));
	assert_int_equal(e.code, code);
	assert_non_null(strstr(err_msg(&e), says));
	assert_non_null(strstr(err_msg(&e), "'md5'"));
	assert_null(strstr(err_msg(&e), "hunter2"));
}

static void test_env(void **state)
{
	struct secret_ref ref = {.kind = SECRET_ENV,
				 .name = (char *)"md5",
				 .value = (char *)"CUTOVER_TEST_SECRET"};

	(void)state;
	unsetenv("CUTOVER_TEST_SECRET");
	expect_refused(&ref, ERR_USAGE, "CUTOVER_TEST_SECRET");
	setenv("CUTOVER_TEST_SECRET", "hunter2", 1);
	expect_secret(&ref, "hunter2");
	setenv("CUTOVER_TEST_SECRET", "", 1);
	expect_refused(&ref, ERR_INVALID, "is empty");
}

static void test_file(void **state)
{
	mem_auto_free char *good = file_make("good", "hunter2\n", 0600);
	mem_auto_free char *two = file_make("two", "hunter2\r\n\n", 0640);
	mem_auto_free char *open = file_make("open", "hunter2\n", 0644);
	struct secret_ref ref = {
		.kind = SECRET_FILE, .name = (char *)"md5", .value = good};

	(void)state;
	expect_secret(&ref, "hunter2");
	ref.value = two;
	expect_secret(&ref, "hunter2\r\n");
	ref.value = open;
	expect_refused(&ref, ERR_REFUSED, "chmod 600");
	ref.value = dir;
	expect_refused(&ref, ERR_REFUSED, "not a regular file");
	ref.value = (char *)"/nonexistent/hunter";
	expect_refused(&ref, ERR_IO, "No such file");
}

static void test_file_of_home(void **state)
{
	mem_auto_free char *path = file_make("inhome", "hunter2", 0600);
	struct secret_ref ref = {.kind = SECRET_FILE,
				 .name = (char *)"md5",
				 .value = (char *)"~/inhome"};

	(void)state;
	setenv("HOME", dir, 1);
	expect_secret(&ref, "hunter2");
}

static void test_bounds(void **state)
{
	char big[32770];
	mem_auto_free char *path = NULL, *more = NULL;
	struct secret_ref ref = {.kind = SECRET_FILE, .name = (char *)"md5"};

	(void)state;
	memset(big, 'x', sizeof(big));
	big[32768] = 0;
	path = file_make("exact", big, 0600);
	ref.value = path;
	expect_secret(&ref, big);
	big[32768] = 'x';
	big[32769] = 0;
	more = file_make("more", big, 0600);
	ref.value = more;
	expect_refused(&ref, ERR_INVALID, "longer than 32768");
}

static void command_set(struct secret_ref *ref, const char *script)
{
	*ref = (struct secret_ref){.kind = SECRET_COMMAND,
				   .name = mem_strdup("md5")};
	state_list_add(&ref->argv, "sh");
	state_list_add(&ref->argv, "-c");
	state_list_add(&ref->argv, script);
}

static void test_command(void **state)
{
	struct secret_ref ref;

	(void)state;
	command_set(&ref, "cat; echo noise >&2; echo hunter2");
	expect_secret(&ref, "hunter2");
	secret_ref_done(&ref);
	command_set(&ref, "echo hunter2; exit 3");
	expect_refused(&ref, ERR_IO, "status 3");
	secret_ref_done(&ref);
	command_set(&ref, "printf 'hunter2\\000x'");
	expect_refused(&ref, ERR_INVALID, "NUL");
	secret_ref_done(&ref);
	command_set(&ref, "yes hunter2");
	expect_refused(&ref, ERR_INVALID, "longer than 32768");
	secret_ref_done(&ref);
	ref = (struct secret_ref){.kind = SECRET_COMMAND,
				  .name = mem_strdup("md5")};
	state_list_add(&ref.argv, "/nonexistent/vault");
	expect_refused(&ref, ERR_IO, "cannot start '/nonexistent/vault'");
	secret_ref_done(&ref);
	expect_refused(&(struct secret_ref){.name = (char *)"md5"}, ERR_USAGE,
		       "not defined");
}

static void test_digest(void **state)
{
	mem_auto_free char *early = secret_digest("hunter2");
	mem_auto_free char *again = secret_digest("hunter2");
	mem_auto_free char *other = secret_digest("hunter3");
	mem_auto_free char *home = mem_format("%s/state", dir);
	mem_auto_free char *away = mem_format("%s/away", dir);
	mem_auto_free char *first = NULL, *second = NULL, *third = NULL;
	err_auto e = ERR_INIT;

	(void)state;
	assert_string_equal(early, again);
	assert_string_not_equal(early, other);
	assert_int_equal(strlen(early), strlen("hmac-sha256:") + 64);
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(mkdir(away, 0700), 0);
	assert_true(secret_digest_key_load(home, &e));
	first = secret_digest("hunter2");
	assert_string_not_equal(first, early);
	assert_true(secret_digest_key_load(away, &e));
	second = secret_digest("hunter2");
	assert_string_not_equal(first, second);
	assert_true(secret_digest_key_load(home, &e));
	third = secret_digest("hunter2");
	assert_string_equal(first, third);
}

static void test_digest_key_refused(void **state)
{
	mem_auto_free char *home = mem_format("%s/bad", dir);
	mem_auto_free char *key = mem_format("%s/digest.key", home);
	err_auto e = ERR_INIT;
	FILE *f;

	(void)state;
	assert_int_equal(mkdir(home, 0700), 0);
	f = fopen(key, "w");
	assert_non_null(f);
	fputs("short", f);
	fclose(f);
	assert_int_equal(chmod(key, 0600), 0);
	assert_false(secret_digest_key_load(home, &e));
	assert_non_null(strstr(err_msg(&e), "5 bytes instead of 32"));
	assert_int_equal(chmod(key, 0644), 0);
	assert_false(secret_digest_key_load(home, &e));
	assert_int_equal(e.code, ERR_REFUSED);
}

static void test_target(void **state)
{
	struct secret_ref from;
	struct target t = {.name = mem_strdup("edge1")};

	(void)state;
	command_set(&from, "true");
	target_param_set(&t, "uri", "a");
	target_param_set(&t, "uri", "b");
	assert_int_equal(t.n_params, 1);
	assert_string_equal(target_param(&t, "uri", "c"), "b");
	assert_string_equal(target_param(&t, "network", "c"), "c");
	t.secrets = mem_calloc(1, sizeof(*t.secrets));
	t.n_secrets = 1;
	secret_ref_copy(&t.secrets[0], &from);
	secret_ref_done(&from);
	assert_int_equal(target_secret(&t, "md5")->argv.n, 3);
	assert_null(target_secret(&t, "other"));
	target_done(&t);
	assert_int_equal(t.n_secrets, 0);
	target_done(&t);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	mem_auto_free char *rm = mem_format("rm -rf '%s'", dir);

	(void)state;
	return system(rm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_of_home),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_digest_key_refused),
		cmocka_unit_test(test_target),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
