/*
 * spot.c - a target's parameters, resolved
 *
 * A target is a circuit (with its gateway and connection), a virtual network
 * or a tunnel, told apart by which parameter it has.  A connection lies in the
 * resource group of its gateway.
 */
#include "adapters/azure/spot.h"

#include <string.h>

#include "adapters/azure/id.h"

void spot_done(struct spot *p)
{
	free(p->circuit);
	free(p->gateway);
	free(p->connection);
	free(p->vnet);
	free(p->tunnel);
	free(p->mark);
	state_list_done(&p->links);
	state_list_done(&p->names);
	state_list_done(&p->domains);
	*p = (struct spot){0};
}

static const char *param_or_null(const struct target *t, const char *key)
{
	const char *s = target_param(t, key, "");

	return *s ? s : NULL;
}

/* 'a=x,b=y' -> a, b and (when asked for) x, y. */
static void pairs(const char *text, struct state_list *keys,
		  struct state_list *values)
{
	while (*text) {
		size_t n = strcspn(text, ",");
		size_t k = strcspn(text, "=,");
		mem_auto_free char *key = mem_strndup(text, k);
		mem_auto_free char *value =
			k < n ? mem_strndup(text + k + 1, n - k - 1)
			      : mem_strdup("");

		state_list_add(keys, key);
		if (values)
			state_list_add(values, value);
		text += n + (text[n] == ',');
	}
}

static bool resolve(const struct target *t, const char *key, const char *type,
		    char **ret, struct err *e)
{
	const char *s = param_or_null(t, key);

	if (!s)
		return true;
	*ret = id_resolve(t, type, s, e);
	return *ret != NULL;
}

static bool resolve_connection(const struct target *t, struct spot *p,
			       struct err *e)
{
	const char *name = param_or_null(t, "attachment");

	if (!name)
		return true;
	if (!p->gateway)
		return err_set(e, ERR_INVALID,
			       "'%s' has an attachment and no 'gateway' that "
			       "it would attach",
			       t->name);
	p->connection = id_beside(p->gateway, ID_CONNECTION, name, e);
	return p->connection != NULL;
}

bool spot_read(const struct target *t, struct spot *ret, struct err *e)
{
	*ret = (struct spot){0};
	pairs(target_param(t, "links", ""), &ret->links, NULL);
	pairs(target_param(t, "peerings", ""), &ret->names, &ret->domains);
	ret->location = target_param(t, "location", "");
	ret->mark = mem_strdup(target_param(t, "mark", t->name));
	ret->provider_owned =
		strcmp(target_param(t, "model", ""), "network-service") == 0;
	if (resolve(t, "circuit", ID_CIRCUIT, &ret->circuit, e) &&
	    resolve(t, "gateway", ID_GATEWAY, &ret->gateway, e) &&
	    resolve(t, "network", ID_VNET, &ret->vnet, e) &&
	    resolve(t, "tunnel", ID_CONNECTION, &ret->tunnel, e) &&
	    resolve_connection(t, ret, e))
		return true;
	spot_done(ret);
	return false;
}

const char *spot_domain(const struct spot *p, const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	for (size_t i = 0; i < p->names.n; i++)
		if (strcmp(p->names.v[i], name) == 0)
			return p->domains.v[i];
	return NULL;
}

bool spot_session(const struct spot *p, const char *name,
		  const char **ret_domain, const char **ret_device)
{
	static const char *const devices[] = {"primary", "secondary"};
	const char *link = strchr(name, '/');
	size_t n;

	*ret_domain = spot_domain(p, name);
	if (!link || !*ret_domain)
		return false;
	n = strcspn(++link, "/");
	for (size_t i = 0; i < p->links.n && i < 2; i++) {
		if (strlen(p->links.v[i]) != n ||
		    strncmp(p->links.v[i], link, n) != 0)
			continue;
		*ret_device = devices[i];
		return true;
	}
	return false;
}

static const char *missing(const struct spot *p, const struct resource *r)
{
	const char *a, *b;

	switch (r->kind) {
	case RESOURCE_CIRCUIT:
		return p->circuit ? NULL : "circuit";
	case RESOURCE_PEERING:
		return p->circuit && spot_domain(p, r->name) ? NULL : "peering";
	case RESOURCE_SESSION:
		return p->circuit && spot_session(p, r->name, &a, &b)
			       ? NULL
			       : "session";
	case RESOURCE_GATEWAY:
		return p->gateway ? NULL : "gateway";
	case RESOURCE_ATTACHMENT:
		return p->connection && p->circuit ? NULL : "attachment";
	case RESOURCE_VNET:
		return p->vnet ? NULL : "network";
	case RESOURCE_TUNNEL:
		return p->tunnel ? NULL : "tunnel";
	default:
		return "such";
	}
}

bool spot_has(const struct target *t, const struct spot *p,
	      const struct resource *r, struct err *e)
{
	const char *key = missing(p, r);

	if (!key)
		return true;
	return err_set(e, ERR_INVALID, "'%s' has no %s for %s '%s'", t->name,
		       key, resource_kind_name(r->kind), r->name);
}
