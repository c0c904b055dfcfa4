/*
 * world.c - the plan's network made of devices, and its time
 *
 * Time moves in steps from one thing that is due to the next (a timer, a late
 * command, a route that comes to be believed), and pairs are walked after each
 * of them: nothing that would be lost in between goes unseen.
 *
 * Ownership, threads: world.h.  Worlds of a thread are in a list, so that an
 * adapter's context, which has a target only, finds its own.
 */
#include "adapters/twin/world.h"

#include <string.h>

#include "adapters/twin/device.h"
#include "orchestrator/base/clock.h"

static _Thread_local struct world *worlds;

struct world *world_of(const struct target *t, size_t *ret_index)
{
	for (struct world *w = worlds; w; w = w->next)
		if (t >= w->targets && t < w->targets + w->n) {
			*ret_index = (size_t)(t - w->targets);
			return w;
		}
	return NULL;
}

void world_use(struct world *w)
{
	worlds = w;
}

/* ---- what there is ---- */

static bool add_unit(struct world *w, const char *rule, const char *community)
{
	struct prefix_rule r;
	char text[PREFIX_TEXT_MAX];

	if (!prefix_rule_parse(rule, &r, NULL))
		return false;
	prefix_text(&r.prefix, text);
	for (size_t i = 0; i < w->n_units; i++)
		if (strcmp(w->units[i].text, text) == 0)
			return false;
	w->units = mem_realloc(w->units, w->n_units + 1, sizeof(*w->units));
	w->units[w->n_units++] = (struct unit){.text = mem_strdup(text),
					       .prefix = r.prefix,
					       .community = community};
	return true;
}

static void add_cloud(struct world *w, const char *text,
		      const struct plan_group *g)
{
	struct cloud c = {.on_private = true};

	for (size_t i = 0; i < w->n_clouds; i++)
		if (strcmp(w->clouds[i].text, text) == 0)
			return;
	if (!prefix_parse(text, &c.prefix, NULL))
		return;
	c.text = mem_strdup(text);
	if (g) {
		const struct plan_peering *pe =
			&w->plan->circuits[g->circuit].peerings[g->peering];

		c.on_private = strcmp(pe->domain, "private") == 0;
		c.circuit = g->circuit;
		c.peering = g->peering;
	}
	w->clouds = mem_realloc(w->clouds, w->n_clouds + 1, sizeof(c));
	w->clouds[w->n_clouds++] = c;
}

static size_t unit_at(const struct world *w, const char *rule)
{
	struct prefix_rule r;

	if (!prefix_rule_parse(rule, &r, NULL))
		return w->n_units;
	for (size_t i = 0; i < w->n_units; i++)
		if (prefix_cmp(&w->units[i].prefix, &r.prefix) == 0)
			return i;
	return w->n_units;
}

static size_t cloud_at(const struct world *w, const char *text)
{
	size_t i = 0;

	while (i < w->n_clouds && strcmp(w->clouds[i].text, text) != 0)
		i++;
	return i;
}

static void add_pair(struct world *w, size_t unit, size_t cloud)
{
	if (unit == w->n_units || cloud == w->n_clouds)
		return;
	for (size_t i = 0; i < w->n_pairs; i++)
		if (w->pairs[i].unit == unit && w->pairs[i].cloud == cloud)
			return;
	w->pairs = mem_realloc(w->pairs, w->n_pairs + 1, sizeof(*w->pairs));
	w->pairs[w->n_pairs++] = (struct pair){.unit = unit, .cloud = cloud};
}

static void make_prefixes(struct world *w)
{
	const struct plan *p = w->plan;

	for (size_t i = 0; i < p->vnet.prefixes.n; i++)
		add_cloud(w, p->vnet.prefixes.v[i], NULL);
	for (size_t g = 0; g < p->n_groups; g++) {
		const struct plan_group *gr = &p->groups[g];

		for (size_t i = 0; i < gr->onprem.n; i++)
			add_unit(w, gr->onprem.v[i], gr->community);
		for (size_t i = 0; i < gr->cloud.n; i++)
			add_cloud(w, gr->cloud.v[i], gr);
	}
	for (size_t i = 0; i < p->site.prefixes.n; i++)
		add_unit(w, p->site.prefixes.v[i], NULL);
	for (size_t g = 0; g < p->n_groups; g++)
		for (size_t i = 0; i < p->groups[g].onprem.n; i++)
			for (size_t k = 0; k < p->groups[g].cloud.n; k++)
				add_pair(w,
					 unit_at(w, p->groups[g].onprem.v[i]),
					 cloud_at(w, p->groups[g].cloud.v[k]));
}

/* ---- devices as they are before the run ---- */

static void born_interfaces(struct device *d, const struct plan_circuit *c)
{
	for (size_t k = 0; k < c->n_peerings; k++)
		for (size_t l = 0; l < c->n_links; l++) {
			const struct plan_link_peering *on =
				&c->peerings[k].on[l];

			if (c->links[l].edge == d->index && on->interface &&
			    !on->parent &&
			    !wdev_find(d, RESOURCE_INTERFACE, on->interface))
				resource_set_add(&d->running,
						 RESOURCE_INTERFACE,
						 on->interface);
		}
}

static void born_edge(struct device *d)
{
	const struct plan *p = d->world->plan;

	for (size_t i = 0; i < p->n_tunnels; i++) {
		const struct plan_tunnel *t = &p->tunnels[i];
		struct resource *r;

		if (t->edge != d->index || !t->neighbor)
			continue;
		r = resource_set_add(&d->running, RESOURCE_SESSION, t->name);
		r->session.neighbor = mem_strdup(t->neighbor);
		r->session.asn = t->asn;
		r->session.local_asn = p->site.asn;
		r->session.enabled = true;
	}
	for (size_t c = 0; c < p->n_circuits; c++)
		born_interfaces(d, &p->circuits[c]);
}

static void born(struct device *d)
{
	const struct plan *p = d->world->plan;
	struct resource *r;

	switch (d->kind) {
	case DEVICE_EDGE:
		born_edge(d);
		break;
	case DEVICE_TUNNEL:
		r = resource_set_add(&d->running, RESOURCE_TUNNEL,
				     p->tunnels[d->index].name);
		r->tunnel.connection =
			mem_strdup(p->tunnels[d->index].connection);
		r->tunnel.up = true;
		break;
	case DEVICE_CIRCUIT:
		resource_set_add(&d->running, RESOURCE_CIRCUIT,
				 p->circuits[d->index].name);
		resource_set_add(&d->running, RESOURCE_ATTACHMENT,
				 p->circuits[d->index].name);
		break;
	case DEVICE_VNET:
		r = resource_set_add(&d->running, RESOURCE_VNET, p->vnet.name);
		r->vnet.identity = mem_strdup("{\"machines\":2}");
		r->vnet.digest = mem_strdup("sha256:of-the-virtual-network");
		break;
	}
	wdev_save(d);
}

/* An adapter as capable as the one that it stands for. */
static struct adapter_ops stand_in(const char *driver)
{
	const struct adapter_ops *real = adapter_find(driver);
	struct adapter_ops o = twin_adapter_ops;

	if (!real)
		return o;
	o.kinds = real->kinds;
	o.caps = real->caps;
	if (!real->fence)
		o.fence = NULL;
	if (!(real->caps & ADAPTER_CAP_TIMER)) {
		o.confirm = NULL;
		o.revert = NULL;
		o.renew = NULL;
	}
	if (!real->save)
		o.save = NULL;
	return o;
}

static struct device *device_of(struct world *w, size_t t)
{
	const struct plan *p = w->plan;
	const char *name = w->targets[t].name;

	for (size_t i = 0; i < p->n_edges; i++)
		if (strcmp(p->edges[i].name, name) == 0)
			return w->edges[i] = wdev_new(w, DEVICE_EDGE, i,
						      &w->targets[t]);
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (strcmp(p->tunnels[i].name, name) == 0)
			return w->tunnels[i] = wdev_new(w, DEVICE_TUNNEL, i,
							&w->targets[t]);
	for (size_t i = 0; i < p->n_circuits; i++)
		if (strcmp(p->circuits[i].name, name) == 0)
			return w->circuits[i] = wdev_new(w, DEVICE_CIRCUIT, i,
							 &w->targets[t]);
	return wdev_new(w, DEVICE_VNET, 0, &w->targets[t]);
}

static void make_devices(struct world *w)
{
	const struct plan *p = w->plan;

	w->targets = plan_targets(p, &w->n);
	w->ops = mem_calloc(w->n, sizeof(*w->ops));
	w->devices = mem_calloc(w->n, sizeof(*w->devices));
	w->edges = mem_calloc(p->n_edges, sizeof(*w->edges));
	w->tunnels = mem_calloc(p->n_tunnels, sizeof(*w->tunnels));
	w->circuits = mem_calloc(p->n_circuits, sizeof(*w->circuits));
	for (size_t i = 0; i < w->n; i++) {
		w->ops[i] = stand_in(w->targets[i].driver);
		w->devices[i] = device_of(w, i);
		born(w->devices[i]);
	}
}

/* ---- time ---- */

void world_tell(struct world *w, const char *fmt, ...)
{
	mem_auto_free char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = mem_vformat(fmt, ap);
	va_end(ap);
	buf_printf(&w->news, "%s\n", s);
}

void world_break(struct world *w, const char *fmt, ...)
{
	mem_auto_free char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = mem_vformat(fmt, ap);
	va_end(ap);
	buf_printf(&w->broken, "%s\n", s);
}

void world_excuse(struct world *w)
{
	int64_t until = w->now_us + FAILURE_US;

	if (until > w->failing_us)
		w->failing_us = until;
}

static void account(struct world *w, int64_t span_us)
{
	for (size_t i = 0; i < w->n_pairs; i++)
		for (int k = 0; k < 2; k++)
			if (w->pairs[i].lost[k])
				w->lost_us += span_us;
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->devices[i]->n_counters; k++) {
			struct counter *c = &w->devices[i]->counters[k];

			c->rx += c->rx_pps * (uint64_t)span_us / 1000000;
			c->tx += c->tx_pps * (uint64_t)span_us / 1000000;
		}
}

static int64_t next_due(const struct world *w)
{
	int64_t t = world_route_next(w);

	for (size_t i = 0; i < w->n; i++) {
		int64_t d = wdev_next(w->devices[i]);

		if (d && (!t || d < t))
			t = d;
	}
	if (w->failing_us > w->now_us && (!t || w->failing_us < t))
		t = w->failing_us;
	return t;
}

static void step_to(struct world *w, int64_t t)
{
	bool healed = w->failing_us > w->now_us && w->failing_us <= t;

	account(w, t - w->now_us);
	w->now_us = t;
	for (size_t i = 0; i < w->n; i++)
		wdev_due(w->devices[i]);
	if (!w->dirty && !healed && world_route_next(w) > t)
		return;
	world_route(w);
	world_walk(w);
}

static void advance(struct world *w, int64_t until_us)
{
	int64_t t;

	if (w->dirty)
		step_to(w, w->now_us);
	while ((t = next_due(w)) && t <= until_us)
		step_to(w, t > w->now_us ? t : w->now_us);
	if (until_us > w->now_us)
		step_to(w, until_us);
}

/* ---- making and freeing ---- */

static void world_free(struct world *w)
{
	struct world **at = &worlds;

	if (!w)
		return;
	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
	world_peers_free(w);
	for (size_t i = 0; i < w->n; i++)
		wdev_free(w->devices[i]);
	for (size_t i = 0; i < w->n_units; i++)
		free(w->units[i].text);
	for (size_t i = 0; i < w->n_clouds; i++)
		free(w->clouds[i].text);
	plan_targets_free(w->targets, w->n);
	state_list_done(&w->changes);
	buf_done(&w->broken);
	buf_done(&w->news);
	free(w->units);
	free(w->clouds);
	free(w->pairs);
	free(w->devices);
	free(w->edges);
	free(w->tunnels);
	free(w->circuits);
	free(w->ops);
	free(w);
}

static struct world *world_make(const struct plan *p, world_call_fn *on_call,
				void *arg)
{
	struct world *w = mem_alloc(sizeof(*w));

	w->plan = p;
	w->on_call = on_call;
	w->arg = arg;
	w->now_us = clock_mono_us();
	make_prefixes(w);
	make_devices(w);
	world_peers_make(w);
	w->next = worlds;
	worlds = w;
	/* the VPN has been up for an hour */
	w->now_us -= 3600000000;
	world_excuse(w);
	w->dirty = true;
	advance(w, clock_mono_us());
	w->lost_us = 0;
	buf_clear(&w->news);
	return w;
}

/* ---- for the rehearsal ---- */

static const struct target *get_targets(const struct world *w, size_t *ret_n)
{
	*ret_n = w->n;
	return w->targets;
}

static const struct adapter_ops *get_adapter(const struct world *w, size_t i)
{
	return &w->ops[i];
}

/* Not while another edge is away: two failures at once are nobody's promise. */
static bool reboot(struct world *w, size_t i)
{
	struct device *d = w->devices[i];
	size_t others = 0;

	for (size_t k = 0; k < w->plan->n_edges; k++)
		others += w->edges[k] != d && wdev_up(w->edges[k]);
	if (d->kind != DEVICE_EDGE || !wdev_up(d) ||
	    others + 1 < w->plan->n_edges || !others)
		return false;
	wdev_reboot(d);
	advance(w, w->now_us);
	return true;
}

static void edit(struct world *w, size_t i)
{
	wdev_edit(w->devices[i]);
	advance(w, w->now_us);
}

static size_t armed(const struct world *w, size_t i, int64_t *ret_us)
{
	*ret_us = w->devices[i]->deadline_us;
	return w->devices[i]->n_armed;
}

static const char *image(const struct world *w, size_t i)
{
	return wdev_image(w->devices[i]);
}

static size_t changes(const struct world *w)
{
	return w->changes.n;
}

static const char *change(const struct world *w, size_t i)
{
	return w->changes.v[i];
}

static const char *broken(const struct world *w)
{
	return buf_str(&w->broken);
}

static int64_t lost_us(const struct world *w)
{
	return w->lost_us;
}

static char *news(struct world *w)
{
	return w->news.len ? buf_steal(&w->news) : NULL;
}

const struct world_ops twin_world_ops = {
	.make = world_make,
	.free = world_free,
	.targets = get_targets,
	.adapter = get_adapter,
	.advance = advance,
	.reboot = reboot,
	.edit = edit,
	.excuse = world_excuse,
	.armed = armed,
	.image = image,
	.changes = changes,
	.change = change,
	.broken = broken,
	.lost_us = lost_us,
	.news = news,
};
