/*
 * routes.c - routes of the kernel, found by their prefix
 *
 * Sorted once, searched by halves.  Routes of one prefix keep the kernel's
 * order: the first is the one that it uses.  What is no route is left out.
 * Threads: none.
 */
#include "adapters/frr/routes.h"

#include <stdlib.h>
#include <string.h>

#include "orchestrator/base/mem.h"

static bool prefix_of(const json_t *route, struct prefix *ret)
{
	const char *dst = json_peek_str(route, "dst", NULL);

	if (!dst)
		return false;
	if (strcmp(dst, "default") == 0)
		return prefix_parse("0.0.0.0/0", ret, NULL);
	return prefix_parse(dst, ret, NULL) ||
	       prefix_parse_addr(dst, ret, NULL);
}

void frr_routes_add(struct frr_routes *r, const json_t *answer)
{
	for (size_t i = 0; i < json_array_size(answer); i++) {
		struct frr_route_at x = {.order = r->n,
					 .route = json_array_get(answer, i)};

		if (!prefix_of(x.route, &x.prefix))
			continue;
		MEM_GROW(r->v, r->n, r->cap);
		r->v[r->n++] = x;
	}
}

static int by_prefix(const void *pa, const void *pb)
{
	const struct frr_route_at *a = pa, *b = pb;
	int c = prefix_cmp(&a->prefix, &b->prefix);

	return c ? c : a->order < b->order ? -1 : a->order > b->order;
}

void frr_routes_sort(struct frr_routes *r)
{
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_prefix);
}

void frr_routes_done(struct frr_routes *r)
{
	free(r->v);
	*r = (struct frr_routes){0};
}

const struct frr_route_at *frr_routes_find(const struct frr_routes *r,
					   const struct prefix *p)
{
	size_t from = 0, to = r->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (prefix_cmp(&r->v[mid].prefix, p) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < r->n && prefix_cmp(&r->v[from].prefix, p) == 0
		       ? &r->v[from]
		       : NULL;
}
