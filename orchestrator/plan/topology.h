/*
 * topology.h - the site: what it announces, and its routers behind the edges
 *
 * Ends of links are numbers: routers first, in the plan's order, then the
 * edges in theirs.  Prefixes are lists of canonical texts ('10.1.0.0/16'), as
 * everywhere in a plan.  Ownership: the plan's.
 */
#ifndef CUTOVER_PLAN_TOPOLOGY_H
#define CUTOVER_PLAN_TOPOLOGY_H

#include "orchestrator/model/states.h"

struct plan_router {
	char *name;
	struct state_list
		prefixes; /* of the site's, those that are behind it */
	bool reflector;	  /* of routes, for all that are none */
};

struct plan_wire {
	size_t end[2]; /* router, or n_routers + edge */
	uint32_t cost;
};

struct plan_topology { /* n_routers 0: not said */
	struct plan_router *routers;
	size_t n_routers;
	struct plan_wire *links;
	size_t n_links;
};

struct plan_site {
	uint32_t asn;
	struct state_list prefixes;
	struct state_list stateful; /* names of devices that see both ways */
	uint32_t mss; /* TCP MSS that the site clamps to; 0: not known */
	struct plan_topology topology;
};

void plan_topology_done(struct plan_topology *t);

#endif
