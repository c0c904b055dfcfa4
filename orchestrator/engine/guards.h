/*
 * guards.h - rules over the probes' counters: pass, breach or blind
 *
 * Pure: samples (watch/sample.h) and the time go in, a verdict comes out.
 *
 *	breach  more packets lost in the window than may be (settled, so two
 *	        seconds after the fact); or flows silent for longer than may be
 *	        (at once): 'gap' if the guard has one, else GUARD_SILENT_MS; or
 *	        a round trip that is too long
 *	blind   no line for the window and three seconds more; the target says
 *	        that nobody reflects; packets whose fate nobody knows; the
 *	        probe itself did not run for half of the window
 *
 * Blind is not bad, and what is not known is never a breach.
 */
#ifndef CUTOVER_ENGINE_GUARDS_H
#define CUTOVER_ENGINE_GUARDS_H

#include "orchestrator/engine/event.h"
#include "orchestrator/plan/plan.h"

#define GUARDS_SAMPLES 128
#define GUARD_SILENT_MS 700

struct guard_sample {
	int64_t us;
	int64_t lost, unknown, stall_us; /* since the probe started */
};

struct guard_state {
	const struct plan_guard *rule;
	struct guard_sample v[GUARDS_SAMPLES]; /* ring, oldest at `at` */
	size_t n, at;
	int64_t since_us; /* when it began to look */
	int64_t gap_us;	  /* longest gap that was judged already */
	/* of the last sample */
	int64_t p50_us, p99_us, last_gap_us, flows, silent, silent_us;
	int64_t silent_packets, black_hole;
	bool refusing;
	int64_t base_us; /* the baseline's median; 0: none yet */
	enum guard_verdict verdict;
};

void guard_start(struct guard_state *g, const struct plan_guard *rule,
		 int64_t now_us);
/* One JSON sample of the guard's probe (watch/sample.h). */
void guard_feed(struct guard_state *g, int64_t now_us, const json_t *sample);
/* How far it is from a breach: [{"what","value","limit"}], in the units of
 * the plan's keys. */
json_t *guard_values(struct guard_state *g, int64_t now_us);
/* The same sample as it stood at the end of the baseline. */
void guard_baseline(struct guard_state *g, const json_t *sample);
/* The verdict now; `why` gets a sentence when it is not 'pass'. */
enum guard_verdict guard_judge(struct guard_state *g, int64_t now_us,
			       struct buf *why);

#endif
