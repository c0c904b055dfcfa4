/*
 * proof.h - a plan from a file, its program, its model and what is proved of it
 */
#ifndef CUTOVER_TESTS_TWIN_PROOF_H
#define CUTOVER_TESTS_TWIN_PROOF_H

#include "orchestrator/steps/compile.h"
#include "orchestrator/twin/prove.h"
#include "tests/unit/twin/twin_util.h"

#define DATA "tests/unit/twin/data/"

struct proof {
	struct plan *plan;
	struct program *program;
	struct resource_set *sets; /* what was observed */
	struct twin_seen *seen;
	size_t n_seen;
	struct twin *twin;
	struct prove *prove;
};

void proof_adapters(void);
/* With what was observed, where NAME.seen.json stands beside NAME.yaml. */
void proof_load(struct proof *p, const char *path);
void proof_done(struct proof *p);
void proof_text(const struct prove *p, struct buf *out);
const struct prove_violation *proof_find(const struct prove *p,
					 const char *rule);
/* NULL: there is no such file. */
char *proof_file(const char *path);

#endif
