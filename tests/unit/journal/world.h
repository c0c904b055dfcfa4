/*
 * world.h - a journal with one run in a directory of its own
 */
#ifndef CUTOVER_TESTS_UNIT_JOURNAL_WORLD_H
#define CUTOVER_TESTS_UNIT_JOURNAL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "orchestrator/journal/journal.h"

#define ROWS 5 /* of 'run-a', behind its genesis */

struct world {
	char dir[64];
	struct journal *j;
};

int world_setup(void **state);
int world_teardown(void **state);
void world_run(struct journal *j, const char *id); /* one more */

struct count {
	int n, stop_at;
	char hash[DIGEST_HEX]; /* of the last one */
};
bool world_count(void *arg, const struct journal_row *row, struct err *e);
/* All rows of the run; where it fails, because the journal is damaged. */
bool world_reads(struct world *w, const char *run, struct count *c);

#endif
