/*
 * nics.h - the network interfaces in a domain's XML
 *
 * Ownership: the list owns its texts.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_NICS_H
#define CUTOVER_ADAPTERS_LIBVIRT_NICS_H

#include <stdbool.h>

#include "adapters/libvirt/xml.h"

struct nic {
	char *mac;				 /* lower case */
	char *target, *network, *bridge, *model; /* NULL where there is none */
	bool link_up;
};

struct nics {
	struct nic *v; /* sorted by MAC, then target */
	size_t n, cap;
};

#define nics_auto __attribute__((cleanup(nics_done))) struct nics

void nics_read(const struct xml *domain, struct nics *ret);
void nics_done(struct nics *l);
/* Is the interface on that network, or (bridge not NULL) on its bridge? */
bool nic_is_on(const struct nic *n, const char *network, const char *bridge);
bool nics_any_on(const struct nics *l, const char *network, const char *bridge);
/* Does 'port' (a MAC or a target device; NULL: none) mean this one? */
bool nic_is_port(const struct nic *n, const char *port);
/* Does the guest's agent talk to libvirt right now? */
bool nics_agent_connected(const struct xml *domain);

#endif
