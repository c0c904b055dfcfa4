/*
 * goal.c - how far back a breach has to go
 *
 * Pure.  Whether a wave has been gone through yet is the engine's to know: of a
 * checkpoint that lies ahead it takes the last one instead.
 */
#include "orchestrator/engine/goal.h"

#include <string.h>

const char *goal_find(const struct plan *p, const struct program *program,
		      const char *breached,
		      bool (*is_silent)(const void *arg, size_t group),
		      const void *arg)
{
	for (size_t w = 0; breached && w < p->n_waves; w++) {
		int b = program_find_wave(program, (int)w);

		for (size_t i = 0; b > 0 && i < p->waves[w].n_groups; i++) {
			size_t group = p->waves[w].groups[i];

			if (strcmp(p->groups[group].name, breached) == 0 ||
			    is_silent(arg, group))
				return program->v[b - 1].name;
		}
	}
	return NULL;
}
