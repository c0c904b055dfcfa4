/*
 * place_test.c - the files under a journal: foreign, damaged, moved away; the
 * ballast; and a handle that may not be used
 */
#include "tests/unit/journal/fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/journal/check.h"
#include "orchestrator/journal/internal.h"

static void sh(const struct fixture *w, const char *command)
{
	mem_auto_free char *all = mem_format("cd '%s' && %s", w->dir, command);

	if (system(all) != 0)
		fail_msg("'%s' failed", all);
}

static void shut(struct fixture *w)
{
	journal_close(w->j);
	w->j = NULL;
}

static void assert_not_opened(struct fixture *w, bool read_only,
			      enum err_code code, const char *text)
{
	err_auto e = ERR_INIT;

	assert_null(journal_open(w->dir, read_only, &e));
	if (e.code != code || !strstr(e.msg, text))
		fail_msg("%s", err_msg(&e));
	assert_null(journal_open(w->dir, read_only, NULL));
}

/* ---- not ours ---- */

static void test_foreign_files(void **state)
{
	struct fixture *w = *state;

	shut(w);
	sh(w, "chmod 666 journal.db");
	assert_not_opened(w, false, ERR_REFUSED, "chmod 600");
	assert_not_opened(w, true, ERR_REFUSED, "open to others");
	sh(w, "chmod 600 journal.db && ln -s /etc/passwd journal.db-wal");
	assert_not_opened(w, false, ERR_REFUSED, "not a regular file");
	sh(w, "rm journal.db-wal && mv journal.db x && ln -s x journal.db");
	assert_not_opened(w, false, ERR_REFUSED, "not a regular file");
	sh(w, "rm journal.db && mv x journal.db");
	sh(w, "mkdir sub && chmod 755 . && touch sub/x");
	assert_not_opened(w, false, ERR_REFUSED, "chmod 700");
	sh(w, "chmod 700 .");
	w->j = journal_open(w->dir, false, NULL);
	assert_non_null(w->j);
}

static void test_foreign_databases(void **state)
{
	struct fixture *w = *state;
	sqlite3 *db;
	mem_auto_free char *path = mem_format("%s/journal.db", w->dir);

	shut(w);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version = 999", NULL, NULL, NULL);
	assert_not_opened(w, false, ERR_REFUSED, "newer cutover");
	sqlite3_exec(db, "PRAGMA user_version = 0", NULL, NULL, NULL);
	assert_not_opened(w, false, ERR_REFUSED, "not a journal of cutover");
	sqlite3_exec(db, "PRAGMA user_version = 1; PRAGMA application_id = 7",
		     NULL, NULL, NULL);
	assert_not_opened(w, false, ERR_REFUSED, "not a journal of cutover");
	sqlite3_exec(db, "PRAGMA user_version = 0; PRAGMA application_id = 0",
		     NULL, NULL, NULL);
	assert_not_opened(w, true, ERR_REFUSED, "not a journal of cutover");
	sqlite3_close(db);
	sh(w, "rm -f journal.db* && touch journal.db && chmod 600 journal.db");
	assert_not_opened(w, true, ERR_USAGE, "nothing has been run");
	sh(w, "head -c 5000 /dev/zero | tr '\\0' x > journal.db");
	assert_not_opened(w, false, ERR_IO, "damaged");
}

/* Not one page of it can be damaged without a word. */
static void test_damaged_pages(void **state)
{
	struct fixture *w = *state;
	struct stat st;
	mem_auto_free char *path = mem_format("%s/journal.db", w->dir);

	shut(w);
	sh(w, "cp -p journal.db whole");
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size >= 3 * 4096);
	for (int page = 1; page < st.st_size / 4096; page++) {
		err_auto e = ERR_INIT;
		mem_auto_free char *dd = mem_format(
			"cp -p whole journal.db && head -c 4096 /dev/zero | "
			"tr '\\0' '\\252' | dd of=journal.db bs=4096 seek=%d "
			"conv=notrunc status=none",
			page);

		sh(w, dd);
		w->j = journal_open(w->dir, true, &e);
		assert_false(w->j && journal_check(w->j, "run-a", &e));
		if (!journal_err_is(&e, JOURNAL_DAMAGED))
			fail_msg("page %d: %s", page, err_msg(&e));
		shut(w);
	}
}

static void test_no_log_on_this_file_system(void **state)
{
	struct fixture *w = *state;
	struct journal_options o = {.vfs = "unix-dotfile", .busy_ms = 10};
	mem_auto_free char *dir = mem_format("%s/new", w->dir);
	err_auto e = ERR_INIT;

	assert_null(journal_open_with(dir, &o, &e));
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.msg, "write-ahead log"));
	o.vfs = "no such";
	assert_null(journal_open_with(dir, &o, &e));
	assert_true(e.code != ERR_NONE);
}

/* ---- moved away ---- */

static void assert_vanished(struct fixture *w, const char *text)
{
	err_auto e = ERR_INIT;

	assert_false(journal_append(w->j, "run-a", "x", NULL, NULL, NULL, &e));
	assert_true(journal_err_is(&e, JOURNAL_VANISHED));
	assert_non_null(strstr(e.msg, text));
	assert_false(
		journal_append(w->j, "run-a", "x", NULL, NULL, NULL, NULL));
}

static void test_moved_away(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *away = mem_format("%s.away", w->dir);
	FILE *f;

	assert_int_equal(rename(w->dir, away), 0);
	assert_vanished(w, "deleted");
	f = fopen(w->dir, "w");
	fclose(f);
	assert_vanished(w, "lost");
	unlink(w->dir);
	assert_int_equal(rename(away, w->dir), 0);
	assert_true(journal_append(w->j, "run-a", "x", NULL, NULL, NULL, NULL));
	sh(w, "cp -p journal.db new && mv new journal.db");
	assert_vanished(w, "replaced");
}

/* ---- ballast ---- */

static const struct journal_run a_run = {.id = (char *)"b",
					 .plan_path = (char *)"p",
					 .plan_text = (char *)"t",
					 .plan_hash = (char *)"h",
					 .version = (char *)"v"};

/* A resume must be possible where a new run must not start. */
static void test_no_room_for_the_ballast(void **state)
{
	struct fixture *w = *state;
	struct rlimit was, less;
	err_auto e = ERR_INIT;
	struct journal_run run;
	bool created, appended;

	shut(w);
	sh(w, "rm ballast");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	less = was;
	less.rlim_cur = JOURNAL_BALLAST / 2;
	setrlimit(RLIMIT_FSIZE, &less);
	w->j = journal_open(w->dir, false, &e);
	appended = w->j &&
		   journal_append(w->j, "run-a", "x", NULL, NULL, NULL, &e);
	created = w->j && journal_run_create(w->j, &a_run, &e);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_true(appended);
	assert_false(created);
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.msg, "make room"));
	assert_true(journal_run_create(w->j, &a_run, NULL));
	assert_true(journal_run_find(w->j, "b", &run, NULL));
	assert_true(run.wall_us > 1700000000000000);
	journal_run_done(&run);
	journal_run_done(NULL);
}

static void test_what_an_errno_means(void **state)
{
	(void)state;
	assert_string_equal(db_rule_of(ENOSPC), JOURNAL_FULL);
	assert_string_equal(db_rule_of(EDQUOT), JOURNAL_FULL);
	assert_string_equal(db_rule_of(EROFS), JOURNAL_READ_ONLY);
	assert_string_equal(db_rule_of(EIO), JOURNAL_BROKEN);
}

/* What is under its name already is not trusted to be it. */
static void test_ballast_is_made_anew(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *path = mem_format("%s/ballast", w->dir);
	struct stat st;

	sh(w, "ln -sf /etc/passwd ballast");
	assert_true(journal_ballast_make(w->j, NULL));
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_size, JOURNAL_BALLAST);
	sh(w, ": > ballast");
	assert_true(journal_ballast_make(w->j, NULL));
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_size, JOURNAL_BALLAST);
	sh(w, "rm ballast && mkdir ballast");
	assert_false(journal_ballast_make(w->j, NULL));
	sh(w, "rmdir ballast");
	assert_true(journal_ballast_make(w->j, NULL));
}

/* ---- a handle that may not be used ---- */

static bool no_run(void *arg, const struct journal_run *run)
{
	(void)arg;
	(void)run;
	return true;
}

static void assert_every_call_refused(struct journal *j)
{
	struct err e[7];
	struct journal_run run;
	struct count c = {0};
	int64_t seq;
	char hash[DIGEST_HEX];

	memset(e, 0, sizeof(e));
	assert_false(journal_append(j, "run-a", "x", NULL, NULL, NULL, &e[0]));
	assert_false(journal_run_create(j, &a_run, &e[1]));
	assert_false(journal_run_find(j, NULL, &run, &e[2]));
	assert_false(journal_run_each(j, no_run, NULL, &e[3]));
	assert_false(journal_each(j, "run-a", 0, fixture_count, &c, &e[4]));
	assert_false(journal_tail(j, "run-a", &seq, hash, &e[5]));
	assert_false(journal_check(j, "run-a", &e[6]));
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		assert_int_equal(e[i].code, ERR_INTERNAL);
		err_done(&e[i]);
	}
}

static bool call_from_it(void *arg, const struct journal_row *row,
			 struct err *e)
{
	(void)row;
	(void)e;
	assert_every_call_refused(arg);
	return false;
}

static void test_no_call_from_a_callback(void **state)
{
	struct fixture *w = *state;

	assert_true(journal_each(w->j, "run-a", 0, call_from_it, w->j, NULL));
}

static void test_no_call_from_a_child(void **state)
{
	struct fixture *w = *state;
	pid_t is = w->j->pid;

	w->j->pid = is + 1; /* as if we were the child of who opened it */
	assert_every_call_refused(w->j);
	w->j->pid = is;
	assert_true(journal_append(w->j, "run-a", "x", NULL, NULL, NULL, NULL));
}

static void test_child_closes_nothing_of_ours(void **state)
{
	struct fixture *w = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		journal_close(w->j);
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(journal_append(w->j, "run-a", "x", NULL, NULL, NULL, NULL));
}

static void test_reader_makes_no_run(void **state)
{
	struct fixture *w = *state;
	struct journal *r = journal_open(w->dir, true, NULL);
	err_auto e = ERR_INIT;

	assert_non_null(r);
	assert_string_equal(journal_state_dir(r), w->dir);
	assert_false(journal_run_create(r, &a_run, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	journal_close(r);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_foreign_files),
		T(test_foreign_databases),
		T(test_damaged_pages),
		T(test_no_log_on_this_file_system),
		T(test_moved_away),
		T(test_no_room_for_the_ballast),
		T(test_what_an_errno_means),
		T(test_ballast_is_made_anew),
		T(test_no_call_from_a_callback),
		T(test_no_call_from_a_child),
		T(test_child_closes_nothing_of_ours),
		T(test_reader_makes_no_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
