/*
 * strongswan.h - the existing VPN's tunnels, read only
 *
 * Kind: tunnel; tunnel.connection is swanctl's connection.  Parameter:
 *	uri	where charon's vici socket is, as for `swanctl --uri` (optional)
 *
 * The adapter never changes anything: the VPN is the way back.
 */
#ifndef CUTOVER_ADAPTERS_STRONGSWAN_STRONGSWAN_H
#define CUTOVER_ADAPTERS_STRONGSWAN_STRONGSWAN_H

#include "orchestrator/port/adapter.h"

extern const struct adapter_ops strongswan_adapter_ops;

#endif
