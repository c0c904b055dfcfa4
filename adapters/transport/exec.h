/*
 * exec.h - a transport to this very machine
 *
 * Every job is a child `sh -c COMMAND`, in a session of its own that is killed
 * when the deadline passes.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_EXEC_H
#define CUTOVER_ADAPTERS_TRANSPORT_EXEC_H

#include "adapters/transport/transport.h"

struct transport *exec_open(const char *command);

#endif
