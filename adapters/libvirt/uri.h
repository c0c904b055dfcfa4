/*
 * uri.h - the libvirt URI that is used for the one in the plan
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_URI_H
#define CUTOVER_ADAPTERS_LIBVIRT_URI_H

#include "orchestrator/base/err.h"

/*
 * Refuses what would take an unknown host key or certificate, and makes ssh
 * fail instead of asking on the terminal.  The caller frees it.
 */
char *uri_prepare(const char *uri, struct err *e);

#endif
