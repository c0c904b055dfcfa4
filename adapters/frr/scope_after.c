/*
 * scope_after.c - what a change did to everything that it was not about
 *
 * Pure.  A session that was reset by itself in the same moment is blamed on
 * the change; the core then observes, which does no harm.
 */
#include <string.h>

#include "adapters/frr/scope.h"

/* Does the part name the neighbor in one of `lines`? */
static bool names(const char *text, const char *addr, const char *what)
{
	mem_auto_free char *s = mem_format("neighbor %s%s", addr, what);
	const char *at = strstr(text, s);

	return at && (at[strlen(s)] == ' ' || at[strlen(s)] == '\n');
}

/* May the session go down or come up through this part? */
static bool may_reset(const char *text, const char *addr)
{
	mem_auto_free char *gone = mem_format("no neighbor %s\n", addr);

	return names(text, addr, " shutdown") ||
	       names(text, addr, " remote-as") ||
	       names(text, addr, " password") || strstr(text, gone);
}

static bool check_peer(const json_t *before, const json_t *after,
		       const char *addr, struct err *e)
{
	const char *was = json_peek_str(before, "state", "");
	const char *is = json_peek_str(after, "state", "gone");
	json_int_t n = json_peek_int(before, "connectionsEstablished", 0);

	if (strcmp(was, "Established") != 0)
		return true;
	if (strcmp(is, "Established") == 0 &&
	    json_peek_int(after, "connectionsEstablished", 0) == n)
		return true;
	return err_set(e, ERR_UNKNOWN,
		       "the session with '%s' was reset by a change that was "
		       "not to touch it (now %s)",
		       addr, is);
}

static bool check_sessions(const json_t *before, const json_t *after,
			   const char *text, struct err *e)
{
	const char *af, *addr;
	json_t *v, *peer;

	json_object_foreach((json_t *)before, af, v)
	{
		const json_t *now = json_peek(json_peek(after, af), "peers");

		json_object_foreach(json_peek(v, "peers"), addr, peer)
		{
			if (!may_reset(text, addr) &&
			    !check_peer(peer, json_peek(now, addr), addr, e))
				return false;
		}
	}
	return true;
}

/* ---- configuration ---- */

/* A line of an existing session that the part may change. */
static bool may_change(const char *line, const char *text)
{
	const char *rest = frr_after(line + strspn(line, " "), "neighbor");
	mem_auto_free char *addr =
		rest ? mem_strndup(rest, strcspn(rest, " ")) : NULL;
	const char *what = rest ? frr_after(rest, addr) : NULL;

	if (!what)
		return false;
	return (strcmp(what, "shutdown") == 0 &&
		names(text, addr, " shutdown")) ||
	       (frr_after(what, "route-map") &&
		names(text, addr, " route-map"));
}

/* The foreign text without those lines. */
static char *rest_of(const struct frr_config *c, const char *text)
{
	mem_auto_free char *foreign = frr_config_foreign(c);
	buf_auto out = BUF_INIT;

	for (const char *p = foreign; *p;) {
		size_t n = strcspn(p, "\n");
		mem_auto_free char *line = mem_strndup(p, n);

		if (!may_change(line, text))
			buf_printf(&out, "%s\n", line);
		p += n + (p[n] == '\n');
	}
	return buf_steal(&out);
}

bool frr_scope_after(const struct frr_view *before,
		     const struct frr_view *after, const char *text,
		     struct err *e)
{
	mem_auto_free char *was = rest_of(&before->config, text);
	mem_auto_free char *is = rest_of(&after->config, text);
	size_t i = 0, start = 0;

	while (was[i] && was[i] == is[i]) {
		i++;
		if (was[i - 1] == '\n')
			start = i;
	}
	if (was[i] || is[i])
		return err_set(e, ERR_UNKNOWN,
			       "the configuration changed where it should not: "
			       "was '%.*s', is '%.*s'",
			       (int)strcspn(was + start, "\n"), was + start,
			       (int)strcspn(is + start, "\n"), is + start);
	return check_sessions(before->summary, after->summary, text, e);
}
