/*
 * build.c - a plan's network, put together
 *
 * On the site's side the edges are the plan's; the iBGP between them is
 * assumed, the core behind them too where the plan has no topology, as are the
 * policies of existing sessions that nobody observed.  The parts are in
 * build_inside.c, build_site.c, build_cloud.c and build_program.c.
 *
 * Invariants: every session of a program is in the network from the beginning,
 * disabled until a step enables it; every policy is there, undefined until a
 * step stages it; every prefix that a step may hold is an inactive origin.
 */
#include "orchestrator/twin/build.h"

#include <string.h>

#include "orchestrator/twin/build_parts.h"
#include "orchestrator/twin/steps.h"

void twin_assume(struct twin *t, const char *id, const char *fmt, ...)
{
	va_list ap;

	for (size_t i = 0; i < t->n_assumed; i++)
		if (strcmp(t->assumed[i].id, id) == 0)
			return;
	MEM_GROW(t->assumed, t->n_assumed, t->cap_assumed);
	va_start(ap, fmt);
	t->assumed[t->n_assumed++] = (struct twin_note){
		mem_strdup(id),
		mem_vformat(fmt, ap),
	};
	va_end(ap);
}

const struct resource *twin_seen_find(const struct twin *t, const char *target,
				      enum resource_kind kind, const char *name)
{
	for (size_t i = 0; i < t->n_seen; i++) {
		const struct resource *r;

		if (strcmp(t->seen[i].target, target) != 0)
			continue;
		r = resource_set_find(t->seen[i].set, kind, name);
		if (r && r->present)
			return r;
	}
	return NULL;
}

/* ---- pieces ---- */

static uint32_t address_id(const char *address, uint32_t dflt)
{
	struct prefix p;

	if (!address || !prefix_parse_addr(address, &p, NULL))
		return dflt;
	return (uint32_t)p.addr[0] << 24 | (uint32_t)p.addr[1] << 16 |
	       (uint32_t)p.addr[2] << 8 | p.addr[3];
}

int part_router(struct twin *t, const char *name, enum net_role role,
		uint32_t asn, const char *address)
{
	int r = net_add_router(
		t->net, name, role, asn,
		address_id(address, (uint32_t)t->net->n_routers + 1));

	t->net->routers[r].ties_open = true;
	t->net->routers[r].max_paths_ibgp = PART_MANY;
	return r;
}

/* Enabled at both ends, everything permitted. */
int part_session(struct twin *t, const char *name, int a, int b, int link)
{
	int s = net_add_session(t->net, name, a, b, link);

	for (int side = 0; side < 2; side++) {
		net_enable(t->net, s, side, true);
		net_bind(t->net, s, side, true, FILTER_ALL);
		net_bind(t->net, s, side, false, FILTER_ALL);
	}
	return s;
}

int part_inside(struct twin *t, const char *name, int a, int b)
{
	int link = net_add_link(t->net, name, NET_INSIDE, a, b, 10);
	int s = part_session(t, name, a, b, link);

	t->net->sessions[s].end[0].next_hop_self = true;
	t->net->sessions[s].end[1].next_hop_self = true;
	return s;
}

int part_origin(struct twin *t, const char *name, int router, int link,
		uint32_t distance, struct prefix_vec *l)
{
	int o = net_add_origin(t->net, name, router);

	t->net->origins[o].link = link;
	t->net->origins[o].distance = distance;
	net_origin_set(t->net, o, l->v, l->n);
	*l = (struct prefix_vec){0};
	return o;
}

/* deny what lies in `denied`, permit the rest with a local preference */
int part_all_but(struct twin *t, const char *name, int denied,
		 uint32_t local_pref)
{
	int p = filter_policy_named(&t->net->filters, name);
	struct filter_entry *x;

	filter_policy_begin(&t->net->filters, p);
	filter_policy_add(&t->net->filters, p)->set = denied;
	x = filter_policy_add(&t->net->filters, p);
	x->permit = true;
	x->has_local_pref = local_pref > 0;
	x->local_pref = local_pref;
	return p;
}

struct filter_entry *part_only(struct twin *t, const char *name, int permitted,
			       int *ret)
{
	int p = filter_policy_named(&t->net->filters, name);
	struct filter_entry *x;

	filter_policy_begin(&t->net->filters, p);
	x = filter_policy_add(&t->net->filters, p);
	x->set = permitted;
	x->permit = true;
	*ret = p;
	return x;
}

unsigned part_families(const char *address)
{
	struct prefix p;

	return prefix_parse_addr(address, &p, NULL) && p.family == 6 ? 2 : 1;
}

/* ---- together ---- */

static void take_cloud_prefixes(struct twin *t)
{
	struct prefix_vec l = {0};

	build_cloud(t->plan, true, &l);
	build_cloud(t->plan, false, &l);
	prefix_vec_sort(&l);
	t->cloud = l.v;
	t->n_cloud = l.n;
}

static bool take_seen(struct twin *t, const struct twin_seen *seen, size_t n,
		      struct err *e)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < seen[i].set->n; k++)
			if (!twin_take(t, seen[i].target, &seen[i].set->v[k],
				       e))
				return err_wrap(e, "what was seen on '%s'",
						seen[i].target);
	return true;
}

static void take_rules(struct twin *t)
{
	for (size_t g = 0; g < t->plan->n_groups; g++) {
		const struct state_list *l = &t->plan->groups[g].onprem;
		struct prefix_rule r;

		for (size_t i = 0; i < l->n; i++) {
			if (!prefix_rule_parse(l->v[i], &r, NULL))
				continue;
			rule_set_add(&t->rules[g], &r);
			r.ge = r.prefix.len;
			r.le = r.prefix.family == 4 ? 32 : 128;
			rule_set_add(&t->spaces[g], &r);
		}
		rule_set_sort(&t->rules[g]);
		rule_set_sort(&t->spaces[g]);
	}
}

struct twin *twin_build(const struct plan *p, const struct program *g,
			const struct twin_seen *seen, size_t n_seen,
			struct err *e)
{
	struct twin *t = mem_alloc(sizeof(*t));
	bool assumed;

	*t = (struct twin){
		.plan = p,
		.program = g,
		.net = net_new(),
		.seen = seen,
		.n_seen = n_seen,
		.circuit_gateway = -1,
		.internet = -1,
		.public_host = -1,
		.lit = mem_calloc(p->n_circuits + 1, sizeof(bool)),
		.attached = mem_calloc(p->n_circuits + 1, sizeof(bool)),
		.rules = mem_calloc(p->n_groups + 1, sizeof(*t->rules)),
		.spaces = mem_calloc(p->n_groups + 1, sizeof(*t->spaces)),
	};
	take_rules(t);
	t->provider = provider_of(p, &assumed);
	if (assumed)
		twin_assume(t, "provider",
			    "the plan does not say whose circuit it is; the "
			    "cloud is taken to behave like %s",
			    t->provider->name);
	build_routers(t);
	build_origins(t, seen, n_seen);
	build_fabric(t);
	build_public(t);
	build_tunnels(t);
	for (size_t c = 0; c < p->n_circuits; c++)
		build_circuit(t, c);
	build_internet(t);
	take_cloud_prefixes(t);
	if (build_program(t, e) && take_seen(t, seen, n_seen, e)) {
		t->decide = decide_new(t->net);
		decide_run(t->decide);
		return t;
	}
	twin_free(t);
	return NULL;
}

void twin_free(struct twin *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_assumed; i++) {
		free(t->assumed[i].id);
		free(t->assumed[i].text);
	}
	for (size_t i = 0; i < t->n_peers; i++)
		free(t->peers[i].name);
	for (size_t i = 0; i < t->n_pins; i++)
		free(t->pins[i].resource);
	for (size_t i = 0; i < t->plan->n_groups; i++) {
		rule_set_done(&t->rules[i]);
		rule_set_done(&t->spaces[i]);
	}
	free(t->rules);
	free(t->spaces);
	free(t->assumed);
	free(t->peers);
	free(t->pins);
	free(t->tunnels);
	free(t->edges);
	free(t->lit);
	free(t->attached);
	free(t->onprem);
	free(t->cloud);
	decide_free(t->decide);
	net_free(t->net);
	free(t);
}

/* ---- finding ---- */

struct twin_peer *twin_peer_named(const struct twin *t, const char *name)
{
	for (size_t i = 0; i < t->n_peers; i++)
		if (strcmp(t->peers[i].name, name) == 0)
			return &t->peers[i];
	return NULL;
}

int twin_tunnel_named(const struct twin *t, const char *name)
{
	for (size_t i = 0; i < t->plan->n_tunnels; i++)
		if (strcmp(t->plan->tunnels[i].name, name) == 0)
			return (int)i;
	return -1;
}

bool twin_in_group(const struct twin *t, size_t group, const struct prefix *p,
		   bool wide)
{
	return rule_set_match(wide ? &t->spaces[group] : &t->rules[group], p);
}

/* A group that names no cloud prefix moves exports, of whatever cloud. */
static bool has_cloud(const struct plan_group *g, const struct prefix *cloud)
{
	struct prefix p;

	for (size_t i = 0; i < g->cloud.n; i++)
		if (prefix_parse(g->cloud.v[i], &p, NULL) &&
		    !prefix_cmp(&p, cloud))
			return true;
	return !g->cloud.n;
}

int twin_group_of(const struct twin *t, const struct prefix *onprem,
		  const struct prefix *cloud)
{
	const struct plan *p = t->plan;

	for (size_t i = 0; i < p->n_groups; i++)
		if (has_cloud(&p->groups[i], cloud) &&
		    twin_in_group(t, i, onprem, false))
			return (int)i;
	return -1;
}
