/*
 * discover_write.c - the text of a starter plan
 *
 * The user's own lines come first, untouched, so that places in them are right.
 * What was seen is written as it was seen; what nobody could see gets a value
 * that fits the rest, and a comment with 'CHECK', so that the plan is valid and
 * its reader knows where to look.
 *
 * Pure.
 */
#include <string.h>

#include "orchestrator/cmd/discover.h"
#include "orchestrator/model/prefix.h"

static const json_t *circuits_of(const struct discover *d)
{
	return json_peek(d->cloud, "circuits");
}

/* The first circuit that no gateway is attached to. */
static const json_t *circuit_of(const struct discover *d)
{
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)circuits_of(d), i, v)
	{
		if (!json_peek_bool(v, "attached", false))
			return v;
	}
	return NULL;
}

static void write_texts(const json_t *list, struct buf *out)
{
	json_t *v;
	size_t i;

	buf_puts(out, "[");
	json_array_foreach((json_t *)list, i, v)
		buf_printf(out, "%s%s", i ? ", " : "", json_string_value(v));
	buf_puts(out, "]");
}

static void write_list(const struct state_list *l, struct buf *out)
{
	buf_puts(out, "[");
	for (size_t i = 0; i < l->n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", l->v[i]);
	buf_puts(out, "]");
}

static void write_comments(const json_t *list, const char *what,
			   struct buf *out)
{
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)list, i, v)
		buf_printf(out, "# %s: %s\n", what, json_string_value(v));
}

static void write_site(const struct discover *d, struct buf *out)
{
	buf_printf(out,
		   "\nversion: 1\nname: discovered\n\nsite:\n  asn: %u%s\n",
		   d->asn ? d->asn : 65001,
		   d->asn ? "" : "    # CHECK: no edge showed it");
	buf_puts(out, "  prefixes: ");
	if (d->onprem.n)
		write_list(&d->onprem, out);
	else
		buf_puts(out, "[10.255.0.0/16]    # CHECK: no edge announces "
			      "any over the VPN");
	buf_puts(out, "\n");
}

static void write_tunnels(const struct discover *d, struct buf *out)
{
	const json_t *names = json_peek(d->cloud, "connections");
	uint32_t asn = (uint32_t)json_peek_int(json_peek(d->cloud, "vpn"),
					       "asn", 65515);
	const char *name = json_string_value(json_array_get(names, 0));

	buf_puts(out, "\ntunnels:\n");
	for (size_t i = 0; i < d->n_tunnels; i++) {
		const struct discover_tunnel *t = &d->tunnels[i];

		buf_printf(out, "  - name: vpn%zu\n    edge: %s\n", i + 1,
			   d->edges.v[t->edge]);
		if (name)
			buf_printf(out,
				   "    driver: azure\n    connection: %s%s\n",
				   name,
				   json_array_size(names) > 1
					   ? "    # CHECK: which of several"
					   : "");
		else
			buf_puts(out, "    driver: none\n");
		buf_printf(out, "    neighbor: %s\n    asn: %u\n", t->neighbor,
			   asn);
	}
	if (!d->n_tunnels)
		buf_printf(out,
			   "  # CHECK: no edge has a session with the VPN "
			   "gateway\n  - {name: vpn1, edge: %s, driver: none, "
			   "neighbor: 169.254.21.1, asn: %u}\n",
			   d->edges.v[0], asn);
}

static bool overlaps(const struct prefix *p, const char *text)
{
	struct prefix q;

	return text && prefix_parse(text, &q, NULL) && prefix_overlaps(p, &q);
}

/* A /29 that nothing seen overlaps. */
static struct prefix free_net(const struct discover *d)
{
	const json_t *vnet = json_peek(json_peek(d->cloud, "vnet"), "prefixes");
	struct prefix p;

	for (unsigned n = 0; n < 256; n++) {
		mem_auto_free char *text = mem_format("172.31.%u.0/29", n);
		bool taken = false;
		json_t *v;
		size_t i;

		prefix_parse(text, &p, NULL);
		json_array_foreach((json_t *)vnet, i, v) taken |=
			overlaps(&p, json_string_value(v));
		for (i = 0; i < d->onprem.n; i++)
			taken |= overlaps(&p, d->onprem.v[i]);
		if (!taken)
			break;
	}
	return p;
}

static void write_peering(const struct discover *d, const json_t *c,
			  struct buf *out)
{
	const char *first = json_peek_str(c, "primary", "");
	int vlan = (int)json_peek_int(c, "vlan", 0);
	struct prefix p = free_net(d), half[2];
	char text[2][PREFIX_TEXT_MAX];

	buf_puts(out, "    peerings:\n");
	if (strcmp(json_peek_str(c, "model", ""), "network-service") == 0) {
		buf_puts(out, "      - {name: private, asn: 12076}\n");
		return;
	}
	buf_puts(out, "      - name: private\n        asn: 12076\n");
	if (*first && vlan) {
		buf_printf(out,
			   "        vlan: %d\n        subnets: {primary: %s, "
			   "secondary: %s}\n",
			   vlan, first, json_peek_str(c, "secondary", ""));
		return;
	}
	prefix_split(&p, half);
	buf_printf(out,
		   "        # CHECK: agree on VLAN and subnets with the "
		   "provider\n        vlan: 100\n        subnets: {primary: "
		   "%s, secondary: %s}\n",
		   prefix_text(&half[0], text[0]),
		   prefix_text(&half[1], text[1]));
}

static void write_links(const struct discover *d, struct buf *out)
{
	bool two = d->edges.n > 1;

	buf_puts(out, "    links:\n      # CHECK: which interfaces are the "
		      "cross-connects\n");
	buf_printf(out,
		   "      - {name: primary, edge: %s, interface: eth2}\n"
		   "      - {name: secondary, edge: %s, interface: %s}\n",
		   d->edges.v[0], d->edges.v[two], two ? "eth2" : "eth3");
}

static void write_circuit(const struct discover *d, struct buf *out)
{
	const json_t *c = circuit_of(d);
	const char *name = json_peek_str(c, "name", "new-circuit");
	const char *gateway = json_peek_str(d->cloud, "gateway", NULL);
	bool premium = strcmp(json_peek_str(c, "tier", ""), "Premium") == 0;

	buf_puts(out, "\ncircuits:\n");
	if (!c)
		buf_puts(out, "  # CHECK: there is no circuit without a "
			      "connection: order one\n");
	else
		buf_printf(out, "  # the provider says: %s\n",
			   json_peek_str(c, "provisioning", "?"));
	buf_printf(out,
		   "  - name: %s\n    driver: azure\n    model: %s\n"
		   "    gateway: %s%s\n    attachment: %s-link\n"
		   "    location: %s\n    limits: azure-%s\n",
		   name, json_peek_str(c, "model", "exchange"),
		   gateway ? gateway : "new-ergw",
		   gateway ? "" : "    # CHECK: there is none yet", name,
		   json_peek_str(d->cloud, "location", "westeurope"),
		   premium ? "premium" : "standard");
	write_links(d, out);
	write_peering(d, c, out);
}

static void write_move(const struct discover *d, struct buf *out)
{
	const json_t *vnet = json_peek(d->cloud, "vnet");
	const char *machine = json_peek_str(d->cloud, "machine", "");

	buf_printf(out, "\nvnet:\n  name: %s\n  driver: azure\n  prefixes: ",
		   json_peek_str(vnet, "name", "vnet"));
	write_texts(json_peek(vnet, "prefixes"), out);
	buf_puts(out, "\n\n# CHECK: a small group first, moved in a wave of "
		      "its own\ngroups:\n  - name: all\n    onprem: ");
	if (d->onprem.n)
		write_list(&d->onprem, out);
	else
		buf_puts(out, "[10.255.0.0/16]");
	buf_puts(out, "\n    cloud: ");
	write_texts(json_peek(vnet, "prefixes"), out);
	buf_puts(out, "\n    peering: private\n\nwaves:\n  - {name: all, "
		      "groups: [all], soak: 30m, hold: true}\n");
	if (*machine)
		buf_printf(out,
			   "\nprobes:\n  - {name: machine, kind: icmp, to: %s, "
			   "rate: 10/s, group: all}\n\nguards:\n  - {name: "
			   "answers, probe: machine, gap: 2s, breach: "
			   "rollback, blind: hold}\n",
			   machine);
}

static void write_others(const struct discover *d, struct buf *out)
{
	const json_t *mine = circuit_of(d);
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)circuits_of(d), i, v)
	{
		if (v != mine)
			buf_printf(out, "# not in this plan: circuit '%s'%s\n",
				   json_peek_str(v, "name", "?"),
				   json_peek_bool(v, "attached", false)
					   ? ", which has a connection"
					   : "");
	}
}

void discover_write(const struct discover *d, struct buf *out)
{
	buf_puts(out, d->text);
	buf_puts(out,
		 "\n# Made by 'cutover discover': look for CHECK, then try "
		 "'cutover check'.\n");
	write_comments(json_peek(d->cloud, "traps"), "IN THE WAY", out);
	write_comments(json_peek(d->cloud, "notes"), "to know", out);
	write_others(d, out);
	write_site(d, out);
	write_tunnels(d, out);
	write_circuit(d, out);
	write_move(d, out);
}
