/*
 * ssh.h - a transport over SSH
 *
 * Strict: the host key must be the pinned one ('SHA256:...') or stand in
 * known_hosts, else nothing is sent; no configuration file of the user is
 * read.  Authentication is by the private key file of the endpoint, or by the
 * user's agent when there is none.
 *
 * The command is started once and fed job after job: on a real device that
 * saves the login shell's start (tens of milliseconds) for every command.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_SSH_H
#define CUTOVER_ADAPTERS_TRANSPORT_SSH_H

#include "adapters/transport/transport.h"
#include "orchestrator/port/target.h"

/* Connected, verified and authenticated before the deadline, or NULL. */
struct transport *ssh_open(const struct ssh_endpoint *ep, const char *command,
			   int64_t deadline_us, struct err *e);

#endif
