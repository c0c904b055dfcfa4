/*
 * see.c - what a device answers when it is asked
 *
 * What is configured comes from what runs; what lives (states of sessions,
 * announced prefixes, best paths, counters) from the world's routes.
 */
#include <string.h>

#include "adapters/twin/device.h"

static const struct peer *peer_of(const struct device *d, const char *name)
{
	const struct world *w = d->world;

	for (size_t i = 0; i < w->n_peers; i++)
		if (w->peers[i].edge == d->index &&
		    strcmp(w->peers[i].name, name) == 0)
			return &w->peers[i];
	return NULL;
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void see_pins(const struct device *d, const struct peer *p,
		     struct state_list *l)
{
	for (size_t i = 0; p->up && p->vpn && i < d->running.n; i++) {
		const struct resource *r = &d->running.v[i];

		if (r->kind != RESOURCE_STATIC_ROUTE ||
		    !r->static_route.session ||
		    strcmp(r->static_route.session, p->neighbor) != 0)
			continue;
		for (size_t k = 0; k < r->static_route.prefixes.n; k++)
			state_list_add(l, r->static_route.prefixes.v[k]);
	}
}

static void see_sent(const struct device *d, const struct peer *p, bool list,
		     struct state_session *s)
{
	const struct world *w = d->world;
	struct state_list l = {0};

	for (size_t u = 0; u < w->n_units; u++)
		if (world_told(p, u))
			state_list_add(&l, w->units[u].text);
	see_pins(d, p, &l);
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), text_cmp);
	s->prefixes_sent = (uint32_t)l.n;
	if (list)
		s->sent = l;
	else
		state_list_done(&l);
}

static void see_received(const struct device *d, const struct peer *p,
			 bool list, struct state_session *s)
{
	const struct world *w = d->world;
	uint32_t pref;

	if (!p->up || (!p->vpn && !world_peer_attached(w, p)))
		return;
	for (size_t c = 0; c < w->n_clouds; c++) {
		if (!world_cloud_behind(w, p, &w->clouds[c]))
			continue;
		s->prefixes_received++;
		if (!p->vpn &&
		    !world_policy_permits(d, s->import, &w->clouds[c].prefix,
					  NULL, &pref))
			continue;
		s->prefixes_accepted++;
		if (list)
			state_list_add(&s->received, w->clouds[c].text);
	}
	if (s->prefixes_received)
		s->as_path = mem_strdup(p->vpn ? "65515" : "12076 65515");
}

static void see_session(const struct device *d, const struct resource *want,
			struct resource *r)
{
	const struct peer *p = peer_of(d, want->name);
	struct state_session *s = &r->session;

	s->ours = p && !p->vpn;
	s->state = mem_strdup(p && p->up    ? "Established"
			      : p && p->can ? "Connect"
					    : "Idle");
	if (!p)
		return;
	s->bfd_state =
		mem_strdup(s->bfd_interval_ms ? p->up ? "up" : "down" : "");
	if (p->up)
		s->uptime_s = (uint64_t)(d->world->now_us - p->up_us) / 1000000;
	see_sent(d, p, want->session.sent.n > 0, s);
	see_received(d, p, want->session.received.n > 0, s);
}

static void see_interface(const struct device *d, struct resource *r)
{
	const struct world *w = d->world;
	struct counter *c = wdev_counter((struct device *)d, r->name);

	r->interface.rx_packets = c->rx;
	r->interface.tx_packets = c->tx;
	for (size_t i = 0; i < w->n_peers; i++)
		if (!w->peers[i].vpn && w->peers[i].edge == d->index &&
		    strcmp(w->peers[i].interface, r->name) == 0)
			r->interface.oper_up |= world_lit(w, &w->peers[i]);
	r->interface.oper_up &= r->interface.up;
}

static void see_route(const struct device *d, const char *prefix,
		      struct resource_set *ret)
{
	const struct world *w = d->world;
	struct resource *r = resource_set_add(ret, RESOURCE_ROUTE, prefix);
	const struct path *b = NULL;
	const char *hop = NULL;

	for (size_t c = 0; c < w->n_clouds; c++)
		if (strcmp(w->clouds[c].text, prefix) == 0) {
			b = &w->ribs[d->index].best[c];
			world_paths(w, d->index, c, &r->route.paths);
		}
	if (!b || !b->via) {
		r->present = false;
		return;
	}
	r->route.in_fib = true;
	r->route.local_pref = b->local_pref;
	if (b->via == VIA_PEER)
		hop = w->peers[b->to].neighbor;
	else if (b->via == VIA_EDGE)
		hop = w->plan->edges[b->to].name;
	r->route.session = mem_strdup(hop ? hop : "");
	state_list_add(&r->route.next_hops, hop ? hop : "default");
}

static bool is_foreign(const struct resource *r)
{
	return r->kind != RESOURCE_INTERFACE && !strchr(r->name, '/') &&
	       strncmp(r->name, "CUTOVER-", 8) != 0;
}

static void see_config(const struct device *d, const char *name,
		       struct resource_set *ret)
{
	struct resource *r = resource_set_add(ret, RESOURCE_CONFIG, name);
	char hex[DIGEST_HEX];

	r->config.text = mem_strdup(wdev_image(d));
	digest_sha256_hex(r->config.text, strlen(r->config.text), hex);
	r->config.digest = mem_strdup(hex);
	r->config.foreign = wdev_text(d, is_foreign);
	r->config.saved = strcmp(d->saved_image, r->config.text) == 0;
}

static void see_tunnel(const struct device *d, struct resource *r)
{
	struct counter *c = wdev_counter((struct device *)d, r->name);

	r->tunnel.packets_in = c->rx;
	r->tunnel.packets_out = c->tx;
	r->tunnel.bytes_in = c->rx * 100;
	r->tunnel.bytes_out = c->tx * 100;
}

static void see_one(struct device *d, const struct resource *want,
		    struct resource_set *ret)
{
	const struct resource *is = wdev_find(d, want->kind, want->name);
	struct resource *r;

	if (want->kind == RESOURCE_ROUTE) {
		see_route(d, want->name, ret);
		return;
	}
	if (want->kind == RESOURCE_CONFIG) {
		see_config(d, want->name, ret);
		return;
	}
	if (!is) {
		resource_set_add(ret, want->kind, want->name)->present = false;
		return;
	}
	r = resource_set_add_copy(ret, is);
	if (r->kind == RESOURCE_SESSION)
		see_session(d, want, r);
	else if (r->kind == RESOURCE_INTERFACE)
		see_interface(d, r);
	else if (r->kind == RESOURCE_TUNNEL)
		see_tunnel(d, r);
}

bool world_see(struct device *d, const struct resource_set *want,
	       struct resource_set *ret, struct err *e)
{
	resource_set_auto all = {0};

	for (size_t i = 0; i < want->n; i++) {
		if (!(d->world->ops[d->target - d->world->targets].kinds &
		      RESOURCE_BIT(want->v[i].kind)))
			return err_set(e, ERR_INVALID, "'%s' knows no %s",
				       d->target->name,
				       resource_kind_name(want->v[i].kind));
		see_one(d, &want->v[i], &all);
	}
	*ret = all;
	all = (struct resource_set){0};
	return true;
}
