/*
 * prove_moved.c - does a wave move what it names, and not before its time?
 *
 * At a wave's checkpoint every pair of its groups is on the circuit, in the
 * directions in which the group moves; a plan that is safe and moves nothing is
 * no cutover.  With the strategy 'unpin-from-vpn' what the cloud sends to a
 * group stays on the VPN until that group is let go.
 *
 * `held` says of each pair that it was on the VPN when the block began, and has
 * not been let go since.  A provider that owns layer 3 moves by himself:
 * nothing is said of his circuits.
 */
#include <string.h>

#include "orchestrator/steps/policy.h"
#include "orchestrator/twin/prove_parts.h"

static const struct plan_wave *wave_of(const struct prover *p)
{
	if (!p->block || p->block->wave < 0)
		return NULL;
	return &p->t->plan->waves[p->block->wave];
}

static bool in_wave(const struct plan_wave *w, int group)
{
	for (size_t i = 0; i < w->n_groups; i++)
		if (group >= 0 && w->groups[i] == (size_t)group)
			return true;
	return false;
}

static bool is_ours(const struct prover *p, const struct pair *x)
{
	const struct plan *plan = p->t->plan;

	return policy_has_session(
		&plan->circuits[plan->groups[x->group].circuit]);
}

/* ---- held on the VPN ---- */

void prove_moved_begin(struct prover *p)
{
	const struct plan_wave *w = wave_of(p);
	bool held = w && w->strategy == PLAN_UNPIN_FROM_VPN;

	memset(p->held, 0, p->n_pairs * sizeof(*p->held));
	if (!held)
		return;
	prove_walks(p);
	for (size_t i = 0; i < p->n_pairs; i++) {
		const struct pair *x = &p->pairs[i];

		p->held[i] =
			in_wave(w, x->group) && is_ours(p, x) &&
			p->t->plan->groups[x->group].move_export &&
			prove_kinds(p, &p->walks[x->onprem]) == PROVE_ON_VPN;
	}
	prove_walks_done(p);
}

static bool lets_go(const struct prover *p, int group)
{
	const struct plan *plan = p->t->plan;

	for (size_t t = 0; t < plan->n_tunnels; t++) {
		mem_auto_free char *id = mem_format(
			"%s/release-%s-%s", p->block->name,
			plan->groups[group].name, plan->tunnels[t].name);

		if (strcmp(p->step->id, id) == 0)
			return true;
	}
	return false;
}

static void judge_held(struct prover *p, size_t i)
{
	const struct pair *x = &p->pairs[i];
	const struct walk *w = &p->walks[x->onprem];
	const char *group = p->t->plan->groups[x->group].name;
	mem_auto_free char *subject = NULL;
	mem_auto_free char *via = NULL;

	if (lets_go(p, x->group))
		p->held[i] = false;
	if (!p->held[i] || !(prove_kinds(p, w) & PROVE_ON_CIRCUIT))
		return;
	via = prove_via(p, w);
	subject = mem_format("%s -> %s", p->dests[x->cloud].text,
			     p->dests[x->onprem].text);
	prove_say(p, PROVE_ERROR, "unpin-early", subject, &w->good,
		  "leave host prefixes to a wave that moves by "
		  "'permit-on-circuit', and see that the VPN takes two more "
		  "prefixes for each that is held (a tunnel's 'limit')",
		  "what the cloud sends to %s leaves the VPN on %s before "
		  "group '%s' is let go",
		  p->dests[x->onprem].text, via, group);
	p->held[i] = false; /* said */
}

/* ---- moved ---- */

/* A longer prefix than its group names goes its own way. */
static bool is_named(const struct prover *p, const struct pair *x)
{
	struct prefix q;

	return prefix_parse(p->dests[x->onprem].text, &q, NULL) &&
	       twin_in_group(p->t, (size_t)x->group, &q, false);
}

static void judge_way(struct prover *p, const struct pair *x, bool back)
{
	const struct walk *w = &p->walks[back ? x->onprem : x->cloud];
	const char *from = p->dests[back ? x->cloud : x->onprem].text;
	const char *to = p->dests[back ? x->onprem : x->cloud].text;
	mem_auto_free char *subject = NULL;
	mem_auto_free char *via = NULL;

	if (!walk_is_good(w) || prove_kinds(p, w) == PROVE_ON_CIRCUIT)
		return;
	via = prove_via(p, w);
	subject = mem_format("%s -> %s", from, to);
	prove_say(p, is_named(p, x) ? PROVE_ERROR : PROVE_WARNING, "not-moved",
		  subject, &w->good,
		  "find what prefers the old way (a longer prefix, a static "
		  "route, a higher preference) and change it before the "
		  "cutover",
		  "wave '%s' is done, and %s -> %s goes on %s still",
		  wave_of(p)->name, from, to, via);
}

void prove_judge_moved(struct prover *p)
{
	const struct plan_wave *w = wave_of(p);

	if (!w || p->phase != PROVE_FORWARD || !p->step)
		return;
	for (size_t i = 0; i < p->n_pairs; i++) {
		const struct pair *x = &p->pairs[i];
		const struct plan_group *g;

		if (p->held[i])
			judge_held(p, i);
		if (!p->at_rest || !in_wave(w, x->group) || !is_ours(p, x))
			continue;
		g = &p->t->plan->groups[x->group];
		if (g->move_import)
			judge_way(p, x, false);
		if (g->move_export)
			judge_way(p, x, true);
	}
}
