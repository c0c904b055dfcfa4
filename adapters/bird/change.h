/*
 * change.h - making a change on a BIRD edge
 *
 *	apply [guard]      confirm            revert, or time is up
 *	     |                |                       |
 *	candidate runs   watchdog ends     what ran before the first one runs
 *	[watchdog runs]       |
 *	     |               save
 *	     +------> renamed onto the include, loaded from there
 *
 * A restart of the device before save comes back to what the last save left.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_CHANGE_H
#define CUTOVER_ADAPTERS_BIRD_CHANGE_H

#include "adapters/bird/edit.h"
#include "adapters/bird/paths.h"
#include "adapters/bird/snapshot.h"
#include "adapters/transport/device.h"

struct bird_device {
	struct adapter_ctx *ctx;
	struct device *device;
	const struct bird_paths *paths;
	bool *armed; /* see watchdog.h */
};

/*
 * One part of a changeset that concerns the include file.  `key` is what
 * confirm will name, `once` what this very act is remembered by.
 */
enum outcome bird_change_apply(const struct bird_device *d, const char *text,
			       const char *key, const char *once,
			       uint32_t guard_s, struct err *e);
/*
 * The port's bind: one change, nothing read back.  It begins from `*seen`,
 * which it uses up; where nothing is in it, or not what is there now, from a
 * look.
 */
enum outcome bird_change_bind(const struct bird_device *d,
			      struct bird_snapshot *seen,
			      const struct resource_set *want, const char *key,
			      struct err *e);
/* `key` may be NULL: everything that is armed. */
enum outcome bird_change_confirm(const struct bird_device *d, const char *key,
				 struct err *e);
enum outcome bird_change_revert(const struct bird_device *d, const char *key,
				struct err *e);
enum outcome bird_change_renew(const struct bird_device *d, uint32_t seconds,
			       struct err *e);
enum outcome bird_change_save(const struct bird_device *d, struct err *e);

/* The boot file's bytes with `next` in the include's place. */
bool bird_change_config(const struct bird_paths *p, const char *config,
			size_t len, struct buf *out, struct err *e);

#endif
