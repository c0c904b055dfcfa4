/*
 * render.c - from one set of states to another, as exact commands
 *
 * Forward: interfaces, new policies, sessions, pins, and last the policies
 * that are not wanted any more.  Back is the way from what `to` leads to, to
 * `from`, in the opposite order.
 *
 * Pure.  Does not: know whether a policy is bound; apply() looks first.
 */
#include "adapters/frr/render.h"

#include <string.h>

#include "adapters/frr/interface.h"
#include "adapters/frr/pin.h"
#include "adapters/frr/policy.h"
#include "adapters/frr/session.h"
#include "adapters/transport/linux_interface.h"

#define PART_LINES 1500 /* so that one part stays well inside a deadline */

bool frr_check(const struct target *t, const struct resource_set *set,
	       struct err *e)
{
	unsigned table = frr_pin_table(t);

	if (!t->asn)
		return err_set(e, ERR_INVALID, "edge '%s' has no AS number",
			       t->name);
	if (table < 1 || table > 252)
		return err_set(e, ERR_INVALID,
			       "edge '%s': pin_table is a kernel table from 1 "
			       "to 252",
			       t->name);
	for (size_t i = 0; i < set->n; i++) {
		const struct resource *r = &set->v[i];
		bool ok = true;

		if (r->kind == RESOURCE_SESSION)
			ok = frr_session_check(t, r, e);
		else if (r->kind == RESOURCE_ROUTE_POLICY)
			ok = frr_policy_check(r, e);
		else if (r->kind == RESOURCE_STATIC_ROUTE)
			ok = frr_pin_check(r, e);
		if (!ok)
			return err_wrap(e, "edge '%s'", t->name);
	}
	return true;
}

/* ---- parts ---- */

static size_t end_of_piece(const char *s)
{
	size_t n = 0, lines = 0;

	while (s[n]) {
		n += strcspn(s + n, "\n") + 1;
		if (++lines >= PART_LINES && strncmp(s + n, "ip prefix", 9) &&
		    s[n] != ' ' && strncmp(s + n, "exit", 4) != 0)
			break;
	}
	return n;
}

/* Lines of the configuration as parts, cut at the left margin. */
static void add_config(struct changeset *cs, bool back, const char *lines)
{
	while (*lines) {
		size_t n = end_of_piece(lines);
		mem_auto_free char *text = mem_format(
			"configure terminal\n%.*send\n", (int)n, lines);

		changeset_add(cs, back, "vtysh", text);
		lines += n;
	}
}

static void policy_way(const struct target *t, const struct resource *from,
		       const struct resource *to, bool back,
		       struct changeset *cs)
{
	buf_auto out = BUF_INIT;

	if (from->present)
		frr_policy_remove(from, &out);
	if (to->present)
		frr_policy_create(t->asn, to, &out);
	add_config(cs, back, buf_str(&out));
}

static bool render_policy(const struct target *t, const struct resource *from,
			  const struct resource *to, struct changeset *fwd,
			  struct changeset *back, struct err *e)
{
	if (!frr_policy_check(to, e))
		return false;
	if (resource_equal(from, to) || (!from->present && !to->present))
		return true;
	policy_way(t, from, to, false, fwd);
	/* What was half made or edited is not worth restoring. */
	if (from->present &&
	    (!from->route_policy.direction ||
	     strcmp(from->route_policy.direction, "edited") == 0)) {
		struct resource none = {.kind = from->kind, .name = from->name};

		policy_way(t, to, &none, false, back);
	} else {
		policy_way(t, to, from, false, back);
	}
	return true;
}

/* ---- sessions ---- */

static void take(char **field, const char *value)
{
	if (!value)
		return;
	free(*field);
	*field = mem_strdup(value);
}

/* The state that is reached: what `to` leaves empty stays as in `from`. */
static void overlay(const struct resource *from, const struct resource *to,
		    struct resource *ret)
{
	struct state_session *s = &ret->session;
	const struct state_session *w = &to->session;

	resource_copy(ret, from->present ? from : to);
	ret->present = to->present;
	if (!from->present || !to->present)
		return;
	s->enabled = w->enabled;
	take(&s->import, w->import);
	take(&s->export, w->export);
	if (w->bfd_interval_ms) {
		s->bfd_interval_ms = w->bfd_interval_ms;
		s->bfd_multiplier = w->bfd_multiplier;
	}
	if (w->hold_s)
		s->hold_s = w->hold_s;
	if (w->keepalive_s)
		s->keepalive_s = w->keepalive_s;
}

static bool render_session(const struct target *t, const struct resource *from,
			   const struct resource *to, struct changeset *fwd,
			   struct changeset *back, struct err *e)
{
	struct resource reached = {0};
	buf_auto there = BUF_INIT;
	buf_auto again = BUF_INIT;
	bool ok;

	if (!from->present && !to->present)
		return true;
	overlay(from, to, &reached);
	ok = frr_session_check(t, to, e) &&
	     frr_session_render(t->asn, from, to, &there, e) &&
	     (!there.len ||
	      frr_session_render(t->asn, &reached, from, &again, e));
	if (ok && there.len)
		changeset_add(fwd, false, "vtysh", buf_str(&there));
	if (ok && again.len)
		changeset_add(back, false, "vtysh", buf_str(&again));
	resource_done(&reached);
	return ok;
}

/* ---- pins ---- */

static bool render_pin(const struct target *t, const struct resource *from,
		       const struct resource *to, struct changeset *fwd,
		       struct changeset *back, struct err *e)
{
	bool had = from->present && from->static_route.prefixes.n;

	if (!frr_pin_check(to, e))
		return false;
	if (resource_equal(from, to) || (!from->present && !to->present))
		return true;
	if (frr_pin_shrink(t, from, to, fwd, back))
		return true; /* what stays is not touched */
	if (from->present)
		frr_pin_remove(t, from, to, false, fwd);
	if (to->present && !frr_pin_create(t, from, to, false, fwd, e))
		return false;
	if (to->present)
		frr_pin_remove(t, from, to, false, back);
	/* Half a pin is no state to come back to. */
	return !had || frr_pin_create(t, from, from, false, back, e);
}

/* ---- all of a set ---- */

static bool is_removal(const struct resource *to)
{
	return to->kind == RESOURCE_ROUTE_POLICY && !to->present;
}

typedef bool render_fn(const struct target *t, const struct resource *from,
		       const struct resource *to, struct changeset *fwd,
		       struct changeset *back, struct err *e);

static bool render_interface(const struct target *t,
			     const struct resource *from,
			     const struct resource *to, struct changeset *fwd,
			     struct changeset *back, struct err *e)
{
	struct changeset cs = {0};
	bool ok = linux_interface_render(from, to, &cs, e);

	(void)t;
	for (size_t i = 0; ok && i < cs.n_forward; i++)
		ok = frr_interface_part(from, to, cs.forward[i].text, fwd, e);
	for (size_t i = 0; ok && i < cs.n_back; i++)
		ok = frr_interface_part(to, from, cs.back[i].text, back, e);
	changeset_done(&cs);
	return ok;
}

/* The way back of this resource comes before those that are there already. */
static void put_before(struct changeset *ret, struct changeset *back)
{
	struct changeset all = {0};

	for (size_t i = 0; i < back->n_forward; i++)
		changeset_add(&all, true, back->forward[i].what,
			      back->forward[i].text);
	for (size_t i = 0; i < ret->n_back; i++)
		changeset_add(&all, true, ret->back[i].what, ret->back[i].text);
	all.forward = ret->forward;
	all.n_forward = ret->n_forward;
	ret->forward = NULL;
	ret->n_forward = 0;
	changeset_done(ret);
	*ret = all;
}

static bool render_one(const struct target *t, const struct resource_set *from,
		       const struct resource *to, render_fn *fn,
		       struct changeset *ret, struct err *e)
{
	struct resource none = {.kind = to->kind, .name = to->name};
	const struct resource *f = resource_set_find(from, to->kind, to->name);
	struct changeset back = {0};
	bool ok = fn(t, f ? f : &none, to, ret, &back, e);

	if (ok)
		put_before(ret, &back);
	changeset_done(&back);
	return ok;
}

/* ---- fewer parts ---- */

static size_t count_lines(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

/* Two parts as one, if both are configuration alone; NULL if not. */
static char *joined(const struct change_part *a, const struct change_part *b)
{
	static const char begin[] = "configure terminal\n", end[] = "\nend\n";
	const char *tail = strstr(a->text, end);

	if (strcmp(a->what, "vtysh") != 0 || strcmp(b->what, "vtysh") != 0 ||
	    !tail || tail[strlen(end)] ||
	    strncmp(a->text, "configure terminal\nrouter", 25) == 0 ||
	    strncmp(b->text, "configure terminal\nrouter", 25) == 0 ||
	    strstr(b->text, "clear bgp") ||
	    count_lines(a->text) + count_lines(b->text) > PART_LINES)
		return NULL;
	return mem_format("%.*s%s", (int)(tail + 1 - a->text), a->text,
			  b->text + strlen(begin));
}

static void join_parts(struct change_part *v, size_t *n)
{
	size_t kept = 0;

	for (size_t i = 1; i < *n; i++) {
		char *text = joined(&v[kept], &v[i]);

		if (!text) {
			v[++kept] = v[i];
			continue;
		}
		free(v[kept].text);
		v[kept].text = text;
		free(v[i].what);
		free(v[i].text);
	}
	*n = *n ? kept + 1 : 0;
}

bool frr_render(const struct target *t, const struct resource_set *from,
		const struct resource_set *to, struct changeset *ret,
		struct err *e)
{
	static const struct {
		enum resource_kind kind;
		bool removal;
		render_fn *fn;
	} order[] = {
		{RESOURCE_INTERFACE, false, render_interface},
		{RESOURCE_ROUTE_POLICY, false, render_policy},
		{RESOURCE_SESSION, false, render_session},
		{RESOURCE_STATIC_ROUTE, false, render_pin},
		{RESOURCE_ROUTE_POLICY, true, render_policy},
	};
	struct changeset cs = {0};

	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (size_t i = 0; i < to->n; i++) {
			const struct resource *r = &to->v[i];

			if (r->kind != order[k].kind ||
			    is_removal(r) != order[k].removal)
				continue;
			if (!render_one(t, from, r, order[k].fn, &cs, e)) {
				changeset_done(&cs);
				return err_wrap(e, "'%s'", t->name);
			}
		}
	join_parts(cs.forward, &cs.n_forward);
	join_parts(cs.back, &cs.n_back);
	*ret = cs;
	return true;
}
