/*
 * live_wire.h - lines between the program and the network; private to live*.c
 */
#ifndef CUTOVER_TESTS_CRASH_LIVE_WIRE_H
#define CUTOVER_TESTS_CRASH_LIVE_WIRE_H

#include <sys/un.h>

#include "orchestrator/base/json.h"
#include "orchestrator/port/adapter.h"

#define LIVE_DRIVERS 4

extern const struct adapter_ops *const live_drivers[LIVE_DRIVERS];

void live_address(const char *path, struct sockaddr_un *ret);
void live_send(int fd, const json_t *j);
/* NULL: the other side is gone. */
json_t *live_receive(int fd);

#endif
