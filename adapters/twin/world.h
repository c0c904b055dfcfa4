/*
 * world.h - the network in memory; private to adapters/twin/
 *
 *	plan -> devices (device.h) with running and saved configuration
 *	     -> peers: far ends of BGP sessions, what they were told
 *	     -> ribs: best paths of each edge to each cloud prefix
 *	     -> walk: does every pair have a path, now?
 *
 * Routes do not move at once: what one edge tells the other, and what a peer
 * tells the cloud's gateway, is believed some time later (the *_US below), and
 * in between packets follow that: so an order can be make-before-break or not.
 *
 * Ownership: the world owns all of it.  Threads: one.
 */
#ifndef CUTOVER_TWIN_WORLD_H
#define CUTOVER_TWIN_WORLD_H

#include "orchestrator/base/digest.h"
#include "orchestrator/engine/world.h"
#include "orchestrator/model/prefix.h"

#define ESTABLISH_US 1000000 /* from possible to Established */
#define IBGP_US 200000	     /* an edge's news reaches the other edges */
#define CLOUD_US 1500000     /* a peer's news reaches the cloud's gateway */
#define REBOOT_US 25000000
#define LATE_US 45000000    /* a command that lands after its session */
#define FAILURE_US 10000000 /* by then an unplanned failure is healed */
#define PAIR_PPS 100

struct device; /* device.h */

/* What is announced, what is believed of it, and from when on. */
struct told {
	bool now, seen;
	int64_t seen_us;
};

struct unit { /* a site prefix */
	char *text;
	struct prefix prefix;
	const char *community;
};

struct cloud { /* a prefix on the other side */
	char *text;
	struct prefix prefix;
	bool on_private;
	size_t circuit, peering; /* of the services of another peering */
};

struct pair {
	size_t unit, cloud;
	bool lost[2]; /* to the cloud, to the site */
	bool told[2]; /* reported already */
};

struct peer { /* the far end of a session */
	size_t edge;
	bool vpn;
	size_t tunnel;
	size_t circuit, link, peering;
	char *name, *neighbor, *interface;
	bool can, up;
	int64_t up_us;
	struct told *units, *pins; /* by unit */
};

enum via { VIA_NONE, VIA_PEER, VIA_EDGE, VIA_DEFAULT };

struct path {
	enum via via;
	size_t to; /* peer or edge */
	uint32_t local_pref, hops;
	bool is_static;
};

struct rib { /* of an edge; vectors by cloud prefix */
	struct path *best;
	struct path *says, *said; /* to the other edges: now, as believed */
	int64_t *said_us;
};

struct world {
	const struct plan *plan;
	world_call_fn *on_call;
	void *arg;
	int64_t now_us;
	struct target *targets;
	struct adapter_ops *ops; /* by target */
	struct device **devices; /* by target */
	size_t n;
	struct device **edges;	 /* by edge of the plan */
	struct device **tunnels; /* by tunnel, NULL: not managed */
	struct device **circuits;
	struct unit *units;
	size_t n_units;
	struct cloud *clouds;
	size_t n_clouds;
	struct pair *pairs;
	size_t n_pairs;
	struct peer *peers;
	size_t n_peers;
	struct rib *ribs;   /* by edge */
	bool dirty;	    /* something changed since routes were computed */
	int64_t failing_us; /* losses until then are excused */
	int64_t lost_us;
	struct state_list changes;
	struct buf broken, news;
	struct world *next; /* of this thread */
};

/* route.c: sessions, announcements and best paths follow what is configured. */
void world_peers_make(struct world *w);
void world_peers_free(struct world *w);
void world_route(struct world *w);
/* The next moment at which something is believed that is not yet. */
int64_t world_route_next(const struct world *w);
bool world_lit(const struct world *w, const struct peer *p);
bool world_peer_attached(const struct world *w, const struct peer *p);
/* Does an import policy of the edge take this prefix, and how dear is it? */
bool world_policy_permits(const struct device *d, const char *policy,
			  const struct prefix *p, const char *community,
			  uint32_t *ret_local_pref);
bool world_cloud_behind(const struct world *w, const struct peer *p,
			const struct cloud *c);
/* As state_route.paths. */
void world_paths(const struct world *w, size_t edge, size_t cloud,
		 struct state_list *ret);
/* The prefix that the peer's edge announces to it. */
bool world_told(const struct peer *p, size_t unit);

/* walk.c: every pair, both ways; what is lost is judged. */
void world_walk(struct world *w);

/* see.c: what a device answers when it is asked. */
bool world_see(struct device *d, const struct resource_set *want,
	       struct resource_set *ret, struct err *e);

/* world.c */
void world_tell(struct world *w, const char *fmt, ...) mem_printf(2, 3);
void world_break(struct world *w, const char *fmt, ...) mem_printf(2, 3);
void world_excuse(struct world *w);
/* Of this thread from now on: this one alone, or (NULL) none. */
void world_use(struct world *w);
/* The world that owns this target. */
struct world *world_of(const struct target *t, size_t *ret_index);

extern const struct adapter_ops twin_adapter_ops; /* adapter.c */
#endif
