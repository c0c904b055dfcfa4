/*
 * identity.h - the fingerprint of a virtual network
 *
 * Identity, compared exactly: the network's definition (running and saved),
 * whether it is active and starts by itself, the domains on it with uuid, id
 * (a new one at every start of QEMU), state and interfaces, and the address of
 * each of these and of each static host.
 *
 * Liveness, never compared: CPU time, counters, lease times, how many
 * interfaces are connected, leases of anybody else, the gateway's port.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_IDENTITY_H
#define CUTOVER_ADAPTERS_LIBVIRT_IDENTITY_H

#include "adapters/libvirt/facts.h"
#include "orchestrator/base/err.h"
#include "orchestrator/model/states.h"

/*
 * `gateway_port`: MAC or target device of an interface that may come, go and
 * change; or NULL.  `ret` is an empty state.
 */
bool identity_make(const struct facts *f, const char *gateway_port,
		   struct state_vnet *ret, struct err *e);

#endif
