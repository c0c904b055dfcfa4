/*
 * prove_whole.c - what concerns the plan as a whole, not one state of it
 *
 * The window with its worst rollback; packet sizes of the two ways; how cutover
 * itself reaches what it steers.
 */
#include <string.h>

#include "orchestrator/steps/policy.h"
#include "orchestrator/twin/build_prefix.h"
#include "orchestrator/twin/prove_parts.h"

#define DEVICE_MS 5000 /* a change, verified, as it mostly goes */
#define LOOK_MS 1000
#define TCP_IP4 40 /* header bytes of TCP over IPv4 */
#define TCP_IP6 60

/* ---- time ---- */

int64_t prove_planned_ms(const struct step *s)
{
	switch (s->kind) {
	case STEP_SOAK:
		return s->soak_ms;
	case STEP_ENSURE:
	case STEP_SAVE:
		return DEVICE_MS;
	case STEP_WAIT:
		return LOOK_MS;
	default:
		return 0;
	}
}

int64_t prove_worst_ms(const struct plan *p, const struct step *s)
{
	switch (s->kind) {
	case STEP_SOAK:
		return s->soak_ms;
	case STEP_ENSURE:
		return (int64_t)p->timeouts.command_ms + s->timeout_ms;
	case STEP_SAVE:
		return p->timeouts.command_ms;
	case STEP_WAIT:
		return s->timeout_ms;
	default:
		return 0;
	}
}

static void count_time(const struct prover *p, struct prove_time *ret)
{
	const struct plan *plan = p->t->plan;
	const struct program *g = p->t->program;

	for (size_t i = 0; i < g->n; i++) {
		int64_t back = 0;

		for (size_t k = 0; k < g->v[i].steps.n; k++)
			ret->forward += prove_planned_ms(&g->v[i].steps.v[k]);
		for (size_t k = 0; k < g->v[i].undo.n; k++)
			back += prove_worst_ms(plan, &g->v[i].undo.v[k]);
		if (plan->rollback.to_start)
			ret->rollback += back;
		else if (back > ret->rollback)
			ret->rollback = back;
	}
	if (plan->window_end_us)
		ret->window =
			(plan->window_end_us - plan->window_start_us) / 1000;
}

static void judge_time(struct prover *p)
{
	struct prove_time *t = &p->out->time;

	count_time(p, t);
	if (!t->window || t->forward + t->rollback <= t->window)
		return;
	prove_say(p, PROVE_ERROR, "window-budget", "window", NULL,
		  "lengthen the window, shorten soaks or timeouts, or move "
		  "fewer groups",
		  "the steps take %lld s, the worst way back %lld s, and the "
		  "window has %lld s",
		  (long long)t->forward / 1000, (long long)t->rollback / 1000,
		  (long long)t->window / 1000);
}

/* ---- packet sizes ---- */

static uint32_t circuit_mtu(const struct prover *p,
			    const struct plan_circuit *c)
{
	return c->mtu ? c->mtu : p->t->provider->circuit_mtu;
}

static uint32_t tunnel_mtu(const struct prover *p, const struct plan_tunnel *t)
{
	return t->mtu ? t->mtu : p->t->provider->tunnel_mtu;
}

static uint32_t least_tunnel(const struct prover *p, const char **ret_name)
{
	const struct plan *plan = p->t->plan;
	uint32_t least = 0;

	for (size_t i = 0; i < plan->n_tunnels; i++) {
		uint32_t mtu = tunnel_mtu(p, &plan->tunnels[i]);

		if (mtu && (!least || mtu < least)) {
			least = mtu;
			*ret_name = plan->tunnels[i].name;
		}
	}
	return least;
}

/* The clamp is one number, the headers of IPv6 are longer. */
static uint32_t header_of(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_groups; i++)
		for (size_t k = 0; k < plan->groups[i].cloud.n; k++)
			if (strchr(plan->groups[i].cloud.v[k], ':'))
				return TCP_IP6;
	return TCP_IP4;
}

/* A flow that was opened on the circuit must fit into the tunnel later. */
static void judge_mtu(struct prover *p)
{
	const struct plan *plan = p->t->plan;
	const char *tunnel = "";
	uint32_t small = least_tunnel(p, &tunnel), wide = 0;
	uint32_t header = header_of(plan);

	for (size_t i = 0; i < plan->n_circuits; i++)
		if (circuit_mtu(p, &plan->circuits[i]) > wide)
			wide = circuit_mtu(p, &plan->circuits[i]);
	if (!small || !wide) {
		prove_assume(p, "mtu",
			     "the packet sizes of circuit and tunnels are not "
			     "known: whether flows survive the way back was "
			     "not looked at");
		return;
	}
	if (wide <= small)
		return;
	if (!plan->site.mss)
		prove_say(p, PROVE_WARNING, "mtu-mss", tunnel, NULL,
			  "clamp the MSS on the site's LAN side, and say so "
			  "with 'mss' in 'site'",
			  "a connection that opens on the circuit (MTU %u) may "
			  "send %u bytes and hang when it moves back to tunnel "
			  "'%s' (MTU %u); nothing in the plan says that the "
			  "site clamps the TCP MSS to %u or less",
			  wide, wide, tunnel, small, small - header);
	else if (plan->site.mss + header > small)
		prove_say(p, PROVE_ERROR, "mtu-mss", tunnel, NULL,
			  "clamp the MSS lower",
			  "the site clamps the TCP MSS to %u: packets of %u "
			  "bytes, opened on the circuit (MTU %u), do not fit "
			  "into tunnel '%s' (MTU %u) when they move back",
			  plan->site.mss, plan->site.mss + header, wide, tunnel,
			  small);
}

/* ---- the hand that steers ---- */

/* 'qemu+ssh://root@192.0.2.7:22/system' -> '192.0.2.7'; NULL: no host. */
static char *uri_host(const char *uri)
{
	const char *at = uri ? strstr(uri, "://") : NULL, *user, *end;

	if (!at || at[3] == '/' || !at[3])
		return NULL;
	at += 3;
	user = strchr(at, '@');
	end = strchr(at, '/');
	if (user && (!end || user < end))
		at = user + 1;
	if (*at == '[')
		return mem_strndup(at + 1, strcspn(at + 1, "]"));
	return mem_strndup(at, strcspn(at, ":/"));
}

static void judge_host(struct prover *p, const char *what, const char *name,
		       const char *host)
{
	const struct plan *plan = p->t->plan;
	struct prefix a;

	if (!host)
		return;
	if (!prefix_parse_addr(host, &a, NULL)) {
		prove_assume(p, "management-names",
			     "names of management hosts ('%s') are not "
			     "resolved: they are taken to lie outside of what "
			     "moves",
			     host);
		return;
	}
	for (size_t g = 0; g < plan->n_groups; g++)
		for (size_t i = 0; i < plan->groups[g].cloud.n; i++) {
			struct prefix c;

			if (!prefix_parse(plan->groups[g].cloud.v[i], &c,
					  NULL) ||
			    !prefix_contains(&c, &a))
				continue;
			prove_say(p, PROVE_ERROR, "management-path", name, NULL,
				  "reach it by an address that does not "
				  "depend on what moves",
				  "%s '%s' is steered at %s, in %s: the way "
				  "there moves with group '%s'",
				  what, name, host, plan->groups[g].cloud.v[i],
				  plan->groups[g].name);
			return;
		}
}

static void judge_management(struct prover *p)
{
	const struct plan *plan = p->t->plan;

	for (size_t i = 0; i < plan->n_edges; i++)
		judge_host(p, "edge", plan->edges[i].name,
			   plan->edges[i].ssh.host);
	for (size_t i = 0; i < plan->n_circuits; i++) {
		mem_auto_free char *host = uri_host(plan->circuits[i].uri);

		judge_host(p, "circuit", plan->circuits[i].name, host);
	}
	if (plan->vnet.name) {
		mem_auto_free char *host = uri_host(plan->vnet.uri);

		judge_host(p, "virtual network", plan->vnet.name, host);
	}
}

/* ---- what the plan could say and does not ---- */

static void assume_the_rest(struct prover *p)
{
	const struct plan *plan = p->t->plan;
	bool bandwidth = true, peaks = true, remotes = true;

	for (size_t i = 0; i < plan->n_circuits; i++)
		bandwidth &= plan->circuits[i].bandwidth > 0;
	for (size_t i = 0; i < plan->n_groups; i++)
		peaks &= plan->groups[i].peak > 0;
	for (size_t i = 0; i < plan->n_tunnels; i++)
		remotes &= plan->tunnels[i].remote != NULL;
	if (!bandwidth || !peaks)
		prove_assume(p, "capacity",
			     "every link carries everything alone: circuits' "
			     "'bandwidth' and groups' 'peak' are not all in "
			     "the plan");
	if (!remotes && p->t->public_host >= 0)
		prove_assume(p, "tunnel-remote",
			     "the tunnels' outer addresses are not in the "
			     "plan ('remote'): they are taken to lie outside "
			     "of what the public peering announces");
}

/* A provider that owns layer 3 moves routes by himself, when he pleases; unless
 * it is we who announce them to his routers. */
static void judge_owner(struct prover *p)
{
	const struct plan *plan = p->t->plan;
	buf_auto names = BUF_INIT;

	for (size_t i = 0; i < plan->n_circuits; i++)
		if (!policy_has_session(&plan->circuits[i]))
			buf_printf(&names, "%s'%s'", names.len ? ", " : "",
				   plan->circuits[i].name);
	if (!names.len)
		return;
	p->out->unknown = mem_format(
		"the provider of circuit %s owns layer 3: what he announces, "
		"where to, and when he moves it is neither in the plan nor "
		"cutover's doing, so the ways that pairs take after the "
		"gateway is attached are not known",
		buf_str(&names));
}

void prove_whole(struct prover *p)
{
	judge_owner(p);
	judge_time(p);
	judge_mtu(p);
	judge_management(p);
	assume_the_rest(p);
}
