/*
 * resolve.c - names to indices, paths to files, and what a plan leaves open
 *
 * Runs on the decoded plan; circuits have a file of their own (circuit.c).
 * Invariant after it: every index is in range; one that could not be resolved
 * has been reported and is 0 (or -1 where that means 'none').
 *
 * Threads: none.
 */
#include <string.h>

#include "orchestrator/plan/load.h"

#define REF(l, at, vec, what)                                                  \
	load_ref(l, at, (l)->plan->vec, (l)->plan->n_##vec,                    \
		 sizeof(*(l)->plan->vec), what)

bool load_is_name(const struct node *n)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	return n && n->kind == NODE_SCALAR && *n->text &&
	       strlen(n->text) <= 32 && !n->text[strspn(n->text, good)];
}

static size_t at_least_0(int i)
{
	return i < 0 ? 0 : (size_t)i;
}

static void make_path(const struct load *l, char **path)
{
	char *full = load_path(l, *path);

	free(*path);
	*path = full;
}

static void resolve_tunnels(struct load *l)
{
	for (size_t i = 0; i < l->plan->n_tunnels; i++) {
		const struct node *at = load_find(l, "tunnels.%zu.edge", i);

		if (load_is_name(at))
			l->plan->tunnels[i].edge =
				at_least_0(REF(l, at, edges, "edge"));
	}
}

/* ---- groups ---- */

static void resolve_circuit(struct load *l, size_t i)
{
	const struct node *at = load_find(l, "groups.%zu.circuit", i);

	if (load_is_name(at))
		l->plan->groups[i].circuit =
			at_least_0(REF(l, at, circuits, "circuit"));
	else if (!at && l->plan->n_circuits > 1)
		load_error(l, load_at(l, "groups.%zu", i), "missing-key",
			   "the group has no 'circuit', and the plan has "
			   "several");
}

static void resolve_peering(struct load *l, size_t i)
{
	struct plan_group *g = &l->plan->groups[i];
	const struct node *at = load_find(l, "groups.%zu.peering", i);
	const struct plan_circuit *c;

	if (g->circuit >= l->plan->n_circuits)
		return;
	c = &l->plan->circuits[g->circuit];
	if (load_is_name(at)) {
		g->peering =
			at_least_0(load_ref(l, at, c->peerings, c->n_peerings,
					    sizeof(*c->peerings), "peering"));
		return;
	}
	for (size_t k = 0; k < c->n_peerings; k++)
		if (c->peerings[k].name &&
		    strcmp(c->peerings[k].name, "private") == 0)
			g->peering = k;
	if (!at && c->n_peerings > 1 && g->peering == 0 &&
	    c->peerings[0].name && strcmp(c->peerings[0].name, "private"))
		load_error(l, load_at(l, "groups.%zu", i), "missing-key",
			   "the group has no 'peering', and the circuit has "
			   "several but no 'private'");
}

/* With a community, everything of the site is what is allowed at most. */
static void onprem_default(struct load *l, struct plan_group *g)
{
	for (size_t k = 0; k < l->plan->site.prefixes.n; k++) {
		const char *text = l->plan->site.prefixes.v[k];
		struct prefix_rule r;
		char out[PREFIX_TEXT_MAX];

		if (!prefix_rule_parse(text, &r, NULL))
			continue;
		r.le = r.prefix.family == 4 ? 32 : 128;
		state_list_add(&g->onprem, prefix_rule_text(&r, out));
	}
}

static void resolve_move(struct load *l, size_t i)
{
	struct plan_group *g = &l->plan->groups[i];
	const struct node *at = load_find(l, "groups.%zu.move", i);
	const char *move = load_is_name(at) ? at->text : "both";
	const struct node *group = load_at(l, "groups.%zu", i);

	g->move_import = strcmp(move, "export") != 0;
	g->move_export = strcmp(move, "import") != 0;
	if (!load_find(l, "groups.%zu.onprem", i)) {
		if (g->community)
			onprem_default(l, g);
		else if (g->move_export)
			load_error(l, group, "missing-key",
				   "the group has no 'onprem', and its "
				   "'export' is to move");
	} else if (!g->onprem.n && g->move_export && load_clean(l)) {
		load_error(l, load_at(l, "groups.%zu.onprem", i), "missing-key",
			   "'onprem' names no prefix");
	}
	if (!g->cloud.n && g->move_import)
		load_error(l, load_at(l, "groups.%zu.cloud", i), "missing-key",
			   "the group has no 'cloud' prefix, and its 'import' "
			   "is to move");
}

/* ---- waves, probes, guards ---- */

static void resolve_wave(struct load *l, size_t i)
{
	struct plan_wave *w = &l->plan->waves[i];
	const struct node *list = load_find(l, "waves.%zu.groups", i);

	if (!list || list->kind != NODE_LIST)
		return;
	w->groups = mem_calloc(list->n + 1, sizeof(*w->groups));
	for (size_t k = 0; k < list->n; k++) {
		int g = load_is_name(list->v[k])
				? REF(l, list->v[k], groups, "group")
				: -1;

		if (g >= 0)
			w->groups[w->n_groups++] = (size_t)g;
	}
}

static void resolve_probe(struct load *l, size_t i)
{
	struct plan_probe *p = &l->plan->probes[i];
	const struct node *from = load_find(l, "probes.%zu.from", i);
	const struct node *at = load_find(l, "probes.%zu.group", i);

	p->group = load_is_name(at) ? REF(l, at, groups, "group") : -1;
	p->host = -1;
	if (!from || from->kind != NODE_MAP)
		return;
	at = node_get(from, "host") ? node_get(from, "host")
				    : node_get(from, "ssh");
	if (from->n != 1)
		load_error(l, from, "wrong-type",
			   "'from' is {host: NAME}, or absent for this "
			   "machine");
	else if (load_is_name(at))
		p->host = REF(l, at, hosts, "host");
}

static void resolve_guard(struct load *l, size_t i)
{
	struct plan_guard *g = &l->plan->guards[i];
	const struct node *at = load_find(l, "guards.%zu.probe", i);
	int over;

	g->probe = -1;
	g->has_lost = load_find(l, "guards.%zu.lost", i) != NULL;
	g->has_gap = load_find(l, "guards.%zu.gap", i) != NULL;
	g->has_rtt = load_find(l, "guards.%zu.rtt", i) != NULL;
	if (!load_is_name(at))
		return;
	over = schema_word_index(PLAN_OVER_WORDS, at->text);
	g->over = over > 0 ? (enum plan_over)over : PLAN_OVER_PROBE;
	if (g->over == PLAN_OVER_PROBE)
		g->probe = REF(l, at, probes, "probe");
	if (g->over == PLAN_OVER_MAINTENANCE &&
	    !load_find(l, "guards.%zu.breach", i))
		g->breach = PLAN_BREACH_HOLD;
}

static void resolve_vnet(struct plan_vnet *v)
{
	if (!v->name)
		return;
	if (!v->network)
		v->network = mem_strdup(v->name);
	if (!v->uri && v->driver && strcmp(v->driver, "libvirt") == 0)
		v->uri = mem_strdup("qemu:///system");
}

void load_resolve(struct load *l)
{
	struct plan *p = l->plan;

	for (size_t i = 0; i < p->n_hosts; i++)
		make_path(l, &p->hosts[i].ssh.known_hosts);
	for (size_t i = 0; i < p->n_edges; i++)
		make_path(l, &p->edges[i].ssh.known_hosts);
	resolve_tunnels(l);
	for (size_t i = 0; i < p->n_groups; i++) {
		resolve_circuit(l, i);
		resolve_peering(l, i);
		resolve_move(l, i);
	}
	for (size_t i = 0; i < p->n_waves; i++)
		resolve_wave(l, i);
	for (size_t i = 0; i < p->n_probes; i++)
		resolve_probe(l, i);
	for (size_t i = 0; i < p->n_guards; i++)
		resolve_guard(l, i);
	resolve_vnet(&p->vnet);
}
