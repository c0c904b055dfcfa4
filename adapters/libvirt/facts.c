/*
 * facts.c - freeing what was read from libvirt
 */
#include "adapters/libvirt/facts.h"

#include <string.h>

#include "orchestrator/base/mem.h"

void facts_network_done(struct facts_network *n)
{
	for (size_t i = 0; i < n->n_leases; i++) {
		free(n->leases[i].mac);
		free(n->leases[i].ip);
		free(n->leases[i].hostname);
	}
	free(n->leases);
	free(n->name);
	free(n->xml);
	free(n->saved_xml);
	memset(n, 0, sizeof(*n));
}

void facts_networks_done(struct facts_networks *l)
{
	for (size_t i = 0; i < l->n; i++)
		facts_network_done(&l->v[i]);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

void facts_domain_done(struct facts_domain *d)
{
	for (size_t i = 0; i < d->n_addresses; i++) {
		free(d->addresses[i].mac);
		free(d->addresses[i].ip);
	}
	for (size_t i = 0; i < d->n_counters; i++)
		free(d->counters[i].target);
	free(d->addresses);
	free(d->counters);
	free(d->name);
	free(d->uuid);
	free(d->state);
	free(d->xml);
	memset(d, 0, sizeof(*d));
}

void facts_done(struct facts *f)
{
	facts_network_done(&f->network);
	for (size_t i = 0; i < f->n_domains; i++)
		facts_domain_done(&f->domains[i]);
	free(f->domains);
	memset(f, 0, sizeof(*f));
}
