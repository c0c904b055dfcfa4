/*
 * validate_move.c - may these prefixes move, in these waves?
 *
 * What the site may announce, what the cloud can answer, how much the provider
 * takes, and what a wave leaves half moved.  Cloud prefixes move once, in the
 * first wave that names them (design, 'Between the edges'), which is why a
 * cloud prefix that groups of two waves share is one-sided in between.
 */
#include <string.h>

#include "orchestrator/model/ruleset.h"
#include "orchestrator/plan/load.h"

/* Rules that accept whatever lies in one of the prefixes. */
static void parse_all(const struct state_list *l, struct rule_set *ret)
{
	for (size_t i = 0; i < l->n; i++) {
		struct prefix_rule r;

		if (!prefix_parse(l->v[i], &r.prefix, NULL))
			continue;
		r.ge = r.prefix.len;
		r.le = r.prefix.family == 4 ? 32 : 128;
		rule_set_add(ret, &r);
	}
	rule_set_sort(ret);
}

static const struct prefix *find_around(const struct rule_set *all,
					const struct prefix *p)
{
	const struct prefix_rule *r = rule_set_match(all, p);

	return r ? &r->prefix : NULL;
}

static const char *group_name(const struct plan *p, size_t g)
{
	return p->groups[g].name ? p->groups[g].name : "unnamed";
}

static const struct plan_peering *peering_of(const struct plan *p, size_t g)
{
	const struct plan_group *gr = &p->groups[g];

	if (gr->circuit >= p->n_circuits ||
	    gr->peering >= p->circuits[gr->circuit].n_peerings)
		return NULL;
	return &p->circuits[gr->circuit].peerings[gr->peering];
}

static bool is_private(const struct plan *p, size_t g)
{
	const struct plan_peering *pe = peering_of(p, g);

	return pe && pe->domain && strcmp(pe->domain, "private") == 0;
}

/* ---- prefixes of a group ---- */

/* A session takes prefixes of its own address family only. */
static void check_family(struct load *l, size_t g, const char *key,
			 const struct state_list *v)
{
	const struct plan_peering *pe = peering_of(l->plan, g);
	const char *far = pe && pe->on ? pe->on[0].neighbor : NULL;
	mem_auto_free char *path = mem_format("groups.%zu.%s", g, key);
	const struct node *list = load_find(l, "%s", path);

	for (size_t i = 0; far && i < v->n; i++) {
		if (!strchr(v->v[i], ':') == !strchr(far, ':'))
			continue;
		load_error(l,
			   list ? load_at(l, "%s.%zu", path, i)
				: load_at(l, "groups.%zu", g),
			   "family-mismatch",
			   "'%s' is not of the address family of peering '%s', "
			   "whose sessions are %s: give each family a peering "
			   "and a group of its own",
			   v->v[i], pe->name ?: "unnamed",
			   strchr(far, ':') ? "IPv6" : "IPv4");
	}
}

static void check_onprem(struct load *l, size_t g, const struct rule_set *site,
			 const struct rule_set *vnet)
{
	const struct plan_group *gr = &l->plan->groups[g];
	char out[PREFIX_TEXT_MAX];

	if (!load_find(l, "groups.%zu.onprem", g))
		return; /* the default: the site's own */
	for (size_t i = 0; i < gr->onprem.n; i++) {
		const struct prefix *around;
		struct prefix_rule r;

		if (!prefix_rule_parse(gr->onprem.v[i], &r, NULL))
			continue;
		if (site->n && !find_around(site, &r.prefix))
			load_error(l, load_at(l, "groups.%zu.onprem.%zu", g, i),
				   "prefix-not-site",
				   "'%s' is not in the site's prefixes; what "
				   "the site may announce stands in "
				   "'site.prefixes'",
				   gr->onprem.v[i]);
		around = find_around(vnet, &r.prefix);
		if (around)
			load_error(l, load_at(l, "groups.%zu.onprem.%zu", g, i),
				   "prefix-equals-vnet",
				   "'%s' is or lies in '%s' of the virtual "
				   "network, which never routes it out",
				   gr->onprem.v[i], prefix_text(around, out));
	}
}

static void check_cloud(struct load *l, size_t g, const struct rule_set *vnet)
{
	const struct plan_group *gr = &l->plan->groups[g];
	char out[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < gr->cloud.n; i++) {
		const struct node *at =
			load_at(l, "groups.%zu.cloud.%zu", g, i);
		const struct prefix *around;
		struct prefix p;

		if (!prefix_parse(gr->cloud.v[i], &p, NULL))
			continue;
		if (p.len == 0)
			load_warn(l, at, "default-route",
				  "the default route moves everything that "
				  "has no other, the Internet too");
		around = find_around(vnet, &p);
		if (!vnet->n || !is_private(l->plan, g))
			continue;
		if (!around)
			load_error(l, at, "prefix-not-vnet",
				   "'%s' is not in the virtual network's "
				   "prefixes: the cloud would never announce "
				   "it here",
				   gr->cloud.v[i]);
		else if (prefix_cmp(around, &p) != 0)
			load_warn(l, at, "prefix-part-of-vnet",
				  "the cloud announces whole address spaces: "
				  "'%s', not '%s'",
				  prefix_text(around, out), gr->cloud.v[i]);
	}
}

/* ---- the same prefix twice ---- */

struct spoken { /* one onprem rule of one group */
	const struct plan_group *group;
	size_t g, i;
};

static int compare_spoken(const void *pa, const void *pb)
{
	const struct spoken *a = pa, *b = pb;
	int c = strcmp(a->group->onprem.v[a->i], b->group->onprem.v[b->i]);

	if (!c && a->group->circuit != b->group->circuit)
		c = a->group->circuit < b->group->circuit ? -1 : 1;
	if (!c && a->group->peering != b->group->peering)
		c = a->group->peering < b->group->peering ? -1 : 1;
	if (!c && a->g != b->g)
		c = a->g < b->g ? -1 : 1;
	if (!c && a->i != b->i)
		c = a->i < b->i ? -1 : 1;
	return c;
}

static bool same_spoken(const struct spoken *a, const struct spoken *b)
{
	return a->group->circuit == b->group->circuit &&
	       a->group->peering == b->group->peering &&
	       strcmp(a->group->onprem.v[a->i], b->group->onprem.v[b->i]) == 0;
}

static void check_twice(struct load *l)
{
	const struct plan *p = l->plan;
	struct spoken *v = NULL;
	size_t n = 0, cap = 0;

	for (size_t g = 0; g < p->n_groups; g++)
		for (size_t i = 0;
		     !p->groups[g].community && p->groups[g].move_export &&
		     i < p->groups[g].onprem.n;
		     i++) {
			if (!*p->groups[g].onprem.v[i])
				continue;
			MEM_GROW(v, n, cap);
			v[n++] = (struct spoken){&p->groups[g], g, i};
		}
	if (n)
		qsort(v, n, sizeof(*v), compare_spoken);
	for (size_t k = 1; k < n; k++)
		if (same_spoken(&v[k - 1], &v[k]))
			load_warn(l,
				  load_at(l, "groups.%zu.onprem.%zu", v[k].g,
					  v[k].i),
				  "prefix-twice",
				  "'%s' stands in group '%s' too; it moves "
				  "with the first of them",
				  v[k].group->onprem.v[v[k].i],
				  group_name(p, v[k - 1].g));
	free(v);
}

/* ---- what the provider takes ---- */

/* Prefixes that a rule has room for. */
static uint64_t room_of(const char *rule)
{
	struct prefix_rule r;
	uint64_t n = 0;

	if (!prefix_rule_parse(rule, &r, NULL))
		return 0;
	for (unsigned len = r.ge; len <= r.le; len++)
		n += len - r.prefix.len < 40
			     ? UINT64_C(1) << (len - r.prefix.len)
			     : UINT64_C(1) << 40;
	return n;
}

struct count {
	uint64_t most;
	bool open; /* more by what rules have room for than by what they name */
};

static void count_group(const struct plan_group *g, struct count *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < g->onprem.n; i++)
		n += room_of(g->onprem.v[i]);
	c->open |= !g->at_most && n > g->onprem.n;
	c->most += g->at_most && g->at_most < n ? g->at_most : n;
}

static struct count count_onprem(const struct plan *p, size_t c, size_t pe)
{
	struct count ret = {0};

	for (size_t g = 0; g < p->n_groups; g++)
		if (p->groups[g].circuit == c && p->groups[g].peering == pe &&
		    p->groups[g].move_export)
			count_group(&p->groups[g], &ret);
	return ret;
}

static void check_limit(struct load *l, size_t c, size_t i)
{
	const struct plan_circuit *ci = &l->plan->circuits[c];
	const struct plan_peering *pe = &ci->peerings[i];
	bool private = pe->domain && strcmp(pe->domain, "private") == 0;
	uint32_t most = private ? ci->limits.prefixes_private
				: ci->limits.prefixes_public;
	struct count n = count_onprem(l->plan, c, i);

	if (most && n.most > most)
		load_error(l,
			   load_at(l, "circuits.%zu.peerings.%zu.name", c, i),
			   "prefix-limit",
			   "the groups %s %llu prefixes; the provider takes "
			   "%u and drops the session above it%s",
			   n.open ? "have room for" : "announce",
			   (unsigned long long)n.most, most,
			   n.open ? "; narrow the rules, or say with "
				    "'at_most' how many they match"
				  : "");
}

/* A rollback holds a prefix on the VPN by its halves: three in place of one. */
static void check_headroom(struct load *l)
{
	const struct plan *p = l->plan;
	struct count n = {0};

	for (size_t g = 0; g < p->n_groups; g++)
		if (is_private(p, g) && p->groups[g].move_export)
			count_group(&p->groups[g], &n);
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (p->tunnels[i].limit && p->tunnels[i].neighbor &&
		    n.most * 3 > p->tunnels[i].limit)
			load_warn(l, load_at(l, "tunnels.%zu.name", i),
				  "prefix-headroom",
				  "the groups %s %llu prefixes, three times as "
				  "many while a rollback holds them here; the "
				  "VPN gateway takes %u: above that the "
				  "rollback is not hitless",
				  n.open ? "have room for" : "announce",
				  (unsigned long long)n.most,
				  p->tunnels[i].limit);
}

/* ---- waves ---- */

static void check_wave(struct load *l, size_t w, int *wave_of)
{
	const struct plan *p = l->plan;
	const struct node *list = load_find(l, "waves.%zu.groups", w);
	size_t k = 0;

	for (size_t i = 0; list && i < list->n && k < p->waves[w].n_groups;
	     i++) {
		size_t g = p->waves[w].groups[k];
		const char *name = p->groups[g].name;

		if (!name || list->v[i]->kind != NODE_SCALAR ||
		    strcmp(list->v[i]->text, name) != 0)
			continue; /* one that did not resolve */
		k++;
		if (wave_of[g] >= 0)
			load_error(l, list->v[i], "group-twice",
				   "group '%s' has moved already, in wave "
				   "'%s'",
				   name,
				   p->waves[wave_of[g]].name
					   ? p->waves[wave_of[g]].name
					   : "unnamed");
		else
			wave_of[g] = (int)w;
	}
}

/* An edge of the circuit that has a tunnel whose routes we can add to. */
static bool has_bgp_tunnel(const struct plan *p, const struct plan_circuit *c)
{
	for (size_t t = 0; t < p->n_tunnels; t++)
		for (size_t i = 0; p->tunnels[t].neighbor && i < c->n_links;
		     i++)
			if (c->links[i].edge == p->tunnels[t].edge)
				return true;
	return false;
}

static void check_strategy(struct load *l, size_t w)
{
	const struct plan *p = l->plan;
	const struct plan_wave *wave = &p->waves[w];

	if (wave->strategy != PLAN_UNPIN_FROM_VPN || !load_clean(l))
		return;
	for (size_t i = 0; i < wave->n_groups; i++) {
		const struct plan_group *g = &p->groups[wave->groups[i]];

		if (!g->move_export ||
		    has_bgp_tunnel(p, &p->circuits[g->circuit]))
			continue;
		load_error(l, load_at(l, "waves.%zu.strategy", w),
			   "unpin-impossible",
			   "no edge of '%s' has a tunnel with BGP: group '%s' "
			   "cannot be held on the VPN",
			   p->circuits[g->circuit].name,
			   group_name(p, wave->groups[i]));
		return;
	}
}

static bool shares_cloud(const struct plan_group *a, const struct plan_group *b,
			 size_t *ret_i)
{
	if (a->circuit != b->circuit || a->peering != b->peering)
		return false;
	for (size_t i = 0; i < a->cloud.n; i++)
		if (*a->cloud.v[i] &&
		    state_list_has(&b->cloud, a->cloud.v[i])) {
			*ret_i = i;
			return true;
		}
	return false;
}

static const char *first_stateful(const struct plan *p)
{
	for (size_t i = 0; i < p->site.stateful.n; i++)
		if (*p->site.stateful.v[i])
			return p->site.stateful.v[i];
	return NULL;
}

static void check_asymmetric(struct load *l, const int *wave_of)
{
	const struct plan *p = l->plan;
	const char *fw = first_stateful(p);

	for (size_t g = 0; fw && g < p->n_groups; g++) {
		const struct plan_group *gr = &p->groups[g];
		size_t k;

		if (gr->move_import != gr->move_export)
			load_warn(l, load_at(l, "groups.%zu.move", g),
				  "asymmetric-stateful",
				  "group '%s' moves one direction only, and "
				  "'%s' must see both",
				  group_name(p, g), fw);
		for (size_t h = 0; h < p->n_groups; h++) {
			if (wave_of[h] < 0 || wave_of[h] >= wave_of[g] ||
			    !shares_cloud(gr, &p->groups[h], &k))
				continue;
			load_warn(l, load_at(l, "groups.%zu.cloud.%zu", g, k),
				  "asymmetric-stateful",
				  "'%s' moves with group '%s', in an earlier "
				  "wave; until '%s' moves its paths differ "
				  "per direction, and '%s' must see both",
				  gr->cloud.v[k], group_name(p, h),
				  group_name(p, g), fw);
			break;
		}
	}
}

static void check_waves(struct load *l)
{
	const struct plan *p = l->plan;
	int *wave_of = mem_calloc(p->n_groups + 1, sizeof(*wave_of));

	for (size_t g = 0; g < p->n_groups; g++)
		wave_of[g] = -1;
	for (size_t w = 0; w < p->n_waves; w++)
		check_wave(l, w, wave_of);
	for (size_t w = 0; w < p->n_waves; w++)
		check_strategy(l, w);
	for (size_t g = 0; load_clean(l) && g < p->n_groups; g++)
		if (wave_of[g] < 0)
			load_warn(l, load_at(l, "groups.%zu.name", g),
				  "group-unused",
				  "group '%s' is in no wave: it does not move",
				  group_name(p, g));
	check_asymmetric(l, wave_of);
	free(wave_of);
}

void load_validate_move(struct load *l)
{
	const struct plan *p = l->plan;
	rule_set_auto site = {0};
	rule_set_auto vnet = {0};

	parse_all(&p->site.prefixes, &site);
	parse_all(&p->vnet.prefixes, &vnet);
	for (size_t g = 0; g < p->n_groups; g++) {
		check_onprem(l, g, &site, &vnet);
		check_cloud(l, g, &vnet);
		check_family(l, g, "onprem", &p->groups[g].onprem);
		check_family(l, g, "cloud", &p->groups[g].cloud);
	}
	check_twice(l);
	for (size_t c = 0; c < p->n_circuits; c++)
		for (size_t i = 0; i < p->circuits[c].n_peerings; i++)
			check_limit(l, c, i);
	check_headroom(l);
	check_waves(l);
}
