/*
 * twin.h - a network in memory behind the port, for rehearsals
 *
 * Every target of a plan gets a device that answers as its adapter's system
 * would, with that adapter's kinds and capabilities.
 */
#ifndef CUTOVER_TWIN_TWIN_H
#define CUTOVER_TWIN_TWIN_H

#include "orchestrator/engine/practice.h"
#include "orchestrator/engine/world.h"

extern const struct world_ops twin_world_ops;
/* The same behind the real runner, on the system's clock. */
extern const struct practice_ops twin_practice_ops;

#endif
