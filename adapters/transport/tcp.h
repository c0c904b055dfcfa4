/*
 * tcp.h - a TCP connection within a deadline
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_TCP_H
#define CUTOVER_ADAPTERS_TRANSPORT_TCP_H

#include <stdint.h>

#include "orchestrator/base/err.h"

/*
 * Tries every address of the host; returns a non-blocking, close-on-exec
 * descriptor with keepalive on, or -1.  ERR_RETRY: nothing was sent.
 */
int tcp_connect(const char *host, uint16_t port, int64_t deadline_us,
		struct err *e);

#endif
