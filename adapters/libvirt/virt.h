/*
 * virt.h - a connection to libvirt, with deadlines
 *
 * Calls into libvirt block for as long as its daemon likes; here each has a
 * deadline (monotonic), after which the connection is given up and only
 * virt_close() is of use.  One thread at a time uses a connection.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_VIRT_H
#define CUTOVER_ADAPTERS_LIBVIRT_VIRT_H

#include "adapters/libvirt/facts.h"
#include "orchestrator/port/adapter.h"

struct virt; /* opaque */

/* ERR_REFUSED: the daemon does not let us in; no use in trying again. */
struct virt *virt_open(const char *uri, int64_t deadline_us, struct err *e);
void virt_close(struct virt *v); /* NULL is fine; never blocks for long */

/* A network alone: no leases.  Not there: exists is false. */
bool virt_network_read(struct virt *v, const char *name, int64_t deadline_us,
		       struct facts_network *ret, struct err *e);
/* A network, its leases and the domains on it. */
bool virt_vnet_read(struct virt *v, const char *network, int64_t deadline_us,
		    struct facts *ret, struct err *e);
/* Devices in a network's bridge, sorted; empty where libvirt cannot tell. */
bool virt_ports_read(struct virt *v, const char *network, int64_t deadline_us,
		     struct state_list *ret, struct err *e);
/*
 * One line for each network, sorted by name: 'NAME UUID active|inactive
 * persistent|transient autostart|manual DIGEST', digest over the definition.
 */
bool virt_networks_list(struct virt *v, int64_t deadline_us,
			struct state_list *ret, struct err *e);

/*
 * Starts or stops a network; outcomes as in adapter.h.  A transient network,
 * or one that a domain is plugged into, is not stopped (REFUSED).
 */
enum outcome virt_network_set(struct virt *v, const char *name, bool active,
			      int64_t deadline_us, struct err *e);
/*
 * Waits until no abandoned change to this URI is under way in this process;
 * false when there still is one at the deadline.
 */
bool virt_changes_settled(const char *uri, int64_t deadline_us, struct err *e);

/* The next event as text, or NULL when none came (or, with e, never will). */
char *virt_event_wait(struct virt *v, int64_t deadline_us, struct err *e);

#endif
