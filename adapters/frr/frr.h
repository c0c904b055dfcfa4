/*
 * frr.h - the adapter for edges that run FRR (8.4 and later) on Linux
 *
 * Parameters of a target:
 *	frr_conf   where the saved configuration lies (/etc/frr/frr.conf)
 *	pin_table  kernel routing table for pins, 1 to 252, unused (242)
 */
#ifndef CUTOVER_ADAPTERS_FRR_FRR_H
#define CUTOVER_ADAPTERS_FRR_FRR_H

#include "orchestrator/port/adapter.h"

extern const struct adapter_ops frr_adapter_ops;

#endif
