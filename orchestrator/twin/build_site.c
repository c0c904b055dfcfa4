/*
 * build_site.c - where a public peering moves: public services, the Internet
 *
 * Pure but for the network that it fills.
 */
#include <string.h>

#include "orchestrator/twin/build_parts.h"

/* ---- public services, over the Internet today ---- */

void build_public(struct twin *t)
{
	const struct plan *p = t->plan;
	struct prefix_vec theirs = {0};
	uint32_t asn = 0;

	for (size_t i = 0; i < p->n_groups; i++)
		if (!build_is_private(p, &p->groups[i]))
			asn = p->circuits[p->groups[i].circuit]
				      .peerings[p->groups[i].peering]
				      .asn;
	if (!asn)
		return;
	build_cloud(p, false, &theirs);
	t->public_host =
		part_router(t, "public services", NET_PUBLIC_HOST, asn, NULL);
	t->internet = part_router(t, "internet", NET_CORE, 1, NULL);
	part_origin(t, "public", t->public_host, -1, 0, &theirs);
	free(theirs.v);
	twin_assume(t, "internet",
		    "public services and the site's public prefixes are "
		    "reached over the Internet until they move, by every edge");
}

static int add_default(struct twin *t, const char *name, int router, int link)
{
	struct prefix_vec l = {0};
	struct prefix four = {.family = 4}, six = {.family = 6};
	int o;

	prefix_vec_add(&l, &four);
	prefix_vec_add(&l, &six);
	o = part_origin(t, name, router, link, 1, &l);
	free(l.v);
	return o;
}

/* Static routes of the internet to what lies behind a link. */
static void internet_routes(struct twin *t, const char *name, int link,
			    const struct prefix_vec *l)
{
	struct prefix_vec copy = {0};
	int o;

	for (size_t i = 0; i < l->n; i++)
		prefix_vec_add(&copy, &l->v[i]);
	o = part_origin(t, name, t->internet, link, 1, &copy);
	t->net->origins[o].announce = false;
}

void build_internet(struct twin *t)
{
	struct prefix_vec theirs = {0}, ours = {0};
	int l, o;

	if (t->internet < 0)
		return;
	build_cloud(t->plan, false, &theirs);
	for (size_t i = 0; i < t->plan->n_groups; i++)
		if (!build_is_private(t->plan, &t->plan->groups[i]))
			for (size_t k = 0; k < t->n_onprem; k++)
				if (twin_group_of(t, &t->onprem[k],
						  &theirs.v[0]) >= 0)
					prefix_vec_add(&ours, &t->onprem[k]);
	prefix_vec_sort(&ours);
	l = net_add_link(t->net, "internet-services", NET_INSIDE, t->internet,
			 t->public_host, 0);
	/* its own way out; the provider's edges have nothing to do with it */
	o = add_default(t, "services out", t->public_host, l);
	t->net->origins[o].announce = false;
	internet_routes(t, "to services", l, &theirs);
	for (size_t i = 0; i < t->plan->n_edges; i++) {
		mem_auto_free char *name =
			mem_format("internet-%s", t->plan->edges[i].name);

		l = net_add_link(t->net, name, NET_INSIDE, t->edges[i],
				 t->internet, 0);
		add_default(t, name, t->edges[i], l);
		internet_routes(t, name, l, &ours);
	}
	free(theirs.v);
	free(ours.v);
}
