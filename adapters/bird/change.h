/*
 * change.h - making a change on a BIRD edge
 *
 *	   apply            apply under a guard
 *	     |                   |
 *	candidate runs      candidate runs, BIRD's timer is armed
 *	     |                   |  confirm            | revert, or time is up
 *	renamed, loaded     renamed, loaded       what boots runs again
 */
#ifndef CUTOVER_ADAPTERS_BIRD_CHANGE_H
#define CUTOVER_ADAPTERS_BIRD_CHANGE_H

#include "adapters/bird/edit.h"
#include "adapters/bird/paths.h"
#include "adapters/transport/device.h"

struct bird_device {
	struct adapter_ctx *ctx;
	struct device *device;
	const struct bird_paths *paths;
};

/*
 * One part of a changeset that concerns the include file.  `key` is what
 * confirm will name, `once` what this very act is remembered by.
 */
enum outcome bird_change_apply(const struct bird_device *d, const char *text,
			       const char *key, const char *once,
			       uint32_t guard_s, struct err *e);
enum outcome bird_change_confirm(const struct bird_device *d, const char *key,
				 struct err *e);
enum outcome bird_change_revert(const struct bird_device *d, const char *key,
				struct err *e);
enum outcome bird_change_save(const struct bird_device *d, struct err *e);

/* The boot file's bytes with `next` in the include's place, and the key. */
bool bird_change_config(const struct bird_paths *p, const char *config,
			size_t len, const char *key, struct buf *out,
			struct err *e);

#endif
