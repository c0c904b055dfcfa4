/*
 * lro.h - Azure's long operations
 *
 * An operation is followed at 'Azure-AsyncOperation', else at 'Location'; with
 * both, the first says how it goes and the second has the result.  Its token
 * is what the journal keeps: a restarted run goes on polling.  An address that
 * is lost is no failure; whoever asks then reads the resource.
 *
 *	RUNNING -> SUCCEEDED | FAILED | LOST
 */
#ifndef CUTOVER_ADAPTERS_AZURE_LRO_H
#define CUTOVER_ADAPTERS_AZURE_LRO_H

#include "adapters/azure/arm.h"

enum lro_state { LRO_RUNNING, LRO_SUCCEEDED, LRO_FAILED, LRO_LOST };

struct lro {
	char *method;	 /* of the request that began it */
	char *resource;	 /* path of what it is about */
	char *operation; /* 'Azure-AsyncOperation', or NULL */
	char *location;	 /* 'Location', or NULL */
	uint32_t wait_s; /* how long to wait before asking; 0: own choice */
};

#define lro_auto __attribute__((cleanup(lro_done))) struct lro

/*
 * Reads the headers of an answer.  Addresses that lead elsewhere than the
 * control plane are dropped, so that no token goes there.  False: the answer
 * names no operation to follow.
 */
bool lro_begin(struct lro *l, const char *origin, const char *method,
	       const char *resource, const struct http_response *r);
char *lro_token(const struct lro *l);
bool lro_parse(const char *token, const char *origin, struct lro *ret,
	       struct err *e);
/*
 * Asks once.  ret_result (may be NULL) gets what the operation produced, where
 * it says so.  FAILED: e has Azure's reason.
 */
enum lro_state lro_poll(struct arm *a, struct lro *l, json_t **ret_result,
			struct err *e);
/* POST and wait, for reads that are long operations. */
bool lro_read(struct arm *a, const char *path, const char *query, json_t **ret,
	      struct err *e);
void lro_done(struct lro *l);

#endif
