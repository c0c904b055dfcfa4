/*
 * guard.h - the dead-man timer: a renewable watchdog on the device
 *
 * FRR has none of its own.  Before a guarded change is made, the commands that
 * take it back are left on the device (run_dir/frr-guard, one file a change)
 * and a detached process waits for the deadline.  Every guarded change that
 * follows is put on top and renews the deadline for all.  When nobody confirms
 * in time, the watchdog takes the lock of the command wrapper and runs what is
 * left, the last one first.
 */
#ifndef CUTOVER_ADAPTERS_FRR_GUARD_H
#define CUTOVER_ADAPTERS_FRR_GUARD_H

#include "orchestrator/base/buf.h"
#include "orchestrator/port/adapter.h"

#define FRR_RC_MOVED 75	  /* the configuration is not the one that was read */
#define FRR_RC_FAILED 76  /* FRR did not take a line */
#define FRR_RC_UNARMED 77 /* the watchdog could not be started */
#define FRR_RC_FIRED 78	  /* the watchdog has reverted this change */
#define FRR_RC_NO_KEY 79  /* no such change is armed */

/* One part as shell lines that end with its status; secrets filled in. */
bool frr_part_script(const char *what, const char *text, struct buf *out,
		     struct err *e);
/* Shell lines that arm `parts` under key, or exit. */
bool frr_guard_arm(const struct target *t, const char *key, uint32_t seconds,
		   const struct change_part *parts, size_t n, struct buf *out,
		   struct err *e);

enum outcome frr_confirm(struct adapter_ctx *c, const char *key, struct err *e);
enum outcome frr_revert(struct adapter_ctx *c, const char *key, struct err *e);

#endif
