/*
 * back.c - a wave's way back without loss
 *
 * (Design, 'Hitless way back'.)  Withdrawing the last circuit route empties the
 * provider's edge while the cloud gateway may still send to it.  So the
 * prefixes are first held on the VPN by more-specifics (pins), the circuit is
 * seen to be idle, and only then withdrawn, each time after a look whether the
 * pins still are there; then unpinned.  The import is first de-preferred below
 * the VPN on each edge, then denied: a denied edge would follow the other one's
 * stale route.
 *
 * Pure.  Every step names a state, so that undoing half a wave is the same.
 */
#include <string.h>

#include "orchestrator/steps/wave.h"

static void wave_idle(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	const char *ifname = build_on(s)->interface;
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("idle", name);
	struct step *st;

	if (!wave_pins(s, w) && !wave_exports(s, w))
		return;
	st = build_step(w->b, STEP_WAIT, build_edge(s)->name, id,
			"nothing comes in on '%s' any more", name);
	resource_set_add(&st->look, RESOURCE_INTERFACE, ifname);
	expect_add(&st->expect, EXPECT_IDLE, RESOURCE_INTERFACE, ifname)
		->number = WAVE_IDLE_PPS;
	/* without a pin, or with a dead link, there is nothing to wait for */
	st->timeout_ms = 15000;
	st->optional = true;
}

static void wave_withdraw(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	mem_auto_free char *policy = policy_name(s, false, w->wave);
	mem_auto_free char *name = policy_session_name(s);
	struct state_list rest = {0};
	struct step *st;

	if (!wave_exports(s, w))
		return;
	w->before = name;
	build_each_session(s->plan, true, wave_held, w);
	w->before = NULL;
	policy_onprem(s, 0, w->wave, &rest);
	st = wave_bind(w, "withdraw", s, false, policy,
		       "withdraw site prefixes");
	build_ask_sent(build_session(&st->look, s));
	if (rest.n) {
		struct state_list none = {0};

		wave_expect_sent(st, name, &rest, &none);
	} else {
		wave_expect(st, EXPECT_NOTHING_SENT, name);
	}
	state_list_done(&rest);
}

/*
 * An edge that prefers the VPN tells the others that it has no path over the
 * circuit any more.  One that is changed before it has heard so follows the
 * first one's old word, while the first one follows it: a loop.
 */
static void drain_heard(struct wave_build *w, const struct policy_session *s,
			const struct state_list *cloud)
{
	const struct plan *p = s->plan;
	const struct plan_circuit *c = &p->circuits[s->circuit];
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("heard", name);
	struct step *st =
		build_step(w->b, STEP_WAIT, build_edge(s)->name, id,
			   "'%s' has heard that no other edge takes the "
			   "circuit",
			   build_edge(s)->name);

	for (size_t i = 0; i < cloud->n; i++) {
		struct expect *x;

		build_look_route(st, cloud->v[i]);
		x = expect_add(&st->expect, EXPECT_NOT_ELSEWHERE,
			       RESOURCE_ROUTE, cloud->v[i]);
		x->number = p->preference.circuit;
		for (size_t l = 0; l < c->n_links; l++)
			for (size_t k = 0; k < c->n_peerings; k++)
				if (c->links[l].edge ==
					    c->links[s->link].edge &&
				    c->peerings[k].on[l].neighbor)
					state_list_add(
						&x->list,
						c->peerings[k].on[l].neighbor);
	}
}

/* Where a third edge takes the circuit still, its word and an old one look
 * alike: time must do. */
static void drain_after(struct wave_build *w, const struct policy_session *s,
			const struct state_list *cloud)
{
	const struct plan *p = s->plan;
	size_t own = p->circuits[s->circuit].links[s->link].edge;
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("settle-drained", name);
	bool done = false, left = false;

	for (size_t i = 0; i < p->n_edges; i++) {
		done |= i != own && w->drained[i];
		left |= i != own && w->to_drain[i];
	}
	if (done && left)
		wave_settle(w, id, "let the other edges hear of it");
	else if (done)
		drain_heard(w, s, cloud);
	w->drained[own] = --w->to_drain[own] == 0;
}

static void count_drains(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;

	if (wave_imports(s, w))
		w->to_drain
			[s->plan->circuits[s->circuit].links[s->link].edge]++;
}

/* What a public peering brings was never on the VPN: without it the edge has no
 * route of that length. */
static bool has_vpn(const struct policy_session *s)
{
	const struct plan_circuit *c = &s->plan->circuits[s->circuit];

	return strcmp(c->peerings[s->peering].domain, "private") == 0;
}

static void wave_drain(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	mem_auto_free char *policy = policy_drain_name(s, w->wave + 1);
	struct state_list cloud = {0};
	struct step *st;

	if (!wave_imports(s, w))
		return;
	policy_moved_cloud(s, w->wave, &cloud);
	drain_after(w, s, &cloud);
	st = wave_bind(w, "drain", s, true, policy, "prefer the VPN");
	for (size_t i = 0; has_vpn(s) && i < cloud.n; i++) {
		build_look_route(st, cloud.v[i]);
		expect_add(&st->expect, EXPECT_BEST_NOT_FROM, RESOURCE_ROUTE,
			   cloud.v[i])
			->text = mem_strdup(build_on(s)->neighbor);
	}
	state_list_done(&cloud);
}

static void wave_deny(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	mem_auto_free char *policy = policy_name(s, true, w->wave);
	struct state_list cloud = {0};
	struct step *st;

	if (!wave_imports(s, w))
		return;
	policy_moved_cloud(s, w->wave, &cloud);
	st = wave_bind(w, "deny", s, true, policy, "refuse cloud prefixes");
	for (size_t i = 0; has_vpn(s) && i < cloud.n; i++) {
		build_look_route(st, cloud.v[i]);
		expect_add(&st->expect, EXPECT_IN_FIB, RESOURCE_ROUTE,
			   cloud.v[i]);
	}
	state_list_done(&cloud);
}

void wave_back(struct wave_build *w)
{
	const struct plan *p = w->b->plan;

	build_each_session(p, true, wave_pin, w);
	wave_settle(w, "settle-pins",
		    "let the cloud follow the more-specifics");
	if (w->wave == 0)
		build_each_session(p, true, wave_idle, w);
	build_each_session(p, true, wave_withdraw, w);
	wave_settle(w, "settle-withdrawn", "let the cloud forget the circuit");
	build_each_session(p, true, wave_unpin, w);
	w->to_drain = mem_calloc(p->n_edges, sizeof(*w->to_drain));
	w->drained = mem_calloc(p->n_edges, sizeof(*w->drained));
	build_each_session(p, true, count_drains, w);
	build_each_session(p, true, wave_drain, w);
	free(w->to_drain);
	free(w->drained);
	build_each_session(p, true, wave_deny, w);
	build_confirm(w->b);
	build_save(w->b);
}

void build_pins_left(struct build *b, size_t wave)
{
	struct wave_build w = {.b = b, .wave = wave, .end = b->plan->n_waves};
	size_t from = b->to->n;

	build_each_session(b->plan, true, wave_pin, &w);
	if (b->to->n > from)
		wave_settle(&w, "settle-pins",
			    "let the cloud follow the more-specifics");
	for (size_t i = from; i < b->to->n; i++)
		b->to->v[i].if_left = true;
}
