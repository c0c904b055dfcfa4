/*
 * sandbox.c - own namespaces for a test that runs real daemons
 *
 * The program starts itself again under unshare(1), with own mount, network
 * and PID namespaces: the host's daemons, sockets and links are neither used
 * nor seen, two runs do not meet, and whatever the test started dies with the
 * namespace's process 1, even if the test itself is killed.  A shell is process
 * 1: daemons leave children behind, and somebody has to reap them.
 *
 * /run is empty, /sys is that of the network namespace, sandbox_dir() is a
 * directory in memory.  Nothing is left on the host but, after a SIGKILL, that
 * directory's empty mount point in /tmp.
 *
 * What the machine lacks (root, namespaces, a program) is said as one skipped
 * test with the reason, which the runner counts; it is never a pass.
 */
#include "tests/conformance/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"

#define INSIDE "CUTOVER_SANDBOX"

const char *sandbox_dir(void)
{
	return getenv(INSIDE);
}

void sandbox_shell(const char *script)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (!getenv("VERBOSE") && !freopen("/dev/null", "w", stdout))
			_exit(126);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("failed: %s", script);
}

/* ---- what is missing ---- */

static bool in_path(const char *program)
{
	mem_auto_free char *path = mem_strdup(getenv("PATH"));
	char *save = NULL;

	for (char *d = strtok_r(path, ":", &save); d;
	     d = strtok_r(NULL, ":", &save)) {
		mem_auto_free char *file = mem_format("%s/%s", d, program);

		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

static int can_unshare(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID) < 0
			      ? errno
			      : 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINVAL;
}

static char *missing(const struct sandbox_need *needs)
{
	int rc;

	if (geteuid() != 0)
		return mem_strdup("needs root");
	for (; needs->what; needs++) {
		if (needs->what[0] == '/' ? access(needs->what, F_OK) != 0
					  : !in_path(needs->what))
			return mem_format("'%s' is missing: %s", needs->what,
					  needs->from);
	}
	rc = can_unshare();
	return rc ? mem_format("no namespaces to be had: %s", strerror(rc))
		  : NULL;
}

/* ---- outside and inside ---- */

static int run_inside(int (*inside)(void))
{
	static const char prepare[] = "mount -t sysfs sysfs /sys && "
				      "mkdir -p /run/lock /run/netns && "
				      "ip link set lo up";

	if (mount("none", sandbox_dir(), "tmpfs", 0, "mode=755") < 0 ||
	    mount("none", "/run", "tmpfs", 0, "mode=755") < 0 ||
	    system(prepare) != 0) {
		printf("not ok - the sandbox: %s\n", strerror(errno));
		return 1;
	}
	return inside();
}

static void enter(char **argv, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	execlp("unshare", "unshare", "--mount", "--net", "--pid", "--fork",
	       "--kill-child", "--mount-proc", "sh", "-c", "\"$0\"; exit $?",
	       argv[0], (char *)NULL);
	perror("unshare");
	_exit(1);
}

int sandbox_main(char **argv, const struct sandbox_need *needs,
		 int (*inside)(void))
{
	char dir[] = "/tmp/cutover-test-XXXXXX";
	mem_auto_free char *path = NULL;
	mem_auto_free char *why = NULL;
	pid_t parent = getpid(), pid;
	int status = 0;

	if (sandbox_dir())
		return run_inside(inside);
	path = mem_format("%s:/usr/sbin:/sbin", getenv("PATH"));
	setenv("PATH", path, 1);
	why = missing(needs);
	if (why) {
		printf("1..0 # SKIP %s\n", why);
		return 77;
	}
	if (!mkdtemp(dir)) {
		perror(dir);
		return 1;
	}
	setenv(INSIDE, dir, 1);
	pid = fork();
	if (pid == 0)
		enter(argv, parent);
	waitpid(pid, &status, 0);
	rmdir(dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
