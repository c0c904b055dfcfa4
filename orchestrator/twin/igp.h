/*
 * igp.h - distances inside an AS, from the costs of its links
 *
 * Shortest paths over links that are up, have a cost and join two routers of
 * one AS that are up.  Computed for all routers at once where something that
 * counts has changed.  Answers are kept: a proof fails the same links again and
 * again, and mends them each time.
 */
#ifndef CUTOVER_TWIN_IGP_H
#define CUTOVER_TWIN_IGP_H

#include "orchestrator/twin/net.h"

#define IGP_FAR UINT32_MAX /* no way */

#define IGP_KEPT 32

struct igp {
	const uint32_t *dist; /* [from * n + to]: one of those kept */
	int n;
	struct {
		uint32_t *dist;
		uint64_t stamp; /* of the links it was made from */
	} kept[IGP_KEPT];
	size_t next; /* whose place the next one takes */
};

/* True: a distance differs from what was there before. */
bool igp_update(struct igp *g, const struct net *n);
void igp_done(struct igp *g);

static inline uint32_t igp_dist(const struct igp *g, int from, int to)
{
	return g->dist[(size_t)from * (size_t)g->n + (size_t)to];
}

bool net_link_works(const struct net *n, int link);

#endif
