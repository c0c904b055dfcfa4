/*
 * line.c - what a foreign line of BIRD's files may do to packets
 *
 * Only what is certain is told: remarks, logging, and a static route that
 * stands whole on its line, without attributes of its own.  Everything else is
 * unknown: a line means what the block around it makes of it.  Pure.
 */
#include "adapters/bird/line.h"

#include <stdio.h>
#include <string.h>

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* 'route P ...;': in a block of that protocol alone is it allowed. */
static bool is_route(const char *text, struct prefix *ret)
{
	char prefix[64];
	const char *end = strchr(text, ';');

	return sscanf(text, "route %63s", prefix) == 1 && end &&
	       !strchr(text, '{') && !end[1 + strspn(end + 1, " \t")] &&
	       prefix_parse(prefix, ret, NULL);
}

enum line_effect bird_line(const char *line, struct prefix *ret_route)
{
	const char *text = line + strspn(line, " \t");

	if (!*text || *text == '#' || begins(text, "log ") ||
	    begins(text, "description "))
		return LINE_IDLE;
	return is_route(text, ret_route) ? LINE_ROUTE : LINE_UNKNOWN;
}
