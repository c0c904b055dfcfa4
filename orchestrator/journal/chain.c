/*
 * chain.c - hashing rows
 *
 * Pure: no I/O, no clock, no state.  Threads: safe.
 */
#include "orchestrator/journal/chain.h"

#include <stdio.h>
#include <string.h>

#include "orchestrator/base/json.h"

static void chain_add(struct digest *d, const char *text)
{
	size_t n = strlen(text);
	char head[32];

	digest_add(d, head, (size_t)snprintf(head, sizeof(head), "%zu:", n));
	digest_add(d, text, n);
	digest_add(d, ",", 1);
}

static void chain_add_int(struct digest *d, int64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)v);
	chain_add(d, text);
}

void chain_hash(const struct journal_row *row, char ret[DIGEST_HEX])
{
	digest_auto d;

	digest_init(&d);
	chain_add(&d, row->prev);
	chain_add_int(&d, row->seq);
	chain_add(&d, row->run);
	chain_add_int(&d, row->wall_us);
	chain_add(&d, row->kind);
	chain_add(&d, row->step);
	chain_add(&d, row->body);
	digest_end_hex(&d, ret);
}

char *chain_genesis_body(const struct journal_run *run)
{
	char text_hash[DIGEST_HEX];
	json_auto *j = NULL;

	digest_sha256_hex(run->plan_text, strlen(run->plan_text), text_hash);
	j = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:s}", "format", 1, "run",
		      run->id, "plan_path", run->plan_path, "plan_hash",
		      run->plan_hash, "plan_text_sha256", text_hash, "wall_us",
		      (json_int_t)run->wall_us, "version", run->version);
	return json_text_canonical(j);
}

bool chain_hash_valid(const char *hash)
{
	return strlen(hash) == DIGEST_HEX - 1 &&
	       strspn(hash, "0123456789abcdef") == DIGEST_HEX - 1;
}

/* Length of the well-formed sequence at p (RFC 3629), 0 if there is none. */
static size_t chain_utf8_len(const unsigned char *p)
{
	unsigned lo = 0x80, hi = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		lo = 0xa0; /* overlong */
	else if (p[0] == 0xed)
		hi = 0x9f; /* surrogates */
	else if (p[0] == 0xf0)
		lo = 0x90; /* overlong */
	else if (p[0] == 0xf4)
		hi = 0x8f; /* above U+10FFFF */
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool chain_text_valid(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	while (*p) {
		size_t n = chain_utf8_len(p);

		if (!n)
			return false;
		p += n;
	}
	return true;
}
