/*
 * observe.h - a snapshot as the states of what was asked for
 */
#ifndef CUTOVER_ADAPTERS_BIRD_OBSERVE_H
#define CUTOVER_ADAPTERS_BIRD_OBSERVE_H

#include "adapters/bird/snapshot.h"

bool bird_observe_set(const struct bird_snapshot *s, const struct bird_paths *p,
		      const struct resource_set *want, struct resource_set *ret,
		      struct err *e);
/* Our own policies and sessions, as observed: what edits are checked against.
 */
void bird_observe_own(const struct bird_snapshot *s, struct resource_set *ret);

#endif
