/*
 * advert.c - from one router's best route to another router's candidate
 *
 * RFC 4271, 5.1 and 9.2; iBGP and reflection as in RFC 4456, section 6 and 8;
 * the well-known communities of RFC 1997.  LOCAL_PREF stays inside the AS, MED
 * goes one AS far, weight goes nowhere.  Pure.
 */
#include "orchestrator/twin/advert.h"

#define LOCAL_WEIGHT 32768 /* as routers give it to what they originate */
#define NO_EXPORT 0xffffff01u
#define NO_ADVERTISE 0xffffff02u

/* Is there any router of the AS left that packets could be sent on to? */
static bool has_way_in(const struct decide *d, int router)
{
	const struct net *n = d->net;

	for (int i = 0; i < n->n_routers; i++)
		if (n->routers[i].role == NET_CORE &&
		    n->routers[i].asn == n->routers[router].asn &&
		    igp_dist(&d->igp, router, i) != IGP_FAR)
			return true;
	return false;
}

const struct attr *advert_local(const struct decide *d, int origin)
{
	const struct net_origin *o = &d->net->origins[origin];
	struct attr a = {
		.communities = o->communities,
		.weight = LOCAL_WEIGHT,
		.local_pref = NET_LOCAL_PREF,
		.med = o->has_med ? o->med : 0,
		.has_med = o->has_med,
		.origin = (uint8_t)o->origin,
		.next_hop = o->router,
		.next_link = -1,
		.originator = -1,
	};

	if (!o->active || !o->announce || !d->net->routers[o->router].up ||
	    (o->link >= 0 && !net_link_works(d->net, o->link)) ||
	    (o->inward && !has_way_in(d, o->router)))
		return NULL;
	return attr_intern(d->net->attrs, &a);
}

/* May a route learned at `from` be passed on to an iBGP peer? (RFC 4456, 6) */
static bool may_reflect(const struct net *n, int from, const struct net_end *to)
{
	const struct net_session *s;

	if (from < 0)
		return true;
	s = &n->sessions[from / 2];
	return s->ebgp || s->end[from % 2].client || to->client;
}

static void inside(const struct net *n, const struct path *best, int router,
		   const struct net_end *end, struct attr *a)
{
	const struct net_session *s =
		best->from >= 0 ? &n->sessions[best->from / 2] : NULL;

	if (!s || (s->ebgp && end->next_hop_self)) {
		a->next_hop = router;
		a->next_link = -1;
	} else if (s->ebgp) { /* the neighbour's own address */
		a->next_link = s->link;
	} else { /* reflected */
		if (a->originator < 0)
			a->originator = s->router[!(best->from % 2)];
		a->clusters = attr_list_prepend(n->attrs, a->clusters,
						n->routers[router].id, 1);
	}
	a->weight = 0;
}

static void outside(const struct net *n, int router, const struct net_end *end,
		    struct attr *a)
{
	const struct net_router *r = &n->routers[router];

	if (end->remove_private)
		a->as_path = attr_list_public(n->attrs, a->as_path);
	a->as_path = attr_list_prepend(n->attrs, a->as_path, r->asn, 1);
	a->clusters = NULL;
	a->weight = 0;
	a->local_pref = 0;
	a->originator = -1;
	a->next_hop = router;
	a->next_link = -1;
}

static bool may_send(const struct decide *d, int session, int side,
		     const struct path *best)
{
	const struct net *n = d->net;
	const struct net_session *s = &n->sessions[session];
	const struct net_origin *o =
		best->from < 0 ? &n->origins[~best->from] : NULL;

	if (o && o->only_session >= 0 && o->only_session != session)
		return false;
	if (attr_list_has(best->attr->communities, NO_ADVERTISE))
		return false;
	if (s->ebgp)
		return !attr_list_has(best->attr->communities, NO_EXPORT);
	return may_reflect(n, best->from, &s->end[side]);
}

static bool family_runs(const struct net_session *s, uint8_t family)
{
	return s->families & (family == 4 ? 1u : 2u);
}

const struct attr *advert_export(const struct decide *d, int session, int side,
				 int class)
{
	const struct net *n = d->net;
	const struct net_session *s = &n->sessions[session];
	const struct net_end *end = &s->end[side];
	const struct class *c = &d->classes->v[class];
	const struct path *best = &decide_rib(d, class, s->router[side])->best;
	struct attr a;

	if (!best->attr || !family_runs(s, c->family) ||
	    (best->from >= 0 && best->from / 2 == session) ||
	    !may_send(d, session, side, best))
		return NULL;
	a = *best->attr;
	if (s->ebgp && best->from >= 0) { /* RFC 4271, 5.1.4 */
		a.med = 0;
		a.has_med = false;
	}
	if (!filter_run(&n->filters, end->export, c->sets, c->n_sets,
			n->routers[s->router[side]].asn, n->attrs, &a))
		return NULL;
	if (s->ebgp)
		outside(n, s->router[side], end, &a);
	else
		inside(n, best, s->router[side], end, &a);
	return attr_intern(n->attrs, &a);
}

/* RFC 4271, 9.1.2 and RFC 4456, 8: what has been here does not come again. */
static bool is_loop(const struct net *n, int router, const struct attr *a)
{
	return attr_list_has(a->as_path, n->routers[router].asn) ||
	       a->originator == router ||
	       attr_list_has(a->clusters, n->routers[router].id);
}

const struct attr *advert_import(const struct decide *d, int session, int side,
				 int class, const struct attr *wire)
{
	const struct net *n = d->net;
	const struct net_session *s = &n->sessions[session];
	const struct net_end *end = &s->end[!side];
	const struct class *c = &d->classes->v[class];
	int to = s->router[!side];
	struct attr a;

	if (!wire || is_loop(n, to, wire))
		return NULL;
	a = *wire;
	a.weight = end->weight;
	if (s->ebgp)
		a.local_pref = NET_LOCAL_PREF;
	if (end->no_communities)
		a.communities = NULL;
	if (!filter_run(&n->filters, end->import, c->sets, c->n_sets,
			n->routers[to].asn, n->attrs, &a))
		return NULL;
	return attr_intern(n->attrs, &a);
}
