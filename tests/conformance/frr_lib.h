/*
 * frr_lib.h - what the FRR conformance tests share
 */
#ifndef CUTOVER_TESTS_CONFORMANCE_FRR_LIB_H
#define CUTOVER_TESTS_CONFORMANCE_FRR_LIB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "adapters/frr/frr.h"

#define VPN "10.100.255.4"
#define CIRCUIT "172.16.0.2"
#define SESSION "er-hq/primary/private"
#define IN "CUTOVER-er-hq-primary-private-in-g"
#define OUT "CUTOVER-er-hq-primary-private-out-g"

extern struct target frr_target;
extern struct adapter_ctx frr_ctx;

/* The four routers; the tests run inside the namespaces of the edge. */
int frr_lib_main(char **argv, const struct CMUnitTest *tests, size_t n);

/* A shell command on another router; its output, the caller frees it. */
char *frr_on(const char *node, const char *fmt, ...) mem_printf(2, 3);
/* Repeats a shell command there until it succeeds, for a minute. */
void frr_soon(const char *node, const char *script);
char *frr_running(void); /* the edge's running configuration, as it is */

struct resource *frr_want_session(struct resource_set *set, bool enabled,
				  const char *import, const char *export);
struct resource *frr_want_vpn(struct resource_set *set);
struct resource *frr_want_policy(struct resource_set *set, const char *name,
				 const char *direction);
struct state_policy_entry *frr_want_entry(struct resource *policy,
					  const char *prefix);

void frr_look(const struct resource_set *want, struct resource_set *ret);
/* Observe, render, apply; the changeset is kept in ret_cs if that is wanted. */
enum outcome frr_change(const struct resource_set *want, uint32_t guard_s,
			struct changeset *ret_cs, struct err *e);
/* ... and prove that it is so. */
void frr_ensure(const struct resource_set *want);
bool frr_is(const struct resource_set *want);
/* Waits until `want` is satisfied, at most that long. */
bool frr_wait(const struct resource_set *want, uint32_t ms);
bool frr_wait_state(const char *neighbor, const char *state, uint32_t ms);

/* ---- frr_story.c ---- */

extern uint64_t frr_vpn_epoch; /* when the VPN's session came up */

/* Deny-all and generation 1, both directions; absent to remove them. */
void frr_want_policies(struct resource_set *set, bool present);
const struct resource *frr_look_session(struct resource_set *seen,
					const char *addr, bool sent,
					bool received);
/* Ours, when it receives, accepts and sends so many; after a minute as it is.
 */
const struct resource *frr_wait_counts(struct resource_set *seen,
				       unsigned received, unsigned accepted,
				       unsigned sent);
void frr_assert_vpn_untouched(void);
void frr_test_start(void **state);
void frr_test_gone(void **state);

#endif
