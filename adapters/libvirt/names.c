/*
 * names.c - words for libvirt's numbers
 */
#include "adapters/libvirt/names.h"

#include <stddef.h>

#include "orchestrator/base/mem.h"

static const char *name(const char *const *v, size_t n, int i, const char *dflt)
{
	return i >= 0 && (size_t)i < n ? v[i] : dflt;
}

const char *names_domain_state(int state)
{
	static const char *const v[] = {
		"no state",
		"running",
		"running", /* blocked: it waits for a device */
		"paused",
		"shutting down",
		"shut off",
		"crashed",
		"suspended by its guest",
	};

	return name(v, ARRAY_LEN(v), state, "unknown");
}

const char *names_domain_event(int event)
{
	static const char *const v[] = {
		"defined",	 "undefined",
		"started",	 "suspended",
		"resumed",	 "stopped",
		"shutting down", "suspended by its guest",
		"crashed",
	};

	return name(v, ARRAY_LEN(v), event, "changed");
}

const char *names_domain_detail(int event, int detail)
{
	static const char *const v[] = {
		"shut down", "destroyed", "crashed",	   "migrated",
		"saved",     "failed",	  "from snapshot",
	};

	if (event != NAMES_STOPPED)
		return NULL;
	return name(v, ARRAY_LEN(v), detail, NULL);
}

const char *names_network_event(int event)
{
	static const char *const v[] = {"defined", "undefined", "started",
					"stopped"};

	return name(v, ARRAY_LEN(v), event, "changed");
}
