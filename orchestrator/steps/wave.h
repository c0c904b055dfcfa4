/*
 * wave.h - what a wave's way forward and its way back share; private to
 * orchestrator/steps/
 */
#ifndef CUTOVER_STEPS_WAVE_H
#define CUTOVER_STEPS_WAVE_H

#include "orchestrator/steps/build.h"

#define WAVE_IDLE_PPS 20 /* BGP, BFD and ARP of an idle link stay below */

struct wave_build {
	struct build *b;
	size_t wave, end;   /* those from `wave` to before `end` */
	const char *before; /* id of the session that is withdrawn next */
	bool forward;
	size_t released;  /* groups of the wave that are held no more */
	size_t *to_drain; /* sessions, by edge */
	bool *drained;	  /* by edge: all of them */
};

/* Does the session announce, or take, anything else with these waves? */
bool wave_exports(const struct policy_session *s, const struct wave_build *w);
bool wave_imports(const struct policy_session *s, const struct wave_build *w);

struct expect *wave_expect(struct step *s, enum expect_kind kind,
			   const char *name);
/* Prefixes that are named exactly must be seen; ranges only bound the rest. */
void wave_expect_sent(struct step *st, const char *name,
		      const struct state_list *all,
		      const struct state_list *moved);
/* The step '<verb>-<session>' that binds the policy, under the timer. */
struct step *wave_bind(struct wave_build *w, const char *verb,
		       const struct policy_session *s, bool import,
		       const char *policy, const char *what);

/* Is what moves on this session held on the VPN of its edge? */
bool wave_pins(const struct policy_session *s, const struct wave_build *w);
/* Visitors of sessions; one step a tunnel.  An edge that rebooted meanwhile
 * holds nothing any more: 'held' looks. */
void wave_pin(const struct policy_session *s, void *w);
void wave_held(const struct policy_session *s, void *w);
void wave_unpin(const struct policy_session *s, void *w);
/* Lets the wave's groups go, one after the other. */
void wave_release(struct wave_build *w);
void wave_settle(struct wave_build *w, const char *id, const char *why);

void wave_back(struct wave_build *w); /* back.c */

#endif
