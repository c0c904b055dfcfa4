/*
 * lane.h - one writer at a time for a circuit and for a gateway
 *
 * Azure answers a second writer with errors, or worse.  Within this process a
 * lane is taken for every resource that a change concerns; across processes the
 * resource's own state is looked at (change.c).
 */
#ifndef CUTOVER_ADAPTERS_AZURE_LANE_H
#define CUTOVER_ADAPTERS_AZURE_LANE_H

#include <stdbool.h>

/* Takes it for `owner`, who may have it already; false: somebody else has. */
bool lane_take(const char *id, const void *owner);
/* Gives back all that owner has. */
void lane_leave(const void *owner);

#endif
