/*
 * network.h - a plan's network in memory, whose calls are counted
 */
#ifndef CUTOVER_TESTS_REPORT_NETWORK_H
#define CUTOVER_TESTS_REPORT_NETWORK_H

#include "orchestrator/engine/world.h"

struct network {
	size_t calls[WORLD_SLOTS];
	struct world *w;
	const struct target *targets;
	size_t n;
};

/* One at a time; the plan is borrowed.  Its targets have drivers of their own,
 * 'world-' and the plan's. */
void network_up(struct network *x, const struct plan *p);
void network_down(struct network *x);

#endif
