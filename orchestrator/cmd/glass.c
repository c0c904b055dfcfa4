/*
 * glass.c - break-glass sheets, and what a rollback is going to do
 *
 * Both come from the journal and the plan alone.  A sheet that cannot be
 * written is said, and does not stop a run.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/statedir.h"
#include "orchestrator/cmd/cmd.h"
#include "orchestrator/report/sheet.h"

/* What a run has recorded so far. */
struct record {
	json_t *checkpoints; /* name -> states */
	char *last;	     /* name of the last one */
	char *step;	     /* last step that was begun going forward */
};

static bool take_row(void *arg, const struct journal_row *row, struct err *e)
{
	struct record *r = arg;
	bool step = strcmp(row->kind, "step") == 0;
	json_auto *body = NULL;

	if (!step && strcmp(row->kind, "checkpoint") != 0)
		return true;
	body = json_text_parse(row->body, strlen(row->body), e);
	if (!body)
		return false;
	if (step && !json_peek_bool(body, "back", false)) {
		free(r->step);
		r->step = mem_strdup(row->step);
	} else if (!step) {
		free(r->last);
		r->last = mem_strdup(json_peek_str(body, "name", ""));
		json_object_set(r->checkpoints, r->last,
				json_peek(body, "states"));
	}
	return true;
}

static void record_done(struct record *r)
{
	json_decref(r->checkpoints);
	free(r->last);
	free(r->step);
}

static bool record_read(struct journal *j, const char *run, struct record *r,
			struct err *e)
{
	*r = (struct record){.checkpoints = json_object()};
	return journal_each(j, run, 0, take_row, r, e);
}

/* The block of a step id, 'BLOCK/STEP'. */
static int block_of(const struct program *p, const char *step)
{
	mem_auto_free char *name =
		mem_strndup(step ? step : "", strcspn(step ? step : "", "/"));

	return program_find_block(p, name);
}

static struct sheet sheet_of(const struct cmd_context *c,
			     const struct record *r, const char *to)
{
	int last = r->last ? program_find_block(c->program, r->last) : 0;
	int begun = block_of(c->program, r->step);

	return (struct sheet){
		.plan = c->plan,
		.program = c->program,
		.targets = c->targets,
		.n_targets = c->n_targets,
		.start = json_object_get(r->checkpoints, c->program->v[0].name),
		.here = r->last ? json_object_get(r->checkpoints, r->last)
				: NULL,
		.at = begun > last ? begun : last,
		.to = program_find_block(c->program, to),
	};
}

bool cmd_show_rollback(const struct cmd_context *c, struct journal *j,
		       const char *run, const char *to, struct err *e)
{
	struct record r;
	struct sheet s;
	buf_auto out = BUF_INIT;
	bool ok = record_read(j, run, &r, e);

	if (ok && !json_object_get(r.checkpoints, to))
		ok = err_set(e, ERR_USAGE, "run '%s' has no checkpoint '%s'",
			     run, to);
	if (ok) {
		s = sheet_of(c, &r, to);
		ok = sheet_back(&s, &out, e);
	}
	if (ok)
		printf("rollback of run %s to '%s':\n%s", run, to,
		       out.len ? buf_str(&out) : " nothing is to be undone\n");
	record_done(&r);
	return ok;
}

static bool write_sheet(const char *state_dir, const char *run,
			const char *name, const struct buf *text, struct err *e)
{
	mem_auto_free char *base =
		state_dir ? mem_strdup(state_dir) : statedir_default(e);
	mem_auto_free char *dir = base ? mem_format("%s/sheets", base) : NULL;
	mem_auto_free char *path =
		dir ? mem_format("%s/%s-%s.txt", dir, run, name) : NULL;
	bool won;
	int fd = dir ? statedir_open(dir, true, e) : -1;

	if (fd < 0)
		return false;
	close(fd);
	unlink(path); /* of the same checkpoint, made before a rollback */
	return statedir_file_create(path, text->data, text->len, &won, e);
}

void cmd_glass_write(const struct cmd_context *c, struct journal *j,
		     const char *run)
{
	struct record r;
	err_auto e = ERR_INIT;
	buf_auto out = BUF_INIT;
	bool ok = record_read(j, run, &r, &e) && r.last;

	if (ok) {
		struct sheet s = sheet_of(c, &r, c->program->v[0].name);

		s.at = program_find_block(c->program, r.last);
		ok = sheet_glass(&s, run, &out, &e) &&
		     write_sheet(journal_state_dir(j), run, r.last, &out, &e);
	}
	if (!ok)
		fprintf(stderr, "cutover: no break-glass sheet: %s\n",
			err_msg(&e));
	record_done(&r);
}
