/*
 * render.c - from what is to what is wanted, as a changeset
 *
 * Pure.  A want says only what it is about; the rest of an object stays as it
 * was observed.  Refused here, before anything is sent: a change of a session
 * that is not cutover's (it stands in the operator's own file), a new body for
 * a policy that is present (make a new generation), and whatever BIRD's
 * language cannot say.
 */
#include "adapters/bird/render.h"

#include <string.h>

#include "adapters/bird/edit.h"
#include "adapters/bird/name.h"
#include "adapters/bird/paths.h"
#include "adapters/bird/text.h"
#include "adapters/transport/linux_interface.h"

#define KINDS                                                                  \
	(RESOURCE_BIT(RESOURCE_INTERFACE) | RESOURCE_BIT(RESOURCE_SESSION) |   \
	 RESOURCE_BIT(RESOURCE_ROUTE_POLICY) | RESOURCE_BIT(RESOURCE_ROUTE) |  \
	 RESOURCE_BIT(RESOURCE_CONFIG))

static bool kind_check(const struct resource *r, struct err *e)
{
	if (KINDS & RESOURCE_BIT(r->kind))
		return true;
	return err_set(e, ERR_INVALID, "BIRD edges cannot do %s '%s'",
		       resource_kind_name(r->kind), r->name);
}

bool bird_check(const struct target *t, const struct resource_set *set,
		struct err *e)
{
	bird_paths_auto paths;
	struct bird_names names = {0};
	buf_auto text = BUF_INIT;
	bool ok = bird_paths_init(&paths, t, e);

	for (size_t i = 0; ok && i < set->n; i++) {
		const struct resource *r = &set->v[i];

		ok = kind_check(r, e);
		if (ok && r->kind == RESOURCE_ROUTE_POLICY)
			ok = bird_names_add(&names, r->name, e) &&
			     (!r->present ||
			      bird_text_policy(r, t->asn, &text, e));
		else if (ok && r->kind == RESOURCE_SESSION && r->session.ours)
			ok = bird_names_add(&names, r->name, e) &&
			     bird_text_session_fields(r, e);
	}
	bird_names_done(&names);
	return ok;
}

/* ---- sessions ---- */

static void take_str(char **dst, const char *src)
{
	if (!src)
		return;
	free(*dst);
	*dst = mem_strdup(src);
}

static void take_u32(uint32_t *dst, uint32_t src)
{
	if (src)
		*dst = src;
}

/* Empty optional fields of the want leave what is there. */
static void session_overlay(struct resource *r, const struct resource *want,
			    uint32_t asn)
{
	struct state_session *s = &r->session;
	const struct state_session *w = &want->session;
	bool rekey = w->secret && (!s->secret || !s->secret_digest ||
				   strcmp(s->secret, w->secret) != 0);

	take_str(&s->neighbor, w->neighbor);
	take_str(&s->local, w->local);
	take_str(&s->interface, w->interface);
	take_u32(&s->asn, w->asn);
	take_u32(&s->local_asn, w->local_asn);
	take_u32(&s->local_asn, s->local_asn ? 0 : asn);
	s->enabled = w->enabled;
	take_str(&s->import, w->import);
	take_str(&s->export, w->export);
	take_str(&s->secret, w->secret);
	if (rekey)
		take_str(&s->secret_digest, "");
	take_str(&s->secret_digest, w->secret_digest);
	if (s->secret_digest && !*s->secret_digest) {
		free(s->secret_digest);
		s->secret_digest = NULL;
	}
	if (s->secret && !*s->secret) {
		free(s->secret);
		s->secret = NULL;
	}
	take_u32(&s->bfd_interval_ms, w->bfd_interval_ms);
	take_u32(&s->bfd_multiplier, w->bfd_multiplier);
	take_u32(&s->hold_s, w->hold_s);
	take_u32(&s->keepalive_s, w->keepalive_s);
	s->ours = true;
}

static bool session_foreign(const struct resource *from,
			    const struct resource *want, struct err *e)
{
	if (want->present && resource_satisfies(from, want))
		return true;
	return err_set(
		e, ERR_REFUSED,
		"session '%s' with '%s' is not cutover's: it stands in BIRD's "
		"own configuration, which the operator must change",
		want->name,
		from->session.neighbor ? from->session.neighbor : "?");
}

static void absent(struct resource *r, const struct resource *like)
{
	*r = (struct resource){.kind = like->kind,
			       .name = mem_strdup(like->name)};
}

/* Nothing to do for it, while others of the set change? */
static bool session_same(const struct resource *a, const struct resource *b)
{
	const char *x = a->session.secret, *y = b->session.secret;

	return resource_equal(a, b) && strcmp(x ? x : "", y ? y : "") == 0;
}

static bool session_edit(const struct resource *from,
			 const struct resource *want, uint32_t asn,
			 struct bird_edits *l, struct err *e)
{
	bool there = from && from->present;
	struct resource set, none;
	bool ok = true;

	if (there && !from->session.ours)
		return session_foreign(from, want, e);
	if (!there && !want->present)
		return true;
	absent(&none, want);
	if (there)
		resource_copy(&set, from);
	else
		absent(&set, want);
	set.present = want->present;
	if (want->present)
		session_overlay(&set, want, asn);
	if (want->present) {
		buf_auto text = BUF_INIT;

		ok = bird_text_session(&set, set.session.secret, &text, e);
	}
	if (ok && !(there && session_same(from, &set)))
		bird_edits_add(l, there ? from : &none,
			       set.present ? &set : &none);
	resource_done(&set);
	resource_done(&none);
	return ok;
}

/* ---- policies ---- */

static bool policy_edit(const struct resource *from,
			const struct resource *want, struct bird_edits *l,
			struct err *e)
{
	bool there = from && from->present;
	struct resource none;

	if (there && want->present && !resource_equal(from, want))
		return err_set(e, ERR_REFUSED,
			       "policy '%s' is present with another body: a "
			       "policy is never edited, make a new generation",
			       want->name);
	if (there == want->present)
		return true;
	absent(&none, want);
	bird_edits_add(l, there ? from : &none, want->present ? want : &none);
	resource_done(&none);
	return true;
}

/* ---- all ---- */

static bool bird_part(const struct target *t, const struct bird_edits *l,
		      struct changeset *ret, struct err *e)
{
	bird_paths_auto paths;
	buf_auto forward = BUF_INIT;
	buf_auto back = BUF_INIT;
	mem_auto_free char *what = NULL;

	if (!bird_paths_init(&paths, t, e))
		return false;
	if (!l->n)
		return true;
	if (!bird_edits_text(l, false, t->asn, &forward, e) ||
	    !bird_edits_text(l, true, t->asn, &back, e))
		return false;
	what = mem_format("file %s", paths.include);
	changeset_add(ret, false, what, buf_str(&forward));
	changeset_add(ret, true, what, buf_str(&back));
	return true;
}

static bool one(const struct target *t, const struct resource *from,
		const struct resource *want, struct bird_edits *l,
		struct changeset *cs, struct err *e)
{
	switch (want->kind) {
	case RESOURCE_SESSION:
		return session_edit(from, want, t->asn, l, e);
	case RESOURCE_ROUTE_POLICY:
		return policy_edit(from, want, l, e);
	case RESOURCE_INTERFACE:
		return linux_interface_render(from, want, cs, e);
	default:
		return kind_check(want, e); /* read-only kinds */
	}
}

bool bird_render(const struct target *t, const struct resource_set *from,
		 const struct resource_set *to, struct changeset *ret,
		 struct err *e)
{
	bird_edits_auto edits = {0};
	struct changeset cs = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < to->n; i++)
		ok = one(t,
			 resource_set_find(from, to->v[i].kind, to->v[i].name),
			 &to->v[i], &edits, &cs, e);
	ok = ok && bird_part(t, &edits, &cs, e);
	if (!ok) {
		changeset_done(&cs);
		return false;
	}
	*ret = cs;
	return true;
}
