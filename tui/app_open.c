/*
 * app_open.c - plans and runs are looked for, opened, started and closed
 */
#include <dirent.h>
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/journal/lock.h"
#include "tui/app_plan.h"

#define RUNS_SHOWN 12

/* ---- the first screen ---- */

static void add_pick(struct app *a, char *plan, char *run, enum style s,
		     char *text)
{
	a->pick = mem_realloc(a->pick, a->n_pick + 1, sizeof(*a->pick));
	a->pick[a->n_pick++] = (struct app_pick){plan, run};
	view_lines_add(&a->picks, 0, GLYPHS, s, text);
}

static int is_plan(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && d->d_name[0] != '.' &&
	       strcmp(d->d_name + n - 5, ".yaml") == 0;
}

static void add_plans(struct app *a, const char *dir)
{
	struct dirent **v = NULL;
	int n = scandir(dir, &v, is_plan, alphasort);

	for (int i = 0; i < n; i++) {
		bool here = strcmp(dir, ".") == 0;
		char *path = here ? mem_strdup(v[i]->d_name)
				  : mem_format("%s/%s", dir, v[i]->d_name);

		add_pick(a, path, NULL, STYLE_PLAIN,
			 mem_format("plan  %s", path));
		free(v[i]);
	}
	free(v);
}

struct run_list {
	struct journal_run v[RUNS_SHOWN];
	size_t n;
};

static bool keep_run(void *arg, const struct journal_run *run)
{
	struct run_list *l = arg;

	if (l->n == RUNS_SHOWN) {
		journal_run_done(&l->v[0]);
		memmove(l->v, l->v + 1, --l->n * sizeof(*l->v));
	}
	l->v[l->n++] =
		(struct journal_run){.id = mem_strdup(run->id),
				     .plan_path = mem_strdup(run->plan_path)};
	return true;
}

/* The latest first; those whose process lives are marked. */
static void add_runs(struct app *a)
{
	struct journal *j = journal_open(a->state, true, NULL);
	struct run_list l = {0};

	if (j)
		journal_run_each(j, keep_run, &l, NULL);
	for (size_t i = l.n; i-- > 0;) {
		mem_auto_free char *holder =
			journal_lock_holder(journal_state_dir(j), l.v[i].id);

		add_pick(
			a, NULL, mem_strdup(l.v[i].id),
			holder ? STYLE_GOOD : STYLE_DIM,
			mem_format("run   %s%s", l.v[i].id,
				   holder ? "  (live: Enter watches it)" : ""));
		journal_run_done(&l.v[i]);
	}
	journal_close(j);
}

void app_set_state_dir(struct app *a)
{
	err_auto e = ERR_INIT;

	free(a->state);
	a->state = a->practice ? cmd_practice_state(a->o.state, &e)
			       : mem_strdup(a->o.state);
}

void app_list_picks(struct app *a)
{
	view_lines_done(&a->picks);
	for (size_t i = 0; i < a->n_pick; i++) {
		free(a->pick[i].plan);
		free(a->pick[i].run);
	}
	a->n_pick = 0;
	app_set_state_dir(a);
	add_plans(a, ".");
	add_plans(a, "plans");
	add_runs(a);
	a->screen = SCREEN_PICK;
}

void app_open_pick(struct app *a, size_t i)
{
	if (i >= a->n_pick)
		return;
	if (a->pick[i].plan)
		app_load_plan(a, a->pick[i].plan);
	else
		app_attach(a, a->pick[i].run);
}

/* ---- a run ---- */

static bool take_row(void *arg, const struct journal_row *row, struct err *e)
{
	struct app *a = arg;

	(void)e;
	if (row->seq)
		model_row(&a->m, row->seq, row->wall_us, row->kind, row->step,
			  row->body);
	return true;
}

void app_sync_journal(struct app *a)
{
	if (a->journal)
		journal_each(a->journal, a->run.id, a->m.board.seq + 1,
			     take_row, a, NULL);
}

void app_close_run(struct app *a)
{
	feed_done(&a->feed);
	model_done(&a->m);
	journal_run_done(&a->run);
	a->run = (struct journal_run){0};
	journal_close(a->journal);
	a->journal = NULL;
	view_lines_done(&a->end_lines);
	a->took_control = false;
}

bool app_attach(struct app *a, const char *run)
{
	struct cmd_context c = {0};
	err_auto e = ERR_INIT;

	app_close_run(a);
	app_set_state_dir(a);
	a->journal = journal_open(a->state, true, &e);
	if (!a->journal || !journal_run_find(a->journal, run, &a->run, &e)) {
		app_say(a, STYLE_BAD, mem_strdup(err_msg(&e)));
		app_close_run(a);
		return false;
	}
	if (!cmd_context_of_run(&c, &a->run)) {
		app_say(a, STYLE_BAD,
			mem_strdup("the run's plan cannot be read any more"));
		app_close_run(a);
		return false;
	}
	cmd_context_done(&a->c);
	a->c = c;
	model_init(&a->m, a->c.plan, a->c.program, a->run.id);
	app_sync_journal(a);
	feed_init(&a->feed, journal_state_dir(a->journal), a->run.id,
		  a->o.name);
	preview_start(&a->review, &a->c);
	a->m.told_us = a->wall_us;
	a->screen = app_main_screen(a);
	return true;
}

/* ---- processes ---- */

static void launch(struct app *a, const char *const *argv, const char *what)
{
	err_auto e = ERR_INIT;

	a->launching = launch_start(&a->launch, argv, &e);
	if (a->launching)
		app_say(a, STYLE_BOLD, mem_strdup(what));
	else
		app_say(a, STYLE_BAD, mem_strdup(err_msg(&e)));
}

/* The first change waits for a go, whatever the plan says. */
void app_start(struct app *a, bool practice)
{
	const char *argv[12] = {"run", a->plan_path};
	int n = 2;

	a->practice = practice;
	if (a->c.program->n > 1) {
		argv[n++] = "--hold-before";
		argv[n++] = a->c.program->v[1].name;
	}
	if (a->o.state) {
		argv[n++] = "--state";
		argv[n++] = a->o.state;
	}
	if (practice)
		argv[n++] = "--practice";
	launch(a, argv, "starting the run ...");
}

static void launch_for_run(struct app *a, const char *command, const char *to)
{
	const char *argv[12] = {command, a->run.id};
	int n = 2;

	if (to) {
		argv[n++] = "--to";
		argv[n++] = to;
	}
	argv[n++] = "--state";
	argv[n++] = journal_state_dir(a->journal);
	launch(a, argv, "a process takes the run up ...");
	a->launching = false; /* the run is known, and is followed already */
}

void app_resume(struct app *a)
{
	launch_for_run(a, "resume", NULL);
}

void app_rollback_ended(struct app *a, const char *to)
{
	launch_for_run(a, "rollback", to);
}
