/*
 * azure.c - what a plan must say for the driver 'azure', offline
 *
 * The service validates weakly and late, so what can be told without it is
 * told here: how to log in, that names are names, that peerings are whole, and
 * that nothing is asked for which no longer exists.
 */
#include <string.h>

#include "orchestrator/plan/load.h"

static bool is_azure(const char *driver)
{
	return driver && strcmp(driver, "azure") == 0;
}

static bool is_used(const struct plan *p)
{
	bool used = is_azure(p->vnet.driver);

	for (size_t i = 0; i < p->n_circuits; i++)
		used |= is_azure(p->circuits[i].driver);
	for (size_t i = 0; i < p->n_tunnels; i++)
		used |= is_azure(p->tunnels[i].driver);
	return used;
}

static bool is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 90 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n &&
	       s[0] != '.' && s[0] != '-' && s[n - 1] != '.';
}

static bool is_guid(const char *s)
{
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-'
			 : !s[i] || !strchr("0123456789abcdefABCDEF", s[i]))
			return false;
	}
	return s[36] == '\0';
}

/* A name, or a whole id of that type. */
static void check_ref(struct load *l, const struct node *at, const char *s,
		      const char *type)
{
	mem_auto_free char *part =
		mem_format("/providers/Microsoft.Network/%s/", type);
	const char *last = s ? strrchr(s, '/') : NULL;

	if (!s || (*s != '/' && is_name(s)))
		return;
	if (strncmp(s, "/subscriptions/", 15) == 0 && strstr(s, part) &&
	    strstr(s, part) + strlen(part) == last + 1 && is_name(last + 1))
		return;
	load_error(l, at, "azure-name",
		   "'%.200s' is neither a name nor the id of one of "
		   "Microsoft.Network/%s",
		   s, type);
}

/* ---- logging in ---- */

static unsigned ways(const struct plan_azure *a)
{
	return (a->token.kind != SECRET_NONE) +
	       (a->secret.kind != SECRET_NONE) +
	       (a->certificate.kind != SECRET_NONE) + a->managed_identity;
}

static void check_login(struct load *l)
{
	const struct plan_azure *a = &l->plan->azure;
	bool app = a->secret.kind != SECRET_NONE ||
		   a->certificate.kind != SECRET_NONE;

	if (ways(a) != 1)
		load_error(l, load_at(l, "azure"), "azure-login",
			   "the plan says %s how to log in to Azure: write one "
			   "of 'token', 'secret', 'certificate' and "
			   "'managed_identity'",
			   ways(a) ? "in more than one way" : "nowhere");
	if (app && (!a->tenant || !a->client_id))
		load_error(l, load_at(l, "azure"), "missing-key",
			   "an application logs in with 'tenant' and "
			   "'client_id'");
	if (a->subscription && !is_guid(a->subscription))
		load_error(l, load_at(l, "azure.subscription"), "azure-name",
			   "'%.80s' is no subscription id", a->subscription);
	if (a->resource_group && !is_name(a->resource_group))
		load_error(l, load_at(l, "azure.resource_group"), "azure-name",
			   "'%.80s' cannot be the name of a resource group",
			   a->resource_group);
	if (a->tenant && !is_name(a->tenant))
		load_error(l, load_at(l, "azure.tenant"), "azure-name",
			   "'%.80s' is no tenant", a->tenant);
}

/* ---- circuits ---- */

static void check_microsoft(struct load *l, size_t c, size_t i)
{
	const struct plan_peering *pe = &l->plan->circuits[c].peerings[i];
	const struct node *at = load_at(l, "circuits.%zu.peerings.%zu", c, i);

	if (!pe->advertised.n)
		load_error(l, at, "azure-peering",
			   "a microsoft peering needs 'advertised', our "
			   "registered public prefixes");
	check_ref(l, load_at(l, "circuits.%zu.peerings.%zu.route_filter", c, i),
		  pe->route_filter, "routeFilters");
	if (!pe->route_filter)
		load_warn(l, at, "azure-peering",
			  "without 'route_filter' a microsoft peering "
			  "announces nothing to us");
}

static void check_peering(struct load *l, size_t c, size_t i)
{
	const struct plan_circuit *ci = &l->plan->circuits[c];
	const struct plan_peering *pe = &ci->peerings[i];

	if (pe->domain && strcmp(pe->domain, "public") == 0)
		load_error(l,
			   load_at(l, "circuits.%zu.peerings.%zu.name", c, i),
			   "public-peering-retired",
			   "Azure public peering was retired on 2024-03-31; "
			   "use a peering of domain 'microsoft'");
	if (ci->model == PLAN_NETWORK_SERVICE)
		return;
	if (!pe->vlan)
		load_error(l, load_at(l, "circuits.%zu.peerings.%zu", c, i),
			   "azure-peering", "the peering has no 'vlan'");
	if (pe->domain && strcmp(pe->domain, "microsoft") == 0)
		check_microsoft(l, c, i);
}

static void check_circuit(struct load *l, size_t c)
{
	const struct plan_circuit *ci = &l->plan->circuits[c];
	const struct node *at = load_at(l, "circuits.%zu", c);

	check_ref(l, load_at(l, "circuits.%zu.circuit", c), ci->circuit,
		  "expressRouteCircuits");
	check_ref(l, load_at(l, "circuits.%zu.gateway", c), ci->gateway,
		  "virtualNetworkGateways");
	if (ci->attachment && !is_name(ci->attachment))
		load_error(l, load_at(l, "circuits.%zu.attachment", c),
			   "azure-name",
			   "'%.80s' cannot be the name of a connection",
			   ci->attachment);
	if (ci->attachment && !ci->gateway)
		load_error(l, at, "missing-key",
			   "to attach the circuit the plan must name its "
			   "'gateway'");
	if (ci->attachment && !ci->location && !l->plan->azure.location)
		load_error(l, at, "missing-key",
			   "to attach the circuit the plan must say the "
			   "gateway's 'location'");
	if (ci->n_links == 1 && ci->model != PLAN_NETWORK_SERVICE)
		load_error(l, at, "azure-peering",
			   "a peering in Azure has two links, and the plan "
			   "names one");
	for (size_t i = 0; i < ci->n_peerings; i++)
		check_peering(l, c, i);
}

void load_azure(struct load *l)
{
	struct plan *p = l->plan;

	if (!is_used(p))
		return;
	if (!load_find(l, "azure")) {
		load_error(l, l->root, "missing-key",
			   "a driver is 'azure', and the plan has no 'azure' "
			   "that says how to reach it");
		return;
	}
	check_login(l);
	for (size_t c = 0; c < p->n_circuits; c++)
		if (is_azure(p->circuits[c].driver))
			check_circuit(l, c);
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (is_azure(p->tunnels[i].driver))
			check_ref(l, load_at(l, "tunnels.%zu.connection", i),
				  p->tunnels[i].connection, "connections");
	if (is_azure(p->vnet.driver))
		check_ref(l, load_at(l, "vnet.network"), p->vnet.network,
			  "virtualNetworks");
}
