/*
 * faulty_vfs.h - SQLite's files on a disk that fails
 *
 * Wraps the system's VFS under the name 'faulty'.  Writes, syncs and truncates
 * are counted; from the n-th on, once or for ever, they fail, or the power is
 * cut: nothing is written any more, and faulty_after_cut() leaves of every
 * file what had been synced.  One user at a time.
 */
#ifndef CUTOVER_TESTS_FAULT_FAULTY_VFS_H
#define CUTOVER_TESTS_FAULT_FAULTY_VFS_H

#include <stdbool.h>
#include <stddef.h>

enum faulty_mode {
	FAULTY_NOT,
	FAULTY_ONCE,	  /* the n-th operation says no */
	FAULTY_FOR_EVER,  /* and all after it */
	FAULTY_FULL,	  /* no space for the n-th write and all after it */
	FAULTY_READ_ONLY, /* the file system turned read-only */
	FAULTY_CUT,	  /* the power is cut before the n-th operation */
};

void faulty_register(void);
/* Counts anew; n from 1. */
void faulty_set(enum faulty_mode mode, size_t n);
size_t faulty_count(void);
/* The machine starts again: files are what had reached the disk. */
void faulty_after_cut(void);

#endif
