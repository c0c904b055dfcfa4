/*
 * foretold.h - what a model says of routes, beside what is seen of them
 */
#ifndef CUTOVER_STEPS_FORETOLD_H
#define CUTOVER_STEPS_FORETOLD_H

#include "orchestrator/steps/step.h"

/* Where a prefix must go when a step is done, as a model of the network says.
 */
struct foretold {
	const struct step *step; /* of the program */
	char *edge, *prefix;
	char *from; /* neighbor it is learned from; NULL: see `via` */
	char *via;  /* for people: session or edge; NULL: there is no route */
	struct state_list not_from; /* via an edge: whoever is not another */
};

struct foretold_vec {
	struct foretold *v; /* those of one step stand together */
	size_t n, cap;
};

/* Appends one, to be filled in. */
struct foretold *foretold_add(struct foretold_vec *l, const struct step *s,
			      const char *edge, const char *prefix);
void foretold_vec_done(struct foretold_vec *l);

/* Is anything told of the step?  NULL: nobody tells anything. */
bool foretold_of(const struct foretold_vec *l, const struct step *s);
/*
 * Are the routes of `edge` among what was seen as was foretold of the step?
 * Each difference is a line of `why` that says both.  What was not looked at is
 * not compared.
 */
bool foretold_holds(const struct foretold_vec *l, const struct step *s,
		    const char *edge, const struct resource_set *seen,
		    struct buf *why);
/* The same of a snapshot: target -> resources. */
bool foretold_holds_json(const struct foretold_vec *l, const struct step *s,
			 const json_t *states, struct buf *why);

#endif
