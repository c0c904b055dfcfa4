/*
 * rehearse.c - cutover rehearse: whole cutovers in memory
 *
 * The plan is compiled as for a run; every system of it is played by the twin.
 * First one cutover without trouble, whose checkpoints the others are compared
 * with; then one for each seed.  Seeds are shared out among as many processes
 * as there are processors; each writes what it found as lines to a pipe:
 * 'B SEED TEXT' for a broken promise, 'T' and totals at its end.
 *
 * No device is contacted and no secret is fetched.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/cmd.h"
#include "orchestrator/engine/rehearsal.h"

#define SEEDS_DEFAULT 1000
#define PROCESSES_MAX 64
#define SHOWN_MAX 10
#define TAIL_LINES 400
#define POLL_MS                                                                \
	1000 /* between looks: fewer than on devices, as time is free          \
	      */

static const char rehearse_usage[] =
	"usage: cutover rehearse PLAN [--seeds N] [--seed K] [--faults] "
	"[--json]\n"
	"\n"
	"Carries the plan out in memory, N times (1000), each time with other\n"
	"trouble: cutover is killed and resumed, an operator holds, goes back "
	"and\n"
	"aborts, guards breach.  With --faults devices fail, too: they refuse, "
	"hang,\n"
	"answer nothing or garbage, reboot.  After every event the promises "
	"are\n"
	"checked.  Exit code 1: one was broken; its seed is printed.\n"
	"\n"
	"--seed K carries out that one and prints all that happens in it;\n"
	"with --seeds as well it is the first of N.\n";

enum total {
	TOTAL_RUNS,
	TOTAL_DONE,
	TOTAL_BACK,
	TOTAL_REFUSED,
	TOTAL_DEATHS,
	TOTAL_FAULTS,
	TOTAL_ROWS,
	TOTAL_CALLS,
	TOTAL_LOST_MS,
	TOTAL_BROKEN,
	TOTALS,
};

struct rehearse {
	struct cmd_options o;
	struct cmd_context c;
	struct rehearsal_options ro;
	struct rehearsal_reference reference;
	uint64_t seeds, seed;
	long long totals[TOTALS];
	json_t *broken;
};

static bool number(const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *ret;
}

static void count(long long totals[TOTALS], const struct rehearsal_result *r)
{
	totals[TOTAL_RUNS]++;
	totals[TOTAL_DONE] += r->kept && r->exit_code == EXIT_DONE;
	totals[TOTAL_BACK] += r->kept && r->exit_code == EXIT_ROLLED_BACK;
	totals[TOTAL_REFUSED] += r->kept && r->exit_code == EXIT_REFUSED;
	totals[TOTAL_DEATHS] += (long long)r->deaths;
	totals[TOTAL_FAULTS] += (long long)r->faults;
	totals[TOTAL_ROWS] += (long long)r->rows;
	totals[TOTAL_CALLS] += (long long)r->calls;
	totals[TOTAL_LOST_MS] += r->lost_us / 1000;
	totals[TOTAL_BROKEN] += !r->kept;
}

/* ---- many ---- */

static void child(struct rehearse *h, uint64_t first, uint64_t step, FILE *out)
{
	long long totals[TOTALS] = {0};

	for (uint64_t s = first; s <= h->seeds; s += step) {
		struct rehearsal_result r;

		h->ro.seed = s + (h->seed ? h->seed - 1 : 0);
		rehearsal_run(&h->ro, &r);
		count(totals, &r);
		if (!r.kept)
			fprintf(out, "B %llu %.*s\n",
				(unsigned long long)h->ro.seed,
				(int)strcspn(r.broken, "\n"), r.broken);
		fflush(out);
		rehearsal_result_done(&r);
	}
	fputc('T', out);
	for (int i = 0; i < TOTALS; i++)
		fprintf(out, " %lld", totals[i]);
	fputc('\n', out);
	fclose(out);
}

static void take_broken(struct rehearse *h, const char *line)
{
	char *text;
	json_int_t seed = strtoll(line, &text, 10);

	text[strcspn(text, "\n")] = 0;
	json_array_append_new(h->broken,
			      json_pack("{s:I,s:s}", "seed", seed, "broken",
					*text ? text + 1 : text));
	if (!h->o.json && json_array_size(h->broken) <= SHOWN_MAX)
		printf("seed %lld breaks a promise:%s\n", (long long)seed,
		       text);
}

/* True: the process said all that it had to say. */
static bool take(struct rehearse *h, FILE *in)
{
	char *line = NULL;
	size_t cap = 0;
	bool whole = false;

	while (getline(&line, &cap, in) > 0) {
		char *at = line + 1;

		if (*line == 'B')
			take_broken(h, at);
		for (int i = 0; *line == 'T' && i < TOTALS; i++)
			h->totals[i] += strtoll(at, &at, 10);
		whole |= *line == 'T';
	}
	free(line);
	fclose(in);
	return whole;
}

static FILE *spawn(struct rehearse *h, uint64_t first, uint64_t step,
		   pid_t *ret_pid)
{
	int fd[2];

	fflush(stdout);
	if (pipe(fd) < 0)
		return NULL;
	*ret_pid = fork();
	if (*ret_pid == 0) {
		close(fd[0]);
		child(h, first, step, fdopen(fd[1], "w"));
		_exit(0);
	}
	close(fd[1]);
	return *ret_pid < 0 ? NULL : fdopen(fd[0], "r");
}

static bool all_seeds(struct rehearse *h)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	FILE *in[PROCESSES_MAX];
	pid_t pids[PROCESSES_MAX];
	bool ok = true;

	n = n < 1 ? 1 : n > PROCESSES_MAX ? PROCESSES_MAX : n;
	for (long i = 0; i < n; i++)
		in[i] = spawn(h, (uint64_t)i + 1, (uint64_t)n, &pids[i]);
	for (long i = 0; i < n; i++) {
		int status = 0;

		ok &= in[i] && take(h, in[i]);
		if (pids[i] > 0)
			waitpid(pids[i], &status, 0);
		ok &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return ok;
}

static void show_totals(const struct rehearse *h, int64_t took_us)
{
	mem_auto_free char *took = clock_span_text(took_us);
	const long long *t = h->totals;

	printf("%lld cutovers in %s: %lld done, %lld rolled back, %lld "
	       "refused; cutover killed %lld times, %lld calls failed of "
	       "%lld\n",
	       t[TOTAL_RUNS], took, t[TOTAL_DONE], t[TOTAL_BACK],
	       t[TOTAL_REFUSED], t[TOTAL_DEATHS], t[TOTAL_FAULTS],
	       t[TOTAL_CALLS]);
	if (t[TOTAL_BROKEN])
		printf("%lld broke a promise; 'cutover rehearse %s%s --seed "
		       "%lld' shows the first\n",
		       t[TOTAL_BROKEN], h->o.operand,
		       h->o.faults ? " --faults" : "",
		       (long long)json_peek_int(json_array_get(h->broken, 0),
						"seed", 0));
	else
		printf("every promise was kept\n");
}

static void show_json(const struct rehearse *h, int64_t took_us)
{
	const long long *t = h->totals;
	json_auto *j = json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "runs", t[TOTAL_RUNS],
		"done", t[TOTAL_DONE], "rolled_back", t[TOTAL_BACK], "refused",
		t[TOTAL_REFUSED], "deaths", t[TOTAL_DEATHS], "faults",
		t[TOTAL_FAULTS], "calls", t[TOTAL_CALLS], "took_us",
		(json_int_t)took_us, "broken", h->broken);
	mem_auto_free char *text = json_text_canonical(j);

	printf("%s\n", text);
}

static int many(struct rehearse *h)
{
	int64_t from = clock_mono_us();
	bool whole;

	h->broken = json_array();
	whole = all_seeds(h);
	if (h->o.json)
		show_json(h, clock_mono_us() - from);
	else
		show_totals(h, clock_mono_us() - from);
	json_decref(h->broken);
	if (!whole) {
		fprintf(stderr, "cutover: error: a rehearsal ended before it "
				"was through\n");
		return EXIT_INTERNAL;
	}
	return h->totals[TOTAL_BROKEN] ? EXIT_PLAN : EXIT_DONE;
}

/* ---- one ---- */

static int one(struct rehearse *h)
{
	buf_auto log = BUF_INIT;
	struct rehearsal_result r;
	int rc;

	h->ro.log = &log;
	h->ro.seed = h->seed;
	rehearsal_run(&h->ro, &r);
	fputs(buf_str(&log), stdout);
	printf("seed %llu: %zu lives, %zu rows, %zu calls, %zu faults: %s\n",
	       (unsigned long long)h->ro.seed, r.lives, r.rows, r.calls,
	       r.faults, r.kept ? "every promise was kept" : r.broken);
	rc = r.kept ? EXIT_DONE : EXIT_PLAN;
	rehearsal_result_done(&r);
	return rc;
}

/* ---- */

/* The end of a log that is too long to be read. */
static const char *tail(const char *log)
{
	const char *at = log + strlen(log);

	for (int lines = 0; at > log && lines <= TAIL_LINES; at--)
		lines += at[-1] == '\n';
	return at == log ? log : at + 2;
}

static bool prepare(struct rehearse *h)
{
	mem_auto_free char *why = NULL;
	buf_auto log = BUF_INIT;

	h->ro = (struct rehearsal_options){
		.plan = h->c.plan,
		.program = h->c.program,
		.world = cmd_world,
		.policy = runner_policy(h->c.plan),
		.faults = h->o.faults,
		.reboots = h->o.faults,
		.log = &log,
	};
	h->ro.policy.poll_ms = POLL_MS;
	if (!rehearsal_reference_make(&h->ro, &h->reference, &why)) {
		fprintf(stderr,
			"%scutover: error: the plan does not come to its end "
			"even without any trouble: %s\n",
			tail(buf_str(&log)), why);
		return false;
	}
	h->ro.log = NULL;
	h->ro.reference = &h->reference;
	if (!h->o.json)
		printf("without trouble: %zu rows, %zu calls, %zu points at "
		       "which cutover can die\n",
		       h->reference.rows, h->reference.calls,
		       h->reference.points);
	return true;
}

static int rehearse(struct rehearse *h)
{
	int rc = EXIT_PLAN;

	if (!cmd_context_load(&h->c, h->o.operand, false))
		return EXIT_PLAN;
	if (prepare(h))
		rc = h->o.seed && !h->o.seeds ? one(h) : many(h);
	rehearsal_reference_done(&h->reference);
	cmd_context_done(&h->c);
	return rc;
}

int cmd_rehearse(int argc, char **argv)
{
	struct rehearse h = {.seeds = SEEDS_DEFAULT};
	int rc;

	if (!cmd_options_parse(argc, argv, rehearse_usage, &h.o, &rc))
		return rc;
	if (!h.o.operand || (h.o.seeds && !number(h.o.seeds, &h.seeds)) ||
	    (h.o.seed && !number(h.o.seed, &h.seed))) {
		fputs(rehearse_usage, stderr);
		return EXIT_USAGE;
	}
	return rehearse(&h);
}
