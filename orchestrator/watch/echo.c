/*
 * echo.c - what comes in goes out again
 *
 * What a client does not take is kept, up to BUFFER bytes; until then nothing
 * more is read from it.  More clients than ECHO_CONNECTIONS: the one that has
 * been silent for longest goes, so that dead ones do not fill the table.
 */
#include "orchestrator/watch/echo.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"

#define BUFFER 65536

struct client {
	int fd; /* -1: none */
	int64_t last_us;
	size_t n, at; /* bytes in `bytes`, and of those already sent */
	char *bytes;
};

struct echo {
	int listener[ECHO_LISTENERS];
	size_t n_listeners, n_clients; /* n_clients: as in the last echo_fds */
	struct client v[ECHO_CONNECTIONS];
	struct client *waiting[ECHO_CONNECTIONS];
};

struct echo *echo_new(void)
{
	struct echo *x = mem_alloc(sizeof(*x));

	for (size_t i = 0; i < ECHO_CONNECTIONS; i++)
		x->v[i].fd = -1;
	return x;
}

bool echo_listen(struct echo *x, const char *address, uint16_t port,
		 struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
	mem_auto_free char *service = mem_format("%u", port);
	struct addrinfo *a;
	int on = 1, fd, rc = getaddrinfo(address, service, &hints, &a);

	if (rc)
		return err_set(e, ERR_USAGE, "'%s' is not an address: %s",
			       address, gai_strerror(rc));
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	rc = bind(fd, a->ai_addr, a->ai_addrlen);
	freeaddrinfo(a);
	x->listener[x->n_listeners++] = fd;
	return (rc == 0 && listen(fd, 128) == 0) ||
	       err_errno(e, ERR_IO, "cannot listen on '%s' TCP port %u",
			 address, port);
}

static void leave(struct client *c)
{
	close(c->fd);
	free(c->bytes);
	*c = (struct client){.fd = -1};
}

static void enter(struct echo *x, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c = &x->v[0];
	int on = 1;

	if (fd < 0)
		return;
	for (size_t i = 1; i < ECHO_CONNECTIONS && c->fd >= 0; i++)
		if (x->v[i].fd < 0 || x->v[i].last_us < c->last_us)
			c = &x->v[i];
	if (c->fd >= 0)
		leave(c);
	setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	*c = (struct client){.fd = fd,
			     .last_us = clock_mono_us(),
			     .bytes = mem_alloc(BUFFER)};
}

size_t echo_fds(struct echo *x, struct pollfd *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n_listeners; i++)
		ret[n++] =
			(struct pollfd){.fd = x->listener[i], .events = POLLIN};
	x->n_clients = 0;
	for (size_t i = 0; i < ECHO_CONNECTIONS; i++) {
		struct client *c = &x->v[i];

		if (c->fd < 0)
			continue;
		x->waiting[x->n_clients++] = c;
		ret[n++] = (struct pollfd){.fd = c->fd,
					   .events = c->n ? POLLOUT : POLLIN};
	}
	return n;
}

static bool write_out(struct client *c)
{
	ssize_t n = send(c->fd, c->bytes + c->at, c->n - c->at, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN;
	c->at += (size_t)n;
	if (c->at == c->n)
		c->at = c->n = 0;
	return true;
}

static bool read_in(struct client *c)
{
	ssize_t n = recv(c->fd, c->bytes, BUFFER, 0);

	if (n < 0)
		return errno == EAGAIN;
	if (n == 0)
		return false;
	c->n = (size_t)n;
	c->last_us = clock_mono_us();
	return write_out(c);
}

void echo_ready(struct echo *x, const struct pollfd *v, size_t n)
{
	size_t clients = x->n_clients;

	for (size_t i = 0; i < clients && x->n_listeners + i < n; i++) {
		struct client *c = x->waiting[i];

		if (!v[x->n_listeners + i].revents)
			continue;
		if (!(c->n ? write_out(c) : read_in(c)))
			leave(c);
	}
	for (size_t i = 0; i < x->n_listeners; i++)
		if (v[i].revents & POLLIN)
			enter(x, x->listener[i]);
}

void echo_free(struct echo *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n_listeners; i++)
		close(x->listener[i]);
	for (size_t i = 0; i < ECHO_CONNECTIONS; i++)
		if (x->v[i].fd >= 0)
			leave(&x->v[i]);
	free(x);
}
