/*
 * line.c - what a foreign line of a running-config may do to packets
 *
 * Only what is certain is told: what stands at the left margin and begins with
 * a word that names, logs or remarks, a description anywhere, and a static
 * route of the default table.  Everything else is unknown.  Pure.
 */
#include "adapters/frr/line.h"

#include <stdio.h>
#include <string.h>

#include "orchestrator/base/mem.h"

static bool begins(const char *line, const char *with)
{
	size_t n = strlen(with);

	return strncmp(line, with, n) == 0 &&
	       (line[n] == ' ' || line[n] == '\0');
}

static bool is_idle(const char *line)
{
	static const char *const words[] = {
		"!",	  "hostname",	 "domainname",	"log",
		"banner", "frr version", "frr defaults"};
	const char *text = line + strspn(line, " ");

	if (!*text || begins(text, "description"))
		return true;
	if (begins(text, "neighbor")) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
		text += strcspn(text, " ");
		text += strspn(text, " ");
		return begins(text, "description");
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (begins(line, words[i]))
			return true;
	return *line == '!';
}

enum line_effect frr_line(const char *line, struct prefix *ret_route)
{
	char prefix[64], hop[64], more[16];

	if (is_idle(line))
		return LINE_IDLE;
	if ((sscanf(line, "ip route %63s %63s %15s", prefix, hop, more) >= 2 ||
	     sscanf(line, "ipv6 route %63s %63s %15s", prefix, hop, more) >=
		     2) &&
	    !strstr(line, " vrf ") && !strstr(line, " table ") &&
	    prefix_parse(prefix, ret_route, NULL))
		return LINE_ROUTE;
	return LINE_UNKNOWN;
}
