/*
 * observe.c - one script that reads everything that is asked for
 *
 * One run of vtysh and a few of `ip`, whatever the number of resources: what a
 * step waits for is looked at many times a second.  Whole tables are read only
 * for sessions whose 'sent' or 'received' was asked for with '*'.
 *
 * Threads: the adapter's.  Read-only on the device.
 */
#include <string.h>

#include "adapters/frr/config.h"
#include "adapters/frr/edge.h"
#include "adapters/frr/live.h"
#include "adapters/frr/pin.h"
#include "adapters/frr/policy.h"
#include "adapters/frr/session.h"
#include "adapters/transport/linux_interface.h"
#include "orchestrator/base/digest.h"
#include "orchestrator/model/prefix.h"

#define MATCHES 32 /* parents looked up one by one, more by the table */

struct look {
	struct adapter_ctx *ctx;
	const struct resource_set *want;
	struct resource_set *ret;
	struct frr_answers answers;
	struct frr_config config;
	bool vtysh; /* is FRR itself asked? */
};

/* ---- names of what is asked ---- */

static char *show_neighbor(const char *addr)
{
	return mem_format("show bgp neighbors %s json", addr);
}

static char *show_routes(const char *addr, const char *which)
{
	return mem_format("show bgp %s neighbors %s %s json", frr_family(addr),
			  addr, which);
}

static char *show_rib(const char *prefix)
{
	return mem_format("show %s route %s json",
			  strchr(prefix, ':') ? "ipv6" : "ip", prefix);
}

static char *show_bgp(const char *prefix)
{
	return mem_format("show bgp %s %s json", frr_family(prefix), prefix);
}

static bool asked(const struct state_list *l)
{
	return l->n == 1 && strcmp(l->v[0], "*") == 0;
}

/* ---- the script ---- */

static void ask(struct buf *vtysh, char *command)
{
	buf_printf(vtysh, " -c '%s'", command);
	free(command);
}

static void ask_session(const struct state_session *s, struct buf *vtysh,
			struct buf *shell)
{
	buf_printf(shell,
		   "echo; echo '@@ path %s'\n"
		   "ip -j route get %s 2>/dev/null\n",
		   s->neighbor, s->neighbor);
	ask(vtysh, show_neighbor(s->neighbor));
	if (asked(&s->sent))
		ask(vtysh, show_routes(s->neighbor, "advertised-routes"));
	if (asked(&s->received))
		ask(vtysh, show_routes(s->neighbor, "routes"));
	if (asked(&s->sent) || asked(&s->received))
		ask(vtysh, show_routes(s->neighbor, "received-routes"));
}

static void ask_route(const char *prefix, struct buf *vtysh, struct buf *shell)
{
	ask(vtysh, show_rib(prefix));
	ask(vtysh, show_bgp(prefix));
	buf_printf(shell,
		   "echo; echo '@@ kernel %s'\n"
		   "ip %s-j route show exact %s table main 2>/dev/null\n",
		   prefix, strchr(prefix, ':') ? "-6 " : "", prefix);
}

static void ask_pin(const struct state_static_route *s, struct buf *shell)
{
	if (s->prefixes.n > MATCHES) {
		buf_puts(shell, "echo; echo '@@ main'\n"
				"ip -j route show table main 2>/dev/null\n");
		return;
	}
	for (size_t i = 0; i < s->prefixes.n; i++)
		buf_printf(shell,
			   "echo; echo '@@ match %s'\n"
			   "ip -j route show match %s table main 2>/dev/null\n",
			   s->prefixes.v[i], s->prefixes.v[i]);
}

static bool ask_config(const struct look *l, struct buf *shell, struct err *e)
{
	const char *path =
		target_param(l->ctx->target, "frr_conf", "/etc/frr/frr.conf");

	buf_puts(shell, "echo; echo '@@ saved'\ncat ");
	if (!device_quote(shell, path, e))
		return false;
	buf_puts(shell, " 2>/dev/null\n");
	return true;
}

static bool build_script(struct look *l, struct buf *out, struct err *e)
{
	buf_auto vtysh = BUF_INIT;
	buf_auto shell = BUF_INIT;

	for (size_t i = 0; i < l->want->n; i++) {
		const struct resource *r = &l->want->v[i];

		l->vtysh |= r->kind != RESOURCE_INTERFACE;
		if (r->kind == RESOURCE_SESSION)
			ask_session(&r->session, &vtysh, &shell);
		else if (r->kind == RESOURCE_ROUTE)
			ask_route(r->name, &vtysh, &shell);
		else if (r->kind == RESOURCE_STATIC_ROUTE)
			ask_pin(&r->static_route, &shell);
		else if (r->kind == RESOURCE_CONFIG &&
			 !ask_config(l, &shell, e))
			return false;
	}
	/* the first two and the table are what apply() looks at */
	buf_printf(out,
		   "vtysh -E -c '" FRR_SHOW_CONFIG "' -c '" FRR_SHOW_SUMMARY
		   "'%s || exit 3\n"
		   "echo; echo '@@ table'\n"
		   "ip -j route show table %u 2>/dev/null\n"
		   "%s:\n",
		   buf_str(&vtysh), frr_pin_table(l->ctx->target),
		   buf_str(&shell));
	return true;
}

/* Only what cannot be anything but a prefix or an address goes to a shell. */
static bool check_words(const struct resource_set *want, struct err *e)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct resource *r = &want->v[i];
		struct prefix p;
		bool ok = true;

		if (r->kind == RESOURCE_SESSION)
			ok = r->session.neighbor &&
			     prefix_parse_addr(r->session.neighbor, &p, NULL);
		else if (r->kind == RESOURCE_ROUTE)
			ok = prefix_parse(r->name, &p, NULL);
		else if (r->kind == RESOURCE_STATIC_ROUTE)
			ok = frr_pin_check(r, e);
		if (!ok)
			return err_set(
				e, ERR_INVALID,
				"%s '%s' cannot be looked up: no address "
				"or prefix that identifies it",
				resource_kind_name(r->kind), r->name);
	}
	return true;
}

/* ---- what came back ---- */

static json_t *answer(struct look *l, char *name)
{
	json_t *j = frr_answers_json(&l->answers, name);

	free(name);
	return j;
}

static void fill_session(struct look *l, const struct resource *w,
			 struct resource *r)
{
	const char *addr = w->session.neighbor;

	r->session.neighbor = mem_strdup(addr);
	frr_session_observe(&l->config, l->ctx->target, r);
	frr_session_path(answer(l, mem_format("path %s", addr)), r);
	frr_session_live(answer(l, show_neighbor(addr)), addr, r);
	if (!r->present)
		return;
	if (asked(&w->session.sent))
		frr_session_sent(
			answer(l, show_routes(addr, "advertised-routes")), r);
	if (asked(&w->session.received))
		frr_session_accepted(answer(l, show_routes(addr, "routes")), r);
	frr_session_received(answer(l, show_routes(addr, "received-routes")),
			     r);
}

static void fill_pin(struct look *l, const struct resource *w,
		     struct resource *r)
{
	const struct state_list *v = &w->static_route.prefixes;
	frr_routes_auto table = {0};
	frr_routes_auto main = {0};
	struct frr_pin_facts facts = {.table = &table, .main = &main};

	frr_routes_add(&table, answer(l, mem_strdup("table")));
	frr_routes_add(&main, answer(l, mem_strdup("main")));
	for (size_t i = 0; i < v->n && v->n <= MATCHES; i++)
		frr_routes_add(&main,
			       answer(l, mem_format("match %s", v->v[i])));
	frr_routes_sort(&table);
	frr_routes_sort(&main);
	frr_pin_observe(&l->config, frr_pin_table(l->ctx->target), w, &facts,
			r);
}

static void fill_config(struct look *l, struct resource *r)
{
	struct state_config *s = &r->config;
	const char *saved = frr_answers_text(&l->answers, "saved");
	frr_config_auto disk = {0};
	char hex[DIGEST_HEX];

	s->text = frr_config_text(&l->config);
	s->foreign = frr_config_foreign(&l->config);
	digest_sha256_hex(s->text, strlen(s->text), hex);
	s->digest = mem_strdup(hex);
	s->saved = saved && frr_config_parse(saved, &disk, NULL) &&
		   frr_config_same(&l->config, &disk);
}

static void fill_route(struct look *l, struct resource *r)
{
	frr_route_observe(answer(l, show_rib(r->name)),
			  answer(l, show_bgp(r->name)),
			  answer(l, mem_format("kernel %s", r->name)), r);
}

static void fill(struct look *l, const struct resource *w)
{
	struct resource *r;

	if (w->kind == RESOURCE_INTERFACE)
		return;
	r = resource_set_add(l->ret, w->kind, w->name);
	switch (w->kind) {
	case RESOURCE_SESSION:
		fill_session(l, w, r);
		break;
	case RESOURCE_ROUTE_POLICY:
		frr_policy_observe(&l->config, frr_config_asn(&l->config), r);
		frr_policy_spell(w, r);
		break;
	case RESOURCE_STATIC_ROUTE:
		fill_pin(l, w, r);
		break;
	case RESOURCE_ROUTE:
		fill_route(l, r);
		break;
	case RESOURCE_CONFIG:
		fill_config(l, r);
		break;
	default:
		r->present = false;
	}
}

static bool read_frr(struct look *l, const char *script, struct err *e)
{
	struct device_result res = {0};
	const char *config;
	bool ok = frr_read(l->ctx, script, &res, e);

	if (ok) {
		frr_answers_cut(buf_str(&res.out), &l->answers);
		config = frr_answers_text(&l->answers, FRR_SHOW_CONFIG);
		ok = frr_config_parse(config ? config : "", &l->config, e);
	}
	device_result_done(&res);
	return ok;
}

static void remember(struct look *l)
{
	frr_view_remember(
		l->ctx, frr_answers_text(&l->answers, FRR_SHOW_CONFIG),
		&l->config, frr_answers_json(&l->answers, FRR_SHOW_SUMMARY),
		frr_answers_json(&l->answers, "table"));
}

bool frr_read(struct adapter_ctx *c, const char *script,
	      struct device_result *ret, struct err *e)
{
	if (c->trace)
		c->trace(c->trace_arg, "read", script);
	if (!device_read(frr_of(c)->device, c->epoch, script, c->deadline_us,
			 ret, e))
		return err_wrap(e, "'%s'", c->target->name);
	if (ret->rc == 0)
		return true;
	return err_set(e, ERR_INVALID,
		       "'%s': vtysh did not answer (%d): %.200s",
		       c->target->name, ret->rc, buf_str(&ret->err));
}

bool frr_observe(struct adapter_ctx *c, const struct resource_set *want,
		 struct resource_set *ret, struct err *e)
{
	resource_set_auto seen = {0};
	struct look l = {.ctx = c, .want = want, .ret = &seen};
	buf_auto script = BUF_INIT;
	bool ok;

	ok = check_words(want, e) && build_script(&l, &script, e) &&
	     (!l.vtysh || read_frr(&l, buf_str(&script), e));
	for (size_t i = 0; ok && i < want->n; i++)
		fill(&l, &want->v[i]);
	ok = ok && linux_interface_observe(frr_of(c)->device, c->epoch, want,
					   &seen, c->deadline_us, e);
	if (ok && l.vtysh)
		remember(&l);
	frr_answers_done(&l.answers);
	frr_config_done(&l.config);
	if (ok) {
		*ret = seen;
		seen = (struct resource_set){0};
	}
	return ok;
}
