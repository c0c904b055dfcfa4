/*
 * paths.c - names of files, from the target's parameters
 *
 * Invariant: every path is absolute and made of characters that need no
 * escaping in BIRD's strings, in sed and in sh.  No I/O.
 */
#include "adapters/bird/paths.h"

#include <string.h>

#define PATH_CHARS                                                             \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@"

static bool path_take(const struct target *t, const char *key, const char *dflt,
		      char **ret, struct err *e)
{
	const char *v = target_param(t, key, dflt);

	if (v[0] != '/' || strspn(v, PATH_CHARS) != strlen(v) ||
	    v[strlen(v) - 1] == '/')
		return err_set(e, ERR_INVALID,
			       "'%s' of '%s': '%s' is not an absolute path of "
			       "letters, digits and '._-+@'",
			       key, t->name, v);
	*ret = mem_strdup(v);
	return true;
}

static bool group_take(const struct target *t, char **ret, struct err *e)
{
	const char *v = target_param(t, "group", "bird");

	if (!*v || *v == '-' || strchr(v, '/') ||
	    strspn(v, PATH_CHARS) != strlen(v))
		return err_set(
			e, ERR_INVALID,
			"'group' of '%s': '%s' is not the name of a group",
			t->name, v);
	*ret = mem_strdup(v);
	return true;
}

static char *folder_of(const char *path)
{
	size_t n = (size_t)(strrchr(path, '/') - path);

	return mem_strndup(path, n ? n : 1);
}

bool bird_paths_init(struct bird_paths *p, const struct target *t,
		     struct err *e)
{
	*p = (struct bird_paths){0};
	if (!path_take(t, "config", "/etc/bird/bird.conf", &p->config, e) ||
	    !path_take(t, "include", "/etc/bird/cutover.conf", &p->include,
		       e) ||
	    !path_take(t, "socket", "/run/bird/bird.ctl", &p->socket, e) ||
	    !group_take(t, &p->group, e))
		goto fail;
	if (strcmp(p->config, p->include) == 0) {
		err_set(e, ERR_INVALID,
			"'include' of '%s' is the boot file '%s' itself: name "
			"a file of cutover's own",
			t->name, p->config);
		goto fail;
	}
	p->next = mem_format("%s.next", p->include);
	p->next_config = mem_format("%s.cutover-next", p->config);
	p->folder = folder_of(p->include);
	return true;
fail:
	bird_paths_done(p);
	return false;
}

void bird_paths_done(struct bird_paths *p)
{
	free(p->config);
	free(p->include);
	free(p->socket);
	free(p->group);
	free(p->next);
	free(p->next_config);
	free(p->folder);
	*p = (struct bird_paths){0};
}
