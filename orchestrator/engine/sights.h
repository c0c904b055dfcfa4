/*
 * sights.h - what guards that are not over a probe make of looks at targets
 *
 * Pure.  A thing is judged against what was seen of it before in this run, so
 * that nothing is a breach that was never there: a session that came up stays
 * up, a session keeps its prefixes, a tunnel that was up stays up, the circuit
 * is idle until the first wave, no path shows a maintenance prepend, and the
 * virtual network keeps its fingerprint.
 */
#ifndef CUTOVER_ENGINE_SIGHTS_H
#define CUTOVER_ENGINE_SIGHTS_H

#include "orchestrator/engine/event.h"
#include "orchestrator/plan/plan.h"

struct sights;

struct sights *sights_new(const struct plan *p, int64_t now_us);
void sights_free(struct sights *s);
/* What must be looked at on a target for the guards of this plan. */
void sights_want(const struct plan *p, const char *target,
		 const struct resource_set *watch, struct resource_set *ret);
/* What shows on a target which way traffic goes, without long lists. */
void sights_want_paths(const struct plan *p, const char *target,
		       const struct resource_set *watch,
		       struct resource_set *ret);
/* Says that the target is looked at: until it is seen it may be blind. */
void sights_expect(struct sights *s, const char *target);
/* A look; seen NULL: it failed, and `why` says so. */
void sights_feed(struct sights *s, int64_t now_us, const char *target,
		 const struct resource_set *seen, const char *why);
/*
 * A step of the run: a change on a target is being made, or was made; what is
 * compared is what is seen after it.
 */
void sights_change(struct sights *s, const char *target, bool under_way,
		   int64_t now_us);
/* From here on traffic is meant to be on the circuit. */
void sights_moved(struct sights *s);
enum guard_verdict sights_judge(const struct sights *s,
				const struct plan_guard *rule, int64_t now_us,
				struct buf *why);

#endif
