/*
 * traps.h - known traps of gateways, explained
 */
#ifndef CUTOVER_ADAPTERS_AZURE_TRAPS_H
#define CUTOVER_ADAPTERS_AZURE_TRAPS_H

#include "orchestrator/base/json.h"
#include "orchestrator/model/states.h"

/* Why the gateways of a virtual network cannot be used as they are, one line
 * each; `vnet` may be NULL. */
void traps_gateway(const json_t *gateways, const json_t *vnet,
		   struct state_list *ret);

#endif
