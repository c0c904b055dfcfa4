/*
 * tamper_test.c - a journal that somebody changed does not pass
 *
 * Done as one who owns the file would: with SQLite itself, the triggers dropped
 * before and made again after, hashes computed anew where that could hide it.
 */
#include "tests/unit/journal/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/journal/chain.h"
#include "orchestrator/journal/check.h"

static sqlite3 *own(struct fixture *w)
{
	mem_auto_free char *find = mem_format("ls '%s'/*.db", w->dir);
	char path[256] = "";
	sqlite3 *db = NULL;
	FILE *f = popen(find, "r");

	assert_non_null(fgets(path, sizeof(path), f));
	pclose(f);
	path[strcspn(path, "\n")] = 0;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

static int run_sql(struct fixture *w, const char *sql)
{
	sqlite3 *db = own(w);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	sqlite3_close(db);
	return rc;
}

static int add_trigger(void *arg, int n, char **v, char **names)
{
	mem_auto_free char *was = *(char **)arg;

	(void)n;
	(void)names;
	*(char **)arg = mem_format("%s%s;", was, v[0]);
	return 0;
}

static int drop_trigger(void *arg, int n, char **v, char **names)
{
	mem_auto_free char *sql = mem_format("DROP TRIGGER %s", v[0]);

	(void)n;
	(void)names;
	return sqlite3_exec(arg, sql, NULL, NULL, NULL);
}

/* As the owner of the file: the triggers are there again afterwards. */
static void tamper(struct fixture *w, const char *sql)
{
	sqlite3 *db = own(w);
	mem_auto_free char *triggers = mem_strdup("");
	char *why = NULL;

	sqlite3_exec(db, "SELECT sql FROM sqlite_schema WHERE type='trigger'",
		     add_trigger, &triggers, NULL);
	sqlite3_exec(db, "SELECT name FROM sqlite_schema WHERE type='trigger'",
		     drop_trigger, db, NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK ||
	    sqlite3_exec(db, triggers, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

static bool count_run(void *arg, const struct journal_run *run)
{
	++*(int *)arg;
	return run->id;
}

#define SEQ "(pos & 1099511627775)"

static void test_append_only(void **state)
{
	static const char *const forbidden[] = {
		"UPDATE entry SET body='{}' WHERE " SEQ " = 2",
		"DELETE FROM entry WHERE " SEQ " = 2",
		"REPLACE INTO entry SELECT * FROM entry WHERE " SEQ " = 2",
		"INSERT INTO entry SELECT pos + 1, wall_us, kind, step, body,"
		" prev, hash FROM entry WHERE " SEQ " = 5",
		"UPDATE run SET plan_text='x'",
		"DELETE FROM run",
		"INSERT INTO run SELECT 7, 'z', '', '', '', 0, '' FROM run",
	};
	struct fixture *w = *state;
	struct count c = {0};

	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		assert_int_equal(run_sql(w, forbidden[i]) & 0xff,
				 SQLITE_CONSTRAINT);
	assert_true(fixture_reads(w, "run-a", &c));
	assert_int_equal(c.n, ROWS + 1);
}

static void test_changed_row(void **state)
{
	struct fixture *w = *state;
	struct count c = {0};

	tamper(w, "UPDATE entry SET body='{\"n\":9}' WHERE " SEQ " = 3");
	assert_false(fixture_reads(w, "run-a", &c));
	assert_int_equal(c.n, 3);
}

static void test_deleted_row(void **state)
{
	struct fixture *w = *state;
	struct count c = {0};

	tamper(w, "DELETE FROM entry WHERE " SEQ " = 3");
	assert_false(fixture_reads(w, "run-a", &c));
	assert_int_equal(c.n, 3);
}

static void test_reordered_rows(void **state)
{
	struct fixture *w = *state;
	struct count c = {0};

	tamper(w, "UPDATE entry SET pos = -1 WHERE " SEQ " = 3;"
		  "UPDATE entry SET pos = pos - 1 WHERE " SEQ " = 4;"
		  "UPDATE entry SET pos = (1 << 40) + 4 WHERE pos = -1");
	assert_false(fixture_reads(w, "run-a", &c));
}

/* The hash is computed anew: the row after it tells. */
static void test_changed_row_with_its_hash(void **state)
{
	struct fixture *w = *state;
	struct journal_row row = {.seq = 3,
				  .run = "run-a",
				  .wall_us = 5,
				  .kind = "step",
				  .step = "s",
				  .body = "{\"n\":9}"};
	mem_auto_free char *sql = NULL;
	struct count to_2 = {.stop_at = 3}, c = {0};

	assert_true(fixture_reads(w, "run-a", &to_2));
	memcpy(row.prev, to_2.hash, DIGEST_HEX);
	chain_hash(&row, row.hash);
	sql = mem_format("UPDATE entry SET wall_us=5, body='%s', hash='%s' "
			 "WHERE " SEQ " = 3",
			 row.body, row.hash);
	tamper(w, sql);
	assert_false(fixture_reads(w, "run-a", &c));
	assert_int_equal(c.n, 4);
}

static void assert_check_finds(struct fixture *w, const char *run,
			       const char *why)
{
	err_auto e = ERR_INIT;

	assert_false(journal_check(w->j, run, &e));
	assert_true(journal_err_is(&e, JOURNAL_DAMAGED));
	if (!strstr(err_msg(&e), why))
		fail_msg("'%s' is not in: %s", why, err_msg(&e));
}

static void test_changed_plan(void **state)
{
	struct fixture *w = *state;

	tamper(w, "UPDATE run SET plan_text='version: 2'");
	assert_check_finds(w, "run-a", "first row");
}

static void test_first_row_gone(void **state)
{
	struct fixture *w = *state;

	tamper(w, "DELETE FROM entry WHERE " SEQ " = 0");
	assert_check_finds(w, "run-a", "first row");
}

static void test_run_between_gone(void **state)
{
	struct fixture *w = *state;
	err_auto e = ERR_INIT;

	fixture_run(w->j, "run-b");
	fixture_run(w->j, "run-c");
	assert_true(journal_check(w->j, "run-c", &e));
	tamper(w, "DELETE FROM entry WHERE pos >> 40 = 2;"
		  "DELETE FROM run WHERE nr = 2;"
		  "UPDATE run SET nr = 2 WHERE nr = 3;"
		  "UPDATE entry SET pos = (2 << 40) WHERE pos >> 40 = 3");
	journal_close(w->j);
	w->j = journal_open(w->dir, false, NULL);
	assert_check_finds(w, "run-c", "does not follow");
}

static void test_rows_of_no_run(void **state)
{
	struct fixture *w = *state;

	fixture_run(w->j, "run-b");
	tamper(w, "DELETE FROM run WHERE nr = 2");
	assert_check_finds(w, "run-a", "a run that does not exist");
}

static void test_trigger_gone(void **state)
{
	struct fixture *w = *state;

	assert_int_equal(run_sql(w, "DROP TRIGGER entry_no_update"), SQLITE_OK);
	assert_check_finds(w, "run-a", "trigger");
}

/* As a copy of the tables without their rules: anything can be in them. */
#define LOOSE                                                                  \
	"PRAGMA legacy_alter_table = ON; CREATE TABLE loose (pos INTEGER "     \
	"PRIMARY KEY, wall_us, kind, step,"                                    \
	" body, prev, hash); INSERT INTO loose SELECT * FROM entry;"           \
	"DROP TABLE entry; ALTER TABLE loose RENAME TO entry;"

static void test_rows_of_another_type(void **state)
{
	static const char *const set[] = {
		"kind = NULL",	      "step = 5",
		"body = x'7b7d'",     "body = 'a' || char(0) || 'b'",
		"wall_us = 'monday'", "prev = 'short'",
		"hash = hash || '0'", "hash = NULL",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(set); i++) {
		mem_auto_free char *sql = mem_format(
			LOOSE "UPDATE entry SET %s WHERE " SEQ " = 3", set[i]);
		struct count c = {0};
		struct fixture *w;

		assert_int_equal(fixture_setup((void **)&w), 0);
		assert_int_equal(run_sql(w, sql), SQLITE_OK);
		assert_false(fixture_reads(w, "run-a", &c));
		assert_int_equal(c.n, 3);
		assert_check_finds(w, "run-a", "tables are not");
		fixture_teardown((void **)&w);
	}
}

/* What went missing under a run that goes on is seen at its next row. */
static void test_rows_lost_while_it_runs(void **state)
{
	struct fixture *w = *state;
	err_auto e = ERR_INIT;

	tamper(w, "DELETE FROM entry");
	assert_false(journal_append(w->j, "run-a", "x", NULL, NULL, NULL, &e));
	assert_true(journal_err_is(&e, JOURNAL_DAMAGED));
	assert_non_null(strstr(e.msg, "lost its rows"));
	assert_check_finds(w, "run-a", "no first row");
	tamper(w, "DELETE FROM run");
	assert_check_finds(w, "run-a", "no first row");
}

static void test_no_run_follows_a_lost_one(void **state)
{
	struct fixture *w = *state;
	struct journal_run run = {.id = (char *)"b",
				  .plan_path = (char *)"p",
				  .plan_text = (char *)"t",
				  .plan_hash = (char *)"h",
				  .version = (char *)"v"};
	err_auto e = ERR_INIT;

	tamper(w, "DELETE FROM entry WHERE " SEQ " = 0");
	assert_false(journal_run_create(w->j, &run, &e));
	assert_true(journal_err_is(&e, JOURNAL_DAMAGED));
	assert_non_null(strstr(e.msg, "lost its first row"));
	assert_int_equal(run_sql(w, "SELECT 1"), SQLITE_OK);
}

/* Wherever somebody hides a row: it belongs to no run. */
static void test_rows_anywhere(void **state)
{
	static const char *const at[] = {"-1",
					 "-9223372036854775807 - 1",
					 "2 << 40",
					 "(3 << 40) + 7",
					 "9223372036854775807",
					 "9223370937343148032"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		mem_auto_free char *sql = mem_format(
			"INSERT INTO entry SELECT %s, wall_us, kind, step,"
			" body, prev, hash FROM entry WHERE " SEQ " = 2",
			at[i]);
		struct fixture *w;

		assert_int_equal(fixture_setup((void **)&w), 0);
		tamper(w, sql);
		assert_check_finds(w, "run-a", "a run that does not exist");
		fixture_teardown((void **)&w);
	}
}

static void test_a_run_that_is_gone_is_not_listed(void **state)
{
	struct fixture *w = *state;
	int n = 0;

	fixture_run(w->j, "run-b");
	fixture_run(w->j, "run-c");
	tamper(w, "DELETE FROM run WHERE nr = 2");
	assert_true(journal_run_each(w->j, count_run, &n, NULL));
	assert_int_equal(n, 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_append_only),
		T(test_changed_row),
		T(test_deleted_row),
		T(test_reordered_rows),
		T(test_changed_row_with_its_hash),
		T(test_changed_plan),
		T(test_first_row_gone),
		T(test_run_between_gone),
		T(test_rows_of_no_run),
		T(test_trigger_gone),
		cmocka_unit_test(test_rows_of_another_type),
		T(test_rows_lost_while_it_runs),
		T(test_no_run_follows_a_lost_one),
		cmocka_unit_test(test_rows_anywhere),
		T(test_a_run_that_is_gone_is_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
