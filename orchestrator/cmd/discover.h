/*
 * discover.h - a starter plan from what is there
 */
#ifndef CUTOVER_CMD_DISCOVER_H
#define CUTOVER_CMD_DISCOVER_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"
#include "orchestrator/model/states.h"
#include "orchestrator/port/target.h"

/* Set by main: reads the cloud of a plan's `azure` (main alone sees adapters).
 */
extern bool (*cmd_survey)(const struct target *t, json_t **ret, struct err *e);

/* A tunnel as an edge shows it: its BGP session with the cloud's gateway. */
struct discover_tunnel {
	size_t edge;
	const char *neighbor; /* borrowed */
};

struct discover {
	const char *text;	 /* the user's own lines, as they are */
	struct state_list edges; /* names */
	uint32_t asn;		 /* the site's; 0: not seen */
	struct state_list onprem;
	struct discover_tunnel tunnels[16];
	size_t n_tunnels;
	const json_t *cloud; /* what cmd_survey returned, or NULL: not yet */
};

/* The plan; what could not be seen is marked with 'CHECK'. */
void discover_write(const struct discover *d, struct buf *out);

int cmd_discover(int argc, char **argv);

#endif
