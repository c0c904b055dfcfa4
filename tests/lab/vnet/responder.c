/*
 * responder.c - what the lab's virtual machines answer with
 *
 * One static program without arguments that runs inside a virtual machine of
 * the lab: TCP echo on 7, UDP echo on 7, HTTP on 80 (one page with the name of
 * the machine and its uptime), a TCP sink on 9 that says how many bytes it got
 * when the other side has sent its last, a TCP source on 19 that sends until it
 * is closed, and a stateful STAMP reflector on UDP 862 (RFC 8762,
 * unauthenticated; session identifiers of RFC 8972).  Ping is the kernel's
 * business.
 *
 * Invariants: the reflector's sequence counts the packets that it saw of one
 * session, which is (source address, source port, session identifier), from 0;
 * so a hole in what the machine received shows as a difference between the
 * two sequences, and a hole on the way back as a hole in the replies.  Replies
 * are as long as what came in, carry DF and ignore what the kernel learned of
 * path MTUs: a reply passes exactly when the path lets it pass now.
 *
 * Ownership: every connection owns its descriptor and its buffer.  One thread,
 * one epoll.  It has no IPv6, no logging and nothing to configure; a session
 * that was silent for 900 s (REFWAIT of RFC 5357) starts again from 0.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MAX 2048
#define BATCH 64
#define BUFFER 16384
#define SESSIONS 65536u
#define SESSION_PROBES 32u
#define SESSION_IDLE_S 900
#define NTP_OFFSET 2208988800u
#define STAMP_LEN 44u
/* Not synchronised, multiplier 1, scale 2^-10 s: the machine has no NTP. */
#define STAMP_ERROR ((22u << 8) | 1u)

enum kind {
	ECHO_LISTEN,
	HTTP_LISTEN,
	ECHO_UDP,
	STAMP_UDP,
	ECHO_CONN,
	HTTP_CONN,
	SINK_LISTEN,
	SINK_CONN,
	SOURCE_LISTEN,
	SOURCE_CONN
};

struct peer {
	enum kind kind;
	int fd;
	size_t start, end; /* what is in the buffer and not yet written */
	uint64_t sunk;
	char *buffer;
};

struct session {
	uint32_t addr;
	uint16_t port, ssid;
	uint32_t next;
	uint32_t seen; /* monotonic second of the last packet, 0 = free */
};

/* Layout of RFC 8762, figures 2 and 5, with the SSID of RFC 8972. */
struct stamp {
	uint32_t seq;
	uint64_t time;
	uint16_t error;
	uint16_t ssid;
	uint64_t received;
	uint32_t sender_seq;
	uint64_t sender_time;
	uint16_t sender_error;
	uint16_t mbz;
	uint8_t sender_ttl;
	uint8_t mbz3[3];
} __attribute__((packed));
_Static_assert(sizeof(struct stamp) == STAMP_LEN, "stamp layout");

struct batch {
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in from[BATCH];
	char data[BATCH][PACKET_MAX];
	union {
		struct cmsghdr align;
		char bytes[128];
	} control[BATCH];
};

static struct session sessions[SESSIONS];
static struct batch batch;
static int epoll_fd;

static uint64_t ntp_from(const struct timespec *ts)
{
	uint64_t frac = ((uint64_t)ts->tv_nsec << 32) / 1000000000u;

	return htobe64((((uint64_t)ts->tv_sec + NTP_OFFSET) << 32) | frac);
}

static uint32_t clock_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint32_t)ts.tv_sec + 1;
}

/* The session's place: its own, else a free or stale one, else the oldest. */
static struct session *session_find(const struct sockaddr_in *from,
				    uint16_t ssid)
{
	uint32_t addr = from->sin_addr.s_addr, now = clock_seconds();
	uint32_t hash =
		(addr ^ ((uint32_t)from->sin_port << 16 | ssid)) * 2654435761u;
	struct session *best = NULL;
	bool best_free = false;

	for (uint32_t i = 0; i < SESSION_PROBES; i++) {
		struct session *s = &sessions[((hash >> 16) + i) % SESSIONS];
		bool is_free = !s->seen || now - s->seen > SESSION_IDLE_S;

		if (!is_free && s->addr == addr && s->port == from->sin_port &&
		    s->ssid == ssid) {
			s->seen = now;
			return s;
		}
		if (best_free)
			continue;
		if (is_free || !best || s->seen < best->seen)
			best = s;
		best_free = is_free;
	}
	*best = (struct session){.addr = addr,
				 .port = from->sin_port,
				 .ssid = ssid,
				 .seen = now};
	return best;
}

static void control_read(struct msghdr *hdr, uint8_t *ttl, struct timespec *at)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c;
	     c = CMSG_NXTHDR(hdr, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) {
			int value = 0;

			memcpy(&value, CMSG_DATA(c), sizeof(value));
			*ttl = (uint8_t)value;
		}
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(at, CMSG_DATA(c), sizeof(*at));
	}
}

static void stamp_reflect(struct msghdr *hdr, char *data)
{
	struct timespec received, now;
	struct stamp in, out = {0};
	uint8_t ttl = 0;

	clock_gettime(CLOCK_REALTIME, &received);
	control_read(hdr, &ttl, &received);
	memcpy(&in, data, sizeof(in));
	out.seq = htobe32(session_find(hdr->msg_name, in.ssid)->next++);
	out.error = htobe16(STAMP_ERROR);
	out.ssid = in.ssid;
	out.received = ntp_from(&received);
	out.sender_seq = in.seq;
	out.sender_time = in.time;
	out.sender_error = in.error;
	out.sender_ttl = ttl;
	clock_gettime(CLOCK_REALTIME, &now);
	out.time = ntp_from(&now);
	memcpy(data, &out, sizeof(out));
}

/* Sends n replies; one that the kernel refuses is skipped, never repeated. */
static void batch_send(int fd, int n)
{
	for (int done = 0; done < n;) {
		int sent =
			sendmmsg(fd, batch.msg + done, (unsigned)(n - done), 0);

		done += sent > 0 ? sent : 1;
	}
}

static void udp_serve(const struct peer *p)
{
	int n, replies;

	do {
		for (int i = 0; i < BATCH; i++) {
			batch.iov[i] =
				(struct iovec){batch.data[i], PACKET_MAX};
			batch.msg[i].msg_hdr = (struct msghdr){
				.msg_name = &batch.from[i],
				.msg_namelen = sizeof(batch.from[i]),
				.msg_iov = &batch.iov[i],
				.msg_iovlen = 1,
				.msg_control = batch.control[i].bytes,
				.msg_controllen = sizeof(batch.control[i]),
			};
		}
		n = recvmmsg(p->fd, batch.msg, BATCH, MSG_DONTWAIT, NULL);
		replies = 0;
		for (int i = 0; i < n; i++) {
			struct msghdr *hdr = &batch.msg[i].msg_hdr;
			size_t len = batch.msg[i].msg_len;

			if (p->kind == STAMP_UDP && len < STAMP_LEN)
				continue;
			if (p->kind == STAMP_UDP)
				stamp_reflect(hdr, batch.data[i]);
			batch.iov[i].iov_len = len;
			hdr->msg_control = NULL;
			hdr->msg_controllen = 0;
			batch.msg[replies++] = batch.msg[i];
		}
		batch_send(p->fd, replies);
	} while (n == BATCH);
}

static void peer_watch(struct peer *p, int op)
{
	struct epoll_event ev = {.data.ptr = p};

	ev.events = p->end > p->start ? EPOLLOUT : EPOLLIN;
	if (epoll_ctl(epoll_fd, op, p->fd, &ev) < 0) {
		perror("responder: epoll_ctl");
		exit(1);
	}
}

static struct peer *peer_new(enum kind kind, int fd)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p || !(p->buffer = calloc(1, BUFFER)))
		abort();
	p->kind = kind;
	p->fd = fd;
	peer_watch(p, EPOLL_CTL_ADD);
	return p;
}

static void peer_close(struct peer *p)
{
	close(p->fd);
	free(p->buffer);
	free(p);
}

static enum kind conn_kind(enum kind listener)
{
	switch (listener) {
	case ECHO_LISTEN:
		return ECHO_CONN;
	case SINK_LISTEN:
		return SINK_CONN;
	case SOURCE_LISTEN:
		return SOURCE_CONN;
	default:
		return HTTP_CONN;
	}
}

static void conn_accept(const struct peer *listener)
{
	struct peer *p;
	int fd, one = 1;

	while ((fd = accept4(listener->fd, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		p = peer_new(conn_kind(listener->kind), fd);
		if (p->kind == SOURCE_CONN) {
			p->end = BUFFER;
			peer_watch(p, EPOLL_CTL_MOD);
		}
	}
}

/* Writes what is there; false when the connection is gone. */
static bool conn_flush(struct peer *p)
{
	while (p->start < p->end) {
		ssize_t n = send(p->fd, p->buffer + p->start, p->end - p->start,
				 MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p->start += (size_t)n;
	}
	p->start = p->end = 0;
	return true;
}

static void echo_serve(struct peer *p, bool writable)
{
	if (!writable) {
		ssize_t n = recv(p->fd, p->buffer, BUFFER, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			peer_close(p);
			return;
		}
		p->end = (size_t)n;
	}
	if (!conn_flush(p)) {
		peer_close(p);
		return;
	}
	peer_watch(p, EPOLL_CTL_MOD);
}

/* What it got is said after the last byte: until then the time counts. */
static void sink_serve(struct peer *p)
{
	char text[32];
	ssize_t n;

	n = recv(p->fd, p->buffer, BUFFER, 0);
	if (n > 0) {
		p->sunk += (uint64_t)n;
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 0) {
		n = snprintf(text, sizeof(text), "%llu\n",
			     (unsigned long long)p->sunk);
		send(p->fd, text, (size_t)n, MSG_NOSIGNAL);
	}
	peer_close(p);
}

/* Whatever is in the buffer, again and again. */
static void source_serve(struct peer *p)
{
	ssize_t n;

	n = send(p->fd, p->buffer, BUFFER, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		peer_close(p);
}

static size_t page_write(char *out, size_t size)
{
	struct timespec up = {0};
	char name[65] = "", body[160];
	int n;

	gethostname(name, sizeof(name) - 1);
	clock_gettime(CLOCK_BOOTTIME, &up);
	snprintf(body, sizeof(body), "%s %lld.%02ld\n", name,
		 (long long)up.tv_sec, up.tv_nsec / 10000000);
	n = snprintf(out, size,
		     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
		     "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
		     strlen(body), body);
	return (size_t)n;
}

/* The request is read up to its empty line; whatever it asks gets the page. */
static void http_serve(struct peer *p)
{
	char page[512];
	ssize_t n = recv(p->fd, p->buffer + p->end, BUFFER - 1 - p->end, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		p->end += (size_t)n;
		p->buffer[p->end] = '\0';
		if (!strstr(p->buffer, "\r\n\r\n")) {
			p->start = p->end; /* go on reading */
			return;
		}
		n = send(p->fd, page, page_write(page, sizeof(page)),
			 MSG_NOSIGNAL);
		if (n > 0)
			shutdown(p->fd, SHUT_WR);
	}
	peer_close(p);
}

static int socket_open(int type, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htobe16(port)};
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, big = 8 << 20, pmtu = IP_PMTUDISC_PROBE;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_DGRAM) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big));
		setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
		setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof(one));
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu,
			   sizeof(pmtu));
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 128) < 0)) {
		perror("responder: bind");
		exit(1);
	}
	return fd;
}

static void peer_serve(struct peer *p, uint32_t events)
{
	switch (p->kind) {
	case ECHO_LISTEN:
	case HTTP_LISTEN:
	case SINK_LISTEN:
	case SOURCE_LISTEN:
		conn_accept(p);
		break;
	case ECHO_UDP:
	case STAMP_UDP:
		udp_serve(p);
		break;
	case ECHO_CONN:
		echo_serve(p, !(events & EPOLLIN) && (events & EPOLLOUT));
		break;
	case HTTP_CONN:
		http_serve(p);
		break;
	case SINK_CONN:
		sink_serve(p);
		break;
	case SOURCE_CONN:
		source_serve(p);
		break;
	}
}

int main(void)
{
	struct epoll_event events[BATCH];

	signal(SIGPIPE, SIG_IGN);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0) {
		perror("responder: epoll");
		return 1;
	}
	peer_new(ECHO_LISTEN, socket_open(SOCK_STREAM, 7));
	peer_new(HTTP_LISTEN, socket_open(SOCK_STREAM, 80));
	peer_new(SINK_LISTEN, socket_open(SOCK_STREAM, 9));
	peer_new(SOURCE_LISTEN, socket_open(SOCK_STREAM, 19));
	peer_new(ECHO_UDP, socket_open(SOCK_DGRAM, 7));
	peer_new(STAMP_UDP, socket_open(SOCK_DGRAM, 862));
	for (;;) {
		int n = epoll_wait(epoll_fd, events, BATCH, -1);

		for (int i = 0; i < n; i++)
			peer_serve(events[i].data.ptr, events[i].events);
	}
}
