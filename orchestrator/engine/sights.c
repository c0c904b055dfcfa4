/*
 * sights.c - remembering what was seen, and finding what is wrong now
 *
 * Invariants: every finding is made when a look comes in, and stands until the
 * next look at the same thing; a target that is being changed is not judged,
 * and the first look after a change is what later ones are compared with,
 * except that a session must not lose everything.
 */
#include "orchestrator/engine/sights.h"

#include <inttypes.h>
#include <string.h>

#define GRACE_US                                                               \
	10000000    /* beyond the window, until a target counts as blind */
#define RESTART_S 5 /* an uptime that falls by more is another session */

/* What is remembered of one thing on one target. */
struct sight {
	char *target, *name;
	enum resource_kind kind;
	bool was_up, fresh; /* fresh: nothing to compare with yet */
	uint64_t uptime_s, packets;
	uint32_t received, accepted, sent; /* the most since the last change */
	int64_t seen_us;
	char *digest;
	char *found[PLAN_OVER_VNET + 1]; /* what is wrong, by guard's word */
	uint32_t fell;			 /* prefixes fewer than before */
	bool none;			 /* none are left */
	uint64_t rate;			 /* packets/s that came in */
};

struct sight_target {
	char *name, *why;
	int64_t seen_us;
	bool changing;
};

struct sights {
	const struct plan *plan;
	struct sight *v;
	size_t n, cap;
	struct sight_target *targets;
	size_t n_targets, cap_targets;
	int64_t start_us;
	bool moved;
};

struct sights *sights_new(const struct plan *p, int64_t now_us)
{
	struct sights *s = mem_alloc(sizeof(*s));

	s->plan = p;
	s->start_us = now_us;
	return s;
}

static void clear_found(struct sight *x)
{
	for (size_t i = 0; i < ARRAY_LEN(x->found); i++) {
		free(x->found[i]);
		x->found[i] = NULL;
	}
	x->fell = 0;
	x->none = false;
	x->rate = 0;
}

void sights_free(struct sights *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		clear_found(&s->v[i]);
		free(s->v[i].target);
		free(s->v[i].name);
		free(s->v[i].digest);
	}
	for (size_t i = 0; i < s->n_targets; i++) {
		free(s->targets[i].name);
		free(s->targets[i].why);
	}
	free(s->targets);
	free(s->v);
	free(s);
}

/* ---- what to look at ---- */

static bool any_over(const struct plan *p, enum plan_over over)
{
	for (size_t i = 0; i < p->n_guards; i++)
		if (p->guards[i].over == over)
			return true;
	return false;
}

static bool is_wanted(const struct plan *p, enum resource_kind kind)
{
	switch (kind) {
	case RESOURCE_SESSION:
		return any_over(p, PLAN_OVER_SESSIONS) ||
		       any_over(p, PLAN_OVER_PREFIXES) ||
		       any_over(p, PLAN_OVER_MAINTENANCE);
	case RESOURCE_TUNNEL:
		return any_over(p, PLAN_OVER_TUNNELS);
	case RESOURCE_VNET:
		return any_over(p, PLAN_OVER_VNET);
	default:
		return false;
	}
}

/* The circuit's interfaces on this edge. */
static void want_interfaces(const struct plan *p, const char *target,
			    struct resource_set *ret)
{
	for (size_t c = 0; c < p->n_circuits; c++) {
		const struct plan_circuit *ci = &p->circuits[c];

		for (size_t i = 0; i < ci->n_links * ci->n_peerings; i++) {
			const struct plan_link *l =
				&ci->links[i / ci->n_peerings];
			const struct plan_peering *pe =
				&ci->peerings[i % ci->n_peerings];
			const char *name =
				pe->on ? pe->on[i / ci->n_peerings].interface : NULL;

			if (name && !strcmp(p->edges[l->edge].name, target) &&
			    !resource_set_find(ret, RESOURCE_INTERFACE, name))
				resource_set_add(ret, RESOURCE_INTERFACE, name);
		}
	}
}

void sights_want(const struct plan *p, const char *target,
		 const struct resource_set *watch, struct resource_set *ret)
{
	for (size_t i = 0; watch && i < watch->n; i++) {
		struct resource *r;

		if (!is_wanted(p, watch->v[i].kind))
			continue;
		r = resource_set_add_copy(ret, &watch->v[i]);
		if (r->kind != RESOURCE_SESSION)
			continue;
		state_list_done(&r->session.sent); /* numbers are enough */
		state_list_done(&r->session.received);
		if (any_over(p, PLAN_OVER_MAINTENANCE) &&
		    strchr(r->name, '/')) /* paths come with the routes */
			state_list_add(&r->session.received, "*");
	}
	if (any_over(p, PLAN_OVER_COUNTERS))
		want_interfaces(p, target, ret);
}

void sights_want_paths(const struct plan *p, const char *target,
		       const struct resource_set *watch,
		       struct resource_set *ret)
{
	for (size_t i = 0; i < watch->n; i++) {
		enum resource_kind kind = watch->v[i].kind;
		struct resource *r;

		if (kind != RESOURCE_SESSION && kind != RESOURCE_TUNNEL &&
		    kind != RESOURCE_ROUTE)
			continue;
		r = resource_set_add_copy(ret, &watch->v[i]);
		if (kind != RESOURCE_SESSION)
			continue;
		state_list_done(&r->session.sent);
		state_list_done(&r->session.received);
	}
	want_interfaces(p, target, ret);
}

/* ---- targets ---- */

static struct sight_target *target_of(const struct sights *s, const char *name)
{
	for (size_t i = 0; i < s->n_targets; i++)
		if (strcmp(s->targets[i].name, name) == 0)
			return &s->targets[i];
	return NULL;
}

void sights_expect(struct sights *s, const char *target)
{
	if (target_of(s, target))
		return;
	MEM_GROW(s->targets, s->n_targets, s->cap_targets);
	s->targets[s->n_targets++] = (struct sight_target){
		.name = mem_strdup(target), .seen_us = s->start_us};
}

void sights_change(struct sights *s, const char *target, bool under_way,
		   int64_t now_us)
{
	struct sight_target *t = target_of(s, target);

	if (!t)
		return;
	t->changing = under_way;
	t->seen_us = now_us; /* patience begins anew */
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].target, target) == 0)
			s->v[i].fresh = true;
}

void sights_moved(struct sights *s)
{
	s->moved = true;
}

/* ---- looks ---- */

static struct sight *sight_of(struct sights *s, const char *target,
			      const struct resource *r)
{
	struct sight *x;

	for (size_t i = 0; i < s->n; i++) {
		x = &s->v[i];
		if (x->kind == r->kind && strcmp(x->name, r->name) == 0 &&
		    strcmp(x->target, target) == 0)
			return x;
	}
	MEM_GROW(s->v, s->n, s->cap);
	x = &s->v[s->n++];
	*x = (struct sight){.target = mem_strdup(target),
			    .name = mem_strdup(r->name),
			    .kind = r->kind,
			    .fresh = true};
	return x;
}

static void see_up(struct sight *x, const struct state_session *n)
{
	bool up = n->state && strcmp(n->state, "Established") == 0;

	if (!up && x->was_up)
		x->found[PLAN_OVER_SESSIONS] = mem_format(
			"session '%s' on '%s' is %s; it was Established",
			x->name, x->target, n->state ? n->state : "gone");
	else if (up && x->was_up && n->uptime_s + RESTART_S < x->uptime_s)
		x->found[PLAN_OVER_SESSIONS] = mem_format(
			"session '%s' on '%s' was reset: it is up for %" PRIu64
			" s, and was for %" PRIu64 " s",
			x->name, x->target, n->uptime_s, x->uptime_s);
	x->was_up |= up;
	if (up)
		x->uptime_s = n->uptime_s;
}

static void fall(struct sight *x, const char *what, uint32_t now,
		 uint32_t *most)
{
	if (x->fresh ? (now == 0 && *most > 0 && what[0] == 'r')
		     : now < *most) {
		uint32_t fell = *most - now;

		if (fell > x->fell) {
			free(x->found[PLAN_OVER_PREFIXES]);
			x->found[PLAN_OVER_PREFIXES] = mem_format(
				"session '%s' on '%s' %s %u prefixes; it were "
				"%u",
				x->name, x->target, what, now, *most);
			x->fell = fell;
		}
		x->none |= now == 0;
		return; /* what was lost is still missed at the next look */
	}
	*most = now;
}

static void see_prefixes(struct sight *x, const struct state_session *n)
{
	if (!n->state || strcmp(n->state, "Established") != 0)
		return; /* that is the guard over sessions' */
	fall(x, "receives", n->prefixes_received, &x->received);
	fall(x, "accepts", n->prefixes_accepted, &x->accepted);
	fall(x, "announces", n->prefixes_sent, &x->sent);
}

static uint32_t max_path_of(const struct plan *p, const char *session)
{
	for (size_t c = 0; c < p->n_circuits; c++)
		for (size_t i = 0; i < p->circuits[c].n_peerings; i++) {
			const struct plan_peering *pe =
				&p->circuits[c].peerings[i];
			size_t n = strlen(p->circuits[c].name);
			const char *last = strrchr(session, '/');

			if (last && strcmp(last + 1, pe->name) == 0 &&
			    strncmp(session, p->circuits[c].name, n) == 0 &&
			    session[n] == '/')
				return pe->max_path;
		}
	return 0;
}

static void see_path(const struct plan *p, struct sight *x,
		     const struct state_session *n)
{
	uint32_t most = max_path_of(p, x->name);
	size_t hops = n->as_path && *n->as_path;

	for (const char *c = n->as_path; c && *c; c++)
		hops += *c == ' ';
	if (most && hops > most)
		x->found[PLAN_OVER_MAINTENANCE] = mem_format(
			"session '%s' on '%s' shows AS path '%s': the provider "
			"drains the link",
			x->name, x->target, n->as_path);
}

static void see_session(const struct sights *s, struct sight *x,
			const struct resource *r)
{
	if (!r->present || !r->session.enabled) { /* it is meant to be down */
		x->was_up = false;
		x->received = x->accepted = x->sent = 0;
		return;
	}
	see_up(x, &r->session);
	see_prefixes(x, &r->session);
	see_path(s->plan, x, &r->session);
}

static void see_tunnel(struct sight *x, const struct resource *r)
{
	bool up = r->present && r->tunnel.up;

	if (!up && x->was_up)
		x->found[PLAN_OVER_TUNNELS] =
			mem_format("tunnel '%s' is down; it was up", x->name);
	x->was_up |= up;
}

static void see_interface(const struct sights *s, struct sight *x,
			  const struct resource *r, int64_t now_us)
{
	uint64_t packets = r->interface.rx_packets;
	int64_t span = now_us - x->seen_us;

	if (r->present && x->seen_us && packets >= x->packets && span > 0)
		x->rate = (packets - x->packets) * 1000000 / (uint64_t)span;
	x->packets = packets;
	if (x->rate && !s->moved)
		x->found[PLAN_OVER_COUNTERS] = mem_format(
			"interface '%s' on '%s' receives %" PRIu64
			" packets/s; nothing has been moved to the circuit yet",
			x->name, x->target, x->rate);
}

static void see_vnet(struct sight *x, const struct resource *r, const char *why)
{
	const char *now = r->present ? r->vnet.digest : "gone";

	if (!x->digest)
		x->digest = mem_strdup(now);
	else if (!now || strcmp(x->digest, now) != 0)
		x->found[PLAN_OVER_VNET] = mem_format(
			"virtual network '%s' is not what it was%s%s", x->name,
			why ? ": " : "", why ? why : "");
}

static void see(struct sights *s, int64_t now_us, const char *target,
		const struct resource *r, const char *why)
{
	struct sight *x = sight_of(s, target, r);

	clear_found(x);
	switch (r->kind) {
	case RESOURCE_SESSION:
		see_session(s, x, r);
		break;
	case RESOURCE_TUNNEL:
		see_tunnel(x, r);
		break;
	case RESOURCE_INTERFACE:
		see_interface(s, x, r, now_us);
		break;
	case RESOURCE_VNET:
		see_vnet(x, r, why);
		break;
	default:
		break;
	}
	x->fresh = false;
	x->seen_us = now_us;
}

void sights_feed(struct sights *s, int64_t now_us, const char *target,
		 const struct resource_set *seen, const char *why)
{
	struct sight_target *t;

	sights_expect(s, target);
	t = target_of(s, target);
	free(t->why);
	t->why = NULL;
	if (!seen) {
		t->why = mem_strdup(why);
		return;
	}
	t->seen_us = now_us;
	if (t->changing) /* half-way through is neither before nor after */
		return;
	for (size_t i = 0; i < seen->n; i++)
		see(s, now_us, target, &seen->v[i], why);
}

/* ---- verdicts ---- */

static bool is_breach(const struct sight *x, const struct plan_guard *rule)
{
	if (!x->found[rule->over])
		return false;
	if (rule->over == PLAN_OVER_PREFIXES)
		return x->none || x->fell > rule->drop;
	return rule->over != PLAN_OVER_COUNTERS || x->rate > rule->packets;
}

static bool concerns(const struct sights *s, const char *target,
		     const struct plan_guard *rule)
{
	const struct plan *p = s->plan;

	if (rule->over == PLAN_OVER_VNET)
		return p->vnet.name && strcmp(p->vnet.name, target) == 0;
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (strcmp(p->tunnels[i].name, target) == 0)
			return rule->over == PLAN_OVER_TUNNELS;
	for (size_t i = 0; i < p->n_edges; i++)
		if (strcmp(p->edges[i].name, target) == 0)
			return rule->over != PLAN_OVER_TUNNELS;
	return false;
}

static bool is_blind(const struct sights *s, const struct plan_guard *rule,
		     int64_t now_us, struct buf *why)
{
	int64_t patience = (int64_t)rule->window_ms * 1000 + GRACE_US;

	for (size_t i = 0; i < s->n_targets; i++) {
		const struct sight_target *t = &s->targets[i];
		int64_t ago = now_us - t->seen_us;

		if (t->changing || ago <= patience ||
		    !concerns(s, t->name, rule))
			continue;
		buf_printf(why,
			   "guard '%s' is blind: '%s' could not be looked at "
			   "for %lld s%s%s",
			   rule->name, t->name, (long long)ago / 1000000,
			   t->why ? ": " : "", t->why ? t->why : "");
		return true;
	}
	return false;
}

enum guard_verdict sights_judge(const struct sights *s,
				const struct plan_guard *rule, int64_t now_us,
				struct buf *why)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!is_breach(&s->v[i], rule))
			continue;
		buf_printf(why, "guard '%s': %s", rule->name,
			   s->v[i].found[rule->over]);
		return GUARD_BREACH;
	}
	return is_blind(s, rule, now_us, why) ? GUARD_BLIND : GUARD_PASS;
}
