/*
 * policy.c - rendering route policies as route-maps
 *
 * A policy body is never edited while it may be bound: it is made whole, under
 * a name of its own, and bound afterwards.  The lines are idempotent: entering
 * them again over a half-made copy of the same body completes it.
 *
 * Invariants: route-map sequence numbers count 10 a chunk, or 1; what nothing
 * matched is denied by an explicit last entry.  Pure.
 */
#include "adapters/frr/policy.h"

#include <string.h>

#include "orchestrator/model/prefix.h"

#define SEQ_STEP 10 /* 1 where a route-map would run out of numbers */
#define SEQ_MAX 65000

/* A run of prefixes of one family, at most FRR_CHUNK of them. */
struct chunk {
	size_t from, n;
	bool v6;
};

static bool is_v6(const char *rule)
{
	return strchr(rule, ':') != NULL;
}

/* The next chunk at `from`; an entry without prefixes is one empty chunk. */
static struct chunk next_chunk(const struct state_list *l, size_t from)
{
	struct chunk c = {.from = from};

	if (from < l->n)
		c.v6 = is_v6(l->v[from]);
	while (c.from + c.n < l->n && c.n < FRR_CHUNK &&
	       is_v6(l->v[c.from + c.n]) == c.v6)
		c.n++;
	return c;
}

static size_t count_chunks(const struct resource *r)
{
	const struct state_policy_entries *l = &r->route_policy.entries;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		size_t from = 0;

		do {
			from += next_chunk(&l->v[i].prefixes, from).n;
			n++;
		} while (from < l->v[i].prefixes.n);
	}
	return n;
}

/* ---- can it be expressed? ---- */

static bool community_ok(const char *s)
{
	unsigned a, b;
	int n = 0;

	return sscanf(s, "%5u:%5u%n", &a, &b, &n) == 2 && !s[n] && a <= 65535 &&
	       b <= 65535;
}

static bool check_entry(const char *name, const struct state_policy_entry *x,
			struct err *e)
{
	struct prefix_rule rule;

	for (size_t i = 0; i < x->prefixes.n; i++)
		if (!prefix_rule_parse(x->prefixes.v[i], &rule, e))
			return err_wrap(e, "policy '%s'", name);
	if (x->community && !community_ok(x->community))
		return err_set(e, ERR_INVALID,
			       "policy '%s': '%s' is not a community 'a:b'",
			       name, x->community);
	for (size_t i = 0; i < x->communities.n; i++)
		if (!community_ok(x->communities.v[i]))
			return err_set(e, ERR_INVALID,
				       "policy '%s': '%s' is not a community "
				       "'a:b'",
				       name, x->communities.v[i]);
	if (x->call && !frr_word_ok(x->call))
		return err_set(e, ERR_INVALID,
			       "policy '%s': '%s' is no name of a route-map",
			       name, x->call);
	if (x->prepend > 16)
		return err_set(e, ERR_INVALID,
			       "policy '%s': %u times is more than a path "
			       "should be prepended; at most 16",
			       name, x->prepend);
	return true;
}

bool frr_policy_check(const struct resource *r, struct err *e)
{
	const struct state_policy_entries *l = &r->route_policy.entries;
	const char *dir = r->route_policy.direction;

	if (!frr_word_ok(r->name) || strlen(r->name) > 100 ||
	    strncmp(r->name, FRR_OWN, strlen(FRR_OWN)) != 0)
		return err_set(e, ERR_INVALID,
			       "'%s' cannot name a route-map of cutover; at "
			       "most 100 characters after '%s'",
			       r->name, FRR_OWN);
	if (!r->present)
		return true;
	if (!dir || (strcmp(dir, "import") && strcmp(dir, "export")))
		return err_set(e, ERR_INVALID,
			       "policy '%s' is neither import nor export",
			       r->name);
	for (size_t i = 0; i < l->n; i++)
		if (!check_entry(r->name, &l->v[i], e))
			return false;
	if (count_chunks(r) > SEQ_MAX - SEQ_STEP)
		return err_set(e, ERR_INVALID,
			       "policy '%s' has more prefixes than a route-map "
			       "takes; use aggregates or match a community",
			       r->name);
	return true;
}

/* ---- lists ---- */

static void add_list(const char *name, size_t entry, size_t nr,
		     const struct state_list *l, const struct chunk *c,
		     struct buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		char text[PREFIX_TEXT_MAX];
		struct prefix_rule rule;

		if (prefix_rule_parse(l->v[c->from + i], &rule, NULL))
			buf_printf(out,
				   "%s prefix-list %s-%zu.%zu seq %zu permit "
				   "%s\n",
				   c->v6 ? "ipv6" : "ip", name, entry, nr,
				   (i + 1) * 5, prefix_rule_text(&rule, text));
	}
}

static void add_sets(uint32_t asn, const struct state_policy_entry *x,
		     struct buf *out)
{
	if (x->has_local_pref)
		buf_printf(out, " set local-preference %u\n", x->local_pref);
	if (x->has_med)
		buf_printf(out, " set metric %u\n", x->med);
	if (x->prepend) {
		buf_puts(out, " set as-path prepend");
		for (uint32_t i = 0; i < x->prepend; i++)
			buf_printf(out, " %u", asn);
		buf_puts(out, "\n");
	}
	if (x->communities.n) {
		buf_puts(out, " set community");
		for (size_t i = 0; i < x->communities.n; i++)
			buf_printf(out, " %s", x->communities.v[i]);
		buf_puts(out, " additive\n");
	}
	if (x->call)
		buf_printf(out, " call %s\n", x->call);
}

static void add_map(uint32_t asn, const char *name, size_t entry, size_t nr,
		    unsigned seq, const struct state_policy_entry *x,
		    const struct chunk *c, struct buf *out)
{
	buf_printf(out, "route-map %s %s %u\n", name,
		   x->permit ? "permit" : "deny", seq);
	if (c->n)
		buf_printf(out, " match %s address prefix-list %s-%zu.%zu\n",
			   c->v6 ? "ipv6" : "ip", name, entry, nr);
	if (x->community)
		buf_printf(out, " match community %s-%zu\n", name, entry);
	if (x->permit)
		add_sets(asn, x, out);
	buf_puts(out, "exit\n");
}

/* ---- make and remove ---- */

static unsigned create_entry(uint32_t asn, const char *name, size_t entry,
			     unsigned seq, unsigned step,
			     const struct state_policy_entry *x,
			     struct buf *out)
{
	size_t from = 0, nr = 1;

	if (x->community)
		buf_printf(out,
			   "bgp community-list standard %s-%zu seq 5 permit "
			   "%s\n",
			   name, entry, x->community);
	do {
		struct chunk c = next_chunk(&x->prefixes, from);

		add_list(name, entry, nr, &x->prefixes, &c, out);
		add_map(asn, name, entry, nr, seq, x, &c, out);
		from += c.n;
		seq += step;
		nr++;
	} while (from < x->prefixes.n);
	return seq;
}

void frr_policy_create(uint32_t asn, const struct resource *r, struct buf *out)
{
	const struct state_route_policy *p = &r->route_policy;
	unsigned seq = SEQ_STEP;
	unsigned step = count_chunks(r) * SEQ_STEP > SEQ_MAX ? 1 : SEQ_STEP;

	buf_printf(out, "route-map %s deny 65535\n description %s\nexit\n",
		   r->name, p->direction);
	if (strcmp(p->direction, "export") == 0)
		buf_printf(out, "route-map %s deny 1\n match tag %d\nexit\n",
			   r->name, FRR_PIN_TAG);
	for (size_t i = 0; i < p->entries.n; i++)
		seq = create_entry(asn, r->name, i + 1, seq, step,
				   &p->entries.v[i], out);
}

static void remove_lists(const char *name, size_t entry,
			 const struct state_policy_entry *x, struct buf *out)
{
	size_t nr = 1;

	for (size_t from = 0; from < x->prefixes.n; nr++) {
		struct chunk c = next_chunk(&x->prefixes, from);

		buf_printf(out, "no %s prefix-list %s-%zu.%zu\n",
			   c.v6 ? "ipv6" : "ip", name, entry, nr);
		from += c.n;
	}
	if (x->community)
		buf_printf(out, "no bgp community-list standard %s-%zu\n", name,
			   entry);
}

void frr_policy_remove(const struct resource *r, struct buf *out)
{
	const struct state_policy_entries *l = &r->route_policy.entries;

	buf_printf(out, "no route-map %s\n", r->name);
	for (size_t i = 0; i < l->n; i++)
		remove_lists(r->name, i + 1, &l->v[i], out);
}
