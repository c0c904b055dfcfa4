/*
 * sheet.c - the way back as exact commands
 *
 * What the devices are is what the checkpoint recorded, over what the program
 * has made of them by then (policies are not recorded one by one).  Nothing is
 * asked of a device.
 */
#include "orchestrator/report/sheet.h"

#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/steps/project.h"

static bool bring_up_to(const struct sheet *s, struct project *p, struct err *e)
{
	project_init(p, s->targets, s->n_targets);
	p->start = (json_t *)s->start;
	project_assume(p, s->plan);
	if (s->start && !project_know_json(p, s->start, e))
		return false;
	for (int b = 0; b <= s->at; b++) {
		const struct step_vec *v = &s->program->v[b].steps;

		for (size_t i = 0; i < v->n; i++) {
			struct changeset cs = {0};
			bool ok = project_step(p, &v->v[i], &cs, NULL, e);

			changeset_done(&cs);
			if (!ok)
				return false;
		}
	}
	return !s->here || project_know_json(p, s->here, e);
}

/* Lines '#: ' are an adapter's own, for machines. */
static void put_text(const char *text, struct buf *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (strncmp(text, "#: ", 3) != 0)
			buf_printf(out, "        %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void put_changes(const struct changeset *cs, struct buf *out)
{
	for (size_t i = 0; i < cs->n_forward; i++) {
		buf_printf(out, "      %s:\n", cs->forward[i].what);
		put_text(cs->forward[i].text, out);
	}
}

static void put_looks(const struct step *s, struct buf *out)
{
	for (size_t i = 0; i < s->expect.n; i++) {
		mem_auto_free char *t = expect_text(&s->expect.v[i]);

		buf_printf(out, "      then look: %s\n", t);
	}
}

static void put_title(const struct step *s, int number, struct buf *out)
{
	buf_printf(out, "  %d. %s%s%s%s\n", number, s->target ? "on '" : "",
		   s->target ? s->target : "", s->target ? "': " : "",
		   s->title);
}

static bool put_step(struct project *p, const struct step *s, int *number,
		     struct buf *out, struct err *e)
{
	struct changeset cs = {0};
	mem_auto_free char *note = NULL;

	if (!project_step(p, s, &cs, &note, e))
		return false;
	if (s->kind == STEP_ENSURE && !cs.n_forward && !note)
		return true; /* it is so already */
	if (s->kind == STEP_DECIDE || s->kind == STEP_CONFIRM)
		return true; /* about timers, which are not armed here */
	put_title(s, ++*number, out);
	if (s->kind == STEP_SOAK) {
		mem_auto_free char *t =
			clock_span_text((int64_t)s->soak_ms * 1000);

		buf_printf(out, "      wait %s\n", t);
	}
	if (note)
		buf_printf(out, "      %s\n", note);
	put_changes(&cs, out);
	put_looks(s, out);
	changeset_done(&cs);
	return true;
}

static bool put_back(const struct sheet *s, struct project *p, struct buf *out,
		     struct err *e)
{
	int number = 0;

	for (int b = s->at; b > s->to; b--) {
		const struct block *blk = &s->program->v[b];

		buf_printf(out, " back from '%s'\n", blk->name);
		for (size_t i = 0; i < blk->undo.n; i++)
			if (!put_step(p, &blk->undo.v[i], &number, out, e))
				return false;
	}
	return true;
}

bool sheet_back(const struct sheet *s, struct buf *out, struct err *e)
{
	struct project p;
	bool ok = bring_up_to(s, &p, e) && put_back(s, &p, out, e);

	project_done(&p);
	return ok;
}

/* The first block that can be gone straight back to, before this one. */
static const struct block *retreat_of(const struct sheet *s)
{
	for (int b = 0; b < s->at; b++)
		if (s->program->v[b].n_retreat)
			return &s->program->v[b];
	return NULL;
}

static bool put_retreat(const struct sheet *s, struct project *p,
			struct buf *out, struct err *e)
{
	const struct block *b = retreat_of(s);
	bool ok = true;

	if (!b)
		return true;
	buf_printf(out,
		   "Straight back to '%s': everything on the VPN, at once. "
		   "Loses what is in flight.\n",
		   b->name);
	for (size_t i = 0; ok && i < b->n_retreat; i++) {
		struct step step = {.kind = STEP_ENSURE,
				    .id = b->retreat[i].target,
				    .target = b->retreat[i].target,
				    .want = b->retreat[i].want};
		struct changeset cs = {0};

		ok = project_step(p, &step, &cs, NULL, e);
		if (cs.n_forward)
			buf_printf(out, "    on '%s':\n", step.target);
		put_changes(&cs, out);
		changeset_done(&cs);
	}
	buf_puts(out, "\n");
	return ok;
}

bool sheet_glass(const struct sheet *s, const char *run, struct buf *out,
		 struct err *e)
{
	struct project p;
	bool ok;

	buf_printf(out,
		   "BREAK GLASS - run %s, checkpoint '%s'\n\n"
		   "The way back to '%s' by hand, without cutover.  "
		   "<secret NAME> stands for the secret of that name in the "
		   "plan.\nA device's own timer may take changes back by "
		   "itself: look before you type.\n\n",
		   run, s->program->v[s->at].name, s->program->v[s->to].name);
	ok = bring_up_to(s, &p, e) && put_retreat(s, &p, out, e);
	project_done(&p);
	if (!ok)
		return false;
	buf_puts(out, "Without loss, step by step:\n");
	return sheet_back(s, out, e);
}
