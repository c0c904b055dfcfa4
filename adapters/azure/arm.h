/*
 * arm.h - requests to Azure's control plane, and what its answers mean
 *
 * Reads are repeated until they are answered or the deadline comes: they cost
 * nothing.  A change is sent once; only where Azure says that it did nothing
 * (throttled, locked by another operation, token expired) is it sent again,
 * within the deadline.  Everything that was sent and not understood is
 * OUTCOME_UNKNOWN.
 */
#ifndef CUTOVER_ADAPTERS_AZURE_ARM_H
#define CUTOVER_ADAPTERS_AZURE_ARM_H

#include "adapters/azure/auth.h"
#include "orchestrator/port/adapter.h"

struct arm {
	struct http *http;	 /* owned */
	struct auth *auth;	 /* owned */
	char *origin;		 /* owned: 'https://management.azure.com' */
	struct adapter_ctx *ctx; /* deadline and trace */
};

/* Offline: endpoint, login and names are well-formed. */
bool arm_check(const struct target *t, struct err *e);
/* Nothing is sent yet.  The target must outlive it. */
struct arm *arm_new(const struct target *t, struct err *e);
void arm_free(struct arm *a);

/*
 * One exchange, with a token (a refused one is renewed once).  `url` is whole.
 * Nothing is judged but whether it was answered.
 */
enum http_fate arm_exchange(struct arm *a, const char *method, const char *url,
			    const char *body, bool change,
			    struct http_response *ret, struct err *e);
/* 'https://..path?api-version=..'; `query` is appended when it is not NULL. */
char *arm_url(const struct arm *a, const char *path, const char *query);

/*
 * GET.  *ret is NULL where there is no such resource; false: it could not be
 * read, and e says whether asking again may help (ERR_RETRY).
 */
bool arm_get(struct arm *a, const char *path, const char *query, json_t **ret,
	     struct err *e);
/* All pages of a list, as one array. */
bool arm_list(struct arm *a, const char *path, json_t **ret, struct err *e);

/* What a status and an error code mean for a change. */
enum outcome arm_judge(long status, const char *code);
/* Is an error of this code over when the other operation is? */
bool arm_code_is_busy(const char *code);
/* 'error.code' and 'error.message' of an answer, or '' each. */
const char *arm_error_code(const json_t *body);
const char *arm_error_text(const json_t *body);
/* Sets e to what Azure says, with what to do where that is known. */
bool arm_refusal(const char *method, const char *path, long status,
		 const json_t *body, struct err *e);

/* For traces: the same without keys and passwords. */
char *arm_redact(const char *text, size_t n);
/* Waits, at most until the deadline; false: there is not so much time. */
bool arm_wait(struct arm *a, uint32_t ms);

#endif
