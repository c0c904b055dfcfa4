/*
 * preflight.h - everything around a gateway that a cutover may trip over
 */
#ifndef CUTOVER_ADAPTERS_AZURE_PREFLIGHT_H
#define CUTOVER_ADAPTERS_AZURE_PREFLIGHT_H

#include "adapters/azure/arm.h"
#include "orchestrator/model/states.h"

/* The id of the network that a gateway stands in, to be freed; NULL: it does
 * not say. */
char *preflight_vnet(const json_t *gateway);
/* `gateway` as it was read.  Traps stand in the way; notes are to be known. */
bool preflight_read(struct arm *a, const json_t *gateway,
		    struct state_list *ret_traps, struct state_list *ret_notes,
		    struct err *e);

#endif
