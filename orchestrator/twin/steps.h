/*
 * steps.h - a step of a program, done to the model
 *
 * What a step wants becomes the model's state; what it waits for does not.  The
 * model does not decide anew by itself: call decide_run() when the changes of
 * one moment are all made.
 */
#ifndef CUTOVER_TWIN_STEPS_H
#define CUTOVER_TWIN_STEPS_H

#include "orchestrator/twin/build.h"

/* Everything that steps change, to come back to. */
struct twin_state {
	bool *enabled;			  /* 2 * session + side */
	int *import, *export;		  /* the same */
	bool *link_up, *active, *defined; /* by link, origin, policy */
	bool *lit, *attached, *interface_up;
	int n_ends, n_links, n_origins, n_policies;
	size_t n_circuits, n_peers;
};

struct twin_state *twin_state_take(const struct twin *t);
void twin_state_put(struct twin *t, const struct twin_state *s);
/* Puts back only what lies on one edge. */
void twin_state_put_edge(struct twin *t, const struct twin_state *s,
			 size_t edge);
bool twin_state_same(const struct twin_state *a, const struct twin_state *b);
uint64_t twin_state_hash(const struct twin_state *s);
void twin_state_free(struct twin_state *s);

/* One resource, as wanted or as seen. */
bool twin_take(struct twin *t, const char *target, const struct resource *r,
	       struct err *e);
/*
 * A step; `start` is what an undo step that says 'as it was at the start' comes
 * back to.  True: something in the model changed.
 */
bool twin_step(struct twin *t, const struct step *s,
	       const struct twin_state *start);

#endif
