/*
 * paths.h - the files of one BIRD that the adapter touches
 *
 *	config		bird.conf; read, never written
 *	include		what boots; replaced by rename only
 *	next		candidate for the include
 *	next_config	bird.conf with `next` in the include's place; what an
 *			unconfirmed change runs from
 *
 * All lie in the include's or the config's own folder, so that a rename is
 * atomic and relative includes keep their meaning; the names end so that no
 * '*.conf' pattern catches them.  Ownership: bird_paths owns its texts.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_PATHS_H
#define CUTOVER_ADAPTERS_BIRD_PATHS_H

#include "orchestrator/port/target.h"

struct bird_paths {
	char *config, *include, *socket, *group;
	char *next, *next_config;
	char *folder; /* of the include */
};

#define bird_paths_auto                                                        \
	__attribute__((cleanup(bird_paths_done))) struct bird_paths

/* From the target's parameters; refuses what cannot be written in BIRD's
 * configuration language or in a shell script. */
bool bird_paths_init(struct bird_paths *p, const struct target *t,
		     struct err *e);
void bird_paths_done(struct bird_paths *p);

#endif
