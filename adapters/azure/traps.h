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
/* What the route table of a subnet means for the move. */
void traps_routes(const char *subnet, const json_t *table,
		  struct state_list *traps, struct state_list *notes);
/* Networks that share gateways with this one. */
void traps_spokes(const json_t *vnet, struct state_list *notes);
void traps_fast_path(const json_t *connections, const char *gateway,
		     struct state_list *notes);

#endif
