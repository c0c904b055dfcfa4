/*
 * frr_lib.c - routers, wants and waiting for the FRR conformance tests
 *
 * In a sandbox; the parent makes the routers (frr_net.sh), a child enters the
 * edge's namespaces and runs the tests there, so that the adapter's local
 * transport works on the edge.
 */
#include "tests/conformance/frr_lib.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "tests/conformance/sandbox.h"

#define NET "tests/conformance/frr_net.sh"

struct target frr_target;
struct adapter_ctx frr_ctx;

static const char *dir;
static const struct CMUnitTest *all_tests;
static size_t n_tests;
static char net_script[4096];
static unsigned serial;

/* ---- routers ---- */

static int shell(const char *fmt, ...)
{
	mem_auto_free char *cmd = NULL;
	va_list ap;

	va_start(ap, fmt);
	cmd = mem_vformat(fmt, ap);
	va_end(ap);
	return system(cmd);
}

char *frr_on(const char *node, const char *fmt, ...)
{
	mem_auto_free char *cmd = NULL;
	mem_auto_free char *all = NULL;
	struct buf out = BUF_INIT;
	char piece[4096];
	va_list ap;
	size_t n;
	FILE *f;

	va_start(ap, fmt);
	cmd = mem_vformat(fmt, ap);
	va_end(ap);
	all = mem_format("%s in %s %s %s 2>&1", net_script, dir, node, cmd);
	f = popen(all, "r");
	while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&out, piece, n);
	if (f)
		pclose(f);
	return buf_steal(&out);
}

void frr_soon(const char *node, const char *script)
{
	int64_t end = clock_mono_us() + 60000000;

	while (shell("%s in %s %s sh -c \"%s\" >/dev/null 2>&1", net_script,
		     dir, node, script) != 0) {
		if (clock_mono_us() > end)
			fail_msg("never on '%s': %s", node, script);
		clock_sleep_us(100000);
	}
}

char *frr_running(void)
{
	return frr_on("e", "vtysh -c 'show running-config'");
}

static int enter(const char *pid, const char *ns)
{
	mem_auto_free char *path = mem_format("/proc/%s/ns/%s", pid, ns);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : setns(fd, 0);

	if (fd >= 0)
		close(fd);
	return rc;
}

/* Its root may be another than that of its mounts (tests/rooted). */
static bool enter_files(const char *pid)
{
	mem_auto_free char *path = mem_format("/proc/%s/root", pid);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && enter(pid, "mnt") == 0 && fchdir(fd) == 0 &&
		  chroot(".") == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool enter_edge(void)
{
	mem_auto_free char *path = mem_format("%s/e.pid", dir);
	char cwd[4096];
	char pid[16] = "";
	FILE *f = fopen(path, "r");
	bool ok = f && fgets(pid, sizeof(pid), f) && getcwd(cwd, sizeof(cwd));

	if (f)
		fclose(f);
	pid[strcspn(pid, "\n")] = 0;
	return ok && enter(pid, "uts") == 0 && enter(pid, "net") == 0 &&
	       enter_files(pid) && chdir(cwd) == 0;
}

static void make_target(void)
{
	frr_target = (struct target){.name = mem_strdup("edge1"),
				     .driver = mem_strdup("frr"),
				     .asn = 65010};
	frr_target.secrets = mem_calloc(1, sizeof(*frr_target.secrets));
	frr_target.n_secrets = 1;
	frr_target.secrets[0] = (struct secret_ref){
		.kind = SECRET_ENV,
		.name = mem_strdup("er-hq/private"),
		.value = mem_strdup("FRR_TEST_MD5"),
	};
	setenv("FRR_TEST_MD5", "circuit-md5-secret", 1);
}

static bool open_edge(void)
{
	err_auto e = ERR_INIT;

	make_target();
	frr_ctx = (struct adapter_ctx){
		.target = &frr_target,
		.state = mem_alloc(frr_adapter_ops.state_size),
		.deadline_us = clock_mono_us() + 30000000,
	};
	if (frr_adapter_ops.open(&frr_ctx, &e) &&
	    frr_adapter_ops.fence(&frr_ctx, &e))
		return true;
	printf("# %s\n", err_msg(&e));
	return false;
}

static int run_child(void)
{
	int failed;

	if (!enter_edge() || !open_edge()) {
		printf("not ok - the edge could not be entered\n");
		return 1;
	}
	failed = _cmocka_run_group_tests("frr", all_tests, n_tests, NULL, NULL);
	frr_adapter_ops.close(&frr_ctx);
	free(frr_ctx.state);
	target_done(&frr_target);
	return failed ? 1 : 0;
}

static int inside(void)
{
	int status = 1;
	pid_t pid;

	dir = sandbox_dir();
	if (!realpath(NET, net_script) ||
	    shell("%s up %s", net_script, dir) != 0) {
		printf("not ok - the routers did not come up\n");
		return 1;
	}
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		status = run_child();
		fflush(stdout);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	shell("%s down %s", net_script, dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int frr_lib_main(char **argv, const struct CMUnitTest *tests, size_t n)
{
	static const struct sandbox_need needs[] = {
		{"/usr/lib/frr/bgpd", "package frr"},
		{"vtysh", "package frr"},
		{"pgrep", "package procps"},
		{"ip", "package iproute2"},
		{NULL, NULL},
	};

	all_tests = tests;
	n_tests = n;
	return sandbox_main(argv, needs, inside);
}

/* ---- wants ---- */

struct resource *frr_want_session(struct resource_set *set, bool enabled,
				  const char *import, const char *export)
{
	struct resource *r = resource_set_add(set, RESOURCE_SESSION, SESSION);
	struct state_session *s = &r->session;

	s->neighbor = mem_strdup(CIRCUIT);
	s->local = mem_strdup("172.16.0.1");
	s->interface = mem_strdup("ckt0");
	s->local_asn = 65010;
	s->asn = 12076;
	s->enabled = enabled;
	s->import = mem_strdup(import);
	s->export = mem_strdup(export);
	s->secret = mem_strdup("er-hq/private");
	s->bfd_interval_ms = 300;
	s->bfd_multiplier = 3;
	s->keepalive_s = 10;
	s->hold_s = 30;
	s->ours = true;
	return r;
}

struct resource *frr_want_vpn(struct resource_set *set)
{
	struct resource *r = resource_set_add(set, RESOURCE_SESSION, "vpn1");

	r->session.neighbor = mem_strdup(VPN);
	r->session.enabled = true;
	return r;
}

struct resource *frr_want_policy(struct resource_set *set, const char *name,
				 const char *direction)
{
	struct resource *r = resource_set_add(set, RESOURCE_ROUTE_POLICY, name);

	r->present = direction != NULL;
	r->route_policy.direction = mem_strdup(direction);
	return r;
}

struct state_policy_entry *frr_want_entry(struct resource *policy,
					  const char *prefix)
{
	struct state_policy_entries *l = &policy->route_policy.entries;
	struct state_policy_entry *x;

	MEM_GROW(l->v, l->n, l->cap);
	x = &l->v[l->n++];
	memset(x, 0, sizeof(*x));
	x->permit = true;
	if (prefix)
		state_list_add(&x->prefixes, prefix);
	return x;
}

/* ---- the adapter's slots ---- */

static void refresh(void)
{
	frr_ctx.deadline_us = clock_mono_us() + 60000000;
}

void frr_look(const struct resource_set *want, struct resource_set *ret)
{
	err_auto e = ERR_INIT;

	refresh();
	if (!frr_adapter_ops.observe(&frr_ctx, want, ret, &e))
		fail_msg("observe: %s", err_msg(&e));
}

enum outcome frr_change(const struct resource_set *want, uint32_t guard_s,
			struct changeset *ret_cs, struct err *e)
{
	struct adapter_guard guard = {.seconds = guard_s};
	resource_set_auto seen = {0};
	struct changeset cs = {0};
	enum outcome o;

	frr_look(want, &seen);
	if (!frr_adapter_ops.render(&frr_target, &seen, want, &cs, e))
		return OUTCOME_FATAL;
	cs.key = mem_format("test.%d.%u", (int)getpid(), ++serial);
	refresh();
	o = frr_adapter_ops.apply(&frr_ctx, &cs, false, guard_s ? &guard : NULL,
				  NULL, e);
	if (ret_cs)
		*ret_cs = cs;
	else
		changeset_done(&cs);
	return o;
}

bool frr_is(const struct resource_set *want)
{
	resource_set_auto seen = {0};

	frr_look(want, &seen);
	for (size_t i = 0; i < want->n; i++) {
		const struct resource *r = resource_set_find(
			&seen, want->v[i].kind, want->v[i].name);

		if (!r || !resource_satisfies(r, &want->v[i]))
			return false;
	}
	return true;
}

static void explain(const struct resource_set *want)
{
	resource_set_auto seen = {0};
	buf_auto out = BUF_INIT;

	frr_look(want, &seen);
	for (size_t i = 0; i < want->n; i++)
		resource_diff(resource_set_find(&seen, want->v[i].kind,
						want->v[i].name),
			      &want->v[i], &out);
	fail_msg("not as wanted: %s", buf_str(&out));
}

void frr_ensure(const struct resource_set *want)
{
	err_auto e = ERR_INIT;
	enum outcome o = frr_change(want, 0, NULL, &e);

	if (o != OUTCOME_APPLIED && o != OUTCOME_UNCHANGED)
		fail_msg("%s: %s", outcome_name(o), err_msg(&e));
	if (!frr_is(want))
		explain(want);
}

bool frr_wait(const struct resource_set *want, uint32_t ms)
{
	int64_t end = clock_mono_us() + (int64_t)ms * 1000;

	while (!frr_is(want)) {
		if (clock_mono_us() > end)
			return false;
		clock_sleep_us(100000);
	}
	return true;
}

bool frr_wait_state(const char *neighbor, const char *state, uint32_t ms)
{
	int64_t end = clock_mono_us() + (int64_t)ms * 1000;
	resource_set_auto want = {0};

	resource_set_add(&want, RESOURCE_SESSION, SESSION)->session.neighbor =
		mem_strdup(neighbor);
	for (;;) {
		resource_set_auto seen = {0};
		const char *is;

		frr_look(&want, &seen);
		is = seen.v[0].session.state;
		if (is && strcmp(is, state) == 0)
			return true;
		if (clock_mono_us() > end)
			return false;
		clock_sleep_us(100000);
	}
}
