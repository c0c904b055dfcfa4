/*
 * sandbox.h - a place of its own for a test that runs real daemons
 */
#ifndef CUTOVER_TESTS_CONFORMANCE_SANDBOX_H
#define CUTOVER_TESTS_CONFORMANCE_SANDBOX_H

#include <stdbool.h>

/* What has to be there: a path, or a program by its name; and who brings it. */
struct sandbox_need {
	const char *what;
	const char *from;
};

/*
 * Runs `inside` in own mount, network and PID namespaces with an own /run; its
 * result is main()'s.  `needs` ends with an empty entry; where one is missing,
 * or root is, the whole program is one skipped test, with the reason.
 */
int sandbox_main(char **argv, const struct sandbox_need *needs,
		 int (*inside)(void));

/* An empty directory in memory that nobody else sees; goes with the sandbox. */
const char *sandbox_dir(void);

/* Runs a script of sh and fails the test unless it ends with 0; what it prints
 * on standard output is dropped unless VERBOSE is set. */
void sandbox_shell(const char *script);

#endif
