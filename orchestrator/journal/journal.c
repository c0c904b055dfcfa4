/*
 * journal.c - opening, appending, reading
 *
 * The path of a row: files checked, BEGIN IMMEDIATE, head of the chain read,
 * row hashed and inserted, COMMIT (one sync of the log), files checked again,
 * answer.  The head is read anew each time: after a commit whose outcome is
 * unknown a remembered one might be wrong, and the row at hand decides the
 * matter: it either continues what is there or is refused by the schema.
 *
 * Reading verifies each row's hash: nothing is ever resumed from a row that
 * somebody changed.
 */
#include "orchestrator/journal/journal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/statedir.h"
#include "orchestrator/journal/chain.h"
#include "orchestrator/journal/internal.h"

#define JOURNAL_BUSY_MS 5000

bool journal_err_is(const struct err *e, const char *rule)
{
	return e && e->rule && strcmp(e->rule, rule) == 0;
}

/* ---- one call at a time ---- */

bool journal_enter(struct journal *j, struct err *e)
{
	int rc;

	if (j->pid != getpid())
		return err_set(e, ERR_INTERNAL,
			       "a journal was used in a forked process");
	rc = pthread_mutex_lock(&j->lock);
	if (rc == EDEADLK)
		return err_set(e, ERR_INTERNAL,
			       "a callback of the journal called the journal");
	return rc == 0 ||
	       err_set(e, ERR_INTERNAL, "the journal's lock: %s", strerror(rc));
}

void journal_leave(struct journal *j)
{
	pthread_mutex_unlock(&j->lock);
}

bool journal_begin(struct journal *j, struct err *e)
{
	if (j->read_only)
		return err_set(e, ERR_INTERNAL,
			       "the journal was opened for reading");
	return place_check(&j->place, e) &&
	       db_begin(tables_db(j->tables), true, e);
}

bool journal_commit(struct journal *j, struct err *e)
{
	return db_commit(tables_db(j->tables), e) && place_check(&j->place, e);
}

void journal_abandon(struct journal *j)
{
	db_abandon(tables_db(j->tables));
}

/* ---- opening ---- */

static void journal_lock_init(struct journal *j)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&j->lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

/*
 * Where nothing can be written (a read-only file system) SQLite cannot make
 * its shared memory; with no log to replay the file alone is the truth.
 */
static struct tables *journal_open_tables(struct journal *j,
					  const struct journal_options *o,
					  struct err *e)
{
	struct db_config c = {.read_only = o->read_only,
			      .vfs = o->vfs,
			      .busy_ms = o->busy_ms};
	struct tables *t = tables_open(j->place.path, &c, e);

	if (t || !o->read_only || (e && e->code != ERR_IO) ||
	    access(j->place.dir, W_OK) == 0 || place_has_wal(&j->place))
		return t;
	c.immutable = true;
	err_done(e);
	return tables_open(j->place.path, &c, e);
}

/* Are the files that SQLite opened the ones that we checked? */
static bool journal_note_files(struct journal *j, struct err *e)
{
	struct db *db = tables_db(j->tables);

	if (!db_begin(db, true, e))
		return false;
	db_abandon(db); /* log and shared memory exist now */
	if (!place_note(&j->place, e))
		return false;
	return db_in_place(db) ||
	       err_set(e, ERR_IO, "'%s' was replaced just now", j->place.path);
}

static bool journal_start(struct journal *j, const char *dir,
			  const struct journal_options *o, struct err *e)
{
	if (!place_open(&j->place, dir, o->read_only, e))
		return false;
	j->tables = journal_open_tables(j, o, e);
	if (!j->tables)
		return err_wrap(e, "journal '%s'", j->place.path);
	if (o->read_only)
		return true;
	if (!journal_note_files(j, e))
		return false;
	place_ballast_make(&j->place, j->ballast, NULL);
	return true;
}

struct journal *journal_open_with(const char *state_dir,
				  const struct journal_options *o,
				  struct err *e)
{
	mem_auto_free char *dir =
		state_dir ? mem_strdup(state_dir) : statedir_default(e);
	struct journal *j;

	if (!dir)
		return NULL;
	j = mem_alloc(sizeof(*j));
	j->read_only = o->read_only;
	j->ballast = o->ballast;
	j->pid = getpid();
	journal_lock_init(j);
	if (journal_start(j, dir, o, e))
		return j;
	journal_close(j);
	return NULL;
}

struct journal *journal_open(const char *state_dir, bool read_only,
			     struct err *e)
{
	struct journal_options o = {.read_only = read_only,
				    .busy_ms = JOURNAL_BUSY_MS,
				    .ballast = JOURNAL_BALLAST};

	return journal_open_with(state_dir, &o, e);
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	/* in a forked child the connection is the parent's: leave it alone */
	if (j->pid == getpid())
		tables_close(j->tables);
	place_done(&j->place);
	pthread_mutex_destroy(&j->lock);
	free(j->run);
	free(j);
}

const char *journal_state_dir(const struct journal *j)
{
	return j->place.dir;
}

bool journal_ballast_make(struct journal *j, struct err *e)
{
	return place_ballast_make(&j->place, j->ballast, e);
}

void journal_release_ballast(struct journal *j)
{
	place_ballast_release(&j->place);
}

/* ---- appending ---- */

bool journal_run_nr(struct journal *j, const char *run, int64_t *ret,
		    struct err *e)
{
	int64_t nr;

	if (j->run && strcmp(j->run, run) == 0) {
		*ret = j->run_nr;
		return true;
	}
	if (!tables_run_number(j->tables, run, &nr, e))
		return false;
	if (!nr)
		return err_set(e, ERR_USAGE, "the journal has no run '%s'",
			       run);
	free(j->run);
	j->run = mem_strdup(run);
	j->run_nr = nr;
	*ret = nr;
	return true;
}

static bool journal_row_check(const struct journal_row *row, struct err *e)
{
	if (!row->kind || !row->kind[0])
		return err_set(e, ERR_INTERNAL, "a journal row has no kind");
	if (!chain_text_valid(row->kind) || !chain_text_valid(row->step) ||
	    !chain_text_valid(row->body))
		return err_set(e, ERR_INVALID,
			       "journal row '%s': not UTF-8 text", row->kind);
	return true;
}

/* Completes `in` to the row that follows (*seq, hash), which it becomes. */
static bool journal_put(struct journal *j, int64_t nr, const char *run,
			const struct journal_row *in, int64_t *seq,
			char hash[DIGEST_HEX], struct err *e)
{
	struct journal_row row = *in;

	row.run = run;
	row.seq = *seq + 1;
	row.wall_us = in->wall_us ? in->wall_us : clock_wall_us();
	row.step = in->step ? in->step : "";
	row.body = in->body ? in->body : "{}";
	memcpy(row.prev, hash, DIGEST_HEX);
	if (!journal_row_check(&row, e))
		return false;
	chain_hash(&row, row.hash);
	if (!tables_row_insert(j->tables, nr, &row, e))
		return err_wrap(e, "journal row '%s'", row.kind);
	*seq = row.seq;
	memcpy(hash, row.hash, DIGEST_HEX);
	return true;
}

static bool journal_put_all(struct journal *j, const char *run,
			    const struct journal_row *rows, size_t n,
			    int64_t *ret_seq, struct err *e)
{
	char hash[DIGEST_HEX];
	int64_t nr, seq;

	if (!journal_run_nr(j, run, &nr, e) ||
	    !tables_row_tail(j->tables, nr, &seq, hash, e))
		return false;
	if (!chain_hash_valid(hash)) /* "" where there is no row at all */
		return db_fault(e, JOURNAL_DAMAGED,
				"run '%s' has lost its rows; see 'cutover "
				"verify'",
				run);
	for (size_t i = 0; i < n; i++)
		if (!journal_put(j, nr, run, &rows[i], &seq, hash, e))
			return false;
	if (!journal_commit(j, e))
		return false;
	if (ret_seq)
		*ret_seq = seq;
	return true;
}

bool journal_append_many(struct journal *j, const char *run,
			 const struct journal_row *rows, size_t n,
			 int64_t *ret_seq, struct err *e)
{
	bool ok;

	if (!journal_enter(j, e))
		return false;
	ok = journal_begin(j, e) &&
	     journal_put_all(j, run, rows, n, ret_seq, e);
	if (!ok)
		journal_abandon(j);
	journal_leave(j);
	return ok;
}

bool journal_append(struct journal *j, const char *run, const char *kind,
		    const char *step, const char *body, int64_t *ret_seq,
		    struct err *e)
{
	struct journal_row row = {.kind = kind, .step = step, .body = body};

	return journal_append_many(j, run, &row, 1, ret_seq, e);
}

/* ---- reading ---- */

struct journal_walk {
	journal_row_fn *fn;
	void *arg;
	int64_t next;	       /* seq that must come */
	char prev[DIGEST_HEX]; /* hash that it must follow; "": not known */
	bool stopped;
};

static bool journal_walk_row(void *arg, const struct tables_row *r,
			     struct err *e)
{
	struct journal_walk *w = arg;
	char hash[DIGEST_HEX];

	chain_hash(&r->row, hash);
	if (!r->sane || r->row.seq != w->next ||
	    strcmp(hash, r->row.hash) != 0 ||
	    (w->prev[0] && strcmp(w->prev, r->row.prev) != 0))
		return db_fault(e, JOURNAL_DAMAGED,
				"run '%s': row %lld is not as it was written; "
				"see 'cutover verify'",
				r->row.run, (long long)w->next);
	w->next++;
	memcpy(w->prev, hash, DIGEST_HEX);
	w->stopped = !w->fn(w->arg, &r->row, e);
	return !w->stopped;
}

bool journal_each(struct journal *j, const char *run, int64_t from_seq,
		  journal_row_fn *fn, void *arg, struct err *e)
{
	struct journal_walk w = {
		.fn = fn, .arg = arg, .next = from_seq < 0 ? 0 : from_seq};
	struct err inner = ERR_INIT;
	int64_t nr;
	bool ok;

	if (!journal_enter(j, e))
		return false;
	ok = journal_run_nr(j, run, &nr, &inner) &&
	     tables_row_each(j->tables, nr, run, from_seq, journal_walk_row, &w,
			     &inner);
	journal_leave(j);
	if (!ok && w.stopped && inner.code == ERR_NONE)
		ok = true;
	if (!ok)
		err_move(e, &inner);
	err_done(&inner);
	return ok;
}

bool journal_tail(struct journal *j, const char *run, int64_t *ret_seq,
		  char ret_hash[DIGEST_HEX], struct err *e)
{
	int64_t nr;
	bool ok;

	if (!journal_enter(j, e))
		return false;
	ok = journal_run_nr(j, run, &nr, e) &&
	     tables_row_tail(j->tables, nr, ret_seq, ret_hash, e);
	journal_leave(j);
	return ok;
}
