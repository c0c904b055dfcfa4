/*
 * identity.c - the fingerprint of a virtual network
 *
 * Pure: facts in, two JSON texts out.  Everything is sorted by what does not
 * change (uuid, MAC), so equal networks give equal texts whatever the order in
 * which libvirt lists things.
 *
 * What libvirt writes into a definition while the network is in use (how many
 * are connected to it) is left out of the digest.  A lease counts for identity
 * if its MAC is one of a domain's interfaces or of a static host: what else
 * asks for an address on that network is not part of it.
 */
#include "adapters/libvirt/identity.h"

#include <ctype.h>
#include <string.h>

#include "adapters/libvirt/nics.h"
#include "orchestrator/base/digest.h"
#include "orchestrator/base/json.h"

struct domain { /* a domain's facts with its interfaces */
	const struct facts_domain *facts;
	struct nics nics;
};

struct work {
	const struct facts *f;
	const char *port;
	struct xml *network;
	const char *name, *bridge; /* in network */
	struct domain *domains;	   /* sorted by uuid */
	size_t n_domains;
	struct state_list macs; /* whose leases count */
};

static json_t *text(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();

	return j ? j : json_string("(not UTF-8)");
}

static char *lower(const char *s)
{
	char *r = mem_strdup(s);

	for (char *c = r; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return r;
}

/* ---- the network ---- */

static json_t *definition_digest(const struct xml *x)
{
	buf_auto b = BUF_INIT;
	char hex[DIGEST_HEX];

	if (!x)
		return json_null();
	xml_canonical(x, "connections", &b);
	digest_sha256_hex(b.data, b.len, hex);
	return json_string(hex);
}

static json_t *attributes(const struct xml *x)
{
	json_t *j = json_object();

	for (size_t i = 0; i < x->n_attrs; i++)
		json_object_set_new(j, x->attrs[i].name,
				    text(x->attrs[i].value));
	return j;
}

/* 'ranges' and 'hosts' of one <ip>. */
static void add_dhcp(json_t *j, const struct xml *dhcp)
{
	json_t *ranges = json_array(), *hosts = json_array();

	for (size_t i = 0; dhcp && i < dhcp->n; i++) {
		const struct xml *x = dhcp->v[i];

		if (strcmp(x->name, "range") == 0)
			json_array_append_new(ranges, attributes(x));
		else if (strcmp(x->name, "host") == 0)
			json_array_append_new(hosts, attributes(x));
	}
	json_object_set_new(j, "ranges", ranges);
	json_object_set_new(j, "hosts", hosts);
}

static json_t *addresses(const struct xml *network)
{
	json_t *v = json_array();

	for (size_t i = 0; i < network->n; i++) {
		const struct xml *x = network->v[i];
		json_t *j;

		if (strcmp(x->name, "ip") != 0)
			continue;
		j = attributes(x);
		add_dhcp(j, xml_child(x, "dhcp"));
		json_array_append_new(v, j);
	}
	return v;
}

static bool network_json(const struct work *w, json_t **ret, struct err *e)
{
	const struct facts_network *n = &w->f->network;
	xml_auto *saved = NULL;
	json_t *j;

	if (n->saved_xml) {
		saved = xml_parse(n->saved_xml, e);
		if (!saved)
			return false;
	}
	j = json_object();
	json_object_set_new(j, "name", text(w->name));
	json_object_set_new(j, "uuid",
			    text(xml_child_text(w->network, "uuid")));
	json_object_set_new(j, "bridge", text(w->bridge));
	json_object_set_new(j, "mac",
			    text(xml_child_attr(w->network, "mac", "address")));
	json_object_set_new(j, "mtu",
			    text(xml_child_attr(w->network, "mtu", "size")));
	json_object_set_new(
		j, "forward",
		text(xml_child_attr(w->network, "forward", "mode")));
	json_object_set_new(j, "ips", addresses(w->network));
	json_object_set_new(j, "active", json_boolean(n->active));
	json_object_set_new(j, "autostart", json_boolean(n->autostart));
	json_object_set_new(j, "persistent", json_boolean(n->persistent));
	json_object_set_new(j, "definition", definition_digest(w->network));
	json_object_set_new(j, "saved_definition", definition_digest(saved));
	*ret = j;
	return true;
}

/* ---- domains ---- */

static bool is_port(const struct work *w, const struct nic *n)
{
	return nic_is_port(n, w->port);
}

/* On the network by more than the gateway's port? */
static bool counts(const struct work *w, const struct domain *d)
{
	for (size_t i = 0; i < d->nics.n; i++)
		if (nic_is_on(&d->nics.v[i], w->name, w->bridge) &&
		    !is_port(w, &d->nics.v[i]))
			return true;
	return false;
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* From leases; where there is none, from the guest's agent. */
static json_t *nic_addresses(const struct work *w, const struct domain *d,
			     const struct nic *n)
{
	const struct facts_network *net = &w->f->network;
	struct state_list l = {0};
	json_t *v = json_array();
	bool leased;

	for (size_t i = 0; i < net->n_leases; i++)
		if (strcasecmp(net->leases[i].mac, n->mac) == 0 &&
		    !state_list_has(&l, net->leases[i].ip))
			state_list_add(&l, net->leases[i].ip);
	leased = l.n > 0;
	for (size_t i = 0; !leased && i < d->facts->n_addresses; i++)
		if (strcasecmp(d->facts->addresses[i].mac, n->mac) == 0 &&
		    !state_list_has(&l, d->facts->addresses[i].ip))
			state_list_add(&l, d->facts->addresses[i].ip);
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), text_cmp);
	for (size_t i = 0; i < l.n; i++)
		json_array_append_new(v, text(l.v[i]));
	state_list_done(&l);
	return v;
}

static json_t *nic_json(const struct work *w, const struct domain *d,
			const struct nic *n)
{
	json_t *j = json_object();

	json_object_set_new(j, "mac", text(n->mac));
	json_object_set_new(j, "target", text(n->target));
	json_object_set_new(j, "network", text(n->network));
	json_object_set_new(j, "bridge", text(n->bridge));
	json_object_set_new(j, "model", text(n->model));
	json_object_set_new(j, "link", text(n->link_up ? "up" : "down"));
	json_object_set_new(j, "addresses", nic_addresses(w, d, n));
	return j;
}

static json_t *domain_json(const struct work *w, const struct domain *d)
{
	json_t *j = json_object(), *nics = json_array();

	for (size_t i = 0; i < d->nics.n; i++)
		if (!is_port(w, &d->nics.v[i]))
			json_array_append_new(nics,
					      nic_json(w, d, &d->nics.v[i]));
	json_object_set_new(j, "uuid", text(d->facts->uuid));
	json_object_set_new(j, "name", text(d->facts->name));
	json_object_set_new(j, "id", json_integer(d->facts->id));
	json_object_set_new(j, "state", text(d->facts->state));
	json_object_set_new(j, "nics", nics);
	return j;
}

static json_t *domains_json(const struct work *w)
{
	json_t *v = json_array();

	for (size_t i = 0; i < w->n_domains; i++)
		if (counts(w, &w->domains[i]))
			json_array_append_new(v,
					      domain_json(w, &w->domains[i]));
	return v;
}

/* ---- leases ---- */

static bool lease_counts(const struct work *w, const struct facts_lease *l)
{
	mem_auto_free char *mac = lower(l->mac);

	return state_list_has(&w->macs, mac);
}

/* 'mac ip hostname', sorted, each once. */
static json_t *leases_json(const struct work *w)
{
	const struct facts_network *n = &w->f->network;
	struct state_list l = {0};
	json_t *v = json_array();

	for (size_t i = 0; i < n->n_leases; i++) {
		const struct facts_lease *x = &n->leases[i];
		mem_auto_free char *mac = lower(x->mac);
		mem_auto_free char *s =
			mem_format("%s %s %s", mac, x->ip,
				   x->hostname ? x->hostname : "-");

		if (lease_counts(w, x) && !state_list_has(&l, s))
			state_list_add(&l, s);
	}
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), text_cmp);
	for (size_t i = 0; i < l.n; i++)
		json_array_append_new(v, text(l.v[i]));
	state_list_done(&l);
	return v;
}

/* ---- liveness ---- */

static json_t *counters_json(const struct facts_domain *d)
{
	json_t *j = json_object();

	for (size_t i = 0; i < d->n_counters; i++) {
		const struct facts_counters *c = &d->counters[i];
		json_t *x = json_object();

		json_object_set_new(x, "rx_bytes", json_integer(c->rx_bytes));
		json_object_set_new(x, "rx_packets",
				    json_integer(c->rx_packets));
		json_object_set_new(x, "rx_drop", json_integer(c->rx_drop));
		json_object_set_new(x, "tx_bytes", json_integer(c->tx_bytes));
		json_object_set_new(x, "tx_packets",
				    json_integer(c->tx_packets));
		json_object_set_new(x, "tx_drop", json_integer(c->tx_drop));
		json_object_set_new(j, c->target, x);
	}
	return j;
}

static json_t *live_domains(const struct work *w)
{
	json_t *j = json_object();

	for (size_t i = 0; i < w->n_domains; i++) {
		const struct facts_domain *d = w->domains[i].facts;
		json_t *x = json_object();

		json_object_set_new(x, "name", text(d->name));
		json_object_set_new(x, "cpu_ns",
				    json_integer((json_int_t)d->cpu_ns));
		json_object_set_new(x, "counters", counters_json(d));
		json_object_set_new(j, d->uuid, x);
	}
	return j;
}

static json_t *live_leases(const struct facts_network *n)
{
	json_t *v = json_array();

	for (size_t i = 0; i < n->n_leases; i++) {
		json_t *x = json_object();

		json_object_set_new(x, "mac", text(n->leases[i].mac));
		json_object_set_new(x, "ip", text(n->leases[i].ip));
		json_object_set_new(x, "hostname", text(n->leases[i].hostname));
		json_object_set_new(x, "expiry",
				    json_integer(n->leases[i].expiry));
		json_array_append_new(v, x);
	}
	return v;
}

static json_t *live_port(const struct work *w)
{
	for (size_t i = 0; i < w->n_domains; i++) {
		const struct domain *d = &w->domains[i];

		for (size_t k = 0; k < d->nics.n; k++)
			if (is_port(w, &d->nics.v[k]))
				return nic_json(w, d, &d->nics.v[k]);
	}
	return json_null();
}

static char *liveness(const struct work *w)
{
	const char *n = xml_attr(w->network, "connections");
	json_auto *j = json_object();

	json_object_set_new(j, "connections", json_integer(n ? atoi(n) : 0));
	json_object_set_new(j, "domains", live_domains(w));
	json_object_set_new(j, "leases", live_leases(&w->f->network));
	json_object_set_new(j, "gateway_port", live_port(w));
	return json_text_canonical(j);
}

/* ---- the whole ---- */

static int domain_cmp(const void *a, const void *b)
{
	const struct domain *x = a, *y = b;

	return strcmp(x->facts->uuid, y->facts->uuid);
}

static void add_macs(struct work *w, const struct domain *d)
{
	for (size_t i = 0; i < d->nics.n; i++)
		if (!is_port(w, &d->nics.v[i]))
			state_list_add(&w->macs, d->nics.v[i].mac);
}

static void add_host_macs(struct work *w, const struct xml *x)
{
	const char *mac = xml_attr(x, "mac");

	if (strcmp(x->name, "host") == 0 && mac) {
		mem_auto_free char *s = lower(mac);

		if (!w->port || strcasecmp(w->port, s) != 0)
			state_list_add(&w->macs, s);
	}
	for (size_t i = 0; i < x->n; i++)
		add_host_macs(w, x->v[i]);
}

static bool work_init(struct work *w, struct err *e)
{
	const struct facts *f = w->f;

	w->network = xml_parse(f->network.xml, e);
	if (!w->network)
		return false;
	w->name = xml_child_text(w->network, "name");
	w->bridge = xml_child_attr(w->network, "bridge", "name");
	if (!w->name)
		return err_set(
			e, ERR_INVALID,
			"libvirt's definition of the network has no name");
	w->domains = mem_calloc(f->n_domains + 1, sizeof(*w->domains));
	for (size_t i = 0; i < f->n_domains; i++) {
		struct domain *d = &w->domains[w->n_domains++];
		xml_auto *x = xml_parse(f->domains[i].xml, e);

		d->facts = &f->domains[i];
		if (!x)
			return false;
		nics_read(x, &d->nics);
		add_macs(w, d);
	}
	qsort(w->domains, w->n_domains, sizeof(*w->domains), domain_cmp);
	add_host_macs(w, w->network);
	return true;
}

static void work_done(struct work *w)
{
	for (size_t i = 0; i < w->n_domains; i++)
		nics_done(&w->domains[i].nics);
	free(w->domains);
	state_list_done(&w->macs);
	xml_free(w->network);
}

bool identity_make(const struct facts *f, const char *gateway_port,
		   struct state_vnet *ret, struct err *e)
{
	struct work w = {.f = f, .port = gateway_port};
	char hex[DIGEST_HEX];
	json_t *network = NULL;
	bool ok = work_init(&w, e) && network_json(&w, &network, e);

	if (ok) {
		json_auto *j = json_object();

		json_object_set_new(j, "network", network);
		json_object_set_new(j, "leases", leases_json(&w));
		json_object_set_new(j, "domains", domains_json(&w));
		ret->identity = json_text_canonical(j);
		digest_sha256_hex(ret->identity, strlen(ret->identity), hex);
		ret->digest = mem_strdup(hex);
		ret->liveness = liveness(&w);
	}
	work_done(&w);
	return ok;
}
