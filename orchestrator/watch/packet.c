/*
 * packet.c - sockets, bytes and complaints of the two kinds
 *
 * ICMP goes through a ping socket where the system grants one, else through a
 * raw socket, which sees every echo reply of the host: a word of ours, the
 * process and the flow stand in the payload and tell them apart.
 */
#include "orchestrator/watch/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"

static void put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, sizeof(v));
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return ntohl(v);
}

/* ---- STAMP ---- */

static int stamp_open(int family)
{
	return socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static void stamp_encode(uint8_t *out, size_t n, int family, uint32_t seq,
			 uint32_t flow)
{
	struct stamp_sender p = {.seq = seq,
				 .sent_us = clock_wall_us(),
				 .ssid = (uint16_t)getpid()};

	(void)n;
	(void)family;
	(void)flow;
	stamp_sender_encode(&p, out);
}

static bool stamp_decode(const uint8_t *in, size_t n, int family, uint32_t flow,
			 struct stamp_reply *ret)
{
	(void)family;
	(void)flow;
	return stamp_reply_decode(in, n, ret);
}

const struct packet_kind packet_stamp = {
	.name = "stamp",
	.least = STAMP_BYTES,
	.open = stamp_open,
	.encode = stamp_encode,
	.decode = stamp_decode,
};

/* ---- ICMP echo ---- */

#define ICMP_HEADER 8
#define ICMP_WORD 0x43555421 /* 'CUT!' */

static int icmp_open(int family)
{
	int proto = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, proto);

	return fd >= 0 ? fd : socket(family, SOCK_RAW | SOCK_CLOEXEC, proto);
}

static uint16_t checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (n % 2)
		sum += (uint32_t)p[n - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void icmp_encode(uint8_t *out, size_t n, int family, uint32_t seq,
			uint32_t flow)
{
	uint16_t sum;

	put32(out, family == AF_INET ? 8u << 24 : 128u << 24);
	put32(out + 4, ((uint32_t)getpid() + flow) << 16 | (seq & 0xffff));
	put32(out + 8, ICMP_WORD);
	put32(out + 12, seq);
	put32(out + 16, (uint32_t)getpid());
	put32(out + 20, flow);
	if (family != AF_INET)
		return; /* the kernel sums what has a pseudo-header */
	sum = checksum(out, n);
	out[2] = (uint8_t)(sum >> 8);
	out[3] = (uint8_t)sum;
}

static bool icmp_decode(const uint8_t *in, size_t n, int family, uint32_t flow,
			struct stamp_reply *ret)
{
	size_t ip = 0;

	if (family == AF_INET && n && in[0] >> 4 == 4)
		ip = (size_t)(in[0] & 15) * 4; /* a raw socket gives it all */
	if (n < ip + ICMP_HEADER + 16)
		return false;
	in += ip;
	if (in[0] != (family == AF_INET ? 0 : 129) ||
	    get32(in + 8) != ICMP_WORD ||
	    get32(in + 16) != (uint32_t)getpid() || get32(in + 20) != flow)
		return false;
	*ret = (struct stamp_reply){.seq = get32(in + 12),
				    .sender.seq = get32(in + 12)};
	ret->received_us = clock_wall_us();
	return true;
}

const struct packet_kind packet_icmp = {
	.name = "icmp",
	.least = ICMP_HEADER + 16,
	.extra = ICMP_HEADER,
	.open = icmp_open,
	.encode = icmp_encode,
	.decode = icmp_decode,
};

/* ---- sockets ---- */

/* Fragments are lost as one, and hide what a path can carry. */
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

int packet_open(const struct packet_kind *k, const struct probe_options *o,
		const struct probe_ends *ends, struct err *e)
{
	int family = ends->to.ss_family, big = 1 << 20, on = 1;
	int fd = k->open(family);

	if (fd < 0) {
		err_errno(e, ERR_IO, "cannot open a socket for '%s' probes",
			  k->name);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof(big));
	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	set_df(fd, family, o->df);
	if (ends->has_from &&
	    bind(fd, (const void *)&ends->from, ends->len) < 0)
		err_errno(e, ERR_IO, "cannot send from '%s'", o->from);
	else if (connect(fd, (const void *)&ends->to, ends->len) < 0)
		err_errno(e, ERR_IO, "cannot reach '%s'", o->to);
	else
		return fd;
	close(fd);
	return -1;
}

/* ---- complaints ---- */

static bool same_host(const struct sockaddr *a,
		      const struct sockaddr_storage *b)
{
	if (a->sa_family != b->ss_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)(const void *)a)
			       ->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)(const void *)b)
			       ->sin_addr.s_addr;
	return memcmp(&((const struct sockaddr_in6 *)(const void *)a)
			       ->sin6_addr,
		      &((const struct sockaddr_in6 *)(const void *)b)
			       ->sin6_addr,
		      16) == 0;
}

static void read_error(const struct sock_extended_err *ee,
		       const struct probe_ends *ends,
		       struct packet_complaint *ret)
{
	ret->error = (int)ee->ee_errno;
	ret->mtu = ee->ee_errno == EMSGSIZE ? ee->ee_info : 0;
	if (ee->ee_origin == SO_EE_ORIGIN_ICMP ||
	    ee->ee_origin == SO_EE_ORIGIN_ICMP6)
		ret->by_target =
			same_host((const void *)SO_EE_OFFENDER(ee), &ends->to);
}

bool packet_complaint(int fd, const struct probe_ends *ends,
		      struct packet_complaint *ret)
{
	uint8_t packet[512];
	char control[512];
	struct iovec iov = {packet, sizeof(packet)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};

	if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	*ret = (struct packet_complaint){0};
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if ((c->cmsg_level == IPPROTO_IP &&
		     c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
		     c->cmsg_type == IPV6_RECVERR))
			read_error((const void *)CMSG_DATA(c), ends, ret);
	return true;
}
