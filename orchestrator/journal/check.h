/*
 * check.h - is what stands around a run's rows what cutover wrote?
 *
 * journal_each() checks every row and the chain.  Here is the rest of what
 * 'cutover verify' looks at: the run's own columns (the plan text among them)
 * against its first row, the first row against the run before, damaged pages,
 * append-only triggers that are gone, rows of runs that are gone.
 */
#ifndef CUTOVER_JOURNAL_CHECK_H
#define CUTOVER_JOURNAL_CHECK_H

#include "orchestrator/journal/journal.h"

/* ERR_IO, rule journal-damaged, says what is not as it was written. */
bool journal_check(struct journal *j, const char *run, struct err *e);

#endif
