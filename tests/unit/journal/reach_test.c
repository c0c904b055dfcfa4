/*
 * reach_test.c - what a process may not do or has not enough of: directories
 * that it cannot write to, no home, no name, no descriptor left
 */
#include "tests/unit/journal/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/journal/head.h"
#include "orchestrator/journal/internal.h"
#include "orchestrator/journal/lock.h"

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

/* ---- out of reach ---- */

/* As somebody who may not do everything; root comes back to itself. */
static void be(const struct fixture *w, uid_t uid)
{
	mem_auto_free char *own = mem_format("chown -R %u .", (unsigned)uid);

	if (geteuid() != 0)
		return;
	sh(w, own);
	assert_int_equal(setresuid(uid, uid, 0), 0);
}

static void be_back(void)
{
	uid_t real, now, saved;

	assert_int_equal(getresuid(&real, &now, &saved), 0);
	if (saved == 0)
		assert_int_equal(setresuid(0, 0, 0), 0);
}

/* On a read-only file system the file alone is the truth, if no log is. */
static void test_directory_is_read_only(void **state)
{
	struct fixture *w = *state;
	struct count c = {0};
	bool ok;

	shut(w);
	be(w, 12345);
	chmod(w->dir, 0500);
	w->j = journal_open(w->dir, true, NULL);
	ok = w->j && journal_each(w->j, "run-a", 0, fixture_count, &c, NULL);
	be_back();
	assert_true(ok);
	assert_int_equal(c.n, ROWS + 1);
}

static void test_log_cannot_be_replayed(void **state)
{
	struct fixture *w = *state;
	err_auto e = ERR_INIT;
	struct journal *j;

	shut(w);
	sh(w, "head -c 5000 /dev/zero > journal.db-wal && "
	      "chmod 600 journal.db-wal");
	be(w, 12345);
	chmod(w->dir, 0500);
	j = journal_open(w->dir, true, &e);
	be_back();
	assert_null(j); /* what is in the log might be missed */
	assert_int_equal(e.code, ERR_IO);
}

static void test_nothing_can_be_made(void **state)
{
	struct fixture *w = *state;
	err_auto e = ERR_INIT;
	mem_auto_free char *sub = mem_format("%s/sub", w->dir);
	struct journal *j, *k;
	struct journal_lock *l;

	shut(w);
	mkdir(sub, 0700);
	be(w, 12345);
	chmod(sub, 0500);
	j = journal_open(sub, false, &e);
	l = journal_lock_take(sub, "x", NULL);
	chmod(sub, 0);
	k = journal_open(sub, true, NULL);
	be_back();
	assert_null(j);
	assert_null(k);
	assert_null(l);
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.msg, "cannot create"));
}

static void test_holder_without_a_name(void **state)
{
	struct fixture *w = *state;
	struct journal_lock *l;
	char *who;

	shut(w);
	be(w, 3999999);
	l = journal_lock_take(w->dir, "x", NULL);
	who = journal_lock_holder(w->dir, "x");
	be_back();
	assert_non_null(l);
	if (geteuid() == 0)
		assert_non_null(strstr(who, "of user 3999999 on"));
	free(who);
	journal_lock_release(l);
}

/* Whoever names no place has one of his own, or is told to name one. */
static void test_the_default_place(void **state)
{
	struct fixture *w = *state;
	mem_auto_free char *home = mem_strdup(getenv("HOME"));
	mem_auto_free char *head = NULL, *none = NULL, *who = NULL;
	mem_auto_free char *db = mem_format("%s/cutover/journal.db", w->dir);
	err_auto e = ERR_INIT;
	struct journal *j, *k;
	struct journal_lock *l, *m;

	shut(w);
	be(w, 12345);
	setenv("XDG_STATE_HOME", w->dir, 1);
	j = journal_open(NULL, false, &e);
	l = journal_lock_take(NULL, "x", &e);
	who = journal_lock_holder(NULL, "x");
	head = journal_head_sign(NULL, true, "r", 1, "abc", &e);
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	k = journal_open(NULL, false, &e);
	m = journal_lock_take(NULL, "x", NULL);
	none = journal_head_sign(NULL, true, "r", 1, "abc", NULL);
	be_back();
	setenv("HOME", home, 1);
	assert_non_null(j);
	journal_close(j);
	assert_int_equal(access(db, F_OK), 0);
	assert_non_null(l);
	assert_non_null(who);
	journal_lock_release(l);
	assert_non_null(head);
	assert_null(k);
	assert_null(m);
	assert_null(none);
	assert_int_equal(e.code, ERR_USAGE);
}

/* ---- no descriptor left ---- */

static void leave_descriptors(rlim_t n, struct rlimit *was)
{
	struct rlimit less;
	int next = dup(0);

	assert_true(next > 0);
	close(next);
	getrlimit(RLIMIT_NOFILE, was);
	less = *was;
	less.rlim_cur = (rlim_t)next + n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
}

static bool opens(const char *dir, struct err *e)
{
	struct journal *j = journal_open(dir, false, e);

	journal_close(j);
	return j;
}

static bool locks(const char *dir, struct err *e)
{
	struct journal_lock *l = journal_lock_take(dir, "x", e);

	journal_lock_release(l);
	return l;
}

static bool signs(const char *dir, struct err *e)
{
	mem_auto_free char *head =
		journal_head_sign(dir, true, "r", 1, "abc", e);

	return head;
}

static void test_no_descriptor_left(void **state)
{
	static bool (*const calls[])(const char *,
				     struct err *) = {opens, locks, signs};
	struct fixture *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		const char *dir = w->dir;
		bool ok = false;

		for (rlim_t n = 0; !ok; n++) {
			err_auto e = ERR_INIT;
			struct rlimit was;

			leave_descriptors(n, &was);
			ok = calls[i](dir, &e);
			setrlimit(RLIMIT_NOFILE, &was);
			assert_true(n > 0 || !ok);
			assert_true(ok || e.code != ERR_NONE);
			if (n > 20)
				fail_msg("%s", err_msg(&e));
		}
		assert_true(calls[i](dir, NULL));
	}
}

static void test_nobody_seen_holding(void **state)
{
	struct fixture *w = *state;
	struct journal_lock *l = journal_lock_take(w->dir, "x", NULL);
	struct rlimit was;
	char *who;

	assert_non_null(l);
	leave_descriptors(2, &was);
	who = journal_lock_holder(w->dir, "x");
	setrlimit(RLIMIT_NOFILE, &was);
	free(who);
	sh(w, ": > locks/x");
	who = journal_lock_holder(w->dir, "x");
	assert_string_equal(who, "another process");
	free(who);
	sh(w, "printf 'a\\033b\\177c\\nd' > locks/x");
	who = journal_lock_holder(w->dir, "x");
	assert_string_equal(who, "a?b?c");
	free(who);
	assert_null(journal_lock_holder(w->dir, "nobody"));
	journal_lock_release(l);
}

static void test_held_by_who_says_nothing(void **state)
{
	struct fixture *w = *state;
	struct journal_lock *l = journal_lock_take(w->dir, "x", NULL);
	err_auto e = ERR_INIT;

	sh(w, ": > locks/x");
	assert_null(journal_lock_take(w->dir, "x", &e));
	assert_int_equal(e.code, ERR_LOCKED);
	assert_non_null(strstr(e.msg, "held by another process"));
	journal_lock_release(l);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_directory_is_read_only),
		T(test_log_cannot_be_replayed),
		T(test_nothing_can_be_made),
		T(test_holder_without_a_name),
		T(test_the_default_place),
		T(test_no_descriptor_left),
		T(test_nobody_seen_holding),
		T(test_held_by_who_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
