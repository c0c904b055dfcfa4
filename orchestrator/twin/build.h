/*
 * build.h - from a plan, and what was observed, to a model network
 *
 *	core --+-- edge1 === tunnel ===== vpn gateway ----+-- fabric (vnet)
 *	       |     \\                                    |
 *	       |      circuit -- provider edge -- gateway +
 *	       +-- edge2 ...
 *
 * The plan names edges, tunnels, links and prefixes.  What it does not name and
 * what nobody observed is assumed, and every assumption is written down with an
 * id: a proof holds under them and no further.
 *
 * Ownership: the twin borrows plan and program, owns the network.
 */
#ifndef CUTOVER_TWIN_BUILD_H
#define CUTOVER_TWIN_BUILD_H

#include "orchestrator/model/ruleset.h"
#include "orchestrator/steps/step.h"
#include "orchestrator/twin/decide.h"
#include "orchestrator/twin/provider.h"

struct twin_note {
	char *id, *text;
};

struct twin_tunnel {
	int gateway, link;
	int session;	 /* -1: static */
	int routes, lng; /* static: origins of the edge and of the gateway */
};

struct twin_peer {  /* one peering on one link */
	char *name; /* '<circuit>/<link>/<peering>' */
	size_t circuit, link, peering;
	int pe, wire, session; /* wire: link; all -1: not ours */
	int attach;	       /* link to the gateway; -1: public */
	bool is_private;
	bool interface_up; /* wanted on the edge */
};

struct twin_pin { /* the more-specifics that an undo step may hold */
	const struct step *step;
	char *resource; /* the static_route's name */
	size_t edge;
	int origin;
};

/* What an adapter saw on a target; both sides of a session see themselves. */
struct twin_seen {
	const char *target;
	const struct resource_set *set;
};

struct twin {
	const struct plan *plan;
	const struct program *program;
	const struct provider *provider;
	struct net *net;
	struct decide *decide;
	int core, fabric, circuit_gateway; /* circuit_gateway -1: none */
	int internet, public_host;	   /* -1: no public peering moves */
	int *edges;			   /* router, by plan edge */
	struct twin_tunnel *tunnels;	   /* by plan tunnel */
	struct twin_peer *peers;
	size_t n_peers, cap_peers;
	bool *lit, *attached; /* by circuit */
	struct twin_pin *pins;
	size_t n_pins, cap_pins;
	struct prefix *onprem, *cloud; /* what the pairs are made of, sorted */
	size_t n_onprem, n_cloud;
	struct rule_set *rules;	 /* by group: onprem, as they match ... */
	struct rule_set *spaces; /* ... and all that they contain */
	bool observed;
	/* As handed to twin_build(); the caller keeps it. */
	const struct twin_seen *seen;
	size_t n_seen;
	struct twin_note *assumed;
	size_t n_assumed, cap_assumed;
};

/* As the network is before the first step.  NULL with e set: what was observed
 * or a policy of the program makes no sense. */
struct twin *twin_build(const struct plan *p, const struct program *g,
			const struct twin_seen *seen, size_t n_seen,
			struct err *e);
void twin_free(struct twin *t);

/* What was seen of a resource; NULL: nobody looked, or it is not there. */
const struct resource *twin_seen_find(const struct twin *t, const char *target,
				      enum resource_kind kind,
				      const char *name);
/* Once for each id. */
void twin_assume(struct twin *t, const char *id, const char *fmt, ...)
	mem_printf(3, 4);

/* Is it one of those behind which the site's prefixes are? */
bool twin_is_home(const struct twin *t, int router);
struct twin_peer *twin_peer_named(const struct twin *t, const char *name);
int twin_tunnel_named(const struct twin *t, const char *name); /* or -1 */
/* Does one of a group's rules match the prefix, or (wide) contain it? */
bool twin_in_group(const struct twin *t, size_t group, const struct prefix *p,
		   bool wide);
/* The group that moves a pair, by the plan's order; -1: none. */
int twin_group_of(const struct twin *t, const struct prefix *onprem,
		  const struct prefix *cloud);

#endif
