/*
 * provider.h - what each provider does with routes, as data with its source
 *
 * One row a provider.  The twin asks the row, never the provider's name, so a
 * provider that behaves differently is another row and no other code.
 */
#ifndef CUTOVER_TWIN_PROVIDER_H
#define CUTOVER_TWIN_PROVIDER_H

#include "orchestrator/plan/plan.h"

struct provider_limits { /* prefixes, 0: none known */
	uint32_t private_v4, private_v6, public_v4, public_v6;
	uint32_t vpn; /* that the VPN gateway takes */
	uint32_t from_cloud_v4, from_cloud_v6;
};

struct provider_fact {
	const char *what, *source;
};

struct provider {
	const char *id, *name;
	uint32_t asns[4]; /* that its circuits speak with; 0: the end */
	/* Preference of the cloud at an equal prefix, higher wins; equal
	 * ones are left to the AS path and MED. */
	uint32_t prefer_circuit, prefer_vpn_static, prefer_vpn_bgp;
	bool honours_communities; /* ours, before anything but the prefix */
	bool honours_prepend;	  /* between circuits */
	bool honours_med;
	bool whole_spaces; /* announces address spaces, never parts */
	bool strips_private_as;
	struct provider_limits limits;
	uint32_t circuit_mtu, tunnel_mtu, tunnel_mss; /* 0: not known */
	const struct provider_fact *facts;
	size_t n_facts;
};

extern const struct provider providers[];
extern const size_t n_providers;

/* By the circuit's driver or AS number.  *ret_assumed: neither says, and the
 * first row is a guess that has to be said. */
const struct provider *provider_of(const struct plan *p, bool *ret_assumed);
const struct provider *provider_named(const char *id);

#endif
