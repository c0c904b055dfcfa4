/*
 * ssh.c - commands over SSH; the one file that knows libssh
 *
 * The session is non-blocking throughout: every call is repeated around poll()
 * until it is through or the deadline has passed, so that a peer that stops
 * answering in the middle of anything costs no more than the deadline.
 *
 * Invariants: nothing but the key exchange happens before the host key was
 * found good; no configuration file is read; a key that needs a passphrase is
 * refused rather than asked for.  With a pin every family of host keys is
 * tried until the pinned key shows up, because a server offers several.
 *
 * Ownership: the transport owns session and socket.  Threads: one at a time a
 * session; sessions are independent.  An agent is asked over its socket with
 * libssh's blocking calls: the deadline does not bound a hanging agent.
 */
#include "adapters/transport/ssh.h"

#include <libssh/libssh.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "adapters/transport/ssh_refuse.h"
#include "adapters/transport/tcp.h"
#include "orchestrator/base/clock.h"

#define SSH_WRITE 32768

struct ssh_transport {
	struct transport transport; /* first: the two are one object */
	ssh_session session;
	ssh_channel channel; /* the command's, kept from job to job, or NULL */
	char *command;
};

/* How a host key check ended; MISMATCH may be cured by another family. */
enum key_check { KEY_GOOD, KEY_MISMATCH, KEY_BAD };

static bool ssh_late(struct err *e, const char *doing)
{
	return err_set(e, ERR_TIMEOUT, "no answer before the deadline while %s",
		       doing);
}

/* Waits until the session can go on; false: the deadline has passed. */
static bool ssh_wait(ssh_session session, int64_t deadline_us)
{
	int flags = ssh_get_poll_flags(session);
	struct pollfd p = {.fd = ssh_get_fd(session), .events = POLLIN};

	if (flags & SSH_WRITE_PENDING)
		p.events |= POLLOUT;
	if (clock_mono_us() >= deadline_us)
		return false;
	/* Never long: libssh may hold bytes that poll() does not see. */
	poll(&p, 1, transport_left_ms(deadline_us, 100));
	return true;
}

static bool ssh_failed(ssh_session session, struct err *e, const char *doing)
{
	const char *why = ssh_get_error(session);

	return err_set(e, ERR_RETRY, "%s: %s", doing,
		       *why ? why : "the connection was closed");
}

static bool ssh_configure(ssh_session session, const struct ssh_endpoint *ep,
			  const char *families, socket_t fd)
{
	unsigned port = ssh_endpoint_port(ep);
	int no = 0, nodelay = 1;
	bool ok = ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no) ==
			  0 &&
		  ssh_options_set(session, SSH_OPTIONS_HOST, ep->host) == 0 &&
		  ssh_options_set(session, SSH_OPTIONS_PORT, &port) == 0 &&
		  ssh_options_set(session, SSH_OPTIONS_NODELAY, &nodelay) == 0;

	if (ok && ep->user && *ep->user)
		ok = ssh_options_set(session, SSH_OPTIONS_USER, ep->user) == 0;
	if (ok && ep->known_hosts) {
		mem_auto_free char *path = ssh_endpoint_path(ep->known_hosts);

		ok = ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, path) ==
			     0 &&
		     ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS,
				     "/dev/null") == 0;
	}
	if (ok && families)
		ok = ssh_options_set(session, SSH_OPTIONS_HOSTKEYS, families) ==
		     0;
	/* Last: from here on the session closes the socket. */
	return ok && ssh_options_set(session, SSH_OPTIONS_FD, &fd) == 0;
}

static bool ssh_handshake(ssh_session session, int64_t deadline_us,
			  struct err *e)
{
	int rc;

	ssh_set_blocking(session, 0);
	while ((rc = ssh_connect(session)) == SSH_AGAIN)
		if (!ssh_wait(session, deadline_us))
			return ssh_late(e, "agreeing on keys");
	return rc == SSH_OK || ssh_failed(session, e, "cannot agree on keys");
}

/* 'Silent', since only that closes a socket which libssh did not open. */
static void ssh_close_session(ssh_session session)
{
	if (!session)
		return;
	ssh_silent_disconnect(session);
	ssh_free(session);
}

static ssh_session ssh_begin(const struct ssh_endpoint *ep,
			     const char *families, int64_t deadline_us,
			     struct err *e)
{
	int fd = tcp_connect(ep->host, ssh_endpoint_port(ep), deadline_us, e);
	ssh_session session;

	if (fd < 0)
		return NULL;
	session = ssh_new();
	if (!session)
		abort();
	if (!ssh_configure(session, ep, families, fd)) {
		err_set(e, ERR_INVALID, "cannot set up SSH to '%s': %s",
			ep->host, ssh_get_error(session));
		close(fd);
		ssh_free(session);
		return NULL;
	}
	if (ssh_handshake(session, deadline_us, e))
		return session;
	err_wrap(e, "SSH to '%s' port %u", ep->host, ssh_endpoint_port(ep));
	ssh_close_session(session);
	return NULL;
}

/* 'SHA256:...' of the server's key; *ret_type is its kind. */
static char *ssh_fingerprint(ssh_session session, enum ssh_keytypes_e *ret_type)
{
	unsigned char *hash = NULL;
	char *shown = NULL, *copy = NULL;
	ssh_key key = NULL;
	size_t len = 0;

	if (ssh_get_server_publickey(session, &key) != SSH_OK)
		return NULL;
	*ret_type = ssh_key_type(key);
	if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash,
				   &len) == 0)
		shown = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256,
						 hash, len);
	if (shown)
		copy = mem_strdup(shown);
	ssh_string_free_char(shown);
	ssh_clean_pubkey_hash(&hash);
	ssh_key_free(key);
	return copy;
}

static enum key_check known_check(ssh_session session,
				  const struct ssh_endpoint *ep,
				  const char *print, struct err *e)
{
	switch (ssh_session_is_known_server(session)) {
	case SSH_KNOWN_HOSTS_OK:
		return KEY_GOOD;
	case SSH_KNOWN_HOSTS_CHANGED:
	case SSH_KNOWN_HOSTS_OTHER:
		ssh_refuse_changed(ep, print, e);
		return KEY_BAD;
	case SSH_KNOWN_HOSTS_UNKNOWN:
	case SSH_KNOWN_HOSTS_NOT_FOUND:
		ssh_refuse_unknown(ep, print, e);
		return KEY_BAD;
	case SSH_KNOWN_HOSTS_ERROR:
		break;
	}
	err_set(e, ERR_REFUSED,
		"the host key of '%s' port %u (%s) cannot be looked up: %s",
		ep->host, ssh_endpoint_port(ep), print, ssh_get_error(session));
	return KEY_BAD;
}

static enum key_check key_verify(ssh_session session,
				 const struct ssh_endpoint *ep,
				 enum ssh_keytypes_e *ret_type, struct err *e)
{
	mem_auto_free char *print = ssh_fingerprint(session, ret_type);

	if (!print) {
		err_set(e, ERR_REFUSED, "'%s' port %u shows no host key",
			ep->host, ssh_endpoint_port(ep));
		return KEY_BAD;
	}
	if (!ep->host_key)
		return known_check(session, ep, print, e);
	if (strcmp(print, ep->host_key) == 0)
		return KEY_GOOD;
	ssh_refuse_pin(ep, print, e);
	return KEY_MISMATCH;
}

static const struct {
	const char *families;
	enum ssh_keytypes_e types[3];
} key_families[] = {
	{"ssh-ed25519", {SSH_KEYTYPE_ED25519}},
	{"ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
	 {SSH_KEYTYPE_ECDSA_P256, SSH_KEYTYPE_ECDSA_P384,
	  SSH_KEYTYPE_ECDSA_P521}},
	{"rsa-sha2-512,rsa-sha2-256", {SSH_KEYTYPE_RSA}},
};

static bool family_has(size_t family, enum ssh_keytypes_e type)
{
	for (size_t i = 0; i < ARRAY_LEN(key_families[family].types); i++)
		if (key_families[family].types[i] == type)
			return true;
	return false;
}

/* The pinned key may be one of those that the server did not offer first. */
static ssh_session ssh_begin_pinned(const struct ssh_endpoint *ep,
				    enum ssh_keytypes_e seen,
				    int64_t deadline_us)
{
	for (size_t i = 0; i < ARRAY_LEN(key_families); i++) {
		enum ssh_keytypes_e type;
		ssh_session session;

		if (family_has(i, seen))
			continue;
		session = ssh_begin(ep, key_families[i].families, deadline_us,
				    NULL);
		if (session && key_verify(session, ep, &type, NULL) == KEY_GOOD)
			return session;
		ssh_close_session(session);
	}
	return NULL;
}

/* A session whose host key is good; nothing else was said yet. */
static ssh_session ssh_begin_verified(const struct ssh_endpoint *ep,
				      int64_t deadline_us, struct err *e)
{
	enum ssh_keytypes_e type = SSH_KEYTYPE_UNKNOWN;
	ssh_session session = ssh_begin(ep, NULL, deadline_us, e);
	enum key_check check;

	if (!session)
		return NULL;
	check = key_verify(session, ep, &type, e);
	if (check == KEY_GOOD)
		return session;
	ssh_close_session(session);
	session = NULL;
	if (check == KEY_MISMATCH)
		session = ssh_begin_pinned(ep, type, deadline_us);
	if (session)
		err_done(e);
	return session;
}

/* libssh would let OpenSSL ask at the terminal. */
static int no_passphrase(const char *prompt, char *buf, size_t len, int echo,
			 int verify, void *arg)
{
	(void)prompt;
	(void)buf;
	(void)len;
	(void)echo;
	(void)verify;
	(void)arg;
	return -1;
}

static bool key_load(const struct secret_ref *ref, ssh_key *ret, struct err *e)
{
	mem_auto_free char *path =
		ssh_endpoint_path(ref->value ? ref->value : "");

	if (!ssh_refuse_key_file(path, e))
		return false;
	if (ssh_pki_import_privkey_file(path, NULL, no_passphrase, NULL, ret) ==
	    SSH_OK)
		return true;
	return err_set(e, ERR_INVALID,
		       "'%s' is not a private key without a passphrase; use "
		       "one, or leave the key out and let the SSH agent sign",
		       path);
}

static bool auth_end(ssh_session session, const struct ssh_endpoint *ep, int rc,
		     struct err *e)
{
	if (rc == SSH_AUTH_SUCCESS)
		return true;
	if (rc != SSH_AUTH_ERROR || ssh_is_connected(session))
		return ssh_refuse_login(ep, rc == SSH_AUTH_PARTIAL, e);
	return ssh_failed(session, e, "cannot log in");
}

static bool ssh_login(ssh_session session, const struct ssh_endpoint *ep,
		      int64_t deadline_us, struct err *e)
{
	ssh_key key = NULL;
	int rc;

	if (ep->key.kind != SECRET_NONE && ep->key.kind != SECRET_FILE)
		return err_set(e, ERR_USAGE,
			       "the SSH key of '%s' must be {file: PATH}, or "
			       "left out for the SSH agent",
			       ep->host);
	if (ep->key.kind == SECRET_FILE && !key_load(&ep->key, &key, e))
		return false;
	do {
		rc = key ? ssh_userauth_publickey(session, NULL, key)
			 : ssh_userauth_agent(session, NULL);
	} while (rc == SSH_AUTH_AGAIN && ssh_wait(session, deadline_us));
	ssh_key_free(key);
	if (rc == SSH_AUTH_AGAIN)
		return ssh_late(e, "logging in");
	return auth_end(session, ep, rc, e);
}

/* One job and how far it is. */
struct ssh_run {
	struct ssh_transport *s;
	const struct transport_job *job;
	size_t sent;
	bool enough;
};

static void channel_drop(struct ssh_transport *s)
{
	if (s->channel)
		ssh_channel_free(s->channel);
	s->channel = NULL;
}

static bool channel_start(struct ssh_transport *s, int64_t deadline_us,
			  struct err *e)
{
	int rc;

	s->channel = ssh_channel_new(s->session);
	if (!s->channel)
		return ssh_failed(s->session, e, "cannot open a channel");
	while ((rc = ssh_channel_open_session(s->channel)) == SSH_AGAIN)
		if (!ssh_wait(s->session, deadline_us))
			return ssh_late(e, "opening a channel");
	if (rc != SSH_OK)
		return ssh_failed(s->session, e, "cannot open a channel");
	while ((rc = ssh_channel_request_exec(s->channel, s->command)) ==
	       SSH_AGAIN)
		if (!ssh_wait(s->session, deadline_us))
			return ssh_late(e, "starting a shell");
	return rc == SSH_OK ||
	       ssh_failed(s->session, e, "cannot start a shell");
}

/* Is the command of the last job still there?  What it said since is noise. */
static bool channel_usable(struct ssh_transport *s)
{
	char noise[4096];
	int n;

	for (int i = 0; s->channel && i < 2; i++) {
		do {
			n = ssh_channel_read_nonblocking(s->channel, noise,
							 sizeof(noise), i);
		} while (n > 0);
		if (n < 0)
			channel_drop(s);
	}
	if (s->channel && (!ssh_channel_is_open(s->channel) ||
			   ssh_channel_is_eof(s->channel)))
		channel_drop(s);
	return s->channel != NULL;
}

/* False: the connection is gone. */
static bool run_feed(struct ssh_run *r)
{
	while (r->sent < r->job->input_len) {
		size_t left = r->job->input_len - r->sent;
		int n = ssh_channel_write(
			r->s->channel, r->job->input + r->sent,
			left < SSH_WRITE ? (uint32_t)left : SSH_WRITE);

		if (n < 0)
			return n == SSH_AGAIN;
		if (n == 0)
			return true;
		r->sent += (size_t)n;
	}
	return true;
}

/* Takes what is there; false: the connection is gone. */
static bool run_take(struct ssh_run *r, int stream)
{
	char chunk[32768];

	while (!r->enough) {
		int n = ssh_channel_read_nonblocking(
			r->s->channel, chunk, sizeof(chunk), stream == 2);

		if (n == SSH_ERROR)
			return false;
		if (n <= 0)
			return true;
		r->enough =
			r->job->output(r->job->arg, stream, chunk, (size_t)n);
	}
	return true;
}

static bool run_pump(struct ssh_run *r, int64_t deadline_us, struct err *e)
{
	ssh_session session = r->s->session;

	for (;;) {
		bool alive = run_feed(r) && run_take(r, 1) && run_take(r, 2);

		if (r->enough)
			return true;
		if (!alive || !ssh_is_connected(session))
			return ssh_failed(session, e, "connection lost");
		if (ssh_channel_is_eof(r->s->channel))
			return true;
		if (!ssh_wait(session, deadline_us))
			return ssh_late(e, "running a command");
	}
}

static enum transport_end ssh_run_job(struct transport *t,
				      const struct transport_job *job,
				      int64_t deadline_us, struct err *e)
{
	struct ssh_transport *s = (struct ssh_transport *)t;
	struct ssh_run r = {.s = s, .job = job};
	enum transport_end end = TRANSPORT_NEVER;

	if (channel_usable(s) || channel_start(s, deadline_us, e)) {
		if (run_pump(&r, deadline_us, e))
			end = TRANSPORT_ENDED;
		else if (r.sent == job->input_len)
			end = TRANSPORT_CUT;
	}
	if (!r.enough)
		channel_drop(s);
	return end;
}

static void ssh_close_transport(struct transport *t)
{
	struct ssh_transport *s = (struct ssh_transport *)t;

	channel_drop(s);
	ssh_close_session(s->session);
	free(s->command);
	free(s);
}

struct transport *ssh_open(const struct ssh_endpoint *ep, const char *command,
			   int64_t deadline_us, struct err *e)
{
	int64_t limit = clock_mono_us() + (int64_t)ep->timeout_ms * 1000;
	struct ssh_transport *s;
	ssh_session session;

	if (ep->timeout_ms && limit < deadline_us)
		deadline_us = limit;
	session = ssh_begin_verified(ep, deadline_us, e);
	if (session && !ssh_login(session, ep, deadline_us, e)) {
		ssh_close_session(session);
		session = NULL;
	}
	if (!session)
		return NULL;
	s = mem_alloc(sizeof(*s));
	s->transport.run = ssh_run_job;
	s->transport.close = ssh_close_transport;
	s->session = session;
	s->command = mem_strdup(command);
	return &s->transport;
}
