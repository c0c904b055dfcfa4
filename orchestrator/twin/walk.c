/*
 * walk.c - depth-first over next hops, with a colour for each router
 *
 * White: not seen; grey: on the way at hand; black: done.  A next hop that is
 * grey is a loop.  A router that is black needs no second look: whatever is bad
 * behind it has been found, and whether it can end well is remembered.
 *
 * Pure; a walk owns its lists.
 */
#include "orchestrator/twin/walk.h"

#include <string.h>

enum colour { WHITE, GREY, BLACK, BLACK_GOOD };

struct walker {
	const struct net *net;
	walk_next_fn *next;
	void *arg;
	struct walk_options o;
	enum colour *colour;
	struct walk_path way; /* the grey ones */
	struct walk *w;
};

static void path_add(struct walk_path *p, struct walk_hop h)
{
	MEM_GROW(p->v, p->n, p->cap);
	p->v[p->n++] = h;
}

static void path_copy(struct walk_path *dst, const struct walk_path *src)
{
	if (dst->n)
		return; /* the first one is kept */
	for (size_t i = 0; i < src->n; i++)
		path_add(dst, src->v[i]);
}

static void ends_badly(struct walker *k, bool *flag)
{
	*flag = true;
	path_copy(&k->w->bad, &k->way);
}

static bool visit(struct walker *k, struct walk_hop at);

static bool send(struct walker *k, const struct fib *f)
{
	bool good = false;

	for (int i = 0; i < f->n; i++) {
		if (f->hop[i].link == k->o.avoid_link && k->o.avoid_link >= 0)
			continue;
		k->w->links[f->hop[i].link] = true;
		good |= visit(k,
			      (struct walk_hop){f->hop[i].to, f->hop[i].link});
	}
	return good;
}

static bool look(struct walker *k, int router)
{
	struct fib f;

	k->next(k->arg, router, &f);
	switch (f.kind) {
	case FIB_DELIVER:
		if (!k->w->delivered)
			k->w->end = router;
		k->w->delivered = true;
		path_copy(&k->w->good, &k->way);
		return true;
	case FIB_SEND:
		return send(k, &f);
	case FIB_DISCARD:
		ends_badly(k, &k->w->discarded);
		return false;
	case FIB_NONE:
		break;
	}
	ends_badly(k, &k->w->no_route);
	return false;
}

static bool visit(struct walker *k, struct walk_hop at)
{
	bool good;

	if (at.router == k->o.avoid_router && k->o.avoid_router >= 0)
		return false;
	if (k->colour[at.router] >= BLACK)
		return k->colour[at.router] == BLACK_GOOD;
	path_add(&k->way, at);
	if (k->colour[at.router] == GREY) {
		ends_badly(k, &k->w->loop);
		k->way.n--;
		return false;
	}
	k->colour[at.router] = GREY;
	k->w->routers[at.router] = true;
	good = look(k, at.router);
	k->colour[at.router] = good ? BLACK_GOOD : BLACK;
	k->way.n--;
	return good;
}

void walk_graph(const struct net *n, walk_next_fn *next, void *arg, int from,
		const struct walk_options *o, struct walk *ret)
{
	struct walker k = {.net = n, .next = next, .arg = arg, .w = ret};

	*ret = (struct walk){
		.end = -1, .n_routers = n->n_routers, .n_links = n->n_links};
	ret->routers = mem_calloc((size_t)n->n_routers + 1, sizeof(bool));
	ret->links = mem_calloc((size_t)n->n_links + 1, sizeof(bool));
	k.o = o ? *o : (struct walk_options){-1, -1};
	k.colour = mem_calloc((size_t)n->n_routers + 1, sizeof(*k.colour));
	visit(&k, (struct walk_hop){from, -1});
	free(k.colour);
	free(k.way.v);
}

struct on_chain {
	const struct decide *d;
	int chain;
};

static void next_on_chain(void *arg, int router, struct fib *ret)
{
	const struct on_chain *x = arg;

	fib_of_chain(x->d, x->chain, router, ret);
}

void walk_chain(const struct decide *d, int chain, int from,
		const struct walk_options *o, struct walk *ret)
{
	struct on_chain x = {d, chain};

	walk_graph(d->net, next_on_chain, &x, from, o, ret);
}

void walk_prefix(const struct decide *d, const struct prefix *p, int from,
		 struct walk *ret)
{
	long at = classes_lookup(d->classes, p);

	walk_chain(d, at < 0 ? -1 : d->classes->chain_of[at], from, NULL, ret);
}

void walk_done(struct walk *w)
{
	free(w->good.v);
	free(w->bad.v);
	free(w->routers);
	free(w->links);
	*w = (struct walk){0};
}

static bool is_worth_saying(const struct net_link *l)
{
	return l->class == NET_TUNNEL || l->class == NET_CIRCUIT;
}

void walk_path_text(const struct net *n, const struct walk_path *p,
		    struct buf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct walk_hop *h = &p->v[i];

		if (h->link >= 0 && is_worth_saying(&n->links[h->link]))
			buf_printf(out, " -[%s]-", n->links[h->link].name);
		else if (i)
			buf_puts(out, " -");
		buf_printf(out, "%s%s", i ? "> " : "",
			   n->routers[h->router].name);
	}
}
