/*
 * rank.h - which of the routes to a prefix is best, and why
 *
 * RFC 4271, 9.1.2.2, with what routers put before it (weight; local origin) and
 * what RFC 4456 puts into it (originator, cluster list).  Candidates are struck
 * out step by step, as the RFC has it, so that MED (which orders only routes of
 * one neighbouring AS) gives the same answer in whatever order they came.
 */
#ifndef CUTOVER_TWIN_RANK_H
#define CUTOVER_TWIN_RANK_H

#include "orchestrator/twin/decide.h"

enum rank_step {		/* what struck out the last of the others */
		 RANK_ONLY,	/* there was no other */
		 RANK_DISTANCE, /* a floating static route gave way */
		 RANK_WEIGHT,
		 RANK_LOCAL_PREF,
		 RANK_LOCAL_ORIGIN,
		 RANK_AS_PATH,	 /* 9.1.2.2 a */
		 RANK_ORIGIN,	 /* b */
		 RANK_MED,	 /* c */
		 RANK_EBGP,	 /* d */
		 RANK_METRIC,	 /* e */
		 RANK_ROUTER_ID, /* f, with RFC 4456 */
		 RANK_CLUSTERS,	 /* RFC 4456, section 9 */
		 RANK_ADDRESS,	 /* g */
		 RANK_STEPS,
};

struct rank {
	int best; /* index into the rib, or -1: nothing is usable */
	enum rank_step step;
	int equal[16]; /* all that are as good up to the metric, best first */
	int n_equal;
};

void rank_paths(const struct decide *d, int router, const struct path *v,
		size_t n, struct rank *ret);
const char *rank_step_name(enum rank_step step);

/* Is the path's next hop within reach?  Its IGP metric, if so. */
bool rank_metric(const struct decide *d, int router, const struct path *p,
		 uint32_t *ret);

#endif
