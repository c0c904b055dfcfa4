/*
 * prove_find.c - what a proof has to look at: destinations, pairs, devices
 *
 * A destination is a chain of prefixes (classes.h) with the side that it is
 * asked from; prefixes that are treated alike are one destination, so the work
 * does not grow with their number.
 */
#include <string.h>

#include "orchestrator/twin/build_prefix.h"
#include "orchestrator/twin/prove_parts.h"

static const struct classes *classes(const struct prover *p)
{
	return p->t->decide->classes;
}

static bool comes_from(const struct prover *p, int chain, int router)
{
	const struct classes *c = classes(p);
	const struct class *x = &c->v[c->chains[chain].class];

	for (size_t i = 0; i < x->n_origins; i++) {
		const struct net_origin *o = &p->t->net->origins[x->origins[i]];

		if (o->router == router && o->link < 0 && o->forward)
			return true;
	}
	return false;
}

/* The site's router behind which the chain's prefixes are; -1: none. */
static int home_of(const struct prover *p, int chain)
{
	const struct classes *c = classes(p);
	const struct class *x = &c->v[c->chains[chain].class];

	for (size_t i = 0; i < x->n_origins; i++) {
		const struct net_origin *o = &p->t->net->origins[x->origins[i]];

		if (o->link < 0 && o->forward && twin_is_home(p->t, o->router))
			return o->router;
	}
	return -1;
}

static bool is_pin(const struct prover *p, int chain)
{
	const struct classes *c = classes(p);
	const struct class *x = &c->v[c->chains[chain].class];

	for (size_t i = 0; i < p->t->n_pins; i++)
		if (classes_has_origin(x, p->t->pins[i].origin))
			return true;
	return false;
}

/* Halves of a prefix are called, and are, where the site's prefix is. */
static void name_dest(const struct prover *p, struct dest *d)
{
	const struct classes *c = classes(p);
	struct prefix q = d->sample;
	int chain = d->chain;
	long at;

	while (is_pin(p, chain) && home_of(p, chain) < 0 &&
	       c->chains[chain].parent >= 0)
		chain = c->chains[chain].parent;
	if (!d->cloud && home_of(p, chain) >= 0)
		d->home = home_of(p, chain);
	while (chain != d->chain && q.len) {
		q.len--;
		q.addr[q.len / 8] &= (uint8_t) ~(0x80u >> (q.len % 8));
		at = classes_find(c, &q);
		if (at >= 0 && c->chain_of[at] == chain)
			break;
	}
	prefix_text(&q, d->text);
}

static int add_dest(struct prover *p, int chain, int from, bool cloud,
		    bool is_private)
{
	const struct classes *c = classes(p);
	struct dest *d;

	MEM_GROW(p->dests, p->n_dests, p->cap_dests);
	d = &p->dests[p->n_dests];
	*d = (struct dest){
		.chain = chain,
		.from = from,
		.home = cloud ? from : p->t->core,
		.cloud = cloud,
		.is_private = is_private,
		.sample = c->prefixes[c->chains[chain].sample],
	};
	name_dest(p, d);
	return (int)p->n_dests++;
}

/* Does a group of that kind name the prefix, or (private) none at all? */
static bool is_asked(const struct prover *p, const struct prefix *onprem,
		     bool is_private)
{
	const struct plan *plan = p->t->plan;
	bool any = false;

	for (size_t g = 0; g < plan->n_groups; g++) {
		if (!twin_in_group(p->t, g, onprem, true))
			continue;
		if (build_is_private(plan, &plan->groups[g]) == is_private)
			return true;
		any = true;
	}
	return is_private && !any;
}

/* The site's routers that packets start from. */
static bool *find_homes(const struct prover *p)
{
	const struct classes *c = classes(p);
	bool *v = mem_calloc((size_t)p->t->net->n_routers + 1, sizeof(*v));

	v[p->t->core] = true;
	for (size_t i = 0; i < c->n_chains; i++)
		if (c->chains[i].live && home_of(p, (int)i) >= 0)
			v[home_of(p, (int)i)] = true;
	return v;
}

static void ask_from(struct prover *p, const bool *homes, int chain,
		     bool is_private)
{
	for (int r = 0; r < p->t->net->n_routers; r++)
		if (homes[r])
			add_dest(p, chain, r, true, is_private);
}

static void find_dests(struct prover *p)
{
	const struct classes *c = classes(p);
	const struct twin *t = p->t;
	mem_auto_free bool *homes = find_homes(p);

	for (size_t i = 0; i < c->n_chains; i++) {
		const struct prefix *sample = &c->prefixes[c->chains[i].sample];

		if (!c->chains[i].live)
			continue;
		if (comes_from(p, (int)i, t->fabric))
			ask_from(p, homes, (int)i, true);
		if (t->public_host >= 0 &&
		    comes_from(p, (int)i, t->public_host))
			ask_from(p, homes, (int)i, false);
		if (home_of(p, (int)i) < 0 && !is_pin(p, (int)i))
			continue;
		if (is_asked(p, sample, true))
			add_dest(p, (int)i, t->fabric, false, true);
		if (t->public_host >= 0 && is_asked(p, sample, false))
			add_dest(p, (int)i, t->public_host, false, false);
	}
}

/* Halves of a prefix move with the group of the prefix. */
static int group_of(const struct prover *p, const struct dest *onprem,
		    const struct dest *cloud)
{
	struct prefix q = onprem->sample;
	int g = twin_group_of(p->t, &q, &cloud->sample);

	while (g < 0 && q.len) {
		q.len--;
		q.addr[q.len / 8] &= (uint8_t) ~(0x80u >> (q.len % 8));
		g = twin_group_of(p->t, &q, &cloud->sample);
	}
	return g;
}

static void find_pairs(struct prover *p)
{
	for (size_t i = 0; i < p->n_dests; i++)
		for (size_t k = 0; k < p->n_dests; k++) {
			const struct dest *on = &p->dests[i];
			const struct dest *cloud = &p->dests[k];
			int g;

			if (on->cloud || !cloud->cloud ||
			    on->home != cloud->home ||
			    on->is_private != cloud->is_private ||
			    on->sample.family != cloud->sample.family)
				continue;
			g = group_of(p, on, cloud);
			if (!on->is_private && g < 0)
				continue;
			MEM_GROW(p->pairs, p->n_pairs, p->cap_pairs);
			p->pairs[p->n_pairs++] =
				(struct pair){(int)i, (int)k, g};
		}
}

/* ---- stateful devices ---- */

/* Links of a tunnel, a circuit, or one link of a circuit. */
static bool links_named(const struct prover *p, const char *name, bool *links)
{
	const struct twin *t = p->t;
	bool any = false;
	int i = twin_tunnel_named(t, name);

	if (i >= 0)
		any = links[t->tunnels[i].link] = true;
	for (size_t k = 0; k < t->n_peers; k++) {
		const struct plan_circuit *c =
			&t->plan->circuits[t->peers[k].circuit];

		if (strcmp(c->name, name) == 0 ||
		    strcmp(c->links[t->peers[k].link].name, name) == 0)
			any = links[t->peers[k].wire] = true;
	}
	return any;
}

static void find_devices(struct prover *p)
{
	const struct plan *plan = p->t->plan;
	size_t n = plan->site.stateful.n;

	p->devices = mem_calloc(n + 1, sizeof(*p->devices));
	p->n_devices = n;
	for (size_t i = 0; i < n; i++) {
		struct device *d = &p->devices[i];

		d->name = plan->site.stateful.v[i];
		d->links = mem_calloc((size_t)p->t->net->n_links + 1,
				      sizeof(bool));
		d->router = -1;
		for (size_t e = 0; e < plan->n_edges; e++)
			if (strcmp(plan->edges[e].name, d->name) == 0)
				d->router = p->t->edges[e];
		if (d->router >= 0)
			d->place = PLACE_ROUTER;
		else if (links_named(p, d->name, d->links))
			d->place = PLACE_LINKS;
		else
			prove_assume(p, d->name,
				     "where the stateful device '%s' stands is "
				     "not in the plan: it is taken to stand on "
				     "one of the two ways only (name it like "
				     "the edge, tunnel, circuit or link that "
				     "it stands on)",
				     d->name);
	}
}

/* ---- failures ---- */

static struct failure *add_failure(struct prover *p, enum fail_kind kind,
				   int index, char *text)
{
	struct failure *f;

	MEM_GROW(p->failures, p->n_failures, p->cap_failures);
	f = &p->failures[p->n_failures++];
	*f = (struct failure){
		.text = text,
		.kind = kind,
		.index = index,
		.before = mem_calloc(p->n_dests + 1, sizeof(bool)),
	};
	return f;
}

/* The peerings of a link fail together with it. */
static void fail_circuit_link(struct prover *p, size_t circuit, size_t link)
{
	const struct twin *t = p->t;
	const struct plan_circuit *c = &t->plan->circuits[circuit];
	struct failure *f;

	f = add_failure(
		p, FAIL_LINKS, 0,
		mem_format("link '%s/%s' fails", c->name, c->links[link].name));
	f->links = mem_calloc(t->n_peers + 1, sizeof(*f->links));
	for (size_t i = 0; i < t->n_peers; i++)
		if (t->peers[i].circuit == circuit && t->peers[i].link == link)
			f->links[f->n_links++] = t->peers[i].wire;
}

static void find_link_failures(struct prover *p)
{
	const struct plan *plan = p->t->plan;

	for (size_t i = 0; i < plan->n_tunnels; i++) {
		struct failure *f = add_failure(
			p, FAIL_LINKS, 0,
			mem_format("tunnel '%s' fails", plan->tunnels[i].name));

		f->links = mem_calloc(1, sizeof(*f->links));
		f->links[f->n_links++] = p->t->tunnels[i].link;
	}
	for (size_t c = 0; c < plan->n_circuits; c++)
		for (size_t l = 0; l < plan->circuits[c].n_links; l++)
			fail_circuit_link(p, c, l);
}

/* Links of a topology, where they end at an edge. */
static void find_inside_failures(struct prover *p)
{
	const struct net *n = p->t->net;

	for (int i = 0; i < n->n_links; i++) {
		const struct net_link *l = &n->links[i];
		struct failure *f;

		if (l->class != NET_LAN ||
		    (n->routers[l->router[0]].role != NET_EDGE &&
		     n->routers[l->router[1]].role != NET_EDGE))
			continue;
		f = add_failure(p, FAIL_LINKS, 0,
				mem_format("link '%s' fails", l->name));
		f->links = mem_calloc(1, sizeof(*f->links));
		f->links[f->n_links++] = i;
	}
}

static void find_failures(struct prover *p)
{
	const struct twin *t = p->t;
	const struct net *n = t->net;

	find_link_failures(p);
	find_inside_failures(p);
	for (size_t i = 0; i < t->plan->n_tunnels; i++)
		if (t->tunnels[i].session >= 0)
			add_failure(p, FAIL_SESSION, t->tunnels[i].session,
				    mem_format("session '%s' goes down",
					       t->plan->tunnels[i].name));
	for (size_t i = 0; i < t->n_peers; i++)
		add_failure(
			p, FAIL_SESSION, t->peers[i].session,
			mem_format("session '%s' goes down", t->peers[i].name));
	for (int r = 0; r < n->n_routers; r++)
		if (n->routers[r].role == NET_EDGE ||
		    n->routers[r].role == NET_VPN_GATEWAY ||
		    n->routers[r].role == NET_CIRCUIT_GATEWAY ||
		    n->routers[r].role == NET_PROVIDER_EDGE)
			add_failure(p, FAIL_ROUTER, r,
				    mem_format("%s%s%s fails",
					       n->routers[r].role == NET_EDGE
						       ? "edge '"
						       : "",
					       n->routers[r].name,
					       n->routers[r].role == NET_EDGE
						       ? "'"
						       : ""));
}

void prove_find(struct prover *p)
{
	find_dests(p);
	find_pairs(p);
	find_devices(p);
	find_failures(p);
	p->walks = mem_calloc(p->n_dests + 1, sizeof(*p->walks));
	p->held = mem_calloc(p->n_pairs + 1, sizeof(*p->held));
}

void prove_find_done(struct prover *p)
{
	for (size_t i = 0; i < p->n_devices; i++)
		free(p->devices[i].links);
	for (size_t i = 0; i < p->n_failures; i++) {
		free(p->failures[i].text);
		free(p->failures[i].links);
		free(p->failures[i].before);
	}
	free(p->dests);
	free(p->pairs);
	free(p->devices);
	free(p->failures);
	free(p->walks);
	free(p->held);
}
