/*
 * walk.c - follow the packets of every pair, both ways
 *
 * To the cloud: from every edge that is alive, hop by hop along what each
 * edge believes now.  To the site: the cloud's gateway takes the longest
 * prefix that it believes in, the circuit before the VPN at equal length,
 * whatever the AS path, and spreads over all links that it believes in; the
 * far end of each must have the route now, or its share is lost.
 *
 * A pair without a path is lost.  Within FAILURE_US after an unplanned failure
 * (a reboot, a timer that fired) that is counted; at any other time it breaks
 * promise 1 and is reported.
 */
#include <string.h>

#include "adapters/twin/device.h"

#define HOPS_MAX 16

static void count(struct world *w, const struct peer *p, bool out, uint64_t n)
{
	struct counter *c;

	if (p->vpn) {
		if (!w->tunnels[p->tunnel])
			return;
		c = wdev_counter(w->tunnels[p->tunnel], p->name);
	} else {
		c = wdev_counter(w->edges[p->edge], p->interface);
	}
	if (out)
		c->tx_pps += n;
	else
		c->rx_pps += n;
}

static bool carries(const struct world *w, const struct peer *p)
{
	return p->up && (p->vpn || world_peer_attached(w, p));
}

static bool to_cloud(struct world *w, size_t from, size_t cloud, uint64_t pps,
		     struct buf *why)
{
	size_t edge = from;

	for (int hop = 0; hop < HOPS_MAX; hop++) {
		const struct path *b = &w->ribs[edge].best[cloud];

		if (b->via == VIA_DEFAULT)
			return true;
		if (b->via == VIA_PEER) {
			const struct peer *p = &w->peers[b->to];

			if (!carries(w, p)) {
				buf_printf(why, "'%s' is dead", p->name);
				return false;
			}
			count(w, p, true, pps);
			return true;
		}
		if (b->via != VIA_EDGE || !wdev_up(w->edges[b->to])) {
			buf_printf(why, "'%s' has no route",
				   w->plan->edges[edge].name);
			return false;
		}
		edge = b->to;
	}
	buf_printf(why, "it loops at '%s'", w->plan->edges[edge].name);
	return false;
}

static bool from_every_edge(struct world *w, const struct pair *x,
			    struct buf *why)
{
	uint64_t alive = 0;
	bool ok = true;

	for (size_t i = 0; i < w->plan->n_edges; i++)
		alive += wdev_up(w->edges[i]);
	for (size_t i = 0; ok && i < w->plan->n_edges; i++)
		if (wdev_up(w->edges[i]))
			ok = to_cloud(w, i, x->cloud, PAIR_PPS / alive, why);
	if (!alive)
		buf_puts(why, "no edge is alive");
	return ok && alive;
}

/* A route that the gateway believes in; the longest wins, then the circuit. */
struct choice {
	int rank; /* 2 * length + 1 for the circuit */
	size_t unit;
	bool pin;
};

static void offer(struct choice *best, int len, bool circuit, size_t unit,
		  bool pin)
{
	int rank = 2 * len + circuit;

	if (rank > best->rank)
		*best = (struct choice){rank, unit, pin};
}

static struct choice gateway_choice(const struct world *w, const struct pair *x)
{
	const struct prefix *to = &w->units[x->unit].prefix;
	const struct cloud *c = &w->clouds[x->cloud];
	struct choice best = {-1, 0, false};

	for (size_t u = 0; u < w->n_units; u++) {
		int len = w->units[u].prefix.len;

		if (!prefix_contains(&w->units[u].prefix, to))
			continue;
		for (size_t i = 0; i < w->n_peers; i++) {
			const struct peer *p = &w->peers[i];

			if (!world_cloud_behind(w, p, c))
				continue;
			if (p->pins[u].seen)
				offer(&best, len + 1, false, u, true);
			if (p->units[u].seen &&
			    (p->vpn || world_peer_attached(w, p)))
				offer(&best, len, !p->vpn, u, false);
		}
	}
	return best;
}

static bool is_chosen(const struct world *w, const struct peer *p,
		      const struct pair *x, const struct choice *c)
{
	if (!world_cloud_behind(w, p, &w->clouds[x->cloud]) ||
	    p->vpn == (c->rank & 1))
		return false;
	if (c->pin)
		return p->pins[c->unit].seen;
	return p->units[c->unit].seen && (p->vpn || world_peer_attached(w, p));
}

static bool to_site(struct world *w, const struct pair *x, struct buf *why)
{
	struct choice c = gateway_choice(w, x);
	uint64_t n = 0;

	if (c.rank < 0) {
		if (w->clouds[x->cloud].on_private)
			buf_puts(why, "the gateway has no route");
		return !w->clouds[x->cloud].on_private;
	}
	for (size_t i = 0; i < w->n_peers; i++)
		n += is_chosen(w, &w->peers[i], x, &c);
	for (size_t i = 0; i < w->n_peers; i++) {
		const struct peer *p = &w->peers[i];

		if (!is_chosen(w, p, x, &c))
			continue;
		if (!p->up || (!p->vpn && !p->units[c.unit].now)) {
			buf_printf(why,
				   "the gateway sends it to '%s', which has "
				   "no route for it",
				   p->name);
			return false;
		}
		count(w, p, false, PAIR_PPS / n);
	}
	return true;
}

static void judge(struct world *w, struct pair *x, int way, bool ok,
		  const char *why)
{
	const char *u = w->units[x->unit].text;
	const char *c = w->clouds[x->cloud].text;
	bool excused = w->now_us < w->failing_us;

	if (ok) {
		x->lost[way] = false;
		x->told[way] = false;
		return;
	}
	x->lost[way] = true;
	if (excused || x->told[way])
		return;
	x->told[way] = true;
	world_break(w, "no path from %s to %s: %s", way ? c : u, way ? u : c,
		    why);
}

void world_walk(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->devices[i]->n_counters; k++) {
			w->devices[i]->counters[k].rx_pps = 0;
			w->devices[i]->counters[k].tx_pps = 0;
		}
	for (size_t i = 0; i < w->n_pairs; i++) {
		buf_auto there = BUF_INIT;
		buf_auto back = BUF_INIT;
		bool ok = from_every_edge(w, &w->pairs[i], &there);

		judge(w, &w->pairs[i], 0, ok, buf_str(&there));
		ok = to_site(w, &w->pairs[i], &back);
		judge(w, &w->pairs[i], 1, ok, buf_str(&back));
	}
}
