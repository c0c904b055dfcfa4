/*
 * journal_test.c - rows that are only ever added, and how they are read
 */
#include "tests/unit/journal/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/journal/chain.h"
#include "orchestrator/journal/check.h"
#include "orchestrator/journal/db.h"

/* ---- reading ---- */

static void test_rows_come_back(void **state)
{
	struct fixture *w = *state;
	struct count all = {0}, some = {.stop_at = 2};
	char hash[DIGEST_HEX];
	int64_t seq = 0;
	err_auto e = ERR_INIT;

	assert_true(fixture_reads(w, "run-a", &all));
	assert_int_equal(all.n, ROWS + 1);
	assert_true(fixture_reads(w, "run-a", &some));
	assert_int_equal(some.n, 2);
	assert_true(journal_tail(w->j, "run-a", &seq, hash, &e));
	assert_int_equal(seq, ROWS);
	assert_string_equal(hash, all.hash);
	assert_true(journal_check(w->j, "run-a", &e));
}

/* The format that chain.h promises to everybody, computed another way. */
static bool hash_is_as_promised(void *arg, const struct journal_row *r,
				struct err *e)
{
	mem_auto_free char *seq = mem_format("%lld", (long long)r->seq);
	mem_auto_free char *wall = mem_format("%lld", (long long)r->wall_us);
	const char *const f[] = {r->prev, seq,	   r->run, wall,
				 r->kind, r->step, r->body};
	mem_auto_free char *all = mem_strdup("");
	char hash[DIGEST_HEX];

	(void)e;
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		char *more = mem_format("%s%zu:%s,", all, strlen(f[i]), f[i]);

		free(all);
		all = more;
	}
	digest_sha256_hex(all, strlen(all), hash);
	assert_string_equal(hash, r->hash);
	++*(int *)arg;
	return true;
}

static void test_chain_format(void **state)
{
	struct fixture *w = *state;
	int n = 0;

	assert_true(
		journal_each(w->j, "run-a", 0, hash_is_as_promised, &n, NULL));
	assert_int_equal(n, ROWS + 1);
}

static void test_all_or_none(void **state)
{
	struct fixture *w = *state;
	struct journal_row rows[] = {
		{.kind = "one"}, {.kind = "two", .body = "{\"x\":\"\xff\"}"}};
	int64_t seq = 0;
	char hash[DIGEST_HEX];
	err_auto e = ERR_INIT;

	assert_false(journal_append_many(w->j, "run-a", rows, 2, NULL, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_true(journal_tail(w->j, "run-a", &seq, hash, NULL));
	assert_int_equal(seq, ROWS);
	rows[1].body = "{\"x\":\"\xc3\xa4\"}";
	assert_true(journal_append_many(w->j, "run-a", rows, 2, &seq, NULL));
	assert_int_equal(seq, ROWS + 2);
	rows[1].kind = "";
	assert_false(journal_append_many(w->j, "run-a", rows, 2, NULL, NULL));
	assert_false(
		journal_append(w->j, "nobody", "x", NULL, NULL, NULL, NULL));
}

static void test_text_that_json_cannot_carry(void **state)
{
	static const char *const bad[] = {"\x80",
					  "\xc0\x80",
					  "\xc2",
					  "\xe0\x9f\xbf",
					  "\xed\xa0\x80",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80",
					  "\xe2\x82"};
	static const char *const good[] = {"",
					   "plain",
					   "\xc2\x80",
					   "\xe0\xa0\x80",
					   "\xed\x9f\xbf",
					   "\xf0\x90\x80\x80",
					   "\xf4\x8f\xbf\xbf"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(chain_text_valid(bad[i]));
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(chain_text_valid(good[i]));
	assert_false(chain_hash_valid("12"));
	assert_true(chain_hash_valid(CHAIN_ZERO));
}

/* A row without a kind, and texts that JSON cannot carry, are not taken. */
static void test_rows_that_are_not_taken(void **state)
{
	static const struct journal_row bad[] = {
		{.kind = NULL},
		{.kind = ""},
		{.kind = "\xff"},
		{.kind = "k", .step = "\xff"},
		{.kind = "k", .body = "\xff"},
	};
	struct fixture *w = *state;
	struct journal_row good = {.kind = "k", .wall_us = 1234567};
	int64_t seq = 0;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err_auto e = ERR_INIT;

		assert_false(journal_append_many(w->j, "run-a", &bad[i], 1,
						 NULL, &e));
		assert_int_equal(e.code, i < 2 ? ERR_INTERNAL : ERR_INVALID);
	}
	assert_true(journal_append_many(w->j, "run-a", &good, 1, &seq, NULL));
	assert_int_equal(seq, ROWS + 1);
	assert_true(journal_each(w->j, "run-a", seq, fixture_count,
				 &(struct count){0}, NULL));
}

static bool fails(void *arg, const struct journal_row *row, struct err *e)
{
	++*(int *)arg;
	assert_int_equal(row->wall_us > 0, 1);
	return err_set(e, ERR_INVALID, "not this one");
}

static void test_a_callback_that_fails(void **state)
{
	struct fixture *w = *state;
	err_auto e = ERR_INIT;
	int n = 0;

	assert_false(journal_each(w->j, "run-a", -5, fails, &n, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_int_equal(n, 1);
	assert_false(journal_each(w->j, "nobody", 0, fails, &n, &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_false(journal_err_is(&e, JOURNAL_FULL));
	assert_false(journal_err_is(NULL, JOURNAL_FULL));
}

/* ---- runs ---- */

static void test_runs_that_are_not_made(void **state)
{
	static const struct {
		struct journal_run run;
		enum err_code code;
		const char *text;
	} bad[] = {
#define RUN(i, p, t, h, v)                                                     \
	{.id = (char *)(i),                                                    \
	 .plan_path = (char *)(p),                                             \
	 .plan_text = (char *)(t),                                             \
	 .plan_hash = (char *)(h),                                             \
	 .version = (char *)(v)}
		{RUN(NULL, "", "", "", ""), ERR_INTERNAL, "no id"},
		{RUN("", "", "", "", ""), ERR_INTERNAL, "empty id"},
		{RUN("\xff", "", "", "", ""), ERR_INVALID, "the id is not"},
		{RUN("b", NULL, "", "", ""), ERR_INTERNAL, "plan's path"},
		{RUN("b", "", "\xff", "", ""), ERR_INVALID, "the plan is not"},
		{RUN("b", "", "", NULL, ""), ERR_INTERNAL, "plan's hash"},
		{RUN("b", "", "", "", "\xff"), ERR_INVALID, "version"},
	};
	struct fixture *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err_auto e = ERR_INIT;

		assert_false(journal_run_create(w->j, &bad[i].run, &e));
		assert_int_equal(e.code, bad[i].code);
		assert_non_null(strstr(e.msg, bad[i].text));
	}
}

static bool stop_at_first(void *arg, const struct journal_run *run)
{
	(void)run;
	return ++*(int *)arg < 1;
}

static void test_listing_stops(void **state)
{
	struct fixture *w = *state;
	int n = 0;

	fixture_run(w->j, "run-b");
	assert_true(journal_run_each(w->j, stop_at_first, &n, NULL));
	assert_int_equal(n, 1);
}

/* What a URI would read in the name of a directory is a name. */
static void test_a_place_with_an_odd_name(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *dir = mem_format("%s/a?b#c%%20d e", w->dir);
	struct journal *j = journal_open(dir, false, NULL);
	mem_auto_free char *db = mem_format("%s/journal.db", dir);
	struct journal_run run = {.id = NULL};
	err_auto e = ERR_INIT;

	assert_non_null(j);
	assert_int_equal(access(db, F_OK), 0);
	assert_false(journal_run_find(j, NULL, &run, &e));
	assert_int_equal(e.code, ERR_USAGE);
	fixture_run(j, "first");
	assert_true(journal_run_find(j, NULL, &run, &e));
	assert_string_equal(run.id, "first");
	journal_run_done(&run);
	journal_close(j);
}

static bool take_id(void *arg, const struct journal_run *run)
{
	mem_auto_free char *was = *(char **)arg;

	assert_null(run->plan_text);
	*(char **)arg = mem_format("%s%s ", was, run->id);
	return true;
}

static void assert_found(struct fixture *w, const char *by, const char *id)
{
	struct journal_run run = {0};
	err_auto e = ERR_INIT;
	bool ok = journal_run_find(w->j, by, &run, &e);

	if (!id) {
		assert_false(ok);
		assert_int_equal(e.code, ERR_USAGE);
		return;
	}
	assert_true(ok);
	assert_string_equal(run.id, id);
	assert_string_equal(run.plan_text, "version: 1\n");
	journal_run_done(&run);
}

static void test_runs_are_found(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *ids = mem_strdup("");
	struct journal_run again = {.id = "run-a",
				    .plan_path = "",
				    .plan_text = "",
				    .plan_hash = "",
				    .version = ""};
	err_auto e = ERR_INIT;

	fixture_run(w->j, "other-b");
	assert_found(w, NULL, "other-b");
	assert_found(w, "run-a", "run-a");
	assert_found(w, "run", "run-a");
	assert_found(w, "-b", "other-b");
	assert_found(w, "nothing", NULL);
	assert_found(w, "", NULL);
	fixture_run(w->j, "run-c");
	assert_found(w, "run", NULL); /* two of them */
	assert_true(journal_run_each(w->j, take_id, &ids, NULL));
	assert_string_equal(ids, "run-a other-b run-c ");
	assert_false(journal_run_create(w->j, &again, &e));
	assert_int_equal(e.code, ERR_REFUSED);
}

static void test_ids_sort_and_can_be_typed(void **state)
{
	mem_auto_free char *id =
		journal_run_id_new("HQ: Express//Route!", 1764972000000000);
	mem_auto_free char *bare = journal_run_id_new("", 0);
	mem_auto_free char *tail = journal_run_id_new("--a9[]{}", 0);
	mem_auto_free char *long_one = journal_run_id_new(
		"0123456789012345678901234567890123456789", 0);

	(void)state;
	assert_memory_equal(id, "20251205-2200-hq-express-route-", 31);
	assert_int_equal(strlen(id), 35);
	assert_memory_equal(bare, "19700101-0000-run-", 18);
	assert_memory_equal(tail, "19700101-0000-a9-", 17);
	assert_int_equal(strlen(tail), 21);
	assert_int_equal(strlen(long_one), 14 + 32 + 5);
}

/* ---- opening ---- */

static void test_reader_makes_nothing(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *none = mem_format("%s/none", w->dir);
	struct journal *r;
	struct count c = {0};
	err_auto e = ERR_INIT;

	assert_null(journal_open(none, true, &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_equal(access(none, F_OK), -1);
	r = journal_open(w->dir, true, NULL);
	assert_non_null(r);
	assert_true(journal_each(r, "run-a", 0, fixture_count, &c, NULL));
	assert_int_equal(c.n, ROWS + 1);
	assert_false(journal_append(r, "run-a", "x", NULL, NULL, NULL, NULL));
	journal_close(r);
	journal_close(NULL);
}

static bool call_again(void *arg, const struct journal_row *row, struct err *e)
{
	struct fixture *w = arg;
	err_auto inner = ERR_INIT;

	(void)row;
	(void)e;
	assert_false(
		journal_append(w->j, "run-a", "x", NULL, NULL, NULL, &inner));
	assert_int_equal(inner.code, ERR_INTERNAL);
	return false;
}

static void test_no_call_from_a_callback(void **state)
{
	struct fixture *w = *state;

	assert_true(journal_each(w->j, "run-a", 0, call_again, w, NULL));
}

static void test_vanished_file_is_no_commit(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *rm = mem_format("rm -f '%s'/*.db*", w->dir);
	err_auto e = ERR_INIT;

	assert_int_equal(system(rm), 0);
	assert_false(journal_append(w->j, "run-a", "x", NULL, NULL, NULL, &e));
	assert_true(journal_err_is(&e, JOURNAL_VANISHED));
}

/* Every commit is synced: a power cut takes nothing that was promised. */
static void test_settings(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *find = mem_format("ls '%s'/*.db", w->dir);
	struct db_config config = {.busy_ms = 1000};
	char path[256] = "";
	int64_t sync = 0, recursive = 0;
	mem_auto_free char *mode = NULL;
	FILE *f = popen(find, "r");
	struct db *db;

	assert_non_null(fgets(path, sizeof(path), f));
	pclose(f);
	path[strcspn(path, "\n")] = 0;
	db = db_open(path, &config, NULL);
	assert_non_null(db);
	assert_true(db_ask_int(db, "PRAGMA synchronous", &sync, NULL));
	assert_true(
		db_ask_int(db, "PRAGMA recursive_triggers", &recursive, NULL));
	assert_true(db_ask_text(db, "PRAGMA journal_mode", &mode, NULL));
	assert_int_equal(sync, 2); /* FULL */
	assert_int_equal(recursive, 1);
	assert_string_equal(mode, "wal");
	db_close(db);
}

/* What db.h says of answers that are none. */
static void test_answers(void **state)
{
	struct db_config config = {.busy_ms = 0};
	struct db *db = db_open(NULL, &config, NULL);
	mem_auto_free char *text = NULL, *null = NULL;
	struct db_query *q;
	int64_t n = 5;
	bool sane = true, row = false;
	err_auto e = ERR_INIT;

	(void)state;
	assert_non_null(db);
	assert_true(db_ask_int(db, "SELECT 7 WHERE 0", &n, &e));
	assert_int_equal(n, 0);
	assert_true(db_ask_text(db, "SELECT 'x' WHERE 0", &text, &e));
	assert_string_equal(text, "");
	assert_true(db_ask_text(db, "SELECT NULL", &null, &e));
	assert_string_equal(null, "");
	assert_false(db_ask_int(db, "SELECT nothing", &n, NULL));
	assert_false(db_ask_int(db, "SELECT nothing", &n, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_false(db_exec(db, "nonsense", &e));
	assert_true(db_begin(db, false, &e));
	q = db_query_new(db, "SELECT 'x', 3", &e);
	assert_true(db_query_step(q, &row, &e));
	assert_true(row);
	assert_int_equal(db_query_col_int(q, 1, &sane), 3);
	assert_true(sane);
	assert_int_equal(db_query_col_int(q, 0, &sane), 0);
	assert_false(sane);
	assert_int_equal(db_query_col_int(q, 0, NULL), 0);
	db_query_free(q);
	assert_true(db_commit(db, &e));
	db_close(db);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_rows_come_back),
		T(test_chain_format),
		T(test_all_or_none),
		T(test_text_that_json_cannot_carry),
		T(test_rows_that_are_not_taken),
		T(test_a_callback_that_fails),
		T(test_runs_that_are_not_made),
		T(test_listing_stops),
		T(test_a_place_with_an_odd_name),
		T(test_runs_are_found),
		T(test_ids_sort_and_can_be_typed),
		T(test_reader_makes_nothing),
		T(test_no_call_from_a_callback),
		T(test_vanished_file_is_no_commit),
		T(test_settings),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
