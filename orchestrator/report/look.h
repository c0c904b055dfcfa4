/*
 * look.h - what the systems of a plan are now, without touching them
 *
 * Every target is opened, asked for what a checkpoint would record and closed;
 * no other slot of its adapter is called, not even fence(), so that a run that
 * is under way does not notice.  A target that cannot be seen is said, and does
 * not keep the others from being looked at.
 *
 * Ownership: look_done() frees everything.
 */
#ifndef CUTOVER_REPORT_LOOK_H
#define CUTOVER_REPORT_LOOK_H

#include "orchestrator/base/digest.h"
#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/step.h"
#include "orchestrator/twin/build.h"

struct look_at {
	const char *target; /* borrowed */
	struct resource_set set;
	char *error; /* NULL: it was seen */
};

struct look {
	struct look_at *v;
	size_t n, blind; /* blind: targets that could not be seen */
	int64_t wall_us;
	char hash[DIGEST_HEX]; /* of what cutover compares, not of counters */
	struct twin_seen *seen;
	size_t n_seen;
};

void look_at_all(const struct target *targets, size_t n,
		 const struct program *g, uint32_t timeout_ms,
		 struct look *ret);
/* From the states of a checkpoint's row: target -> list of resources. */
bool look_from_json(const json_t *states, int64_t wall_us, struct look *ret,
		    struct err *e);
void look_done(struct look *l);
/* Why it is no ground to stand on; false: everything was seen. */
bool look_blind(const struct look *l, struct err *e);

#endif
