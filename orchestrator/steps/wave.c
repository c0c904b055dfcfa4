/*
 * wave.c - one wave forward
 *
 * Import on one edge, its FIB verified, then the other; then export the same
 * way; then traffic is seen on the circuit; then the soak.  With the strategy
 * 'unpin-from-vpn' more-specifics hold the traffic on the VPN while the export
 * goes out, and are withdrawn group by group once the circuit has heard it.
 *
 * Pure.  Every step names a state, so that doing half a wave again is the same.
 */
#include "orchestrator/steps/wave.h"

#include <string.h>

bool wave_exports(const struct policy_session *s, const struct wave_build *w)
{
	for (size_t i = w->wave; i < w->end; i++)
		if (policy_changes(s, false, i))
			return true;
	return false;
}

bool wave_imports(const struct policy_session *s, const struct wave_build *w)
{
	return policy_changes(s, true, w->wave);
}

struct expect *wave_expect(struct step *s, enum expect_kind kind,
			   const char *name)
{
	return expect_add(&s->expect, kind, RESOURCE_SESSION, name);
}

struct step *wave_bind(struct wave_build *w, const char *verb,
		       const struct policy_session *s, bool import,
		       const char *policy, const char *what)
{
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id(verb, name);
	struct step *st =
		build_step(w->b, STEP_ENSURE, build_edge(s)->name, id,
			   "%s on '%s' (%s)", what, name, build_edge(s)->name);
	struct resource *r = build_session(&st->want, s);

	if (import)
		r->session.import = mem_strdup(policy);
	else
		r->session.export = mem_strdup(policy);
	r->session.enabled = true;
	st->guarded = true;
	return st;
}

void wave_expect_sent(struct step *st, const char *name,
		      const struct state_list *all,
		      const struct state_list *moved)
{
	struct expect *x = wave_expect(st, EXPECT_SENT_ONLY, name);

	state_list_append(&x->list, all);
	if (!moved->n)
		return;
	x = wave_expect(st, EXPECT_SENT, name);
	for (size_t i = 0; i < moved->n; i++)
		if (!strchr(moved->v[i], ' '))
			state_list_add_of(&x->list, moved, i);
}

/* ---- forward ---- */

static void wave_import(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	mem_auto_free char *policy = policy_name(s, true, w->wave + 1);
	mem_auto_free char *name = policy_session_name(s);
	struct state_list cloud = {0};
	struct step *st;

	if (!wave_imports(s, w))
		return;
	policy_moved_cloud(s, w->wave, &cloud);
	st = wave_bind(w, "import", s, true, policy, "take cloud prefixes");
	build_ask_received(build_session(&st->look, s));
	wave_expect(st, EXPECT_ESTABLISHED, name);
	for (size_t i = 0; i < cloud.n; i++) {
		struct expect *x = wave_expect(st, EXPECT_ACCEPTED, name);

		state_list_add_of(&x->list, &cloud, i);
		build_look_route(st, cloud.v[i]);
		x = expect_add(&st->expect, EXPECT_BEST_FROM, RESOURCE_ROUTE,
			       cloud.v[i]);
		x->text = mem_strdup(build_on(s)->neighbor);
	}
	state_list_done(&cloud);
}

static void wave_export(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	mem_auto_free char *policy = policy_name(s, false, w->wave + 1);
	mem_auto_free char *name = policy_session_name(s);
	struct state_list all = {0};
	struct state_list moved = {0};
	struct step *st;

	if (!wave_exports(s, w))
		return;
	policy_onprem(s, 0, w->wave + 1, &all);
	policy_onprem(s, w->wave, w->wave + 1, &moved);
	st = wave_bind(w, "export", s, false, policy, "announce site prefixes");
	build_ask_sent(build_session(&st->look, s));
	wave_expect(st, EXPECT_ESTABLISHED, name);
	wave_expect_sent(st, name, &all, &moved);
	state_list_done(&all);
	state_list_done(&moved);
}

/* Which link carries is the hashing's choice: noted for each, not demanded. */
static void wave_carries(const struct policy_session *s, void *arg)
{
	struct wave_build *w = arg;
	const char *ifname = build_on(s)->interface;
	mem_auto_free char *name = policy_session_name(s);
	mem_auto_free char *id = build_id("carries", name);
	struct step *st;

	if (!wave_imports(s, w) && !wave_exports(s, w))
		return;
	st = build_step(w->b, STEP_WAIT, build_edge(s)->name, id,
			"'%s' carries traffic both ways", name);
	resource_set_add(&st->look, RESOURCE_INTERFACE, ifname);
	expect_add(&st->expect, EXPECT_CARRIES, RESOURCE_INTERFACE, ifname)
		->number = WAVE_IDLE_PPS + 1;
	st->timeout_ms = 5000;
	st->optional = true;
}

static void move_export(struct wave_build *w)
{
	const struct plan *p = w->b->plan;
	bool held = p->waves[w->wave].strategy == PLAN_UNPIN_FROM_VPN;
	size_t from = w->b->to->n;

	if (held)
		build_each_session(p, false, wave_pin, w);
	held = w->b->to->n > from;
	if (held)
		wave_settle(w, "settle-held",
			    "let the cloud follow the more-specifics");
	build_each_session(p, false, wave_export, w);
	if (!held)
		return;
	wave_settle(w, "settle-announced", "let the cloud hear of the circuit");
	wave_release(w);
}

static void wave_forward(struct wave_build *w)
{
	const struct plan *p = w->b->plan;
	const struct plan_wave *wave = &p->waves[w->wave];

	build_each_session(p, false, wave_import, w);
	w->forward = true;
	move_export(w);
	w->forward = false;
	if (p->n_probes)
		build_each_session(p, false, wave_carries, w);
	build_step(w->b, STEP_SOAK, NULL, "soak", "soak under the guards")
		->soak_ms = wave->soak_ms;
	build_confirm(w->b);
	build_checkpoint(w->b);
	if (wave->hold)
		build_step(w->b, STEP_HOLD, NULL, "hold",
			   "wave '%s' is done; go on?", wave->name);
}

void build_wave(struct build *b, size_t wave)
{
	struct wave_build w = {.b = b, .wave = wave, .end = wave + 1};
	mem_auto_free char *name =
		mem_format("wave-%s", b->plan->waves[wave].name);
	mem_auto_free char *title =
		mem_format("move wave '%s'", b->plan->waves[wave].name);

	build_open(b, name, title);
	b->program->v[b->program->n - 1].wave = (int)wave;
	wave_forward(&w);
	build_undo(b);
	wave_back(&w);
	build_retreat(b, wave + 1);
}
