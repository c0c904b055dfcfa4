/*
 * transport_test.c - the device transport against a real sshd
 *
 * An sshd of our own on 127.0.0.1 with keys in a temporary directory; its
 * sessions are killed, stopped and lied to.  Needs root (sshd lets the same
 * user in) and OpenSSH's server and tools.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/transport/device.h"
#include "adapters/transport/ssh.h"
#include "adapters/transport/wrapper.h"
#include "orchestrator/base/clock.h"

#define SECOND (1000 * 1000)

static char dir[] = "/tmp/cutover-sshd-XXXXXX";
static uint16_t port;
static pid_t sshd;

static int64_t in_s(int s)
{
	return clock_mono_us() + (int64_t)s * SECOND;
}

static int shell(const char *fmt, ...) mem_printf(1, 2);
static int shell(const char *fmt, ...)
{
	mem_auto_free char *body = NULL;
	mem_auto_free char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	body = mem_vformat(fmt, ap);
	va_end(ap);
	s = mem_format("cd '%s' && %s", dir, body);
	return system(s);
}

static void shell_ok(const char *command)
{
	if (shell("%s", command) != 0)
		fail_msg("%s", command);
}

static char *shell_text(const char *command)
{
	mem_auto_free char *s = mem_format("cd '%s' && %s", dir, command);
	FILE *f = popen(s, "r");
	char line[512] = "";

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(pclose(f), 0);
	line[strcspn(line, "\n")] = 0;
	return mem_strdup(line);
}

static char *in_dir(const char *name)
{
	return mem_format("%s/%s", dir, name);
}

/* A listening socket on a port of the kernel's choice. */
static int listener(uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 5) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		abort();
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static bool sshd_answers(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return ok;
}

static bool sshd_start(void)
{
	mem_auto_free char *config = in_dir("config");

	sshd = fork();
	if (sshd == 0) {
		execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f", config,
		      (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500; i++) {
		if (sshd_answers())
			return true;
		clock_sleep_us(10000);
	}
	return false;
}

/* The processes that serve connections, by our own sshd's process id. */
static void sessions_kill(int sig)
{
	mem_auto_free char *path =
		mem_format("/proc/%d/task/%d/children", sshd, sshd);
	FILE *f = fopen(path, "r");
	int pid, n = 0;

	assert_non_null(f);
	for (; fscanf(f, "%d", &pid) == 1; n++)
		assert_int_equal(kill(pid, sig), 0);
	fclose(f);
	assert_true(n > 0);
}

static struct target target_for(const char *key)
{
	struct target t = {.name = mem_strdup("edge1")};
	mem_auto_free char *run = in_dir("run");

	t.ssh.host = mem_strdup("127.0.0.1");
	t.ssh.port = port;
	t.ssh.user = mem_strdup("root");
	t.ssh.known_hosts = in_dir("known_hosts");
	if (key) {
		t.ssh.key.kind = SECRET_FILE;
		t.ssh.key.value = in_dir(key);
	}
	target_param_set(&t, "run_dir", run);
	return t;
}

static struct device *device_must(const struct target *t)
{
	err_auto e = ERR_INIT;
	struct device *d = device_open(t, in_s(10), &e);

	if (!d)
		fail_msg("%s", err_msg(&e));
	return d;
}

static char *read_must(struct device *d, const char *script)
{
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;
	char *out;

	if (!device_read(d, 0, script, in_s(20), &r, &e))
		fail_msg("%s", err_msg(&e));
	assert_int_equal(r.rc, 0);
	out = mem_strdup(buf_str(&r.out));
	device_result_done(&r);
	return out;
}

static enum outcome change(struct device *d, uint64_t epoch, const char *key,
			   const char *script, int seconds, struct err *e)
{
	struct device_result r = {.rc = -1};
	enum outcome o =
		device_change(d, epoch, key, script, in_s(seconds), &r, e);

	device_result_done(&r);
	return o;
}

static uint64_t fence_must(struct device *d)
{
	uint64_t epoch = 0;
	err_auto e = ERR_INIT;

	if (!device_fence(d, &epoch, in_s(10), &e))
		fail_msg("%s", err_msg(&e));
	return epoch;
}

static void refused(const struct target *t, enum err_code code,
		    const char *says, const char *and_says)
{
	err_auto e = ERR_INIT;
	struct device *d = device_open(t, in_s(10), &e);

	assert_null(d);
	if (!strstr(err_msg(&e), says) || !strstr(err_msg(&e), and_says))
		fail_msg("'%s' and '%s' are not in: %s", says, and_says,
			 err_msg(&e));
	assert_int_equal(e.code, code);
}

static void good_with(const char *key)
{
	struct target t = target_for(key);
	struct device *d = device_must(&t);
	mem_auto_free char *out = read_must(d, "echo hello");

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
	struct target t = target_for("user_ed25519");
	struct device *d = device_must(&t);
	mem_auto_free char *one = read_must(d, "echo $SSH_CONNECTION");
	mem_auto_free char *two = read_must(d, "echo $SSH_CONNECTION");

	(void)state;
	assert_non_null(strstr(one, "127.0.0.1"));
	assert_string_equal(one, two);
	device_close(d);
	target_done(&t);
}

static void test_unknown_host_key(void **state)
{
	struct target t = target_for("user_ed25519");
	mem_auto_free char *print =
		shell_text("ssh-keygen -lf host_ed25519.pub | cut -d' ' -f2");

	(void)state;
	free(t.ssh.known_hosts);
	t.ssh.known_hosts = in_dir("known_nobody");
	refused(&t, ERR_REFUSED, "unknown", print);
	t.ssh.host_key = mem_strdup(print);
	device_close(device_must(&t));
	target_done(&t);
}

static void test_changed_host_key(void **state)
{
	struct target t = target_for("user_ed25519");
	mem_auto_free char *print =
		shell_text("ssh-keygen -lf host_ed25519.pub | cut -d' ' -f2");

	(void)state;
	free(t.ssh.known_hosts);
	t.ssh.known_hosts = in_dir("known_other");
	refused(&t, ERR_REFUSED, "changed", print);
	target_done(&t);
}

static void test_pins(void **state)
{
	static const char *const good[] = {"host_ed25519", "host_rsa",
					   "host_ecdsa"};
	struct target t = target_for("user_ed25519");

	(void)state;
	free(t.ssh.known_hosts);
	t.ssh.known_hosts = in_dir("known_nobody");
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		mem_auto_free char *command = mem_format(
			"ssh-keygen -lf %s.pub | cut -d' ' -f2", good[i]);

		free(t.ssh.host_key);
		t.ssh.host_key = shell_text(command);
		device_close(device_must(&t));
	}
	free(t.ssh.host_key);
	t.ssh.host_key =
		shell_text("ssh-keygen -lf user_rsa.pub | cut -d' ' -f2");
	refused(&t, ERR_REFUSED, "pins", t.ssh.host_key);
	/* A good known_hosts does not outvote the pin. */
	free(t.ssh.known_hosts);
	t.ssh.known_hosts = in_dir("known_hosts");
	refused(&t, ERR_REFUSED, "pins", t.ssh.host_key);
	target_done(&t);
}

static void refused_with(const char *key, enum err_code code, const char *says)
{
	struct target t = target_for(key);

	refused(&t, code, says, "");
	target_done(&t);
}

static void test_bad_user_keys(void **state)
{
	(void)state;
	refused_with("user_stranger", ERR_REFUSED, "does not let user 'root'");
	refused_with("user_locked", ERR_INVALID, "without a passphrase");
	refused_with("user_open", ERR_REFUSED, "chmod 600");
	refused_with("user_missing", ERR_USAGE, "user_missing");
	refused_with("config", ERR_INVALID, "not a private key");
}

static void test_agent(void **state)
{
	struct target t = target_for(NULL);
	mem_auto_free char *sock = in_dir("agent");
	mem_auto_free char *pid = NULL;

	(void)state;
	unsetenv("SSH_AUTH_SOCK");
	refused(&t, ERR_REFUSED, "the SSH agent", "");
	pid = shell_text("ssh-agent -s -a agent | sed -n "
			 "'s/^SSH_AGENT_PID=\\([0-9]*\\).*/\\1/p'");
	setenv("SSH_AUTH_SOCK", sock, 1);
	shell_ok("ssh-add -q user_rsa");
	device_close(device_must(&t));
	assert_int_equal(kill(atoi(pid), SIGTERM), 0);
	unsetenv("SSH_AUTH_SOCK");
	target_done(&t);
}

static void test_noise(void **state)
{
	struct target t = target_for("user_noisy");
	struct device *d = device_must(&t);
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(device_read(d, 0, "echo a; echo b >&2", in_s(10), &r, &e));
	assert_string_equal(buf_str(&r.out), "a\n");
	assert_string_equal(buf_str(&r.err), "b\n");
	device_result_done(&r);
	device_close(d);
	target_done(&t);
}

static void test_sizes(void **state)
{
	struct target t = target_for("user_ed25519");
	struct device *d = device_must(&t);
	buf_auto script = BUF_INIT;
	mem_auto_free char *out = NULL, *big = NULL;

	(void)state;
	buf_puts(&script, "cat <<'E' | wc -c\n");
	for (int i = 0; i < 100000; i++)
		buf_puts(&script, "0123456789\n");
	buf_puts(&script, "E\n");
	out = read_must(d, buf_str(&script));
	assert_string_equal(out, "1100000\n");
	big = read_must(d, "head -c 20000000 /dev/zero | tr '\\0' x");
	assert_int_equal(strlen(big), 20000000);
	device_close(d);
	target_done(&t);
}

static void test_hanging_command(void **state)
{
	struct target t = target_for("user_ed25519");
	struct device *d = device_must(&t);
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;
	mem_auto_free char *out = NULL;
	int64_t from = clock_mono_us();

	(void)state;
	assert_false(device_read(d, 0, "sleep 30", in_s(2), &r, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_true(clock_mono_us() - from < 2500000);
	out = read_must(d, "echo on");
	assert_string_equal(out, "on\n");
	device_close(d);
	target_done(&t);
}

/* A session that is stopped in the middle answers nothing at all. */
static void test_stopped_session(void **state)
{
	struct target t = target_for("user_ed25519");
	struct device *d = device_must(&t);
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;
	int64_t from;

	(void)state;
	free(read_must(d, ":"));
	sessions_kill(SIGSTOP);
	from = clock_mono_us();
	assert_false(device_read(d, 0, ":", in_s(1), &r, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_true(clock_mono_us() - from < 1300000);
	sessions_kill(SIGKILL);
	device_close(d);
	target_done(&t);
}

/* Says `greeting` to whoever connects, and then nothing more. */
static void half_server(const char *greeting)
{
	struct target t = target_for("user_ed25519");
	err_auto e = ERR_INIT;
	int64_t from = clock_mono_us();
	int fd = listener(&t.ssh.port);
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
	assert_true(clock_mono_us() - from < 1300000);
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
	struct target t = target_for("user_ed25519");

	(void)state;
	close(listener(&t.ssh.port));
	refused(&t, ERR_RETRY, "cannot connect", "refused");
	target_done(&t);
}

/* A call that is cut off on the way never becomes a script. */
static void test_cut_input(void **state)
{
	struct target t = target_for("user_ed25519");
	mem_auto_free char *run = in_dir("run");
	mem_auto_free char *touch = mem_format("touch %s/cut-ran\n", dir);
	mem_auto_free char *ran = in_dir("cut-ran");
	buf_auto command = BUF_INIT;

	(void)state;
	wrapper_command(run, &command);
	for (size_t off = 1; off < 60; off += 13) {
		struct wrapper_call c = {
			.mode = WRAPPER_READ, .script = touch, .seconds = 5};
		buf_auto input = BUF_INIT, out = BUF_INIT, bad = BUF_INIT;
		struct wrapper_output o;
		struct transport_job job = {.output = wrapper_output_add,
					    .arg = &o};
		struct transport *s;
		err_auto e = ERR_INIT;

		s = ssh_open(&t.ssh, buf_str(&command), in_s(10), &e);
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
	struct target t = target_for("user_ed25519");
	struct device *d = device_must(&t);
	mem_auto_free char *add = mem_format("echo x >>%s/once", dir);
	uint64_t epoch = fence_must(d);
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(change(d, epoch, "once", add, 10, &e),
			 OUTCOME_APPLIED);
	assert_int_equal(change(d, epoch, "once", add, 10, &e),
			 OUTCOME_UNCHANGED);
	device_close(d);
	d = device_must(&t);
	assert_int_equal(change(d, epoch, "once", add, 10, &e),
			 OUTCOME_UNCHANGED);
	shell_ok("[ $(wc -l <once) = 1 ]");
	device_close(d);
	target_done(&t);
}

static void test_stale_epoch(void **state)
{
	struct target t = target_for("user_ed25519");
	struct device *old = device_must(&t), *now = device_must(&t);
	mem_auto_free char *touch = mem_format("touch %s/stale-ran", dir);
	uint64_t old_epoch = fence_must(old), epoch = fence_must(now);
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(epoch > old_epoch);
	assert_int_equal(change(old, old_epoch, "stale", touch, 10, &e),
			 OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "epoch"));
	shell_ok("[ ! -e stale-ran ]");
	assert_int_equal(change(now, epoch, "stale", touch, 10, &e),
			 OUTCOME_APPLIED);
	shell_ok("[ -e stale-ran ]");
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
	mem_auto_free char *flag = in_dir("running");
	struct killer k;

	unlink(flag);
	k.pid = fork();
	if (k.pid == 0) {
		for (int i = 0; i < 1000 && access(flag, F_OK) < 0; i++)
			clock_sleep_us(5000);
		sessions_kill(SIGKILL);
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
	struct target t = target_for("user_ed25519");
	struct device *d = device_must(&t);
	mem_auto_free char *script = mem_format(
		"touch %s/running; echo a; sleep 1; echo b; touch %s/finished",
		dir, dir);
	uint64_t epoch = fence_must(d);
	struct killer k = killer_start();
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(change(d, epoch, "killed", script, 10, &e),
			 OUTCOME_UNKNOWN);
	assert_int_equal(e.code, ERR_UNKNOWN);
	killer_end(&k);
	/* The fence waits for the lock, so after it the truth is settled. */
	epoch = fence_must(d);
	shell_ok("[ -e finished ]");
	assert_int_equal(change(d, epoch, "killed", script, 10, &e),
			 OUTCOME_UNCHANGED);
	device_close(d);
	target_done(&t);
}

/* Idle connections are dropped by devices; nobody should notice. */
static void test_idle_killed(void **state)
{
	struct target t = target_for("user_ed25519");
	struct device *d = device_must(&t);
	uint64_t epoch = fence_must(d);
	mem_auto_free char *out = NULL;
	err_auto e = ERR_INIT;

	(void)state;
	sessions_kill(SIGKILL);
	clock_sleep_us(SECOND / 10);
	assert_int_equal(change(d, epoch, "idle", ":", 10, &e),
			 OUTCOME_APPLIED);
	sessions_kill(SIGKILL);
	clock_sleep_us(SECOND / 10);
	out = read_must(d, "echo back");
	assert_string_equal(out, "back\n");
	device_close(d);
	target_done(&t);
}

/* With nobody to connect to any more a change is a RETRY: nothing was sent. */
static void test_sshd_gone(void **state)
{
	struct target t = target_for("user_ed25519");
	struct device *d = device_must(&t);
	uint64_t epoch = fence_must(d);
	err_auto e = ERR_INIT;

	(void)state;
	sessions_kill(SIGKILL);
	kill(sshd, SIGKILL);
	waitpid(sshd, NULL, 0);
	clock_sleep_us(SECOND / 10);
	assert_int_equal(change(d, epoch, "gone", ":", 5, &e), OUTCOME_RETRY);
	assert_true(sshd_start());
	assert_int_equal(change(d, epoch, "gone", ":", 10, &e),
			 OUTCOME_APPLIED);
	device_close(d);
	target_done(&t);
}

static int descriptors(void)
{
	DIR *open_files = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(open_files);
	while (readdir(open_files))
		n++;
	closedir(open_files);
	return n;
}

static int fd_before;

static void test_no_leak(void **state)
{
	(void)state;
	assert_int_equal(descriptors(), fd_before);
}

static const char setup_script[] =
	"mkdir -p /run/sshd && "
	"for k in ed25519 rsa ecdsa; do "
	"ssh-keygen -q -t $k -N '' -f host_$k && "
	"ssh-keygen -q -t $k -N '' -f user_$k || exit 1; done && "
	"for k in stranger open noisy; do "
	"ssh-keygen -q -t ed25519 -N '' -f user_$k || exit 1; done && "
	"ssh-keygen -q -t ed25519 -N secret -f user_locked && "
	"chmod 644 user_open && "
	"cat user_ed25519.pub user_rsa.pub user_ecdsa.pub user_locked.pub "
	"user_open.pub >authorized && "
	"printf '%s %s\\n' 'command=\"echo noise; echo more >&2; "
	"eval $SSH_ORIGINAL_COMMAND\"' \"$(cat user_noisy.pub)\" >>authorized "
	"&& "
	": >known_nobody";

static int setup(void **state)
{
	(void)state;
	fd_before = descriptors();
	close(listener(&port));
	if (!mkdtemp(dir) || shell("%s", setup_script) != 0)
		return -1;
	if (shell("sed 's/\"eval/\"eval/; s/eval \\$SSH_ORIGINAL_COMMAND/"
		  "eval \\\\\"$SSH_ORIGINAL_COMMAND\\\\\"/' -i authorized && "
		  "echo \"[127.0.0.1]:%u $(cut -d' ' -f1,2 host_ed25519.pub)\" "
		  ">known_hosts && "
		  "echo \"[127.0.0.1]:%u $(cut -d' ' -f1,2 user_ed25519.pub)\" "
		  ">known_other && "
		  "printf '%%s\\n' 'Port %u' 'ListenAddress 127.0.0.1' "
		  "\"HostKey $PWD/host_ed25519\" \"HostKey $PWD/host_rsa\" "
		  "\"HostKey $PWD/host_ecdsa\" \"PidFile none\" "
		  "\"AuthorizedKeysFile $PWD/authorized\" 'StrictModes no' "
		  "'UsePAM no' 'PermitRootLogin prohibit-password' "
		  "'LogLevel QUIET' 'MaxStartups 100' >config && "
		  "chmod 600 config",
		  port, port, port) != 0)
		return -1;
	return sshd_start() ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	kill(sshd, SIGKILL);
	waitpid(sshd, NULL, 0);
	return shell("rm -rf '%s'", dir);
}

int main(void)
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

	return cmocka_run_group_tests(tests, setup, teardown);
}
