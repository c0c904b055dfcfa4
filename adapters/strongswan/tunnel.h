/*
 * tunnel.h - the state of a tunnel from swanctl's raw output
 */
#ifndef CUTOVER_ADAPTERS_STRONGSWAN_TUNNEL_H
#define CUTOVER_ADAPTERS_STRONGSWAN_TUNNEL_H

#include "adapters/strongswan/raw.h"
#include "orchestrator/model/resource.h"

/*
 * Are both answers whole?  `root` holds the messages of 'swanctl --list-sas'
 * and 'swanctl --list-conns', each closed by its reply.
 */
bool tunnel_output_check(const struct raw *root, struct err *e);
/*
 * Fills the (empty) resource from the SAs of connection `name`.  present: the
 * daemon has the connection loaded, or SAs of it.
 */
void tunnel_read(const struct raw *root, const char *name,
		 struct resource *ret);

#endif
