/*
 * decide.c - to the fixpoint, from what changed
 *
 * Every router keeps, for every class, what its peers last told it (after
 * import) and what it last told them (its best route).  A change puts routes in
 * or takes them out; a router whose candidates changed is queued; a router that
 * is taken from the queue ranks them, and if its mind changed, tells its peers.
 * First in, first out, as messages are.
 *
 * Invariants: a router with a pending change is in the queue exactly once;
 * between runs the queue is empty.  A class that goes on longer than any
 * converging one could is marked restless and left as it is.  No threads.
 */
#include "orchestrator/twin/decide.h"

#include <string.h>

#include "orchestrator/twin/advert.h"
#include "orchestrator/twin/rank.h"

struct pending {
	int class, router;
};

struct decide_queue {
	struct pending *v;
	size_t first, n, cap; /* ring */
	uint32_t *turns;      /* by class, in this run */
};

struct decide *decide_new(struct net *n)
{
	struct decide *d = mem_alloc(sizeof(*d));

	d->net = n;
	d->queue = mem_alloc(sizeof(*d->queue));
	net_touch(n, NET_CHANGED_SHAPE, 0);
	return d;
}

static void ribs_done(struct decide *d)
{
	for (size_t i = 0; i < d->n_ribs; i++)
		free(d->ribs[i].v);
	free(d->ribs);
	free(d->session_up);
	free(d->restless);
	free(d->queue->turns);
	classes_free(d->classes);
}

void decide_free(struct decide *d)
{
	if (!d)
		return;
	ribs_done(d);
	igp_done(&d->igp);
	free(d->queue->v);
	free(d->queue);
	free(d);
}

/* ---- the queue ---- */

static struct rib *rib_of(struct decide *d, int class, int router)
{
	return &d->ribs[(size_t) class * (size_t)d->n_routers + (size_t)router];
}

static void queue_grow(struct decide_queue *q)
{
	size_t cap = q->cap ? q->cap * 2 : 256;
	struct pending *v = mem_calloc(cap, sizeof(*v));

	for (size_t i = 0; i < q->n; i++)
		v[i] = q->v[(q->first + i) % q->cap];
	free(q->v);
	q->v = v;
	q->cap = cap;
	q->first = 0;
}

static void queue_put(struct decide *d, int class, int router)
{
	struct decide_queue *q = d->queue;
	struct rib *r = rib_of(d, class, router);

	if (r->queued)
		return;
	r->queued = true;
	if (q->n == q->cap)
		queue_grow(q);
	q->v[(q->first + q->n++) % q->cap] = (struct pending){class, router};
}

/* ---- candidates ---- */

/* Replaces what `from` brought; NULL takes it out. */
static void rib_put(struct decide *d, int class, int router, int from,
		    const struct attr *attr)
{
	struct rib *r = rib_of(d, class, router);
	struct path old = {NULL, from, 0};
	uint32_t i;

	for (i = 0; i < r->n && r->v[i].from != from; i++)
		;
	if (i < r->n)
		old = r->v[i];
	if (old.attr == attr)
		return;
	if (i == r->n) {
		MEM_GROW(r->v, r->n, r->cap);
		r->v[r->n++] = (struct path){attr, from, d->run};
	} else if (!attr) {
		r->v[i] = r->v[--r->n];
	} else {
		r->v[i].attr = attr;
		r->v[i].since = d->run;
	}
	d->messages++;
	if (d->replaced)
		d->replaced(d->changed_arg, class, router, &old);
	queue_put(d, class, router);
}

/* `side` of a session says (again) what it has to say about a class. */
static void tell(struct decide *d, int session, int side, int class)
{
	const struct net_session *s = &d->net->sessions[session];
	const struct attr *a = NULL;

	if (d->session_up[session])
		a = advert_import(d, session, side, class,
				  advert_export(d, session, side, class));
	rib_put(d, class, s->router[!side], 2 * session + !side, a);
}

static void local_routes(struct decide *d, int origin)
{
	const struct attr *a = advert_local(d, origin);
	int router = d->net->origins[origin].router;

	for (size_t c = 0; c < d->classes->n; c++)
		if (classes_has_origin(&d->classes->v[c], origin))
			rib_put(d, (int)c, router, ~origin, a);
}

/* ---- changes ---- */

static bool session_works(const struct decide *d, int session)
{
	const struct net *n = d->net;
	const struct net_session *s = &n->sessions[session];

	if (!s->end[0].enabled || !s->end[1].enabled || s->failed ||
	    s->tripped || !n->routers[s->router[0]].up ||
	    !n->routers[s->router[1]].up)
		return false;
	if (s->link >= 0)
		return net_link_works(n, s->link);
	return igp_dist(&d->igp, s->router[0], s->router[1]) != IGP_FAR;
}

static void session_again(struct decide *d, int session)
{
	for (size_t c = 0; c < d->classes->n; c++) {
		tell(d, session, 0, (int)c);
		tell(d, session, 1, (int)c);
	}
}

static void sessions_update(struct decide *d)
{
	for (int i = 0; i < d->n_sessions; i++) {
		bool up = session_works(d, i);

		if (up == d->session_up[i])
			continue;
		d->session_up[i] = up;
		session_again(d, i);
	}
}

/* The ways inside changed: every choice may, and what follows them. */
static void inside_again(struct decide *d)
{
	for (int i = 0; i < d->net->n_origins; i++)
		if (d->net->origins[i].inward)
			local_routes(d, i);
	for (size_t c = 0; c < d->classes->n; c++)
		for (int r = 0; r < d->n_routers; r++)
			if (rib_of(d, (int)c, r)->n)
				queue_put(d, (int)c, r);
}

static void rebuild(struct decide *d)
{
	struct net *n = d->net;

	ribs_done(d);
	d->classes = classes_build(n);
	d->n_routers = n->n_routers;
	d->n_sessions = n->n_sessions;
	d->n_ribs = d->classes->n * (size_t)n->n_routers;
	d->ribs = mem_calloc(d->n_ribs + 1, sizeof(*d->ribs));
	d->session_up = mem_calloc((size_t)n->n_sessions + 1, sizeof(bool));
	d->restless = mem_calloc(d->classes->n + 1, sizeof(bool));
	d->queue->turns =
		mem_calloc(d->classes->n + 1, sizeof(*d->queue->turns));
	d->n_restless = 0;
	igp_update(&d->igp, n);
	for (int i = 0; i < n->n_sessions; i++)
		d->session_up[i] = session_works(d, i);
	for (int i = 0; i < n->n_origins; i++)
		local_routes(d, i);
}

static void take_change(struct decide *d, const struct net_change *x)
{
	const struct net_router *r;

	switch (x->kind) {
	case NET_CHANGED_SESSION:
		if (d->session_up[x->index] == session_works(d, x->index))
			session_again(d, x->index);
		break;
	case NET_CHANGED_ORIGIN:
		local_routes(d, x->index);
		break;
	case NET_CHANGED_LINK:
		for (int i = 0; i < d->net->n_origins; i++)
			if (d->net->origins[i].link == x->index)
				local_routes(d, i);
		break;
	case NET_CHANGED_ROUTER:
		r = &d->net->routers[x->index];
		for (size_t i = 0; i < r->n_origins; i++)
			local_routes(d, r->origins[i]);
		break;
	case NET_CHANGED_SHAPE:
		break;
	}
}

static void take_changes(struct decide *d)
{
	struct net *n = d->net;
	bool shape = false;

	for (size_t i = 0; i < n->n_changes; i++)
		shape |= n->changes[i].kind == NET_CHANGED_SHAPE;
	if (shape) {
		rebuild(d);
	} else if (n->n_changes) {
		if (igp_update(&d->igp, n))
			inside_again(d);
		for (size_t i = 0; i < n->n_changes; i++)
			take_change(d, &n->changes[i]);
		sessions_update(d);
	}
	n->n_changes = 0;
}

/* ---- the fixpoint ---- */

static void restless(struct decide *d, int class)
{
	if (d->restless[class])
		return;
	d->restless[class] = true;
	d->n_restless++;
}

/* A router's turn: what does it think now, and whom does that concern? */
static void turn(struct decide *d, int class, int router)
{
	struct rib *r = rib_of(d, class, router);
	const struct net_router *x = &d->net->routers[router];
	struct path best = {0};
	struct rank rank;

	rank_paths(d, router, r->v, x->up ? r->n : 0, &rank);
	if (rank.best >= 0)
		best = r->v[rank.best];
	if (best.attr != r->best.attr || best.from != r->best.from) {
		r->best = best;
		for (size_t i = 0; i < x->n_ends; i++)
			tell(d, x->ends[i] / 2, x->ends[i] % 2, class);
	}
	if (d->changed)
		d->changed(d->changed_arg, class, router);
}

static void settle(struct decide *d)
{
	struct decide_queue *q = d->queue;
	uint32_t most = (uint32_t)d->n_routers * 64 + 1024;

	memset(q->turns, 0, d->classes->n * sizeof(*q->turns));
	while (q->n) {
		struct pending p = q->v[q->first];

		q->first = (q->first + 1) % q->cap;
		q->n--;
		rib_of(d, p.class, p.router)->queued = false;
		if (++q->turns[p.class] > most)
			restless(d, p.class);
		else
			turn(d, p.class, p.router);
	}
}

/* ---- prefix limits ---- */

static bool is_over(const struct decide *d, int session, int side)
{
	const uint32_t *limit = d->net->sessions[session].end[!side].limit;

	return (limit[0] &&
		decide_count_sent(d, session, side, 4) > limit[0]) ||
	       (limit[1] && decide_count_sent(d, session, side, 6) > limit[1]);
}

/* Trips what would carry too much, and lets back what would not any more. */
static bool limits_act(struct decide *d)
{
	bool any = false;

	for (int i = 0; i < d->n_sessions; i++) {
		struct net_session *s = &d->net->sessions[i];
		bool over = is_over(d, i, 0) || is_over(d, i, 1);

		if (over == s->tripped)
			continue;
		s->tripped = over;
		net_touch(d->net, NET_CHANGED_SESSION, i);
		any = true;
	}
	return any;
}

/* What found no rest last time begins anew: the network may have changed. */
static void restless_again(struct decide *d)
{
	for (size_t c = 0; d->n_restless && c < d->classes->n; c++) {
		if (!d->restless[c])
			continue;
		d->restless[c] = false;
		d->n_restless--;
		for (int r = 0; r < d->n_routers; r++)
			queue_put(d, (int)c, r);
	}
}

void decide_run(struct decide *d)
{
	d->run++;
	take_changes(d);
	restless_again(d);
	settle(d);
	/* each round settles at least one session for good, or all swing */
	for (int i = 0; i < d->n_sessions + 2 && limits_act(d); i++) {
		take_changes(d);
		settle(d);
	}
}

/* ---- asking ---- */

bool decide_session_up(const struct decide *d, int session)
{
	return d->session_up[session];
}

const struct attr *decide_sent(const struct decide *d, int session, int side,
			       int class)
{
	return d->session_up[session] ? advert_export(d, session, side, class)
				      : NULL;
}

const struct attr *decide_accepted(const struct decide *d, int session,
				   int side, int class)
{
	int router = d->net->sessions[session].router[side];
	const struct rib *r = decide_rib(d, class, router);

	for (uint32_t i = 0; i < r->n; i++)
		if (r->v[i].from == 2 * session + side)
			return r->v[i].attr;
	return NULL;
}

size_t decide_count_sent(const struct decide *d, int session, int side,
			 uint8_t family)
{
	size_t n = 0;

	for (size_t c = 0; c < d->classes->n; c++)
		if (d->classes->v[c].family == family &&
		    advert_export(d, session, side, (int)c))
			n += d->classes->v[c].count;
	return n;
}

size_t decide_count_accepted(const struct decide *d, int session, int side,
			     uint8_t family)
{
	size_t n = 0;

	for (size_t c = 0; c < d->classes->n; c++)
		if (d->classes->v[c].family == family &&
		    decide_accepted(d, session, side, (int)c))
			n += d->classes->v[c].count;
	return n;
}

struct path decide_best(const struct decide *d, int router,
			const struct prefix *p)
{
	long at = classes_find(d->classes, p);

	if (at < 0)
		return (struct path){0};
	return decide_rib(d, d->classes->class_of[at], router)->best;
}
