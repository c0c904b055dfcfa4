/*
 * linux_interface.c - reading interfaces with `ip -j`, changing them with `ip`
 *
 * One script reads all interfaces: it prints a JSON array with, for each, what
 * `ip` said, or an empty array where the kernel has no such interface.  So an
 * interface that is absent and an `ip` that failed are never the same.  (/sys
 * is not asked: it may be that of another network namespace.)
 *
 * Invariants: names are checked before they become part of a command; a change
 * never touches an address that is in both states; nothing but an 802.1Q
 * sub-interface is ever created or removed; what goes up gets its addresses
 * first, what goes down loses them first.
 *
 * Threads: none of its own.  It does not make anything survive a reboot: a
 * circuit that is gone after a reboot leaves the VPN in charge.
 */
#include "adapters/transport/linux_interface.h"

#include <string.h>

#include "orchestrator/model/prefix.h"

#define NAME_MAX_LEN 15

static bool name_check(const char *name, struct err *e)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	if (name && *name && strlen(name) <= NAME_MAX_LEN && *name != '-' &&
	    !name[strspn(name, good)] && strcmp(name, ".") != 0 &&
	    strcmp(name, "..") != 0)
		return true;
	return err_set(e, ERR_INVALID,
		       "'%s' is not the name of a Linux interface (1 to 15 "
		       "letters, digits, '_', '.' or '-')",
		       name ? name : "");
}

bool linux_interface_script(const struct resource_set *want, struct buf *ret,
			    struct err *e)
{
	const char *comma = "";

	/* lo is everywhere: an `ip` that does not know it does not work. */
	buf_puts(ret,
		 "ip -o link show dev lo >/dev/null || exit 1\necho '['\n");
	for (size_t i = 0; i < want->n; i++) {
		const char *name = want->v[i].name;

		if (want->v[i].kind != RESOURCE_INTERFACE)
			continue;
		if (!name_check(name, e))
			return false;
		buf_printf(ret,
			   "echo '%s'\n"
			   "j=$(ip -j -d -s addr show dev %s 2>/dev/null) || "
			   "j='[]'\n"
			   "echo \"$j\"\n",
			   comma, name);
		comma = ",";
	}
	buf_puts(ret, "echo ']'\n");
	return true;
}

static bool flag_has(const json_t *link, const char *flag)
{
	const json_t *flags = json_peek(link, "flags");

	for (size_t i = 0; i < json_array_size(flags); i++) {
		const char *s = json_string_value(json_array_get(flags, i));

		if (s && strcmp(s, flag) == 0)
			return true;
	}
	return false;
}

static void addresses_read(const json_t *link, struct state_list *ret)
{
	const json_t *all = json_peek(link, "addr_info");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *a = json_array_get(all, i);
		const char *local = json_peek_str(a, "local", NULL);
		const char *family = json_peek_str(a, "family", "");
		mem_auto_free char *text = NULL;

		if (!local || (strcmp(family, "inet6") == 0 &&
			       strncasecmp(local, "fe80:", 5) == 0))
			continue;
		text = mem_format("%s/%d", local,
				  (int)json_peek_int(a, "prefixlen", 0));
		state_list_add(ret, text);
	}
}

static uint64_t counter(const json_t *link, const char *way, const char *what)
{
	const json_t *stats = json_peek(link, "stats64");

	if (!stats)
		stats = json_peek(link, "stats");
	return (uint64_t)json_peek_int(json_peek(stats, way), what, 0);
}

static void link_read(const json_t *link, struct state_interface *s)
{
	const json_t *info = json_peek(link, "linkinfo");
	const char *oper = json_peek_str(link, "operstate", "UNKNOWN");

	s->up = flag_has(link, "UP");
	/* Tunnels and loopbacks have no operational state of their own. */
	s->oper_up = strcmp(oper, "UP") == 0 ||
		     (strcmp(oper, "UNKNOWN") == 0 && s->up &&
		      flag_has(link, "LOWER_UP"));
	s->mtu = (uint32_t)json_peek_int(link, "mtu", 0);
	s->rx_bytes = counter(link, "rx", "bytes");
	s->rx_packets = counter(link, "rx", "packets");
	s->tx_bytes = counter(link, "tx", "bytes");
	s->tx_packets = counter(link, "tx", "packets");
	if (strcmp(json_peek_str(info, "info_kind", ""), "vlan") == 0) {
		s->vlan = (uint32_t)json_peek_int(json_peek(info, "info_data"),
						  "id", 0);
		s->parent = mem_strdup(json_peek_str(link, "link", NULL));
	}
	addresses_read(link, &s->addresses);
}

/* `ip` may put empty objects beside the one that was asked for. */
static const json_t *link_find(const json_t *links, const char *name)
{
	for (size_t i = 0; i < json_array_size(links); i++) {
		const json_t *link = json_array_get(links, i);

		if (strcmp(json_peek_str(link, "ifname", ""), name) == 0)
			return link;
	}
	return NULL;
}

static bool one_read(const json_t *links, const char *name,
		     struct resource_set *ret, struct err *e)
{
	const json_t *link = link_find(links, name);
	struct resource *r;

	if (!json_is_array(links) || (json_array_size(links) && !link))
		return err_set(e, ERR_INVALID,
			       "`ip` did not answer about interface '%s'",
			       name);
	r = resource_set_add(ret, RESOURCE_INTERFACE, name);
	r->present = link != NULL;
	if (link)
		link_read(link, &r->interface);
	return true;
}

bool linux_interface_parse(const char *text, size_t len,
			   const struct resource_set *want,
			   struct resource_set *ret, struct err *e)
{
	json_t *all = json_text_parse(text, len, e);
	size_t at = 0;
	bool ok = all != NULL;

	for (size_t i = 0; ok && i < want->n; i++)
		if (want->v[i].kind == RESOURCE_INTERFACE)
			ok = one_read(json_array_get(all, at++),
				      want->v[i].name, ret, e);
	json_decref(all);
	return ok || err_wrap(e, "cannot read the output of `ip -j addr`");
}

bool linux_interface_observe(struct device *d, uint64_t epoch,
			     const struct resource_set *want,
			     struct resource_set *ret, int64_t deadline_us,
			     struct err *e)
{
	struct device_result r = {.rc = -1};
	buf_auto script = BUF_INIT;
	bool any = false, ok;

	for (size_t i = 0; i < want->n; i++)
		any |= want->v[i].kind == RESOURCE_INTERFACE;
	if (!any)
		return true;
	if (!linux_interface_script(want, &script, e) ||
	    !device_read(d, epoch, buf_str(&script), deadline_us, &r, e))
		return err_wrap(e, "cannot observe interfaces");
	if (r.rc == 0)
		ok = linux_interface_parse(buf_str(&r.out), r.out.len, want,
					   ret, e);
	else
		ok = err_set(e, ERR_IO,
			     "cannot observe interfaces: `ip` failed with "
			     "status %d: %.*s",
			     r.rc, (int)strcspn(buf_str(&r.err), "\n"),
			     buf_str(&r.err));
	device_result_done(&r);
	return ok;
}

/* Addresses of `of` that are not in `other`; ipv6_too: those of IPv6 anyway. */
static bool addresses_render(struct buf *b, const char *command,
			     const char *name, const struct state_list *of,
			     const struct state_list *other, bool ipv6_too,
			     struct err *e)
{
	for (size_t i = 0; i < of->n; i++) {
		const char *text = of->v[i];
		struct prefix net, addr;

		if (!prefix_parse_ifaddr(text, &net, &addr, e))
			return err_wrap(e, "interface '%s'", name);
		if (state_list_has(other, text) &&
		    !(ipv6_too && addr.family == 6))
			continue;
		buf_printf(b, "ip addr %s %s dev %s\n", command, text, name);
	}
	return true;
}

static bool is_vlan(const struct resource *r)
{
	return r->interface.parent && *r->interface.parent && r->interface.vlan;
}

static bool create_render(struct buf *b, const struct resource *to,
			  struct err *e)
{
	const char *parent = to->interface.parent;

	if (!is_vlan(to))
		return err_set(e, ERR_REFUSED,
			       "interface '%s' does not exist on the device; "
			       "create it, or name its parent and VLAN",
			       to->name);
	if (!name_check(parent, e))
		return false;
	if (to->interface.vlan > 4094)
		return err_set(
			e, ERR_INVALID,
			"interface '%s': VLAN %u is not within 1 to 4094",
			to->name, to->interface.vlan);
	buf_printf(b,
		   "ip link show dev %s >/dev/null 2>&1 || "
		   "ip link add link %s name %s type vlan id %u\n",
		   to->name, parent, to->name, to->interface.vlan);
	return true;
}

static bool remove_render(struct buf *b, const struct resource *from,
			  struct err *e)
{
	if (!is_vlan(from))
		return err_set(e, ERR_REFUSED,
			       "interface '%s' is not a VLAN sub-interface; "
			       "cutover does not remove it",
			       from->name);
	buf_printf(b,
		   "! ip link show dev %s >/dev/null 2>&1 || "
		   "ip link del dev %s\n",
		   from->name, from->name);
	return true;
}

static bool same_place(const struct resource *from, const struct resource *to,
		       struct err *e)
{
	const struct state_interface *a = &from->interface;
	const struct state_interface *b = &to->interface;

	if (!is_vlan(to) || (is_vlan(from) && a->vlan == b->vlan &&
			     strcmp(a->parent, b->parent) == 0))
		return true;
	return err_set(e, ERR_REFUSED,
		       "interface '%s' is there, but it is not VLAN %u on "
		       "'%s'; cutover does not replace it",
		       to->name, b->vlan, b->parent);
}

/* The commands from one state to the other; `from` is never NULL here. */
static bool way_render(struct buf *b, const struct resource *from,
		       const struct resource *to, struct err *e)
{
	const struct state_interface *s = &to->interface;
	static const struct state_list none;
	struct state_interface was = {0};
	bool turns;

	if (!to->present)
		return !from->present || remove_render(b, from, e);
	if (from->present)
		was = from->interface;
	if (from->present ? !same_place(from, to, e) : !create_render(b, to, e))
		return false;
	turns = s->up != was.up;
	if (s->mtu && s->mtu != was.mtu)
		buf_printf(b, "ip link set dev %s mtu %u\n", to->name, s->mtu);
	if (!addresses_render(b, "del", to->name, &was.addresses, &s->addresses,
			      false, e))
		return false;
	if (turns && was.up)
		buf_printf(b, "ip link set dev %s down\n", to->name);
	/* Linux drops IPv6 addresses of what goes down. */
	if (!addresses_render(b, "replace", to->name, &s->addresses,
			      from->present ? &was.addresses : &none, turns, e))
		return false;
	if (turns && s->up)
		buf_printf(b, "ip link set dev %s up\n", to->name);
	return true;
}

static void part_add(struct changeset *cs, bool back, const struct buf *b)
{
	mem_auto_free char *text = mem_format("set -e\n%s", buf_str(b));

	changeset_add(cs, back, "shell", text);
}

bool linux_interface_render(const struct resource *from,
			    const struct resource *to, struct changeset *cs,
			    struct err *e)
{
	struct resource absent = {.kind = RESOURCE_INTERFACE, .name = to->name};
	struct resource before = from ? *from : absent, after = *to;
	buf_auto forward = BUF_INIT, back = BUF_INIT;

	if (!name_check(to->name, e))
		return false;
	/* An MTU that is not ours to set is not ours to set back. */
	if (!to->interface.mtu)
		before.interface.mtu = 0;
	/* What `to` leaves open stays as it is. */
	if (before.present && to->present && !is_vlan(to)) {
		after.interface.parent = before.interface.parent;
		after.interface.vlan = before.interface.vlan;
	}
	if (!way_render(&forward, &before, &after, e) ||
	    !way_render(&back, &after, &before, e))
		return false;
	if (forward.len)
		part_add(cs, false, &forward);
	if (forward.len && back.len)
		part_add(cs, true, &back);
	return true;
}
