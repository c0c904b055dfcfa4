/*
 * net.c - the tables of a model network and what changed in them
 *
 * Nothing is computed here.  Invariants: indices never change and nothing is
 * ever removed (a session that a device no longer has is one that is disabled);
 * every change is noted once, and decide_run() empties the notes.  No threads.
 */
#include "orchestrator/twin/net.h"

#include <string.h>

#include "orchestrator/base/sort.h"

struct net *net_new(void)
{
	struct net *n = mem_alloc(sizeof(*n));

	n->attrs = attr_pool_new();
	return n;
}

static void router_done(struct net_router *r)
{
	free(r->name);
	free(r->links);
	free(r->ends);
	free(r->origins);
}

void net_free(struct net *n)
{
	if (!n)
		return;
	for (int i = 0; i < n->n_routers; i++)
		router_done(&n->routers[i]);
	for (int i = 0; i < n->n_links; i++)
		free(n->links[i].name);
	for (int i = 0; i < n->n_sessions; i++) {
		free(n->sessions[i].name);
		free(n->sessions[i].end[0].address);
		free(n->sessions[i].end[1].address);
	}
	for (int i = 0; i < n->n_origins; i++) {
		free(n->origins[i].name);
		free(n->origins[i].prefixes);
	}
	free(n->routers);
	free(n->links);
	free(n->sessions);
	free(n->origins);
	free(n->changes);
	filter_table_done(&n->filters);
	attr_pool_free(n->attrs);
	free(n);
}

void net_touch(struct net *n, enum net_change_kind kind, int index)
{
	for (size_t i = n->n_changes; i-- > 0 && i + 8 > n->n_changes;)
		if (n->changes[i].kind == kind && n->changes[i].index == index)
			return;
	MEM_GROW(n->changes, n->n_changes, n->cap_changes);
	n->changes[n->n_changes++] = (struct net_change){kind, index};
}

/* ---- adding ---- */

int net_add_router(struct net *n, const char *name, enum net_role role,
		   uint32_t asn, uint32_t id)
{
	MEM_GROW(n->routers, (size_t)n->n_routers, n->cap_routers);
	n->routers[n->n_routers] = (struct net_router){
		.name = mem_strdup(name),
		.role = role,
		.asn = asn,
		.id = id,
		.up = true,
	};
	net_touch(n, NET_CHANGED_SHAPE, 0);
	return n->n_routers++;
}

static void router_link(struct net_router *r, int link)
{
	MEM_GROW(r->links, r->n_links, r->cap_links);
	r->links[r->n_links++] = link;
}

int net_add_link(struct net *n, const char *name, enum net_class class, int a,
		 int b, uint32_t cost)
{
	MEM_GROW(n->links, (size_t)n->n_links, n->cap_links);
	n->links[n->n_links] = (struct net_link){
		.name = mem_strdup(name),
		.class = class,
		.router = {a, b},
		.cost = cost,
		.up = true,
	};
	router_link(&n->routers[a], n->n_links);
	router_link(&n->routers[b], n->n_links);
	net_touch(n, NET_CHANGED_SHAPE, 0);
	return n->n_links++;
}

static void router_end(struct net_router *r, int end)
{
	MEM_GROW(r->ends, r->n_ends, r->cap_ends);
	r->ends[r->n_ends++] = end;
}

int net_add_session(struct net *n, const char *name, int a, int b, int link)
{
	struct net_end end = {.import = FILTER_NONE, .export = FILTER_NONE};

	MEM_GROW(n->sessions, (size_t)n->n_sessions, n->cap_sessions);
	n->sessions[n->n_sessions] = (struct net_session){
		.name = mem_strdup(name),
		.router = {a, b},
		.link = link,
		.ebgp = n->routers[a].asn != n->routers[b].asn,
		.families = 3,
		.end = {end, end},
	};
	router_end(&n->routers[a], 2 * n->n_sessions);
	router_end(&n->routers[b], 2 * n->n_sessions + 1);
	net_touch(n, NET_CHANGED_SHAPE, 0);
	return n->n_sessions++;
}

int net_add_origin(struct net *n, const char *name, int router)
{
	struct net_router *r = &n->routers[router];

	MEM_GROW(n->origins, (size_t)n->n_origins, n->cap_origins);
	n->origins[n->n_origins] = (struct net_origin){
		.name = mem_strdup(name),
		.router = router,
		.link = -1,
		.active = true,
		.announce = true,
		.forward = true,
		.only_session = -1,
	};
	MEM_GROW(r->origins, r->n_origins, r->cap_origins);
	r->origins[r->n_origins++] = n->n_origins;
	net_touch(n, NET_CHANGED_SHAPE, 0);
	return n->n_origins++;
}

void net_origin_add(struct net *n, int origin, const struct prefix *p)
{
	struct net_origin *o = &n->origins[origin];

	MEM_GROW(o->prefixes, o->n_prefixes, o->cap_prefixes);
	o->prefixes[o->n_prefixes++] = *p;
	net_touch(n, NET_CHANGED_SHAPE, 0);
}

void net_origin_set(struct net *n, int origin, struct prefix *v, size_t count)
{
	struct net_origin *o = &n->origins[origin];

	free(o->prefixes);
	o->prefixes = v;
	o->n_prefixes = o->cap_prefixes = count;
	net_touch(n, NET_CHANGED_SHAPE, 0);
}

static int prefix_order(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

void net_origin_sort(struct net *n, int origin)
{
	struct net_origin *o = &n->origins[origin];

	sort_runs(o->prefixes, o->n_prefixes, sizeof(*o->prefixes),
		  prefix_order);
}

/* ---- changing ---- */

void net_enable(struct net *n, int session, int side, bool enabled)
{
	struct net_end *end = &n->sessions[session].end[side];

	if (end->enabled == enabled)
		return;
	end->enabled = enabled;
	net_touch(n, NET_CHANGED_SESSION, session);
}

void net_bind(struct net *n, int session, int side, bool import, int policy)
{
	struct net_end *end = &n->sessions[session].end[side];
	int *at = import ? &end->import : &end->export;

	if (*at == policy)
		return;
	*at = policy;
	net_touch(n, NET_CHANGED_SESSION, session);
}

void net_set_up(struct net *n, int link, bool up)
{
	if (n->links[link].up == up)
		return;
	n->links[link].up = up;
	net_touch(n, NET_CHANGED_LINK, link);
}

void net_activate(struct net *n, int origin, bool active)
{
	if (n->origins[origin].active == active)
		return;
	n->origins[origin].active = active;
	net_touch(n, NET_CHANGED_ORIGIN, origin);
}

void net_fail_router(struct net *n, int router, bool failed)
{
	if (n->routers[router].up != failed)
		return;
	n->routers[router].up = !failed;
	net_touch(n, NET_CHANGED_ROUTER, router);
}

void net_fail_link(struct net *n, int link, bool failed)
{
	if (n->links[link].failed == failed)
		return;
	n->links[link].failed = failed;
	net_touch(n, NET_CHANGED_LINK, link);
}

void net_fail_session(struct net *n, int session, bool failed)
{
	if (n->sessions[session].failed == failed)
		return;
	n->sessions[session].failed = failed;
	net_touch(n, NET_CHANGED_SESSION, session);
}

/* ---- finding ---- */

#define FIND(table, count)                                                     \
	do {                                                                   \
		for (int i = 0; i < (count); i++)                              \
			if (strcmp((table)[i].name, name) == 0)                \
				return i;                                      \
		return -1;                                                     \
	} while (0)

int net_find_router(const struct net *n, const char *name)
{
	FIND(n->routers, n->n_routers);
}

int net_find_link(const struct net *n, const char *name)
{
	FIND(n->links, n->n_links);
}

int net_find_session(const struct net *n, const char *name)
{
	FIND(n->sessions, n->n_sessions);
}

int net_find_origin(const struct net *n, const char *name)
{
	FIND(n->origins, n->n_origins);
}
