/*
 * id.h - names and resource ids of Azure, from a plan to a URL
 *
 * A plan may write a name, which is then looked for in the plan's subscription
 * and resource group, or a whole id.  Nothing goes into a URL that has not
 * passed here.
 */
#ifndef CUTOVER_ADAPTERS_AZURE_ID_H
#define CUTOVER_ADAPTERS_AZURE_ID_H

#include "orchestrator/port/target.h"

#define AZURE_NETWORK "/providers/Microsoft.Network/"
#define AZURE_API_VERSION "2024-01-01"

#define ID_CIRCUIT "expressRouteCircuits"
#define ID_GATEWAY "virtualNetworkGateways"
#define ID_CONNECTION "connections"
#define ID_VNET "virtualNetworks"
#define ID_NIC "networkInterfaces"

bool id_name_valid(const char *name);
bool id_guid_valid(const char *text);
/* Is it the id of one resource of that type, and well-formed? */
bool id_valid(const char *id, const char *type);
/* Azure does not tell cases apart. */
bool id_same(const char *a, const char *b);
/* The last word of an id. */
const char *id_name(const char *id);
/* '/subscriptions/S/resourceGroups/G' of an id; the caller frees it. */
char *id_group(const char *id);

/* The id that a plan means by `text`; NULL with e set when it means none. */
char *id_resolve(const struct target *t, const char *type, const char *text,
		 struct err *e);
/* A resource of that type beside `id`, in the same resource group. */
char *id_beside(const char *id, const char *type, const char *name,
		struct err *e);
char *id_child(const char *id, const char *type, const char *name);

#endif
