/*
 * change.h - starting and stopping one network, with the outcome judged
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_CHANGE_H
#define CUTOVER_ADAPTERS_LIBVIRT_CHANGE_H

#include "adapters/libvirt/lib.h"

/* Blocks without a deadline; see virt_network_set(). */
enum outcome change_network(struct lib *l, const char *name, bool on,
			    struct err *e);

#endif
