/*
 * db.c - SQLite connections, transactions and queries
 *
 * Settings: write-ahead log with synchronous=FULL, which is one sync of the
 * log for each commit, before it is reported; no memory-mapped database (a
 * truncated file must be an error, not SIGBUS); defensive mode and untrusted
 * schema, since the file may have been edited.
 *
 * What a failure means is decided here once (db_classify): the caller has to
 * tell a full disk, a read-only one, a vanished file and a damaged one apart.
 * Out of memory aborts, as everywhere.  Does not: retry, except that SQLite
 * waits for another writer.
 */
#include "orchestrator/journal/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "orchestrator/journal/journal.h"

struct db {
	sqlite3 *sql;
	struct db_query *begin_read, *begin_write, *commit;
};

struct db_query {
	struct db *db;
	sqlite3_stmt *stmt;
};

/* ---- what went wrong ---- */

struct db_meaning {
	enum err_code code;
	const char *rule;
	const char *text;
};

static void db_set_rule(struct err *e, const char *rule)
{
	if (e)
		e->rule = mem_strdup(rule);
}

bool db_fault(struct err *e, const char *rule, const char *fmt, ...)
{
	mem_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	err_set(e, ERR_IO, "%s", text);
	db_set_rule(e, rule);
	return false;
}

static struct db_meaning db_classify_io(int sys)
{
	if (sys == ENOSPC || sys == EDQUOT)
		return (struct db_meaning){ERR_IO, JOURNAL_FULL,
					   "no space left for the journal"};
	if (sys == EROFS)
		return (struct db_meaning){ERR_IO, JOURNAL_READ_ONLY,
					   "the journal is read-only"};
	return (struct db_meaning){ERR_IO, JOURNAL_BROKEN,
				   "the journal cannot be read or written"};
}

const char *db_rule_of(int sys)
{
	return db_classify_io(sys).rule;
}

static struct db_meaning db_classify(int rc, int sys)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return (struct db_meaning){ERR_LOCKED, NULL,
					   "another process keeps the journal "
					   "locked"};
	case SQLITE_FULL:
		return db_classify_io(ENOSPC);
	case SQLITE_READONLY:
		return db_classify_io(EROFS);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return (struct db_meaning){ERR_IO, JOURNAL_DAMAGED,
					   "the journal is damaged"};
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return db_classify_io(sys);
	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
		return (struct db_meaning){ERR_INVALID, NULL,
					   "the journal refuses this"};
	default:
		return (struct db_meaning){ERR_INTERNAL, NULL,
					   "unexpected answer of the journal"};
	}
}

/* Turns the connection's last failure into an error. */
static bool db_fail(struct db *db, int rc, struct err *e)
{
	int sys = sqlite3_system_errno(db->sql);
	struct db_meaning f;

	if ((rc & 0xff) == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM)
		abort();
	f = db_classify(rc, sys);
	err_set(e, f.code, "%s: %s (SQLite code %d)", f.text,
		sqlite3_errmsg(db->sql), rc);
	if (f.rule)
		db_set_rule(e, f.rule);
	return false;
}

/* ---- queries ---- */

struct db_query *db_query_new(struct db *db, const char *sql, struct err *e)
{
	struct db_query *q = mem_alloc(sizeof(*q));
	int rc = sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT,
				    &q->stmt, NULL);

	q->db = db;
	if (rc == SQLITE_OK)
		return q;
	db_fail(db, rc, e);
	free(q);
	return NULL;
}

void db_query_free(struct db_query *q)
{
	if (!q)
		return;
	sqlite3_finalize(q->stmt);
	free(q);
}

static void db_must(int rc)
{
	if (rc != SQLITE_OK)
		abort();
}

void db_query_int(struct db_query *q, int param, int64_t v)
{
	db_must(sqlite3_bind_int64(q->stmt, param, v));
}

void db_query_text(struct db_query *q, int param, const char *text)
{
	int rc = sqlite3_bind_text64(q->stmt, param, text, strlen(text),
				     SQLITE_STATIC, SQLITE_UTF8);

	/* too big: left NULL, which the table refuses when it is stepped */
	if (rc != SQLITE_TOOBIG)
		db_must(rc);
	else
		db_must(sqlite3_bind_null(q->stmt, param));
}

bool db_query_step(struct db_query *q, bool *ret_row, struct err *e)
{
	int rc = sqlite3_step(q->stmt);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_fail(q->db, rc, e);
	*ret_row = rc == SQLITE_ROW;
	return true;
}

bool db_query_run(struct db_query *q, struct err *e)
{
	bool row = false;
	bool ok = db_query_step(q, &row, e);

	db_query_reset(q);
	return ok;
}

void db_query_reset(struct db_query *q)
{
	sqlite3_reset(q->stmt);
}

static void db_insane(bool *sane)
{
	if (sane)
		*sane = false;
}

int64_t db_query_col_int(struct db_query *q, int col, bool *sane)
{
	if (sqlite3_column_type(q->stmt, col) != SQLITE_INTEGER)
		db_insane(sane);
	return sqlite3_column_int64(q->stmt, col);
}

const char *db_query_col_text(struct db_query *q, int col, bool *sane)
{
	int type = sqlite3_column_type(q->stmt, col);
	const char *text = (const char *)sqlite3_column_text(q->stmt, col);

	if (!text || type != SQLITE_TEXT ||
	    strlen(text) != (size_t)sqlite3_column_bytes(q->stmt, col))
		db_insane(sane);
	return text ? text : "";
}

bool db_exec(struct db *db, const char *sql, struct err *e)
{
	int rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK || db_fail(db, rc, e);
}

bool db_ask_int(struct db *db, const char *sql, int64_t *ret, struct err *e)
{
	struct db_query *q = db_query_new(db, sql, e);
	bool row = false;
	bool ok = q && db_query_step(q, &row, e);

	if (ok)
		*ret = row ? db_query_col_int(q, 0, NULL) : 0;
	db_query_free(q);
	return ok;
}

bool db_ask_text(struct db *db, const char *sql, char **ret, struct err *e)
{
	struct db_query *q = db_query_new(db, sql, e);
	bool row = false;
	bool ok = q && db_query_step(q, &row, e);

	if (ok)
		*ret = mem_strdup(row ? db_query_col_text(q, 0, NULL) : "");
	db_query_free(q);
	return ok;
}

/* ---- opening ---- */

static bool db_set_wal(struct db *db, struct err *e)
{
	mem_auto_free char *mode = NULL;

	if (!db_ask_text(db, "PRAGMA journal_mode = WAL", &mode, e))
		return false;
	return strcmp(mode, "wal") == 0 ||
	       err_set(e, ERR_IO,
		       "the file system cannot carry a write-ahead log (no "
		       "shared memory on it)");
}

static bool db_setup(struct db *db, const struct db_config *c, struct err *e)
{
	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_busy_timeout(db->sql, c->busy_ms);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (!db_exec(db,
		     "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;"
		     "PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL;"
		     "PRAGMA recursive_triggers = ON",
		     e))
		return false;
	if (c->read_only)
		return db_exec(db, "PRAGMA query_only = ON", e);
	return db_set_wal(db, e);
}

static bool db_prepare(struct db *db, struct err *e)
{
	db->begin_read = db_query_new(db, "BEGIN", e);
	db->begin_write =
		db->begin_read ? db_query_new(db, "BEGIN IMMEDIATE", e) : NULL;
	db->commit = db->begin_write ? db_query_new(db, "COMMIT", e) : NULL;
	return db->commit;
}

/* As a URI, because 'immutable' exists only there. */
static char *db_uri(const char *path, bool immutable)
{
	char *uri = mem_calloc(strlen(path) * 3 + 32, 1);
	char *out = uri + strlen(strcpy(uri, "file:"));

	for (; *path; path++) {
		if (strchr("%?#", *path))
			out += sprintf(out, "%%%02X", (unsigned char)*path);
		else
			*out++ = *path;
	}
	strcpy(out, immutable ? "?immutable=1" : "");
	return uri;
}

struct db *db_open(const char *path, const struct db_config *config,
		   struct err *e)
{
	mem_auto_free char *uri =
		path ? db_uri(path, config->immutable) : mem_strdup(":memory:");
	struct db *db = mem_alloc(sizeof(*db));
	/* SQLite's own mutex is left out: journal.c serializes */
	int flags =
		SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_URI;
	int rc;

	flags |= config->read_only ? SQLITE_OPEN_READONLY
				   : SQLITE_OPEN_READWRITE;
	rc = sqlite3_open_v2(uri, &db->sql, flags, config->vfs);
	if (!db->sql)
		abort();
	if ((rc == SQLITE_OK || db_fail(db, rc, e)) &&
	    (!path || db_setup(db, config, e)) && db_prepare(db, e))
		return db;
	db_close(db);
	return NULL;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db_query_free(db->begin_read);
	db_query_free(db->begin_write);
	db_query_free(db->commit);
	sqlite3_close(db->sql);
	free(db);
}

bool db_in_place(struct db *db)
{
	int moved = 1;
	int rc = sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_HAS_MOVED,
				      &moved);

	return rc == SQLITE_OK && !moved;
}

/* ---- transactions ---- */

bool db_begin(struct db *db, bool writing, struct err *e)
{
	return db_query_run(writing ? db->begin_write : db->begin_read, e);
}

bool db_commit(struct db *db, struct err *e)
{
	bool ok = db_query_run(db->commit, e);

	db_abandon(db);
	return ok;
}

void db_abandon(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}
