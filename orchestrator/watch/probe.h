/*
 * probe.h - a measurement that runs for the whole cutover, of any kind
 *
 *	stamp     STAMP (RFC 8762): loss told apart per direction
 *	icmp      echo requests: round trip
 *	tcp       connects, one after the other: round trip of SYN and answer
 *	http      the same, and a GET
 *	tcp-flow  one connection to an echo service, kept through everything
 *
 * One 5-tuple tests one link, so a rate is spread over `flows` source ports.
 * Lines are in sample.h.
 */
#ifndef CUTOVER_WATCH_PROBE_H
#define CUTOVER_WATCH_PROBE_H

#include <signal.h>
#include <sys/socket.h>

#include "orchestrator/watch/sample.h"

#define PROBE_FLOWS_MAX 256
#define PROBE_SIZE_MAX 9000

struct probe_options {
	const char *kind;
	const char *to, *from; /* numeric addresses; from may be NULL */
	const char *path;      /* http; NULL: '/' */
	uint16_t port;	       /* 0: the kind's own */
	uint32_t rate;	       /* packets/s over all flows; 0: the kind's own */
	uint32_t flows;	       /* 0: 1 */
	uint32_t size;	       /* bytes of payload; 0: the smallest */
	bool df;
	int64_t duration_us; /* 0: until stopped */
	uint32_t interval_ms;
	bool watch_stdin;
};

struct probe_kind {
	const char *name;
	uint16_t port; /* 0: it has none */
	uint32_t rate; /* by itself */
	bool (*run)(const struct probe_options *o, sample_fn *fn, void *arg,
		    volatile sig_atomic_t *stop, struct err *e);
};

const struct probe_kind *probe_kind_find(const char *name); /* or NULL */
bool probe_run(const struct probe_options *o, sample_fn *fn, void *arg,
	       volatile sig_atomic_t *stop, struct err *e);

/* For the kinds: `to` and `from` as socket addresses of one family. */
struct probe_ends {
	struct sockaddr_storage to, from;
	socklen_t len;
	bool has_from;
};
bool probe_ends_parse(const struct probe_options *o, struct probe_ends *ret,
		      struct err *e);
bool probe_stdin_ended(void);

#endif
