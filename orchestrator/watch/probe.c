/*
 * probe.c - the table of kinds, and what they share
 */
#include "orchestrator/watch/probe.h"

#include <netdb.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/watch/connects.h"
#include "orchestrator/watch/sender.h"
#include "orchestrator/watch/stamp.h"
#include "orchestrator/watch/stream.h"

static const struct probe_kind kinds[] = {
	{"stamp", STAMP_PORT, 100, sender_run},
	{"icmp", 0, 10, sender_run},
	{"tcp", 443, 10, connects_run},
	{"http", 80, 10, connects_run},
	{"tcp-flow", STAMP_PORT, 50, stream_run},
};

const struct probe_kind *probe_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static bool parse_one(const char *address, uint16_t port,
		      struct sockaddr_storage *ret, socklen_t *ret_len,
		      struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
				 .ai_flags = AI_NUMERICHOST};
	mem_auto_free char *service = mem_format("%u", port);
	struct addrinfo *a;
	int rc = getaddrinfo(address, service, &hints, &a);

	if (rc)
		return err_set(e, ERR_USAGE, "'%s' is not an address: %s",
			       address, gai_strerror(rc));
	memcpy(ret, a->ai_addr, a->ai_addrlen);
	*ret_len = a->ai_addrlen;
	freeaddrinfo(a);
	return true;
}

bool probe_ends_parse(const struct probe_options *o, struct probe_ends *ret,
		      struct err *e)
{
	socklen_t len;

	*ret = (struct probe_ends){.has_from = o->from != NULL};
	if (!parse_one(o->to, o->port, &ret->to, &ret->len, e))
		return false;
	if (!o->from)
		return true;
	if (!parse_one(o->from, 0, &ret->from, &len, e))
		return false;
	return ret->from.ss_family == ret->to.ss_family ||
	       err_set(e, ERR_USAGE, "'%s' and '%s' are of two families",
		       o->from, o->to);
}

bool probe_stdin_ended(void)
{
	char c[64];

	return read(0, c, sizeof(c)) == 0;
}

bool probe_run(const struct probe_options *o, sample_fn *fn, void *arg,
	       volatile sig_atomic_t *stop, struct err *e)
{
	const struct probe_kind *k = probe_kind_find(o->kind);
	struct probe_options all = *o;

	if (!k)
		return err_set(e, ERR_USAGE, "'%s' is no kind of probe",
			       o->kind);
	all.port = o->port ? o->port : k->port;
	all.rate = o->rate ? o->rate : k->rate;
	all.flows = o->flows ? o->flows : 1;
	all.path = o->path ? o->path : "/";
	all.interval_ms = o->interval_ms ? o->interval_ms : 1000;
	if (all.flows > PROBE_FLOWS_MAX || o->size > PROBE_SIZE_MAX)
		return err_set(e, ERR_USAGE,
			       "flows are 1 to %d, the size at most %d bytes",
			       PROBE_FLOWS_MAX, PROBE_SIZE_MAX);
	prctl(PR_SET_TIMERSLACK, 50000UL);
	return k->run(&all, fn, arg, stop, e);
}
