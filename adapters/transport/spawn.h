/*
 * spawn.h - a long-lived command on a host, for probes (engine/monitor.h)
 *
 * Runs OpenSSH's client, with strict host keys from the endpoint's known_hosts
 * file (or the user's own), no password, no agent forwarding and no terminal.
 * A pin alone ('host_key') is refused: the client cannot check it.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_SPAWN_H
#define CUTOVER_ADAPTERS_TRANSPORT_SPAWN_H

#include <sys/types.h>

#include "orchestrator/port/target.h"

/*
 * *ret_out is what the command prints; closing *ret_in ends its input.  Both
 * descriptors and the process are the caller's.
 */
bool spawn_on_host(const struct ssh_endpoint *at, const char *command,
		   pid_t *ret_pid, int *ret_out, int *ret_in, struct err *e);

#endif
