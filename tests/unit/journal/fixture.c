/*
 * fixture.c - a journal with one run in a directory of its own
 */
#include "tests/unit/journal/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "orchestrator/base/mem.h"

void fixture_run(struct journal *j, const char *id)
{
	struct journal_run run = {.id = (char *)id,
				  .plan_path = "plan.yaml",
				  .plan_text = "version: 1\n",
				  .plan_hash = "1234",
				  .wall_us = 1700000000000000,
				  .version = "1.0"};
	err_auto e = ERR_INIT;

	if (!journal_run_create(j, &run, &e))
		fail_msg("%s", err_msg(&e));
}

int fixture_setup(void **state)
{
	struct fixture *w = mem_calloc(1, sizeof(*w));
	err_auto e = ERR_INIT;

	strcpy(w->dir, "/tmp/cutover-journal-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->j = journal_open(w->dir, false, &e);
	if (!w->j)
		fail_msg("%s", err_msg(&e));
	fixture_run(w->j, "run-a");
	for (int i = 1; i <= ROWS; i++) {
		mem_auto_free char *body = mem_format("{\"n\":%d}", i);

		assert_true(journal_append(w->j, "run-a", "step", "s", body,
					   NULL, &e));
	}
	*state = w;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *rm = mem_format("rm -rf '%s'", w->dir);

	journal_close(w->j);
	free(w);
	return system(rm);
}

/* ---- reading ---- */

bool fixture_count(void *arg, const struct journal_row *row, struct err *e)
{
	struct count *c = arg;

	(void)e;
	c->n++;
	memcpy(c->hash, row->hash, DIGEST_HEX);
	return c->n != c->stop_at;
}

bool fixture_reads(struct fixture *w, const char *run, struct count *c)
{
	err_auto e = ERR_INIT;
	bool ok = journal_each(w->j, run, 0, fixture_count, c, &e);

	if (!ok)
		assert_true(journal_err_is(&e, JOURNAL_DAMAGED));
	return ok;
}
