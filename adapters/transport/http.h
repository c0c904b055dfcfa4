/*
 * http.h - one HTTP exchange at a time, with everything bounded
 *
 * What matters to a change is told apart: it was never sent, it was sent and
 * nobody knows what became of it, or it was answered.  TLS is verified, the
 * proxy of the environment is honoured (https_proxy, no_proxy), redirects are
 * not followed (a token must not go where an answer says), plain http is for
 * this machine and for the metadata service only.
 *
 * Ownership: a response owns its bytes, which are wiped when it is done.
 * Threads: one at a time for a client.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_HTTP_H
#define CUTOVER_ADAPTERS_TRANSPORT_HTTP_H

#include <stdint.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/err.h"

enum http_fate {
	HTTP_NOT_SENT,	/* no byte of the request has left */
	HTTP_NO_ANSWER, /* it has left, and there is no whole answer */
	HTTP_ANSWERED,
};

struct http_request {
	const char *method, *url;
	const char *body;	    /* or NULL */
	const char *type;	    /* of the body; NULL: application/json */
	const char *bearer;	    /* token for Authorization, or NULL */
	const char *const *headers; /* 'Name: value', n_headers of them */
	size_t n_headers;
	bool change; /* on a connection of its own, so that nothing below
			sends it again */
	bool direct; /* past any proxy */
	size_t max;  /* bytes of the answer; 0: 16 MiB */
	int64_t deadline_us;
};

struct http_header {
	char *name, *value;
};

struct http_response {
	long status;
	struct buf body;
	struct http_header *headers;
	size_t n_headers, cap_headers;
};

#define http_response_auto                                                     \
	__attribute__((cleanup(http_response_done))) struct http_response

struct http;

/* ca_file: certificates to trust instead of the system's, or NULL. */
struct http *http_new(const char *ca_file);
void http_free(struct http *h);

/* May cutover speak to this address at all? */
bool http_url_check(const char *url, struct err *e);
/* 'https://host[:port]' of an address; NULL with e set when it has none. */
char *http_url_origin(const char *url, struct err *e);

enum http_fate http_send(struct http *h, const struct http_request *r,
			 struct http_response *ret, struct err *e);
/* The value of a header, whatever its case, or NULL; borrowed. */
const char *http_header(const struct http_response *r, const char *name);
/* Seconds of 'Retry-After' (RFC 9110, 10.2.3); 0: it says nothing. */
uint32_t http_retry_after(const struct http_response *r, int64_t wall_us);
void http_response_done(struct http_response *r);
/* Appends s percent-encoded. */
void http_escape(struct buf *out, const char *s);

#endif
