/*
 * db.h - SQLite as the journal uses it; private to orchestrator/journal/
 *
 * The one place that knows SQLite: connections, transactions, queries, and
 * what its answers mean to us.  tables.h puts the journal's tables on top.
 *
 * Ownership: db_close() frees the connection; queries are freed before.
 * Threads: one at a time (journal.c serializes).  Out of memory aborts.
 */
#ifndef CUTOVER_JOURNAL_DB_H
#define CUTOVER_JOURNAL_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "orchestrator/base/err.h"

struct db;	 /* opaque */
struct db_query; /* a prepared statement; opaque */

/* Sets an ERR_IO that journal_err_is() knows by `rule`; false. */
bool db_fault(struct err *e, const char *rule, const char *fmt, ...)
	mem_printf(3, 4);

/* JOURNAL_FULL, _READ_ONLY or _BROKEN: what an errno means to a journal. */
const char *db_rule_of(int sys);

struct db_config {
	bool read_only;
	bool immutable; /* nobody writes: read without lock and shared memory */
	const char *vfs; /* NULL: the system's; tests put faults here */
	int busy_ms;	 /* how long to wait for another writer */
};

/* The file must exist (it may be empty when writing); NULL: a new database in
 * memory. */
struct db *db_open(const char *path, const struct db_config *config,
		   struct err *e);
void db_close(struct db *db);
/* Is the file that we have open still the one under its name? */
bool db_in_place(struct db *db);

/* A writing transaction waits its turn (busy_ms, then ERR_LOCKED). */
bool db_begin(struct db *db, bool writing, struct err *e);
/* False: it may or may not be durable; the transaction is over either way. */
bool db_commit(struct db *db, struct err *e);
void db_abandon(struct db *db); /* rolls back; fine when there is none */

bool db_exec(struct db *db, const char *sql, struct err *e);
/* The first value of the first row; no row: 0 and "". */
bool db_ask_int(struct db *db, const char *sql, int64_t *ret, struct err *e);
bool db_ask_text(struct db *db, const char *sql, char **ret, struct err *e);

/*
 * Queries: parameters are numbered from 1, columns from 0.  Texts are borrowed
 * until the reset.  Every use ends with db_query_reset(): a query that is left
 * open keeps a read transaction open, and the log could not shrink.
 */
struct db_query *db_query_new(struct db *db, const char *sql, struct err *e);
void db_query_free(struct db_query *q); /* NULL is fine */
void db_query_int(struct db_query *q, int param, int64_t v);
void db_query_text(struct db_query *q, int param, const char *text);
bool db_query_step(struct db_query *q, bool *ret_row, struct err *e);
/* Steps a statement that gives no rows, and resets. */
bool db_query_run(struct db_query *q, struct err *e);
void db_query_reset(struct db_query *q);
/* *sane (may be NULL) is cleared where the column is of another type, NULL, or
 * a text with a NUL inside; the value is then 0, or what can be read. */
int64_t db_query_col_int(struct db_query *q, int col, bool *sane);
const char *db_query_col_text(struct db_query *q, int col, bool *sane);

#endif
