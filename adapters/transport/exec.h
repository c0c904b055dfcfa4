/*
 * exec.h - a transport to this very machine
 *
 * Every command is a child `sh -c`, in a session of its own that is killed
 * when the deadline passes.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_EXEC_H
#define CUTOVER_ADAPTERS_TRANSPORT_EXEC_H

#include "adapters/transport/transport.h"

struct transport *exec_open(void);

#endif
