/*
 * statement_test.c - each statement of each call fails in turn
 *
 * SQLite is interrupted at its n-th look around, or refuses to prepare the
 * n-th thing, for every n that a call has.  Whatever it was: the call says no
 * and why (or had nothing left to do but to take back an empty transaction),
 * nothing that was there is gone, the chain is whole, and the next call works.
 */
#include "tests/unit/journal/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/journal/check.h"
#include "orchestrator/journal/chain.h"

enum how { NEVER, INTERRUPTED, NOT_PREPARED, FILE_LOST };

static enum how how;
static int at, seen;
static char *lost; /* the file that is deleted, or replaced by a copy */
static const char *lost_how;

static int longest; /* text that SQLite takes; 0: what it says */

static bool now(enum how which)
{
	return how == which && ++seen == at;
}

static int look(void *arg)
{
	mem_auto_free char *command = NULL;

	(void)arg;
	if (!now(FILE_LOST))
		return now(INTERRUPTED);
	command = mem_format("f='%s'; %s", lost, lost_how);
	if (system(command) != 0)
		fail_msg("'%s' failed", command);
	return 0;
}

static int allow(void *arg, int action, const char *a, const char *b,
		 const char *c, const char *d)
{
	(void)arg;
	(void)b;
	(void)c;
	(void)d;
	/* the way out of a failure stays open */
	if (action == SQLITE_TRANSACTION && strcmp(a, "ROLLBACK") == 0)
		return SQLITE_OK;
	return now(NOT_PREPARED) ? SQLITE_DENY : SQLITE_OK;
}

/* Of every connection that is opened from here on. */
static int attach(sqlite3 *db, char **why, const void *api)
{
	(void)why;
	(void)api;
	sqlite3_progress_handler(db, 1, look, NULL);
	if (longest)
		sqlite3_limit(db, SQLITE_LIMIT_LENGTH, longest);
	sqlite3_set_authorizer(db, allow, NULL);
	return SQLITE_OK;
}

/* ---- the calls ---- */

static bool do_open(struct fixture *w, struct err *e)
{
	journal_close(w->j);
	w->j = journal_open(w->dir, false, e);
	return w->j;
}

static bool do_open_new(struct fixture *w, struct err *e)
{
	mem_auto_free char *dir = mem_format("%s/new", w->dir);
	struct journal *j = journal_open(dir, false, e);

	journal_close(j);
	return j;
}

static bool do_open_to_read(struct fixture *w, struct err *e)
{
	struct journal *j = journal_open(w->dir, true, e);

	journal_close(j);
	return j;
}

static bool do_create(struct fixture *w, struct err *e)
{
	static int n;
	mem_auto_free char *id = mem_format("more-%d", ++n);
	struct journal_run run = {.id = id,
				  .plan_path = (char *)"p",
				  .plan_text = (char *)"t",
				  .plan_hash = (char *)"h",
				  .version = (char *)"v"};

	return journal_run_create(w->j, &run, e);
}

static bool do_append(struct fixture *w, struct err *e)
{
	return journal_append(w->j, "run-a", "more", NULL, NULL, NULL, e);
}

static bool do_read(struct fixture *w, struct err *e)
{
	struct count c = {0};
	bool ok = journal_each(w->j, "run-a", 0, fixture_count, &c, e);

	assert_true(!ok || c.n > ROWS);
	return ok;
}

static bool do_tail(struct fixture *w, struct err *e)
{
	int64_t seq = -1;
	char hash[DIGEST_HEX];
	bool ok = journal_tail(w->j, "run-a", &seq, hash, e);

	assert_true(!ok || (seq >= ROWS && chain_hash_valid(hash)));
	return ok;
}

static bool find(struct fixture *w, const char *by, struct err *e)
{
	struct journal_run run = {.id = NULL};
	bool ok = journal_run_find(w->j, by, &run, e);

	assert_true(!ok || strcmp(run.plan_hash, by ? "1234" : "h") == 0);
	journal_run_done(&run);
	return ok;
}

static bool do_find_latest(struct fixture *w, struct err *e)
{
	return find(w, NULL, e);
}

static bool do_find_by_part(struct fixture *w, struct err *e)
{
	return find(w, "run-", e);
}

static bool count_run(void *arg, const struct journal_run *run)
{
	++*(int *)arg;
	return run->id;
}

static bool do_list(struct fixture *w, struct err *e)
{
	int n = 0;
	bool ok = journal_run_each(w->j, count_run, &n, e);

	assert_true(!ok || n >= 2);
	return ok;
}

static bool do_check(struct fixture *w, struct err *e)
{
	return journal_check(w->j, "more-1", e);
}

/* ---- all of them ---- */

/* Nothing is lost, and nothing is half there. */
static void assert_whole(struct fixture *w)
{
	err_auto e = ERR_INIT;
	struct count c = {0};

	if (!w->j && !do_open(w, &e))
		fail_msg("%s", err_msg(&e));
	assert_true(fixture_reads(w, "run-a", &c));
	assert_true(c.n > ROWS);
	if (!journal_check(w->j, "run-a", &e) ||
	    !journal_check(w->j, "more-1", &e))
		fail_msg("%s", err_msg(&e));
}

static bool fails_at(struct fixture *w,
		     bool (*call)(struct fixture *, struct err *),
		     enum how which, int n)
{
	err_auto e = ERR_INIT;
	bool ok, fired;

	assert_true(do_open(w, &e)); /* nothing is remembered */
	how = which;
	at = n;
	seen = 0;
	ok = call(w, &e);
	fired = seen >= at;
	how = NEVER;
	if (!fired && !ok)
		fail_msg("without a fault: %s", err_msg(&e));
	assert_true(ok || e.code != ERR_NONE);
	assert_true(ok || e.msg[0]);
	assert_whole(w);
	return fired;
}

static void each_statement(struct fixture *w, enum how which)
{
	static const struct {
		const char *name;
		bool (*call)(struct fixture *w, struct err *e);
	} calls[] = {
		{"open", do_open},
		{"open a new one", do_open_new},
		{"open to read", do_open_to_read},
		{"create", do_create},
		{"append", do_append},
		{"read", do_read},
		{"tail", do_tail},
		{"find the latest", do_find_latest},
		{"find by part", do_find_by_part},
		{"list", do_list},
		{"check", do_check},
	};

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		int n = 1;

		while (fails_at(w, calls[i].call, which, n))
			n += n < 100 ? 1 : n / 25;
		print_message("# %s: %d\n", calls[i].name, n - 1);
		assert_true(n > 1 || which == NOT_PREPARED);
	}
}

static void test_interrupted(void **state)
{
	each_statement(*state, INTERRUPTED);
}

static void test_not_prepared(void **state)
{
	each_statement(*state, NOT_PREPARED);
}

/*
 * A file under the journal is deleted or replaced while it is opened, or while
 * a row is appended: it is not opened, or the row says so.  No row is reported
 * durable that is in a file without a name.
 */
static void loses_at_each_look(const char *file, const char *command,
			       bool appending)
{
	bool fired = true;

	for (int n = 1; fired; n += 1 + n / 3) {
		struct fixture *w;
		err_auto e = ERR_INIT;
		bool ok;

		assert_int_equal(fixture_setup((void **)&w), 0);
		lost = mem_format("%s/%s", w->dir, file);
		lost_how = command;
		how = FILE_LOST;
		at = n;
		seen = 0;
		ok = appending ? do_append(w, &e) : do_open(w, &e);
		fired = seen >= at;
		how = NEVER;
		ok = ok && (appending || do_append(w, &e));
		if (fired && ok) {
			struct count c = {0};

			/* before it was opened: then it is the file itself */
			assert_true(do_open(w, &e));
			assert_true(fixture_reads(w, "run-a", &c));
			assert_int_equal(c.n, ROWS + 2);
		}
		assert_true(ok || e.code != ERR_NONE);
		free(lost);
		fixture_teardown((void **)&w);
	}
}

static void test_lost_while_it_is_used(void **state)
{
	static const char *const files[] = {"journal.db", "journal.db-wal",
					    "journal.db-shm"};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(files); i++) {
		loses_at_each_look(files[i / 2], "rm -f \"$f\"", i % 2);
		loses_at_each_look(files[i / 2],
				   "[ ! -e \"$f\" ] || { cp -p \"$f\" "
				   "\"$f.new\" && mv \"$f.new\" \"$f\"; }",
				   i % 2);
	}
}

static void test_longer_than_sqlite_takes(void **state)
{
	struct fixture *w = *state;
	err_auto e = ERR_INIT;
	mem_auto_free char *text = mem_format("{\"x\":\"%0100000d\"}", 1);

	longest = 50000;
	assert_true(do_open(w, &e));
	longest = 0;
	assert_false(
		journal_append(w->j, "run-a", "more", NULL, text, NULL, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_true(do_append(w, &e));
	assert_whole(w);
}

static int setup(void **state)
{
	int rc = sqlite3_auto_extension((void (*)(void))attach);

	return rc == SQLITE_OK && fixture_setup(state) == 0 &&
			       do_create(*state, NULL)
		       ? 0
		       : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_not_prepared),
		cmocka_unit_test(test_lost_while_it_is_used),
		cmocka_unit_test(test_longer_than_sqlite_takes),
	};

	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
