/*
 * preflight.c - reads what traps.c judges
 *
 * The gateway says its subnet, and that its virtual network; the other gateways
 * and connections are looked for beside it, route tables where the subnets say
 * that they are.  Only GETs.
 */
#include "adapters/azure/preflight.h"

#include <string.h>

#include "adapters/azure/id.h"
#include "adapters/azure/shape.h"
#include "adapters/azure/traps.h"

char *preflight_vnet(const json_t *gateway)
{
	const json_t *list =
		json_peek(shape_properties(gateway), "ipConfigurations");
	const json_t *subnet =
		json_peek(shape_properties(json_array_get(list, 0)), "subnet");
	const char *id = json_peek_str(subnet, "id", "");
	const char *end = strstr(id, "/subnets/");
	char *vnet = end ? mem_strndup(id, (size_t)(end - id)) : NULL;

	if (vnet && id_valid(vnet, ID_VNET))
		return vnet;
	free(vnet);
	return NULL;
}

/* All of a type in the resource group that `beside` is in. */
static bool list_beside(struct arm *a, const char *beside, const char *type,
			json_t **ret, struct err *e)
{
	mem_auto_free char *group = id_group(beside);
	mem_auto_free char *path =
		mem_format("%s" AZURE_NETWORK "%s", group, type);

	return arm_list(a, path, ret, e);
}

static bool read_gateways(struct arm *a, const char *gateway,
			  const char *vnet_id, const json_t *vnet,
			  struct state_list *traps, struct err *e)
{
	json_auto *all = NULL;
	json_auto *here = json_array();
	json_t *v;
	size_t i;

	if (!list_beside(a, gateway, ID_GATEWAY, &all, e))
		return false;
	json_array_foreach(all, i, v)
	{
		mem_auto_free char *at = preflight_vnet(v);

		if (at && id_same(at, vnet_id))
			json_array_append(here, v);
	}
	traps_gateway(here, vnet, traps);
	return true;
}

static bool read_routes(struct arm *a, const json_t *vnet,
			struct state_list *traps, struct state_list *notes,
			struct err *e)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_peek(shape_properties(vnet), "subnets"), i, v)
	{
		const char *id = json_peek_str(
			json_peek(shape_properties(v), "routeTable"), "id", "");
		json_auto *table = NULL;

		if (!id_valid(id, "routeTables"))
			continue;
		if (!arm_get(a, id, NULL, &table, e))
			return false;
		if (table)
			traps_routes(json_peek_str(v, "name", "?"), table,
				     traps, notes);
	}
	return true;
}

bool preflight_read(struct arm *a, const json_t *gateway,
		    struct state_list *ret_traps, struct state_list *ret_notes,
		    struct err *e)
{
	const char *id = json_peek_str(gateway, "id", "");
	mem_auto_free char *vnet_id = preflight_vnet(gateway);
	json_auto *vnet = NULL;
	json_auto *links = NULL;

	if (!vnet_id)
		return err_set(e, ERR_INVALID,
			       "gateway '%s' does not say which subnet it is "
			       "in",
			       json_peek_str(gateway, "name", "?"));
	if (!arm_get(a, vnet_id, NULL, &vnet, e) ||
	    !read_gateways(a, id, vnet_id, vnet, ret_traps, e) ||
	    !read_routes(a, vnet, ret_traps, ret_notes, e) ||
	    !list_beside(a, id, ID_CONNECTION, &links, e))
		return false;
	traps_spokes(vnet, ret_notes);
	traps_fast_path(links, id, ret_notes);
	return true;
}
