/*
 * practice_probe.c - the lines that a probe would write, made from the world
 *
 * A thread stands for the probe's process and its far end: it counts packets
 * of the pair of prefixes that the probe's addresses lie in, loses those for
 * which the world has no path, and writes samples as 'cutover probe' does
 * (watch/sample.h).  Round trips are what such paths have, one number a path
 * and a little unrest that depends on nothing but the count.
 *
 * The thread ends when its input is closed, or its output is.
 */
#include "adapters/twin/practice.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/watch/sample.h"

#define STEP_MS 100
#define LINE_US 500000
#define RTT_VPN_US 14000
#define RTT_CIRCUIT_US 4200

struct probe {
	int in, out;
	char kind[16], from[64], to[64];
	int64_t rate, sent_milli; /* sent_milli: thousandths of packets */
	struct sample s;
	int64_t gap[2]; /* microseconds without an answer, by direction */
	int64_t start_us;
};

/* '--key VALUE' of the command line that would have been run. */
static bool option(const char *command, const char *key, char *ret, size_t n)
{
	mem_auto_free char *find = mem_format(" --%s ", key);
	const char *at = strstr(command, find);
	size_t len;

	if (!at)
		return false;
	at += strlen(find);
	len = strcspn(at, " ");
	if (len >= n)
		return false;
	memcpy(ret, at, len);
	ret[len] = 0;
	return true;
}

/* ---- the pair ---- */

static bool inside(const struct prefix *p, const char *address)
{
	mem_auto_free char *text = mem_format("%s/32", address);
	struct prefix host;

	return *address && prefix_parse(text, &host, NULL) &&
	       prefix_contains(p, &host);
}

/* The longest prefixes that the addresses lie in; without a source the first
 * pair that goes there. */
static const struct pair *pair_of(const struct world *w, const struct probe *b)
{
	const struct pair *best = w->n_pairs ? &w->pairs[0] : NULL;
	int len = -1;

	for (size_t i = 0; i < w->n_pairs; i++) {
		const struct unit *u = &w->units[w->pairs[i].unit];

		if (!inside(&w->clouds[w->pairs[i].cloud].prefix, b->to) ||
		    (*b->from && !inside(&u->prefix, b->from)) ||
		    u->prefix.len <= len)
			continue;
		best = &w->pairs[i];
		len = u->prefix.len;
	}
	return best;
}

/* Does the first edge send to the cloud by the circuit? */
static bool by_circuit(const struct world *w, const struct pair *x)
{
	const struct path *b = &w->ribs[0].best[x->cloud];

	for (size_t hop = 0; hop < w->plan->n_edges && b->via == VIA_EDGE;
	     hop++)
		b = &w->ribs[b->to].best[x->cloud];
	return b->via == VIA_PEER && !w->peers[b->to].vpn;
}

/* ---- counting ---- */

static void count_lost(struct probe *b, const bool lost[2], int64_t n)
{
	int64_t *gaps[2] = {&b->s.gap_forward_us, &b->s.gap_backward_us};

	b->s.lost_forward += lost[0] ? n : 0;
	b->s.lost_backward += !lost[0] && lost[1] ? n : 0;
	b->s.received += lost[0] || lost[1] ? 0 : n;
	for (int k = 0; k < 2; k++) {
		b->gap[k] = lost[k] ? b->gap[k] + STEP_MS * 1000 : 0;
		if (b->gap[k] > *gaps[k])
			*gaps[k] = b->gap[k];
	}
	b->s.silent_us = b->gap[0] > b->gap[1] ? b->gap[0] : b->gap[1];
	b->s.silent = b->s.silent_us > SAMPLE_SILENT_US ? b->s.flows : 0;
	b->s.silent_packets = b->s.silent_us * b->rate / 1000000;
}

static int64_t step(struct probe *b)
{
	bool lost[2] = {false, false};
	int64_t rtt = 0, n;
	struct world *w = practice_enter();

	if (!w)
		return -1;
	if (w->n_pairs) {
		const struct pair *x = pair_of(w, b);

		memcpy(lost, x->lost, sizeof(lost));
		rtt = by_circuit(w, x) ? RTT_CIRCUIT_US : RTT_VPN_US;
	}
	practice_leave();
	b->sent_milli += b->rate * STEP_MS;
	n = b->sent_milli / 1000 - b->s.sent;
	b->s.sent += n;
	count_lost(b, lost, n);
	return rtt;
}

static bool say(struct probe *b, int64_t rtt, bool final)
{
	int64_t times[8];
	struct sample_rtts r = {times, 0};
	json_t *j;
	char *text;
	bool ok;

	for (int64_t i = 0; i < 8 && !b->s.silent; i++)
		sample_rtt_add(&r, rtt + (b->s.sent / 7 + i * 131) % 400);
	j = sample_json(&b->s, &r, clock_wall_us(), final);
	text = json_text_canonical(j);
	ok = dprintf(b->out, "%s\n", text) > 0;
	free(text);
	json_decref(j);
	return ok;
}

static void *probe_main(void *arg)
{
	struct probe *b = arg;
	int64_t next = clock_mono_us() + LINE_US, rtt = 0;
	struct pollfd in = {.fd = b->in, .events = POLLIN};

	while (poll(&in, 1, STEP_MS) == 0 && (rtt = step(b)) >= 0) {
		if (clock_mono_us() < next && !b->s.silent)
			continue;
		next = clock_mono_us() + LINE_US;
		if (!say(b, rtt, false))
			break;
	}
	if (rtt >= 0)
		say(b, rtt, true);
	close(b->in);
	close(b->out);
	free(b);
	return NULL;
}

static struct probe *probe_of(const char *command, int in, int out)
{
	struct probe *b = mem_alloc(sizeof(*b));
	char number[16];

	*b = (struct probe){.in = in, .out = out, .rate = 100};
	if (!option(command, "kind", b->kind, sizeof(b->kind)))
		strcpy(b->kind, "stamp");
	option(command, "from", b->from, sizeof(b->from));
	option(command, "to", b->to, sizeof(b->to));
	if (option(command, "rate", number, sizeof(number)))
		b->rate = atoi(number);
	b->s.flows = 1;
	if (option(command, "flows", number, sizeof(number)))
		b->s.flows = atoi(number);
	b->s.kind = b->kind;
	b->s.stateful = true;
	return b;
}

bool practice_spawn(const struct ssh_endpoint *at, const char *command,
		    pid_t *ret_pid, int *ret_out, int *ret_in, struct err *e)
{
	int in[2], out[2];
	pthread_t thread;

	(void)at;
	if (pipe2(in, O_CLOEXEC) < 0)
		return err_errno(e, ERR_IO, "pipe");
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return err_errno(e, ERR_IO, "pipe");
	}
	if (pthread_create(&thread, NULL, probe_main,
			   probe_of(command, in[0], out[1])) != 0)
		abort();
	pthread_detach(thread);
	*ret_pid = 0; /* no process to wait for */
	*ret_in = in[1];
	*ret_out = out[0];
	return true;
}
