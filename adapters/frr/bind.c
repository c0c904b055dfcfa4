/*
 * bind.c - binding policies at once, for an emergency
 *
 * One exchange, and in it one vtysh, since starting that is most of what a
 * change costs: the two bindings of each session, the soft clears that make
 * them act, and the timers disarmed afterwards, so that no watchdog takes it
 * back.  Generations are staged long before, so nothing else is needed.
 *
 * No look is made: a session that is not there, or a line that FRR does not
 * take, is an answer other than APPLIED, and the caller goes the long way.
 * Threads: the adapter's.
 */
#include <string.h>

#include "adapters/frr/edge.h"
#include "adapters/frr/guard.h"
#include "adapters/frr/session.h"

/* As if nothing were bound: both directions are told anew. */
static bool put_session(const struct target *t, const struct resource *want,
			struct buf *out, struct err *e)
{
	struct resource from = {
		.kind = want->kind, .name = want->name, .present = true};

	if (want->kind != RESOURCE_SESSION || !want->present ||
	    !want->session.import || !want->session.export)
		return err_set(e, ERR_RETRY, "'%s' is more than two bindings",
			       want->name);
	from.session.neighbor = want->session.neighbor;
	from.session.enabled = want->session.enabled;
	from.session.asn = want->session.asn;
	return frr_session_check(t, want, e) &&
	       frr_session_render(t->asn, &from, want, out, e);
}

static bool put_script(struct adapter_ctx *c, const struct resource_set *want,
		       struct buf *lines, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < want->n; i++)
		if (!put_session(c->target, &want->v[i], lines, e))
			return false;
	watchdog_script(c->target, out);
	buf_puts(out, "part() {\n");
	if (!frr_part_script("vtysh", buf_str(lines), true, out, e))
		return false;
	buf_puts(out,
		 "}\n"
		 "o=$(part 2>&1) || { printf '%s\\n' \"$o\" >&2; exit 1; }\n"
		 "! printf '%s\\n' \"$o\" | grep '^% ' >&2 || exit 1\n");
	watchdog_disarm(out);
	return true;
}

enum outcome frr_bind(struct adapter_ctx *c, const struct resource_set *want,
		      const char *key, struct err *e)
{
	struct device_result res = {.rc = -1};
	buf_auto script = BUF_INIT;
	buf_auto lines = BUF_INIT;
	enum outcome o = OUTCOME_RETRY;

	frr_view_forget(c);
	if (!put_script(c, want, &lines, &script, e))
		return o;
	if (c->trace)
		c->trace(c->trace_arg, "vtysh", buf_str(&lines));
	o = device_change(frr_of(c)->device, c->epoch, key, buf_str(&script),
			  c->deadline_us, &res, e);
	if (o == OUTCOME_REFUSED && res.rc > 0)
		o = OUTCOME_UNKNOWN; /* lines before the bad one may stand */
	if (o == OUTCOME_APPLIED)
		frr_of(c)->armed = false;
	device_result_done(&res);
	return o;
}
