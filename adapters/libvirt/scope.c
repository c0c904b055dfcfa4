/*
 * scope.c - did a change touch only what it was to touch?
 *
 * Pure.  A line is 'NAME UUID active|inactive ...'; both lists are sorted.
 */
#include "adapters/libvirt/scope.h"

#include <string.h>

/* The line without its third word if the network is one of ours. */
static char *without_active(const char *line, const struct state_list *ours)
{
	size_t n = strcspn(line, " ");
	mem_auto_free char *name = mem_strndup(line, n);
	const char *third, *rest;

	if (!state_list_has(ours, name) || !line[n])
		return mem_strdup(line);
	third = strchr(line + n + 1, ' ');
	rest = third ? strchr(third + 1, ' ') : NULL;
	if (!rest)
		return mem_strdup(line);
	return mem_format("%.*s%s", (int)(third - line), line, rest);
}

static bool has_all(const struct state_list *have,
		    const struct state_list *lines,
		    const struct state_list *ours, struct err *e)
{
	struct state_list l = {0};
	bool ok = true;

	for (size_t i = 0; i < have->n; i++) {
		mem_auto_free char *s = without_active(have->v[i], ours);

		state_list_add(&l, s);
	}
	for (size_t i = 0; ok && i < lines->n; i++) {
		mem_auto_free char *s = without_active(lines->v[i], ours);

		if (!state_list_has(&l, s))
			ok = err_set(e, ERR_UNKNOWN,
				     "network '%.*s' changed as well, which "
				     "was not asked for",
				     (int)strcspn(s, " "), s);
	}
	state_list_done(&l);
	return ok;
}

bool scope_check(const struct state_list *before,
		 const struct state_list *after, const struct state_list *ours,
		 struct err *e)
{
	return has_all(after, before, ours, e) &&
	       has_all(before, after, ours, e);
}
