/*
 * render.h - the pure slots: check and render
 */
#ifndef CUTOVER_ADAPTERS_FRR_RENDER_H
#define CUTOVER_ADAPTERS_FRR_RENDER_H

#include "orchestrator/port/adapter.h"

bool frr_check(const struct target *t, const struct resource_set *set,
	       struct err *e);
bool frr_render(const struct target *t, const struct resource_set *from,
		const struct resource_set *to, struct changeset *ret,
		struct err *e);

#endif
