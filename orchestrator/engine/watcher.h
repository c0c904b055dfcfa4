/*
 * watcher.h - threads that look at targets again and again, beside the steps
 *
 * Each has a connection of its own and never changes anything, so that a step
 * waits for no look and no look for a step.  A look that fails is a result as
 * well: it makes guards blind, not breached.
 */
#ifndef CUTOVER_ENGINE_WATCHER_H
#define CUTOVER_ENGINE_WATCHER_H

#include "orchestrator/port/adapter.h"

struct watcher_pool;

struct watcher_look {
	char *target;
	bool ok;
	char *text; /* why not; or the event that caused the look; or NULL */
	struct resource_set seen;
};

struct watcher_pool *watcher_pool_new(uint32_t period_ms);
/* Begins to look at `want` of the target; both are borrowed and copied. */
bool watcher_pool_add(struct watcher_pool *p, const struct target *t,
		      const struct resource_set *want, struct err *e);
int watcher_pool_fd(const struct watcher_pool *p); /* readable: looks wait */
bool watcher_pool_poll(struct watcher_pool *p, struct watcher_look *ret);
void watcher_look_done(struct watcher_look *l);
void watcher_pool_free(struct watcher_pool *p); /* joins; bounded */

#endif
