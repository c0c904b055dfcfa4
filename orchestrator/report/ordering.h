/*
 * ordering.h - in which order should the waves and the edges be changed?
 *
 * Tries the orders of a plan's waves, and of the links (and so the edges) in
 * each, proves each and counts the traffic that moves more often than it must.
 * Where no order holds it finds two demands that cannot be met together.
 *
 * Ownership: ordering_done() frees everything.
 */
#ifndef CUTOVER_REPORT_ORDERING_H
#define CUTOVER_REPORT_ORDERING_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"
#include "orchestrator/plan/plan.h"

#define ORDERING_MOST                                                          \
	1440 /* candidates; a plan with more is not searched whole             \
	      */

struct ordering_try {  /* the first one is the plan's own order */
	size_t *waves; /* indices of the plan as it was written */
	size_t turn;   /* links rotated by so many */
	size_t errors;
	double twice;  /* Mbit/s (or pairs) times moves too many */
	char *rule;    /* of the first error, or NULL */
	char *text;    /* what it says */
	char *subject; /* whom it is about */
};

struct ordering {
	struct ordering_try *v;
	size_t n, cap;
	bool all;  /* every order was looked at */
	long best; /* index; -1: none holds */
};

/* The plan is changed meanwhile, and is as it was afterwards. */
bool ordering_find(struct plan *p, struct ordering *ret, struct err *e);
void ordering_text(const struct plan *p, const struct ordering *o,
		   struct buf *out);
json_t *ordering_json(const struct plan *p, const struct ordering *o);
void ordering_done(struct ordering *o);

#endif
