/*
 * packet.h - packets that are answered one by one: STAMP and ICMP echo
 *
 * What differs between the two: the socket, the bytes out and the bytes in.
 * Both give replies as STAMP has them; an echo has no count of its own, so the
 * reply's sequence number is the sender's, which says 'stateless' (flow.h).
 */
#ifndef CUTOVER_WATCH_PACKET_H
#define CUTOVER_WATCH_PACKET_H

#include "orchestrator/watch/probe.h"
#include "orchestrator/watch/stamp.h"

struct packet_kind {
	const char *name;
	size_t least; /* bytes that it needs, header included */
	size_t extra; /* of those not counted as payload */
	int (*open)(int family);
	/* Writes at least `least` bytes; `flow` tells replies apart. */
	void (*encode)(uint8_t *out, size_t n, int family, uint32_t seq,
		       uint32_t flow);
	bool (*decode)(const uint8_t *in, size_t n, int family, uint32_t flow,
		       struct stamp_reply *ret);
};

extern const struct packet_kind packet_stamp, packet_icmp;

/* A connected socket, or -1.  Errors about its packets can be read. */
int packet_open(const struct packet_kind *k, const struct probe_options *o,
		const struct probe_ends *ends, struct err *e);

struct packet_complaint {
	int error;	/* ECONNREFUSED, EMSGSIZE, EHOSTUNREACH ... */
	bool by_target; /* the target said so itself */
	uint32_t mtu;	/* with EMSGSIZE */
};
/* One message of the socket's error queue; false: there is none. */
bool packet_complaint(int fd, const struct probe_ends *ends,
		      struct packet_complaint *ret);

#endif
