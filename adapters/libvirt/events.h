/*
 * events.h - a bounded queue of event texts between threads
 *
 * Shared by reference count: the connection's user, its lane and every callback
 * that libvirt holds.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_EVENTS_H
#define CUTOVER_ADAPTERS_LIBVIRT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "orchestrator/base/mem.h"

struct events; /* opaque */

struct events *events_new(void);
struct events *events_ref(struct events *q);
void events_unref(void *q); /* libvirt's virFreeCallback */
void events_put(struct events *q, const char *fmt, ...) mem_printf(2, 3);
/* The source is gone: after what is queued there will be nothing more. */
void events_end(struct events *q);
/* Owned by the caller; NULL: none came; *ret_ended: none will. */
char *events_take(struct events *q, int64_t deadline_us, bool *ret_ended);

#endif
