/*
 * policy.c - the route policies of a plan
 *
 * Pure.  Invariants: a cloud prefix's import moves in the first wave that
 * names it and in no other (design, 'Between the edges'); local preference is
 * equal on both links, so that the AS path still decides between them.
 */
#include "orchestrator/steps/policy.h"

#include <string.h>

#include "orchestrator/base/set.h"

static const struct plan_circuit *circuit_of(const struct policy_session *s)
{
	return &s->plan->circuits[s->circuit];
}

char *policy_session_name(const struct policy_session *s)
{
	const struct plan_circuit *c = circuit_of(s);

	return mem_format("%s/%s/%s", c->name, c->links[s->link].name,
			  c->peerings[s->peering].name);
}

bool policy_has_session(const struct plan_circuit *c)
{
	for (size_t i = 0; i < c->n_peerings; i++)
		for (size_t k = 0; k < c->n_links; k++)
			if (c->peerings[i].on[k].neighbor)
				return true;
	return false;
}

static bool group_is_ours(const struct policy_session *s, size_t group)
{
	const struct plan_group *g = &s->plan->groups[group];

	return g->circuit == s->circuit && g->peering == s->peering;
}

/* Calls fn for each group of waves [from, to) that moves on this session. */
static void each_group(const struct policy_session *s, size_t from, size_t to,
		       void (*fn)(const struct plan_group *g, void *arg),
		       void *arg)
{
	for (size_t w = from; w < to && w < s->plan->n_waves; w++) {
		const struct plan_wave *wave = &s->plan->waves[w];

		for (size_t i = 0; i < wave->n_groups; i++)
			if (group_is_ours(s, wave->groups[i]))
				fn(&s->plan->groups[wave->groups[i]], arg);
	}
}

/* Prefixes of groups, each once, in the order in which they are named. */
struct cloud {
	struct state_list list;
	struct text_set seen; /* of texts that the plan owns */
};

static void add_cloud(const struct plan_group *g, void *arg)
{
	struct cloud *c = arg;

	for (size_t i = 0; g->move_import && i < g->cloud.n; i++)
		if (text_set_add(&c->seen, g->cloud.v[i]))
			state_list_add_of(&c->list, &g->cloud, i);
}

static void cloud_until(const struct policy_session *s, size_t waves,
			struct state_list *ret)
{
	struct cloud c = {0};

	each_group(s, 0, waves, add_cloud, &c);
	*ret = c.list;
	text_set_done(&c.seen);
}

static void add_onprem(const struct plan_group *g, void *arg)
{
	if (g->move_export)
		state_list_append(arg, &g->onprem);
}

/* What the waves before it have named is in front, and is not the wave's. */
void policy_moved_cloud(const struct policy_session *s, size_t wave,
			struct state_list *ret)
{
	struct cloud c = {0};
	size_t before;

	each_group(s, 0, wave, add_cloud, &c);
	before = c.list.n;
	each_group(s, wave, wave + 1, add_cloud, &c);
	for (size_t i = before; i < c.list.n; i++)
		state_list_add_of(ret, &c.list, i);
	state_list_done(&c.list);
	text_set_done(&c.seen);
}

void policy_onprem(const struct policy_session *s, size_t from, size_t waves,
		   struct state_list *ret)
{
	each_group(s, from, waves, add_onprem, ret);
}

void policy_onprem_after(const struct policy_session *s, size_t from,
			 size_t waves, size_t skip, struct state_list *ret)
{
	const struct plan_wave *wave = &s->plan->waves[from];

	for (size_t i = skip; from < waves && i < wave->n_groups; i++)
		if (group_is_ours(s, wave->groups[i]))
			add_onprem(&s->plan->groups[wave->groups[i]], ret);
	policy_onprem(s, from + 1, waves, ret);
}

bool policy_changes(const struct policy_session *s, bool import, size_t wave)
{
	struct state_list l = {0};
	bool any;

	if (import)
		policy_moved_cloud(s, wave, &l);
	else
		policy_onprem(s, wave, wave + 1, &l);
	any = l.n > 0;
	state_list_done(&l);
	return any;
}

static unsigned generation(const struct policy_session *s, bool import,
			   size_t waves)
{
	unsigned g = 0;

	for (size_t w = 0; w < waves; w++)
		g += policy_changes(s, import, w);
	return g;
}

static char *name_of(const struct policy_session *s, const char *what,
		     unsigned gen)
{
	const struct plan_circuit *c = circuit_of(s);

	return mem_format("CUTOVER-%s-%s-%s-%s-g%u", c->name,
			  c->links[s->link].name, c->peerings[s->peering].name,
			  what, gen);
}

char *policy_name(const struct policy_session *s, bool import, size_t waves)
{
	return name_of(s, import ? "in" : "out", generation(s, import, waves));
}

char *policy_drain_name(const struct policy_session *s, size_t waves)
{
	return name_of(s, "in-drain", generation(s, true, waves));
}

static struct state_policy_entry *add_entry(struct resource *r)
{
	struct state_policy_entries *l = &r->route_policy.entries;

	MEM_GROW(l->v, l->n, l->cap);
	memset(&l->v[l->n], 0, sizeof(*l->v));
	return &l->v[l->n++];
}

static void entry_import(struct resource *r, const struct state_list *prefixes,
			 uint32_t local_pref)
{
	struct state_policy_entry *x;

	if (!prefixes->n)
		return;
	x = add_entry(r);
	x->permit = true;
	x->has_local_pref = true;
	x->local_pref = local_pref;
	state_list_append(&x->prefixes, prefixes);
}

/* Import after `waves` waves; with drain, the last wave's are de-preferred. */
static void body_import(const struct policy_session *s, size_t waves,
			bool drain, struct resource *r)
{
	const struct plan_preference *pref = &s->plan->preference;
	struct state_list all = {0};
	struct state_list last = {0};

	cloud_until(s, drain ? waves - 1 : waves, &all);
	if (drain)
		policy_moved_cloud(s, waves - 1, &last);
	entry_import(r, &all, pref->circuit);
	entry_import(r, &last, pref->drain);
	state_list_done(&all);
	state_list_done(&last);
}

static void add_export_entry(const struct plan_group *g, void *arg)
{
	struct state_policy_entry *x;

	if (!g->move_export || !g->onprem.n)
		return;
	x = add_entry(arg);
	x->permit = true;
	x->community = mem_strdup(g->community);
	state_list_append(&x->prefixes, &g->onprem);
}

static struct resource *add_policy(struct resource_set *set, char *name,
				   const char *direction, bool present)
{
	struct resource *r = NULL;

	if (!resource_set_find(set, RESOURCE_ROUTE_POLICY, name)) {
		r = resource_set_add(set, RESOURCE_ROUTE_POLICY, name);
		r->present = present;
		if (present)
			r->route_policy.direction = mem_strdup(direction);
	}
	free(name);
	return r;
}

void policy_add_all(const struct policy_session *s, bool present,
		    struct resource_set *set)
{
	struct resource *r;

	for (size_t w = 0; w <= s->plan->n_waves; w++) {
		r = add_policy(set, policy_name(s, true, w), "import", present);
		if (r && present)
			body_import(s, w, false, r);
		r = add_policy(set, policy_name(s, false, w), "export",
			       present);
		if (r && present)
			each_group(s, 0, w, add_export_entry, r);
		if (!w || !policy_changes(s, true, w - 1))
			continue;
		r = add_policy(set, policy_drain_name(s, w), "import", present);
		if (r && present)
			body_import(s, w, true, r);
	}
}
