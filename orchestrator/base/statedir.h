/*
 * statedir.h - the directory for what must outlive the process
 *
 * Journal, keys and locks lie in one directory that belongs to the user that
 * runs cutover and to nobody else: 0700, files 0600, no symlinks, no foreign
 * owners.  Whoever can write there can forge evidence, so a directory that
 * fails the check is refused, never repaired (but an empty one of our own,
 * where nothing can be lost by closing it, is closed).
 */
#ifndef CUTOVER_BASE_STATEDIR_H
#define CUTOVER_BASE_STATEDIR_H

#include <stdbool.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/err.h"

/* /var/lib/cutover for root, else $XDG_STATE_HOME/cutover or
 * ~/.local/state/cutover.  The caller frees it; NULL with e set when there is
 * no home. */
char *statedir_default(struct err *e);

/*
 * Opens and checks the directory (an O_DIRECTORY descriptor, close-on-exec) or
 * returns -1.  With `create` it and its missing parents are made.
 */
int statedir_open(const char *dir, bool create, struct err *e);

/*
 * Is dirfd/name a regular file of ours that nobody else may touch?
 * *ret_exists is set also when false comes back because there is none.
 */
bool statedir_file_check(int dirfd, const char *name, bool *ret_exists,
			 struct err *e);

/* The bytes of a small private file, up to max; checked as above. */
bool statedir_file_read(const char *path, size_t max, struct buf *ret,
			struct err *e);
/*
 * Writes a private file that is there complete and on disk, or not at all.
 * Of several creators one wins; the others get true and *ret_won = false.
 */
bool statedir_file_create(const char *path, const void *data, size_t n,
			  bool *ret_won, struct err *e);

#endif
