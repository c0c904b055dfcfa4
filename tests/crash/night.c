/*
 * night.c - the real runner in a thread, over a network in memory
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/twin/twin.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/steps/compile.h"
#include "tests/crash/night.h"

struct night n;

/* ---- a night ---- */

static bool spawn(const struct ssh_endpoint *at, const char *command,
		  pid_t *ret_pid, int *ret_out, int *ret_in, struct err *e)
{
	int in[2], out[2];

	if (!n.scripted || !strstr(command, "10.10.200.10"))
		return twin_practice_ops.spawn(at, command, ret_pid, ret_out,
					       ret_in, e);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	*ret_pid = 0;
	*ret_out = out[0];
	*ret_in = in[1];
	n.probe_in = in[0];
	n.probe_out = out[1];
	return true;
}

int set_up(void **state)
{
	struct diag_list diags = {0};
	struct journal_run run = {.id = (char *)RUN};
	err_auto e = ERR_INIT;

	(void)state;
	n = (struct night){.dir = "/tmp/cutover-practice-XXXXXX"};
	assert_non_null(mkdtemp(n.dir));
	n.plan = plan_load("tests/crash/practice.yaml", &diags);
	diag_list_done(&diags);
	assert_non_null(n.plan);
	n.program = steps_compile(n.plan, &e);
	if (!n.program || !twin_practice_ops.begin(n.plan, &e))
		fail_msg("%s", err_msg(&e));
	run.plan_path = n.plan->path;
	run.plan_text = n.plan->text;
	run.plan_hash = n.plan->hash;
	run.version = (char *)"0";
	n.o = (struct runner_options){
		.plan = n.plan,
		.program = n.program,
		.journal = journal_open(n.dir, false, &e),
		.run_id = RUN,
		.policy = runner_policy(n.plan),
		.spawn = spawn,
		.practice = true,
	};
	n.o.targets = twin_practice_ops.targets(&n.o.n_targets);
	if (!n.o.journal || !journal_run_create(n.o.journal, &run, &e))
		fail_msg("%s", err_msg(&e));
	return 0;
}

int tear_down(void **state)
{
	mem_auto_free char *rm = mem_format("rm -rf '%s'", n.dir);

	(void)state;
	twin_practice_ops.end();
	journal_close(n.o.journal);
	program_free(n.program);
	plan_free(n.plan);
	err_done(&n.e);
	return system(rm);
}

static void *night_main(void *arg)
{
	(void)arg;
	n.ok = runner_run(&n.o, &n.code, &n.e);
	__atomic_store_n(&n.over, true, __ATOMIC_SEQ_CST);
	return NULL;
}

void begin(void)
{
	n.over = false;
	assert_int_equal(pthread_create(&n.thread, NULL, night_main, NULL), 0);
}

void is_live(void)
{
	int fd;

	while ((fd = control_connect(n.dir, RUN, NULL)) < 0)
		clock_sleep_us(10000);
	close(fd);
}

void ends_with(int code)
{
	int64_t end = clock_mono_us() + MOST_US;

	while (!__atomic_load_n(&n.over, __ATOMIC_SEQ_CST)) {
		if (clock_mono_us() > end)
			fail_msg("the run did not end");
		clock_sleep_us(20000);
	}
	pthread_join(n.thread, NULL);
	if (!n.ok)
		fail_msg("%s", err_msg(&n.e));
	assert_int_equal(n.code, code);
}

/* ---- a script ---- */

json_t *ask(const char *request)
{
	json_auto *j = json_loads(request, 0, NULL);
	err_auto e = ERR_INIT;
	json_t *reply;

	assert_non_null(j);
	reply = control_ask(n.dir, RUN, j, &e);
	if (!reply)
		fail_msg("%s: %s", request, err_msg(&e));
	return reply;
}

void agreed(const char *request)
{
	json_auto *reply = ask(request);

	if (!json_peek_bool(reply, "ok", false))
		fail_msg("%s: %s", request, json_peek_str(reply, "error", ""));
}

void refused(const char *request, const char *why)
{
	json_auto *reply = ask(request);

	if (json_peek_bool(reply, "ok", false) ||
	    !strstr(json_peek_str(reply, "error", ""), why))
		fail_msg("%s was not refused because '%s': %s", request, why,
			 json_peek_str(reply, "error", "it was not"));
}

json_t *status(void)
{
	json_auto *j = control_ask(
		n.dir, RUN, json_pack("{s:s}", "command", "status"), NULL);

	return json_incref(json_peek(j, "status"));
}

void reaches(const char *phase, const char *block)
{
	int64_t end = clock_mono_us() + MOST_US;

	for (;;) {
		json_auto *s = status();

		if (strcmp(json_peek_str(s, "phase", ""), phase) == 0 &&
		    (!block ||
		     strcmp(json_peek_str(s, "block", ""), block) == 0))
			return;
		if (clock_mono_us() > end || n.over)
			fail_msg("'%s' was not reached, but '%s' in '%s'",
				 phase, json_peek_str(s, "phase", ""),
				 json_peek_str(s, "block", ""));
		clock_sleep_us(20000);
	}
}

/* ---- rows ---- */

struct counting {
	const char *kind;
	int n;
};

static bool count_row(void *arg, const struct journal_row *row, struct err *e)
{
	struct counting *c = arg;

	(void)e;
	c->n += strcmp(row->kind, c->kind) == 0;
	return true;
}

int rows(const char *kind)
{
	struct counting c = {.kind = kind};

	assert_true(journal_each(n.o.journal, RUN, 0, count_row, &c, NULL));
	return c.n;
}
