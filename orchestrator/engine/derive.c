/*
 * derive.c - pins from what is announced (design, 'Hitless way back')
 *
 * A host prefix has no halves and is left out: the dry-run has said that its
 * way back is not hitless.  So has it where the VPN takes no more prefixes:
 * above its limit the far end drops the session, which is worse than what pins
 * are there to avoid.  Pure.
 */
#include "orchestrator/engine/derive.h"

#include <string.h>

#include "orchestrator/model/ruleset.h"

static void add_halves(const struct prefix *p, struct state_list *out)
{
	struct prefix half[2];
	char buf[PREFIX_TEXT_MAX];

	if (!prefix_split(p, half))
		return;
	for (int i = 0; i < 2; i++)
		state_list_add(out, prefix_text(&half[i], buf));
}

/* What is announced because it is pinned already is not split again. */
static void add_pins(const struct resource *pins, struct rule_set *ret)
{
	for (size_t i = 0;
	     pins && pins->present && i < pins->static_route.prefixes.n; i++) {
		struct prefix_rule r;

		if (prefix_rule_parse(pins->static_route.prefixes.v[i], &r,
				      NULL))
			rule_set_add(ret, &r);
	}
	rule_set_sort(ret);
}

bool derive_pins(const struct step *s, const struct resource_set *seen,
		 struct resource_set *want, struct err *e)
{
	const struct resource *from =
		resource_set_find(seen, RESOURCE_SESSION, s->derive_session);
	struct resource *pin = &want->v[0];
	struct state_list *out = &pin->static_route.prefixes;
	rule_set_auto rules = {0};
	rule_set_auto pinned = {0};
	size_t beside = 0;

	state_list_done(out);
	for (size_t i = 0; i < s->n_rules; i++)
		rule_set_add(&rules, &s->rules[i]);
	rule_set_sort(&rules);
	add_pins(resource_set_find(seen, RESOURCE_STATIC_ROUTE, pin->name),
		 &pinned);
	for (size_t i = 0; from && from->present && i < from->session.sent.n;
	     i++) {
		struct prefix p;

		if (!prefix_parse(from->session.sent.v[i], &p, e))
			return false;
		if (rule_set_match(&pinned, &p))
			continue;
		beside++;
		if (!s->n_rules || rule_set_match(&rules, &p))
			add_halves(&p, out);
	}
	if (s->derive_limit && beside + out->n > s->derive_limit)
		state_list_done(out);
	pin->present = out->n > 0;
	return true;
}
