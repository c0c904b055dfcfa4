/*
 * live.c - the network's side of tests/crash/live.h
 *
 * Calls are taken in the order in which they come, so that they can be counted
 * and the program killed at one.  The program's side: live_program.c.
 */
#include "tests/crash/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/twin/twin.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/plan/load.h"
#include "tests/crash/live_wire.h"

#define MOST_US 90000000
#define TICK_MS 50

static enum world_fault all_well(void *arg, const char *target,
				 enum world_slot slot)
{
	(void)arg;
	(void)target;
	(void)slot;
	return WORLD_WELL;
}

struct live *live_new(const char *plan_path)
{
	static bool registered;
	struct live *l = mem_alloc(sizeof(*l));
	struct diag_list diags = {0};
	mem_auto_free char *path = NULL;
	struct sockaddr_un a;

	for (size_t i = 0; !registered && i < LIVE_DRIVERS; i++)
		adapter_register(live_drivers[i]);
	registered = true;
	l->dir = mem_strdup("/tmp/cutover-live.XXXXXX");
	l->plan_path = plan_path;
	l->plan = plan_load(plan_path, &diags);
	diag_list_done(&diags);
	if (!mkdtemp(l->dir) || !l->plan)
		abort();
	l->world = twin_world_ops.make(l->plan, all_well, l);
	l->targets = twin_world_ops.targets(l->world, &l->n_targets);
	l->ctx = mem_calloc(l->n_targets, sizeof(*l->ctx));
	for (size_t i = 0; i < l->n_targets; i++) {
		l->ctx[i].target = &l->targets[i];
		l->ctx[i].state = mem_alloc(
			twin_world_ops.adapter(l->world, i)->state_size);
	}
	path = mem_format("%s/network", l->dir);
	live_address(path, &a);
	l->listener =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(l->listener, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(l->listener, 16) < 0)
		abort();
	return l;
}

void live_free(struct live *l)
{
	mem_auto_free char *rm = mem_format("rm -rf '%s'", l->dir);

	for (size_t i = 0; i < l->n_conns; i++)
		close(l->conns[i]);
	close(l->listener);
	twin_world_ops.free(l->world);
	for (size_t i = 0; i < l->n_targets; i++)
		free(l->ctx[i].state);
	free(l->ctx);
	plan_free(l->plan);
	if (system(rm) != 0)
		abort();
	free(l->dir);
	free(l);
}

static void add_error(json_t *reply, const struct err *e)
{
	if (!e->msg)
		return;
	json_object_set_new(reply, "code", json_integer(e->code));
	json_object_set_new(reply, "error", json_string(e->msg));
}

static json_t *change(const struct adapter_ops *o, struct adapter_ctx *c,
		      const char *slot, const json_t *q, struct err *e)
{
	const char *key = json_peek_str(q, "key", NULL);
	uint32_t seconds = (uint32_t)json_peek_int(q, "seconds", 0);
	struct adapter_guard guard = {.seconds = seconds};
	enum outcome out = OUTCOME_UNKNOWN;
	struct changeset cs = {0};
	char *token = NULL;

	if (strcmp(slot, "apply") == 0) {
		if (!changeset_from_json(json_peek(q, "changeset"), &cs, e))
			abort();
		free(cs.key);
		cs.key = mem_strdup(key);
		out = o->apply(c, &cs, json_peek_bool(q, "back", false),
			       seconds ? &guard : NULL, &token, e);
		changeset_done(&cs);
	} else if (strcmp(slot, "confirm") == 0) {
		out = o->confirm(c, key, e);
	} else if (strcmp(slot, "revert") == 0) {
		out = o->revert(c, key, e);
	} else if (strcmp(slot, "renew") == 0) {
		out = o->renew(c, seconds, e);
	} else if (strcmp(slot, "save") == 0) {
		out = o->save(c, e);
	} else {
		abort();
	}
	return json_pack("{s:i}", "outcome", (int)out);
}

static json_t *observe(const struct adapter_ops *o, struct adapter_ctx *c,
		       const json_t *q, struct err *e)
{
	resource_set_auto want = {0};
	resource_set_auto seen = {0};
	bool ok;

	if (!resource_set_from_json(json_peek(q, "want"), &want, e))
		abort();
	ok = o->observe(c, &want, &seen, e);
	return json_pack("{s:b,s:o}", "ok", ok, "set",
			 resource_set_to_json(&seen, true));
}

static json_t *render(const struct adapter_ops *o, const struct target *t,
		      const json_t *q, struct err *e)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	struct changeset cs = {0};
	json_t *reply;
	bool ok;

	if (!resource_set_from_json(json_peek(q, "from"), &from, e) ||
	    !resource_set_from_json(json_peek(q, "to"), &to, e))
		abort();
	ok = o->render(t, &from, &to, &cs, e);
	reply = json_pack("{s:b,s:o}", "ok", ok, "changeset",
			  changeset_to_json(&cs));
	changeset_done(&cs);
	return reply;
}

static size_t target_of(const struct live *l, const char *name)
{
	for (size_t i = 0; i < l->n_targets; i++)
		if (strcmp(l->targets[i].name, name) == 0)
			return i;
	abort();
}

static json_t *answer(struct live *l, const json_t *q)
{
	size_t i = target_of(l, json_peek_str(q, "target", ""));
	const struct adapter_ops *o = twin_world_ops.adapter(l->world, i);
	const char *slot = json_peek_str(q, "slot", "");
	struct adapter_ctx *c = &l->ctx[i];
	err_auto e = ERR_INIT;
	json_t *reply;

	c->epoch = (uint64_t)json_peek_int(q, "epoch", 0);
	c->deadline_us = clock_mono_us() + MOST_US;
	if (strcmp(slot, "render") == 0)
		reply = render(o, &l->targets[i], q, &e);
	else if (strcmp(slot, "observe") == 0)
		reply = observe(o, c, q, &e);
	else if (strcmp(slot, "open") == 0)
		reply = json_pack("{s:b}", "ok", o->open(c, &e));
	else if (strcmp(slot, "fence") == 0) {
		bool ok = o->fence(c, &e);

		reply = json_pack("{s:b,s:I}", "ok", ok, "epoch",
				  (json_int_t)c->epoch);
	} else
		reply = change(o, c, slot, q, &e);
	add_error(reply, &e);
	return reply;
}

static void kill_child(struct live *l)
{
	kill(l->child, SIGKILL);
	l->kill_at = 0;
	l->kill_us = 0;
}

/* False: the connection is at its end. */
static bool serve_one(struct live *l, int fd)
{
	json_auto *q = live_receive(fd);
	json_auto *reply = NULL;
	bool counts;

	if (!q)
		return false;
	counts = strcmp(json_peek_str(q, "slot", ""), "render") != 0;
	l->calls += counts;
	if (counts && l->calls == l->kill_at && !l->kill_after) {
		kill_child(l);
		return true;
	}
	reply = answer(l, q);
	if (counts && l->calls == l->kill_at) {
		kill_child(l);
		return true;
	}
	if (!counts || l->calls != l->freeze_at)
		live_send(fd, reply);
	return true;
}

static void turn(struct live *l, int ms)
{
	struct pollfd v[ARRAY_LEN(l->conns) + 1];
	size_t n = l->n_conns;
	int fd;

	v[0] = (struct pollfd){.fd = l->listener, .events = POLLIN};
	for (size_t i = 0; i < n; i++)
		v[i + 1] = (struct pollfd){.fd = l->conns[i], .events = POLLIN};
	poll(v, n + 1, ms);
	for (size_t i = n; i-- > 0;) {
		if (!v[i + 1].revents || serve_one(l, l->conns[i]))
			continue;
		close(l->conns[i]);
		l->conns[i] = l->conns[--l->n_conns];
	}
	while (l->n_conns < ARRAY_LEN(l->conns) &&
	       (fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		l->conns[l->n_conns++] = fd;
	twin_world_ops.advance(l->world, clock_mono_us());
}

static pid_t start(struct live *l, const char *const *args, const char *out)
{
	mem_auto_free char *socket = mem_format("%s/network", l->dir);
	mem_auto_free char *state = mem_format("%s/state", l->dir);
	mem_auto_free char *path = mem_format("%s/%s", l->dir, out);
	const char *v[16] = {"live", "--live", socket, args[0]};
	size_t n = 4;
	pid_t pid;

	for (size_t i = 1; args[i]; i++)
		v[n++] = args[i];
	if (strcmp(args[0], "run") == 0)
		v[n++] = l->plan_path;
	v[n++] = "--state";
	v[n++] = state;
	pid = fork();
	if (pid == 0) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execv("/proc/self/exe", (char *const *)v);
		_exit(96);
	}
	return pid;
}

void live_start(struct live *l, const char *const *args)
{
	l->child = start(l, args, "out");
}

/* True when it has ended. */
static bool ended(pid_t pid, int *ret)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	*ret = WIFSIGNALED(status)
		       ? WTERMSIG(status) == SIGKILL ? LIVE_KILLED : -100
		       : WEXITSTATUS(status);
	return true;
}

static int serve(struct live *l, pid_t pid, int64_t most_us)
{
	int64_t until = clock_mono_us() + most_us;
	int code = LIVE_STUCK;

	while (!ended(pid, &code) && clock_mono_us() < until) {
		if (l->kill_us && clock_mono_us() >= l->kill_us)
			kill_child(l);
		turn(l, TICK_MS);
	}
	return code;
}

int live_serve(struct live *l, int64_t most_us)
{
	return serve(l, l->child, most_us);
}

int live_do(struct live *l, const char *const *args)
{
	int code;

	live_start(l, args);
	code = live_serve(l, MOST_US);
	if (code == LIVE_STUCK) {
		kill(l->child, SIGKILL);
		waitpid(l->child, NULL, 0);
	}
	return code;
}

int live_beside(struct live *l, const char *const *args)
{
	return serve(l, start(l, args, "beside"), MOST_US);
}

void live_idle(struct live *l, int64_t us)
{
	int64_t until = clock_mono_us() + us;

	while (clock_mono_us() < until)
		turn(l, TICK_MS);
}

char *live_said(const struct live *l)
{
	mem_auto_free char *path = mem_format("%s/out", l->dir);
	FILE *f = fopen(path, "r");
	buf_auto text = BUF_INIT;
	char chunk[4096];
	size_t n;

	while (f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&text, chunk, n);
	if (f)
		fclose(f);
	return buf_steal(&text);
}
