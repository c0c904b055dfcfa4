/*
 * fixture.h - a journal with one run in a directory of its own
 */
#ifndef CUTOVER_TESTS_UNIT_JOURNAL_FIXTURE_H
#define CUTOVER_TESTS_UNIT_JOURNAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "orchestrator/journal/journal.h"

#define ROWS 5 /* of 'run-a', behind its genesis */

struct fixture {
	char dir[64];
	struct journal *j;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);
void fixture_run(struct journal *j, const char *id); /* one more */

struct count {
	int n, stop_at;
	char hash[DIGEST_HEX]; /* of the last one */
};
bool fixture_count(void *arg, const struct journal_row *row, struct err *e);
/* All rows of the run; where it fails, because the journal is damaged. */
bool fixture_reads(struct fixture *w, const char *run, struct count *c);

#endif
