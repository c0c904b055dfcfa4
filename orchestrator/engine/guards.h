/*
 * guards.h - rules over the probes' counters: pass, breach or blind
 *
 * Pure: samples and the time go in, a verdict comes out.  Blind is not bad: no
 * sample for the window and three seconds more says that nothing is known.
 */
#ifndef CUTOVER_ENGINE_GUARDS_H
#define CUTOVER_ENGINE_GUARDS_H

#include "orchestrator/engine/event.h"
#include "orchestrator/plan/plan.h"

#define GUARDS_SAMPLES 128

struct guard_sample {
	int64_t us;
	int64_t lost; /* since the probe started */
};

struct guard_state {
	const struct plan_guard *rule;
	struct guard_sample v[GUARDS_SAMPLES]; /* ring, oldest at `at` */
	size_t n, at;
	int64_t since_us; /* when it began to look */
	int64_t gap_us;	  /* longest gap that was judged already */
	int64_t rtt_us, last_gap_us;
	enum guard_verdict verdict;
};

void guard_start(struct guard_state *g, const struct plan_guard *rule,
		 int64_t now_us);
/* One JSON sample of the guard's probe (watch/sender.h). */
void guard_feed(struct guard_state *g, int64_t now_us, const json_t *sample);
/* The verdict now; `why` gets a sentence when it is not 'pass'. */
enum guard_verdict guard_judge(struct guard_state *g, int64_t now_us,
			       struct buf *why);

#endif
