/*
 * guard.h - the dead-man timer of FRR, which has none of its own
 *
 * The watchdog of the transport (watchdog.h) with the way back as lines of
 * vtysh.  Starting vtysh is what takes time, so everything that is armed goes
 * back through one vtysh, whatever the number of changes.
 */
#ifndef CUTOVER_ADAPTERS_FRR_GUARD_H
#define CUTOVER_ADAPTERS_FRR_GUARD_H

#include "adapters/frr/edge.h"
#include "adapters/transport/watchdog.h"

#define FRR_RC_MOVED 70	  /* the configuration is not the one that was read */
#define FRR_RC_FAILED 71  /* FRR did not take a line */
#define FRR_RC_NOTHING 72 /* the same, and nothing at all changed */

/*
 * One part as shell lines that end with its status; secrets filled in.  With
 * `words` each line is an argument of vtysh, which takes one start of it and
 * ends at the first line that fails; not for secrets, nor for long parts.
 */
bool frr_part_script(const char *what, const char *text, bool words,
		     struct buf *out, struct err *e);
bool frr_part_words(const char *what, const char *text);

/* Shell lines that arm `parts` under key, or exit. */
bool frr_guard_arm(struct adapter_ctx *c, const char *key, uint32_t seconds,
		   const struct change_part *parts, size_t n, struct buf *out,
		   struct err *e);

enum outcome frr_confirm(struct adapter_ctx *c, const char *key, struct err *e);
enum outcome frr_revert(struct adapter_ctx *c, const char *key, struct err *e);
enum outcome frr_renew(struct adapter_ctx *c, uint32_t seconds, struct err *e);

#endif
