/*
 * build_prefix.c - which prefixes the model carries
 *
 * Where the VPN's announcements were observed, those are the site's prefixes.
 * Offline they are what the plan names: a prefix that is named exactly, and for
 * a range ('10.0.0.0/8 le 24') witnesses, its shortest and its longest prefix:
 * all prefixes between are treated like one of the two unless another rule cuts
 * through the range, and then that rule brings its own.
 */
#include "orchestrator/twin/build_prefix.h"

#include <stdio.h>
#include <string.h>

#include "orchestrator/base/sort.h"

void prefix_vec_add(struct prefix_vec *l, const struct prefix *p)
{
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = *p;
}

static int vec_cmp(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

void prefix_vec_sort(struct prefix_vec *l)
{
	size_t keep = 0;

	sort_runs(l->v, l->n, sizeof(*l->v), vec_cmp);
	for (size_t i = 0; i < l->n; i++)
		if (!keep || prefix_cmp(&l->v[keep - 1], &l->v[i]))
			l->v[keep++] = l->v[i];
	l->n = keep;
}

void prefix_vec_texts(struct prefix_vec *l, const struct state_list *texts)
{
	struct prefix p;

	for (size_t i = 0; i < texts->n; i++)
		if (prefix_parse(texts->v[i], &p, NULL))
			prefix_vec_add(l, &p);
}

int build_set(struct twin *t, const struct prefix_vec *l, bool inside)
{
	mem_auto_free struct prefix_rule *r = mem_calloc(l->n + 1, sizeof(*r));

	for (size_t i = 0; i < l->n; i++)
		r[i] = (struct prefix_rule){
			l->v[i], l->v[i].len,
			inside ? (l->v[i].family == 4 ? 32 : 128)
			       : l->v[i].len};
	return filter_set_of(&t->net->filters, r, l->n);
}

bool build_is_private(const struct plan *p, const struct plan_group *g)
{
	return strcmp(p->circuits[g->circuit].peerings[g->peering].domain,
		      "private") == 0;
}

void build_cloud(const struct plan *p, bool is_private, struct prefix_vec *ret)
{
	if (is_private)
		prefix_vec_texts(ret, &p->vnet.prefixes);
	for (size_t i = 0; i < p->n_groups; i++)
		if (build_is_private(p, &p->groups[i]) == is_private)
			prefix_vec_texts(ret, &p->groups[i].cloud);
	prefix_vec_sort(ret);
}

/* ---- the site ---- */

static void site_add(struct site_vec *l, const struct prefix *p,
		     const struct attr_list *communities)
{
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct site_prefix){*p, communities};
}

static const struct attr_list *community_of(struct twin *t, const char *text)
{
	uint32_t a, b, c;

	if (!text || sscanf(text, "%u:%u", &a, &b) != 2)
		return NULL;
	c = a << 16 | b;
	return attr_list_of(t->net->attrs, &c, 1);
}

static void assume_range(struct twin *t, const char *text)
{
	twin_assume(t, "range-witnesses",
		    "'%s' is a range: which prefixes the site really has in it "
		    "is not known offline; its shortest and longest stand for "
		    "all, and prefix counts are a lower bound",
		    text);
}

static void assume_communities(struct twin *t)
{
	twin_assume(t, "communities",
		    "the site's prefixes carry the communities by which groups "
		    "pick them: every prefix that such a group allows is taken "
		    "to have its community");
}

static void add_rule(struct twin *t, struct site_vec *l, const char *text,
		     const struct attr_list *communities)
{
	struct prefix_rule r;
	struct prefix p;

	if (!prefix_rule_parse(text, &r, NULL))
		return;
	p = r.prefix;
	p.len = r.ge;
	site_add(l, &p, communities);
	if (r.le == r.ge)
		return;
	p.len = r.le;
	/* not the first address: the two would cover each other */
	if (r.le > r.ge)
		p.addr[(p.len - 1) / 8] |= (uint8_t)(0x80 >> ((p.len - 1) % 8));
	site_add(l, &p, communities);
	assume_range(t, text);
}

/* What is behind a router of its own cuts through ranges like a rule. */
static void add_behind(struct twin *t, struct site_vec *ret, size_t group,
		       const struct plan_router *r, const struct attr_list *c)
{
	struct prefix p;

	for (size_t i = 0; i < r->prefixes.n; i++)
		if (prefix_parse(r->prefixes.v[i], &p, NULL) &&
		    twin_in_group(t, group, &p, false))
			site_add(ret, &p, c);
}

static void from_plan(struct twin *t, struct site_vec *ret)
{
	const struct plan *p = t->plan;

	for (size_t i = 0; i < p->n_groups; i++) {
		const struct attr_list *c =
			community_of(t, p->groups[i].community);

		for (size_t k = 0; k < p->groups[i].onprem.n; k++)
			add_rule(t, ret, p->groups[i].onprem.v[k], c);
		if (c)
			assume_communities(t);
		for (size_t r = 0; r < p->site.topology.n_routers; r++)
			add_behind(t, ret, i, &p->site.topology.routers[r], c);
	}
}

static void from_seen(const struct twin *t, const struct twin_seen *seen,
		      size_t n_seen, struct site_vec *ret)
{
	struct prefix p;

	for (size_t i = 0; i < n_seen; i++)
		for (size_t k = 0; k < seen[i].set->n; k++) {
			const struct resource *r = &seen[i].set->v[k];

			if (r->kind != RESOURCE_SESSION || !r->present ||
			    twin_tunnel_named(t, r->name) < 0)
				continue;
			for (size_t s = 0; s < r->session.sent.n; s++)
				if (prefix_parse(r->session.sent.v[s], &p,
						 NULL))
					site_add(ret, &p, NULL);
		}
}

static int site_cmp(const void *x, const void *y)
{
	const struct site_prefix *a = x, *b = y;

	return prefix_cmp(&a->prefix, &b->prefix);
}

/* A prefix that several groups name carries the communities of all. */
static void unite(struct twin *t, struct site_vec *l)
{
	size_t keep = 0;

	sort_runs(l->v, l->n, sizeof(*l->v), site_cmp);
	for (size_t i = 0; i < l->n; i++) {
		struct site_prefix *last = keep ? &l->v[keep - 1] : NULL;

		if (!last || prefix_cmp(&last->prefix, &l->v[i].prefix)) {
			l->v[keep++] = l->v[i];
			continue;
		}
		for (uint32_t c = 0; c < attr_list_len(l->v[i].communities);
		     c++)
			last->communities = attr_list_insert(
				t->net->attrs, last->communities,
				l->v[i].communities->v[c]);
	}
	l->n = keep;
}

static void give(struct twin *t, struct site_vec *l, const char *text,
		 uint32_t community)
{
	struct prefix_rule r;

	if (!prefix_rule_parse(text, &r, NULL))
		return;
	for (size_t i = 0; i < l->n; i++)
		if (prefix_rule_matches(&r, &l->v[i].prefix))
			l->v[i].communities = attr_list_insert(
				t->net->attrs, l->v[i].communities, community);
}

/* What was seen carries the communities of the groups that name it. */
static void give_communities(struct twin *t, struct site_vec *l)
{
	const struct plan *p = t->plan;

	for (size_t i = 0; i < p->n_groups; i++) {
		const struct attr_list *c =
			community_of(t, p->groups[i].community);

		for (size_t k = 0; c && k < p->groups[i].onprem.n; k++)
			give(t, l, p->groups[i].onprem.v[k], c->v[0]);
		if (c)
			assume_communities(t);
	}
}

void build_site(struct twin *t, const struct twin_seen *seen, size_t n_seen,
		struct site_vec *ret)
{
	from_seen(t, seen, n_seen, ret);
	t->observed = ret->n > 0;
	if (t->observed)
		give_communities(t, ret);
	else
		from_plan(t, ret);
	unite(t, ret);
}
