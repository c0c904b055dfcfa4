/*
 * byhand.h - what somebody did to the running daemon alone
 *
 * A reload undoes an earlier `birdc disable` and loads edits that were never
 * loaded.  Both belong to the operator, so a change is refused before it.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_BYHAND_H
#define CUTOVER_ADAPTERS_BIRD_BYHAND_H

#include "adapters/bird/edit.h"
#include "adapters/bird/snapshot.h"

/* False with ERR_REFUSED, naming the file or the session. */
bool bird_byhand_check(const struct bird_snapshot *s,
		       const struct bird_edits *edits, struct err *e);

/* Is `disabled` in the block of `protocol bgp NAME` or of its template?
 * *ret_found: is there such a block at all? */
bool bird_byhand_disabled(const char *text, size_t len, const char *name,
			  bool *ret_found);

/*
 * Compares two snapshots around a change: no session may have flapped but
 * those that the edits shut, opened, made or removed, and nobody else's
 * protocol may have changed its state.
 */
bool bird_byhand_compare(const struct bird_snapshot *before,
			 const struct bird_snapshot *after,
			 const struct bird_edits *edits, struct err *e);

#endif
