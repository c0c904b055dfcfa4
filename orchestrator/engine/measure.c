/*
 * measure.c - a probe's process and its lines
 *
 * Invariants: the process's standard input is ours alone, so that it ends with
 * us, however we end; of a line longer than LINE_BYTES nothing is kept; of one
 * that is no sample nothing is believed (sample_clean).  Never blocks.
 */
#include "orchestrator/engine/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/watch/sample.h"

#define LINE_BYTES 65536
#define PAUSE_US 1000000 /* before it is started again; doubled each time */
#define PAUSE_MAX_US 30000000
#define SETTLED_US 60000000 /* ran for so long: the next pause is short */

/* ---- the process ---- */

char *measure_command(const struct plan *p, const struct plan_probe *r)
{
	buf_auto b = BUF_INIT;

	buf_printf(&b, "exec %s probe --json --stdin-control --kind %s --to %s",
		   r->host < 0 ? "\"$0\"" : p->hosts[r->host].command, r->kind,
		   r->to);
	if (r->source)
		buf_printf(&b, " --from %s", r->source);
	if (r->port)
		buf_printf(&b, " --port %u", r->port);
	if (r->path) /* the plan has seen to it that it has no quotes */
		buf_printf(&b, " --path '%s'", r->path);
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

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0); /* the operator's ^C is for the run alone */
	dup2(in, 0);
	dup2(out, 1);
	if (n > 0) {
		self[n] = 0;
		execl("/bin/sh", "sh", "-c", command, self, (char *)NULL);
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

void measure_init(struct measure *m, const struct plan *plan,
		  const struct plan_probe *rule, measure_spawn_fn *spawn)
{
	*m = (struct measure){.plan = plan,
			      .rule = rule,
			      .spawn = spawn,
			      .out = -1,
			      .in = -1,
			      .pause_us = PAUSE_US};
}

bool measure_start(struct measure *m, int64_t now_us, struct err *e)
{
	mem_auto_free char *command = measure_command(m->plan, m->rule);
	bool ok;

	m->started_us = now_us;
	m->again_us = 0;
	if (m->rule->host < 0)
		ok = spawn_here(command, &m->pid, &m->out, &m->in, e);
	else if (!m->spawn)
		ok = err_set(e, ERR_INTERNAL, "no way to start it on a host");
	else
		ok = m->spawn(&m->plan->hosts[m->rule->host].ssh, command,
			      &m->pid, &m->out, &m->in, e);
	if (!ok)
		return err_wrap(e, "probe '%s'", m->rule->name);
	fcntl(m->out, F_SETFL, fcntl(m->out, F_GETFL) | O_NONBLOCK);
	return true;
}

static void reap(struct measure *m)
{
	if (m->out >= 0)
		close(m->out);
	if (m->in >= 0)
		close(m->in);
	m->out = m->in = -1;
	if (m->pid > 0) {
		kill(m->pid, SIGKILL);
		waitpid(m->pid, NULL, 0);
	}
	m->pid = 0;
}

/* What it counted stays counted; another process goes on from there. */
static void ended(struct measure *m, int64_t now_us)
{
	reap(m);
	buf_clear(&m->line);
	m->skipping = false;
	if (m->ending)
		return;
	json_decref(m->past);
	m->past = json_incref(m->last);
	if (now_us - m->started_us > SETTLED_US)
		m->pause_us = PAUSE_US;
	m->again_us = now_us + m->pause_us;
	m->pause_us =
		m->pause_us * 2 > PAUSE_MAX_US ? PAUSE_MAX_US : m->pause_us * 2;
}

/* ---- lines ---- */

static void take_line(struct measure *m, measure_fn *fn, void *arg)
{
	json_auto *j = json_text_parse(buf_str(&m->line), m->line.len, NULL);
	json_t *sample = j ? sample_clean(j) : NULL;

	if (!sample) {
		m->garbage++;
		return;
	}
	sample_add(sample, m->past);
	json_decref(m->last);
	m->last = sample;
	fn(arg, sample);
}

void measure_take(struct measure *m, const char *bytes, size_t n,
		  measure_fn *fn, void *arg)
{
	while (n) {
		const char *end = memchr(bytes, '\n', n);
		size_t part = end ? (size_t)(end - bytes) : n;

		if (m->line.len + part > LINE_BYTES) {
			m->skipping = true;
			m->garbage++;
			buf_clear(&m->line);
		}
		if (!m->skipping)
			buf_add(&m->line, bytes, part);
		if (end && !m->skipping && m->line.len)
			take_line(m, fn, arg);
		if (end) {
			m->skipping = false;
			buf_clear(&m->line);
		}
		part += end != NULL;
		bytes += part;
		n -= part;
	}
}

void measure_turn(struct measure *m, int64_t now_us, measure_fn *fn, void *arg)
{
	char chunk[8192];
	size_t all = 0;
	ssize_t n = 1;

	if (m->again_us && now_us >= m->again_us && !m->ending) {
		err_auto e = ERR_INIT;

		if (!measure_start(m, now_us, &e))
			ended(m, now_us);
	}
	if (m->out < 0)
		return;
	while (all < MEASURE_TURN &&
	       (n = read(m->out, chunk, sizeof(chunk))) > 0) {
		measure_take(m, chunk, (size_t)n, fn, arg);
		all += (size_t)n;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		ended(m, now_us);
}

void measure_end(struct measure *m)
{
	m->ending = true;
	if (m->in >= 0)
		close(m->in);
	m->in = -1;
}

void measure_done(struct measure *m)
{
	reap(m);
	buf_done(&m->line);
	json_decref(m->last);
	json_decref(m->past);
}
