/*
 * chain.h - the hash that ties a row to the one before it
 *
 *	hash = SHA-256( F(prev) F(seq) F(run) F(wall_us) F(kind) F(step) F(body)
 *) F(x) = decimal length of x in bytes, ':', x, ','       (a netstring)
 *
 * Numbers are decimal text, hashes 64 lower-case hex digits.  The lengths make
 * it unambiguous: no two different rows have the same bytes.  Anybody can
 * recompute it with ten lines of any language.  Row 0's prev is the hash of
 * row 0 of the run before (so that a whole run cannot go missing between two),
 * or 64 zeros in the first run.
 */
#ifndef CUTOVER_JOURNAL_CHAIN_H
#define CUTOVER_JOURNAL_CHAIN_H

#include "orchestrator/journal/journal.h"

#define CHAIN_ZERO                                                             \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define CHAIN_GENESIS "genesis" /* kind of row 0 */

/* Over prev and the other columns of `row`; row->hash is not read. */
void chain_hash(const struct journal_row *row, char ret[DIGEST_HEX]);
/* Body of row 0: everything that the run is, the plan text by its hash. */
char *chain_genesis_body(const struct journal_run *run);
/* Is it 64 lower-case hex digits? */
bool chain_hash_valid(const char *hash);
/* Well-formed UTF-8 without NUL; what JSON can carry. */
bool chain_text_valid(const char *text);

#endif
