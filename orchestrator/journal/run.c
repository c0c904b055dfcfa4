/*
 * run.c - runs: making, finding, listing
 *
 * Invariant: a run and its row 0 are committed together, so that a run without
 * a genesis is damage.  Threads, ownership: as journal.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/journal/chain.h"
#include "orchestrator/journal/internal.h"

#define RUN_SLUG_MAX 32

void journal_run_done(struct journal_run *run)
{
	if (!run)
		return;
	free(run->id);
	free(run->plan_path);
	free(run->plan_text);
	free(run->plan_hash);
	free(run->version);
	*run = (struct journal_run){.id = NULL};
}

/* Lower-case letters and digits, anything else becomes one '-'. */
static void run_slug(const char *name, char out[RUN_SLUG_MAX + 1])
{
	size_t n = 0;

	for (; *name && n < RUN_SLUG_MAX; name++) {
		char c = *name;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n && out[n - 1] == '-')
		n--;
	out[n] = 0;
}

char *journal_run_id_new(const char *plan_name, int64_t wall_us)
{
	time_t s = (time_t)(wall_us / 1000000);
	char slug[RUN_SLUG_MAX + 1], when[32];
	unsigned char r[2];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M", &tm);
	run_slug(plan_name, slug);
	digest_random(r, sizeof(r));
	return mem_format("%s-%s-%02x%02x", when, slug[0] ? slug : "run", r[0],
			  r[1]);
}

/* ---- making ---- */

static bool run_text_check(const char *text, const char *what, struct err *e)
{
	if (!text)
		return err_set(e, ERR_INTERNAL, "a run has no %s", what);
	return chain_text_valid(text) ||
	       err_set(e, ERR_INVALID, "the %s is not UTF-8 text", what);
}

static bool run_check(const struct journal_run *run, struct err *e)
{
	if (run->id && !run->id[0])
		return err_set(e, ERR_INTERNAL, "a run has an empty id");
	return run_text_check(run->id, "id", e) &&
	       run_text_check(run->plan_path, "plan's path", e) &&
	       run_text_check(run->plan_text, "plan", e) &&
	       run_text_check(run->plan_hash, "plan's hash", e) &&
	       run_text_check(run->version, "version", e);
}

bool journal_run_before(struct journal *j, int64_t nr,
			char ret_hash[DIGEST_HEX], struct err *e)
{
	if (nr > 1)
		return tables_row_hash(j->tables, nr - 1, 0, ret_hash, e);
	memcpy(ret_hash, CHAIN_ZERO, DIGEST_HEX);
	return true;
}

static bool run_put_genesis(struct journal *j, int64_t nr,
			    const struct journal_run *run, struct err *e)
{
	mem_auto_free char *body = chain_genesis_body(run);
	struct journal_row row = {.seq = 0,
				  .run = run->id,
				  .wall_us = run->wall_us,
				  .kind = CHAIN_GENESIS,
				  .step = "",
				  .body = body};

	if (!journal_run_before(j, nr, row.prev, e))
		return false;
	if (!chain_hash_valid(row.prev))
		return db_fault(e, JOURNAL_DAMAGED,
				"the run before this one has lost its first "
				"row; see 'cutover verify'");
	chain_hash(&row, row.hash);
	return tables_row_insert(j->tables, nr, &row, e);
}

static bool run_put(struct journal *j, const struct journal_run *run,
		    struct err *e)
{
	int64_t taken, last;

	if (!tables_run_number(j->tables, run->id, &taken, e) ||
	    !tables_run_number(j->tables, NULL, &last, e))
		return false;
	if (taken)
		return err_set(e, ERR_REFUSED,
			       "the journal has a run '%s' already", run->id);
	return tables_run_insert(j->tables, last + 1, run, e) &&
	       run_put_genesis(j, last + 1, run, e) && journal_commit(j, e);
}

bool journal_run_create(struct journal *j, const struct journal_run *run,
			struct err *e)
{
	struct journal_run copy = *run;
	bool ok;

	if (!run_check(run, e) || !journal_ballast_make(j, e))
		return false;
	if (!copy.wall_us)
		copy.wall_us = clock_wall_us();
	if (!journal_enter(j, e))
		return false;
	ok = journal_begin(j, e) && run_put(j, &copy, e);
	if (!ok)
		journal_abandon(j);
	journal_leave(j);
	return ok;
}

/* ---- finding ---- */

/* A beginning or an end that fits exactly one run; *ret: its id. */
static bool run_guess(struct journal *j, const char *part, char **ret,
		      struct err *e)
{
	mem_auto_free char *ids = NULL;
	size_t n;

	if (!part[0])
		return err_set(e, ERR_USAGE, "an empty name names no run");
	if (!tables_run_match(j->tables, part, &ids, &n, e))
		return false;
	if (n == 0)
		return err_set(e, ERR_USAGE,
			       "the journal has no run '%s'; see 'cutover "
			       "status'",
			       part);
	if (n > 1)
		return err_set(e, ERR_USAGE,
			       "'%s' may be any of %zu runs: %s; give more of "
			       "it",
			       part, n, ids);
	*ret = ids;
	ids = NULL;
	return true;
}

static bool run_number(struct journal *j, const char *id, int64_t *ret,
		       struct err *e)
{
	mem_auto_free char *whole = NULL;

	if (!tables_run_number(j->tables, id, ret, e))
		return false;
	if (*ret)
		return true;
	if (!id)
		return err_set(e, ERR_USAGE, "the journal has no run yet");
	return run_guess(j, id, &whole, e) &&
	       tables_run_number(j->tables, whole, ret, e);
}

bool journal_run_find(struct journal *j, const char *id,
		      struct journal_run *ret, struct err *e)
{
	int64_t nr;
	bool ok;

	if (!journal_enter(j, e))
		return false;
	ok = run_number(j, id, &nr, e) &&
	     tables_run_read(j->tables, nr, true, ret, e);
	journal_leave(j);
	return ok;
}

static bool run_each(struct journal *j, journal_run_fn *fn, void *arg,
		     struct err *e)
{
	int64_t last;

	if (!tables_run_number(j->tables, NULL, &last, e))
		return false;
	for (int64_t nr = 1; nr <= last; nr++) {
		struct journal_run run;
		bool more = true;

		if (!tables_run_read(j->tables, nr, false, &run, e))
			return false;
		if (run.id)
			more = fn(arg, &run);
		journal_run_done(&run);
		if (!more)
			break;
	}
	return true;
}

bool journal_run_each(struct journal *j, journal_run_fn *fn, void *arg,
		      struct err *e)
{
	bool ok;

	if (!journal_enter(j, e))
		return false;
	ok = run_each(j, fn, arg, e);
	journal_leave(j);
	return ok;
}
