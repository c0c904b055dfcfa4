/*
 * paths.c - from observed routes and bound policies to the way of each pair
 *
 * Invariants: nothing is said that no state supports: an edge whose route was
 * not seen has no way to the cloud here, a session that is not Established
 * announces nothing.  That the cloud takes the circuit at an equal prefix is
 * the cloud's own rule (domain facts), the one thing that is not observed.
 *
 * Pure.  The caller owns what is returned.
 */
#include "orchestrator/report/paths.h"

#include <string.h>

#include "orchestrator/model/prefix.h"
#include "orchestrator/steps/policy.h"

static const json_t *find(const json_t *states, const char *kind,
			  const char *name)
{
	for (size_t i = 0; i < json_array_size(states); i++) {
		const json_t *x = json_array_get(states, i);

		if (json_peek_bool(x, "present", false) &&
		    strcmp(json_peek_str(x, "kind", ""), kind) == 0 &&
		    strcmp(json_peek_str(x, "name", ""), name) == 0)
			return json_peek(x, "state");
	}
	return NULL;
}

static bool speaks(const json_t *session)
{
	return strcmp(json_peek_str(session, "state", ""), "Established") == 0;
}

/* ---- to the cloud ---- */

/* The observed route that covers this prefix. */
static const json_t *route_for(const struct plan *p, const json_t *states,
			       const char *cloud)
{
	struct prefix want, have;

	if (!prefix_parse(cloud, &want, NULL))
		return NULL;
	for (size_t i = 0; i < p->vnet.prefixes.n; i++) {
		const char *name = p->vnet.prefixes.v[i];

		if (prefix_parse(name, &have, NULL) &&
		    prefix_contains(&have, &want))
			return find(states, "route", name);
	}
	return NULL;
}

/* What the plan calls the neighbor that a route was learned from. */
static const char *session_of(const struct plan *p, size_t edge,
			      const json_t *states, const char *neighbor)
{
	for (size_t i = 0; i < json_array_size(states); i++) {
		const json_t *x = json_array_get(states, i);
		const char *n =
			json_peek_str(json_peek(x, "state"), "neighbor", "");

		if (strcmp(json_peek_str(x, "kind", ""), "session") == 0 &&
		    strcmp(n, neighbor) == 0)
			return json_peek_str(x, "name", neighbor);
	}
	if (*neighbor)
		return "the other edge";
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (p->tunnels[i].edge == edge)
			return p->tunnels[i].name;
	return "a route of its own";
}

static void to_cloud(const struct plan *p, const struct plan_group *g,
		     const json_t *all, json_t *ret)
{
	for (size_t i = 0; i < p->n_edges; i++) {
		const json_t *states = json_peek(all, p->edges[i].name);
		const json_t *r =
			g->cloud.n ? route_for(p, states, g->cloud.v[0]) : NULL;
		mem_auto_free char *text = NULL;

		if (!states)
			continue;
		text = mem_format(
			"%s by %s", p->edges[i].name,
			!r || !json_peek_bool(r, "in_fib", false)
				? "no route"
				: session_of(p, i, states,
					     json_peek_str(r, "session", "")));
		json_array_append_new(ret, json_string(text));
	}
}

/* ---- to the site ---- */

static size_t wave_of(const struct plan *p, size_t group)
{
	for (size_t w = 0; w < p->n_waves; w++)
		for (size_t i = 0; i < p->waves[w].n_groups; i++)
			if (p->waves[w].groups[i] == group)
				return w;
	return p->n_waves;
}

/* Is the bound export policy one that lets this wave's prefixes pass? */
static bool announces(const struct policy_session *s, const json_t *session,
		      size_t wave)
{
	const char *bound = json_peek_str(session, "export", "");

	for (size_t k = s->plan->n_waves; k > wave; k--) {
		mem_auto_free char *name = policy_name(s, false, k);

		if (strcmp(bound, name) == 0)
			return speaks(session);
	}
	return false;
}

static void by_circuit(const struct plan *p, size_t group, const json_t *all,
		       json_t *ret)
{
	const struct plan_group *g = &p->groups[group];
	const struct plan_circuit *c = &p->circuits[g->circuit];
	size_t wave = wave_of(p, group);

	if (wave == p->n_waves || !g->move_export)
		return;
	for (size_t i = 0; i < c->n_links; i++) {
		struct policy_session s = {p, g->circuit, i, g->peering};
		mem_auto_free char *name = policy_session_name(&s);
		const char *edge = p->edges[c->links[i].edge].name;
		const json_t *st = find(json_peek(all, edge), "session", name);

		if (st && announces(&s, st, wave))
			json_array_append_new(ret, json_string(name));
	}
}

static void by_vpn(const struct plan *p, const json_t *all, json_t *ret)
{
	for (size_t i = 0; i < p->n_tunnels; i++) {
		const struct plan_tunnel *t = &p->tunnels[i];
		const json_t *st = find(json_peek(all, p->edges[t->edge].name),
					"session", t->name);
		const json_t *tunnel =
			find(json_peek(all, t->name), "tunnel", t->name);

		if (t->neighbor ? st && speaks(st) &&
					  json_peek_int(st, "prefixes_sent", 0)
				: json_peek_bool(tunnel, "up", false))
			json_array_append_new(ret, json_string(t->name));
	}
}

json_t *paths_json(const struct plan *p, const json_t *states)
{
	json_t *all = json_array();

	for (size_t i = 0; states && i < p->n_groups; i++) {
		const struct plan_group *g = &p->groups[i];
		json_t *there = json_array(), *back = json_array();

		to_cloud(p, g, states, there);
		by_circuit(p, i, states, back);
		if (!json_array_size(back))
			by_vpn(p, states, back);
		json_array_append_new(all, json_pack("{s:s,s:o,s:o}", "group",
						     g->name, "to_cloud", there,
						     "to_site", back));
	}
	return all;
}

/* ---- in words ---- */

static void put_list(const json_t *list, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		buf_printf(out, "%s%s", i ? ", " : "",
			   json_string_value(json_array_get(list, i)));
	if (!json_array_size(list))
		buf_puts(out, "nothing");
}

static void put_names(const struct state_list *l, struct buf *out)
{
	for (size_t i = 0; i < l->n && i < 3; i++)
		buf_printf(out, "%s%s", i ? ", " : "", l->v[i]);
	if (l->n > 3)
		buf_printf(out, ", ... (%zu in all)", l->n);
}

static void put_when(const char *when, const json_t *pair, struct buf *out)
{
	buf_printf(out, "    %-7s to the cloud: ", when);
	put_list(json_peek(pair, "to_cloud"), out);
	buf_puts(out, "\n            to the site: ");
	put_list(json_peek(pair, "to_site"), out);
	buf_puts(out, "\n");
}

void paths_text(const struct plan *p, const json_t *before, const json_t *after,
		const json_t *now, struct buf *out)
{
	json_auto *a = paths_json(p, before);
	json_auto *b = paths_json(p, after);
	json_auto *c = paths_json(p, now);

	for (size_t i = 0; i < json_array_size(a); i++) {
		const struct plan_group *g = &p->groups[i];

		buf_printf(out, "  '%s': ", g->name);
		put_names(&g->onprem, out);
		buf_puts(out, " and ");
		put_names(&g->cloud, out);
		buf_puts(out, "\n");
		put_when("before", json_array_get(a, i), out);
		put_when("after", json_array_get(b, i), out);
		if (now)
			put_when("now", json_array_get(c, i), out);
	}
}
