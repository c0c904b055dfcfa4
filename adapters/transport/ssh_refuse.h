/*
 * ssh_refuse.h - what is said when a host key, a key file or a login is refused
 *
 * Every message names the fingerprint that was seen and what to do; none
 * suggests to go on without looking.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_SSH_REFUSE_H
#define CUTOVER_ADAPTERS_TRANSPORT_SSH_REFUSE_H

#include "orchestrator/port/target.h"

/* All return false, with ERR_REFUSED; `print` is 'SHA256:...'. */
bool ssh_refuse_unknown(const struct ssh_endpoint *ep, const char *print,
			struct err *e);
bool ssh_refuse_changed(const struct ssh_endpoint *ep, const char *print,
			struct err *e);
bool ssh_refuse_pin(const struct ssh_endpoint *ep, const char *print,
		    struct err *e);

/* The server does not take the key, or wants something besides (partial). */
bool ssh_refuse_login(const struct ssh_endpoint *ep, bool partial,
		      struct err *e);

/* Is it a regular file that nobody else may read? */
bool ssh_refuse_key_file(const char *path, struct err *e);

uint16_t ssh_endpoint_port(const struct ssh_endpoint *ep); /* 22 if not set */
char *ssh_endpoint_path(const char *path); /* with ~/ expanded */

#endif
