/*
 * policy.h - the route policies of a plan: generations and drains
 *
 * Each of our sessions has, for each direction, a deny-all generation g0 and
 * one more for every wave that changes what may pass; all are staged before
 * the first session comes up, and a wave only binds the next one (an edit of a
 * live policy acts late and half).  A drain is an import generation whose
 * newly moved prefixes are preferred less than the VPN's, for the way back.
 */
#ifndef CUTOVER_STEPS_POLICY_H
#define CUTOVER_STEPS_POLICY_H

#include "orchestrator/plan/plan.h"
#include "orchestrator/steps/step.h"

/* One of our sessions: a link and a peering of a circuit. */
struct policy_session {
	const struct plan *plan;
	size_t circuit, link, peering;
};

/* '<circuit>/<link>/<peering>'; the caller frees it. */
char *policy_session_name(const struct policy_session *s);

/*
 * Name of the generation that is bound after the first `waves` waves (0: none
 * of them).  Waves that do not concern this session share a generation.
 */
char *policy_name(const struct policy_session *s, bool import, size_t waves);
char *policy_drain_name(const struct policy_session *s, size_t waves);
/* Does wave number `wave` (from 0) change this session's policy? */
bool policy_changes(const struct policy_session *s, bool import, size_t wave);

/* Do we run BGP over this circuit, with the cloud or with its provider? */
bool policy_has_session(const struct plan_circuit *c);

/* Adds every policy of this session; absent ones with present = false. */
void policy_add_all(const struct policy_session *s, bool present,
		    struct resource_set *set);

/* Cloud prefixes whose import moves in this wave for the first time. */
void policy_moved_cloud(const struct policy_session *s, size_t wave,
			struct state_list *ret);
/* On-prem rules of the groups of the first `waves` waves. */
void policy_onprem(const struct policy_session *s, size_t from, size_t waves,
		   struct state_list *ret);
/* The same without the first `skip` groups of wave `from`. */
void policy_onprem_after(const struct policy_session *s, size_t from,
			 size_t waves, size_t skip, struct state_list *ret);

#endif
