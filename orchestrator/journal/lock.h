/*
 * lock.h - one process per name
 *
 * A lock is a write lock on STATE/locks/NAME that belongs to the open file
 * (F_OFD_SETLK; as flock(), but one can look who holds it without taking it):
 * the kernel drops it when the holder dies, however it dies, so there is no
 * stale lock and nothing to clean.  The file says who holds it, for the message
 * to the second one only; nobody decides anything on its content.
 *
 * The descriptor is close-on-exec.  A child that was forked without exec keeps
 * the lock while it lives: such a child must close it or not outlive us.
 */
#ifndef CUTOVER_JOURNAL_LOCK_H
#define CUTOVER_JOURNAL_LOCK_H

#include <stdbool.h>

#include "orchestrator/base/err.h"

struct journal_lock; /* opaque */

/*
 * name: letters, digits, '-', '_' and '.'.  ERR_LOCKED names the holder.
 * state_dir NULL: the default one; it is made if missing.
 */
struct journal_lock *journal_lock_take(const char *state_dir, const char *name,
				       struct err *e);
/* Adds to what a second process is told, e.g. the run's id. */
void journal_lock_note(struct journal_lock *l, const char *note);
/* Who holds it (caller frees), or NULL: nobody.  Never takes it. */
char *journal_lock_holder(const char *state_dir, const char *name);
void journal_lock_release(struct journal_lock *l); /* NULL is fine */

#endif
