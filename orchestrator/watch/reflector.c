/*
 * reflector.c - one socket an address, one table of senders
 *
 * The table is bounded: a new sender takes the place of the one that has been
 * silent for longest among those its hash points to.  Replies leave from the
 * address that was asked (IP_PKTINFO).  One thread.
 */
#include "orchestrator/watch/reflector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/watch/echo.h"
#include "orchestrator/watch/probe.h"

#define SENDERS 4096
#define WAYS 8
#define EXPIRY_US 900000000 /* RFC 8762 4.3: state of a silent sender */

struct sender_state {
	uint8_t key[22]; /* address, port, SSID */
	bool used;
	uint32_t next;
	int64_t last_us;
};

struct reflector {
	const struct reflector_options *o;
	struct sender_state *v;
	struct echo *echo; /* or NULL */
	int fd[REFLECTOR_ADDRESSES];
	size_t n;
};

static void key_of(const struct sockaddr_storage *from, uint16_t ssid,
		   uint8_t key[22])
{
	memset(key, 0, 22);
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *a = (const void *)from;

		memcpy(key, &a->sin_addr, 4);
		memcpy(key + 16, &a->sin_port, 2);
	} else {
		const struct sockaddr_in6 *a = (const void *)from;

		memcpy(key, &a->sin6_addr, 16);
		memcpy(key + 16, &a->sin6_port, 2);
	}
	memcpy(key + 18, &ssid, 2);
	memcpy(key + 20, &from->ss_family, 2);
}

static struct sender_state *state_of(struct reflector *r, const uint8_t *key,
				     int64_t now)
{
	uint32_t h = 2166136261u;
	struct sender_state *oldest = NULL;

	for (int i = 0; i < 22; i++)
		h = (h ^ key[i]) * 16777619u;
	for (int w = 0; w < WAYS; w++) {
		struct sender_state *s = &r->v[(h + (uint32_t)w) % SENDERS];

		if (s->used && memcmp(s->key, key, 22) == 0 &&
		    now - s->last_us < EXPIRY_US)
			return s;
		if (!oldest || !s->used ||
		    (oldest->used && s->last_us < oldest->last_us))
			oldest = s;
	}
	*oldest = (struct sender_state){.used = true};
	memcpy(oldest->key, key, 22);
	return oldest;
}

/* Answer from the address that was asked, on whatever way routing says: the
 * interface that it came in by must not be forced on it. */
static void forget_interface(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex = 0;
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO)
			((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
	}
}

static void reflect_one(struct reflector *r, int fd)
{
	uint8_t packet[STAMP_MAX], key[22];
	char control[256];
	struct sockaddr_storage from;
	struct iovec iov = {packet, sizeof(packet)};
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	struct stamp_reply reply = {.received_us = clock_wall_us()};
	struct sender_state *s;

	if (n < 0 || !stamp_sender_decode(packet, (size_t)n, &reply.sender))
		return;
	forget_interface(&m);
	key_of(&from, reply.sender.ssid, key);
	s = state_of(r, key, reply.received_us);
	s->last_us = reply.received_us;
	reply.seq = s->next++;
	reply.sent_us = clock_wall_us();
	stamp_reply_encode(&reply, 64, packet);
	iov.iov_len = (size_t)n; /* symmetrical sizes, RFC 8762 section 4.3 */
	if (sendmsg(fd, &m, MSG_DONTWAIT) < 0)
		return; /* lost here is lost backward, as it should count */
}

/* Without DF a long reply is fragmented where it must be, and not lost. */
static void set_df(int fd, int family, bool df)
{
	int probe = df ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT;
	int probe6 = df ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_DONT;

	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe,
			   sizeof(probe));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe6,
			   sizeof(probe6));
}

static bool open_socket(struct reflector *r, const char *address, uint16_t port,
			struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
				 .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
	mem_auto_free char *service = mem_format("%u", port);
	int on = 1, big = 4 << 20, fd, rc;
	struct addrinfo *a;

	rc = getaddrinfo(address, service, &hints, &a);
	if (rc)
		return err_set(e, ERR_USAGE, "'%s' is not an address: %s",
			       address, gai_strerror(rc));
	fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (a->ai_family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	set_df(fd, a->ai_family, r->o->df);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	rc = bind(fd, a->ai_addr, a->ai_addrlen);
	freeaddrinfo(a);
	r->fd[r->n++] = fd;
	return rc == 0 || err_errno(e, ERR_IO, "cannot listen on '%s' port %u",
				    address, port);
}

static bool open_both(struct reflector *r, const char *address, struct err *e)
{
	return open_socket(r, address, r->o->port, e) &&
	       (!r->echo || echo_listen(r->echo, address, r->o->port, e));
}

static bool open_all(struct reflector *r, struct err *e)
{
	for (size_t i = 0; i < r->o->n_listen; i++)
		if (!open_both(r, r->o->listen[i], e))
			return false;
	return r->o->n_listen || open_both(r, "0.0.0.0", e);
}

/* One wait and what came; false: standard input ended, or an error. */
static bool turn(struct reflector *r, struct err *e)
{
	struct pollfd v[REFLECTOR_ADDRESSES + 1 + ECHO_FDS];
	size_t n = r->n + 1, m = 0;

	for (size_t i = 0; i < r->n; i++)
		v[i] = (struct pollfd){.fd = r->fd[i], .events = POLLIN};
	v[r->n] = (struct pollfd){.fd = r->o->watch_stdin ? 0 : -1,
				  .events = POLLIN};
	if (r->echo)
		m = echo_fds(r->echo, v + n);
	if (poll(v, n + m, 500) < 0)
		return errno == EINTR || err_errno(e, ERR_IO, "poll");
	for (size_t i = 0; i < r->n; i++)
		if (v[i].revents & POLLIN)
			reflect_one(r, r->fd[i]);
	if (r->echo)
		echo_ready(r->echo, v + n, m);
	return !v[r->n].revents || !probe_stdin_ended();
}

bool reflector_run(const struct reflector_options *o,
		   volatile sig_atomic_t *stop, struct err *e)
{
	struct reflector r = {.o = o,
			      .v = mem_calloc(SENDERS, sizeof(*r.v)),
			      .echo = o->tcp ? echo_new() : NULL};
	bool ok = open_all(&r, e);

	while (ok && !*stop && turn(&r, e))
		;
	for (size_t i = 0; i < r.n; i++)
		close(r.fd[i]);
	echo_free(r.echo);
	free(r.v);
	return ok && (!e || !e->msg);
}
