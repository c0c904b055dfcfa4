/*
 * scope.h - did a change touch only what it was to touch?
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_SCOPE_H
#define CUTOVER_ADAPTERS_LIBVIRT_SCOPE_H

#include "orchestrator/base/err.h"
#include "orchestrator/model/states.h"

/*
 * Compares two lists of virt_networks_list(): of the networks in `ours` only
 * 'active' may differ, of all others nothing.  False names the first that does.
 */
bool scope_check(const struct state_list *before,
		 const struct state_list *after, const struct state_list *ours,
		 struct err *e);

#endif
