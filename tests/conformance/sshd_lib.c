/*
 * sshd_lib.c - an sshd of our own on 127.0.0.1, in a sandbox
 *
 * Whoever logs in finds an empty home: what root's own shell does first is
 * nothing that a test should wait for.
 *
 * Its sessions may be killed and stopped: they are found as the children of
 * the process that was started here.
 */
#include "tests/conformance/sshd_lib.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "tests/conformance/sandbox.h"

const char *sshd_dir;
uint16_t sshd_port;
pid_t sshd;
int sshd_fd_before;

int64_t sshd_in_s(int s)
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
	s = mem_format("cd '%s' && %s", sshd_dir, body);
	return system(s);
}

void sshd_shell_ok(const char *command)
{
	if (shell("%s", command) != 0)
		fail_msg("%s", command);
}

char *sshd_shell_text(const char *command)
{
	mem_auto_free char *s = mem_format("cd '%s' && %s", sshd_dir, command);
	FILE *f = popen(s, "r");
	char line[512] = "";

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(pclose(f), 0);
	line[strcspn(line, "\n")] = 0;
	return mem_strdup(line);
}

char *sshd_path(const char *name)
{
	return mem_format("%s/%s", sshd_dir, name);
}

/* A listening socket on a port of the kernel's choice. */
int sshd_listener(uint16_t *ret_port)
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
				.sin_port = htons(sshd_port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return ok;
}

bool sshd_start(void)
{
	mem_auto_free char *config = sshd_path("config");

	sshd = fork();
	if (sshd == 0) {
		execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f", config,
		      (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 3000; i++) {
		if (sshd_answers())
			return true;
		clock_sleep_us(10000);
	}
	return false;
}

/* Sends `sig` (0: nothing) to the processes that serve connections, found by
 * our own sshd's process id; how many there are. */
static int sessions_signal(int sig)
{
	mem_auto_free char *path =
		mem_format("/proc/%d/task/%d/children", sshd, sshd);
	FILE *f = fopen(path, "r");
	int pid, n = 0;

	assert_non_null(f);
	for (; fscanf(f, "%d", &pid) == 1; n++)
		assert_int_equal(kill(pid, sig), 0);
	fclose(f);
	return n;
}

/* What is killed is gone, and its connection closed, when this returns. */
void sshd_sessions_kill(int sig)
{
	assert_true(sessions_signal(sig) > 0);
	if (sig != SIGKILL)
		return;
	for (int i = 0; i < 3000 && sessions_signal(0) > 0; i++)
		clock_sleep_us(10000);
	assert_int_equal(sessions_signal(0), 0);
}

struct target sshd_target(const char *key)
{
	struct target t = {.name = mem_strdup("edge1")};
	mem_auto_free char *run = sshd_path("run");

	t.ssh.host = mem_strdup("127.0.0.1");
	t.ssh.port = sshd_port;
	t.ssh.user = mem_strdup("root");
	t.ssh.known_hosts = sshd_path("known_hosts");
	if (key) {
		t.ssh.key.kind = SECRET_FILE;
		t.ssh.key.value = sshd_path(key);
	}
	target_param_set(&t, "run_dir", run);
	return t;
}

struct device *sshd_device(const struct target *t)
{
	err_auto e = ERR_INIT;
	struct device *d = device_open(t, sshd_in_s(10), &e);

	if (!d)
		fail_msg("%s", err_msg(&e));
	return d;
}

char *sshd_read(struct device *d, const char *script)
{
	struct device_result r = {.rc = -1};
	err_auto e = ERR_INIT;
	char *out;

	if (!device_read(d, 0, script, sshd_in_s(60), &r, &e))
		fail_msg("%s", err_msg(&e));
	assert_int_equal(r.rc, 0);
	out = mem_strdup(buf_str(&r.out));
	device_result_done(&r);
	return out;
}

enum outcome sshd_change(struct device *d, uint64_t epoch, const char *key,
			 const char *script, int seconds, struct err *e)
{
	struct device_result r = {.rc = -1};
	enum outcome o =
		device_change(d, epoch, key, script, sshd_in_s(seconds), &r, e);

	device_result_done(&r);
	return o;
}

uint64_t sshd_fence(struct device *d)
{
	uint64_t epoch = 0;
	err_auto e = ERR_INIT;

	if (!device_fence(d, &epoch, sshd_in_s(10), &e))
		fail_msg("%s", err_msg(&e));
	return epoch;
}

void sshd_refused(const struct target *t, enum err_code code, const char *says,
		  const char *and_says)
{
	err_auto e = ERR_INIT;
	struct device *d = device_open(t, sshd_in_s(10), &e);

	assert_null(d);
	if (!strstr(err_msg(&e), says) || !strstr(err_msg(&e), and_says))
		fail_msg("'%s' and '%s' are not in: %s", says, and_says,
			 err_msg(&e));
	assert_int_equal(e.code, code);
}

int sshd_descriptors(void)
{
	DIR *open_files = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(open_files);
	while (readdir(open_files))
		n++;
	closedir(open_files);
	return n;
}

static const char setup_script[] =
	"mkdir -p /run/sshd && "
	"for k in ed25519 rsa ecdsa; do "
	"ssh-keygen -q -t $k -N '' -f host_$k && "
	"ssh-keygen -q -t $k -N '' -f user_$k || exit 1; done && "
	"for k in stranger open noisy; do "
	"ssh-keygen -q -t ed25519 -N '' -f user_$k || exit 1; done && "
	"ssh-keygen -q -t ed25519 -N secret -f user_locked && "
	"ssh-keygen -q -t rsa -m PEM -N secret -f user_lockedpem && "
	"chmod 644 user_open && "
	"cat user_ed25519.pub user_rsa.pub user_ecdsa.pub user_locked.pub "
	"user_open.pub >authorized && "
	"printf '%s %s\\n' 'command=\"echo noise; echo more >&2; "
	"eval $SSH_ORIGINAL_COMMAND\"' \"$(cat user_noisy.pub)\" >>authorized "
	"&& "
	": >known_nobody";

int sshd_setup(void **state)
{
	(void)state;
	sshd_fd_before = sshd_descriptors();
	close(sshd_listener(&sshd_port));
	sshd_dir = sandbox_dir();
	if (shell("%s", setup_script) != 0)
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
		  "'LogLevel QUIET' 'MaxStartups 100' "
		  "\"SetEnv HOME=$PWD\" >config && "
		  "chmod 600 config",
		  sshd_port, sshd_port, sshd_port) != 0)
		return -1;
	return sshd_start() ? 0 : -1;
}

int sshd_teardown(void **state)
{
	(void)state;
	kill(sshd, SIGKILL);
	waitpid(sshd, NULL, 0);
	return 0;
}

int sshd_main(char **argv, int (*inside)(void))
{
	static const struct sandbox_need needs[] = {
		{"/usr/sbin/sshd", "package openssh-server"},
		{"ssh-keygen", "package openssh-client"},
		{"ip", "package iproute2"},
		{NULL, NULL},
	};

	return sandbox_main(argv, needs, inside);
}
