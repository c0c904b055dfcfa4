/*
 * expect.c - predicates over observed resources
 *
 * Pure; no I/O, no clock.  A resource that was not observed makes every
 * expectation on it fail: absence of evidence is never success.
 */
#include "orchestrator/steps/expect.h"

#include <string.h>

#include "orchestrator/model/ruleset.h"

static const char *const kind_names[] = {
	[EXPECT_ESTABLISHED] = "is Established",
	[EXPECT_NOTHING_SENT] = "announces nothing",
	[EXPECT_NOTHING_ACCEPTED] = "accepts nothing",
	[EXPECT_SENT] = "announces",
	[EXPECT_SENT_PINS] = "announces the more-specifics of",
	[EXPECT_SENT_AT_MOST] = "announces, of the rules, at most",
	[EXPECT_SENT_ONLY] = "announces only",
	[EXPECT_ACCEPTED] = "accepts",
	[EXPECT_BEST_FROM] = "is best from",
	[EXPECT_BEST_NOT_FROM] = "is not best from",
	[EXPECT_IN_FIB] = "is in the FIB",
	[EXPECT_NOT_ELSEWHERE] =
		"has no path but from these, of local preference at least",
	[EXPECT_NOT_BEFORE_BGP] = "gives way to eBGP",
	[EXPECT_TUNNEL_UP] = "is up with IKE and child SA",
	[EXPECT_OPER_UP] = "has carrier",
	[EXPECT_IDLE] = "is idle, at most packets/s",
	[EXPECT_CARRIES] = "carries traffic both ways, packets/s",
	[EXPECT_SAVED] = "has its running configuration saved",
	[EXPECT_NO_LONG_PATH] = "shows no maintenance prepend, AS path at most",
};

const char *expect_kind_name(enum expect_kind kind)
{
	return kind_names[kind];
}

struct expect *expect_add(struct expect_list *l, enum expect_kind kind,
			  enum resource_kind on, const char *name)
{
	struct expect *x;

	MEM_GROW(l->v, l->n, l->cap);
	x = &l->v[l->n++];
	memset(x, 0, sizeof(*x));
	x->kind = kind;
	x->on = on;
	x->name = mem_strdup(name);
	return x;
}

void expect_list_done(struct expect_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].text);
		state_list_done(&l->v[i].list);
	}
	free(l->v);
	*l = (struct expect_list){0};
}

char *expect_text(const struct expect *x)
{
	buf_auto b = BUF_INIT;

	buf_printf(&b, "%s '%s' %s", resource_kind_name(x->on), x->name,
		   kind_names[x->kind]);
	if (x->text)
		buf_printf(&b, " '%s'", x->text);
	if (x->number)
		buf_printf(&b, " %llu", (unsigned long long)x->number);
	for (size_t i = 0; i < x->list.n && i < 6; i++)
		buf_printf(&b, "%s %s", i ? "," : "", x->list.v[i]);
	if (x->list.n > 6)
		buf_printf(&b, ", ... (%zu in all)", x->list.n);
	return buf_steal(&b);
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The first element of want that is not in have; have gets sorted. */
static const char *list_missing(const struct state_list *have,
				const struct state_list *want)
{
	mem_auto_free char **sorted = mem_calloc(have->n, sizeof(char *));

	memcpy(sorted, have->v, have->n * sizeof(char *));
	qsort(sorted, have->n, sizeof(char *), text_cmp);
	for (size_t i = 0; i < want->n; i++)
		if (!bsearch(&want->v[i], sorted, have->n, sizeof(char *),
			     text_cmp))
			return want->v[i];
	return NULL;
}

/* The first sent prefix that no rule of the list allows. */
static const char *list_beyond(const struct state_list *sent,
			       const struct state_list *rules)
{
	rule_set_auto set = {0};
	size_t bad;

	if (!rule_set_add_list(&set, rules, &bad))
		return rules->v[bad];
	rule_set_sort(&set);
	for (size_t i = 0; i < sent->n; i++) {
		struct prefix p;

		if (!prefix_parse(sent->v[i], &p, NULL) ||
		    !rule_set_match(&set, &p))
			return sent->v[i];
	}
	return NULL;
}

/* How many of the sent prefixes the rules of the list match. */
static size_t list_count(const struct state_list *sent,
			 const struct state_list *rules)
{
	rule_set_auto set = {0};
	size_t bad, n = 0;

	if (!rule_set_add_list(&set, rules, &bad))
		return SIZE_MAX;
	rule_set_sort(&set);
	for (size_t i = 0; i < sent->n; i++) {
		struct prefix p;

		n += !prefix_parse(sent->v[i], &p, NULL) ||
		     rule_set_match(&set, &p);
	}
	return n;
}

static bool fail(struct buf *why, const struct expect *x, const char *fmt, ...)
	mem_printf(3, 4);

static bool fail(struct buf *why, const struct expect *x, const char *fmt, ...)
{
	mem_auto_free char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = mem_vformat(fmt, ap);
	va_end(ap);
	buf_printf(why, "%s '%s' %s\n", resource_kind_name(x->on), x->name, s);
	return false;
}

static bool check_lists(const struct expect *x, const struct state_session *s,
			struct buf *why)
{
	const char *p;
	size_t n;

	switch (x->kind) {
	case EXPECT_SENT:
		p = list_missing(&s->sent, &x->list);
		return !p || fail(why, x, "does not announce %s yet", p);
	case EXPECT_SENT_AT_MOST:
		n = list_count(&s->sent, &x->list);
		return n <= x->number ||
		       fail(why, x,
			    "announces %zu prefixes of a group that says "
			    "'at_most: %llu'; above its limit the provider "
			    "would drop the session",
			    n, (unsigned long long)x->number);
	case EXPECT_SENT_ONLY:
		p = list_beyond(&s->sent, &x->list);
		return !p || fail(why, x, "announces %s, which it must not", p);
	case EXPECT_ACCEPTED:
		p = list_missing(&s->received, &x->list);
		return !p || fail(why, x, "has not accepted %s yet", p);
	default:
		return fail(why, x, "cannot be checked so");
	}
}

static bool check_session(const struct expect *x, const struct state_session *s,
			  struct buf *why)
{
	switch (x->kind) {
	case EXPECT_ESTABLISHED:
		return (s->state && strcmp(s->state, "Established") == 0) ||
		       fail(why, x, "is %s, not Established",
			    s->state ? s->state : "in no known state");
	case EXPECT_NOTHING_SENT:
		return (!s->prefixes_sent && !s->sent.n) ||
		       fail(why, x, "announces %u prefixes, not 0",
			    s->prefixes_sent);
	case EXPECT_NOTHING_ACCEPTED:
		return !s->prefixes_accepted ||
		       fail(why, x, "accepts %u prefixes, not 0",
			    s->prefixes_accepted);
	case EXPECT_NO_LONG_PATH: {
		size_t hops = s->as_path && *s->as_path;

		for (const char *c = s->as_path; c && *c; c++)
			hops += *c == ' ';
		return hops <= x->number ||
		       fail(why, x,
			    "shows AS path '%s': maintenance in progress",
			    s->as_path);
	}
	default:
		return check_lists(x, s, why);
	}
}

static bool not_elsewhere(const struct expect *x,
			  const struct state_list *paths, struct buf *why)
{
	for (size_t i = 0; i < paths->n; i++) {
		size_t len = strcspn(paths->v[i], " ");
		mem_auto_free char *from = mem_strndup(paths->v[i], len);

		if (strtoul(paths->v[i] + len, NULL, 10) >= x->number &&
		    !state_list_has(&x->list, from))
			return fail(why, x,
				    "is still offered by '%s' with local "
				    "preference%s",
				    from, paths->v[i] + len);
	}
	return true;
}

#define EBGP_DISTANCE 20

static bool gives_way(const struct expect *x, const struct state_route *r,
		      struct buf *why)
{
	if (!r->in_fib || !r->protocol || strcmp(r->protocol, "bgp") == 0 ||
	    r->distance > EBGP_DISTANCE)
		return true;
	return fail(why, x,
		    "is a '%s' route of distance %u: it stays in use whatever "
		    "the circuit announces; make it float (a distance above "
		    "%d, in BIRD a preference below 100) first",
		    r->protocol, r->distance, EBGP_DISTANCE);
}

static bool check_route(const struct expect *x, const struct state_route *r,
			struct buf *why)
{
	const char *from = r->session ? r->session : "";

	if (x->kind == EXPECT_NOT_ELSEWHERE)
		return not_elsewhere(x, &r->paths, why);
	if (x->kind == EXPECT_NOT_BEFORE_BGP)
		return gives_way(x, r, why);
	if (!r->in_fib)
		return fail(why, x, "is not in the FIB");
	if (x->kind == EXPECT_BEST_FROM && strcmp(from, x->text) != 0)
		return fail(why, x, "is best from '%s', not from '%s'", from,
			    x->text);
	if (x->kind == EXPECT_BEST_NOT_FROM && strcmp(from, x->text) == 0)
		return fail(why, x, "is still best from '%s'", from);
	return true;
}

static uint64_t rate(uint64_t now, uint64_t before, int64_t span_us)
{
	return now < before || span_us <= 0
		       ? UINT64_MAX
		       : (now - before) * 1000000 / (uint64_t)span_us;
}

static bool check_interface(const struct expect *x,
			    const struct state_interface *now,
			    const struct state_interface *before,
			    int64_t span_us, struct buf *why)
{
	uint64_t rx, tx;

	if (x->kind == EXPECT_OPER_UP)
		return now->oper_up || fail(why, x, "has no carrier");
	if (!before)
		return fail(why, x, "was seen once; its rate needs two looks");
	rx = rate(now->rx_packets, before->rx_packets, span_us);
	tx = rate(now->tx_packets, before->tx_packets, span_us);
	if (x->kind == EXPECT_IDLE)
		return rx <= x->number ||
		       fail(why, x, "still receives %llu packets/s",
			    (unsigned long long)rx);
	return (rx >= x->number && tx >= x->number) ||
	       fail(why, x, "carries %llu packets/s in and %llu out",
		    (unsigned long long)rx, (unsigned long long)tx);
}

static bool check_pins(const struct expect *x, const struct state_session *s,
		       const struct resource_set *now, struct buf *why)
{
	const struct resource *pin =
		resource_set_find(now, RESOURCE_STATIC_ROUTE, x->text);
	const char *p;

	if (!pin)
		return fail(why, x, "was observed without '%s'", x->text);
	if (!pin->present)
		return true; /* nothing was announced, nothing is held */
	p = list_missing(&s->sent, &pin->static_route.prefixes);
	return !p || fail(why, x, "does not announce %s yet", p);
}

static bool check_one(const struct expect *x, const struct resource_set *now,
		      const struct resource_set *before, int64_t span_us,
		      struct buf *why)
{
	const struct resource *r = resource_set_find(now, x->on, x->name);
	const struct resource *old =
		before ? resource_set_find(before, x->on, x->name) : NULL;

	if (!r || !r->present)
		return fail(why, x, "is not there");
	switch (x->on) {
	case RESOURCE_SESSION:
		if (x->kind == EXPECT_SENT_PINS)
			return check_pins(x, &r->session, now, why);
		return check_session(x, &r->session, why);
	case RESOURCE_ROUTE:
		return check_route(x, &r->route, why);
	case RESOURCE_INTERFACE:
		return check_interface(
			x, &r->interface,
			old && old->present ? &old->interface : NULL, span_us,
			why);
	case RESOURCE_TUNNEL:
		return r->tunnel.up || fail(why, x, "is down");
	case RESOURCE_CONFIG:
		return r->config.saved ||
		       fail(why, x, "differs from what is saved on the device");
	default:
		return fail(why, x, "cannot be checked so");
	}
}

bool expect_hold(const struct expect_list *l, const struct resource_set *now,
		 const struct resource_set *before, int64_t span_us,
		 struct buf *why)
{
	bool ok = true;

	for (size_t i = 0; i < l->n; i++)
		ok &= check_one(&l->v[i], now, before, span_us, why);
	return ok;
}
