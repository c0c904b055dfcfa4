/*
 * net.h - a model network: routers, links, sessions, policies, origins
 *
 * Plain tables with indices (int, from 0), filled once and changed step by
 * step: enable a session, bind a policy, cut a link, withdraw an origin.
 * Change through the functions below, since they note for decide.h what has to
 * be computed anew; read the tables directly.  One `struct decide` follows a
 * network.
 *
 * A session lies on a link (eBGP always does), or on none: then it needs a way
 * through the AS.  It is up when both ends are enabled and nothing has failed.
 *
 * Ownership: the network owns all texts and lists.
 */
#ifndef CUTOVER_TWIN_NET_H
#define CUTOVER_TWIN_NET_H

#include "orchestrator/model/prefix.h"
#include "orchestrator/twin/attr.h"
#include "orchestrator/twin/filter.h"

#define NET_LOCAL_PREF 100 /* where nobody sets one */

enum net_role {
	NET_EDGE,
	NET_CORE,
	NET_PROVIDER_EDGE,
	NET_CIRCUIT_GATEWAY,
	NET_VPN_GATEWAY,
	NET_FABRIC,	 /* what the cloud's machines meet first */
	NET_PUBLIC_HOST, /* behind a public peering */
};

struct net_router {
	char *name;
	enum net_role role;
	uint32_t asn, id; /* id: router identifier (RFC 4271, 4.2) */
	bool up;
	bool always_med; /* MED also between different neighbouring ASes */
	bool ties_open;	 /* which of equally good routes wins is not known: any
			    may */
	uint32_t max_paths, max_paths_ibgp; /* multipath; 0 counts as 1 */
	int *links, *ends, *origins;	    /* ends: 2 * session + side */
	size_t n_links, n_ends, n_origins, cap_links, cap_ends, cap_origins;
};

enum net_class { NET_LAN, NET_TUNNEL, NET_CIRCUIT, NET_ATTACH, NET_INSIDE };

struct net_link {
	char *name;
	enum net_class class;
	int router[2];
	uint32_t cost; /* IGP; 0: not in the IGP */
	bool up, failed;
};

struct net_end { /* of a session, at one of its routers */
	char *address;
	bool enabled;
	int import, export; /* policy, or FILTER_ALL, FILTER_NONE */
	uint32_t weight;
	bool next_hop_self, client; /* client: the peer is a reflector's */
	bool remove_private;
	bool no_communities; /* strips what the peer sent */
	uint32_t limit[2];   /* prefixes taken, IPv4 and IPv6; 0: any */
};

struct net_session {
	char *name;
	int router[2], link;	    /* link -1: through the AS */
	bool ebgp, failed, tripped; /* tripped: a prefix limit was passed */
	unsigned families;	    /* 1: IPv4, 2: IPv6 */
	struct net_end end[2];
};

/* Prefixes that a router brings in, all in one way. */
struct net_origin {
	char *name;
	int router;
	int link;	   /* where packets go; -1: they stay (delivered) */
	uint32_t distance; /* against BGP's 20 and 200; 0: connected */
	bool active, announce, forward; /* in BGP, in the FIB */
	bool discard, inward; /* to the bin; not without a way into the AS */
	int only_session;     /* announced there alone; -1: everywhere */
	uint32_t med;
	bool has_med;
	enum attr_origin origin;
	const struct attr_list *communities;
	struct prefix *prefixes;
	size_t n_prefixes, cap_prefixes;
};

enum net_change_kind {
	NET_CHANGED_SHAPE, /* anything may differ */
	NET_CHANGED_SESSION,
	NET_CHANGED_ROUTER,
	NET_CHANGED_LINK,
	NET_CHANGED_ORIGIN,
};

struct net_change {
	enum net_change_kind kind;
	int index;
};

struct net {
	struct attr_pool *attrs;
	struct filter_table filters;
	struct net_router *routers;
	struct net_link *links;
	struct net_session *sessions;
	struct net_origin *origins;
	struct net_change *changes; /* what decide has not seen yet */
	int n_routers, n_links, n_sessions, n_origins;
	size_t cap_routers, cap_links, cap_sessions, cap_origins;
	size_t n_changes, cap_changes;
};

struct net *net_new(void);
void net_free(struct net *n);

int net_add_router(struct net *n, const char *name, enum net_role role,
		   uint32_t asn, uint32_t id);
int net_add_link(struct net *n, const char *name, enum net_class class, int a,
		 int b, uint32_t cost);
/* Both ends disabled, with FILTER_NONE both ways. */
int net_add_session(struct net *n, const char *name, int a, int b, int link);
/* Active, announced and forwarded, staying where it is. */
int net_add_origin(struct net *n, const char *name, int router);
void net_origin_add(struct net *n, int origin, const struct prefix *p);
/* Takes the vector over; what the origin had is gone (NULL, 0: all of it). */
void net_origin_set(struct net *n, int origin, struct prefix *v, size_t count);
void net_origin_sort(struct net *n, int origin);

void net_enable(struct net *n, int session, int side, bool enabled);
void net_bind(struct net *n, int session, int side, bool import, int policy);
void net_set_up(struct net *n, int link, bool up);
void net_activate(struct net *n, int origin, bool active);
void net_fail_router(struct net *n, int router, bool failed);
void net_fail_link(struct net *n, int link, bool failed);
void net_fail_session(struct net *n, int session, bool failed);
void net_touch(struct net *n, enum net_change_kind kind,
	       int index); /* in tables */

int net_find_router(const struct net *n, const char *name); /* or -1 */
int net_find_link(const struct net *n, const char *name);
int net_find_session(const struct net *n, const char *name);
int net_find_origin(const struct net *n, const char *name);

#endif
