/*
 * render.h - from what is to what is wanted, as a changeset
 */
#ifndef CUTOVER_ADAPTERS_BIRD_RENDER_H
#define CUTOVER_ADAPTERS_BIRD_RENDER_H

#include "orchestrator/port/adapter.h"

bool bird_check(const struct target *t, const struct resource_set *set,
		struct err *e);
bool bird_render(const struct target *t, const struct resource_set *from,
		 const struct resource_set *to, struct changeset *ret,
		 struct err *e);

#endif
