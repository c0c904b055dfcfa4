/*
 * made.h - a plan, its program, its proof and its review, for tests
 */
#ifndef CUTOVER_TESTS_REPORT_MADE_H
#define CUTOVER_TESTS_REPORT_MADE_H

#include "orchestrator/report/review.h"
#include "orchestrator/steps/compile.h"
#include "tests/unit/plan/plan_util.h"

struct made {
	struct plan *plan;
	struct program *program;
	struct target *targets;
	size_t n_targets;
	struct twin *twin;
	struct prove *prove;
	struct review r;
};

/* Once: those of the program. */
void made_adapters(void);
void made_load(struct made *m, const char *path);
/* After load(); look may be NULL. */
void made_make(struct made *m, const struct look *look);
void made_done(struct made *m);
char *made_write(const struct made *m, const char *form);

#endif
