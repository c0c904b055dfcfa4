/*
 * derive.c - pins from what is announced (design, 'Hitless way back')
 *
 * Pure.
 */
#include "orchestrator/engine/derive.h"

static bool matches(const struct step *s, const struct prefix *p)
{
	for (size_t i = 0; i < s->n_rules; i++)
		if (prefix_rule_matches(&s->rules[i], p))
			return true;
	return s->n_rules == 0;
}

static bool add_halves(const char *text, const struct prefix *p,
		       struct state_list *out, struct err *e)
{
	struct prefix half[2];
	char buf[PREFIX_TEXT_MAX];

	if (!prefix_split(p, half))
		return err_set(e, ERR_REFUSED,
			       "'%s' cannot be split, so it cannot be held on "
			       "the VPN while it leaves the circuit",
			       text);
	for (int i = 0; i < 2; i++) {
		prefix_text(&half[i], buf);
		state_list_add(out, buf);
	}
	return true;
}

bool derive_pins(const struct step *s, const struct resource_set *seen,
		 struct resource_set *want, struct err *e)
{
	const struct resource *from =
		resource_set_find(seen, RESOURCE_SESSION, s->derive_session);
	struct resource *pin = &want->v[0];

	state_list_done(&pin->static_route.prefixes);
	if (!from || !from->present) {
		pin->present = false;
		return true;
	}
	for (size_t i = 0; i < from->session.sent.n; i++) {
		const char *text = from->session.sent.v[i];
		struct prefix p;

		if (!prefix_parse(text, &p, e))
			return false;
		if (matches(s, &p) &&
		    !add_halves(text, &p, &pin->static_route.prefixes, e))
			return false;
	}
	pin->present = pin->static_route.prefixes.n > 0;
	return true;
}
