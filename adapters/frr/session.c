/*
 * session.c - BGP sessions as vtysh lines
 *
 * vtysh lines act one at a time.  So a session is shut by the second line that
 * names it, long before bgpd's start timer of a second could open it, and
 * closing comes first and opening last whenever several fields change.
 *
 * A binding is one line; the soft clear after it makes it act at once instead
 * of after the route-map delay timer.  Pure.
 */
#include "adapters/frr/session.h"

#include <string.h>

#include "orchestrator/model/prefix.h"

#define CONNECT_RETRY_S 5

bool frr_session_check(const struct target *t, const struct resource *r,
		       struct err *e)
{
	const struct state_session *s = &r->session;
	struct prefix p;

	if (!s->neighbor || !prefix_parse_addr(s->neighbor, &p, NULL))
		return err_set(e, ERR_INVALID,
			       "session '%s' has no neighbor address", r->name);
	if (strchr(r->name, '\n') || strlen(r->name) > 70)
		return err_set(e, ERR_INVALID,
			       "session '%s': the name is too long for a "
			       "description, at most 70 characters",
			       r->name);
	if ((s->import && !frr_word_ok(s->import)) ||
	    (s->export && !frr_word_ok(s->export)))
		return err_set(e, ERR_INVALID,
			       "session '%s': a policy has no name that FRR "
			       "takes",
			       r->name);
	if (s->local_asn && t->asn && s->local_asn != t->asn)
		return err_set(e, ERR_INVALID,
			       "session '%s': local AS %u is not the edge's "
			       "own, %u",
			       r->name, s->local_asn, t->asn);
	if (s->bfd_interval_ms &&
	    (s->bfd_interval_ms < 50 || s->bfd_interval_ms > 60000 ||
	     s->bfd_multiplier == 1 || s->bfd_multiplier > 255))
		return err_set(e, ERR_INVALID,
			       "session '%s': BFD takes 50 to 60000 ms and a "
			       "multiplier of 2 to 255",
			       r->name);
	return true;
}

/* ---- pieces of a change ---- */

struct lines {
	struct buf before; /* of the neighbor: closing */
	struct buf neighbor;
	struct buf family; /* inside its address-family */
	struct buf after;  /* of the neighbor: opening */
	struct buf clear;
};

static void lines_done(struct lines *l)
{
	buf_done(&l->before);
	buf_done(&l->neighbor);
	buf_done(&l->family);
	buf_done(&l->after);
	buf_done(&l->clear);
}

static void lines_put(const struct lines *l, uint32_t asn, const char *addr,
		      struct buf *out)
{
	if (!l->before.len && !l->neighbor.len && !l->family.len &&
	    !l->after.len)
		return;
	buf_printf(out, "configure terminal\nrouter bgp %u\n%s%s", asn,
		   buf_str(&l->before), buf_str(&l->neighbor));
	if (l->family.len)
		buf_printf(out, " address-family %s\n%s exit-address-family\n",
			   frr_family(addr), buf_str(&l->family));
	buf_printf(out, "%sexit\nend\n%s", buf_str(&l->after),
		   buf_str(&l->clear));
}

static void put_bfd(const struct state_session *s, struct buf *out)
{
	buf_printf(out, " neighbor %s bfd %u %u %u\n", s->neighbor,
		   s->bfd_multiplier ? s->bfd_multiplier : 3,
		   s->bfd_interval_ms, s->bfd_interval_ms);
}

static void put_timers(const struct state_session *s, struct buf *out)
{
	uint32_t hold = s->hold_s ? s->hold_s : s->keepalive_s * 3;
	uint32_t keep = s->keepalive_s ? s->keepalive_s : hold / 3;

	buf_printf(out, " neighbor %s timers %u %u\n", s->neighbor, keep, hold);
}

/* A password that the plan does not know cannot be restored: apply() says so.
 */
static void put_password(const struct state_session *s, struct buf *out)
{
	buf_printf(out, " neighbor %s password <secret %s>\n", s->neighbor,
		   s->secret && *s->secret ? s->secret : "unknown");
}

/* ---- one binding ---- */

static bool differ(const char *from, const char *to)
{
	return to && (!from || strcmp(from, to) != 0);
}

static void put_binding(const char *addr, const char *from, const char *to,
			const char *dir, struct lines *l)
{
	if (to)
		buf_printf(&l->family, "  neighbor %s route-map %s %s\n", addr,
			   to, dir);
	else
		buf_printf(&l->family, "  no neighbor %s route-map %s %s\n",
			   addr, from, dir);
	buf_printf(&l->clear, "clear bgp %s %s soft %s\n", frr_family(addr),
		   addr, dir);
}

/* ---- birth and death ---- */

static void birth(const char *name, const struct state_session *s,
		  struct lines *l)
{
	struct buf *n = &l->neighbor;

	buf_printf(n, " neighbor %s remote-as %u\n", s->neighbor, s->asn);
	buf_printf(n, " neighbor %s shutdown\n", s->neighbor);
	buf_printf(n, " neighbor %s description %s%s\n", s->neighbor,
		   FRR_OWN_SESSION, name);
	if ((s->secret && *s->secret) || s->secret_digest)
		put_password(s, n);
	if (s->hold_s || s->keepalive_s)
		put_timers(s, n);
	buf_printf(n, " neighbor %s timers connect %d\n", s->neighbor,
		   CONNECT_RETRY_S);
	if (s->bfd_interval_ms)
		put_bfd(s, n);
	if (strchr(s->neighbor, ':'))
		buf_printf(n,
			   " address-family ipv4 unicast\n"
			   "  no neighbor %s activate\n"
			   " exit-address-family\n",
			   s->neighbor);
	buf_printf(&l->family,
		   "  neighbor %s activate\n"
		   "  neighbor %s soft-reconfiguration inbound\n",
		   s->neighbor, s->neighbor);
	if (s->import)
		buf_printf(&l->family, "  neighbor %s route-map %s in\n",
			   s->neighbor, s->import);
	if (s->export)
		buf_printf(&l->family, "  neighbor %s route-map %s out\n",
			   s->neighbor, s->export);
	if (s->enabled)
		buf_printf(&l->after, " no neighbor %s shutdown\n",
			   s->neighbor);
}

static bool check_birth(const struct resource *to, struct err *e)
{
	const struct state_session *s = &to->session;

	if (!s->ours)
		return err_set(e, ERR_REFUSED,
			       "session '%s' with '%s' is not on the device "
			       "and is not cutover's to create",
			       to->name, s->neighbor);
	if (!s->asn || !s->import || !s->export)
		return err_set(e, ERR_INVALID,
			       "session '%s' cannot be created without the "
			       "neighbor's AS and both policies",
			       to->name);
	return true;
}

/* ---- changes of one that is there ---- */

/* What was computed and not observed has no digest: the name decides. */
static bool has_secret(const struct state_session *s, const char *name,
		       const char *digest)
{
	if (s->secret_digest)
		return !differ(s->secret_digest, digest);
	return s->secret && strcmp(s->secret, name) == 0;
}

static void change_own(const struct state_session *from,
		       const struct state_session *to, struct lines *l)
{
	if (to->secret && *to->secret &&
	    !has_secret(from, to->secret, to->secret_digest))
		put_password(to, &l->neighbor);
	if ((to->hold_s && to->hold_s != from->hold_s) ||
	    (to->keepalive_s && to->keepalive_s != from->keepalive_s))
		put_timers(to, &l->neighbor);
	if (to->bfd_interval_ms &&
	    (to->bfd_interval_ms != from->bfd_interval_ms ||
	     (to->bfd_multiplier &&
	      to->bfd_multiplier != from->bfd_multiplier)))
		put_bfd(to, &l->neighbor);
}

static void change(const struct state_session *from,
		   const struct state_session *to, bool exact, struct lines *l)
{
	const char *addr = from->neighbor;

	if (from->enabled && !to->enabled)
		buf_printf(&l->before, " neighbor %s shutdown\n", addr);
	if (!from->enabled && to->enabled)
		buf_printf(&l->after, " no neighbor %s shutdown\n", addr);
	if (from->ours)
		change_own(from, to, l);
	if (differ(from->import, to->import) ||
	    (exact && from->import && !to->import))
		put_binding(addr, from->import, to->import, "in", l);
	if (differ(from->export, to->export) ||
	    (exact && from->export && !to->export))
		put_binding(addr, from->export, to->export, "out", l);
}

/*
 * Going back, a binding that was not there before goes away; `to` is then a
 * state that was observed, and what it leaves empty is not there.
 */
static bool observed(const struct resource *r)
{
	return r->session.state != NULL;
}

bool frr_session_render(uint32_t asn, const struct resource *from,
			const struct resource *to, struct buf *out,
			struct err *e)
{
	struct lines l = {0};
	const char *addr = to->session.neighbor;
	bool ok = true;

	if (from->present && !to->present && !from->session.ours)
		return err_set(e, ERR_REFUSED,
			       "session '%s' with '%s' was not created by "
			       "cutover and is not removed",
			       to->name, from->session.neighbor);
	if (!addr)
		addr = from->session.neighbor;
	if (!from->present && to->present) {
		ok = check_birth(to, e);
		if (ok)
			birth(to->name, &to->session, &l);
	} else if (from->present && !to->present) {
		buf_printf(&l.neighbor, " no neighbor %s\n", addr);
	} else if (from->present && to->session.asn &&
		   to->session.asn != from->session.asn) {
		ok = err_set(e, ERR_REFUSED,
			     "session '%s' with '%s' is there with AS %u, not "
			     "%u; remove it first",
			     to->name, addr, from->session.asn,
			     to->session.asn);
	} else if (from->present) {
		change(&from->session, &to->session, observed(to), &l);
	}
	if (ok)
		lines_put(&l, asn, addr, out);
	lines_done(&l);
	return ok;
}
