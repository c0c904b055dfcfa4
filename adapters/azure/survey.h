/*
 * survey.h - what a resource group has that a plan would name
 */
#ifndef CUTOVER_ADAPTERS_AZURE_SURVEY_H
#define CUTOVER_ADAPTERS_AZURE_SURVEY_H

#include "orchestrator/base/json.h"
#include "orchestrator/port/target.h"

/*
 * Reads only.  {"location", "gateway", "vnet": {"name", "prefixes"},
 * "machine", "connections": [..], "vpn": {"asn", "addresses": [..]},
 * "circuits": [{"name", "attached", "model", "tier", "provisioning",
 * "vlan", "primary", "secondary"}], "traps": [..], "notes": [..]}
 */
bool azure_survey(const struct target *t, json_t **ret, struct err *e);

#endif
