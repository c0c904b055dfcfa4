/*
 * build_program.c - what the steps of a program will use
 *
 * Every policy and every more-specific that any step may hold is put into the
 * model beforehand, inactive, so that no step changes its shape: classes of
 * prefixes are found once.
 */
#include <string.h>

#include "orchestrator/model/ruleset.h"
#include "orchestrator/twin/build_parts.h"

static bool take_policies(struct twin *t, const struct step_vec *v,
			  struct err *e)
{
	struct filter_table *f = &t->net->filters;

	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->v[i].want.n; k++) {
			const struct resource *r = &v->v[i].want.v[k];
			int p;

			if (r->kind != RESOURCE_ROUTE_POLICY || !r->present)
				continue;
			p = filter_policy_named(f, r->name);
			if (!filter_policy_take(f, p, &r->route_policy, e))
				return err_wrap(e, "step '%s'", v->v[i].id);
			f->policies[p].defined = false; /* until it is staged */
		}
	return true;
}

static void pins_of(const struct twin *t, const struct step *s,
		    struct prefix_vec *ret)
{
	rule_set_auto rules = {0};
	struct prefix half[2];

	for (size_t i = 0; i < s->n_rules; i++)
		rule_set_add(&rules, &s->rules[i]);
	rule_set_sort(&rules);
	for (size_t i = 0; i < t->n_onprem; i++)
		if ((!s->n_rules || rule_set_match(&rules, &t->onprem[i])) &&
		    prefix_split(&t->onprem[i], half)) {
			prefix_vec_add(ret, &half[0]);
			prefix_vec_add(ret, &half[1]);
		}
	prefix_vec_sort(ret);
}

static void add_pin(struct twin *t, const struct step *s)
{
	const struct resource *want = &s->want.v[0];
	struct prefix_vec l = {0};
	struct twin_pin *x;
	size_t edge = 0;
	int o;

	while (edge < t->plan->n_edges &&
	       strcmp(t->plan->edges[edge].name, s->target) != 0)
		edge++;
	if (edge == t->plan->n_edges)
		return;
	pins_of(t, s, &l);
	o = part_origin(t, s->id, t->edges[edge], -1, 1, &l);
	t->net->origins[o].active = false;
	t->net->origins[o].forward = false; /* the parent's next hop */
	t->net->origins[o].inward = true;
	for (size_t i = 0; i < t->plan->n_tunnels; i++)
		if (t->plan->tunnels[i].neighbor &&
		    t->plan->tunnels[i].edge == edge &&
		    strcmp(t->plan->tunnels[i].neighbor,
			   want->static_route.session) == 0)
			t->net->origins[o].only_session = t->tunnels[i].session;
	MEM_GROW(t->pins, t->n_pins, t->cap_pins);
	x = &t->pins[t->n_pins++];
	*x = (struct twin_pin){s, mem_strdup(want->name), edge, o};
	free(l.v);
}

static bool makes_pins(const struct step *s)
{
	return s->derive == STEP_DERIVE_PINS && !s->keeps;
}

bool build_program(struct twin *t, struct err *e)
{
	for (size_t i = 0; t->program && i < t->program->n; i++) {
		const struct block *b = &t->program->v[i];

		if (!take_policies(t, &b->steps, e) ||
		    !take_policies(t, &b->undo, e))
			return false;
		for (size_t k = 0; k < b->steps.n; k++)
			if (makes_pins(&b->steps.v[k]))
				add_pin(t, &b->steps.v[k]);
		for (size_t k = 0; k < b->undo.n; k++)
			if (makes_pins(&b->undo.v[k]))
				add_pin(t, &b->undo.v[k]);
	}
	return true;
}
