/*
 * rows.c - rows of the journal a second, beside SQLite's own for the same rows
 *
 * usage: rows DIR ROWS BYTES
 *
 * The same file system, the same durability (WAL, synchronous=FULL, one
 * transaction a row), bodies of BYTES; raw is a table without triggers and
 * without a chain.  Five rounds each, in turns; medians.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/mem.h"
#include "orchestrator/journal/journal.h"

#define ROUNDS 5

static void die(const char *what)
{
	fprintf(stderr, "rows: %s\n", what);
	exit(1);
}

static void journal_rows(const char *dir, size_t n, const char *body)
{
	struct journal_run run = {.id = (char *)"bench",
				  .plan_path = (char *)"bench.yaml",
				  .plan_text = (char *)"version: 1\n",
				  .plan_hash = (char *)"0",
				  .version = (char *)"0"};
	err_auto e = ERR_INIT;
	struct journal *j = journal_open(dir, false, &e);
	int64_t seq;

	if (!j || !journal_run_create(j, &run, &e))
		die(err_msg(&e));
	for (size_t i = 0; i < n; i++)
		if (!journal_append(j, "bench", "measure", "step", body, &seq,
				    &e))
			die(err_msg(&e));
	journal_close(j);
}

static void exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
}

static void sqlite_rows(const char *dir, size_t n, const char *body)
{
	mem_auto_free char *path = mem_format("%s/raw.db", dir);
	sqlite3_stmt *s;
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		die("cannot open");
	exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		 "CREATE TABLE r(seq INTEGER PRIMARY KEY, run TEXT, kind TEXT,"
		 " step TEXT, body TEXT) STRICT");
	if (sqlite3_prepare_v2(db,
			       "INSERT INTO r(run, kind, step, body) VALUES"
			       "('bench', 'measure', 'step', ?)",
			       -1, &s, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_text(s, 1, body, -1, SQLITE_STATIC);
		if (sqlite3_step(s) != SQLITE_DONE)
			die(sqlite3_errmsg(db));
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static double rate(const char *dir, const char *kind, int round, size_t n,
		   const char *body)
{
	mem_auto_free char *sub = mem_format("%s/%s-%d", dir, kind, round);
	int64_t from;

	if (mkdir(sub, 0700) != 0)
		die("cannot make a directory");
	from = clock_mono_us();
	(strcmp(kind, "raw") == 0 ? sqlite_rows : journal_rows)(sub, n, body);
	return (double)n * 1e6 / (double)(clock_mono_us() - from);
}

static int by_value(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

int main(int argc, char **argv)
{
	size_t n = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	size_t bytes = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	double journal[ROUNDS], raw[ROUNDS];
	mem_auto_free char *body = NULL;

	if (!n || bytes < 8) {
		fprintf(stderr, "usage: rows DIR ROWS BYTES\n");
		return 2;
	}
	body = mem_alloc(bytes + 1);
	memset(body, 'x', bytes);
	memcpy(body, "{\"a\":\"", 6);
	memcpy(body + bytes - 2, "\"}", 2);
	for (int i = 0; i < ROUNDS; i++) {
		raw[i] = rate(argv[1], "raw", i, n, body);
		journal[i] = rate(argv[1], "journal", i, n, body);
	}
	qsort(journal, ROUNDS, sizeof(*journal), by_value);
	qsort(raw, ROUNDS, sizeof(*raw), by_value);
	printf("rows of %zu bytes: journal %.0f/s, SQLite alone %.0f/s\n",
	       bytes, journal[ROUNDS / 2], raw[ROUNDS / 2]);
	return 0;
}
