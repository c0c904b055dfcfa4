/*
 * jwt.c - client assertions, signed with libcrypto
 *
 * The PEM text is a secret: it is read from memory and no part of it goes into
 * a message.  The statement is good for ten minutes and for one use (jti).
 *
 * Threads: none of its own.  It verifies nothing: that is the other side's.
 */
#include "adapters/azure/jwt.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "orchestrator/base/digest.h"
#include "orchestrator/base/json.h"

#define LIFETIME_S 600

static char *base64url(const void *bytes, size_t n)
{
	char *out = mem_alloc(4 * ((n + 2) / 3) + 1);

	EVP_EncodeBlock((unsigned char *)out, bytes, (int)n);
	for (char *c = out; *c; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=')
			*c = '\0';
	}
	return out;
}

static char *base64url_json(json_t *j)
{
	mem_auto_free char *text = json_text_canonical(j);

	json_decref(j);
	return base64url(text, strlen(text));
}

static X509 *read_certificate(const char *pem, struct err *e)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	if (!x)
		err_set(e, ERR_INVALID,
			"the client certificate is not in the file; put "
			"certificate and key into one PEM file");
	return x;
}

/* No password callback: an encrypted key must not ask on the terminal. */
static int no_password(char *out, int n, int w, void *arg)
{
	(void)out;
	(void)n;
	(void)w;
	(void)arg;
	return -1;
}

static EVP_PKEY *read_key(const char *pem, struct err *e)
{
	BIO *b = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(b, NULL, no_password, NULL);

	BIO_free(b);
	if (!k)
		err_set(e, ERR_INVALID,
			"the private key of the client certificate cannot be "
			"read; it must be in the same PEM file, unencrypted");
	return k;
}

static char *header_part(X509 *x)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	mem_auto_free char *thumb = NULL;

	X509_digest(x, EVP_sha256(), md, &n);
	thumb = base64url(md, n);
	return base64url_json(json_pack("{s:s,s:s,s:s}", "alg", "PS256", "typ",
					"JWT", "x5t#S256", thumb));
}

static char *payload_part(const char *client, const char *audience,
			  int64_t now_s)
{
	unsigned char id[16];
	mem_auto_free char *jti = NULL;

	digest_random(id, sizeof(id));
	jti = base64url(id, sizeof(id));
	return base64url_json(json_pack(
		"{s:s,s:s,s:s,s:s,s:I,s:I}", "aud", audience, "iss", client,
		"sub", client, "jti", jti, "nbf", (json_int_t)now_s, "exp",
		(json_int_t)(now_s + LIFETIME_S)));
}

static char *sign(EVP_PKEY *key, const char *text, struct err *e)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p = NULL;
	unsigned char sig[1024];
	size_t n = sizeof(sig);
	bool ok;

	ok = EVP_PKEY_base_id(key) == EVP_PKEY_RSA &&
	     EVP_PKEY_size(key) <= (int)sizeof(sig) &&
	     EVP_DigestSignInit(c, &p, EVP_sha256(), NULL, key) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1 &&
	     EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST) == 1 &&
	     EVP_DigestSign(c, sig, &n, (const unsigned char *)text,
			    strlen(text)) == 1;
	EVP_MD_CTX_free(c);
	if (ok)
		return base64url(sig, n);
	err_set(e, ERR_INVALID,
		"the client certificate's key cannot sign; it must be an RSA "
		"key of 2048 to 8192 bits");
	return NULL;
}

char *jwt_assertion(const char *pem, const char *client_id,
		    const char *audience, int64_t now_s, struct err *e)
{
	X509 *x = read_certificate(pem, e);
	EVP_PKEY *key = x ? read_key(pem, e) : NULL;
	char *whole = NULL;

	if (key && X509_check_private_key(x, key) != 1) {
		err_set(e, ERR_INVALID,
			"the private key is not that of the client "
			"certificate");
	} else if (key) {
		mem_auto_free char *head = header_part(x);
		mem_auto_free char *body =
			payload_part(client_id, audience, now_s);
		mem_auto_free char *text = mem_format("%s.%s", head, body);
		mem_auto_free char *sig = sign(key, text, e);

		if (sig)
			whole = mem_format("%s.%s", text, sig);
	}
	EVP_PKEY_free(key);
	X509_free(x);
	return whole;
}

/* Base64url without padding to bytes; NULL when it is none. */
static char *unbase64url(const char *s, size_t n, size_t *ret_n)
{
	size_t padded = (n + 3) / 4 * 4;
	mem_auto_free char *in = mem_alloc(padded + 1);
	char *out = mem_alloc(padded + 1);
	int got;

	for (size_t i = 0; i < padded; i++)
		in[i] = i >= n	      ? '='
			: s[i] == '-' ? '+'
			: s[i] == '_' ? '/'
				      : s[i];
	got = EVP_DecodeBlock((unsigned char *)out, (unsigned char *)in,
			      (int)padded);
	if (got < 0 || n % 4 == 1) {
		free(out);
		return NULL;
	}
	*ret_n = (size_t)got - (padded - n);
	return out;
}

int64_t jwt_expiry(const char *token)
{
	const char *dot = strchr(token, '.');
	const char *end = dot ? strchr(dot + 1, '.') : NULL;
	mem_auto_free char *text = NULL;
	json_t *j;
	int64_t exp;
	size_t n = 0;

	if (!end || end - dot > 32768)
		return 0;
	text = unbase64url(dot + 1, (size_t)(end - dot - 1), &n);
	if (!text)
		return 0;
	j = json_text_parse(text, n, NULL);
	exp = json_peek_int(j, "exp", 0);
	json_decref(j);
	return exp > 0 ? exp : 0;
}
