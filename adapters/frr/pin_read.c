/*
 * pin_read.c - pins and their parents, as the device has them
 *
 * A prefix counts as held only when everything that holds it is there: the
 * route, the import, the redistribution and the binding.  Half a pin is
 * present, with fewer prefixes than anybody wants.  Pure.
 */
#include <string.h>

#include "adapters/frr/pin.h"
#include "orchestrator/model/prefix.h"

static bool route_prefix(const json_t *route, struct prefix *ret)
{
	const char *dst = json_peek_str(route, "dst", NULL);

	if (!dst)
		return false;
	if (strcmp(dst, "default") == 0)
		return prefix_parse("0.0.0.0/0", ret, NULL);
	return prefix_parse(dst, ret, NULL) ||
	       prefix_parse_addr(dst, ret, NULL);
}

static void add_hop(const json_t *hop, struct buf *out)
{
	const char *dev = json_peek_str(hop, "dev", NULL);

	if (!dev)
		return;
	buf_printf(out, "%s%s%%%s", out->len ? "+" : "",
		   json_peek_str(hop, "gateway", ""), dev);
}

/* 'via A%D+A%D', or 'discard'. */
static char *hops_of(const json_t *route)
{
	const json_t *several = json_peek(route, "nexthops");
	buf_auto out = BUF_INIT;

	if (json_peek(route, "type"))
		return mem_strdup("discard");
	for (size_t i = 0; i < json_array_size(several); i++)
		add_hop(json_array_get(several, i), &out);
	if (!several)
		add_hop(route, &out);
	return out.len ? mem_format("via %s", buf_str(&out))
		       : mem_strdup("discard");
}

static bool in_table(const json_t *table, const struct prefix *p)
{
	for (size_t i = 0; i < json_array_size(table); i++) {
		struct prefix q;

		if (route_prefix(json_array_get(table, i), &q) &&
		    prefix_cmp(&q, p) == 0)
			return true;
	}
	return false;
}

/* A copy in the main table of what a pin put into its own. */
static bool is_copy(const json_t *route, const struct prefix *p,
		    const json_t *table)
{
	return strcmp(json_peek_str(route, "protocol", ""), "zebra") == 0 &&
	       in_table(table, p);
}

/* What the device does with prefix p: 'present', 'via ..', 'discard' or NULL.
 */
static char *parent_of(const json_t *routes, const struct prefix *p,
		       const json_t *table)
{
	const json_t *best = NULL;
	int best_len = -1;

	for (size_t i = 0; i < json_array_size(routes); i++) {
		const json_t *r = json_array_get(routes, i);
		struct prefix q;

		if (!route_prefix(r, &q) || !prefix_contains(&q, p) ||
		    is_copy(r, &q, table))
			continue;
		if (prefix_cmp(&q, p) == 0)
			return mem_strdup("present");
		if (q.len > best_len) {
			best = r;
			best_len = q.len;
		}
	}
	return best ? hops_of(best) : NULL;
}

static bool has_line(const struct frr_config *c, const char *text)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].text, text) == 0)
			return true;
	return false;
}

/* Does some line begin with `head` and end with 'permit PREFIX'? */
static bool has_rule(const struct frr_config *c, const char *head,
		     const char *prefix)
{
	mem_auto_free char *tail = mem_format(" permit %s", prefix);

	for (size_t i = 0; i < c->n; i++) {
		const char *rest = frr_after(c->v[i].raw, head);
		size_t n = rest ? strlen(rest) : 0;

		if (n > strlen(tail) &&
		    strcmp(rest + n - strlen(tail), tail) == 0)
			return true;
	}
	return false;
}

/* The session's own export policy, seen through a pin. */
static char *own_export(const struct frr_config *c, const char *pin,
			const char *addr, bool *ret_bound)
{
	char *bound = frr_config_bound(c, addr, "out");
	mem_auto_free char *head = mem_format("route-map %s permit 20", pin);

	*ret_bound = bound && strcmp(bound, pin) == 0;
	if (!*ret_bound)
		return bound;
	free(bound);
	for (size_t i = 0; i < c->n; i++) {
		const char *own =
			c->v[i].block && strcmp(c->v[i].block, head) == 0
				? frr_after(c->v[i].text, "call")
				: NULL;

		if (own)
			return mem_strdup(own);
	}
	return NULL;
}

static bool works(const struct frr_config *c, const char *pin, unsigned table)
{
	mem_auto_free char *import = mem_format("ip import-table %u", table);
	mem_auto_free char *redistribute = mem_format(
		"redistribute table %u route-map %s-origin", table, pin);
	mem_auto_free char *origin = mem_format("%s-origin", pin);

	return has_line(c, import) && has_line(c, redistribute) &&
	       frr_config_has_map(c, origin) && frr_config_has_map(c, pin);
}

static void read_prefix(const struct frr_config *c, const char *text,
			bool effective, const struct frr_pin_facts *facts,
			struct resource *r, struct buf *out)
{
	mem_auto_free char *list = mem_format("ip prefix-list %s", r->name);
	mem_auto_free char *there = mem_format("%s-present", list);
	mem_auto_free char *value = NULL;
	struct prefix p;

	if (!prefix_parse(text, &p, NULL))
		return;
	value = parent_of(facts->match(facts->arg, text), &p, facts->table);
	buf_printf(out, "%s%s %s", out->len ? ", " : "", text,
		   value ? value : "no route");
	if (effective &&
	    ((in_table(facts->table, &p) && has_rule(c, list, text)) ||
	     has_rule(c, there, text)))
		state_list_add(&r->static_route.prefixes, text);
}

static void add_surplus(const char *text, char *value, bool effective,
			struct resource *r, struct buf *out)
{
	buf_printf(out, "%s%s %s", out->len ? ", " : "", text, value);
	if (effective)
		state_list_add(&r->static_route.prefixes, text);
	free(value);
}

/* Prefixes that are held and that nobody asked for; undoing needs them. */
static void read_surplus(const struct frr_config *c,
			 const struct state_list *wanted, bool effective,
			 const json_t *table, struct resource *r,
			 struct buf *out)
{
	mem_auto_free char *there =
		mem_format("ip prefix-list %s-present", r->name);

	for (size_t i = 0; i < json_array_size(table); i++) {
		const json_t *route = json_array_get(table, i);
		char text[PREFIX_TEXT_MAX];
		struct prefix p;

		if (route_prefix(route, &p) &&
		    !state_list_has(wanted, prefix_text(&p, text)))
			add_surplus(text, hops_of(route), effective, r, out);
	}
	for (size_t i = 0; i < c->n; i++) {
		const char *rest = frr_after(c->v[i].raw, there);
		const char *text = rest ? strstr(rest, " permit ") : NULL;

		if (text && !state_list_has(wanted, text + 8))
			add_surplus(text + 8, mem_strdup("present"), effective,
				    r, out);
	}
}

void frr_pin_observe(const struct frr_config *c, unsigned table,
		     const struct resource *want,
		     const struct frr_pin_facts *facts, struct resource *r)
{
	const char *addr = want->static_route.session;
	mem_auto_free char *origin = mem_format("%s-origin", r->name);
	mem_auto_free char *own = NULL;
	buf_auto out = BUF_INIT;
	bool bound, effective;

	r->static_route.session = mem_strdup(addr);
	own = own_export(c, r->name, addr, &bound);
	effective = bound && works(c, r->name, table);
	r->present = bound || frr_config_has_map(c, r->name) ||
		     frr_config_has_map(c, origin);
	for (size_t i = 0; i < want->static_route.prefixes.n; i++)
		read_prefix(c, want->static_route.prefixes.v[i], effective,
			    facts, r, &out);
	read_surplus(c, &want->static_route.prefixes, effective, facts->table,
		     r, &out);
	if (own)
		buf_printf(&out, "%sexport %s", out.len ? ", " : "", own);
	r->static_route.next_hop = buf_steal(&out);
}
