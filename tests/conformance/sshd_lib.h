/*
 * sshd_lib.h - a real sshd for the transport's conformance tests
 *
 * sshd_main() is all of main(); inside, sshd_setup() and sshd_teardown() are
 * the group functions of cmocka.  Helpers without a result fail the test that
 * they are called from.
 */
#ifndef CUTOVER_TESTS_CONFORMANCE_SSHD_LIB_H
#define CUTOVER_TESTS_CONFORMANCE_SSHD_LIB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>

#include "adapters/transport/device.h"

#define SECOND (1000 * 1000)

extern const char *sshd_dir;
extern uint16_t sshd_port;
extern pid_t sshd;
extern int sshd_fd_before; /* open descriptors before anything was done */

int sshd_main(char **argv, int (*inside)(void));
int64_t sshd_in_s(int s);
void sshd_shell_ok(const char *command);
char *sshd_shell_text(const char *command);
char *sshd_path(const char *name);
int sshd_listener(uint16_t *ret_port);
bool sshd_start(void);
void sshd_sessions_kill(int sig);
struct target sshd_target(const char *key);
struct device *sshd_device(const struct target *t);
char *sshd_read(struct device *d, const char *script);
enum outcome sshd_change(struct device *d, uint64_t epoch, const char *key,
			 const char *script, int seconds, struct err *e);
uint64_t sshd_fence(struct device *d);
void sshd_refused(const struct target *t, enum err_code code, const char *says,
		  const char *and_says);
int sshd_descriptors(void);
int sshd_setup(void **state);
int sshd_teardown(void **state);

#endif
