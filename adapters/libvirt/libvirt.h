/*
 * libvirt.h - virtual networks and circuits that libvirt has
 *
 * Kinds and parameters (of all: 'uri', default qemu:///system):
 *
 *	vnet		the fingerprint of a network and of the machines on it
 *	    network	its name in libvirt
 *	    gateway_port  MAC or device of an interface that may change
 *(optional) circuit		links made of networks; lit: they are active
 *	    links	'primary=net[+net...],secondary=net...' (see links.h)
 *	attachment	a network that joins circuit and cloud gateway
 *	    attachment	its name in libvirt
 *
 * It starts and stops the networks named in 'links' and 'attachment', nothing
 * else: never the network of 'network', never a domain, never a definition.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_LIBVIRT_H
#define CUTOVER_ADAPTERS_LIBVIRT_LIBVIRT_H

#include "orchestrator/port/adapter.h"

extern const struct adapter_ops libvirt_adapter_ops;

#endif
