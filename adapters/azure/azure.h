/*
 * azure.h - ExpressRoute circuits, connections and virtual networks in Azure
 */
#ifndef CUTOVER_ADAPTERS_AZURE_AZURE_H
#define CUTOVER_ADAPTERS_AZURE_AZURE_H

#include "orchestrator/port/adapter.h"

extern const struct adapter_ops azure_adapter_ops;

#endif
