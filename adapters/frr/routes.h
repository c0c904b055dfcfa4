/*
 * routes.h - routes of the kernel, found by their prefix
 *
 * An index over the answer of `ip -j route show`, for as many look-ups as a pin
 * has prefixes.  It borrows the JSON.
 */
#ifndef CUTOVER_ADAPTERS_FRR_ROUTES_H
#define CUTOVER_ADAPTERS_FRR_ROUTES_H

#include "orchestrator/base/json.h"
#include "orchestrator/model/prefix.h"

struct frr_route_at {
	struct prefix prefix;
	size_t order; /* in the answer */
	const json_t *route;
};

struct frr_routes {
	struct frr_route_at *v; /* by prefix, then order */
	size_t n, cap;
};

#define frr_routes_auto                                                        \
	__attribute__((cleanup(frr_routes_done))) struct frr_routes

/* Adds what the answer has; NULL has nothing.  Sort before looking. */
void frr_routes_add(struct frr_routes *r, const json_t *answer);
void frr_routes_sort(struct frr_routes *r);
void frr_routes_done(struct frr_routes *r);
/*
 * The first route of exactly this prefix, those behind it follow while their
 * prefix is the same and they are before v + n; NULL: none.
 */
const struct frr_route_at *frr_routes_find(const struct frr_routes *r,
					   const struct prefix *p);

#endif
