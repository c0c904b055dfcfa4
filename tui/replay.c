/*
 * replay.c - messages from a file, rows into a journal
 *
 * Invariant: a row is in the journal before the app hears of it, as it is with
 * a live run.
 */
#include "tui/replay.h"

#include <string.h>

void replay_stop_clock(struct replay *r, int64_t wall_us)
{
	r->clock =
		(struct clock_virtual){.mono_us = wall_us, .wall_us = wall_us};
	r->still = true;
	clock_virtual_use(&r->clock);
}

static json_t *next(struct replay *r, char **line, struct err *e)
{
	size_t cap = 0;
	ssize_t n = getline(line, &cap, r->f);

	if (n < 0) {
		err_set(e, ERR_INVALID, "the recording is at its end");
		return NULL;
	}
	return json_text_parse(*line, (size_t)n, e);
}

static bool make_run(struct replay *r, const struct app *a, const json_t *head,
		     struct err *e)
{
	const struct plan *p = a->c.plan;
	struct journal_run run = {
		.id = mem_strdup(json_peek_str(head, "run", "")),
		.plan_path = p->path,
		.plan_text = p->text,
		.plan_hash = p->hash,
		.version = (char *)CUTOVER_VERSION " " CMD_PRACTICE_MARK,
		.wall_us = json_peek_int(head, "time_us", 0)};

	r->run = run.id;
	replay_stop_clock(r, run.wall_us);
	r->journal = journal_open(a->state, false, e);
	return r->journal && journal_run_create(r->journal, &run, e);
}

bool replay_open(struct replay *r, struct app *a, const char *path,
		 struct err *e)
{
	mem_auto_free char *line = NULL;
	json_auto *head = NULL;

	if (!a->c.plan)
		return err_set(e, ERR_USAGE, "there is no plan to replay");
	a->practice = true;
	app_set_state_dir(a);
	r->f = fopen(path, "re");
	if (!r->f)
		return err_errno(e, ERR_IO, "'%s'", path);
	head = next(r, &line, e);
	if (!head || !make_run(r, a, head, e))
		return err_wrap(e, "'%s'", path);
	if (!app_attach(a, r->run))
		return err_set(e, ERR_INVALID, "'%s': %s", path,
			       a->message ? a->message : "no such run");
	a->replayed = true;
	return true;
}

static bool take(struct replay *r, struct app *a, const json_t *j,
		 struct err *e)
{
	const char *event = json_peek_str(j, "event", "");
	int64_t us = json_peek_int(j, "time_us", 0);

	if (!us)
		us = json_peek_int(json_peek(j, "snapshot"), "time_us", 0);
	if (us > r->clock.wall_us)
		r->clock.wall_us = r->clock.mono_us = us;
	if (strcmp(event, "row") == 0) {
		mem_auto_free char *body =
			json_text_canonical(json_peek(j, "body"));

		if (!journal_append(
			    r->journal, r->run, json_peek_str(j, "kind", ""),
			    json_peek_str(j, "step", ""), body, NULL, e))
			return false;
	}
	app_take(a, j);
	app_turn(a, clock_wall_us(), clock_mono_us());
	return true;
}

bool replay_until(struct replay *r, struct app *a, const char *text,
		  struct err *e)
{
	if (!r->f)
		return err_set(e, ERR_USAGE, "nothing is replayed");
	for (;;) {
		mem_auto_free char *line = NULL;
		json_auto *j = next(r, &line, e);

		if (!j || !take(r, a, j, e))
			return false;
		if (strstr(line, text))
			return true;
	}
}

void replay_done(struct replay *r)
{
	if (r->still)
		clock_virtual_use(NULL);
	if (r->f)
		fclose(r->f);
	journal_close(r->journal);
	free(r->run);
	*r = (struct replay){0};
}
