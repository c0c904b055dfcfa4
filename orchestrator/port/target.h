/*
 * target.h - one system that an adapter talks to, and how to reach it
 *
 * Built from the plan, read-only afterwards, shared between threads.  Secrets
 * are references; secret_fetch() resolves one to memory that the caller wipes.
 */
#ifndef CUTOVER_PORT_TARGET_H
#define CUTOVER_PORT_TARGET_H

#include "orchestrator/base/err.h"
#include "orchestrator/model/states.h"

enum secret_kind { SECRET_NONE, SECRET_ENV, SECRET_FILE, SECRET_COMMAND };

struct secret_ref {
	enum secret_kind kind;
	char *name;  /* what it is for, e.g. 'er-hq/private'; shown */
	char *value; /* variable name or path */
	struct state_list argv; /* SECRET_COMMAND */
};

struct ssh_endpoint {
	char *host; /* NULL: run locally */
	uint16_t port;
	char *user;
	struct secret_ref key; /* SECRET_FILE: private key path; NONE: agent */
	char *host_key;	       /* 'SHA256:...' pin, or NULL */
	char *known_hosts;     /* path, or NULL for the default */
	uint32_t timeout_ms;
};

struct target_param {
	char *key, *value;
};

struct target {
	char *name;   /* unique in the plan: edge, tunnel host, circuit, vnet */
	char *driver; /* adapter name */
	uint32_t asn; /* ours, on edges */
	struct ssh_endpoint ssh;
	struct target_param
		*params; /* driver's own: uri, network, include ... */
	size_t n_params;
	struct secret_ref *secrets; /* by name, those that this target needs */
	size_t n_secrets;
};

const char *target_param(const struct target *t, const char *key,
			 const char *dflt);
void target_param_set(struct target *t, const char *key, const char *value);
const struct secret_ref *target_secret(const struct target *t,
				       const char *name);
void target_done(struct target *t);

/* The secret's bytes without a trailing newline; wipe with mem_wipe_free(). */
char *secret_fetch(const struct secret_ref *ref, struct err *e);
/*
 * 'hmac-sha256:...' over the secret, keyed with this installation's digest key
 * (created at first use in the state directory, 0600): equal secrets compare
 * equal here and nowhere else.
 */
char *secret_digest(const char *secret);
bool secret_digest_key_load(const char *state_dir, struct err *e);
void secret_ref_copy(struct secret_ref *dst, const struct secret_ref *src);
void secret_ref_done(struct secret_ref *ref);

#endif
