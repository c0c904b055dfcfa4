/*
 * pin_read.c - pins and their parents, as the device has them
 *
 * A prefix counts as held only when everything that holds it is there: the
 * route, the import, the redistribution and the binding.  Half a pin is
 * present, with fewer prefixes than anybody wants.  Pins have twice as many
 * prefixes as the site announces: every look-up is by index.  Pure.
 */
#include <string.h>

#include "adapters/frr/pin.h"
#include "orchestrator/base/set.h"
#include "orchestrator/model/prefix.h"

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

/* A copy in the main table of what a pin put into its own. */
static bool is_copy(const struct frr_route_at *x,
		    const struct frr_routes *table)
{
	return strcmp(json_peek_str(x->route, "protocol", ""), "zebra") == 0 &&
	       frr_routes_find(table, &x->prefix);
}

/* The device's own route of exactly this prefix, or NULL. */
static const json_t *own_route(const struct frr_pin_facts *f,
			       const struct prefix *p)
{
	const struct frr_route_at *x = frr_routes_find(f->main, p);
	const struct frr_route_at *end = f->main->v + f->main->n;

	for (; x && x < end && prefix_cmp(&x->prefix, p) == 0; x++)
		if (!is_copy(x, f->table))
			return x->route;
	return NULL;
}

/* What the device does with prefix p: 'present', 'via ..', 'discard' or NULL.
 */
static char *parent_of(const struct frr_pin_facts *f, const struct prefix *p)
{
	if (own_route(f, p))
		return mem_strdup("present");
	for (unsigned len = p->len; len-- > 0;) {
		struct prefix outer = prefix_shorten(p, (uint8_t)len);
		const json_t *route = own_route(f, &outer);

		if (route)
			return hops_of(route);
	}
	return NULL;
}

static bool has_line(const struct frr_config *c, const char *text)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].text, text) == 0)
			return true;
	return false;
}

/* The prefixes that the list permits; texts are the configuration's. */
static void permitted(const struct frr_config *c, const char *list,
		      struct text_set *ret)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *rest = frr_after(c->v[i].raw, list);
		const char *text = rest ? strstr(rest, " permit ") : NULL;

		if (text)
			text_set_add(ret, text + strlen(" permit "));
	}
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

struct reader {
	const struct frr_pin_facts *facts;
	struct text_set there; /* announced as they are */
	struct text_set known; /* wanted, or read already */
	bool effective;
	struct state_list *held;
	struct buf out;
};

static void note(struct reader *r, const char *text, const char *value)
{
	buf_puts(&r->out, r->out.len ? ", " : "");
	buf_puts(&r->out, text);
	buf_puts(&r->out, " ");
	buf_puts(&r->out, value);
}

static void read_prefix(struct reader *r, const struct state_list *l, size_t i)
{
	mem_auto_free char *value = NULL;
	struct prefix p;

	if (!text_set_add(&r->known, l->v[i]) ||
	    !prefix_parse(l->v[i], &p, NULL))
		return;
	value = parent_of(r->facts, &p);
	note(r, l->v[i], value ? value : "no route");
	if (r->effective && (frr_routes_find(r->facts->table, &p) ||
			     text_set_find(&r->there, l->v[i])))
		state_list_add_of(r->held, l, i);
}

static void add_surplus(struct reader *r, const char *text, const char *value)
{
	note(r, text, value);
	if (r->effective)
		state_list_add(r->held, text);
}

/* Prefixes that are held and that nobody asked for; undoing needs them. */
static void read_surplus(struct reader *r)
{
	for (size_t i = 0; i < r->facts->table->n; i++) {
		const struct frr_route_at *x = &r->facts->table->v[i];
		mem_auto_free char *hops = NULL;
		char text[PREFIX_TEXT_MAX];

		if (text_set_find(&r->known, prefix_text(&x->prefix, text)))
			continue;
		hops = hops_of(x->route);
		add_surplus(r, text, hops);
	}
	for (size_t i = 0; i < r->there.slots; i++)
		if (r->there.v[i] && !text_set_find(&r->known, r->there.v[i]))
			add_surplus(r, r->there.v[i], "present");
}

void frr_pin_observe(const struct frr_config *c, unsigned table,
		     const struct resource *want,
		     const struct frr_pin_facts *facts, struct resource *res)
{
	const char *addr = want->static_route.session;
	const struct state_list *l = &want->static_route.prefixes;
	mem_auto_free char *origin = mem_format("%s-origin", res->name);
	mem_auto_free char *there =
		mem_format("ip prefix-list %s-present", res->name);
	mem_auto_free char *own = NULL;
	struct reader r = {.facts = facts, .held = &res->static_route.prefixes};
	bool bound;

	res->static_route.session = mem_strdup(addr);
	own = own_export(c, res->name, addr, &bound);
	permitted(c, there, &r.there);
	r.effective = bound && works(c, res->name, table);
	res->present = bound || frr_config_has_map(c, res->name) ||
		       frr_config_has_map(c, origin);
	for (size_t i = 0; i < l->n; i++)
		read_prefix(&r, l, i);
	read_surplus(&r);
	if (own)
		note(&r, "export", own);
	res->static_route.next_hop = buf_steal(&r.out);
	text_set_done(&r.there);
	text_set_done(&r.known);
}
