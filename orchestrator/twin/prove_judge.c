/*
 * prove_judge.c - is one state as it must be?
 *
 * Walks first: every destination once.  Then what follows from them: reached or
 * not, one way only past a stateful device.  Then what the sessions say:
 * limits, leaks, transit, static routes that win.  A state that is bad already
 * before the first step is said to be, once, and is not the plan's doing.
 */
#include <string.h>

#include "orchestrator/twin/prove_parts.h"

void prove_walks(struct prover *p)
{
	for (size_t i = 0; i < p->n_dests; i++)
		walk_chain(p->t->decide, p->dests[i].chain, p->dests[i].from,
			   NULL, &p->walks[i]);
}

void prove_walks_done(struct prover *p)
{
	for (size_t i = 0; i < p->n_dests; i++)
		walk_done(&p->walks[i]);
}

/* ---- in words ---- */

static bool is_way(const struct net_link *l)
{
	return l->class == NET_TUNNEL || l->class == NET_CIRCUIT;
}

static bool is_over_internet(const struct prover *p, const struct walk *w)
{
	return p->t->internet >= 0 && w->routers[p->t->internet];
}

char *prove_via(const struct prover *p, const struct walk *w)
{
	const struct net *n = p->t->net;
	buf_auto b = BUF_INIT;

	if (!w->delivered)
		return mem_strdup(w->loop ? "loop" : "none");
	for (int i = 0; i < n->n_links; i++)
		if (w->links[i] && is_way(&n->links[i]))
			buf_printf(&b, "%s%s", b.len ? " or " : "",
				   n->links[i].name);
	if (is_over_internet(p, w))
		buf_printf(&b, "%sinternet", b.len ? " or " : "");
	return buf_steal(&b);
}

unsigned prove_kinds(const struct prover *p, const struct walk *w)
{
	const struct net *n = p->t->net;
	unsigned k = is_over_internet(p, w) ? PROVE_ON_OTHER : 0;

	for (int i = 0; i < n->n_links; i++)
		if (w->links[i] && is_way(&n->links[i]))
			k |= n->links[i].class == NET_TUNNEL ? PROVE_ON_VPN
							     : PROVE_ON_CIRCUIT;
	return k;
}

static char *subject_of(const struct prover *p, const struct dest *d)
{
	/* of all that is asked from there, one that people know */
	for (size_t i = 0; i < p->n_pairs; i++) {
		const struct pair *x = &p->pairs[i];
		const struct dest *on = &p->dests[x->onprem];
		const struct dest *cloud = &p->dests[x->cloud];

		if (cloud == d)
			return mem_format("%s -> %s", on->text, d->text);
		if (on == d)
			return mem_format("%s -> %s", cloud->text, d->text);
	}
	return mem_strdup(d->text);
}

static const char *when(const struct prover *p)
{
	return p->step ? "" : " before the first step";
}

/* ---- reached? ---- */

static bool ends_right(const struct prover *p, const struct dest *d,
		       const struct walk *w)
{
	const struct twin *t = p->t;

	if (!d->cloud)
		return w->end == d->home;
	return w->end == (d->is_private ? t->fabric : t->public_host);
}

static void judge_dest(struct prover *p, size_t i)
{
	struct dest *d = &p->dests[i];
	const struct walk *w = &p->walks[i];
	enum prove_severity severity = PROVE_ERROR;
	mem_auto_free char *subject = NULL;

	bool good = walk_is_good(w) && ends_right(p, d, w);

	if (!p->failure)
		d->bad_now = !good;
	if (good)
		return;
	if (p->failure && (d->bad_now || !p->failure->before[i]))
		return; /* not the failure's doing, or so before cutover came */
	if (p->failure && p->retiring)
		severity = PROVE_WARNING; /* the plan gives the backup up */
	if (!p->step)
		d->bad_before = true;
	if (d->bad_before && (p->failure || p->step))
		return; /* said once, for the start */
	if (d->bad_before)
		severity = PROVE_WARNING;
	subject = subject_of(p, d);
	if (w->loop)
		prove_say(p, severity, "loop", subject, &w->bad, NULL,
			  "packets to %s go round in a circle%s", d->text,
			  when(p));
	else if (w->delivered)
		prove_say(p, severity, "blackhole", subject, &w->bad, NULL,
			  "some of the packets to %s end where no route is, "
			  "others arrive%s",
			  d->text, when(p));
	else if (w->discarded)
		prove_say(p, severity, "blackhole", subject, &w->bad, NULL,
			  "packets to %s are discarded%s", d->text, when(p));
	else
		prove_say(p, severity, "no-path", subject, &w->bad, NULL,
			  "there is no way to %s%s", d->text, when(p));
}

/* ---- stateful devices ---- */

static bool passes(const struct device *d, const struct walk *w)
{
	if (d->place == PLACE_ROUTER)
		return w->routers[d->router];
	for (int i = 0; i < w->n_links; i++)
		if (w->links[i] && d->links[i])
			return true;
	return false;
}

/* Can a packet get there without the device? */
static bool avoids(const struct prover *p, const struct device *d, int dest)
{
	const struct walk *w = &p->walks[dest];
	struct walk_options o = {d->router, -1};
	struct walk around;
	bool ret;

	if (!passes(d, w))
		return true;
	if (d->place == PLACE_LINKS) {
		/* other ways of the same kind exist if not every link that is
		 * a way is the device's */
		for (int i = 0; i < w->n_links; i++)
			if (w->links[i] && !d->links[i] &&
			    is_way(&p->t->net->links[i]))
				return true;
		return false;
	}
	walk_chain(p->t->decide, p->dests[dest].chain, p->dests[dest].from, &o,
		   &around);
	ret = around.delivered;
	walk_done(&around);
	return ret;
}

static bool one_way(const struct prover *p, const struct device *d,
		    const struct pair *x)
{
	const struct walk *f = &p->walks[x->cloud], *b = &p->walks[x->onprem];
	unsigned kinds = prove_kinds(p, f);

	if (!f->delivered || !b->delivered)
		return false; /* that is worse, and said elsewhere */
	if (d->place == PLACE_UNKNOWN)
		return kinds != prove_kinds(p, b) || (kinds & (kinds - 1));
	return (passes(d, f) && avoids(p, d, x->onprem)) ||
	       (passes(d, b) && avoids(p, d, x->cloud));
}

const struct device *prove_one_way(const struct prover *p, const struct pair *x)
{
	for (size_t i = 0; i < p->n_devices; i++)
		if (one_way(p, &p->devices[i], x))
			return &p->devices[i];
	return NULL;
}

/* What would have to be done otherwise. */
static char *advice_for(const struct prover *p, const struct device *d,
			const struct pair *x)
{
	const struct plan *plan = p->t->plan;

	if (d->before)
		return mem_format("let both ways prefer one edge before the "
				  "cutover begins");
	if (x->group >= 0 && plan->n_waves > 1)
		return mem_format("move every group that uses %s in one wave",
				  p->dests[x->cloud].text);
	if (x->group < 0)
		return mem_format("put %s into a group, in the wave in which "
				  "%s moves",
				  p->dests[x->onprem].text,
				  p->dests[x->cloud].text);
	return mem_format("announce the move: connections through '%s' are set "
			  "up anew",
			  d->name);
}

static void judge_device(struct prover *p, struct device *d,
			 const struct pair *x)
{
	enum prove_severity severity =
		p->at_rest && !d->before ? PROVE_ERROR : PROVE_WARNING;
	mem_auto_free char *f = prove_via(p, &p->walks[x->cloud]);
	mem_auto_free char *b = prove_via(p, &p->walks[x->onprem]);
	mem_auto_free char *advice = advice_for(p, d, x);
	mem_auto_free char *subject =
		mem_format("%s: %s <-> %s", d->name, p->dests[x->onprem].text,
			   p->dests[x->cloud].text);

	/* between two edges that carry, its place is known: it is an error as
	 * long as it lasts */
	if (d->place != PLACE_UNKNOWN && !d->before)
		severity = PROVE_ERROR;
	prove_say(p, severity, "asymmetric-stateful", subject,
		  &p->walks[x->onprem].good, advice,
		  "'%s' can see one way of %s <-> %s only: to the cloud on %s, "
		  "back on %s%s",
		  d->name, p->dests[x->onprem].text, p->dests[x->cloud].text, f,
		  b, d->before ? "; it was so before the first step" : "");
}

void prove_judge_devices(struct prover *p)
{
	for (size_t i = 0; i < p->n_devices; i++)
		for (size_t k = 0; k < p->n_pairs; k++)
			if (one_way(p, &p->devices[i], &p->pairs[k])) {
				if (!p->step)
					p->devices[i].before = true;
				judge_device(p, &p->devices[i], &p->pairs[k]);
			}
}

void prove_judge(struct prover *p)
{
	for (size_t i = 0; i < p->n_dests; i++)
		judge_dest(p, i);
	for (size_t c = 0;
	     p->t->decide->n_restless && c < p->t->decide->classes->n; c++)
		if (p->t->decide->restless[c])
			prove_say(p, PROVE_ERROR, "no-rest", "BGP", NULL, NULL,
				  "policies are in conflict: routers go on "
				  "changing their minds for ever");
}
