/*
 * project.c - states carried through steps
 *
 * A resource that nothing is known of is taken as absent: every adapter can
 * render from there.  Interfaces of the plan are there, down and without
 * addresses, since no adapter makes physical ones.
 */
#include "orchestrator/steps/project.h"

#include <string.h>

#define PINS_NAMED 12

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

/* ---- pins, which a run derives from what is announced when it starts ---- */

static void add_halves(const struct prefix_rule *rule, struct state_list *out)
{
	struct prefix half[2];
	char text[PREFIX_TEXT_MAX];

	if (rule->ge != rule->prefix.len || rule->le != rule->prefix.len ||
	    !prefix_split(&rule->prefix, half))
		return;
	for (int i = 0; i < 2; i++)
		state_list_add(out, prefix_text(&half[i], text));
}

/* By the plan: what it names exactly; ranges are counted by nobody yet. */
static void by_plan(const struct step *s, struct state_list *ret)
{
	for (size_t i = 0; i < s->n_rules; i++)
		add_halves(&s->rules[i], ret);
	state_list_sort_unique(ret);
}

static char *pin_note(const struct state_list *halves)
{
	buf_auto b = BUF_INIT;

	buf_puts(&b, "both halves of every prefix that is then announced on "
		     "the VPN and was moved, each over the next hop of the "
		     "route that it is a half of");
	for (size_t i = 0; i < halves->n && i < PINS_NAMED; i++)
		buf_printf(&b, "%s%s", i ? ", " : "; by the plan ",
			   halves->v[i]);
	if (halves->n > PINS_NAMED)
		buf_printf(&b, " and %zu more", halves->n - PINS_NAMED);
	return buf_steal(&b);
}

static void project_pins(struct project *p, int at, const struct step *s,
			 char **ret_note)
{
	resource_set_auto want = {0};
	struct state_list halves = {0};

	by_plan(s, &halves);
	if (ret_note)
		*ret_note = pin_note(&halves);
	resource_set_copy(&want, &s->want);
	for (size_t i = 0; i < want.n; i++) /* which ones is not known here */
		want.v[i].present = true;
	take_as_done(&p->known[at], &want);
	state_list_done(&halves);
}

static bool releases_pins(const struct resource_set *want)
{
	for (size_t i = 0; i < want->n; i++)
		if (want->v[i].kind == RESOURCE_STATIC_ROUTE &&
		    !want->v[i].present)
			return true;
	return false;
}

/* Made again they would be derived anew. */
static void drop_back(struct changeset *cs)
{
	struct changeset back = {.back = cs->back, .n_back = cs->n_back};

	changeset_done(&back);
	cs->back = NULL;
	cs->n_back = 0;
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
		project_pins(p, at, s, ret_note);
		return true;
	}
	want_of(p, s, &want);
	before_of(&p->known[at], &want, &before);
	if (satisfied(&before, &want))
		return true;
	if (!ops->render(&p->targets[at], &before, &want, ret, e))
		return err_wrap(e, "step '%s'", s->id);
	if (releases_pins(&want)) {
		drop_back(ret);
		if (ret_note)
			*ret_note = mem_strdup(
				"the export policy that the VPN's session had "
				"before is bound again, if it had one");
	}
	take_as_done(&p->known[at], &want);
	return true;
}
