/*
 * pin.c - prefixes that are held on the VPN by more-specifics, and let go
 *
 * (Design, 'Hitless way back'.)  The cloud prefers the circuit at equal prefix;
 * with both halves of a prefix on the VPN its traffic stays there whatever the
 * circuit announces.  A way back holds what has moved; a wave whose strategy is
 * 'unpin-from-vpn' holds what is to move, announces it on the circuit, and lets
 * one group after the other go.
 *
 * Pure.  There is one pin a tunnel; what it holds is known only when the step
 * starts, from what the VPN announces then.
 */
#include <string.h>

#include "orchestrator/steps/wave.h"

#define SETTLE_MS                                                              \
	4000	     /* BGP in the cloud, which cannot be looked at from here */
#define HELD_MS 5000 /* for what was so a moment ago */

void wave_settle(struct wave_build *w, const char *id, const char *why)
{
	build_step(w->b, STEP_SOAK, NULL, id, "%s", why)->soak_ms = SETTLE_MS;
}

/* Only what moved to the circuit from the VPN can be held on the VPN. */
bool wave_pins(const struct policy_session *s, const struct wave_build *w)
{
	const struct plan_circuit *c = &s->plan->circuits[s->circuit];

	return wave_exports(s, w) &&
	       build_can_pin(s->plan, c->links[s->link].edge) &&
	       !build_is_six(build_on(s)->neighbor) &&
	       strcmp(c->peerings[s->peering].domain, "private") == 0;
}

static size_t edge_of(const struct policy_session *s)
{
	return s->plan->circuits[s->circuit].links[s->link].edge;
}

static const struct plan_tunnel *tunnel_of(const struct policy_session *s)
{
	return build_tunnel(s->plan, edge_of(s));
}

/* ---- what is held on the tunnel of one edge ---- */

struct held {
	const struct wave_build *w;
	size_t edge;
	struct state_list onprem;
};

static void add_held(const struct policy_session *s, void *arg)
{
	struct held *h = arg;

	if (edge_of(s) == h->edge && wave_pins(s, h->w))
		policy_onprem_after(s, h->w->wave, h->w->end, h->w->released,
				    &h->onprem);
}

/* Over however many sessions of that edge; release with state_list_done. */
static struct state_list held_on(const struct wave_build *w, size_t edge)
{
	struct held h = {.w = w, .edge = edge};

	build_each_session(w->b->plan, true, add_held, &h);
	return h.onprem;
}

static void add_rules(struct step *st, const struct state_list *onprem)
{
	st->rules = mem_calloc(onprem->n + 1, sizeof(*st->rules));
	for (size_t i = 0; i < onprem->n; i++)
		if (prefix_rule_parse(onprem->v[i], &st->rules[st->n_rules],
				      NULL))
			st->n_rules++;
}

/* ---- steps ---- */

static bool has_step(const struct wave_build *w, const char *id)
{
	mem_auto_free char *full = mem_format("%s/%s", w->b->block, id);

	for (size_t i = 0; i < w->b->to->n; i++)
		if (strcmp(w->b->to->v[i].id, full) == 0)
			return true;
	return false;
}

static struct resource *pin_of(struct resource_set *set,
			       const struct plan_tunnel *t)
{
	mem_auto_free char *name = mem_format("CUTOVER-pin-%s", t->name);
	struct resource *r = resource_set_add(set, RESOURCE_STATIC_ROUTE, name);

	r->static_route.session = mem_strdup(t->neighbor);
	return r;
}

static void hold_step(struct wave_build *w, const struct policy_session *s,
		      const char *id, const char *title)
{
	const struct plan_tunnel *t = tunnel_of(s);
	struct state_list onprem = held_on(w, edge_of(s));
	struct step *st = build_step(w->b, STEP_ENSURE, build_edge(s)->name, id,
				     "%s", title);
	struct resource *pin = pin_of(&st->want, t);

	build_ask_sent(build_vpn_session(&st->look, t));
	pin_of(&st->look, t);
	st->derive = STEP_DERIVE_PINS;
	st->derive_session = mem_strdup(t->name);
	st->derive_limit = t->limit;
	add_rules(st, &onprem);
	wave_expect(st, EXPECT_SENT_PINS, t->name)->text =
		mem_strdup(pin->name);
	st->keeps = w->before != NULL;
	if (st->keeps)
		st->timeout_ms = HELD_MS;
	state_list_done(&onprem);
}

static void drop_step(struct wave_build *w, const struct policy_session *s,
		      const char *id, const char *title)
{
	struct step *st = build_step(w->b, STEP_ENSURE, build_edge(s)->name, id,
				     "%s", title);

	pin_of(&st->want, tunnel_of(s))->present = false;
}

void wave_pin(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	const char *tunnel;
	mem_auto_free char *id = NULL;
	mem_auto_free char *title = NULL;

	if (!wave_pins(s, w))
		return;
	tunnel = tunnel_of(s)->name;
	id = build_id(w->forward ? "hold" : "pin", tunnel);
	title = mem_format("hold cloud traffic on '%s' by more-specifics",
			   tunnel);
	if (!has_step(w, id))
		hold_step(w, s, id, title);
}

void wave_held(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	const char *tunnel;
	mem_auto_free char *verb = NULL;
	mem_auto_free char *id = NULL;
	mem_auto_free char *title = NULL;

	if (!wave_pins(s, w))
		return;
	tunnel = tunnel_of(s)->name;
	verb = mem_format("held-%s", tunnel);
	id = build_id(verb, w->before);
	title = mem_format("cloud traffic still is held on '%s' by "
			   "more-specifics",
			   tunnel);
	if (!has_step(w, id))
		hold_step(w, s, id, title);
}

void wave_unpin(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	const char *tunnel;
	mem_auto_free char *id = NULL;
	mem_auto_free char *title = NULL;

	if (!wave_pins(s, w))
		return;
	tunnel = tunnel_of(s)->name;
	id = build_id("unpin", tunnel);
	title = mem_format("withdraw the more-specifics on '%s'", tunnel);
	if (!has_step(w, id))
		drop_step(w, s, id, title);
}

/* ---- one group after the other ---- */

/* The group that was released last is let go of; the others stay held. */
static void release(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	const struct plan *p = s->plan;
	const char *tunnel, *group;
	mem_auto_free char *verb = NULL;
	mem_auto_free char *id = NULL;
	mem_auto_free char *title = NULL;
	struct state_list left;

	if (!wave_pins(s, w))
		return;
	tunnel = tunnel_of(s)->name;
	group = p->groups[p->waves[w->wave].groups[w->released - 1]].name;
	verb = mem_format("release-%s", group);
	id = build_id(verb, tunnel);
	title = mem_format("let '%s' go from '%s' to the circuit", group,
			   tunnel);
	left = held_on(w, edge_of(s));
	if (!has_step(w, id)) {
		if (left.n)
			hold_step(w, s, id, title);
		else
			drop_step(w, s, id, title);
	}
	state_list_done(&left);
}

void wave_release(struct wave_build *w)
{
	const struct plan *p = w->b->plan;
	const struct plan_wave *wave = &p->waves[w->wave];

	for (size_t i = 0; i < wave->n_groups; i++) {
		const struct plan_group *g = &p->groups[wave->groups[i]];
		mem_auto_free char *id = build_id("settle", g->name);

		w->released = i + 1;
		if (!g->move_export)
			continue;
		build_each_session(p, false, release, w);
		wave_settle(w, id, "let the cloud follow");
	}
	w->released = 0;
}

bool build_holds(const struct build *b, size_t wave)
{
	struct build at = *b;
	struct wave_build w = {.b = &at, .wave = wave, .end = wave + 1};
	bool any = false;

	for (size_t i = 0; i < b->plan->n_edges; i++) {
		struct state_list onprem = held_on(&w, i);

		any |= onprem.n > 0;
		state_list_done(&onprem);
	}
	return any;
}
