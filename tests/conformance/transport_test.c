/*
 * transport_test.c - keys, host keys and plain commands against a real sshd
 */
#include "tests/conformance/sshd_lib.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static void good_with(const char *key)
{
	struct target t = sshd_target(key);
	struct device *d = sshd_device(&t);
	mem_auto_free char *out = sshd_read(d, "echo hello");

	assert_string_equal(out, "hello\n");
	device_close(d);
	target_done(&t);
}

static void test_good_keys(void **state)
{
	(void)state;
	good_with("user_ed25519");
	good_with("user_rsa");
	good_with("user_ecdsa");
}

static void test_one_connection(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *d = sshd_device(&t);
	mem_auto_free char *one = sshd_read(d, "echo $SSH_CONNECTION");
	mem_auto_free char *two = sshd_read(d, "echo $SSH_CONNECTION");

	(void)state;
	assert_non_null(strstr(one, "127.0.0.1"));
	assert_string_equal(one, two);
	device_close(d);
	target_done(&t);
}

static void test_unknown_host_key(void **state)
{
	struct target t = sshd_target("user_ed25519");
	mem_auto_free char *print = sshd_shell_text(
		"ssh-keygen -lf host_ed25519.pub | cut -d' ' -f2");

	(void)state;
	free(t.ssh.known_hosts);
	t.ssh.known_hosts = sshd_path("known_nobody");
	sshd_refused(&t, ERR_REFUSED, "unknown", print);
	t.ssh.host_key = mem_strdup(print);
	device_close(sshd_device(&t));
	target_done(&t);
}

static void test_changed_host_key(void **state)
{
	struct target t = sshd_target("user_ed25519");
	mem_auto_free char *print = sshd_shell_text(
		"ssh-keygen -lf host_ed25519.pub | cut -d' ' -f2");

	(void)state;
	free(t.ssh.known_hosts);
	t.ssh.known_hosts = sshd_path("known_other");
	sshd_refused(&t, ERR_REFUSED, "changed", print);
	target_done(&t);
}

static void test_pins(void **state)
{
	static const char *const good[] = {"host_ed25519", "host_rsa",
					   "host_ecdsa"};
	struct target t = sshd_target("user_ed25519");

	(void)state;
	free(t.ssh.known_hosts);
	t.ssh.known_hosts = sshd_path("known_nobody");
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		mem_auto_free char *command = mem_format(
			"ssh-keygen -lf %s.pub | cut -d' ' -f2", good[i]);

		free(t.ssh.host_key);
		t.ssh.host_key = sshd_shell_text(command);
		device_close(sshd_device(&t));
	}
	free(t.ssh.host_key);
	t.ssh.host_key =
		sshd_shell_text("ssh-keygen -lf user_rsa.pub | cut -d' ' -f2");
	sshd_refused(&t, ERR_REFUSED, "pins", t.ssh.host_key);
	/* A good known_hosts does not outvote the pin. */
	free(t.ssh.known_hosts);
	t.ssh.known_hosts = sshd_path("known_hosts");
	sshd_refused(&t, ERR_REFUSED, "pins", t.ssh.host_key);
	target_done(&t);
}

static void refused_with(const char *key, enum err_code code, const char *says)
{
	struct target t = sshd_target(key);

	sshd_refused(&t, code, says, "");
	target_done(&t);
}

static void test_bad_user_keys(void **state)
{
	(void)state;
	refused_with("user_stranger", ERR_REFUSED, "does not let user 'root'");
	refused_with("user_locked", ERR_INVALID, "without a passphrase");
	refused_with("user_lockedpem", ERR_INVALID, "without a passphrase");
	refused_with("user_open", ERR_REFUSED, "chmod 600");
	refused_with("user_missing", ERR_USAGE, "user_missing");
	refused_with("config", ERR_INVALID, "not a private key");
}

static void test_agent(void **state)
{
	struct target t = sshd_target(NULL);
	mem_auto_free char *sock = sshd_path("agent");
	mem_auto_free char *pid = NULL;

	(void)state;
	unsetenv("SSH_AUTH_SOCK");
	sshd_refused(&t, ERR_REFUSED, "the SSH agent", "");
	pid = sshd_shell_text("ssh-agent -s -a agent | sed -n "
			      "'s/^SSH_AGENT_PID=\\([0-9]*\\).*/\\1/p'");
	setenv("SSH_AUTH_SOCK", sock, 1);
	sshd_shell_ok("ssh-add -q user_rsa");
	device_close(sshd_device(&t));
	assert_int_equal(kill(atoi(pid), SIGTERM), 0);
	unsetenv("SSH_AUTH_SOCK");
	target_done(&t);
}

static void test_noise(void **state)
{
	struct target t = sshd_target("user_noisy");
	struct device *d = sshd_device(&t);
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(
		device_read(d, 0, "echo a; echo b >&2", sshd_in_s(10), &r, &e));
	assert_string_equal(buf_str(&r.out), "a\n");
	assert_string_equal(buf_str(&r.err), "b\n");
	device_result_done(&r);
	device_close(d);
	target_done(&t);
}

static void test_sizes(void **state)
{
	struct target t = sshd_target("user_ed25519");
	struct device *d = sshd_device(&t);
	buf_auto script = BUF_INIT;
	mem_auto_free char *out = NULL, *big = NULL;

	(void)state;
	buf_puts(&script, "cat <<'E' | wc -c\n");
	for (int i = 0; i < 100000; i++)
		buf_puts(&script, "0123456789\n");
	buf_puts(&script, "E\n");
	out = sshd_read(d, buf_str(&script));
	assert_string_equal(out, "1100000\n");
	big = sshd_read(d, "head -c 20000000 /dev/zero | tr '\\0' x");
	assert_int_equal(strlen(big), 20000000);
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
		cmocka_unit_test(test_good_keys),
		cmocka_unit_test(test_one_connection),
		cmocka_unit_test(test_unknown_host_key),
		cmocka_unit_test(test_changed_host_key),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_bad_user_keys),
		cmocka_unit_test(test_agent),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_no_leak),
	};

	return cmocka_run_group_tests(tests, sshd_setup, sshd_teardown);
}

int main(int argc, char **argv)
{
	(void)argc;
	return sshd_main(argv, inside);
}
