/*
 * tables.h - what Azure's routers and gateways list
 *
 * Pure; from outside: counts arrive as texts that may also be the name of a
 * state.
 */
#ifndef CUTOVER_ADAPTERS_AZURE_TABLES_H
#define CUTOVER_ADAPTERS_AZURE_TABLES_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"
#include "orchestrator/model/states.h"

/* One neighbor of a route table summary, as a session seen from the cloud;
 * false: it is not listed. */
bool tables_session(const json_t *summary, const char *neighbor,
		    struct state_session *ret);
/* 'H:MM:SS', '2d03h', '1w2d' and the like; 0: not understood. */
uint64_t tables_span_s(const char *text);
/* Is there a row for our side and one for Microsoft's, both complete? */
bool tables_arp(const json_t *arp, bool *ret_ours, bool *ret_theirs);
/* How many BGP peers a gateway has, and how many are connected. */
void tables_peers(const json_t *peers, size_t *ret_all, size_t *ret_up);
/* Any list of rows, as a text table of these columns. */
void tables_print(const json_t *rows, const char *const *columns, size_t n,
		  struct buf *out);

#endif
