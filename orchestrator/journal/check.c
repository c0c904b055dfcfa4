/*
 * check.c - what stands around a run's rows
 *
 * Reads only.  The first thing that is wrong is the answer: whoever has to
 * trust a journal needs to know that he cannot, not a list.  Threads,
 * ownership: as journal.h.
 */
#include "orchestrator/journal/check.h"

#include <string.h>

#include "orchestrator/journal/chain.h"
#include "orchestrator/journal/internal.h"

static bool damaged(struct err *e, const char *what)
{
	return db_fault(e, JOURNAL_DAMAGED,
			"the journal is not as it was written: %s", what);
}

struct genesis {
	const struct journal_run *run;
	const char *before; /* hash that it must follow */
	bool found;
};

static bool compare_genesis(void *arg, const struct tables_row *r,
			    struct err *e)
{
	struct genesis *g = arg;
	mem_auto_free char *body = chain_genesis_body(g->run);

	g->found = r->row.seq == 0;
	if (!g->found || strcmp(r->row.body, body) != 0)
		damaged(e, "the run's plan, name or time is another than its "
			   "first row says");
	else if (strcmp(r->row.prev, g->before) != 0)
		damaged(e, "the run does not follow from the one before it");
	return false; /* the first row only */
}

static bool check_run(struct journal *j, const char *id, struct err *e)
{
	struct journal_run run = {.id = NULL};
	char before[DIGEST_HEX];
	struct genesis g = {.run = &run, .before = before};
	struct err inner = ERR_INIT;
	int64_t nr;

	if (!journal_run_nr(j, id, &nr, e) ||
	    !journal_run_before(j, nr, before, e) ||
	    !tables_run_read(j->tables, nr, true, &run, e))
		return false;
	if (run.id)
		tables_row_each(j->tables, nr, id, 0, compare_genesis, &g,
				&inner);
	journal_run_done(&run);
	if (!g.found && inner.code == ERR_NONE)
		damaged(&inner, "the run has no first row");
	if (inner.code == ERR_NONE)
		return true;
	err_move(e, &inner);
	return false;
}

static void first_of(void *arg, const char *text)
{
	char **first = arg;

	if (!*first)
		*first = mem_strdup(text);
}

bool journal_check(struct journal *j, const char *run, struct err *e)
{
	mem_auto_free char *wrong = NULL;
	bool ok;

	if (!journal_enter(j, e))
		return false;
	ok = tables_check(j->tables, first_of, &wrong, e);
	if (ok && wrong)
		ok = damaged(e, wrong);
	ok = ok && check_run(j, run, e);
	journal_leave(j);
	return ok;
}
