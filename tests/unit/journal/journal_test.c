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

/* ---- runs ---- */

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

	(void)state;
	assert_memory_equal(id, "20251205-2200-hq-express-route-", 31);
	assert_int_equal(strlen(id), 35);
	assert_memory_equal(bare, "19700101-0000-run-", 18);
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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_rows_come_back),
		T(test_chain_format),
		T(test_all_or_none),
		T(test_text_that_json_cannot_carry),
		T(test_runs_are_found),
		T(test_ids_sort_and_can_be_typed),
		T(test_reader_makes_nothing),
		T(test_no_call_from_a_callback),
		T(test_vanished_file_is_no_commit),
		T(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
