/*
 * lock_test.c - one process per name, and no lock outlives its holder
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/journal/lock.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/cutover-lock-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
	mem_auto_free char *command = mem_format("rm -rf '%s'", dir);

	(void)state;
	return system(command);
}

static void second_one_is_told_who(void **state)
{
	err_auto e = ERR_INIT;
	struct journal_lock *a = journal_lock_take(dir, "run-1", &e);
	mem_auto_free char *me = mem_format("process %ld ", (long)getpid());
	mem_auto_free char *who = NULL;

	(void)state;
	assert_non_null(a);
	journal_lock_note(a, "run 'x'");
	assert_null(journal_lock_take(dir, "run-1", &e));
	assert_int_equal(e.code, ERR_LOCKED);
	assert_non_null(strstr(e.msg, me));
	assert_non_null(strstr(e.msg, ", run 'x'"));
	who = journal_lock_holder(dir, "run-1");
	assert_non_null(who);
	assert_non_null(strstr(who, me));
	journal_lock_release(a);
}

static void released_is_free(void **state)
{
	err_auto e = ERR_INIT;
	struct journal_lock *a = journal_lock_take(dir, "n", &e), *b;

	(void)state;
	assert_non_null(a);
	journal_lock_release(a);
	assert_null(journal_lock_holder(dir, "n"));
	b = journal_lock_take(dir, "n", &e);
	assert_non_null(b);
	journal_lock_release(b);
	journal_lock_release(NULL);
}

static void names_are_independent(void **state)
{
	err_auto e = ERR_INIT;
	struct journal_lock *a = journal_lock_take(dir, "a", &e);
	struct journal_lock *b = journal_lock_take(dir, "b", &e);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	journal_lock_release(a);
	journal_lock_release(b);
}

/* SIGKILL, the hardest end: the lock is free, its old text misleads nobody. */
static void killed_holder_frees(void **state)
{
	err_auto e = ERR_INIT;
	struct journal_lock *l;
	char *who;
	int ready[2];
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		l = journal_lock_take(dir, "k", NULL);
		c = l ? 'y' : 'n';
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	who = journal_lock_holder(dir, "k");
	assert_non_null(who);
	free(who);
	assert_null(journal_lock_take(dir, "k", &e));
	assert_int_equal(e.code, ERR_LOCKED);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	assert_null(journal_lock_holder(dir, "k"));
	l = journal_lock_take(dir, "k", &e);
	assert_non_null(l);
	journal_lock_release(l);
}

/* A program that we start does not inherit it. */
static void exec_does_not_keep(void **state)
{
	err_auto e = ERR_INIT;
	struct journal_lock *l = journal_lock_take(dir, "x", &e);
	pid_t pid;

	(void)state;
	assert_non_null(l);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sleep", "sleep", "30", (char *)NULL);
		_exit(127);
	}
	journal_lock_release(l);
	l = NULL;
	for (int i = 0; !l && i < 100; i++) { /* until it is another program */
		usleep(100000);
		err_done(&e);
		l = journal_lock_take(dir, "x", &e);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_non_null(l);
	journal_lock_release(l);
}

static void bad_names(void **state)
{
	static const char *const bad[] = {"",	 ".",	"..",	".x",
					  "a/b", "a b", "../x", "\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err_auto e = ERR_INIT;

		assert_null(journal_lock_take(dir, bad[i], &e));
		assert_int_equal(e.code, ERR_USAGE);
		assert_null(journal_lock_holder(dir, bad[i]));
	}
}

static void foreign_files_are_refused(void **state)
{
	mem_auto_free char *locks = mem_format("%s/locks", dir);
	mem_auto_free char *link = mem_format("%s/locks/l", dir);
	mem_auto_free char *open = mem_format("%s/locks/o", dir);
	err_auto e = ERR_INIT;
	FILE *f;

	(void)state;
	mkdir(locks, 0700);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_null(journal_lock_take(dir, "l", &e));
	assert_int_equal(e.code, ERR_IO);
	f = fopen(open, "w");
	assert_non_null(f);
	fclose(f);
	chmod(open, 0666);
	assert_null(journal_lock_take(dir, "o", &e));
	assert_int_equal(e.code, ERR_REFUSED);
}

static void looking_makes_nothing(void **state)
{
	mem_auto_free char *none = mem_format("%s/none", dir);
	struct stat st;

	(void)state;
	assert_null(journal_lock_holder(none, "x"));
	assert_int_not_equal(stat(none, &st), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)
	const struct CMUnitTest tests[] = {
		T(second_one_is_told_who),    T(released_is_free),
		T(names_are_independent),     T(killed_holder_frees),
		T(exec_does_not_keep),	      T(bad_names),
		T(foreign_files_are_refused), T(looking_makes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
