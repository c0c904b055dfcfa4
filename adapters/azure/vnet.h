/*
 * vnet.h - the fingerprint of a virtual network in Azure
 */
#ifndef CUTOVER_ADAPTERS_AZURE_VNET_H
#define CUTOVER_ADAPTERS_AZURE_VNET_H

#include "orchestrator/base/json.h"
#include "orchestrator/model/states.h"

/* Of the answer to a GET with $expand=subnets/ipConfigurations. */
bool vnet_identity(const json_t *vnet, struct state_vnet *ret, struct err *e);

#endif
