/*
 * head.h - the signed head of a run's chain
 *
 * The chain finds a changed, deleted, reordered or inserted row, but not a tail
 * that was cut off: for that somebody must have kept the head.  A head is
 * 'SEQ:HASH:SIGNATURE', signed with the Ed25519 key of this installation
 * (RFC 8032), which is made at first use and never leaves the state directory;
 * its public half is for whoever verifies elsewhere.
 */
#ifndef CUTOVER_JOURNAL_HEAD_H
#define CUTOVER_JOURNAL_HEAD_H

#include "orchestrator/base/err.h"

/* The signed head, the caller frees it.  `create`: make the key if missing. */
char *journal_head_sign(const char *state_dir, bool create, const char *run,
			int64_t seq, const char *hash, struct err *e);
/* The public half as PEM. */
char *journal_head_public(const char *state_dir, bool create, struct err *e);

/*
 * Takes 'SEQ:HASH' or 'SEQ:HASH:SIGNATURE' apart.  ERR_USAGE: it is neither.
 * *ret_signature is NULL where there is none; both are the caller's.
 */
bool journal_head_parse(const char *head, char **ret_place,
			char **ret_signature, struct err *e);
/* ERR_REFUSED: not signed with this key for this run and place. */
bool journal_head_verify(const char *public_pem, const char *run,
			 const char *place, const char *signature,
			 struct err *e);

#endif
