/*
 * adapter.c - outcomes, and the registry of adapters
 *
 * The registry is filled once by main() before any thread starts and is
 * read-only afterwards.
 */
#include "orchestrator/port/adapter.h"

#include <string.h>

static const struct adapter_ops *registry[16];
static size_t n_registry;

static const char *const outcome_names[] = {
	[OUTCOME_APPLIED] = "applied", [OUTCOME_UNCHANGED] = "unchanged",
	[OUTCOME_REFUSED] = "refused", [OUTCOME_RETRY] = "retry",
	[OUTCOME_PENDING] = "pending", [OUTCOME_UNKNOWN] = "unknown",
	[OUTCOME_FATAL] = "fatal",
};

const char *outcome_name(enum outcome o)
{
	return (size_t)o < ARRAY_LEN(outcome_names) ? outcome_names[o]
						    : "unknown";
}

bool outcome_parse(const char *name, enum outcome *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(outcome_names); i++) {
		if (strcmp(outcome_names[i], name) == 0) {
			*ret = (enum outcome)i;
			return true;
		}
	}
	return false;
}

void adapter_register(const struct adapter_ops *ops)
{
	if (n_registry == ARRAY_LEN(registry))
		abort();
	registry[n_registry++] = ops;
}

const struct adapter_ops *adapter_find(const char *driver)
{
	for (size_t i = 0; i < n_registry; i++)
		if (strcmp(registry[i]->name, driver) == 0)
			return registry[i];
	return NULL;
}
