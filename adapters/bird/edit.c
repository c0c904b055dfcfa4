/*
 * edit.c - what a change does to the include file
 *
 * Pure but for fetching secrets in the merge.  Invariants: a merged file never
 * has a session whose policy is missing, so a bound policy cannot be removed;
 * a password that stays is taken from the file, one that is new from its
 * reference, and a restored one must have the digest that was recorded.
 */
#include "adapters/bird/edit.h"

#include <string.h>

#include "adapters/bird/text.h"

#define EDIT_MARK "#: "

void bird_edits_add(struct bird_edits *l, const struct resource *was,
		    const struct resource *set)
{
	MEM_GROW(l->v, l->n, l->cap);
	resource_copy(&l->v[l->n].was, was);
	resource_copy(&l->v[l->n].set, set);
	l->n++;
}

void bird_edits_done(struct bird_edits *l)
{
	for (size_t i = 0; i < l->n; i++) {
		resource_done(&l->v[i].was);
		resource_done(&l->v[i].set);
	}
	free(l->v);
	*l = (struct bird_edits){0};
}

/* ---- text ---- */

static void line_write(const struct resource *was, const struct resource *set,
		       struct buf *out)
{
	json_auto *j = json_object();
	mem_auto_free char *text = NULL;

	json_object_set_new(j, "was", bird_resource_to_json(was));
	json_object_set_new(j, "set", bird_resource_to_json(set));
	text = json_text_canonical(j);
	buf_printf(out, EDIT_MARK "%s\n", text);
}

static bool object_write(const struct resource *r, uint32_t asn,
			 struct buf *out, struct err *e)
{
	mem_auto_free char *secret = NULL;

	if (!r->present) {
		buf_printf(out, "# without %s '%s'\n",
			   resource_kind_name(r->kind), r->name);
		return true;
	}
	if (r->kind == RESOURCE_SESSION && r->session.secret)
		secret = mem_format("<secret %s>", r->session.secret);
	return bird_include_object(r, secret, asn, out, e);
}

bool bird_edits_text(const struct bird_edits *l, bool back, uint32_t asn,
		     struct buf *out, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct bird_edit *x = &l->v[i];

		line_write(back ? &x->set : &x->was, back ? &x->was : &x->set,
			   out);
		if (!object_write(back ? &x->was : &x->set, asn, out, e))
			return false;
	}
	return true;
}

static bool line_parse(const char *line, size_t len, struct bird_edits *l,
		       struct err *e)
{
	json_auto *j = json_text_parse(line, len, e);
	struct bird_edit x = {0};

	if (!j || !resource_from_json(json_peek(j, "was"), &x.was, e))
		return false;
	if (!resource_from_json(json_peek(j, "set"), &x.set, e)) {
		resource_done(&x.was);
		return false;
	}
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = x;
	if (x.was.kind != x.set.kind || strcmp(x.was.name, x.set.name) != 0)
		return err_set(e, ERR_INVALID, "an edit of two objects");
	return true;
}

bool bird_edits_parse(const char *text, uint32_t asn, struct bird_edits *ret,
		      struct err *e)
{
	bird_edits_auto l = {0};
	buf_auto again = BUF_INIT;

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p != '\0')
		if (strncmp(p, EDIT_MARK, 3) == 0 &&
		    !line_parse(p + 3, strcspn(p, "\n") - 3, &l, e))
			return err_wrap(e, "a change for BIRD is malformed");
	if (!bird_edits_text(&l, false, asn, &again, e))
		return false;
	if (!l.n || strcmp(text, buf_str(&again)) != 0)
		return err_set(e, ERR_REFUSED,
			       "a change for BIRD does not say what it would "
			       "do: it was altered after it was rendered");
	*ret = l;
	l = (struct bird_edits){0};
	return true;
}

/* ---- against the device ---- */

/* Equal, but for what a resource that came from a plan does not know. */
static bool same(const struct resource *a, const struct resource *b)
{
	if (!a->present || !b->present)
		return a->present == b->present;
	return resource_equal(a, b);
}

bool bird_edits_check(const struct bird_edits *l,
		      const struct resource_set *now, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct resource *was = &l->v[i].was;
		const struct resource *is =
			resource_set_find(now, was->kind, was->name);
		buf_auto diff = BUF_INIT;

		if (is ? same(is, was) : !was->present)
			continue;
		if (is)
			resource_diff(was, is, &diff);
		return err_set(e, ERR_REFUSED,
			       "%s '%s' is not what it was when the change was "
			       "rendered: %.*s",
			       resource_kind_name(was->kind), was->name,
			       (int)(diff.len ? diff.len - 1 : 0),
			       buf_str(&diff));
	}
	return true;
}

static bool same_secret(const struct resource *a, const struct resource *b)
{
	const char *x = a->session.secret, *y = b->session.secret;

	return a->kind != RESOURCE_SESSION ||
	       strcmp(x ? x : "", y ? y : "") == 0;
}

bool bird_edits_done_already(const struct bird_edits *l,
			     const struct resource_set *now)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct resource *set = &l->v[i].set;
		const struct resource *is =
			resource_set_find(now, set->kind, set->name);

		if (!is || !is->present) {
			if (set->present)
				return false;
		} else if (!set->present || !resource_satisfies(is, set) ||
			   !same_secret(is, set)) {
			return false;
		}
	}
	return true;
}

/* ---- merging ---- */

static void set_remove(struct resource_set *s, enum resource_kind kind,
		       const char *name)
{
	struct resource *r = resource_set_find(s, kind, name);

	if (!r)
		return;
	resource_done(r);
	*r = s->v[--s->n];
}

static bool password_take(const struct resource *r, const struct target *t,
			  struct bird_include *f, struct err *e)
{
	const char *name = r->session.secret, *want = r->session.secret_digest;
	const char *have = bird_include_password(f, r->name);
	mem_auto_free char *digest = have ? secret_digest(have) : NULL;
	const struct secret_ref *ref = target_secret(t, name);
	char *value;
	bool ok;

	if (want && digest && strcmp(want, digest) == 0)
		return true;
	if (!ref)
		return err_set(e, ERR_INVALID,
			       "'%s' has no secret '%s' in the plan", t->name,
			       name);
	value = secret_fetch(ref, e);
	if (!value)
		return err_wrap(e, "session '%s'", r->name);
	free(digest);
	digest = secret_digest(value);
	ok = bird_text_password(name, value, e);
	if (ok && want && strcmp(want, digest) != 0)
		ok = err_set(e, ERR_REFUSED,
			     "secret '%s' is not the one that session '%s' had",
			     name, r->name);
	if (ok)
		bird_include_set_password(f, r->name, value);
	mem_wipe_free(value);
	return ok;
}

static bool resource_put(const struct resource *set, const struct target *t,
			 struct bird_include *f, struct err *e)
{
	struct resource *r;

	set_remove(&f->set, set->kind, set->name);
	if (!set->present)
		return true;
	r = resource_set_add_copy(&f->set, set);
	if (r->kind != RESOURCE_SESSION || !r->session.secret)
		return true;
	if (!password_take(r, t, f, e))
		return false;
	free(r->session.secret_digest);
	r->session.secret_digest =
		secret_digest(bird_include_password(f, r->name));
	return true;
}

static bool bound_check(const struct bird_include *f, const struct resource *s,
			const char *policy, const char *direction,
			struct err *e)
{
	const struct resource *p =
		policy ? resource_set_find(&f->set, RESOURCE_ROUTE_POLICY,
					   policy)
		       : NULL;

	if (policy && !p)
		return err_set(
			e, ERR_REFUSED,
			"policy '%s', bound to session '%s', is not there: "
			"stage it before binding, unbind before removing",
			policy, s->name);
	if (p && strcmp(p->route_policy.direction, direction) != 0)
		return err_set(
			e, ERR_REFUSED,
			"policy '%s' is for %s, not for %s of session '%s'",
			policy, p->route_policy.direction, direction, s->name);
	return true;
}

bool bird_edits_merge(const struct bird_edits *l, const struct target *t,
		      struct bird_include *f, struct err *e)
{
	for (size_t i = 0; i < l->n; i++)
		if (!resource_put(&l->v[i].set, t, f, e))
			return false;
	for (size_t i = 0; i < f->set.n; i++) {
		const struct resource *r = &f->set.v[i];

		if (r->kind != RESOURCE_SESSION)
			continue;
		if (!bound_check(f, r, r->session.import, "import", e) ||
		    !bound_check(f, r, r->session.export, "export", e))
			return false;
	}
	return true;
}
