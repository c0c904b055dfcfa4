/*
 * facts.h - what was read from libvirt, in plain values
 *
 * Filled by virt.c, judged by identity.c; neither knows the other's business.
 * Ownership: the facts own everything in them.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_FACTS_H
#define CUTOVER_ADAPTERS_LIBVIRT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct facts_lease {
	char *mac, *ip, *hostname; /* hostname may be NULL */
	int64_t expiry;		   /* wall clock seconds, 0: never */
};

#define FACTS_UUID 37 /* 36 digits and dashes, and the NUL */

struct facts_network {
	char *name, uuid[FACTS_UUID];
	bool exists, active, autostart, persistent;
	char *xml;	 /* as it runs */
	char *saved_xml; /* as it will start next; NULL when transient */
	struct facts_lease *leases;
	size_t n_leases, cap_leases;
};

struct facts_networks {
	struct facts_network *v;
	size_t n, cap;
};

struct facts_address { /* told by the guest's agent */
	char *mac, *ip;
};

struct facts_counters {
	char *target;
	int64_t rx_bytes, rx_packets, rx_drop, tx_bytes, tx_packets, tx_drop;
};

struct facts_domain {
	char *name, *uuid, *state;
	int id; /* -1 when it does not run; a new one at every start */
	char *xml;
	uint64_t cpu_ns;
	struct facts_address *addresses;
	size_t n_addresses, cap_addresses;
	struct facts_counters *counters;
	size_t n_counters, cap_counters;
};

struct facts {
	struct facts_network network;
	struct facts_domain *domains; /* those with a NIC on the network */
	size_t n_domains, cap_domains;
};

void facts_network_done(struct facts_network *n);
void facts_networks_done(struct facts_networks *l);
void facts_domain_done(struct facts_domain *d);
void facts_done(struct facts *f);

#endif
