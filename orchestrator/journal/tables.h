/*
 * tables.h - the journal's tables; private to orchestrator/journal/
 *
 * Runs are numbered 1, 2, 3 ... and a row's position is run number << 40 | seq:
 * one B-tree, appended at its end, no second index to write.  The schema
 * itself (schema.h) refuses what breaks a chain.
 *
 * Ownership: the handle owns the connection and its queries.  Threads: one at
 * a time (journal.c serializes).  Does not: hash, or know what a row means.
 */
#ifndef CUTOVER_JOURNAL_TABLES_H
#define CUTOVER_JOURNAL_TABLES_H

#include "orchestrator/journal/db.h"
#include "orchestrator/journal/journal.h"

#define TABLES_SEQ_BITS 40
#define TABLES_SEQ_MAX ((INT64_C(1) << TABLES_SEQ_BITS) - 1)
#define TABLES_RUN_MAX ((INT64_C(1) << (63 - TABLES_SEQ_BITS)) - 1)

struct tables; /* opaque */

/* Opens, and creates or migrates when writing. */
struct tables *tables_open(const char *path, const struct db_config *config,
			   struct err *e);
void tables_close(struct tables *t);
struct db *tables_db(struct tables *t); /* for transactions */

bool tables_run_insert(struct tables *t, int64_t nr,
		       const struct journal_run *run, struct err *e);
/* *ret_nr is 0 when there is no such run (id NULL: no run at all). */
bool tables_run_number(struct tables *t, const char *id, int64_t *ret_nr,
		       struct err *e);
/* Ids that begin or end with `part`, oldest first, ', ' between them. */
bool tables_run_match(struct tables *t, const char *part, char **ret_ids,
		      size_t *ret_n, struct err *e);
/* ret->id is NULL when there is no run of that number. */
bool tables_run_read(struct tables *t, int64_t nr, bool with_text,
		     struct journal_run *ret, struct err *e);

/* What a stored row really is; `sane` is false where a type or NUL is off. */
struct tables_row {
	struct journal_row row;
	bool sane;
};
typedef bool tables_row_fn(void *arg, const struct tables_row *row,
			   struct err *e);

bool tables_row_insert(struct tables *t, int64_t nr,
		       const struct journal_row *row, struct err *e);
/* *ret_seq is -1 when the run has no rows. */
bool tables_row_tail(struct tables *t, int64_t nr, int64_t *ret_seq,
		     char ret_hash[DIGEST_HEX], struct err *e);
/* Hash of one row; "" when it is not there. */
bool tables_row_hash(struct tables *t, int64_t nr, int64_t seq,
		     char ret_hash[DIGEST_HEX], struct err *e);
bool tables_row_each(struct tables *t, int64_t nr, const char *run,
		     int64_t from_seq, tables_row_fn *fn, void *arg,
		     struct err *e);

/*
 * What verify looks at beside the rows of a run: damaged pages, a schema that
 * is not ours (triggers dropped), rows of no run.  fn gets a sentence each.
 */
typedef void tables_check_fn(void *arg, const char *text);
bool tables_check(struct tables *t, tables_check_fn *fn, void *arg,
		  struct err *e);

#endif
