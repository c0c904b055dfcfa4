/*
 * project.c - states carried through steps
 *
 * A resource that nothing is known of is taken as absent: every adapter can
 * render from there.  Interfaces of the plan are there, down and without
 * addresses, since no adapter makes physical ones.
 */
#include "orchestrator/steps/project.h"

#include <string.h>

void project_init(struct project *p, const struct target *targets, size_t n)
{
	*p = (struct project){.targets = targets,
			      .n = n,
			      .known = mem_calloc(n + 1, sizeof(*p->known))};
}

void project_done(struct project *p)
{
	for (size_t i = 0; i < p->n; i++)
		resource_set_done(&p->known[i]);
	free(p->known);
	*p = (struct project){0};
}

static int find(const struct project *p, const char *target)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->targets[i].name, target) == 0)
			return (int)i;
	return -1;
}

static void put(struct resource_set *set, const struct resource *r)
{
	struct resource *old = resource_set_find(set, r->kind, r->name);

	if (!old) {
		resource_set_add_copy(set, r);
		return;
	}
	resource_done(old);
	resource_copy(old, r);
}

void project_know(struct project *p, const char *target,
		  const struct resource_set *states)
{
	int at = find(p, target);

	for (size_t i = 0; at >= 0 && i < states->n; i++)
		put(&p->known[at], &states->v[i]);
}

bool project_know_json(struct project *p, const json_t *states, struct err *e)
{
	const char *target;
	json_t *list;

	json_object_foreach((json_t *)states, target, list)
	{
		resource_set_auto set = {0};

		if (!resource_set_from_json(list, &set, e))
			return err_wrap(e, "recorded states of '%s'", target);
		project_know(p, target, &set);
	}
	return true;
}

/* ---- before anything is done ---- */

static void assume_tunnel(struct project *p, const struct plan *plan,
			  const struct plan_tunnel *t)
{
	resource_set_auto set = {0};
	struct resource *r;

	if (!t->neighbor)
		return;
	r = resource_set_add(&set, RESOURCE_SESSION, t->name);
	r->session.neighbor = mem_strdup(t->neighbor);
	r->session.asn = t->asn;
	r->session.local_asn = plan->site.asn;
	r->session.enabled = true;
	project_know(p, plan->edges[t->edge].name, &set);
}

static void assume_link(struct project *p, const struct plan *plan,
			const struct plan_circuit *c, size_t link)
{
	for (size_t i = 0; i < c->n_peerings; i++) {
		const struct plan_link_peering *on = &c->peerings[i].on[link];
		resource_set_auto set = {0};

		if (!on->interface || on->parent)
			continue;
		resource_set_add(&set, RESOURCE_INTERFACE, on->interface);
		project_know(p, plan->edges[c->links[link].edge].name, &set);
	}
}

void project_assume(struct project *p, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_tunnels; i++)
		assume_tunnel(p, plan, &plan->tunnels[i]);
	for (size_t i = 0; i < plan->n_circuits; i++) {
		const struct plan_circuit *c = &plan->circuits[i];
		resource_set_auto set = {0};

		for (size_t k = 0; k < c->n_links; k++)
			assume_link(p, plan, c, k);
		resource_set_add(&set, RESOURCE_CIRCUIT, c->name);
		resource_set_add(&set, RESOURCE_ATTACHMENT, c->name);
		project_know(p, c->name, &set);
	}
}

/* ---- one step ---- */

static void want_of(const struct project *p, const struct step *s,
		    struct resource_set *ret)
{
	const json_t *was = p->start ? json_peek(p->start, s->target) : NULL;
	resource_set_auto start = {0};

	if (s->derive == STEP_DERIVE_START && was)
		resource_set_from_json(was, &start, NULL);
	for (size_t i = 0; i < s->want.n; i++) {
		const struct resource *x = &s->want.v[i];
		const struct resource *r =
			resource_set_find(&start, x->kind, x->name);

		resource_set_add_copy(ret, r ? r : x);
	}
}

static void before_of(const struct resource_set *known,
		      const struct resource_set *want, struct resource_set *ret)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct resource *x = &want->v[i];
		const struct resource *r =
			resource_set_find(known, x->kind, x->name);

		if (r)
			resource_set_add_copy(ret, r);
		else
			resource_set_add(ret, x->kind, x->name)->present =
				false;
	}
}

static bool satisfied(const struct resource_set *have,
		      const struct resource_set *want)
{
	for (size_t i = 0; i < want->n; i++)
		if (!resource_satisfies(&have->v[i], &want->v[i]))
			return false;
	return true;
}

static void take_as_done(struct resource_set *known,
			 const struct resource_set *want)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct resource *x = &want->v[i];
		struct resource *r = resource_set_find(known, x->kind, x->name);

		if (r && r->present && x->present)
			resource_overlay(r, x);
		else
			put(known, x);
	}
}

bool project_step(struct project *p, const struct step *s,
		  struct changeset *ret, char **ret_note, struct err *e)
{
	int at = s->target ? find(p, s->target) : -1;
	const struct adapter_ops *ops =
		at < 0 ? NULL : adapter_find(p->targets[at].driver);
	resource_set_auto want = {0};
	resource_set_auto before = {0};

	if (s->kind != STEP_ENSURE || !ops ||
	    (s->keeps && s->derive == STEP_DERIVE_PINS))
		return true;
	if (s->derive == STEP_DERIVE_PINS) {
		if (ret_note)
			*ret_note = mem_strdup(
				"both halves of every prefix that is then "
				"announced on the circuit");
		return true;
	}
	want_of(p, s, &want);
	before_of(&p->known[at], &want, &before);
	if (satisfied(&before, &want))
		return true;
	if (!ops->render(&p->targets[at], &before, &want, ret, e))
		return err_wrap(e, "step '%s'", s->id);
	take_as_done(&p->known[at], &want);
	return true;
}
