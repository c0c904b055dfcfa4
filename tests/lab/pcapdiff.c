/*
 * pcapdiff.c - what two captures say about loss between them
 *
 *	pcapdiff [-w WINDOW] [-p PORT] A.pcap B.pcap
 *
 * A is where STAMP senders are, B where reflectors are (UDP port 862, or PORT).
 * A packet is known by its direction, its flow (the sender's address and port)
 * and its sequence number: the sender's own on the way out, the reflector's own
 * on the way back.  Prints one JSON object: for each direction how many packets
 * were sent at one end, how many of them were seen at the other, how many were
 * lost, the longest time in which the receiving end saw none of the stream, the
 * longest run of packets lost one after another as the sending end sent them,
 * and flows; then the same for each sender's address.  WINDOW is a file with
 *two times in microseconds: what was sent outside is not judged, because a
 *capture was not yet or no longer running.
 *
 * Invariants: the two captures are of one clock.  A packet seen twice at one
 * end counts once and is reported as duplicate.  What was seen at the far end
 *only is 'unsent': a capture dropped it, and the numbers are not to be trusted.
 *
 * Ownership: everything lives until the program ends.  One thread.  It reads
 * classic pcap of Ethernet in either byte order, with micro- or nanoseconds,
 * IPv4 alone; no pcapng, no fragments, no VLAN tags.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum direction { FORWARD, BACKWARD, DIRECTIONS };

struct packet {
	uint64_t flow; /* sender's address and port */
	uint32_t seq;
	int64_t t_us;
	bool seen;
};

struct list {
	struct packet *at;
	size_t n, room;
};

struct capture {
	const char *path;
	struct list dir[DIRECTIONS];
	bool swapped, nano;
};

struct result {
	size_t sent, received, lost, duplicate, unsent, flows, run;
	int64_t gap_us, gap_at_us, run_us;
};

static uint16_t stamp_port = 862;
static int64_t window_from = INT64_MIN, window_to = INT64_MAX;

static void fail(const char *path, const char *what)
{
	fprintf(stderr, "pcapdiff: '%s': %s\n", path, what);
	exit(1);
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static uint32_t file32(const struct capture *c, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return c->swapped ? __builtin_bswap32(v) : v;
}

static void list_add(struct list *l, const struct packet *p)
{
	if (l->n == l->room) {
		l->room = l->room != 0 ? 2 * l->room : 4096;
		l->at = realloc(l->at, l->room * sizeof(*l->at));
		if (l->at == NULL)
			fail("memory", "none left");
	}
	l->at[l->n++] = *p;
}

/* The sequence of a reply is the reflector's own: both start a packet. */
static void packet_read(struct capture *c, const uint8_t *p, size_t n,
			int64_t t_us)
{
	struct packet packet = {.t_us = t_us};
	const uint8_t *ip = p + 14, *udp;
	size_t head;

	if (n < 14 + 20 || be16(p + 12) != 0x0800 || ip[0] >> 4 != 4 ||
	    ip[9] != 17 || (be16(ip + 6) & 0x1fff) != 0)
		return;
	head = (size_t)(ip[0] & 15) * 4;
	if (head < 20 || n < 14 + head + 8 + 4)
		return;
	udp = ip + head;
	packet.seq = be32(udp + 8);
	if (be16(udp + 2) == stamp_port) {
		packet.flow = (uint64_t)be32(ip + 12) << 16 | be16(udp);
		list_add(&c->dir[FORWARD], &packet);
	} else if (be16(udp) == stamp_port) {
		packet.flow = (uint64_t)be32(ip + 16) << 16 | be16(udp + 2);
		list_add(&c->dir[BACKWARD], &packet);
	}
}

static void head_read(struct capture *c, FILE *f)
{
	uint8_t head[24];
	uint32_t magic;

	if (fread(head, 1, sizeof(head), f) != sizeof(head))
		fail(c->path, "too short for a capture");
	memcpy(&magic, head, 4);
	c->swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	magic = file32(c, head);
	if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
		fail(c->path, "not a classic pcap file");
	c->nano = magic == 0xa1b23c4d;
	if (file32(c, head + 20) != 1)
		fail(c->path, "not of Ethernet");
}

/* A record that was cut off ends the file: the capture was killed. */
static void capture_read(struct capture *c)
{
	static uint8_t data[65536];
	FILE *f = fopen(c->path, "rb");
	uint8_t head[16];
	uint32_t length, part;

	if (f == NULL)
		fail(c->path, strerror(errno));
	head_read(c, f);
	while (fread(head, 1, sizeof(head), f) == sizeof(head)) {
		length = file32(c, head + 8);
		part = file32(c, head + 4);
		if (length > sizeof(data))
			fail(c->path, "a record is longer than a packet");
		if (fread(data, 1, length, f) != length)
			break;
		packet_read(c, data, length,
			    (int64_t)file32(c, head) * 1000000 +
				    (c->nano ? part / 1000 : part));
	}
	fclose(f);
}

static int packet_cmp(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return x->t_us < y->t_us ? -1 : x->t_us > y->t_us;
}

static int time_cmp(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	return x->t_us < y->t_us ? -1 : x->t_us > y->t_us;
}

static bool same(const struct packet *a, const struct packet *b)
{
	return a->flow == b->flow && a->seq == b->seq;
}

/* Sorts, and keeps the first sight of every packet. */
static size_t list_unique(struct list *l)
{
	size_t i, kept = 0, n = l->n;

	if (n == 0)
		return 0;
	qsort(l->at, n, sizeof(*l->at), packet_cmp);
	for (i = 0; i < n; i++)
		if (kept == 0 || !same(&l->at[kept - 1], &l->at[i]))
			l->at[kept++] = l->at[i];
	l->n = kept;
	return n - kept;
}

/* Marks what both ends saw; counts what only the far end did. */
static size_t lists_match(struct list *sent, struct list *seen)
{
	size_t i = 0, j = 0, unsent = 0;
	int order;

	while (j < seen->n) {
		order = i == sent->n ? 1
			: same(&sent->at[i], &seen->at[j])
				? 0
				: packet_cmp(&sent->at[i], &seen->at[j]);
		if (order < 0) {
			i++;
			continue;
		}
		if (order == 0)
			sent->at[i++].seen = true;
		else if (seen->at[j].t_us >= window_from &&
			 seen->at[j].t_us <= window_to)
			unsent++;
		j++;
	}
	return unsent;
}

static bool in_window(const struct packet *p)
{
	return p->t_us >= window_from && p->t_us <= window_to;
}

static void gap_find(struct list *seen, struct result *r)
{
	int64_t last = INT64_MIN, gap;
	size_t i;

	if (seen->n == 0)
		return;
	qsort(seen->at, seen->n, sizeof(*seen->at), time_cmp);
	for (i = 0; i < seen->n; i++) {
		if (!in_window(&seen->at[i]))
			continue;
		gap = last == INT64_MIN ? 0 : seen->at[i].t_us - last;
		if (gap > r->gap_us) {
			r->gap_us = gap;
			r->gap_at_us = last;
		}
		last = seen->at[i].t_us;
	}
}

static void run_find(struct list *sent, struct result *r)
{
	int64_t from = 0;
	size_t i, run = 0;

	if (sent->n == 0)
		return;
	qsort(sent->at, sent->n, sizeof(*sent->at), time_cmp);
	for (i = 0; i < sent->n; i++) {
		if (!in_window(&sent->at[i]) || sent->at[i].seen) {
			run = 0;
			continue;
		}
		if (run++ == 0)
			from = sent->at[i].t_us;
		if (run > r->run) {
			r->run = run;
			r->run_us = sent->at[i].t_us - from;
		}
	}
}

static struct result compare(struct list *sent, struct list *seen)
{
	struct result r = {0};
	uint64_t flow = 0;
	size_t i;

	list_unique(sent);
	r.duplicate = list_unique(seen);
	r.unsent = lists_match(sent, seen);
	for (i = 0; i < sent->n; i++) {
		if (!in_window(&sent->at[i]))
			continue;
		if (r.sent++ == 0 || sent->at[i].flow != flow)
			r.flows++;
		flow = sent->at[i].flow;
		if (sent->at[i].seen)
			r.received++;
		else
			r.lost++;
	}
	run_find(sent, &r);
	gap_find(seen, &r);
	return r;
}

static void result_print(const char *name, const struct result *r, char end)
{
	printf("\"%s\":{\"sent\":%zu,\"received\":%zu,\"lost\":%zu,"
	       "\"duplicate\":%zu,\"unsent\":%zu,\"flows\":%zu,"
	       "\"gap_us\":%" PRId64 ",\"gap_at_us\":%" PRId64
	       ",\"lost_run\":%zu,\"lost_run_us\":%" PRId64 "}%c",
	       name, r->sent, r->received, r->lost, r->duplicate, r->unsent,
	       r->flows, r->gap_us, r->gap_at_us, r->run, r->run_us, end);
}

/* ---- by the sender's address ---- */

static uint32_t address_of(const struct packet *p)
{
	return (uint32_t)(p->flow >> 16);
}

/* The smallest address above `above` in any list, or 0. */
static uint32_t address_next(const struct list *l, size_t n, uint32_t above)
{
	uint32_t next = 0;

	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < l[k].n; i++) {
			uint32_t a = address_of(&l[k].at[i]);

			if (a > above && (next == 0 || a < next))
				next = a;
		}
	return next;
}

static struct list list_of(const struct list *all, uint32_t address)
{
	struct list l = {0};

	for (size_t i = 0; i < all->n; i++)
		if (address == 0 || address_of(&all->at[i]) == address)
			list_add(&l, &all->at[i]);
	return l;
}

/* Both directions of one sender, or of all of them (address 0). */
static void pair_print(const struct list all[4], uint32_t address)
{
	struct list l[4];
	struct result forward, backward;

	for (int i = 0; i < 4; i++)
		l[i] = list_of(&all[i], address);
	forward = compare(&l[0], &l[1]);
	backward = compare(&l[2], &l[3]);
	result_print("forward", &forward, ',');
	result_print("backward", &backward, ' ');
	for (int i = 0; i < 4; i++)
		free(l[i].at);
}

static void sources_print(const struct list all[4])
{
	uint32_t a = 0;
	const char *comma = "";

	while ((a = address_next(all, 4, a)) != 0) {
		printf("%s{\"address\":\"%u.%u.%u.%u\",", comma, a >> 24,
		       a >> 16 & 255, a >> 8 & 255, a & 255);
		pair_print(all, a);
		putchar('}');
		comma = ",";
	}
}

static void window_read(const char *path)
{
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail(path, strerror(errno));
	if (fscanf(f, "%" SCNd64 " %" SCNd64, &window_from, &window_to) != 2)
		fail(path, "not two times");
	fclose(f);
}

int main(int argc, char **argv)
{
	struct capture a = {0}, b = {0};
	struct list all[4];
	int c;

	while ((c = getopt(argc, argv, "w:p:")) != -1) {
		if (c == 'w')
			window_read(optarg);
		else if (c == 'p')
			stamp_port = (uint16_t)atoi(optarg);
		else
			return 2;
	}
	if (argc - optind != 2) {
		fputs("usage: pcapdiff [-w WINDOW] [-p PORT] A.pcap B.pcap\n",
		      stderr);
		return 2;
	}
	a.path = argv[optind];
	b.path = argv[optind + 1];
	capture_read(&a);
	capture_read(&b);
	all[0] = a.dir[FORWARD];
	all[1] = b.dir[FORWARD];
	all[2] = b.dir[BACKWARD];
	all[3] = a.dir[BACKWARD];
	putchar('{');
	pair_print(all, 0);
	fputs(",\"sources\":[", stdout);
	sources_print(all);
	puts("]}");
	return 0;
}
