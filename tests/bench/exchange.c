/*
 * exchange.c - the engine's time beside that of the same device commands raw
 *
 * usage: exchange PLAN STATE REPEATS
 *
 * Runs the plan and rolls it back to its start, in this process, and records
 * every exchange with a device; then plays the record back without the engine:
 * the same bytes and the same reads in the same order, through the same
 * wrapper and over one connection a device.  Pauses and soaks are kept, since
 * devices need them to get where they were, and are counted on neither side.
 * Medians of REPEATS rounds.  What was recorded holds secrets: it stays in
 * memory.
 *
 * Two measures.  'engine/raw' is the run without its pauses over the playing
 * back.  'adds' is what of the run no device call was under way, over the time
 * in which one was: of one and the same minute, so another load of the machine
 * does not change it, and calls side by side do not flatter it.
 *
 * It prints and does not judge, but for this: an exchange that ends otherwise
 * than it did in the run makes a round worthless, and is counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/transport/device.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/cmd.h"
#include "tests/bench/record.h"

#define ROUNDS_MAX 15
#define PATIENCE_US (1800 * (int64_t)1000000)

static const char *const part_names[] = {"look", "staging", "switching",
					 "back"};

struct round {
	struct bench_times run;
	int64_t raw[PARTS];
	size_t other; /* exchanges that ended otherwise */
};

static int fail(struct err *e)
{
	cmd_error(e);
	return EXIT_FAILURE;
}

/* ---- a run ---- */

static bool run_once(const struct cmd_context *c, struct journal *j,
		     const char *id, bool back, struct err *e)
{
	struct runner_options o = {.plan = c->plan,
				   .program = c->program,
				   .targets = c->targets,
				   .n_targets = c->n_targets,
				   .journal = j,
				   .run_id = id,
				   .policy = runner_policy(c->plan),
				   .no_probes = true,
				   .rollback = back,
				   .rollback_to = "start"};
	int code = 0, want = back ? EXIT_ROLLED_BACK : EXIT_DONE;

	o.policy.auto_go = o.policy.end_on_hold = true;
	if (!runner_run(&o, &code, e))
		return false;
	return code == want ||
	       err_set(e, ERR_REFUSED,
		       "run '%s' ended with %d instead of %d; see 'cutover "
		       "report'",
		       id, code, want);
}

static bool run_recorded(const struct cmd_context *c, struct journal *j,
			 struct bench_record *r, struct err *e)
{
	mem_auto_free char *id =
		journal_run_id_new(c->plan->name, clock_wall_us());
	struct journal_run run = {.id = id,
				  .plan_path = c->plan->path,
				  .plan_text = c->plan->text,
				  .plan_hash = c->plan->hash,
				  .version = (char *)CUTOVER_VERSION};
	bool ok;

	if (!journal_run_create(j, &run, e))
		return false;
	bench_record_into(r);
	ok = run_once(c, j, id, false, e) && run_once(c, j, id, true, e);
	bench_record_into(NULL);
	return ok;
}

/* ---- raw ---- */

struct line { /* one connection */
	const struct target *target;
	struct device *device;
	struct adapter_ctx ctx; /* without a shell: of the adapter's own */
	bool open;
};

struct raw {
	struct line *v;
	size_t n;
	struct round *round;
	int nr;
};

static bool has_shell(const struct bench_call *x)
{
	return x->kind == BENCH_READ || x->kind == BENCH_CHANGE;
}

static bool line_open(struct line *l, const struct bench_call *x, struct err *e)
{
	int64_t deadline = clock_mono_us() + PATIENCE_US;

	l->open = true;
	if (has_shell(x)) {
		l->device = device_open(l->target, deadline, e);
		/* a tunnel is looked at on the device of its edge: no fence */
		return l->device &&
		       (!bench_inner(l->target)->fence ||
			device_fence(l->device, &l->ctx.epoch, deadline, e));
	}
	l->ctx.target = l->target;
	l->ctx.state = mem_alloc(bench_inner(l->target)->state_size);
	l->ctx.deadline_us = deadline;
	return bench_inner(l->target)->open(&l->ctx, e);
}

static struct line *line_of(struct raw *w, const struct bench_call *x,
			    struct err *e)
{
	struct line *l = w->v;

	while (l < w->v + w->n && l->target != x->target)
		l++;
	if (l == w->v + w->n) {
		l->target = x->target;
		w->n++;
	}
	return l->open || line_open(l, x, e) ? l : NULL;
}

static void raw_done(struct raw *w)
{
	for (size_t i = 0; i < w->n; i++) {
		device_close(w->v[i].device);
		if (w->v[i].ctx.state)
			bench_inner(w->v[i].target)->close(&w->v[i].ctx);
		free(w->v[i].ctx.state);
	}
	free(w->v);
}

/* How it ends now: comparable to rc of the record. */
static int play_shell(struct line *l, const struct bench_call *x, int nr,
		      struct err *e)
{
	int64_t deadline = clock_mono_us() + PATIENCE_US;
	struct device_result res = {.rc = -1};
	mem_auto_free char *key = mem_format("replay-%d/%s", nr, x->key);
	int rc;

	if (x->kind == BENCH_CHANGE)
		rc = (int)device_change(l->device, l->ctx.epoch, key, x->script,
					deadline, &res, e);
	else
		rc = device_read(l->device, l->ctx.epoch, x->script, deadline,
				 &res, e)
			     ? res.rc
			     : -1;
	device_result_done(&res);
	return rc;
}

static int play_other(struct line *l, const struct bench_call *x, struct err *e)
{
	const struct adapter_ops *ops = bench_inner(l->target);
	resource_set_auto seen = {0};
	char *token = NULL;
	int rc;

	l->ctx.deadline_us = clock_mono_us() + PATIENCE_US;
	if (x->kind == BENCH_LOOK)
		return ops->observe(&l->ctx, &x->want, &seen, e);
	rc = (int)ops->apply(&l->ctx, &x->changeset, x->back, NULL, &token, e);
	free(token);
	return rc;
}

static bool play(struct raw *w, const struct bench_call *x, struct err *e)
{
	int64_t from = clock_mono_us();
	err_auto why = ERR_INIT;
	struct line *l;
	int rc;

	if (x->kind == BENCH_PAUSE) {
		clock_sleep_us(x->us);
		return true;
	}
	l = line_of(w, x, e);
	if (!l)
		return false;
	rc = has_shell(x) ? play_shell(l, x, w->nr, &why)
			  : play_other(l, x, &why);
	w->round->raw[x->part] += clock_mono_us() - from;
	if (rc != x->rc) {
		w->round->other++;
		fprintf(stderr, "%s: %d instead of %d: %s\n", x->target->name,
			rc, x->rc, err_msg(&why));
	}
	return true;
}

static bool play_all(const struct bench_record *r, size_t targets, int nr,
		     struct round *round, struct err *e)
{
	struct raw w = {.v = mem_calloc(targets, sizeof(*w.v)),
			.round = round,
			.nr = nr};
	bool ok = true;

	for (size_t i = 0; ok && i < r->n; i++)
		ok = play(&w, &r->v[i], e);
	raw_done(&w);
	return ok;
}

/* ---- what it says ---- */

static int by_value(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

enum column { ENGINE, DEVICES, OWN, RAW, ADDED, JOURNAL, COLUMNS };

/* Sums over parts [from, to). */
static void columns_of(const struct round *r, int from, int to, double *c)
{
	const struct bench_times *t = &r->run;

	memset(c, 0, COLUMNS * sizeof(*c));
	for (int p = from; p < to; p++) {
		c[ENGINE] += (double)(t->wall[p] - t->paused[p]) / 1e6;
		c[DEVICES] += (double)t->busy[p] / 1e6;
		c[RAW] += (double)r->raw[p] / 1e6;
		c[JOURNAL] += (double)t->journal[p] / 1e6;
	}
	c[OWN] = c[ENGINE] - c[DEVICES];
	c[ADDED] = c[DEVICES] > 0 ? c[OWN] / c[DEVICES] * 100 : 0;
}

static void print_row(const char *name, const struct round *v, size_t n,
		      int from, int to)
{
	const struct bench_times *t = &v[n - 1].run;
	double all[COLUMNS][ROUNDS_MAX], c[COLUMNS];
	size_t calls = 0, bytes = 0;

	for (size_t i = 0; i < n; i++) {
		columns_of(&v[i], from, to, c);
		for (int k = 0; k < COLUMNS; k++)
			all[k][i] = c[k];
	}
	for (int p = from; p < to; p++) {
		calls += t->calls[p];
		bytes += t->bytes[p];
	}
	for (int k = 0; k < COLUMNS; k++)
		c[k] = median(all[k], n);
	printf("%-10s %6zu %8.1f %9.2f %9.2f %9.2f %7.2f %8.3f %7.1f %%\n",
	       name, calls, (double)bytes / 1e6, c[RAW], c[ENGINE], c[DEVICES],
	       c[RAW] > 0 ? c[ENGINE] / c[RAW] : 0, c[JOURNAL], c[ADDED]);
}

static void print_all(const struct round *v, size_t n)
{
	size_t other = 0;

	printf("part        calls       MB     raw s  engine s  in calls  "
	       "engine  journal  engine\n"
	       "                                                          "
	       "  /raw        s    adds\n");
	for (int p = 0; p < PARTS; p++)
		print_row(part_names[p], v, n, p, p + 1);
	print_row("all", v, n, 0, PARTS);
	for (size_t i = 0; i < n; i++)
		other += v[i].other;
	printf("%zu rounds, medians; %zu exchanges ended otherwise when played "
	       "back\n",
	       n, other);
}

static int rounds(const struct cmd_context *c, struct journal *j, size_t n)
{
	struct round v[ROUNDS_MAX] = {0};

	for (size_t i = 0; i < n; i++) {
		struct bench_record r = {0};
		err_auto e = ERR_INIT;
		bool ok = run_recorded(c, j, &r, &e) &&
			  play_all(&r, c->n_targets, (int)i, &v[i], &e);

		v[i].run = r.times;
		bench_record_done(&r);
		if (!ok)
			return fail(&e);
	}
	print_all(v, n);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct cmd_context c;
	struct journal *j;
	err_auto e = ERR_INIT;
	size_t n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	int rc;

	if (!n || n > ROUNDS_MAX) {
		fprintf(stderr, "usage: exchange PLAN STATE REPEATS (1..%d)\n",
			ROUNDS_MAX);
		return EXIT_USAGE;
	}
	bench_register();
	if (!cmd_context_load(&c, argv[1], false))
		return EXIT_PLAN;
	j = journal_open(argv[2], false, &e);
	rc = j && cmd_context_secrets(&c, journal_state_dir(j), &e)
		     ? rounds(&c, j, n)
		     : fail(&e);
	journal_close(j);
	cmd_context_done(&c);
	return rc;
}
