/*
 * observe.c - a snapshot as the states of what was asked for
 *
 * Pure.  Policies and the identity of our sessions come from the include file
 * that runs; everything live, and whether a session is on, from the daemon.
 * Of a session that is not ours only what the daemon always tells is
 * identity: what it tells of an established one alone would make a shut
 * session look changed.
 */
#include "adapters/bird/observe.h"

#include <ctype.h>
#include <string.h>

#include "adapters/bird/name.h"
#include "adapters/bird/route.h"
#include "adapters/transport/linux_interface.h"
#include "orchestrator/base/digest.h"
#include "orchestrator/model/prefix.h"

/* ---- sessions ---- */

static const char *bgp_state(const struct bird_protocol *p)
{
	const char *s = p->bgp_state ? p->bgp_state : "";

	if (strcmp(s, "Passive") == 0)
		return "Active";
	if (!*s || strcmp(s, "Down") == 0 || strcmp(s, "Close") == 0)
		return "Idle";
	return s;
}

static void set_str(char **dst, const char *s)
{
	free(*dst);
	*dst = mem_strdup(s);
}

static void session_uptime(const struct bird_snapshot *s,
			   const struct bird_protocol *p,
			   struct state_session *x)
{
	int64_t ago =
		s->server_time ? bird_time_ago(p->since, s->server_time) : -1;

	if (ago < 0 || !bird_protocol_established(p))
		return;
	x->uptime_s = (uint64_t)ago;
	x->established_epoch_s =
		(uint64_t)bird_time_epoch(p->since, s->server_time, s->now);
}

static void session_live(const struct bird_snapshot *s,
			 const struct bird_protocol *p, struct state_session *x)
{
	const struct bird_section *bfd = bird_snapshot_find(s, "bfd");

	x->enabled = bird_protocol_enabled(p);
	set_str(&x->state, bgp_state(p));
	free(x->bfd_state);
	x->bfd_state = bird_bfd_state(bfd ? bfd->text : "", bfd ? bfd->len : 0,
				      x->neighbor);
	session_uptime(s, p, x);
	x->prefixes_sent = p->exported;
	x->prefixes_accepted = p->imported;
	x->prefixes_received = p->imported + p->filtered;
}

/* The longest AS path of what was received. */
static char *longest_path(const struct bird_section *x)
{
	const char *best = NULL, *end = x->text + x->len;
	size_t most = 0, len = 0;

	for (const char *p = x->text; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p), words = n > 0;

		for (size_t i = 0; i < n; i++)
			words += p[i] == ' ';
		if (words > most) {
			most = words;
			best = p;
			len = n;
		}
		p = nl ? nl + 1 : end;
	}
	return best ? mem_strndup(best, len) : NULL;
}

static void session_lists(const struct bird_snapshot *s,
			  const struct bird_protocol *p, size_t i,
			  struct state_session *x)
{
	const struct bird_section *sent =
		bird_snapshot_find(s, "sent %zu %s", i, p->name);
	const struct bird_section *received =
		bird_snapshot_find(s, "received %zu %s", i, p->name);
	const struct bird_section *count =
		bird_snapshot_find(s, "count %zu %s", i, p->name);
	const struct bird_section *paths =
		bird_snapshot_find(s, "paths %zu %s", i, p->name);
	int64_t n = count ? bird_route_count(count->text, count->len) : -1;

	if (!bird_protocol_established(p))
		return; /* what it sent or took is history */
	if (n >= 0)
		x->prefixes_received = (uint32_t)n;
	if (paths)
		x->as_path = longest_path(paths);
	if (sent)
		bird_route_networks(sent->text, sent->len, &x->sent);
	if (received)
		bird_route_networks(received->text, received->len,
				    &x->received);
}

static void session_foreign(const struct bird_protocol *p,
			    struct state_session *x)
{
	set_str(&x->neighbor, p->neighbor);
	set_str(&x->interface, p->interface);
	set_str(&x->import, p->import);
	set_str(&x->export, p->export);
	x->asn = p->asn;
	x->local_asn = p->local_asn;
}

/* Ours by its neighbor or, when none is given, by its name. */
static const struct resource *own_session(const struct bird_snapshot *s,
					  const struct resource *want)
{
	const struct resource_set *set = &s->running.set;

	for (size_t i = 0; i < set->n; i++) {
		const struct resource *r = &set->v[i];

		if (r->kind == RESOURCE_SESSION &&
		    (want->session.neighbor
			     ? strcmp(r->session.neighbor,
				      want->session.neighbor) == 0
			     : strcmp(r->name, want->name) == 0))
			return r;
	}
	return NULL;
}

static bool foreign_session(const struct bird_snapshot *s,
			    const struct resource *want,
			    const struct bird_protocol **ret, struct err *e)
{
	*ret = NULL;
	for (size_t i = 0; i < s->protocols.n && want->session.neighbor; i++) {
		const struct bird_protocol *p = &s->protocols.v[i];

		if (!p->neighbor ||
		    strcmp(p->neighbor, want->session.neighbor) != 0)
			continue;
		if (*ret)
			return err_set(e, ERR_INVALID,
				       "session '%s': BIRD has two protocols "
				       "with neighbor '%s', '%s' and '%s'",
				       want->name, p->neighbor, (*ret)->name,
				       p->name);
		*ret = p;
	}
	return true;
}

static void own_overlay(const struct bird_snapshot *s, struct resource *r)
{
	const struct bird_protocol *p;
	char symbol[BIRD_SYMBOL_MAX + 1];

	r->session.ours = true;
	if (!bird_symbol(r->name, symbol, NULL))
		return;
	p = bird_protocols_find(&s->protocols, symbol);
	if (p)
		session_live(s, p, &r->session);
}

static bool session_observe(const struct bird_snapshot *s,
			    const struct resource *want, size_t i,
			    struct resource_set *ret, struct err *e)
{
	const struct resource *own = own_session(s, want);
	const struct bird_protocol *p;
	struct resource *r;
	char symbol[BIRD_SYMBOL_MAX + 1];

	if (own) {
		r = resource_set_add_copy(ret, own);
		own_overlay(s, r);
		p = bird_symbol(own->name, symbol, NULL)
			    ? bird_protocols_find(&s->protocols, symbol)
			    : NULL;
		if (p)
			session_lists(s, p, i, &r->session);
		set_str(&r->name, want->name);
		return true;
	}
	if (!foreign_session(s, want, &p, e))
		return false;
	r = resource_set_add(ret, RESOURCE_SESSION, want->name);
	r->present = p != NULL;
	if (!p) {
		set_str(&r->session.neighbor, want->session.neighbor);
		return true;
	}
	session_foreign(p, &r->session);
	session_live(s, p, &r->session);
	session_lists(s, p, i, &r->session);
	return true;
}

/* ---- the others ---- */

static void policy_observe(const struct bird_snapshot *s,
			   const struct resource *want,
			   struct resource_set *ret)
{
	const struct resource *r = resource_set_find(
		&s->running.set, RESOURCE_ROUTE_POLICY, want->name);

	if (r)
		resource_set_add_copy(ret, r);
	else
		resource_set_add(ret, RESOURCE_ROUTE_POLICY, want->name)
			->present = false;
}

static bool hops_within(const struct state_list *some,
			const struct state_list *all)
{
	for (size_t i = 0; i < some->n; i++)
		if (!state_list_has(all, some->v[i]))
			return false;
	return true;
}

static void list_move(struct state_list *dst, struct state_list *src)
{
	state_list_done(dst);
	*dst = *src;
	*src = (struct state_list){0};
}

/* Protocols are called differently on each router; the neighbor is not. */
static void paths_observe(const struct bird_snapshot *s,
			  const struct state_list *paths,
			  struct state_list *ret)
{
	for (size_t i = 0; i < paths->n; i++) {
		size_t len = strcspn(paths->v[i], " ");
		mem_auto_free char *name = mem_strndup(paths->v[i], len);
		const struct bird_protocol *p =
			bird_protocols_find(&s->protocols, name);
		mem_auto_free char *offer =
			mem_format("%s%s", p && p->neighbor ? p->neighbor : "-",
				   paths->v[i] + len);

		if (p && p->neighbor)
			state_list_add(ret, offer);
	}
}

/* BIRD's preference is the other way round: of BGP 100, and higher wins. */
static uint32_t distance_of(uint32_t preference)
{
	if (!preference)
		return 0;
	return preference < 119 ? 120 - preference : 1;
}

static void source_observe(const struct bird_route *best,
			   const struct bird_protocol *p,
			   struct state_route *ret)
{
	set_str(&ret->session, p->neighbor);
	if (!p->proto)
		return;
	set_str(&ret->protocol, p->proto);
	for (char *c = ret->protocol; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	ret->distance = distance_of(best->preference);
}

static void route_observe(const struct bird_snapshot *s,
			  const struct resource *want, size_t i,
			  struct resource_set *ret)
{
	const struct bird_section *rib = bird_snapshot_find(s, "route %zu", i);
	const struct bird_section *fib = bird_snapshot_find(s, "kernel %zu", i);
	struct resource *r = resource_set_add(ret, RESOURCE_ROUTE, want->name);
	struct bird_route best = {0};
	struct state_list hops = {0};
	const struct bird_protocol *p = NULL;
	bool kernel = fib && bird_kernel_parse(fib->text, fib->len, &hops);

	if (rib)
		bird_route_parse(rib->text, rib->len, &best);
	r->present = best.present || kernel;
	r->route.in_fib = kernel && hops_within(&best.next_hops, &hops);
	if (best.protocol)
		p = bird_protocols_find(&s->protocols, best.protocol);
	if (p)
		source_observe(&best, p, &r->route);
	r->route.local_pref = best.local_pref;
	set_str(&r->route.as_path, best.as_path);
	paths_observe(s, &best.paths, &r->route.paths);
	list_move(&r->route.next_hops,
		  r->route.in_fib ? &hops : &best.next_hops);
	state_list_done(&hops);
	bird_route_done(&best);
}

static void config_observe(const struct bird_snapshot *s,
			   const struct bird_paths *p,
			   const struct resource *want,
			   struct resource_set *ret)
{
	struct resource *r = resource_set_add(ret, RESOURCE_CONFIG, want->name);
	char hex[DIGEST_HEX];

	r->config.text = bird_snapshot_text(s, p, true);
	r->config.foreign = bird_snapshot_text(s, p, false);
	digest_sha256_hex(r->config.text, strlen(r->config.text), hex);
	r->config.digest = mem_strdup(hex);
	r->config.saved = !s->candidate && !s->unconfirmed && s->loaded >= 0 &&
			  !bird_snapshot_stale(s);
}

bool bird_observe_set(const struct bird_snapshot *s, const struct bird_paths *p,
		      const struct resource_set *want, struct resource_set *ret,
		      struct err *e)
{
	const struct bird_section *ifs = bird_snapshot_find(s, "interfaces");

	if (ifs && !linux_interface_parse(ifs->text, ifs->len, want, ret, e))
		return false;
	for (size_t i = 0; i < want->n; i++) {
		const struct resource *w = &want->v[i];

		switch (w->kind) {
		case RESOURCE_INTERFACE:
			break; /* all of them above */
		case RESOURCE_SESSION:
			if (!session_observe(s, w, i, ret, e))
				return false;
			break;
		case RESOURCE_ROUTE_POLICY:
			policy_observe(s, w, ret);
			break;
		case RESOURCE_ROUTE:
			route_observe(s, w, i, ret);
			break;
		case RESOURCE_CONFIG:
			config_observe(s, p, w, ret);
			break;
		default:
			return err_set(e, ERR_INVALID,
				       "BIRD edges have no %s '%s'",
				       resource_kind_name(w->kind), w->name);
		}
	}
	return true;
}

void bird_observe_own(const struct bird_snapshot *s, struct resource_set *ret)
{
	resource_set_copy(ret, &s->running.set);
	for (size_t i = 0; i < ret->n; i++)
		if (ret->v[i].kind == RESOURCE_SESSION)
			own_overlay(s, &ret->v[i]);
}
