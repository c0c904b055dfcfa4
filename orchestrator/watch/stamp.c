/*
 * stamp.c - encoding and decoding
 *
 * Timestamps are NTP (RFC 8762 section 4.2.1, Z flag 0): seconds since 1900
 * and a binary fraction.  Pure.
 */
#include "orchestrator/watch/stamp.h"

#include <string.h>

#define NTP_1970 2208988800ull

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put_time(uint8_t *p, int64_t us)
{
	uint64_t s = (uint64_t)us / 1000000, rest = (uint64_t)us % 1000000;

	put32(p, (uint32_t)(s + NTP_1970));
	put32(p + 4, (uint32_t)((rest << 32) / 1000000));
}

static int64_t get_time(const uint8_t *p)
{
	/* era 0 until 2036, era 1 after: seconds below 1970 are of era 1 */
	uint64_t s = get32(p);
	uint64_t us = ((uint64_t)get32(p + 4) * 1000000 + (1ull << 31)) >> 32;

	if (s < NTP_1970)
		s += 1ull << 32;
	return (int64_t)((s - NTP_1970) * 1000000 + us);
}

#define ERROR_ESTIMATE 0x0001 /* not synchronised, multiplier 1 */

void stamp_sender_encode(const struct stamp_sender *s, uint8_t *out)
{
	memset(out, 0, STAMP_BYTES);
	put32(out, s->seq);
	put_time(out + 4, s->sent_us);
	put16(out + 12, ERROR_ESTIMATE);
	put16(out + 14, s->ssid);
}

bool stamp_sender_decode(const uint8_t *in, size_t n, struct stamp_sender *ret)
{
	if (n < STAMP_BYTES)
		return false;
	ret->seq = get32(in);
	ret->sent_us = get_time(in + 4);
	ret->ssid = (uint16_t)(in[14] << 8 | in[15]);
	return true;
}

void stamp_reply_encode(const struct stamp_reply *r, uint8_t ttl, uint8_t *out)
{
	memset(out, 0, STAMP_BYTES);
	put32(out, r->seq);
	put_time(out + 4, r->sent_us);
	put16(out + 12, ERROR_ESTIMATE);
	put16(out + 14, r->sender.ssid);
	put_time(out + 16, r->received_us);
	put32(out + 24, r->sender.seq);
	put_time(out + 28, r->sender.sent_us);
	put16(out + 36, ERROR_ESTIMATE);
	out[40] = ttl;
}

bool stamp_reply_decode(const uint8_t *in, size_t n, struct stamp_reply *ret)
{
	if (n < STAMP_BYTES)
		return false;
	ret->seq = get32(in);
	ret->sent_us = get_time(in + 4);
	ret->sender.ssid = (uint16_t)(in[14] << 8 | in[15]);
	ret->received_us = get_time(in + 16);
	ret->sender.seq = get32(in + 24);
	ret->sender.sent_us = get_time(in + 28);
	return true;
}
