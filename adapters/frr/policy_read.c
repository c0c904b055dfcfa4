/*
 * policy_read.c - route policies read back from a running configuration
 *
 * The inverse of policy.c: chunks of one entry are joined again, the guard
 * against pins and the last entry are not part of the state.  A line that
 * policy.c would not have written makes the policy a different one: its
 * direction then reads 'edited', which equals nothing that anybody wants.
 * Lists that no entry refers to (a policy half made) are found as well, so
 * that removing leaves nothing behind.
 *
 * Pure.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/frr/policy.h"
#include "orchestrator/model/prefix.h"

struct reader {
	const struct frr_config *c;
	const char *name;
	uint32_t asn;
	struct state_route_policy *p;
	size_t entry; /* number of the entry that was added last, 0: unknown */
	bool edited, any;
};

static struct state_policy_entry *add_entry(struct reader *r)
{
	struct state_policy_entries *l = &r->p->entries;

	MEM_GROW(l->v, l->n, l->cap);
	memset(&l->v[l->n], 0, sizeof(*l->v));
	return &l->v[l->n++];
}

/* '<name>-I.J' or '<name>-I': I, or 0. */
static size_t entry_number(const struct reader *r, const char *list)
{
	size_t n = strlen(r->name);
	char *end;
	unsigned long i;

	if (strncmp(list, r->name, n) != 0 || list[n] != '-')
		return 0;
	i = strtoul(list + n + 1, &end, 10);
	return *end == '\0' || *end == ' ' || *end == '.' ? i : 0;
}

static void read_rule(struct reader *r, const char *rest,
		      struct state_list *ret)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix_rule rule;
	char *end;

	if (!(rest = frr_after(rest, "seq"))) {
		r->edited = true;
		return;
	}
	strtoul(rest, &end, 10);
	rest = frr_after(end + strspn(end, " "), "permit");
	if (rest && prefix_rule_parse(rest, &rule, NULL))
		state_list_add(ret, prefix_rule_text(&rule, text));
	else
		r->edited = true;
}

static void read_list(struct reader *r, const char *head, const char *list,
		      struct state_list *ret)
{
	mem_auto_free char *key = mem_format("%s %s", head, list);
	const struct frr_list_line *v;
	size_t n;

	v = frr_config_list(r->c, key, &n);
	for (size_t i = 0; i < n; i++)
		read_rule(r, v[i].rest, ret);
}

static char *read_community(struct reader *r, const char *list)
{
	char *value = NULL;

	for (size_t i = 0; i < r->c->n; i++) {
		const char *rest = frr_after(r->c->v[i].raw,
					     "bgp community-list standard");

		if (!rest || !(rest = frr_after(rest, list)))
			continue;
		rest = strstr(rest, "permit ");
		r->edited |= !rest || value;
		if (rest && !value)
			value = mem_strdup(rest + strlen("permit "));
	}
	return value;
}

/* ---- one line of an entry ---- */

static void read_prepend(struct reader *r, const char *s,
			 struct state_policy_entry *x)
{
	mem_auto_free char *asn = mem_format("%u", r->asn);

	while (s && *s) {
		s = frr_after(s, asn);
		r->edited |= !s;
		x->prepend += s != NULL;
	}
}

static void read_communities(struct reader *r, const char *s,
			     struct state_policy_entry *x)
{
	while (*s && strcmp(s, "additive") != 0) {
		size_t n = strcspn(s, " ");
		mem_auto_free char *word = mem_strndup(s, n);

		state_list_add(&x->communities, word);
		s += n + strspn(s + n, " ");
	}
	r->edited |= !*s;
}

static bool read_set(struct reader *r, const char *text,
		     struct state_policy_entry *x)
{
	const char *s;

	if ((s = frr_after(text, "set local-preference"))) {
		x->has_local_pref = true;
		x->local_pref = (uint32_t)strtoul(s, NULL, 10);
	} else if ((s = frr_after(text, "set metric"))) {
		x->has_med = true;
		x->med = (uint32_t)strtoul(s, NULL, 10);
		r->edited |= *s == '+' || *s == '-' || *s == 'r';
	} else if ((s = frr_after(text, "set as-path prepend"))) {
		read_prepend(r, s, x);
	} else if ((s = frr_after(text, "set community"))) {
		read_communities(r, s, x);
	} else if ((s = frr_after(text, "call"))) {
		x->call = mem_strdup(s);
	} else {
		return false;
	}
	return true;
}

static bool read_match(struct reader *r, const char *text,
		       struct state_policy_entry *x, size_t *entry)
{
	const char *s;

	if ((s = frr_after(text, "match ip address prefix-list")))
		read_list(r, "ip prefix-list", s, &x->prefixes);
	else if ((s = frr_after(text, "match ipv6 address prefix-list")))
		read_list(r, "ipv6 prefix-list", s, &x->prefixes);
	else if ((s = frr_after(text, "match community")))
		x->community = read_community(r, s);
	else
		return false;
	*entry = entry_number(r, s);
	return true;
}

/* ---- whole entries ---- */

static bool same_but_prefixes(const struct state_policy_entry *a,
			      const struct state_policy_entry *b)
{
	const char *ca = a->community ? a->community : "";
	const char *cb = b->community ? b->community : "";

	return a->permit == b->permit && strcmp(ca, cb) == 0 &&
	       a->local_pref == b->local_pref && a->med == b->med &&
	       a->prepend == b->prepend;
}

static void entry_done(struct state_policy_entry *x)
{
	state_list_done(&x->prefixes);
	state_list_done(&x->communities);
	free(x->community);
	free(x->call);
}

/* Joins x with the entry before it when both are chunks of one. */
static void take_entry(struct reader *r, struct state_policy_entry *x,
		       size_t entry)
{
	struct state_policy_entries *l = &r->p->entries;
	struct state_policy_entry *last = l->n ? &l->v[l->n - 1] : NULL;

	if (last && entry && entry == r->entry) {
		r->edited |= !same_but_prefixes(last, x);
		for (size_t i = 0; i < x->prefixes.n; i++)
			state_list_add(&last->prefixes, x->prefixes.v[i]);
		entry_done(x);
	} else {
		*add_entry(r) = *x;
	}
	r->entry = entry;
}

static bool in_block(const struct reader *r, size_t i, const char *head)
{
	return i < r->c->n && r->c->v[i].block &&
	       strcmp(r->c->v[i].block, head) == 0;
}

static void read_last(struct reader *r, size_t i, const char *head)
{
	const char *s;

	for (; in_block(r, i, head); i++)
		if ((s = frr_after(r->c->v[i].text, "description")))
			r->p->direction = mem_strdup(s);
		else if (strcmp(r->c->v[i].text, "exit") != 0)
			r->edited = true;
}

static void read_entry(struct reader *r, size_t i, const char *head,
		       bool permit)
{
	struct state_policy_entry x = {.permit = permit};
	size_t entry = 0;

	for (; in_block(r, i, head); i++) {
		const char *text = r->c->v[i].text;

		if (strcmp(text, "exit") != 0 && strcmp(text, "!") != 0 &&
		    !read_match(r, text, &x, &entry) && !read_set(r, text, &x))
			r->edited = true;
	}
	take_entry(r, &x, entry);
}

/* A head 'route-map NAME permit|deny SEQ'. */
static void read_head(struct reader *r, size_t i)
{
	const char *head = r->c->v[i].raw;
	const char *rest = frr_after(frr_after(head, "route-map"), r->name);
	const char *seq;
	bool permit;

	if (!rest)
		return;
	r->any = true;
	seq = frr_after(rest, "permit");
	permit = seq != NULL;
	if (!seq)
		seq = frr_after(rest, "deny");
	if (!seq)
		r->edited = true;
	else if (!permit && strcmp(seq, "65535") == 0)
		read_last(r, i + 1, head);
	else if (permit || strcmp(seq, "1") != 0)
		read_entry(r, i + 1, head, permit);
}

/* Lists that no entry used: an entry of their own, so that they are seen. */
static void read_orphans(struct reader *r)
{
	size_t known = r->p->entries.n;

	for (size_t i = 0; i < r->c->n; i++) {
		const char *rest = frr_after(r->c->v[i].raw, "ip prefix-list");
		const char *seq = rest ? strstr(rest, " seq ") : NULL;
		size_t entry = rest ? entry_number(r, rest) : 0;

		if (!entry || entry <= known || !seq)
			continue;
		while (r->p->entries.n < entry && entry < 1000)
			add_entry(r);
		if (entry <= r->p->entries.n)
			read_rule(r, seq + 1,
				  &r->p->entries.v[entry - 1].prefixes);
		r->any = r->edited = true;
	}
}

void frr_policy_observe(const struct frr_config *c, uint32_t asn,
			struct resource *res)
{
	struct reader r = {
		.c = c, .name = res->name, .asn = asn, .p = &res->route_policy};
	bool map;

	for (size_t i = 0; i < c->n; i++)
		if (frr_after(c->v[i].raw, "route-map"))
			read_head(&r, i);
	map = r.any;
	read_orphans(&r);
	res->present = r.any;
	if (map && (r.edited || !r.p->direction)) {
		free(r.p->direction);
		r.p->direction = mem_strdup("edited");
	}
}

static void spell_entry(const struct state_list *want, struct state_list *have)
{
	for (size_t i = 0; i < want->n && i < have->n; i++) {
		struct prefix_rule a, b;

		if (!prefix_rule_parse(want->v[i], &a, NULL) ||
		    !prefix_rule_parse(have->v[i], &b, NULL) ||
		    prefix_cmp(&a.prefix, &b.prefix) != 0 || a.ge != b.ge ||
		    a.le != b.le)
			continue;
		state_list_set(have, i, want, i);
	}
}

void frr_policy_spell(const struct resource *want, struct resource *r)
{
	const struct state_policy_entries *w = &want->route_policy.entries;
	struct state_policy_entries *h = &r->route_policy.entries;

	for (size_t i = 0; i < w->n && i < h->n; i++)
		spell_entry(&w->v[i].prefixes, &h->v[i].prefixes);
}
