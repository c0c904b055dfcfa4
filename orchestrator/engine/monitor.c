/*
 * monitor.c - probe processes, their lines, the guards over them
 *
 * Invariants: a probe's standard input is ours alone, so that it ends with us,
 * however we end; lines longer than LINE_BYTES are dropped.  A probe that ends
 * by itself is not started again: its guard goes blind, and that is said.
 */
#include "orchestrator/engine/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/guards.h"

#define LINE_BYTES 65536
#define TAIL_US                                                                \
	8000000 /* for the last line of a probe that was told to end           \
		 */

struct probe {
	const struct plan_probe *rule;
	pid_t pid; /* 0: ended */
	int out, in;
	struct buf line;
	json_t *last;
};

struct monitor {
	const struct plan *plan;
	struct probe *v;
	struct guard_state *guards;
	struct buf why;
};

/* The command line of one probe, for a POSIX shell. */
static char *command_of(const struct plan *p, const struct plan_probe *r)
{
	buf_auto b = BUF_INIT;

	buf_printf(&b, "exec %s probe --json --stdin-control --kind %s --to %s",
		   r->host < 0 ? "/proc/self/exe" : p->hosts[r->host].command,
		   r->kind, r->to);
	if (r->source)
		buf_printf(&b, " --from %s", r->source);
	if (r->port)
		buf_printf(&b, " --port %u", r->port);
	if (r->rate)
		buf_printf(&b, " --rate %u", r->rate);
	if (r->flows)
		buf_printf(&b, " --flows %u", r->flows);
	if (r->size)
		buf_printf(&b, " --size %u", r->size);
	if (r->df)
		buf_puts(&b, " --df");
	return buf_steal(&b);
}

static void child_exec(const char *command, int in, int out)
{
	sigset_t none;
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *rest = strstr(command, "/proc/self/exe");

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0); /* the operator's ^C is for the run alone */
	dup2(in, 0);
	dup2(out, 1);
	if (n > 0 && rest) {
		mem_auto_free char *line = NULL;

		self[n] = 0;
		line = mem_format("exec \"$0\"%s",
				  rest + strlen("/proc/self/exe"));
		execl("/bin/sh", "sh", "-c", line, self, (char *)NULL);
	}
	_exit(127);
}

static bool spawn_here(const char *command, pid_t *ret_pid, int *ret_out,
		       int *ret_in, struct err *e)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0)
		return err_errno(e, ERR_IO, "pipe");
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return err_errno(e, ERR_IO, "pipe");
	}
	*ret_pid = fork();
	if (*ret_pid == 0)
		child_exec(command, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	*ret_in = in[1];
	*ret_out = out[0];
	return *ret_pid > 0 || err_errno(e, ERR_IO, "fork");
}

static bool probe_start(struct monitor *m, struct probe *p,
			monitor_spawn_fn *spawn, struct err *e)
{
	mem_auto_free char *command = command_of(m->plan, p->rule);
	bool ok;

	if (p->rule->host < 0)
		ok = spawn_here(command, &p->pid, &p->out, &p->in, e);
	else if (!spawn)
		ok = err_set(e, ERR_INTERNAL, "no way to start it on a host");
	else
		ok = spawn(&m->plan->hosts[p->rule->host].ssh, command, &p->pid,
			   &p->out, &p->in, e);
	if (!ok)
		return err_wrap(e, "probe '%s'", p->rule->name);
	fcntl(p->out, F_SETFL, fcntl(p->out, F_GETFL) | O_NONBLOCK);
	return true;
}

struct monitor *monitor_new(const struct plan *p, monitor_spawn_fn *spawn,
			    struct err *e)
{
	struct monitor *m = mem_alloc(sizeof(*m));

	m->plan = p;
	m->v = mem_calloc(p->n_probes, sizeof(*m->v));
	m->guards = mem_calloc(p->n_guards, sizeof(*m->guards));
	for (size_t i = 0; i < p->n_probes; i++)
		m->v[i] = (struct probe){
			.rule = &p->probes[i], .out = -1, .in = -1};
	for (size_t i = 0; i < p->n_guards; i++)
		guard_start(&m->guards[i], &p->guards[i], clock_mono_us());
	if (p->n_probes > MONITOR_FDS_MAX) {
		err_set(e, ERR_INVALID, "a plan can have %d probes at most",
			MONITOR_FDS_MAX);
		monitor_free(m);
		return NULL;
	}
	for (size_t i = 0; i < p->n_probes; i++) {
		if (!probe_start(m, &m->v[i], spawn, e)) {
			monitor_free(m);
			return NULL;
		}
	}
	return m;
}

static void probe_closed(struct probe *p)
{
	if (p->out >= 0)
		close(p->out);
	if (p->in >= 0)
		close(p->in);
	p->out = p->in = -1;
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	p->pid = 0;
}

void monitor_free(struct monitor *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->plan->n_probes; i++) {
		probe_closed(&m->v[i]);
		buf_done(&m->v[i].line);
		json_decref(m->v[i].last);
	}
	buf_done(&m->why);
	free(m->v);
	free(m->guards);
	free(m);
}

size_t monitor_fds(const struct monitor *m, struct pollfd *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < m->plan->n_probes; i++)
		if (m->v[i].out >= 0)
			ret[n++] = (struct pollfd){.fd = m->v[i].out,
						   .events = POLLIN};
	return n;
}

static void take_line(struct monitor *m, size_t probe, const char *line,
		      size_t n, int64_t now_us)
{
	json_t *j = json_text_parse(line, n, NULL);

	if (!json_is_object(j)) {
		json_decref(j);
		return;
	}
	json_decref(m->v[probe].last);
	m->v[probe].last = j;
	for (size_t i = 0; i < m->plan->n_guards; i++)
		if (m->plan->guards[i].probe == (int)probe)
			guard_feed(&m->guards[i], now_us, j);
}

static void take_lines(struct monitor *m, size_t probe, int64_t now_us)
{
	struct buf *b = &m->v[probe].line;
	struct buf rest = BUF_INIT;
	size_t from = 0;

	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] != '\n')
			continue;
		take_line(m, probe, b->data + from, i - from, now_us);
		from = i + 1;
	}
	if (b->len - from < LINE_BYTES && b->len > from)
		buf_add(&rest, b->data + from, b->len - from);
	buf_done(b);
	*b = rest;
}

static void probe_read(struct monitor *m, size_t i, int64_t now_us)
{
	struct probe *p = &m->v[i];
	char chunk[8192];
	bool ended;
	ssize_t n;

	if (p->out < 0)
		return;
	while ((n = read(p->out, chunk, sizeof(chunk))) > 0)
		buf_add(&p->line, chunk, (size_t)n);
	ended = n == 0 || (errno != EAGAIN && errno != EINTR);
	take_lines(m, i, now_us);
	if (ended)
		probe_closed(p);
}

void monitor_turn(struct monitor *m, int64_t now_us)
{
	for (size_t i = 0; i < m->plan->n_probes; i++)
		probe_read(m, i, now_us);
}

bool monitor_verdict(struct monitor *m, int64_t now_us, struct event *ret)
{
	for (size_t i = 0; i < m->plan->n_guards; i++) {
		struct guard_state *g = &m->guards[i];
		enum guard_verdict v;

		if (g->rule->probe < 0)
			continue;
		buf_clear(&m->why);
		v = guard_judge(g, now_us, &m->why);
		if (v == GUARD_BLIND && g->rule->blind == PLAN_BLIND_IGNORE)
			v = GUARD_PASS;
		if (v == g->verdict)
			continue;
		g->verdict = v;
		if (v == GUARD_PASS)
			continue;
		*ret = (struct event){
			.kind = EVENT_GUARD,
			.verdict = v,
			.text = buf_str(&m->why),
			.hold_on_breach = g->rule->breach == PLAN_BREACH_HOLD,
		};
		return true;
	}
	return false;
}

json_t *monitor_samples(const struct monitor *m)
{
	json_t *j = json_object();

	for (size_t i = 0; i < m->plan->n_probes; i++)
		if (m->v[i].last)
			json_object_set(j, m->v[i].rule->name, m->v[i].last);
	return j;
}

static bool any_open(const struct monitor *m)
{
	for (size_t i = 0; i < m->plan->n_probes; i++)
		if (m->v[i].out >= 0)
			return true;
	return false;
}

void monitor_finish(struct monitor *m)
{
	int64_t end = clock_mono_us() + TAIL_US;

	for (size_t i = 0; i < m->plan->n_probes; i++) {
		if (m->v[i].in >= 0)
			close(m->v[i].in);
		m->v[i].in = -1;
	}
	while (any_open(m) && clock_mono_us() < end) {
		struct pollfd v[MONITOR_FDS_MAX];
		size_t n = monitor_fds(m, v);

		poll(v, n, 200);
		monitor_turn(m, clock_mono_us());
	}
}
