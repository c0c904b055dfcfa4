/*
 * ssh_refuse.c - refusals of the SSH transport, in words
 *
 * Apart from ssh.c so that the words are in one place, and testable without a
 * server.  Threads: safe, no globals.  It decides about key files only; host
 * keys are judged in ssh.c.
 */
#include "adapters/transport/ssh_refuse.h"

#include <string.h>
#include <sys/stat.h>

uint16_t ssh_endpoint_port(const struct ssh_endpoint *ep)
{
	return ep->port ? ep->port : 22;
}

char *ssh_endpoint_path(const char *path)
{
	const char *home = getenv("HOME");

	if (strncmp(path, "~/", 2) == 0 && home)
		return mem_format("%s/%s", home, path + 2);
	return mem_strdup(path);
}

static const char *known_hosts(const struct ssh_endpoint *ep)
{
	return ep->known_hosts ? ep->known_hosts : "~/.ssh/known_hosts";
}

bool ssh_refuse_unknown(const struct ssh_endpoint *ep, const char *print,
			struct err *e)
{
	return err_set(e, ERR_REFUSED,
		       "the host key of '%s' port %u is unknown: %s is not in "
		       "'%s'; compare it at the device's console, then pin "
		       "host_key: \"%s\" in the plan",
		       ep->host, ssh_endpoint_port(ep), print, known_hosts(ep),
		       print);
}

bool ssh_refuse_changed(const struct ssh_endpoint *ep, const char *print,
			struct err *e)
{
	return err_set(e, ERR_REFUSED,
		       "the host key of '%s' port %u has changed: it is now "
		       "%s, and '%s' has another; somebody may be in between: "
		       "compare it at the device's console, then replace the "
		       "old key ('ssh-keygen -R') or pin host_key in the plan",
		       ep->host, ssh_endpoint_port(ep), print, known_hosts(ep));
}

bool ssh_refuse_pin(const struct ssh_endpoint *ep, const char *print,
		    struct err *e)
{
	return err_set(e, ERR_REFUSED,
		       "the host key of '%s' port %u has changed: it is %s, "
		       "but the plan pins host_key: \"%s\"; somebody may be in "
		       "between: compare it at the device's console before you "
		       "change the plan",
		       ep->host, ssh_endpoint_port(ep), print, ep->host_key);
}

bool ssh_refuse_login(const struct ssh_endpoint *ep, bool partial,
		      struct err *e)
{
	if (partial)
		return err_set(e, ERR_REFUSED,
			       "'%s' wants more than a key to log in",
			       ep->host);
	return err_set(e, ERR_REFUSED,
		       "'%s' does not let user '%s' in with %s; add the public "
		       "key to its authorized_keys",
		       ep->host, ep->user ? ep->user : "",
		       ep->key.kind == SECRET_FILE ? ep->key.value
						   : "the SSH agent");
}

bool ssh_refuse_key_file(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(e, ERR_USAGE, "private key '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_REFUSED,
			       "private key '%s' is not a regular file", path);
	if (st.st_mode & 077)
		return err_set(e, ERR_REFUSED,
			       "private key '%s' is open to others (mode "
			       "%04o); close it with 'chmod 600'",
			       path, (unsigned)st.st_mode & 07777);
	return true;
}
