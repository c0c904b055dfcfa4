/*
 * digest.c - hashing and signing over OpenSSL's EVP
 *
 * The algorithm is fetched once: a fetch for each message costs more than the
 * message.  Ownership: struct digest owns its context, struct digest_key its
 * key.  Threads: the functions share nothing but the fetched algorithm; one
 * struct digest belongs to one thread at a time.  Does not: choose algorithms
 * by name, read certificates, or keep passphrases: the key file's mode is its
 * protection, since cutover has to sign when nobody is there to type.
 */
#include "orchestrator/base/digest.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/statedir.h"

#define DIGEST_BYTES 32
#define DIGEST_SIG_BYTES 64
#define DIGEST_PEM_MAX 4096

struct digest_key {
	EVP_PKEY *pkey;
};

static EVP_MD *digest_sha256; /* set once, lives as long as the process */
static pthread_once_t digest_once = PTHREAD_ONCE_INIT;

static void digest_fetch(void)
{
	digest_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!digest_sha256)
		abort();
}

static void digest_must(bool ok)
{
	if (!ok)
		abort();
}

static void digest_hex(const unsigned char *bytes, char out[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * DIGEST_BYTES] = 0;
}

void digest_init(struct digest *d)
{
	pthread_once(&digest_once, digest_fetch);
	d->ctx = EVP_MD_CTX_new();
	digest_must(d->ctx &&
		    EVP_DigestInit_ex2(d->ctx, digest_sha256, NULL) == 1);
}

void digest_add(struct digest *d, const void *data, size_t n)
{
	if (n)
		digest_must(EVP_DigestUpdate(d->ctx, data, n) == 1);
}

void digest_end_hex(struct digest *d, char out[DIGEST_HEX])
{
	unsigned char bytes[DIGEST_BYTES];
	unsigned int n = 0;

	digest_must(EVP_DigestFinal_ex(d->ctx, bytes, &n) == 1 &&
		    n == DIGEST_BYTES);
	digest_must(EVP_DigestInit_ex2(d->ctx, NULL, NULL) == 1);
	digest_hex(bytes, out);
}

void digest_done(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	d->ctx = NULL;
}

void digest_sha256_hex(const void *data, size_t n, char out[DIGEST_HEX])
{
	digest_auto d;

	digest_init(&d);
	digest_add(&d, data, n);
	digest_end_hex(&d, out);
}

char *digest_hmac_hex(const void *key, size_t key_len, const void *data,
		      size_t n)
{
	unsigned char bytes[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	size_t got = 0;

	/* OpenSSL takes a NULL key for 'reuse the last one' */
	digest_must(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL,
			      key_len ? key : "", key_len,
			      n ? data : (const void *)"", n, bytes,
			      sizeof(bytes), &got) &&
		    got == sizeof(bytes));
	digest_hex(bytes, hex);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return mem_strdup(hex);
}

void digest_random(void *out, size_t n)
{
	digest_must(n <= 1 << 20 && RAND_priv_bytes(out, (int)n) == 1);
}

bool digest_same(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

static char *digest_base64(const unsigned char *bytes, size_t n)
{
	char *text = mem_alloc((n + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
	return text;
}

/* Exactly n bytes, in the one canonical spelling. */
static bool digest_unbase64(const char *text, unsigned char *out, size_t n)
{
	mem_auto_free char *again = NULL;
	unsigned char raw[DIGEST_SIG_BYTES + 2];
	size_t len = (n + 2) / 3 * 4;

	if (n > DIGEST_SIG_BYTES || strlen(text) != len ||
	    EVP_DecodeBlock(raw, (const unsigned char *)text, (int)len) < 0)
		return false;
	again = digest_base64(raw, n);
	if (strcmp(again, text) != 0)
		return false;
	memcpy(out, raw, n);
	return true;
}

/* The private key as PEM text in secure-wiped memory of the caller. */
static void digest_key_generate(struct buf *pem)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *bio = BIO_new(BIO_s_secmem());
	char *data = NULL;
	long n;

	digest_must(pkey && bio);
	digest_must(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0,
						  NULL, NULL) == 1);
	n = BIO_get_mem_data(bio, &data);
	digest_must(n > 0);
	buf_add(pem, data, (size_t)n);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
}

static void digest_wipe(struct buf *b)
{
	if (b->data)
		OPENSSL_cleanse(b->data, b->cap);
	buf_done(b);
}

static bool digest_key_create(const char *path, struct err *e)
{
	struct buf pem = BUF_INIT;
	bool won, ok;

	digest_key_generate(&pem);
	ok = statedir_file_create(path, pem.data, pem.len, &won, e);
	digest_wipe(&pem);
	return ok;
}

/* An empty passphrase, so that OpenSSL never asks at the terminal. */
static int digest_no_pass(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *digest_pem_private(const struct buf *pem)
{
	BIO *bio = BIO_new_mem_buf(buf_str(pem), (int)pem->len);
	EVP_PKEY *pkey;

	digest_must(bio);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, digest_no_pass, NULL);
	BIO_free(bio);
	if (pkey && !EVP_PKEY_is_a(pkey, "ED25519")) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

struct digest_key *digest_key_load(const char *path, bool create, struct err *e)
{
	struct buf pem = BUF_INIT;
	struct err first = ERR_INIT;
	struct digest_key *k;
	EVP_PKEY *pkey;
	bool ok = statedir_file_read(path, DIGEST_PEM_MAX, &pem, &first);

	if (!ok && create && first.code == ERR_USAGE)
		ok = digest_key_create(path, &first) &&
		     statedir_file_read(path, DIGEST_PEM_MAX, &pem, &first);
	if (!ok) {
		err_move(e, &first);
		return NULL;
	}
	err_done(&first);
	pkey = digest_pem_private(&pem);
	digest_wipe(&pem);
	if (!pkey) {
		err_set(e, ERR_INVALID,
			"signing key '%s' is not an Ed25519 private key in PEM",
			path);
		return NULL;
	}
	k = mem_alloc(sizeof(*k));
	k->pkey = pkey;
	return k;
}

void digest_key_free(struct digest_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

char *digest_key_public(const struct digest_key *k)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	char *pem;
	long n;

	digest_must(bio && PEM_write_bio_PUBKEY(bio, k->pkey) == 1);
	n = BIO_get_mem_data(bio, &data);
	digest_must(n > 0);
	pem = mem_strndup(data, (size_t)n);
	BIO_free(bio);
	return pem;
}

char *digest_key_sign(const struct digest_key *k, const void *data, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[DIGEST_SIG_BYTES];
	size_t len = sizeof(sig);

	digest_must(ctx &&
		    EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1);
	digest_must(EVP_DigestSign(ctx, sig, &len, data, n) == 1 &&
		    len == sizeof(sig));
	EVP_MD_CTX_free(ctx);
	return digest_base64(sig, sizeof(sig));
}

static EVP_PKEY *digest_pem_public(const char *pem, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey;

	digest_must(bio);
	pkey = PEM_read_bio_PUBKEY(bio, NULL, digest_no_pass, NULL);
	BIO_free(bio);
	if (pkey && !EVP_PKEY_is_a(pkey, "ED25519")) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	if (!pkey)
		err_set(e, ERR_INVALID,
			"not an Ed25519 public key in PEM ('-----BEGIN PUBLIC "
			"KEY-----' ...)");
	return pkey;
}

bool digest_verify(const char *public_pem, const void *data, size_t n,
		   const char *signature, struct err *e)
{
	unsigned char sig[DIGEST_SIG_BYTES];
	EVP_PKEY *pkey;
	EVP_MD_CTX *ctx;
	bool ok;

	if (!digest_unbase64(signature, sig, sizeof(sig)))
		return err_set(e, ERR_INVALID,
			       "not an Ed25519 signature in base64");
	pkey = digest_pem_public(public_pem, e);
	if (!pkey)
		return false;
	ctx = EVP_MD_CTX_new();
	digest_must(ctx &&
		    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1);
	ok = EVP_DigestVerify(ctx, sig, sizeof(sig), data, n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok || err_set(e, ERR_REFUSED,
			     "the signature is not one of this key over this "
			     "text");
}

char *digest_public_name(const char *public_pem, struct err *e)
{
	EVP_PKEY *pkey = digest_pem_public(public_pem, e);
	mem_auto_free char *b64 = NULL;
	unsigned char raw[DIGEST_BYTES], hash[DIGEST_BYTES];
	size_t n = sizeof(raw);
	unsigned int hash_n = 0;

	if (!pkey)
		return NULL;
	digest_must(EVP_PKEY_get_raw_public_key(pkey, raw, &n) == 1);
	EVP_PKEY_free(pkey);
	digest_must(EVP_Digest(raw, n, hash, &hash_n, EVP_sha256(), NULL) == 1);
	b64 = digest_base64(hash, hash_n);
	return mem_format("SHA256:%.43s", b64);
}
