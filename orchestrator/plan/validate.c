/*
 * validate.c - does the plan agree with itself?  Names, drivers, times, guards
 *
 * Addresses are validate_net.c, what moves when is validate_move.c.  Each
 * check is one function with one rule or two, and runs on a plan of which any
 * part may be missing: that part has been reported already.
 */
#include <string.h>

#include "orchestrator/plan/load.h"

/* ---- names ---- */

struct named {
	const char *list; /* path of the list in the plan */
	const void *v;
	size_t n, size;
};

static const char *name_at(const struct named *s, size_t i)
{
	return *(char *const *)((const char *)s->v + i * s->size);
}

/* Is `name` in set s before index `end`? */
static bool taken(const struct named *s, size_t end, const char *name)
{
	for (size_t i = 0; i < end; i++)
		if (name_at(s, i) && strcmp(name_at(s, i), name) == 0)
			return true;
	return false;
}

static void check_unique(struct load *l, const struct named *s)
{
	const char *dot = strrchr(s->list, '.');

	for (size_t i = 0; i < s->n; i++) {
		const char *name = name_at(s, i);

		if (name && taken(s, i, name))
			load_error(l, load_at(l, "%s.%zu.name", s->list, i),
				   "duplicate-name",
				   "'%s' is there already in '%s'", name,
				   dot ? dot + 1 : s->list);
	}
}

/* Edges, tunnels, circuits and the vnet are told apart by name alone. */
static void check_across(struct load *l, const struct named *s, size_t n)
{
	for (size_t k = 1; k < n; k++)
		for (size_t i = 0; i < s[k].n; i++) {
			const char *name = name_at(&s[k], i);

			for (size_t j = 0; name && j < k; j++)
				if (taken(&s[j], s[j].n, name))
					load_error(l,
						   load_at(l, "%s.%zu.name",
							   s[k].list, i),
						   "duplicate-name",
						   "'%s' is also the name of "
						   "one of '%s'",
						   name, s[j].list);
		}
}

#define NAMED(vec)                                                             \
	{                                                                      \
#vec, p->vec, p->n_##vec, sizeof(*p->vec)                      \
	}

static void check_names(struct load *l)
{
	const struct plan *p = l->plan;
	const struct named sets[] = {
		NAMED(edges),  NAMED(tunnels), NAMED(circuits), NAMED(hosts),
		NAMED(groups), NAMED(waves),   NAMED(probes),	NAMED(guards),
	};
	const char *vnet = p->vnet.name;

	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		check_unique(l, &sets[i]);
	check_across(l, sets, 3);
	for (size_t i = 0; vnet && i < 3; i++)
		if (taken(&sets[i], sets[i].n, vnet))
			load_error(l, load_at(l, "vnet.name"), "duplicate-name",
				   "'%s' is also the name of one of '%s'", vnet,
				   sets[i].list);
	for (size_t i = 0; i < p->n_probes; i++)
		if (p->probes[i].name &&
		    schema_word_index(PLAN_OVER_WORDS, p->probes[i].name) > 0)
			load_error(l, load_at(l, "probes.%zu.name", i),
				   "duplicate-name",
				   "'sessions' is what guards call the BGP "
				   "sessions; name the probe otherwise");
}

static void check_circuit_names(struct load *l, size_t c)
{
	const struct plan_circuit *ci = &l->plan->circuits[c];
	mem_auto_free char *links = mem_format("circuits.%zu.links", c);
	mem_auto_free char *peerings = mem_format("circuits.%zu.peerings", c);
	const struct named a = {links, ci->links, ci->n_links,
				sizeof(*ci->links)};
	const struct named b = {peerings, ci->peerings, ci->n_peerings,
				sizeof(*ci->peerings)};

	check_unique(l, &a);
	check_unique(l, &b);
}

/* ---- tunnels ---- */

static void check_tunnel(struct load *l, size_t i)
{
	const struct plan_tunnel *t = &l->plan->tunnels[i];
	const struct node *at = load_at(l, "tunnels.%zu", i);

	if (t->driver && strcmp(t->driver, "none") && !t->connection &&
	    !load_find(l, "tunnels.%zu.connection", i))
		load_error(l, at, "missing-key",
			   "the tunnel has no 'connection' for '%s' to look at",
			   t->driver);
	if (load_find(l, "tunnels.%zu.neighbor", i)) {
		if (!load_find(l, "tunnels.%zu.asn", i))
			load_error(l, at, "missing-key",
				   "the tunnel has a 'neighbor' but no 'asn'");
	} else if (!load_find(l, "tunnels.%zu.interface", i)) {
		load_error(l, at, "missing-key",
			   "the tunnel has neither a BGP 'neighbor' nor the "
			   "'interface' of its static routes");
	}
}

static bool has_tunnel(const struct plan *p, size_t edge)
{
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (p->tunnels[i].edge == edge)
			return true;
	return false;
}

/* ---- links ---- */

static void check_links(struct load *l, size_t c)
{
	const struct plan_circuit *ci = &l->plan->circuits[c];
	const struct node *links = load_at(l, "circuits.%zu.links", c);

	if (ci->n_links == 1)
		load_warn(l, links, "single-link",
			  "the circuit has one link only: it has nothing to "
			  "fail over to");
	if (ci->n_links == 2 && ci->links[0].edge == ci->links[1].edge &&
	    load_find(l, "circuits.%zu.links.0.edge", c) &&
	    load_find(l, "circuits.%zu.links.1.edge", c))
		load_warn(l, load_at(l, "circuits.%zu.links.1.edge", c),
			  "single-edge",
			  "both links end on the same edge, so its failure is "
			  "the circuit's");
	for (size_t i = 0; i < ci->n_links; i++)
		if (load_clean(l) && !has_tunnel(l->plan, ci->links[i].edge))
			load_warn(
				l,
				load_at(l, "circuits.%zu.links.%zu.edge", c, i),
				"edge-without-tunnel",
				"no tunnel ends on this edge: nothing to "
				"compare with, and nothing to roll back to "
				"on it");
}

static bool is_azure(const struct plan_circuit *c)
{
	return c->driver && strcmp(c->driver, "azure") == 0;
}

static void check_timers(struct load *l, size_t c, size_t i)
{
	const struct plan_circuit *ci = &l->plan->circuits[c];
	const struct plan_peering *pe = &ci->peerings[i];
	mem_auto_free char *at = mem_format("circuits.%zu.peerings.%zu", c, i);

	if (is_azure(ci) && pe->bfd_interval_ms && pe->bfd_interval_ms < 300)
		load_error(l, load_at(l, "%s.bfd.interval", at), "bfd-min",
			   "the provider's edge sends every 300 ms at the "
			   "fastest; write 300ms or slower");
	if (is_azure(ci) && pe->hold_s && pe->hold_s < 10)
		load_error(l, load_at(l, "%s.hold", at), "hold-min",
			   "the provider's edge takes no hold time below 10 s");
	if (pe->hold_s && pe->keepalive_s && pe->hold_s < 3 * pe->keepalive_s)
		load_error(l, load_at(l, "%s.keepalive", at), "timers-order",
			   "'keepalive' must be a third of 'hold' at most, or "
			   "one lost packet drops the session");
	if (is_azure(ci) && ci->model != PLAN_NETWORK_SERVICE && pe->asn &&
	    pe->asn != 12076)
		load_error(l, load_at(l, "%s.asn", at), "asn-provider",
			   "the provider's ASN is 12076 on every peering of "
			   "this kind, not %u",
			   pe->asn);
}

/* ---- measuring ---- */

static const char *const over_is[] = {
	[PLAN_OVER_SESSIONS] = "a session is up or down",
	[PLAN_OVER_PREFIXES] = "prefixes are there or gone",
	[PLAN_OVER_TUNNELS] = "a tunnel is up or down",
	[PLAN_OVER_COUNTERS] = "its bound is 'packets'",
	[PLAN_OVER_MAINTENANCE] = "its bound is the peering's 'max_path'",
	[PLAN_OVER_VNET] = "a fingerprint is the same or not",
};

static void check_guard(struct load *l, size_t i)
{
	const struct plan_guard *g = &l->plan->guards[i];
	const struct node *at = load_at(l, "guards.%zu", i);
	const struct node *probe = load_find(l, "guards.%zu.probe", i);
	bool any = g->has_lost || g->has_gap || g->has_rtt || g->rtt_factor;

	if (g->over != PLAN_OVER_PROBE && any)
		load_error(l, probe, "guard-sessions",
			   "a guard over '%s' has no 'lost', 'gap' or 'rtt': "
			   "%s",
			   probe->text, over_is[g->over]);
	else if (g->over == PLAN_OVER_PROBE && !any)
		load_error(l, at, "guard-empty",
			   "the guard has neither 'lost' nor 'gap' nor 'rtt': "
			   "it can never be breached");
}

static void check_probe(struct load *l, size_t i)
{
	const struct plan_probe *p = &l->plan->probes[i];
	bool v6 = p->to && strchr(p->to, ':');

	if (p->source && p->to && v6 != (strchr(p->source, ':') != NULL))
		load_error(l, load_at(l, "probes.%zu.source", i), "bad-address",
			   "'%s' and '%s' are not of one address family",
			   p->source, p->to);
	if (p->rate && p->flows > p->rate && p->kind &&
	    strcmp(p->kind, "stamp") == 0)
		load_warn(l, load_at(l, "probes.%zu.flows", i), "probe-thin",
			  "%u flows share %u packets/s: a flow sends less "
			  "than one a second",
			  p->flows, p->rate);
	if (p->path && (p->path[0] != '/' || strpbrk(p->path, " '\"\\\r\n")))
		load_error(l, load_at(l, "probes.%zu.path", i), "bad-value",
			   "'%s' is no path: it begins with '/' and has no "
			   "spaces and no quotes",
			   p->path);
}

static bool is_measured(const struct plan *p, size_t group)
{
	for (size_t i = 0; i < p->n_probes; i++)
		if (p->probes[i].group == (int)group)
			return true;
	return false;
}

static void check_measured(struct load *l)
{
	const struct plan *p = l->plan;

	for (size_t i = 0; p->n_probes && i < p->n_groups; i++)
		if (!is_measured(p, i))
			load_warn(l, load_at(l, "groups.%zu.name", i),
				  "unmeasured-group",
				  "no probe measures group '%s': its loss is "
				  "not seen",
				  p->groups[i].name ? p->groups[i].name
						    : "unnamed");
	if (p->n_groups && !p->n_probes)
		load_warn(l, load_at(l, "groups"), "unmeasured-group",
			  "the plan has no probe: loss is not seen");
	if (p->n_waves && !p->n_guards)
		load_warn(l, load_at(l, "waves"), "unguarded",
			  "the plan has no guard: nothing stops a wave that "
			  "goes wrong");
}

/* ---- times and preferences ---- */

static void check_preference(struct load *l)
{
	const struct plan_preference *pr = &l->plan->preference;

	if (pr->circuit <= pr->vpn)
		load_error(l, load_at(l, "local_preference.circuit"),
			   "preference-order",
			   "'circuit' (%u) must be above 'vpn' (%u), or the "
			   "site stays on the VPN",
			   pr->circuit, pr->vpn);
	if (pr->drain >= pr->vpn)
		load_error(l, load_at(l, "local_preference.drain"),
			   "preference-order",
			   "'drain' (%u) must be below 'vpn' (%u), or a "
			   "drained circuit keeps its traffic",
			   pr->drain, pr->vpn);
}

static void check_window(struct load *l)
{
	const struct plan *p = l->plan;
	int64_t need = (int64_t)p->baseline_ms * 1000;
	int64_t have = p->window_end_us - p->window_start_us;

	if (!p->window_start_us || !p->window_end_us)
		return;
	for (size_t i = 0; i < p->n_waves; i++)
		need += (int64_t)p->waves[i].soak_ms * 1000;
	if (have <= 0)
		load_error(l, load_at(l, "window.end"), "window-order",
			   "the window ends before it starts");
	else if (have < need)
		load_warn(l, load_at(l, "window.end"), "window-short",
			  "baseline and soaks alone take %ld min; the window "
			  "has %ld min",
			  (long)(need / 60000000), (long)(have / 60000000));
}

static void check_times(struct load *l)
{
	const struct plan *p = l->plan;
	const struct node *version = load_find(l, "version");

	if (p->rollback.dead_man_s && p->timeouts.command_ms &&
	    (uint64_t)p->rollback.dead_man_s * 1000 <= p->timeouts.command_ms)
		load_error(l, load_at(l, "rollback.dead_man"), "dead-man-short",
			   "'dead_man' (%u s) must be longer than one command "
			   "may take ('timeouts.command', %u s)",
			   p->rollback.dead_man_s,
			   p->timeouts.command_ms / 1000);
	if (version && version->kind == NODE_SCALAR &&
	    strcmp(version->text, "1") != 0 &&
	    strspn(version->text, "0123456789") == strlen(version->text))
		load_error(l, version, "plan-version",
			   "version %s is not known here; this is cutover "
			   "for version 1",
			   version->text);
}

void load_validate(struct load *l)
{
	const struct plan *p = l->plan;

	check_names(l);
	for (size_t i = 0; i < p->n_tunnels; i++)
		check_tunnel(l, i);
	for (size_t c = 0; c < p->n_circuits; c++) {
		check_circuit_names(l, c);
		check_links(l, c);
		for (size_t i = 0; i < p->circuits[c].n_peerings; i++)
			check_timers(l, c, i);
	}
	for (size_t i = 0; i < p->n_probes; i++)
		check_probe(l, i);
	for (size_t i = 0; i < p->n_guards; i++)
		check_guard(l, i);
	if (load_clean(l))
		check_measured(l);
	check_preference(l);
	check_window(l);
	check_times(l);
}
