/*
 * uri.c - the libvirt URI that is used for the one in the plan
 *
 * Pure.  libvirt reaches a remote host by itself, so the rules that cutover's
 * own transport keeps (no unknown keys, no passwords on the way) are kept here
 * by what the URI may say.
 */
#include "adapters/libvirt/uri.h"

#include <string.h>

/* Is `key`, with the value (NULL: any but '0'), among the URI's parameters? */
static bool says(const char *uri, const char *key, const char *value)
{
	const char *q = strchr(uri, '?');
	size_t n = strlen(key);

	while (q) {
		const char *at = q + 1;
		size_t len;

		q = strpbrk(at, "&;");
		if (strncmp(at, key, n) != 0 || at[n] != '=')
			continue;
		at += n + 1;
		len = strcspn(at, "&;#");
		if (value ? len == strlen(value) && strncmp(at, value, len) == 0
			  : strncmp(at, "0", len ? len : 1) != 0)
			return true;
	}
	return false;
}

static bool over_ssh(const char *uri)
{
	const char *end = strstr(uri, "://");
	const char *plus = strchr(uri, '+');

	return end && plus && plus < end &&
	       (strncmp(plus, "+ssh:", 5) == 0 ||
		strncmp(plus, "+libssh", 7) == 0);
}

char *uri_prepare(const char *uri, struct err *e)
{
	const char *bad = NULL;

	if (!strstr(uri, ":/")) {
		err_set(e, ERR_INVALID,
			"'%s' is not a libvirt URI, as 'qemu:///system' is",
			uri);
		return NULL;
	}
	if (says(uri, "no_verify", NULL))
		bad = "no_verify";
	else if (says(uri, "known_hosts_verify", "ignore") ||
		 says(uri, "known_hosts_verify", "auto"))
		bad = "known_hosts_verify";
	if (bad) {
		err_set(e, ERR_REFUSED,
			"'%s' in the URI '%s' would accept an unknown host: "
			"add the host's key to known_hosts and leave it out",
			bad, uri);
		return NULL;
	}
	if (!over_ssh(uri) || says(uri, "no_tty", NULL))
		return mem_strdup(uri);
	return mem_format("%s%sno_tty=1", uri, strchr(uri, '?') ? "&" : "?");
}
