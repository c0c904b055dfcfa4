/*
 * verify.h - is the journal what was written?
 *
 * What is found: a changed byte in any column of a row or of the run, a row
 * that was deleted, inserted or moved, a run that was deleted, and, given a
 * head from outside (printed with the report), a tail that was cut off or a
 * chain that was written anew.  Without a head the last two cannot be seen:
 * that is why the head is signed and printed.
 *
 * A pack is one run as JSON lines: a header with the run, its rows, the signed
 * head.  It is verified without the database, and without trusting the key in
 * it when the caller brings one.
 *
 * Threads, ownership: as journal.h.  Does not: stop at the first flaw.
 */
#ifndef CUTOVER_JOURNAL_VERIFY_H
#define CUTOVER_JOURNAL_VERIFY_H

#include <stdio.h>

#include "orchestrator/journal/journal.h"

/* The end of a chain, and who says so. */
struct journal_head {
	char *run;
	int64_t seq;
	char hash[DIGEST_HEX];
	char *signature;  /* base64, Ed25519 over journal_head_text() */
	char *public_key; /* PEM */
};
void journal_head_done(struct journal_head *h);
/* What is signed; the caller frees it. */
char *journal_head_text(const char *run, int64_t seq, const char *hash);
/* Signs with STATE/journal.key; a read-only handle needs the key to exist. */
bool journal_head(struct journal *j, const char *run, struct journal_head *ret,
		  struct err *e);
/* 'SEQ:HASH', what a report prints and `verify --head` takes. */
char *journal_head_brief(const struct journal_head *h);
bool journal_head_parse(const char *brief, int64_t *ret_seq,
			char ret_hash[DIGEST_HEX], struct err *e);
/* Public key of this installation as PEM; made at first use when writing. */
char *journal_public_key(struct journal *j, struct err *e);

enum journal_flaw_kind {
	JOURNAL_FLAW_CHANGED,	/* a row is not what its hash says */
	JOURNAL_FLAW_MISSING,	/* rows are gone */
	JOURNAL_FLAW_ORDER,	/* a row does not follow the one before it */
	JOURNAL_FLAW_RUN,	/* the run's own columns, or the run before */
	JOURNAL_FLAW_TAIL,	/* the chain ends before the given head */
	JOURNAL_FLAW_HEAD,	/* the given head is not in this chain */
	JOURNAL_FLAW_SIGNATURE, /* the head's signature does not hold */
	JOURNAL_FLAW_FORMAT,	/* unreadable: file, table or line */
};
const char *journal_flaw_name(enum journal_flaw_kind kind);

struct journal_flaw {
	enum journal_flaw_kind kind;
	int64_t seq;	  /* -1: not one row */
	const char *text; /* a sentence for people */
};
typedef void journal_flaw_fn(void *arg, const struct journal_flaw *flaw);

struct journal_verdict {
	int64_t rows;	    /* that were read */
	int64_t after_head; /* rows behind the given head: the run went on */
	size_t flaws;	    /* 0: intact */
	int64_t seq;	    /* the chain's end as found */
	char hash[DIGEST_HEX];
	bool signed_by_given; /* pack: the head's signature is the caller's key */
};

/*
 * True: the check could be made; ret->flaws says how it ended.  expected (may
 * be NULL): seq and hash count; where it carries a signature that is checked
 * too, with its own public_key or, without one, this installation's.
 */
bool journal_verify(struct journal *j, const char *run,
		    const struct journal_head *expected, journal_flaw_fn *fn,
		    void *arg, struct journal_verdict *ret, struct err *e);

bool journal_export(struct journal *j, const char *run, FILE *out,
		    struct err *e);
/* public_pem NULL: the pack's own key, which proves only that it is whole. */
bool journal_verify_pack(FILE *in, const char *public_pem,
			 const struct journal_head *expected,
			 journal_flaw_fn *fn, void *arg,
			 struct journal_verdict *ret, struct err *e);

#endif
