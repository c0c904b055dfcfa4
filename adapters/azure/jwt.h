/*
 * jwt.h - the signed statement that stands for a client's password (RFC 7523)
 */
#ifndef CUTOVER_ADAPTERS_AZURE_JWT_H
#define CUTOVER_ADAPTERS_AZURE_JWT_H

#include <stdint.h>

#include "orchestrator/base/err.h"

/*
 * Signs with the RSA key in `pem`, which also holds the certificate that the
 * application is registered with: PS256, named by its SHA-256 thumbprint.
 * The caller frees it.
 */
char *jwt_assertion(const char *pem, const char *client_id,
		    const char *audience, int64_t now_s, struct err *e);
/* 'exp' of a token's payload, without judging it; 0: it has none. */
int64_t jwt_expiry(const char *token);

#endif
