/*
 * http.c - HTTP with libcurl
 *
 * The fate of a request is judged on whether libcurl came as far as handing
 * bytes of it to the connection, not on its error code: what fails in name
 * look-up, connecting, proxy or TLS was never sent.  libcurl sends a request
 * again by itself when a kept connection turns out to be dead; a change goes
 * out on a new connection, where that cannot happen.
 *
 * Every exchange ends at the caller's deadline.  An answer that is larger than
 * allowed is no answer.  Headers are kept as they came, 64 KiB of them.
 *
 * It does not follow redirects, keep cookies, decompress, or log.
 */
#include "adapters/transport/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "orchestrator/base/clock.h"

#define ANSWER_MAX ((size_t)16 << 20)
#define HEADERS_MAX 256
#define HEADER_BYTES ((size_t)64 << 10)
#define CONNECT_MS 15000
#define RETRY_AFTER_MAX 3600

struct http {
	CURL *curl;
	char *ca_file;
};

/* What the callbacks see. */
struct exchange {
	struct http_response *answer;
	size_t max, header_bytes;
	bool too_large, sent;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void global_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		abort();
}

struct http *http_new(const char *ca_file)
{
	struct http *h = mem_alloc(sizeof(*h));

	pthread_once(&once, global_init);
	h->curl = curl_easy_init();
	if (!h->curl)
		abort();
	h->ca_file = mem_strdup(ca_file);
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	free(h->ca_file);
	free(h);
}

/* ---- addresses ---- */

static char *url_part(CURLU *u, CURLUPart part)
{
	char *s = NULL, *copy;

	if (curl_url_get(u, part, &s, 0) != CURLUE_OK)
		return NULL;
	copy = mem_strdup(s);
	curl_free(s);
	return copy;
}

/* Hosts that plain http may be spoken to: nobody is in between. */
static bool is_near(const char *host)
{
	static const char *const near[] = {"127.0.0.1", "localhost", "[::1]",
					   "169.254.169.254"};

	for (size_t i = 0; i < ARRAY_LEN(near); i++)
		if (strcasecmp(host, near[i]) == 0)
			return true;
	return false;
}

static bool url_check(CURLU *u, const char *url, struct err *e)
{
	mem_auto_free char *scheme = url_part(u, CURLUPART_SCHEME);
	mem_auto_free char *host = url_part(u, CURLUPART_HOST);
	mem_auto_free char *user = url_part(u, CURLUPART_USER);

	if (!scheme || !host || !*host)
		return err_set(e, ERR_INVALID, "'%.200s' is no address", url);
	if (user)
		return err_set(e, ERR_INVALID,
			       "the address of '%s' has a user in it; give "
			       "credentials as a secret",
			       host);
	if (strcasecmp(scheme, "https") == 0)
		return true;
	if (strcasecmp(scheme, "http") == 0 && is_near(host))
		return true;
	return err_set(e, ERR_INVALID,
		       "'%s' would be reached over '%s': only https is "
		       "allowed, but for this machine itself",
		       host, scheme);
}

static CURLU *url_parse(const char *url, struct err *e)
{
	CURLU *u;

	pthread_once(&once, global_init);
	u = curl_url();
	if (!u)
		abort();
	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    url_check(u, url, e))
		return u;
	if (e && e->code == ERR_NONE)
		err_set(e, ERR_INVALID, "'%.200s' is no address", url);
	curl_url_cleanup(u);
	return NULL;
}

bool http_url_check(const char *url, struct err *e)
{
	CURLU *u = url_parse(url, e);

	curl_url_cleanup(u);
	return u != NULL;
}

char *http_url_origin(const char *url, struct err *e)
{
	CURLU *u = url_parse(url, e);
	mem_auto_free char *scheme = NULL;
	mem_auto_free char *host = NULL;
	mem_auto_free char *port = NULL;

	if (!u)
		return NULL;
	scheme = url_part(u, CURLUPART_SCHEME);
	host = url_part(u, CURLUPART_HOST);
	port = url_part(u, CURLUPART_PORT);
	curl_url_cleanup(u);
	for (char *c = host; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 'a' - 'A');
	if (port && !(strcmp(scheme, "https") == 0 && !strcmp(port, "443")))
		return mem_format("%s://%s:%s", scheme, host, port);
	return mem_format("%s://%s", scheme, host);
}

void http_escape(struct buf *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (; *s; s++) {
		if (strchr(plain, *s))
			buf_putc(out, *s);
		else
			buf_printf(out, "%%%02X", (unsigned char)*s);
	}
}

/* ---- what comes in ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	if (x->answer->body.len + size * n > x->max) {
		x->too_large = true;
		return 0;
	}
	buf_add(&x->answer->body, bytes, size * n);
	return size * n;
}

static void headers_clear(struct http_response *r)
{
	for (size_t i = 0; i < r->n_headers; i++) {
		free(r->headers[i].name);
		free(r->headers[i].value);
	}
	r->n_headers = 0;
}

static char *trimmed(const char *from, const char *end)
{
	while (from < end && (*from == ' ' || *from == '\t'))
		from++;
	while (end > from && strchr(" \t\r\n", end[-1]))
		end--;
	return mem_strndup(from, (size_t)(end - from));
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	struct http_response *r = x->answer;
	size_t len = size * n;
	const char *colon = memchr(bytes, ':', len);

	x->header_bytes += len;
	if (x->header_bytes > HEADER_BYTES || r->n_headers >= HEADERS_MAX) {
		x->too_large = true;
		return 0;
	}
	if (len > 5 && strncmp(bytes, "HTTP/", 5) == 0) {
		headers_clear(r); /* an interim answer came before this one */
	} else if (colon && !memchr(bytes, 0, len)) {
		MEM_GROW(r->headers, r->n_headers, r->cap_headers);
		r->headers[r->n_headers++] = (struct http_header){
			.name = trimmed(bytes, colon),
			.value = trimmed(colon + 1, bytes + len),
		};
	}
	return len;
}

/* libcurl tells here what it has handed to the connection. */
static int on_debug(CURL *curl, curl_infotype type, char *bytes, size_t n,
		    void *arg)
{
	struct exchange *x = arg;

	(void)curl;
	(void)bytes;
	if (n && (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT))
		x->sent = true;
	return 0;
}

const char *http_header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

uint32_t http_retry_after(const struct http_response *r, int64_t wall_us)
{
	const char *s = http_header(r, "Retry-After");
	int64_t left;

	if (!s || !*s)
		return 0;
	if (strspn(s, "0123456789") == strlen(s))
		left = strlen(s) > 9 ? RETRY_AFTER_MAX : atol(s);
	else
		left = (int64_t)curl_getdate(s, NULL) - wall_us / 1000000;
	if (left < 0)
		return 0;
	return left > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (uint32_t)left;
}

void http_response_done(struct http_response *r)
{
	headers_clear(r);
	free(r->headers);
	if (r->body.data)
		explicit_bzero(r->body.data, r->body.cap);
	buf_done(&r->body);
	*r = (struct http_response){0};
}

/* ---- what goes out ---- */

static struct curl_slist *list_add(struct curl_slist *l, const char *s)
{
	struct curl_slist *n = curl_slist_append(l, s);

	if (!n)
		abort();
	return n;
}

static void list_wipe_free(struct curl_slist *l)
{
	for (struct curl_slist *i = l; i; i = i->next)
		explicit_bzero(i->data, strlen(i->data));
	curl_slist_free_all(l);
}

static struct curl_slist *header_list(const struct http_request *r)
{
	struct curl_slist *l = list_add(NULL, "Expect:");
	mem_auto_free char *type = mem_format(
		"Content-Type: %s", r->type ? r->type : "application/json");

	l = list_add(l, "Accept: application/json");
	if (r->body)
		l = list_add(l, type);
	for (size_t i = 0; i < r->n_headers; i++)
		l = list_add(l, r->headers[i]);
	if (r->bearer) {
		char *s = mem_format("Authorization: Bearer %s", r->bearer);

		l = list_add(l, s);
		mem_wipe_free(s);
	}
	return l;
}

static void set_limits(CURL *c, const struct http_request *r, int64_t left_ms)
{
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)left_ms);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)(left_ms < CONNECT_MS ? left_ms : CONNECT_MS));
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https,http");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "cutover");
	if (r->change)
		curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	if (r->direct)
		curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
}

static void set_request(struct http *h, const struct http_request *r,
			struct exchange *x, struct curl_slist *headers)
{
	CURL *c = h->curl;

	curl_easy_setopt(c, CURLOPT_URL, r->url);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	if (r->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)strlen(r->body));
	}
	if (strcmp(r->method, "GET") != 0 || r->body)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
	if (h->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(c, CURLOPT_DEBUGDATA, x);
	curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
}

/* Was it handed to the connection?  In doubt it was. */
static bool was_sent(CURL *c, const struct exchange *x)
{
	curl_off_t ready = 0;

	curl_easy_getinfo(c, CURLINFO_PRETRANSFER_TIME_T, &ready);
	return x->sent || ready > 0;
}

/* A wrong certificate stays wrong: asking again is of no use. */
static enum err_code not_sent_code(CURLcode rc)
{
	if (rc == CURLE_PEER_FAILED_VERIFICATION ||
	    rc == CURLE_SSL_CACERT_BADFILE)
		return ERR_REFUSED;
	return ERR_RETRY;
}

static enum http_fate judge(struct http *h, CURLcode rc,
			    const struct http_request *r, struct exchange *x,
			    struct err *e)
{
	bool sent = was_sent(h->curl, x);
	mem_auto_free char *origin = NULL;

	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &x->answer->status);
	if (rc == CURLE_OK && x->answer->status >= 100)
		return HTTP_ANSWERED;
	origin = http_url_origin(r->url, NULL);
	if (x->too_large)
		err_set(e, ERR_UNKNOWN,
			"%s '%s': the answer is larger than %zu bytes",
			r->method, origin ? origin : "", x->max);
	else
		err_set(e, sent ? ERR_UNKNOWN : not_sent_code(rc),
			"%s '%s': %s%s", r->method, origin ? origin : "",
			curl_easy_strerror(rc),
			sent ? "; it was sent, and not answered"
			     : "; nothing was sent");
	return sent ? HTTP_NO_ANSWER : HTTP_NOT_SENT;
}

enum http_fate http_send(struct http *h, const struct http_request *r,
			 struct http_response *ret, struct err *e)
{
	int64_t left = (r->deadline_us - clock_mono_us()) / 1000;
	struct exchange x = {.answer = ret,
			     .max = r->max ? r->max : ANSWER_MAX};
	struct curl_slist *headers;
	enum http_fate fate;
	CURLcode rc;

	*ret = (struct http_response){0};
	if (!http_url_check(r->url, e))
		return HTTP_NOT_SENT;
	if (left <= 0) {
		err_set(e, ERR_RETRY, "no time was left for %s", r->method);
		return HTTP_NOT_SENT;
	}
	headers = header_list(r);
	curl_easy_reset(h->curl);
	set_limits(h->curl, r, left);
	set_request(h, r, &x, headers);
	rc = curl_easy_perform(h->curl);
	fate = judge(h, rc, r, &x, e);
	curl_easy_reset(h->curl);
	list_wipe_free(headers);
	return fate;
}
