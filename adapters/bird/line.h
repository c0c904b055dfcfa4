/*
 * line.h - what a foreign line of BIRD's files may do to packets
 */
#ifndef CUTOVER_BIRD_LINE_H
#define CUTOVER_BIRD_LINE_H

#include "orchestrator/port/line.h"

enum line_effect bird_line(const char *line, struct prefix *ret_route);

#endif
