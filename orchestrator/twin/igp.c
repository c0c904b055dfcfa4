/*
 * igp.c - Dijkstra from every router
 *
 * An AS of hundreds of routers has thousands of links at most, so all pairs
 * take tens of milliseconds, and only when a link of the inside changed: the
 * stamp over what counts tells.  No threads.
 */
#include "orchestrator/twin/igp.h"

#include <string.h>

bool net_link_works(const struct net *n, int link)
{
	const struct net_link *l = &n->links[link];

	return l->up && !l->failed && n->routers[l->router[0]].up &&
	       n->routers[l->router[1]].up;
}

static bool counts(const struct net *n, int link)
{
	const struct net_link *l = &n->links[link];

	return l->cost && net_link_works(n, link) &&
	       n->routers[l->router[0]].asn == n->routers[l->router[1]].asn;
}

static uint64_t stamp_of(const struct net *n)
{
	uint64_t h = (uint64_t)n->n_routers + 1;

	for (int i = 0; i < n->n_links; i++)
		h = (h ^ (counts(n, i) ? n->links[i].cost : 0)) *
		    0x9e3779b97f4a7c15u;
	return h ? h : 1;
}

struct heap_item {
	uint32_t dist;
	int router;
};

static void heap_push(struct heap_item *h, size_t *n, struct heap_item x)
{
	size_t i = (*n)++;

	for (; i && h[(i - 1) / 2].dist > x.dist; i = (i - 1) / 2)
		h[i] = h[(i - 1) / 2];
	h[i] = x;
}

static struct heap_item heap_pop(struct heap_item *h, size_t *n)
{
	struct heap_item top = h[0], x = h[--*n];
	size_t i = 0;

	for (;;) {
		size_t k = 2 * i + 1;

		if (k + 1 < *n && h[k + 1].dist < h[k].dist)
			k++;
		if (k >= *n || h[k].dist >= x.dist)
			break;
		h[i] = h[k];
		i = k;
	}
	h[i] = x;
	return top;
}

static void from_router(const struct net *n, const bool *count, int from,
			uint32_t *dist, struct heap_item *heap)
{
	size_t size = 0;

	for (int i = 0; i < n->n_routers; i++)
		dist[i] = IGP_FAR;
	if (!n->routers[from].up)
		return;
	dist[from] = 0;
	heap_push(heap, &size, (struct heap_item){0, from});
	while (size) {
		struct heap_item x = heap_pop(heap, &size);
		const struct net_router *r = &n->routers[x.router];

		for (size_t i = 0; x.dist == dist[x.router] && i < r->n_links;
		     i++) {
			const struct net_link *l = &n->links[r->links[i]];
			int to = l->router[l->router[0] == x.router];

			if (!count[r->links[i]] || x.dist + l->cost >= dist[to])
				continue;
			dist[to] = x.dist + l->cost;
			heap_push(heap, &size,
				  (struct heap_item){dist[to], to});
		}
	}
}

bool igp_update(struct igp *g, const struct net *n)
{
	uint64_t stamp = stamp_of(n);
	size_t size = (size_t)n->n_routers;
	struct heap_item *heap;
	uint32_t *old = g->dist;
	bool *count, changed;

	if (g->dist && g->n == n->n_routers && g->stamp == stamp)
		return false;
	heap = mem_calloc((size_t)n->n_links * 2 + 2, sizeof(*heap));
	count = mem_calloc((size_t)n->n_links + 1, sizeof(*count));
	g->dist = mem_calloc(size * size + 1, sizeof(*g->dist));
	for (int i = 0; i < n->n_links; i++)
		count[i] = counts(n, i);
	for (int i = 0; i < n->n_routers; i++)
		from_router(n, count, i, g->dist + (size_t)i * size, heap);
	changed = !old || g->n != n->n_routers ||
		  memcmp(old, g->dist, size * size * sizeof(*old)) != 0;
	g->n = n->n_routers;
	g->stamp = stamp;
	free(old);
	free(heap);
	free(count);
	return changed;
}

void igp_done(struct igp *g)
{
	free(g->dist);
	*g = (struct igp){0};
}
