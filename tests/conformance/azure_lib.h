/*
 * azure_lib.h - the emulator of Azure's control plane, started and steered
 */
#ifndef CUTOVER_TESTS_CONFORMANCE_AZURE_LIB_H
#define CUTOVER_TESTS_CONFORMANCE_AZURE_LIB_H

#include <sys/types.h>

#include "orchestrator/base/json.h"
#include "orchestrator/port/adapter.h"

#define AZ_TOKEN "token-of-the-tests-0123456789"
#define AZ_SECRET "secret-of-the-tests-0123456789"
#define AZ_MD5 "md5-of-the-tests"
#define AZ_NET                                                                 \
	"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/"  \
	"rg-hub/providers/Microsoft.Network/"
#define AZ_CIRCUIT AZ_NET "expressRouteCircuits/er-hq"
#define AZ_CONNECTION AZ_NET "connections/er-hq-link"

struct az {
	char dir[64];
	char *base; /* 'http://127.0.0.1:PORT' */
	pid_t pid;
};

/* `options`: of the emulator, besides the usual ones, or NULL.  The test is
 * skipped as failed when it does not start. */
void az_start(struct az *a, const char *const *options);
void az_stop(struct az *a);
/* POST (or, with NULL, GET) /_emulator/WHAT; owned by the caller. */
json_t *az_steer(struct az *a, const char *what, const char *body);
void az_do(struct az *a, const char *what, const char *body);
/* How many requests since the last 'log' whose line contains `word`. */
size_t az_count(struct az *a, const char *word);
/* The resource in the emulator's state, or NULL; owned by the caller. */
json_t *az_resource(struct az *a, const char *id);

/* A circuit's target, a virtual network's, a tunnel's; 'token' logs in. */
void az_target(struct az *a, struct target *t, const char *name);
void az_circuit_target(struct az *a, struct target *t);

/* One opened adapter. */
struct az_seat {
	struct target *target;
	struct adapter_ctx ctx;
	struct buf trace;
};

void az_open(struct az_seat *s, struct target *t);
void az_close(struct az_seat *s);
void az_time(struct az_seat *s, uint32_t ms);
/* Applies, and polls up to the end. */
enum outcome az_ensure(struct az_seat *s, const struct resource_set *want,
		       struct err *e);
void az_want_peering(struct resource_set *want);
void az_want_attached(struct resource_set *want, bool attached);

#endif
