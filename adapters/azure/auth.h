/*
 * auth.h - access tokens for Azure
 *
 * Four ways, by the target's parameter 'auth': 'token' (a file or a command
 * gives one), 'client-secret', 'certificate' (client credentials, RFC 6749
 * 4.4 and RFC 7523), 'managed-identity' (the machine's metadata service).
 *
 * A token is in this object's memory and nowhere else; it is renewed five
 * minutes before it ends and wiped when it is replaced.
 */
#ifndef CUTOVER_ADAPTERS_AZURE_AUTH_H
#define CUTOVER_ADAPTERS_AZURE_AUTH_H

#include "adapters/transport/http.h"
#include "orchestrator/port/target.h"

struct auth;

/* Offline: are the parameters and references of this way all there? */
bool auth_check(const struct target *t, struct err *e);
/* The target must outlive it; `http` is borrowed. */
struct auth *auth_new(const struct target *t, struct http *http);
void auth_free(struct auth *a);
/* A token that is good for a while, or NULL; borrowed until the next call. */
const char *auth_token(struct auth *a, int64_t deadline_us, struct err *e);
/* It was refused: the next one is fetched anew. */
void auth_forget(struct auth *a);

/*
 * What a token file or command may say: a bare token, or the JSON of Azure's
 * tools ('accessToken', 'expires_on').  *ret_expiry_s: wall clock, 0: unknown.
 * The token is owned by the caller, who wipes it.
 */
char *auth_token_parse(const char *text, int64_t *ret_expiry_s, struct err *e);

#endif
