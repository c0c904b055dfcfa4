/*
 * pin.c - rendering pins
 *
 * Making: policies and binding first, the routes last, so that no route is
 * redistributed before it is filtered everywhere.  Removing: the routes first,
 * then the binding, then what nothing refers to any more.
 *
 * Invariants: never a discard route; a prefix that the device routes itself is
 * announced as it is and gets no second route.  Pure.
 */
#include "adapters/frr/pin.h"

#include <string.h>

#include "orchestrator/model/prefix.h"

unsigned frr_pin_table(const struct target *t)
{
	return (unsigned)strtoul(target_param(t, "pin_table", "242"), NULL, 10);
}

bool frr_pin_check(const struct resource *r, struct err *e)
{
	const struct state_static_route *s = &r->static_route;
	struct prefix p;

	if (!frr_word_ok(r->name) || strlen(r->name) > 100 ||
	    strncmp(r->name, FRR_PIN, strlen(FRR_PIN)) != 0)
		return err_set(e, ERR_INVALID,
			       "'%s' is no name for a pin; it begins with '%s'",
			       r->name, FRR_PIN);
	if (!s->session || !prefix_parse_addr(s->session, &p, NULL) ||
	    p.family != 4)
		return err_set(e, ERR_INVALID,
			       "pin '%s' needs the IPv4 address of the session "
			       "that is to announce it",
			       r->name);
	for (size_t i = 0; i < s->prefixes.n; i++)
		if (!prefix_parse(s->prefixes.v[i], &p, e) || p.family != 4)
			return err_set(e, ERR_INVALID,
				       "pin '%s': '%s' cannot be held; this "
				       "edge pins IPv4 prefixes only",
				       r->name, s->prefixes.v[i]);
	return true;
}

/* ---- the facts in next_hop ---- */

/* What follows 'PREFIX ' in the facts, up to the comma; caller frees. */
static char *fact(const struct resource *from, const char *key)
{
	const char *s = from->static_route.next_hop;

	while (s && *s) {
		const char *value = frr_after(s, key);

		if (value)
			return mem_strndup(value, strcspn(value, ","));
		s = strchr(s, ',');
		s = s ? s + strspn(s, ", ") : NULL;
	}
	return NULL;
}

/* 'A%D+A%D' as words of `ip route`. */
static bool put_hops(const char *hops, struct buf *out)
{
	bool several = strchr(hops, '+') != NULL;

	while (*hops) {
		size_t n = strcspn(hops, "+");
		const char *dev = memchr(hops, '%', n);

		if (!dev)
			return false;
		if (several)
			buf_puts(out, " nexthop");
		if (dev > hops)
			buf_printf(out, " via %.*s", (int)(dev - hops), hops);
		buf_printf(out, " dev %.*s", (int)(hops + n - dev - 1),
			   dev + 1);
		hops += n + (hops[n] == '+');
	}
	return true;
}

static bool put_route(const struct resource *from, const char *name,
		      const char *prefix, unsigned table, struct buf *out,
		      struct err *e)
{
	mem_auto_free char *value = fact(from, prefix);
	const char *via = frr_after(value, "via");

	if (value && strcmp(value, "present") == 0)
		return true;
	if (!via || !*via)
		return err_set(e, ERR_REFUSED,
			       "pin '%s': '%s' has no parent route with a next "
			       "hop here (%s), so it cannot be held on the VPN "
			       "without discarding traffic",
			       name, prefix, value ? value : "no route");
	buf_printf(out, "ip route replace %s", prefix);
	if (!put_hops(via, out))
		return err_set(e, ERR_INVALID,
			       "pin '%s': next hop '%s' of '%s' was not "
			       "understood",
			       name, via, prefix);
	buf_printf(out, " proto static table %u\n", table);
	return true;
}

/* ---- vtysh ---- */

static void put_lists(const struct resource *from, const struct resource *to,
		      struct buf *out)
{
	const struct state_list *l = &to->static_route.prefixes;

	for (size_t i = 0; i < l->n; i++) {
		mem_auto_free char *value = fact(from, l->v[i]);
		bool there = value && strcmp(value, "present") == 0;

		buf_printf(out, "ip prefix-list %s%s seq %zu permit %s\n",
			   to->name, there ? "-present" : "", (i + 1) * 5,
			   l->v[i]);
	}
}

static bool any_present(const struct resource *from, const struct resource *to)
{
	const struct state_list *l = &to->static_route.prefixes;

	for (size_t i = 0; i < l->n; i++) {
		mem_auto_free char *value = fact(from, l->v[i]);

		if (value && strcmp(value, "present") == 0)
			return true;
	}
	return false;
}

static void put_maps(const struct target *t, const char *name, const char *own,
		     bool present, struct buf *out)
{
	buf_printf(out,
		   "route-map %s-origin permit 10\n"
		   " match ip address prefix-list %s\n"
		   " set as-path prepend %u\n"
		   " set tag %d\n"
		   "exit\n"
		   "route-map %s permit 10\n"
		   " match tag %d\n"
		   " set as-path exclude %u\n"
		   "exit\n",
		   name, name, t->asn, FRR_PIN_TAG, name, FRR_PIN_TAG, t->asn);
	if (present)
		buf_printf(out,
			   "route-map %s permit 15\n"
			   " match ip address prefix-list %s-present\n"
			   "exit\n",
			   name, name);
	buf_printf(out, "route-map %s permit 20\n", name);
	if (own)
		buf_printf(out, " call %s\n", own);
	buf_puts(out, "exit\n");
}

static void put_bgp(const struct target *t, const char *binding,
		    const char *redistribute, struct buf *out)
{
	buf_printf(out,
		   "router bgp %u\n"
		   " address-family ipv4 unicast\n"
		   "  %s\n"
		   "%s"
		   " exit-address-family\n"
		   "exit\n",
		   t->asn, binding, redistribute);
}

static void create_vtysh(const struct target *t, const struct resource *from,
			 const struct resource *to, struct buf *out)
{
	unsigned table = frr_pin_table(t);
	const char *addr = to->static_route.session;
	mem_auto_free char *own = fact(from, "export");
	mem_auto_free char *bind =
		mem_format("neighbor %s route-map %s out", addr, to->name);
	mem_auto_free char *redistribute =
		mem_format("  redistribute table %u route-map %s-origin\n",
			   table, to->name);

	buf_puts(out, "configure terminal\n");
	put_lists(from, to, out);
	put_maps(t, to->name, own, any_present(from, to), out);
	put_bgp(t, bind, redistribute, out);
	buf_printf(out,
		   "ip import-table %u\n"
		   "end\n"
		   "clear bgp ipv4 unicast %s soft out\n",
		   table, addr);
}

static bool create_routes(const struct target *t, const struct resource *from,
			  const struct resource *to, struct buf *out,
			  struct err *e)
{
	const struct state_list *l = &to->static_route.prefixes;

	for (size_t i = 0; i < l->n; i++)
		if (!put_route(from, to->name, l->v[i], frr_pin_table(t), out,
			       e))
			return false;
	return true;
}

bool frr_pin_create(const struct target *t, const struct resource *from,
		    const struct resource *to, bool back, struct changeset *cs,
		    struct err *e)
{
	buf_auto vtysh = BUF_INIT;
	buf_auto shell = BUF_INIT;

	create_vtysh(t, from, to, &vtysh);
	if (!create_routes(t, from, to, &shell, e))
		return false;
	changeset_add(cs, back, "vtysh", buf_str(&vtysh));
	if (shell.len)
		changeset_add(cs, back, "shell", buf_str(&shell));
	return true;
}

void frr_pin_remove(const struct target *t, const struct resource *from,
		    const struct resource *to, bool back, struct changeset *cs)
{
	unsigned table = frr_pin_table(t);
	const char *addr = to->static_route.session;
	mem_auto_free char *own = fact(from, "export");
	mem_auto_free char *bind =
		own ? mem_format("neighbor %s route-map %s out", addr, own)
		    : mem_format("no neighbor %s route-map %s out", addr,
				 to->name);
	mem_auto_free char *redistribute =
		mem_format("  no redistribute table %u\n", table);
	mem_auto_free char *routes =
		mem_format("ip route flush table %u proto static\n", table);
	buf_auto out = BUF_INIT;

	changeset_add(cs, back, "shell", routes);
	buf_puts(&out, "configure terminal\n");
	put_bgp(t, bind, redistribute, &out);
	buf_printf(&out,
		   "no ip import-table %u\n"
		   "end\n"
		   "clear bgp ipv4 unicast %s soft out\n",
		   table, addr);
	changeset_add(cs, back, "vtysh", buf_str(&out));
	buf_clear(&out);
	buf_printf(&out,
		   "configure terminal\n"
		   "no route-map %s\n"
		   "no route-map %s-origin\n"
		   "no ip prefix-list %s\n"
		   "no ip prefix-list %s-present\n"
		   "end\n",
		   to->name, to->name, to->name, to->name);
	changeset_add(cs, back, "vtysh", buf_str(&out));
}
