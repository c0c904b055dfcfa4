/*
 * interface.h - addresses that are saved with the rest of the configuration
 */
#ifndef CUTOVER_ADAPTERS_FRR_INTERFACE_H
#define CUTOVER_ADAPTERS_FRR_INTERFACE_H

#include "orchestrator/port/adapter.h"

#define FRR_OWN_INTERFACE "CUTOVER link" /* description of a block of ours */

/*
 * Adds the part 'shell' that leads from one state to the other: `commands` for
 * the kernel, and the same addresses told to zebra.
 */
bool frr_interface_part(const struct resource *from, const struct resource *to,
			const char *commands, struct changeset *cs,
			struct err *e);

#endif
