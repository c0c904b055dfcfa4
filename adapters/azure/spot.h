/*
 * spot.h - what a target is about: the ids behind a plan's names
 */
#ifndef CUTOVER_ADAPTERS_AZURE_SPOT_H
#define CUTOVER_ADAPTERS_AZURE_SPOT_H

#include "orchestrator/model/resource.h"
#include "orchestrator/port/target.h"

struct spot {
	char *circuit, *gateway, *connection; /* ids, or NULL */
	char *vnet, *tunnel;		      /* ids, or NULL */
	char *mark; /* tag that our connection carries */
	const char *location;
	struct state_list links;	  /* names, primary first */
	struct state_list names, domains; /* peerings, and their domains */
	bool provider_owned;		  /* layer 3 is the provider's */
};

#define spot_auto __attribute__((cleanup(spot_done))) struct spot

bool spot_read(const struct target *t, struct spot *ret, struct err *e);
void spot_done(struct spot *p);
/* Can this target have such a resource? */
bool spot_has(const struct target *t, const struct spot *p,
	      const struct resource *r, struct err *e);
/* 'circuit/peering' -> domain; NULL: not one of the plan's. */
const char *spot_domain(const struct spot *p, const char *name);
/* 'circuit/link/peering' -> domain and device ('primary', 'secondary'). */
bool spot_session(const struct spot *p, const char *name,
		  const char **ret_domain, const char **ret_device);

#endif
