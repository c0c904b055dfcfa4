/*
 * echo.h - a TCP echo service (RFC 862), the far end of 'tcp-flow' probes
 *
 * Driven by its owner's poll loop; never blocks.
 */
#ifndef CUTOVER_WATCH_ECHO_H
#define CUTOVER_WATCH_ECHO_H

#include <poll.h>
#include <stdint.h>

#include "orchestrator/base/err.h"

#define ECHO_CONNECTIONS 512
#define ECHO_LISTENERS 16
#define ECHO_FDS (ECHO_CONNECTIONS + ECHO_LISTENERS)

struct echo;

struct echo *echo_new(void);
bool echo_listen(struct echo *x, const char *address, uint16_t port,
		 struct err *e);
size_t echo_fds(struct echo *x, struct pollfd *ret);
void echo_ready(struct echo *x, const struct pollfd *v, size_t n);
void echo_free(struct echo *x);

#endif
