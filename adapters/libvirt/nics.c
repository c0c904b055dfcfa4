/*
 * nics.c - the network interfaces in a domain's XML
 *
 * Pure.  Of a running domain the XML names the host's device (target); of one
 * that does not run it does not.  The order of a list does not depend on the
 * order in the document, which a hot-plug may change.
 */
#include "adapters/libvirt/nics.h"

#include <ctype.h>
#include <string.h>

static char *dup_lower(const char *s)
{
	char *r = mem_strdup(s ? s : "");

	for (char *c = r; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return r;
}

static int nic_cmp(const void *a, const void *b)
{
	const struct nic *x = a, *y = b;
	int c = strcmp(x->mac, y->mac);

	if (c)
		return c;
	return strcmp(x->target ? x->target : "", y->target ? y->target : "");
}

static void nic_read(const struct xml *x, struct nics *ret)
{
	const char *link = xml_child_attr(x, "link", "state");
	struct nic *n;

	MEM_GROW(ret->v, ret->n, ret->cap);
	n = &ret->v[ret->n++];
	n->mac = dup_lower(xml_child_attr(x, "mac", "address"));
	n->target = mem_strdup(xml_child_attr(x, "target", "dev"));
	n->network = mem_strdup(xml_child_attr(x, "source", "network"));
	n->bridge = mem_strdup(xml_child_attr(x, "source", "bridge"));
	n->model = mem_strdup(xml_child_attr(x, "model", "type"));
	n->link_up = !link || strcmp(link, "down") != 0;
}

void nics_read(const struct xml *domain, struct nics *ret)
{
	const struct xml *devices = xml_child(domain, "devices");

	for (size_t i = 0; devices && i < devices->n; i++)
		if (strcmp(devices->v[i]->name, "interface") == 0)
			nic_read(devices->v[i], ret);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), nic_cmp);
}

void nics_done(struct nics *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].mac);
		free(l->v[i].target);
		free(l->v[i].network);
		free(l->v[i].bridge);
		free(l->v[i].model);
	}
	free(l->v);
	memset(l, 0, sizeof(*l));
}

bool nic_is_on(const struct nic *n, const char *network, const char *bridge)
{
	if (n->network)
		return strcmp(n->network, network) == 0;
	return bridge && n->bridge && strcmp(n->bridge, bridge) == 0;
}

bool nics_any_on(const struct nics *l, const char *network, const char *bridge)
{
	for (size_t i = 0; i < l->n; i++)
		if (nic_is_on(&l->v[i], network, bridge))
			return true;
	return false;
}

bool nic_is_port(const struct nic *n, const char *port)
{
	if (!port || !*port)
		return false;
	return strcasecmp(n->mac, port) == 0 ||
	       (n->target && strcmp(n->target, port) == 0);
}

static bool is_agent(const struct xml *channel)
{
	const char *name = xml_child_attr(channel, "target", "name");
	const char *state = xml_child_attr(channel, "target", "state");

	return strcmp(channel->name, "channel") == 0 && name && state &&
	       strcmp(name, "org.qemu.guest_agent.0") == 0 &&
	       strcmp(state, "connected") == 0;
}

bool nics_agent_connected(const struct xml *domain)
{
	const struct xml *devices = xml_child(domain, "devices");

	for (size_t i = 0; devices && i < devices->n; i++)
		if (is_agent(devices->v[i]))
			return true;
	return false;
}
