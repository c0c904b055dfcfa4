/*
 * tables.c - runs and rows in the database
 *
 * Invariants: a function that writes is called inside db_begin(writing) ..
 * db_commit(); every query is reset before its function returns.
 */
#include "orchestrator/journal/tables.h"

#include <string.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/journal/schema.h"

enum tables_sql {
	TABLES_ROW_INSERT,
	TABLES_ROW_TAIL,
	TABLES_ROW_HASH,
	TABLES_ROW_EACH,
	TABLES_ROW_NEXT,
	TABLES_RUN_INSERT,
	TABLES_RUN_LATEST,
	TABLES_RUN_BY_ID,
	TABLES_RUN_MATCH,
	TABLES_RUN_READ,
	TABLES_QUERIES,
};

static const char *const tables_sql[TABLES_QUERIES] = {
	[TABLES_ROW_INSERT] =
		"INSERT INTO entry (pos, wall_us, kind, step, body, prev, hash)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)",
	[TABLES_ROW_TAIL] = "SELECT pos, hash FROM entry WHERE pos BETWEEN ?"
			    " AND ? ORDER BY pos DESC LIMIT 1",
	[TABLES_ROW_HASH] = "SELECT hash FROM entry WHERE pos = ?",
	[TABLES_ROW_EACH] =
		"SELECT pos, wall_us, kind, step, body, prev, hash FROM entry"
		" WHERE pos BETWEEN ? AND ? ORDER BY pos",
	[TABLES_ROW_NEXT] =
		"SELECT pos FROM entry WHERE pos >= ? ORDER BY pos LIMIT 1",
	[TABLES_RUN_INSERT] =
		"INSERT INTO run (nr, id, plan_path, plan_text, plan_hash,"
		" wall_us, version) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[TABLES_RUN_LATEST] = "SELECT coalesce(max(nr), 0) FROM run",
	[TABLES_RUN_BY_ID] = "SELECT nr FROM run WHERE id = ?",
	[TABLES_RUN_MATCH] =
		"SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1"
		" OR substr(id, -length(?1)) = ?1 ORDER BY nr",
	[TABLES_RUN_READ] = "SELECT id, plan_path, plan_hash, wall_us, version,"
			    " CASE WHEN ?2 THEN plan_text ELSE '' END FROM run"
			    " WHERE nr = ?1",
};

struct tables {
	struct db *db;
	struct db_query *q[TABLES_QUERIES];
};

static int64_t tables_pos(int64_t nr, int64_t seq)
{
	return nr << TABLES_SEQ_BITS | seq;
}

/* ---- opening and migrating ---- */

static bool tables_version(struct db *db, int64_t *ret, struct err *e)
{
	int64_t id, tables;

	if (!db_ask_int(db, "PRAGMA application_id", &id, e) ||
	    !db_ask_int(db, "PRAGMA user_version", ret, e) ||
	    !db_ask_int(db, "SELECT count(*) FROM sqlite_schema", &tables, e))
		return false;
	if (!id && !*ret && !tables)
		return true; /* new */
	if (id != SCHEMA_APPLICATION_ID || *ret < 1)
		return err_set(e, ERR_REFUSED,
			       "this database is not a journal of cutover");
	if (*ret > (int64_t)ARRAY_LEN(schema_versions))
		return err_set(e, ERR_REFUSED,
			       "the journal was written by a newer cutover "
			       "(schema %d, this one knows %zu); use that one",
			       (int)*ret, ARRAY_LEN(schema_versions));
	return true;
}

static bool tables_migrate_from(struct db *db, int64_t version, struct err *e)
{
	mem_auto_free char *sql = NULL;

	for (size_t v = (size_t)version; v < ARRAY_LEN(schema_versions); v++)
		if (!db_exec(db, schema_versions[v], e))
			return false;
	sql = mem_format(
		"PRAGMA application_id = %d; PRAGMA user_version = %zu",
		SCHEMA_APPLICATION_ID, ARRAY_LEN(schema_versions));
	return db_exec(db, sql, e);
}

static bool tables_migrate(struct db *db, bool read_only, struct err *e)
{
	int64_t newest = ARRAY_LEN(schema_versions), version;
	bool ok;

	if (!tables_version(db, &version, e))
		return false;
	if (version == newest)
		return true;
	if (read_only)
		return err_set(e, ERR_USAGE,
			       "the journal is empty, or older than this "
			       "cutover; nothing has been run with it yet");
	/* again under the lock: another process may have been quicker */
	ok = db_begin(db, true, e) && tables_version(db, &version, e) &&
	     (version == newest || tables_migrate_from(db, version, e)) &&
	     db_commit(db, e);
	db_abandon(db);
	return ok;
}

struct tables *tables_open(const char *path, const struct db_config *config,
			   struct err *e)
{
	struct tables *t = mem_alloc(sizeof(*t));

	t->db = db_open(path, config, e);
	if (!t->db || !tables_migrate(t->db, config->read_only, e))
		goto fail;
	for (size_t i = 0; i < TABLES_QUERIES; i++) {
		t->q[i] = db_query_new(t->db, tables_sql[i], e);
		if (!t->q[i])
			goto fail;
	}
	return t;
fail:
	tables_close(t);
	return NULL;
}

void tables_close(struct tables *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < TABLES_QUERIES; i++)
		db_query_free(t->q[i]);
	db_close(t->db);
	free(t);
}

struct db *tables_db(struct tables *t)
{
	return t->db;
}

/* ---- runs ---- */

bool tables_run_insert(struct tables *t, int64_t nr,
		       const struct journal_run *run, struct err *e)
{
	struct db_query *q = t->q[TABLES_RUN_INSERT];

	db_query_int(q, 1, nr);
	db_query_text(q, 2, run->id);
	db_query_text(q, 3, run->plan_path);
	db_query_text(q, 4, run->plan_text);
	db_query_text(q, 5, run->plan_hash);
	db_query_int(q, 6, run->wall_us);
	db_query_text(q, 7, run->version);
	return db_query_run(q, e);
}

bool tables_run_number(struct tables *t, const char *id, int64_t *ret_nr,
		       struct err *e)
{
	struct db_query *q = t->q[id ? TABLES_RUN_BY_ID : TABLES_RUN_LATEST];
	bool row, ok;

	if (id)
		db_query_text(q, 1, id);
	ok = db_query_step(q, &row, e);
	if (ok)
		*ret_nr = row ? db_query_col_int(q, 0, NULL) : 0;
	db_query_reset(q);
	return ok;
}

bool tables_run_match(struct tables *t, const char *part, char **ret_ids,
		      size_t *ret_n, struct err *e)
{
	struct db_query *q = t->q[TABLES_RUN_MATCH];
	buf_auto ids = BUF_INIT;
	bool row = false, ok;
	size_t n = 0;

	db_query_text(q, 1, part);
	while ((ok = db_query_step(q, &row, e)) && row)
		buf_printf(&ids, "%s%s", n++ ? ", " : "",
			   db_query_col_text(q, 0, NULL));
	db_query_reset(q);
	if (ok) {
		*ret_ids = buf_steal(&ids);
		*ret_n = n;
	}
	return ok;
}

bool tables_run_read(struct tables *t, int64_t nr, bool with_text,
		     struct journal_run *ret, struct err *e)
{
	struct db_query *q = t->q[TABLES_RUN_READ];
	struct journal_run run = {.id = NULL};
	bool row, ok;

	db_query_int(q, 1, nr);
	db_query_int(q, 2, with_text);
	ok = db_query_step(q, &row, e);
	if (ok && row) {
		run.id = mem_strdup(db_query_col_text(q, 0, NULL));
		run.plan_path = mem_strdup(db_query_col_text(q, 1, NULL));
		run.plan_hash = mem_strdup(db_query_col_text(q, 2, NULL));
		run.wall_us = db_query_col_int(q, 3, NULL);
		run.version = mem_strdup(db_query_col_text(q, 4, NULL));
		if (with_text)
			run.plan_text =
				mem_strdup(db_query_col_text(q, 5, NULL));
	}
	db_query_reset(q);
	if (ok)
		*ret = run;
	return ok;
}

/* ---- rows ---- */

bool tables_row_insert(struct tables *t, int64_t nr,
		       const struct journal_row *row, struct err *e)
{
	struct db_query *q = t->q[TABLES_ROW_INSERT];

	db_query_int(q, 1, tables_pos(nr, row->seq));
	db_query_int(q, 2, row->wall_us);
	db_query_text(q, 3, row->kind);
	db_query_text(q, 4, row->step);
	db_query_text(q, 5, row->body);
	db_query_text(q, 6, row->prev);
	db_query_text(q, 7, row->hash);
	return db_query_run(q, e);
}

static void tables_col_hash(struct db_query *q, int col, bool *sane,
			    char out[DIGEST_HEX])
{
	const char *text = db_query_col_text(q, col, sane);
	size_t n = strnlen(text, DIGEST_HEX);

	if (n != DIGEST_HEX - 1 && sane)
		*sane = false;
	n = n < DIGEST_HEX ? n : DIGEST_HEX - 1;
	memcpy(out, text, n);
	out[n] = 0;
}

bool tables_row_tail(struct tables *t, int64_t nr, int64_t *ret_seq,
		     char ret_hash[DIGEST_HEX], struct err *e)
{
	struct db_query *q = t->q[TABLES_ROW_TAIL];
	bool row, ok;

	db_query_int(q, 1, tables_pos(nr, 0));
	db_query_int(q, 2, tables_pos(nr, TABLES_SEQ_MAX));
	ok = db_query_step(q, &row, e);
	if (ok) {
		*ret_seq = -1;
		ret_hash[0] = 0;
	}
	if (ok && row) {
		*ret_seq = db_query_col_int(q, 0, NULL) & TABLES_SEQ_MAX;
		tables_col_hash(q, 1, NULL, ret_hash);
	}
	db_query_reset(q);
	return ok;
}

bool tables_row_hash(struct tables *t, int64_t nr, int64_t seq,
		     char ret_hash[DIGEST_HEX], struct err *e)
{
	struct db_query *q = t->q[TABLES_ROW_HASH];
	bool row, ok;

	db_query_int(q, 1, tables_pos(nr, seq));
	ok = db_query_step(q, &row, e);
	if (ok)
		ret_hash[0] = 0;
	if (ok && row)
		tables_col_hash(q, 0, NULL, ret_hash);
	db_query_reset(q);
	return ok;
}

static struct tables_row tables_row_peek(struct db_query *q, const char *run)
{
	struct tables_row r = {.sane = true};

	r.row.run = run;
	r.row.seq = db_query_col_int(q, 0, &r.sane) & TABLES_SEQ_MAX;
	r.row.wall_us = db_query_col_int(q, 1, &r.sane);
	r.row.kind = db_query_col_text(q, 2, &r.sane);
	r.row.step = db_query_col_text(q, 3, &r.sane);
	r.row.body = db_query_col_text(q, 4, &r.sane);
	tables_col_hash(q, 5, &r.sane, r.row.prev);
	tables_col_hash(q, 6, &r.sane, r.row.hash);
	return r;
}

bool tables_row_each(struct tables *t, int64_t nr, const char *run,
		     int64_t from_seq, tables_row_fn *fn, void *arg,
		     struct err *e)
{
	struct db_query *q = t->q[TABLES_ROW_EACH];
	bool row = false, ok;

	db_query_int(q, 1, tables_pos(nr, from_seq < 0 ? 0 : from_seq));
	db_query_int(q, 2, tables_pos(nr, TABLES_SEQ_MAX));
	while ((ok = db_query_step(q, &row, e)) && row) {
		struct tables_row r = tables_row_peek(q, run);

		ok = fn(arg, &r, e);
		if (!ok)
			break;
	}
	db_query_reset(q);
	return ok;
}

/* ---- checks beside the chains ---- */

static bool tables_check_pages(struct tables *t, tables_check_fn *fn, void *arg,
			       struct err *e)
{
	struct db_query *q =
		db_query_new(t->db, "PRAGMA integrity_check(20)", e);
	bool row = false, ok = q;

	while (ok && (ok = db_query_step(q, &row, e)) && row) {
		const char *text = db_query_col_text(q, 0, NULL);

		if (strcmp(text, "ok") != 0)
			fn(arg, text);
	}
	db_query_free(q);
	return ok;
}

#define TABLES_SCHEMA_TEXT                                                     \
	"SELECT group_concat(x, char(10)) FROM (SELECT type || ' ' || name"    \
	" || ' ' || coalesce(sql, '') AS x FROM sqlite_schema"                 \
	" ORDER BY type, name)"

/* Compares with what the migrations make of an empty database. */
static bool tables_check_schema(struct tables *t, tables_check_fn *fn,
				void *arg, struct err *e)
{
	struct db_config config = {.busy_ms = 0};
	mem_auto_free char *is = NULL, *should = NULL;
	struct db *fresh = NULL;
	bool ok;

	if (!db_ask_text(t->db, TABLES_SCHEMA_TEXT, &is, e))
		return false;
	fresh = db_open(NULL, &config, e);
	ok = fresh && tables_migrate_from(fresh, 0, e) &&
	     db_ask_text(fresh, TABLES_SCHEMA_TEXT, &should, e);
	db_close(fresh);
	if (ok && strcmp(is, should) != 0)
		fn(arg, "the tables are not as cutover makes them: somebody "
			"changed or dropped an append-only trigger");
	return ok;
}

/* Position of the first row at or behind *pos; *ret_row: there is one. */
static bool tables_row_next(struct tables *t, int64_t *pos, bool *ret_row,
			    struct err *e)
{
	struct db_query *q = t->q[TABLES_ROW_NEXT];
	bool ok;

	db_query_int(q, 1, *pos);
	ok = db_query_step(q, ret_row, e);
	if (ok && *ret_row)
		*pos = db_query_col_int(q, 0, NULL);
	db_query_reset(q);
	return ok;
}

/* Jumps from run to run; the rows between are not read. */
static bool tables_check_orphans(struct tables *t, tables_check_fn *fn,
				 void *arg, struct err *e)
{
	int64_t pos = INT64_MIN;
	bool row;

	while (tables_row_next(t, &pos, &row, e)) {
		struct journal_run run = {.id = NULL};
		int64_t nr = pos >> TABLES_SEQ_BITS;

		if (!row)
			return true;
		if (!tables_run_read(t, nr, false, &run, e))
			return false;
		if (!run.id)
			fn(arg, "there are rows of a run that does not exist");
		journal_run_done(&run);
		if (nr >= TABLES_RUN_MAX)
			return true;
		pos = nr < 0 ? 0 : tables_pos(nr + 1, 0);
	}
	return false;
}

bool tables_check(struct tables *t, tables_check_fn *fn, void *arg,
		  struct err *e)
{
	return tables_check_pages(t, fn, arg, e) &&
	       tables_check_schema(t, fn, arg, e) &&
	       tables_check_orphans(t, fn, arg, e);
}
