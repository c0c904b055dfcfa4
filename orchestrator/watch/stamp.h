/*
 * stamp.h - STAMP packets (RFC 8762, unauthenticated mode)
 *
 * Plain values; nothing is owned.  Sequence numbers and timestamps as they
 * stand in sections 4.2.1 (sender) and 4.3.1 (reflector); SSID of RFC 8972.
 */
#ifndef CUTOVER_WATCH_STAMP_H
#define CUTOVER_WATCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_PORT 862
#define STAMP_BYTES 44 /* both directions */
#define STAMP_MAX 9000

struct stamp_sender {
	uint32_t seq;
	int64_t sent_us; /* wall clock */
	uint16_t ssid;
};

struct stamp_reply {
	uint32_t seq;	     /* the reflector's own */
	int64_t sent_us;     /* by the reflector */
	int64_t received_us; /* by the reflector */
	struct stamp_sender sender;
};

/* Writes STAMP_BYTES. */
void stamp_sender_encode(const struct stamp_sender *s, uint8_t *out);
bool stamp_sender_decode(const uint8_t *in, size_t n, struct stamp_sender *ret);
void stamp_reply_encode(const struct stamp_reply *r, uint8_t ttl, uint8_t *out);
bool stamp_reply_decode(const uint8_t *in, size_t n, struct stamp_reply *ret);

#endif
