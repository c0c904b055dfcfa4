/*
 * prove_session.c - is what the sessions say as it must be?
 *
 * Prefix limits, and how near one comes to them; what must not leave the site
 * on a peering (private addresses, what another peering or the VPN taught us);
 * static routes that beat what was learned; the tunnel that would ride on the
 * circuit.
 */
#include <string.h>

#include "orchestrator/twin/prove_parts.h"

static struct prove_budget *budget_of(struct prove *o, const char *session,
				      uint8_t family)
{
	for (size_t i = 0; i < o->n_budgets; i++)
		if (o->budgets[i].session == session &&
		    o->budgets[i].family == family)
			return &o->budgets[i];
	MEM_GROW(o->budgets, o->n_budgets, o->cap_budgets);
	o->budgets[o->n_budgets] = (struct prove_budget){
		.session = session,
		.family = family,
	};
	return &o->budgets[o->n_budgets++];
}

static void judge_count(struct prover *p, int session, int family)
{
	const struct net_session *s = &p->t->net->sessions[session];
	uint8_t word = family ? 6 : 4;
	struct prove_budget *b;
	size_t n;

	if (!(s->families & (1u << family)))
		return;
	n = decide_count_sent(p->t->decide, session, 0, word);
	b = budget_of(p->out, s->name, word);
	b->limit = s->end[1].limit[family];
	if (n > b->most) {
		b->most = n;
		free(b->step);
		b->step = mem_strdup(p->step ? p->step->id : "start");
	}
	if (b->limit && n > b->limit)
		prove_say(p, PROVE_ERROR, "prefix-limit", s->name, NULL,
			  "announce aggregates, or move fewer prefixes at a "
			  "time",
			  "%zu IPv%u prefixes on '%s', of which the provider "
			  "takes %zu; it drops the session with all its routes",
			  n, word, s->name, b->limit);
}

/* ---- what must not leave ---- */

static bool is_private_address(const struct prefix *p)
{
	static const char *const ranges[] = {
		"10.0.0.0/8",	 "172.16.0.0/12",  "192.168.0.0/16",
		"100.64.0.0/10", "169.254.0.0/16", "fc00::/7",
		"fe80::/10",
	};
	struct prefix r;

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (prefix_parse(ranges[i], &r, NULL) && prefix_overlaps(&r, p))
			return true;
	return false;
}

static const struct twin_peer *peer_of(const struct twin *t, int session)
{
	for (size_t i = 0; i < t->n_peers; i++)
		if (t->peers[i].session == session)
			return &t->peers[i];
	return NULL;
}

static bool from_public(const struct twin *t, int session)
{
	const struct twin_peer *x = peer_of(t, session);

	return x && !x->is_private;
}

/* The session of the site's border over which a route came in, or -1. */
static int border_of(const struct twin *t, int router, int class)
{
	const struct net *n = t->net;

	for (int hops = 0; hops < 4; hops++) {
		struct path best = decide_rib(t->decide, class, router)->best;
		const struct net_session *s;

		if (!best.attr || best.from < 0)
			return -1;
		s = &n->sessions[best.from / 2];
		if (s->ebgp)
			return best.from / 2;
		router = s->router[!(best.from % 2)];
	}
	return -1;
}

static void judge_learned(struct prover *p, int session, int class, int border)
{
	const struct twin *t = p->t;
	const struct class *c = &t->decide->classes->v[class];
	const char *out = t->net->sessions[session].name;
	const char *in = t->net->sessions[border].name;
	char text[PREFIX_TEXT_MAX];
	bool leak = from_public(t, session) != from_public(t, border);
	mem_auto_free char *subject = mem_format("%s -> %s", in, out);

	prefix_text(&t->decide->classes->prefixes[c->sample], text);
	prove_say(p, PROVE_ERROR, leak ? "peering-leak" : "transit", subject,
		  NULL, "let the group name the site's own prefixes only",
		  "%s, learned on '%s', is announced on '%s': the site would "
		  "carry traffic between the two%s",
		  text, in, out, leak ? ", which are of isolated domains" : "");
}

static void judge_announced(struct prover *p, int session, int class)
{
	const struct twin *t = p->t;
	const struct classes *k = t->decide->classes;
	const struct prefix *sample = &k->prefixes[k->v[class].sample];
	int edge = t->net->sessions[session].router[0];
	int border = border_of(t, edge, class);
	char text[PREFIX_TEXT_MAX];

	if (border >= 0)
		judge_learned(p, session, class, border);
	if (from_public(t, session) && is_private_address(sample))
		prove_say(p, PROVE_ERROR, "peering-leak",
			  t->net->sessions[session].name, NULL,
			  "announce public prefixes only on this peering",
			  "%s, of private addresses, is announced on the "
			  "public peering '%s'",
			  prefix_text(sample, text),
			  t->net->sessions[session].name);
}

static void judge_session(struct prover *p, int session)
{
	const struct twin *t = p->t;

	judge_count(p, session, 0);
	judge_count(p, session, 1);
	for (size_t c = 0; c < t->decide->classes->n; c++)
		if (decide_sent(t->decide, session, 0, (int)c))
			judge_announced(p, session, (int)c);
}

/* ---- static routes, and the tunnel's own way ---- */

static void judge_static(struct prover *p, size_t tunnel,
			 const struct twin_peer *x)
{
	const struct twin *t = p->t;
	const struct plan_tunnel *pt = &t->plan->tunnels[tunnel];
	int edge = t->edges[pt->edge];
	char text[PREFIX_TEXT_MAX];

	for (size_t c = 0; c < t->decide->classes->n; c++) {
		struct fib f;

		if (t->net->sessions[x->session].router[0] != edge ||
		    !decide_accepted(t->decide, x->session, 0, (int)c))
			continue;
		fib_of_class(t->decide, (int)c, edge, &f);
		if (f.from != ~t->tunnels[tunnel].routes)
			continue;
		prefix_text(
			&t->decide->classes
				 ->prefixes[t->decide->classes->v[c].sample],
			text);
		prove_say(
			p, PROVE_ERROR, "static-vpn-wins", pt->name, NULL,
			"give the static route a distance above 20 and say it "
			"in the plan ('distance' of the tunnel)",
			"'%s' takes %s from '%s', and still sends on the "
			"static route of tunnel '%s': its distance is %u, "
			"eBGP's is 20",
			t->plan->edges[pt->edge].name, text, x->name, pt->name,
			t->net->origins[t->tunnels[tunnel].routes].distance);
		return;
	}
}

static void judge_tunnel(struct prover *p, size_t i)
{
	const struct twin *t = p->t;
	const struct plan_tunnel *pt = &t->plan->tunnels[i];
	struct prefix remote;
	struct walk w;

	for (size_t k = 0; t->tunnels[i].routes >= 0 && k < t->n_peers; k++)
		judge_static(p, i, &t->peers[k]);
	if (!pt->remote || !prefix_parse_addr(pt->remote, &remote, NULL))
		return;
	walk_prefix(t->decide, &remote, t->edges[pt->edge], &w);
	for (int l = 0; l < t->net->n_links; l++)
		if (w.links[l] && t->net->links[l].class == NET_CIRCUIT) {
			prove_say(p, PROVE_ERROR, "tunnel-over-circuit",
				  pt->name, &w.good,
				  "keep a route to the address over the "
				  "Internet, longer than what the peering "
				  "announces",
				  "tunnel '%s' to %s goes over '%s': it backs "
				  "up the circuit that it rides on",
				  pt->name, pt->remote, t->net->links[l].name);
			break;
		}
	walk_done(&w);
}

/* ---- one link for everything ---- */

/* What the groups on a link have at their peaks, and who they are. */
static uint64_t load_of(const struct prover *p, size_t circuit, size_t link,
			bool back, struct buf *who)
{
	const struct twin *t = p->t;
	bool *counted = mem_calloc(t->plan->n_groups + 1, sizeof(bool));
	uint64_t sum = 0;

	for (size_t i = 0; i < p->n_pairs; i++) {
		const struct pair *x = &p->pairs[i];
		const struct walk *w = &p->walks[back ? x->onprem : x->cloud];
		const struct plan_group *g;

		if (x->group < 0 || counted[x->group])
			continue;
		for (size_t k = 0; k < t->n_peers; k++)
			if (t->peers[k].circuit == circuit &&
			    t->peers[k].link == link &&
			    w->links[t->peers[k].wire])
				counted[x->group] = true;
		g = &t->plan->groups[x->group];
		if (!counted[x->group] || !g->peak)
			continue;
		sum += g->peak;
		buf_printf(who, "%s%s %u", who->len ? ", " : "", g->name,
			   g->peak);
	}
	free(counted);
	return sum;
}

/* Once a link is enough: what fails on top of it makes it no clearer. */
static bool said_of_link(const struct prover *p, const char *subject)
{
	const struct prove *o = p->out;

	for (size_t i = 0; i < o->n_violations; i++)
		if (strcmp(o->violations[i].rule, "capacity-one-link") == 0 &&
		    strcmp(o->violations[i].subject, subject) == 0)
			return true;
	return false;
}

static void judge_capacity(struct prover *p, size_t c, size_t l, bool back)
{
	const struct plan_circuit *ci = &p->t->plan->circuits[c];
	mem_auto_free char *subject =
		mem_format("%s/%s", ci->name, ci->links[l].name);
	buf_auto who = BUF_INIT;
	uint64_t load;

	if (!ci->bandwidth)
		return;
	load = load_of(p, c, l, back, &who);
	if (load <= ci->bandwidth || said_of_link(p, subject))
		return;
	prove_say(p, PROVE_ERROR, "capacity-one-link", subject, NULL,
		  "order more bandwidth, or leave a group on the VPN",
		  "link '%s' may have to carry %llu Mbit/s to the %s alone, at "
		  "the groups' peaks (%s), and has %u",
		  subject, (unsigned long long)load, back ? "site" : "cloud",
		  buf_str(&who), ci->bandwidth);
}

void prove_judge_capacity(struct prover *p)
{
	const struct plan *plan = p->t->plan;

	for (size_t c = 0; c < plan->n_circuits; c++)
		for (size_t l = 0; l < plan->circuits[c].n_links; l++)
			for (int back = 0; back < 2; back++)
				judge_capacity(p, c, l, back);
}

void prove_judge_sessions(struct prover *p)
{
	const struct twin *t = p->t;

	for (size_t i = 0; i < t->plan->n_tunnels; i++) {
		if (t->tunnels[i].session >= 0)
			judge_session(p, t->tunnels[i].session);
		judge_tunnel(p, i);
	}
	for (size_t i = 0; i < t->n_peers; i++)
		judge_session(p, t->peers[i].session);
	prove_judge_capacity(p);
}
