/*
 * tcp.c - connecting within a deadline
 *
 * Every address of the host is tried in the resolver's order; each but the last
 * gets at most half of the time that is left, so that a dead first address
 * leaves time for the second.  Keepalive finds out within half a minute that
 * the other side is gone.
 *
 * Threads: safe, no globals.  The name itself is resolved by getaddrinfo(),
 * which obeys the resolver's time limits and not ours; plans use addresses.
 */
#include "adapters/transport/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/transport/transport.h"
#include "orchestrator/base/clock.h"

static void tcp_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, 10},
		{IPPROTO_TCP, TCP_KEEPINTVL, 5},
		{IPPROTO_TCP, TCP_KEEPCNT, 3},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, 30000},
	};

	/* None of them is needed for being correct. */
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		setsockopt(fd, options[i].level, options[i].name,
			   &options[i].value, sizeof(options[i].value));
}

/* 0 or an errno. */
static int tcp_await(int fd, int64_t deadline_us)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int error = 0;

	do {
		int left = transport_left_ms(deadline_us, 60000);

		if (left == 0)
			return ETIMEDOUT;
		if (poll(&p, 1, left) > 0)
			break;
	} while (true);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return errno;
	return error;
}

static int tcp_try(const struct addrinfo *a, int64_t deadline_us,
		   int *ret_errno)
{
	int fd = socket(a->ai_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		*ret_errno = errno;
		return -1;
	}
	tcp_options(fd);
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	*ret_errno = errno == EINPROGRESS ? tcp_await(fd, deadline_us) : errno;
	if (*ret_errno == 0)
		return fd;
	close(fd);
	return -1;
}

int tcp_connect(const char *host, uint16_t port, int64_t deadline_us,
		struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int fd = -1, error = 0, rc;
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	rc = getaddrinfo(host, service, &hints, &list);
	if (rc != 0) {
		err_set(e, ERR_RETRY, "cannot find the address of '%s': %s",
			host, gai_strerror(rc));
		return -1;
	}
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		int64_t now = clock_mono_us();

		fd = tcp_try(a,
			     a->ai_next ? now + (deadline_us - now) / 2
					: deadline_us,
			     &error);
	}
	freeaddrinfo(list);
	if (fd < 0) {
		errno = error;
		err_errno(e, ERR_RETRY, "cannot connect to '%s' port %u", host,
			  port);
	}
	return fd;
}
