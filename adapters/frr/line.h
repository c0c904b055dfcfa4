/*
 * line.h - what a foreign line of a running-config may do to packets
 */
#ifndef CUTOVER_FRR_LINE_H
#define CUTOVER_FRR_LINE_H

#include "orchestrator/port/line.h"

enum line_effect frr_line(const char *line, struct prefix *ret_route);

#endif
