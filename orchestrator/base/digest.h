/*
 * digest.h - SHA-256, HMAC-SHA-256 and Ed25519 signatures
 *
 * The one place of the core that knows OpenSSL; no type of it leaks out.  What
 * cannot fail on a working machine (hashing, randomness) aborts when it does
 * fail, like memory (mem.h), so that no caller carries an untested error path.
 */
#ifndef CUTOVER_BASE_DIGEST_H
#define CUTOVER_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "orchestrator/base/err.h"

#define DIGEST_HEX 65 /* 64 digits and the NUL */

/* SHA-256 of n bytes as lower-case hex. */
void digest_sha256_hex(const void *data, size_t n, char out[DIGEST_HEX]);

/*
 * The same in pieces:
 *
 *	struct digest d;
 *	digest_init(&d);
 *	digest_add(&d, p, n);
 *	digest_end_hex(&d, hex);	(d is ready for the next message)
 *	digest_done(&d);
 */
struct digest {
	void *ctx; /* owned */
};

#define digest_auto __attribute__((cleanup(digest_done))) struct digest

void digest_init(struct digest *d);
void digest_add(struct digest *d, const void *data, size_t n);
void digest_end_hex(struct digest *d, char out[DIGEST_HEX]);
void digest_done(struct digest *d);

/* HMAC-SHA-256 as hex; the caller frees it. */
char *digest_hmac_hex(const void *key, size_t key_len, const void *data,
		      size_t n);

/* n bytes from the system's generator. */
void digest_random(void *out, size_t n);
/* Are two texts equal?  Takes the same time wherever they differ. */
bool digest_same(const char *a, const char *b);

/* An Ed25519 private key; opaque, owned by the caller. */
struct digest_key;

/*
 * Reads the PEM file (0600, ours, no symlink).  With `create` a missing file
 * is made first, atomically: of two processes that come at once both end up
 * with the same key.
 */
struct digest_key *digest_key_load(const char *path, bool create,
				   struct err *e);
void digest_key_free(struct digest_key *k);
/* The public half as PEM, for whoever is to verify. */
char *digest_key_public(const struct digest_key *k);
/* Signature over n bytes, base64. */
char *digest_key_sign(const struct digest_key *k, const void *data, size_t n);
/*
 * False: the PEM is no Ed25519 public key, the signature is no signature
 * (ERR_INVALID), or it is not one of this key over these bytes (ERR_REFUSED).
 */
bool digest_verify(const char *public_pem, const void *data, size_t n,
		   const char *signature, struct err *e);
/* Short name of a public key for people: 'SHA256:' and 43 base64 digits. */
char *digest_public_name(const char *public_pem, struct err *e);

#endif
