/*
 * shape.h - Azure's JSON and our states: circuits, peerings, gateways,
 * connections
 *
 * Pure.  What comes in is from outside: a missing or odd value is an empty one,
 * and what cutover depends on is refused with words when it is missing.
 */
#ifndef CUTOVER_ADAPTERS_AZURE_SHAPE_H
#define CUTOVER_ADAPTERS_AZURE_SHAPE_H

#include "orchestrator/base/json.h"
#include "orchestrator/model/resource.h"

/* 'properties' of a resource, or NULL. */
json_t *shape_properties(const json_t *r);
const char *shape_text(const json_t *r, const char *key); /* of them; '' */
/* Is it being changed right now? */
bool shape_is_moving(const json_t *r);
bool shape_is_good(const json_t *r); /* provisioningState Succeeded */

/* 'private' -> 'AzurePrivatePeering'; NULL: not one that can be written. */
const char *shape_peering_name(const char *domain);

/*
 * `links`: names of the plan's links; all are lit once the provider says so.
 * `ours`: domains that the plan keeps itself; the other peerings are part of
 * the fingerprint.
 */
void shape_circuit(const json_t *r, const struct state_list *links,
		   const struct state_list *ours, struct state_circuit *ret);
void shape_peering(const json_t *r, const char *domain,
		   struct state_peering *ret);
void shape_gateway(const json_t *r, struct state_gateway *ret);
/* `circuit`: id; a connection to another circuit is an error. */
bool shape_attachment(const json_t *r, const char *circuit,
		      struct state_attachment *ret, struct err *e);
/* An IPsec connection, from the cloud's side. */
bool shape_tunnel(const json_t *r, struct state_tunnel *ret, struct err *e);

/* Did cutover make this connection for this circuit of a plan? */
bool shape_is_ours(const json_t *connection, const char *mark);

/* Bodies of changes; `secret` is a placeholder or NULL. */
json_t *shape_peering_body(const struct state_peering *p, const char *secret);
json_t *shape_connection_body(const char *circuit, const char *gateway,
			      const char *location, const char *mark,
			      const char *authorization);

#endif
