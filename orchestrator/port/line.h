/*
 * line.h - what a line of a configuration that is not cutover's may do
 *
 * The core knows no vendor: who reads a driver's configurations says it, and
 * is registered beside its adapter.  Of a driver without one nothing is known.
 */
#ifndef CUTOVER_PORT_LINE_H
#define CUTOVER_PORT_LINE_H

#include "orchestrator/model/prefix.h"

enum line_effect {
	LINE_UNKNOWN,
	LINE_IDLE,  /* nothing to packets: a remark, a name, logging */
	LINE_ROUTE, /* a static route to a prefix */
};

/* Pure; of a line as config.foreign has it. */
typedef enum line_effect line_fn(const char *line, struct prefix *ret_route);

/* Filled by main.c. */
void line_register(const char *driver, line_fn *fn);
line_fn *line_find(const char *driver); /* or NULL */

#endif
