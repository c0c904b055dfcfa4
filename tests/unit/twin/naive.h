/*
 * naive.h - a path-vector simulation that shares no code with the twin
 *
 * One prefix at a time, whole routes copied about, everybody recomputed from
 * scratch in every round: slow and simple, to hold the twin against.
 */
#ifndef CUTOVER_TESTS_NAIVE_H
#define CUTOVER_TESTS_NAIVE_H

#include "orchestrator/twin/net.h"

#define NAIVE_PATH 64

struct naive_route {
	bool valid;
	unsigned weight, lp, med, source; /* source: 0 local, 1 eBGP, 2 iBGP */
	int path_len, clusters_len, comm_len;
	uint32_t path[NAIVE_PATH], clusters[NAIVE_PATH], comm[NAIVE_PATH];
	int origin_code, next_hop, next_link, originator;
	int session; /* -1: local */
	int local;   /* origin index */
};

/* best[router] after the last round; false: no rest after `rounds`. */
bool naive_run(const struct net *n, const struct prefix *p, int rounds,
	       struct naive_route *best);
/* What `router` decides when the others have decided `best`. */
struct naive_route naive_decide(const struct net *n, const struct prefix *p,
				int router, const struct naive_route *best);
bool naive_same(const struct naive_route *a, const struct naive_route *b);

#endif
