/*
 * The journal on a disk that fails: whatever fails, and whenever, a row that
 * was reported durable is there afterwards, rows are in their order without a
 * gap or a double, and the chain is whole.  A row whose append failed may be
 * there or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "orchestrator/journal/internal.h"
#include "tests/fault/faulty_vfs.h"

#define ROWS 12

struct place_of_test {
	char dir[64];
	struct journal *journal;
	bool acked[ROWS];
};

static const struct journal_options on_faulty = {
	.vfs = "faulty", .busy_ms = 50, .ballast = 65536};

static void open_it(struct place_of_test *t)
{
	struct journal_run run = {.id = (char *)"r1",
				  .plan_path = (char *)"p",
				  .plan_text = (char *)"t",
				  .plan_hash = (char *)"h",
				  .version = (char *)"v"};
	err_auto e = ERR_INIT;

	*t = (struct place_of_test){.dir = "/dev/shm/cutover-fault-XXXXXX"};
	faulty_set(FAULTY_NOT, 0);
	if (access("/dev/shm", W_OK) != 0)
		strcpy(t->dir, "/tmp/cutover-fault-XXXXXX");
	if (!mkdtemp(t->dir))
		fail_msg("no temporary directory");
	t->journal = journal_open_with(t->dir, &on_faulty, &e);
	if (!t->journal || !journal_run_create(t->journal, &run, &e))
		fail_msg("%s", err_msg(&e));
}

static void remove_it(struct place_of_test *t)
{
	mem_auto_free char *cmd = mem_format("rm -rf '%s'", t->dir);

	journal_close(t->journal);
	if (system(cmd) != 0)
		fail_msg("'%s' was not removed", t->dir);
}

static bool append(struct place_of_test *t, int i, struct err *e)
{
	mem_auto_free char *pad = mem_format("%04000d", i);
	mem_auto_free char *body = mem_format("{\"pad\":\"%s\"}", pad);
	mem_auto_free char *step = mem_format("%d", i);

	return journal_append(t->journal, "r1", "row", step, body, NULL, e);
}

static void append_all(struct place_of_test *t)
{
	for (int i = 0; i < ROWS; i++) {
		err_auto e = ERR_INIT;

		t->acked[i] = append(t, i, &e);
		assert_true(t->acked[i] || e.msg);
	}
}

struct reading {
	int last;
	bool there[ROWS];
};

static bool read_row(void *arg, const struct journal_row *row, struct err *e)
{
	struct reading *r = arg;
	int i = atoi(row->step);

	(void)e;
	if (row->seq == 0)
		return true;
	assert_true(i > r->last && i < ROWS);
	r->last = i;
	r->there[i] = true;
	return true;
}

/* With a disk that works again. */
static void check_rows(struct place_of_test *t, const char *what, size_t n)
{
	struct reading r = {.last = -1};
	err_auto e = ERR_INIT;

	faulty_set(FAULTY_NOT, 0);
	t->journal = journal_open_with(t->dir, &on_faulty, &e);
	if (!t->journal || !journal_each(t->journal, "r1", 0, read_row, &r, &e))
		fail_msg("%s %zu: %s", what, n, err_msg(&e));
	for (int i = 0; i < ROWS; i++)
		if (t->acked[i] && !r.there[i])
			fail_msg("%s %zu: row %d was durable and is lost", what,
				 n, i);
}

static size_t operations(void)
{
	struct place_of_test t;
	size_t n;

	open_it(&t);
	faulty_set(FAULTY_NOT, 0);
	append_all(&t);
	journal_close(t.journal);
	n = faulty_count();
	t.journal = NULL;
	remove_it(&t);
	faulty_after_cut();
	return n;
}

static void each_operation(enum faulty_mode mode, const char *what)
{
	size_t n = operations();

	assert_true(n > 2 * ROWS);
	for (size_t i = 1; i <= n; i++) {
		struct place_of_test t;

		open_it(&t);
		faulty_set(mode, i);
		append_all(&t);
		journal_close(t.journal);
		if (mode == FAULTY_CUT)
			faulty_after_cut();
		check_rows(&t, what, i);
		remove_it(&t);
		faulty_after_cut();
	}
	print_message("# %s: %zu operations\n", what, n);
}

static void test_once(void **state)
{
	(void)state;
	each_operation(FAULTY_ONCE, "fails once at operation");
}

static void test_for_ever(void **state)
{
	(void)state;
	each_operation(FAULTY_FOR_EVER, "fails from operation");
}

static void test_full(void **state)
{
	(void)state;
	each_operation(FAULTY_FULL, "is full from operation");
}

static void test_power_cut(void **state)
{
	(void)state;
	each_operation(FAULTY_CUT, "power is cut at operation");
}

static bool has_ballast(const struct place_of_test *t)
{
	mem_auto_free char *path = mem_format("%s/ballast", t->dir);

	return access(path, F_OK) == 0;
}

/* What the runner does: it is told that the disk is full, gives the ballast
 * back, and the way back can be journaled. */
static void test_full_then_ballast(void **state)
{
	struct place_of_test t;
	err_auto e = ERR_INIT;

	(void)state;
	open_it(&t);
	assert_true(has_ballast(&t));
	faulty_set(FAULTY_FULL, 1);
	assert_false(append(&t, 0, &e));
	assert_true(journal_err_is(&e, JOURNAL_FULL));
	journal_release_ballast(t.journal);
	assert_false(has_ballast(&t));
	faulty_set(FAULTY_NOT, 0);
	for (int i = 1; i < ROWS; i++)
		t.acked[i] = append(&t, i, NULL);
	assert_true(t.acked[1] && t.acked[ROWS - 1]);
	journal_close(t.journal);
	check_rows(&t, "after the ballast", 0);
	remove_it(&t);
	faulty_after_cut();
}

static void test_read_only(void **state)
{
	struct place_of_test t;
	err_auto e = ERR_INIT;

	(void)state;
	open_it(&t);
	t.acked[0] = append(&t, 0, NULL);
	faulty_set(FAULTY_READ_ONLY, 1);
	assert_false(append(&t, 1, &e));
	assert_true(journal_err_is(&e, JOURNAL_READ_ONLY));
	journal_close(t.journal);
	check_rows(&t, "read-only", 0);
	remove_it(&t);
	faulty_after_cut();
}

static void test_busy(void **state)
{
	struct place_of_test t;
	mem_auto_free char *path = NULL;
	err_auto e = ERR_INIT;
	sqlite3 *other;

	(void)state;
	open_it(&t);
	path = mem_format("%s/" JOURNAL_FILE, t.dir);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
		SQLITE_OK);
	assert_false(append(&t, 0, &e));
	assert_int_equal(e.code, ERR_LOCKED);
	sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(other);
	t.acked[1] = append(&t, 1, NULL);
	assert_true(t.acked[1]);
	journal_close(t.journal);
	check_rows(&t, "busy", 0);
	remove_it(&t);
	faulty_after_cut();
}

static int setup(void **state)
{
	(void)state;
	faulty_register();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_for_ever),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_power_cut),
		cmocka_unit_test(test_full_then_ballast),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_busy),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
