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

#include <stdlib.h>
#include <string.h>

#include "orchestrator/base/set.h"
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

/* 'KEY VALUE, KEY VALUE, ..', sorted by key. */
struct fact {
	const char *key, *value;
	int key_len, value_len;
};

struct facts {
	struct fact *v;
	size_t n, cap;
};

static int fact_cmp(const void *pa, const void *pb)
{
	const struct fact *a = pa, *b = pb;
	int n = a->key_len < b->key_len ? a->key_len : b->key_len;
	int c = memcmp(a->key, b->key, (size_t)n);

	return c ? c : a->key_len - b->key_len;
}

static void facts_read(const struct resource *from, struct facts *f)
{
	const char *s = from->static_route.next_hop;

	while (s && *s) {
		struct fact x = {.key = s, .key_len = (int)strcspn(s, " ,")};

		x.value = s + x.key_len + (s[x.key_len] == ' ');
		x.value_len = (int)strcspn(x.value, ",");
		MEM_GROW(f->v, f->n, f->cap);
		f->v[f->n++] = x;
		s = x.value + x.value_len;
		s += strspn(s, ", ");
	}
	if (f->n)
		qsort(f->v, f->n, sizeof(*f->v), fact_cmp);
}

/* The value, the caller frees it; NULL: nothing is known. */
static char *fact(const struct facts *f, const char *key)
{
	const struct fact want = {.key = key, .key_len = (int)strlen(key)};
	const struct fact *x =
		f->n ? bsearch(&want, f->v, f->n, sizeof(*f->v), fact_cmp)
		     : NULL;

	return x ? mem_strndup(x->value, (size_t)x->value_len) : NULL;
}

static bool is_present(const struct facts *f, const char *prefix)
{
	mem_auto_free char *value = fact(f, prefix);

	return value && strcmp(value, "present") == 0;
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

static bool put_route(const struct facts *f, const char *name,
		      const char *prefix, unsigned table, struct buf *out,
		      struct err *e)
{
	mem_auto_free char *value = fact(f, prefix);
	const char *via = frr_after(value, "via");

	if (value && strcmp(value, "present") == 0)
		return true;
	if (!via || !*via)
		return err_set(e, ERR_REFUSED,
			       "pin '%s': '%s' has no parent route with a next "
			       "hop here (%s), so it cannot be held on the VPN "
			       "without discarding traffic",
			       name, prefix, value ? value : "no route");
	buf_printf(out, "route replace %s", prefix);
	if (!put_hops(via, out))
		return err_set(e, ERR_INVALID,
			       "pin '%s': next hop '%s' of '%s' was not "
			       "understood",
			       name, via, prefix);
	buf_printf(out, " proto static table %u\n", table);
	return true;
}

/* ---- vtysh ---- */

/* What the device announces anyhow; says whether there is any. */
static bool put_present(const struct facts *f, const struct resource *to,
			struct buf *out)
{
	const struct state_list *l = &to->static_route.prefixes;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (is_present(f, l->v[i]))
			buf_printf(out,
				   "ip prefix-list %s-present seq %zu permit "
				   "%s\n",
				   to->name, ++n * 5, l->v[i]);
	return n > 0;
}

static void put_maps(const struct target *t, const char *name, const char *own,
		     bool present, struct buf *out)
{
	buf_printf(out,
		   "route-map %s-origin permit 10\n"
		   " set as-path prepend %u\n"
		   " set tag %d\n"
		   "exit\n"
		   "route-map %s permit 10\n"
		   " match tag %d\n"
		   " set as-path exclude %u\n"
		   "exit\n",
		   name, t->asn, FRR_PIN_TAG, name, FRR_PIN_TAG, t->asn);
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

static void create_vtysh(const struct target *t, const struct facts *f,
			 const struct resource *to, struct buf *out)
{
	unsigned table = frr_pin_table(t);
	const char *addr = to->static_route.session;
	mem_auto_free char *own = fact(f, "export");
	mem_auto_free char *bind =
		mem_format("neighbor %s route-map %s out", addr, to->name);
	mem_auto_free char *redistribute =
		mem_format("  redistribute table %u route-map %s-origin\n",
			   table, to->name);
	bool present;

	buf_puts(out, "configure terminal\n");
	present = put_present(f, to, out);
	put_maps(t, to->name, own, present, out);
	put_bgp(t, bind, redistribute, out);
	buf_printf(out,
		   "ip import-table %u\n"
		   "end\n"
		   "clear bgp ipv4 unicast %s soft out\n",
		   table, addr);
}

/* One `ip` for all of them. */
static bool create_routes(const struct target *t, const struct facts *f,
			  const struct resource *to, struct buf *out,
			  struct err *e)
{
	const struct state_list *l = &to->static_route.prefixes;
	buf_auto lines = BUF_INIT;

	for (size_t i = 0; i < l->n; i++)
		if (!put_route(f, to->name, l->v[i], frr_pin_table(t), &lines,
			       e))
			return false;
	if (lines.len)
		buf_printf(out,
			   "ip -batch - <<'CUTOVER_END_OF_ROUTES'\n"
			   "%sCUTOVER_END_OF_ROUTES\n",
			   buf_str(&lines));
	return true;
}

bool frr_pin_create(const struct target *t, const struct resource *from,
		    const struct resource *to, bool back, struct changeset *cs,
		    struct err *e)
{
	struct facts f = {0};
	buf_auto vtysh = BUF_INIT;
	buf_auto shell = BUF_INIT;
	bool ok;

	facts_read(from, &f);
	create_vtysh(t, &f, to, &vtysh);
	ok = create_routes(t, &f, to, &shell, e);
	free(f.v);
	if (!ok)
		return false;
	changeset_add(cs, back, "vtysh", buf_str(&vtysh));
	if (shell.len)
		changeset_add(cs, back, "shell", buf_str(&shell));
	return true;
}

/* ---- fewer ---- */

/* What is held now and will not be; false: some of it is more than a route. */
static bool let_go(const struct target *t, const struct facts *f,
		   const struct resource *from, const struct resource *to,
		   struct buf *del, struct buf *add, struct err *e)
{
	const struct state_list *held = &from->static_route.prefixes;
	struct text_set keep = {0};
	size_t kept = 0;
	bool ok = true;

	for (size_t i = 0; i < to->static_route.prefixes.n; i++)
		text_set_add(&keep, to->static_route.prefixes.v[i]);
	for (size_t i = 0; ok && i < held->n; i++) {
		if (text_set_find(&keep, held->v[i])) {
			kept++;
			continue;
		}
		ok = !is_present(f, held->v[i]) &&
		     put_route(f, to->name, held->v[i], frr_pin_table(t), add,
			       e);
		buf_printf(del, "route del %s proto static table %u\n",
			   held->v[i], frr_pin_table(t));
	}
	text_set_done(&keep);
	return ok && kept == to->static_route.prefixes.n && del->len;
}

static void batch(struct changeset *cs, const struct buf *lines)
{
	mem_auto_free char *text =
		mem_format("ip -batch - <<'CUTOVER_END_OF_ROUTES'\n"
			   "%sCUTOVER_END_OF_ROUTES\n",
			   buf_str(lines));

	changeset_add(cs, false, "shell", text);
}

bool frr_pin_shrink(const struct target *t, const struct resource *from,
		    const struct resource *to, struct changeset *fwd,
		    struct changeset *back)
{
	struct facts f = {0};
	buf_auto del = BUF_INIT;
	buf_auto add = BUF_INIT;
	err_auto e = ERR_INIT;
	bool ok;

	if (!from->present || !to->present)
		return false;
	facts_read(from, &f);
	ok = let_go(t, &f, from, to, &del, &add, &e);
	free(f.v);
	if (!ok)
		return false;
	batch(fwd, &del);
	batch(back, &add);
	return true;
}

void frr_pin_remove(const struct target *t, const struct resource *from,
		    const struct resource *to, bool back, struct changeset *cs)
{
	unsigned table = frr_pin_table(t);
	const char *addr = to->static_route.session;
	struct facts f = {0};
	mem_auto_free char *own = (facts_read(from, &f), fact(&f, "export"));
	mem_auto_free char *bind =
		own ? mem_format("neighbor %s route-map %s out", addr, own)
		    : mem_format("no neighbor %s route-map %s out", addr,
				 to->name);
	mem_auto_free char *redistribute =
		mem_format("  no redistribute table %u\n", table);
	mem_auto_free char *routes =
		mem_format("ip route flush table %u proto static\n", table);
	buf_auto out = BUF_INIT;

	free(f.v);
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
