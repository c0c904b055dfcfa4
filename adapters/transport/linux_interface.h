/*
 * linux_interface.h - interfaces of Linux routers, through iproute2
 *
 * For adapters of routing daemons that run on Linux: state comes from
 * `ip -j`, changes are exact `ip` commands that are fine to run twice.  802.1Q
 * sub-interfaces are created and removed; any other interface must be there.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_LINUX_INTERFACE_H
#define CUTOVER_ADAPTERS_TRANSPORT_LINUX_INTERFACE_H

#include "adapters/transport/device.h"

/*
 * Adds the state of every interface in `want` to ret, with one command on the
 * device; other kinds in `want` are passed over.  IPv6 link-local addresses are
 * left out.
 */
bool linux_interface_observe(struct device *d, uint64_t epoch,
			     const struct resource_set *want,
			     struct resource_set *ret, int64_t deadline_us,
			     struct err *e);

/*
 * Adds a part 'shell' forward and one back, or none when `from` (NULL: absent)
 * is as `to` already.  The part stops at the first command that fails.
 */
bool linux_interface_render(const struct resource *from,
			    const struct resource *to, struct changeset *cs,
			    struct err *e);

/* For observers that have their own command: the script, and its output. */
bool linux_interface_script(const struct resource_set *want, struct buf *ret,
			    struct err *e);
bool linux_interface_parse(const char *text, size_t len,
			   const struct resource_set *want,
			   struct resource_set *ret, struct err *e);

#endif
