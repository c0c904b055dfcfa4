/*
 * igp.c - Dijkstra from every router
 *
 * An AS of hundreds of routers has thousands of links at most, so all pairs
 * take tens of milliseconds, and only when a link of the inside changed: the
 * stamp over what counts tells, and finds an answer that is kept.  The one in
 * use is never thrown away.  No threads.
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

/* Small enough together that a large AS does not eat the memory. */
static size_t places(size_t routers)
{
	size_t n = ((size_t)64 << 20) / (routers * routers * 4 + 1);

	return n < 2 ? 2 : n < IGP_KEPT ? n : IGP_KEPT;
}

static uint32_t *compute(const struct net *n)
{
	size_t size = (size_t)n->n_routers;
	struct heap_item *heap =
		mem_calloc((size_t)n->n_links * 2 + 2, sizeof(*heap));
	bool *count = mem_calloc((size_t)n->n_links + 1, sizeof(*count));
	uint32_t *dist = mem_calloc(size * size + 1, sizeof(*dist));

	for (int i = 0; i < n->n_links; i++)
		count[i] = counts(n, i);
	for (int i = 0; i < n->n_routers; i++)
		from_router(n, count, i, dist + (size_t)i * size, heap);
	free(heap);
	free(count);
	return dist;
}

/* From what is kept, or computed, in the place of the oldest. */
static const uint32_t *dist_of(struct igp *g, const struct net *n)
{
	uint64_t stamp = stamp_of(n);
	size_t at = g->next;

	for (size_t i = 0; i < IGP_KEPT; i++)
		if (g->kept[i].dist && g->kept[i].stamp == stamp)
			return g->kept[i].dist;
	if (g->kept[at].dist && g->kept[at].dist == g->dist)
		at = (at + 1) % places((size_t)n->n_routers);
	free(g->kept[at].dist);
	g->kept[at].dist = compute(n);
	g->kept[at].stamp = stamp;
	g->next = (at + 1) % places((size_t)n->n_routers);
	return g->kept[at].dist;
}

bool igp_update(struct igp *g, const struct net *n)
{
	size_t size = (size_t)n->n_routers;
	const uint32_t *old, *now;
	bool changed;

	if (g->n != n->n_routers)
		igp_done(g);
	g->n = n->n_routers;
	old = g->dist;
	now = dist_of(g, n);
	changed = !old || (old != now &&
			   memcmp(old, now, size * size * sizeof(*old)) != 0);
	g->dist = now;
	return changed;
}

void igp_done(struct igp *g)
{
	for (size_t i = 0; i < IGP_KEPT; i++)
		free(g->kept[i].dist);
	*g = (struct igp){0};
}
