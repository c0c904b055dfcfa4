/*
 * route.h - `show route` of BIRD and `ip -j route` of the kernel, read
 *
 * Total over any bytes: what is not understood is left out.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_ROUTE_H
#define CUTOVER_ADAPTERS_BIRD_ROUTE_H

#include "orchestrator/model/resource.h"

struct bird_route {
	bool present;
	char *protocol; /* that it was learned from */
	char *as_path;
	uint32_t local_pref;
	uint32_t preference; /* of the protocol: higher wins, BGP's is 100 */
	struct state_list next_hops; /* sorted */
	struct state_list paths;     /* of all paths: 'PROTOCOL LOCAL-PREF' */
};

/* The best path out of `show route P all`, and what others there are. */
void bird_route_parse(const char *text, size_t len, struct bird_route *ret);
void bird_route_done(struct bird_route *r);

/* The networks of a `show route` answer, sorted, each once. */
void bird_route_networks(const char *text, size_t len, struct state_list *ret);
/* N of 'N of M routes for K networks in table import', or -1. */
int64_t bird_route_count(const char *text, size_t len);

/*
 * Next hops of the kernel's route out of `ip -j route show table all exact
 * P`, those that BIRD put there before others.  False: there is none, or the
 * text is no JSON.
 */
bool bird_kernel_parse(const char *text, size_t len, struct state_list *ret);

#endif
