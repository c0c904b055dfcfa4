/*
 * render.c - from states to requests
 *
 * A peering that is there and is not as the plan wants it is refused: a PUT
 * replaces the whole of it, drops both sessions, and may be somebody else's.
 * Peerings have no way back: one without sessions and without a connection
 * carries nothing.  Circuits, gateways and networks have no way forward either.
 */
#include <string.h>

#include "adapters/azure/change.h"
#include "adapters/azure/id.h"
#include "adapters/azure/shape.h"

static void add_request(struct changeset *cs, bool back, const char *method,
			const char *path, const char *only_if, json_t *body)
{
	mem_auto_free char *shown =
		body ? json_dumps(body, JSON_INDENT(2)) : NULL;
	mem_auto_free char *text = mem_format(
		"%s %s?api-version=" AZURE_API_VERSION "\nonly if: %s\n%s%s",
		method, path, only_if, shown ? shown : "", shown ? "\n" : "");

	changeset_add(cs, back, "azure", text);
	json_decref(body);
}

static bool peering_refuse(const struct spot *p, const struct resource *to,
			   struct err *e)
{
	const char *domain = to->peering.domain;

	if (domain && strcmp(domain, "public") == 0)
		return err_set(e, ERR_REFUSED,
			       "peering '%s': Azure public peering was retired "
			       "on 2024-03-31; reach public services over a "
			       "peering of domain 'microsoft' with a route "
			       "filter",
			       to->name);
	if (p->provider_owned)
		return err_set(e, ERR_REFUSED,
			       "peering '%s': layer 3 of this circuit is the "
			       "provider's, and writing it would overwrite his "
			       "settings: ask the provider for it",
			       to->name);
	return false;
}

static bool render_peering(const struct target *t, const struct spot *p,
			   const struct resource *from,
			   const struct resource *to, struct changeset *ret,
			   struct err *e)
{
	const char *name = shape_peering_name(to->peering.domain);
	mem_auto_free char *path = NULL;
	mem_auto_free char *secret = NULL;
	buf_auto diff = BUF_INIT;

	if (!name || p->provider_owned) {
		if (!peering_refuse(p, to, e) && e && e->code == ERR_NONE)
			err_set(e, ERR_INVALID,
				"peering '%s' has no domain that azure knows",
				to->name);
		return false;
	}
	if (!to->present)
		return err_set(e, ERR_REFUSED,
			       "peering '%s' is not deleted: without sessions "
			       "it carries nothing",
			       to->name);
	if (from->present) {
		resource_diff(from, to, &diff);
		return err_set(e, ERR_REFUSED,
			       "peering '%s' is there and is not as the plan "
			       "says; replacing it would drop its sessions, so "
			       "correct it or the plan by hand: %s",
			       to->name, buf_str(&diff));
	}
	path = id_child(p->circuit, "peerings", name);
	if (target_secret(t, to->name))
		secret = mem_format("<secret %s>", to->name);
	add_request(ret, false, "PUT", path, "it is not there",
		    shape_peering_body(&to->peering, secret));
	return true;
}

static bool render_attachment(const struct target *t, const struct spot *p,
			      const struct resource *from,
			      const struct resource *to, struct changeset *ret,
			      struct err *e)
{
	mem_auto_free char *auth = mem_format("%s/authorization", t->name);
	mem_auto_free char *secret =
		target_secret(t, auth) ? mem_format("<secret %s>", auth) : NULL;
	mem_auto_free char *ours = mem_format("it is tagged '%s'", p->mark);
	bool want = to->attachment.attached && to->present;

	if (want && from->attachment.failed)
		return err_set(e, ERR_REFUSED,
			       "connection '%s' is there and came to nothing "
			       "(Failed): roll back, or delete it, then go on",
			       id_name(p->connection));
	if (want && !*p->location)
		return err_set(e, ERR_INVALID,
			       "'%s': azure needs the 'location' of the "
			       "gateway to make a connection",
			       t->name);
	if (want || from->attachment.attached || from->attachment.failed)
		add_request(ret, !want, "PUT", p->connection, "it is not there",
			    shape_connection_body(p->circuit, p->gateway,
						  p->location, p->mark,
						  secret));
	add_request(ret, want, "DELETE", p->connection, ours, NULL);
	return true;
}

static bool refuse_kind(const struct resource *to, struct err *e)
{
	switch (to->kind) {
	case RESOURCE_CIRCUIT:
		return err_set(e, ERR_REFUSED,
			       "circuit '%s' is not as wanted; only its "
			       "provider can provision it: hand over the "
			       "service key and wait",
			       to->name);
	case RESOURCE_VNET:
		return err_set(e, ERR_REFUSED,
			       "virtual network '%s' is not as wanted, and "
			       "cutover never changes it",
			       to->name);
	case RESOURCE_TUNNEL:
		return err_set(
			e, ERR_REFUSED,
			"tunnel '%s' is not as wanted, and cutover never "
			"changes a VPN connection: repair it, then go on",
			to->name);
	default:
		return err_set(e, ERR_REFUSED,
			       "%s '%s' is not as wanted, and cutover does not "
			       "change it",
			       resource_kind_name(to->kind), to->name);
	}
}

bool change_render(const struct target *t, const struct spot *p,
		   const struct resource *from, const struct resource *to,
		   struct changeset *ret, struct err *e)
{
	if (!spot_has(t, p, to, e))
		return false;
	if (!from)
		return err_set(e, ERR_INVALID, "%s '%s' was not observed",
			       resource_kind_name(to->kind), to->name);
	if (resource_satisfies(from, to))
		return true;
	if (to->kind == RESOURCE_PEERING)
		return render_peering(t, p, from, to, ret, e);
	if (to->kind == RESOURCE_ATTACHMENT)
		return render_attachment(t, p, from, to, ret, e);
	return refuse_kind(to, e);
}
