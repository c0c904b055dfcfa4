/*
 * auth.c - where tokens come from, and when they are renewed
 *
 * A token is asked for when there is none or the one at hand ends within five
 * minutes.  Where nobody says how long one lives it is asked for again after
 * five minutes, which costs little with a file or a command.
 *
 * Nothing of a token or a secret goes into a message: an error of the login
 * service is told by its code and the first line of its own words, which name
 * the application and never its password.  Form bodies are wiped.
 *
 * State: one token.  Threads: one at a time.
 */
#include "adapters/azure/auth.h"

#include <string.h>

#include "adapters/azure/jwt.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/base/json.h"

#define RENEW_S 300
#define TOKEN_MAX 16384
#define ANSWER_MAX ((size_t)64 << 10)
#define IMDS "http://169.254.169.254/metadata/identity/oauth2/token"

struct auth {
	const struct target *target;
	struct http *http;
	char *token; /* owned, wiped */
	int64_t expiry_s;
};

static const char *param(const struct target *t, const char *key)
{
	return target_param(t, key, "");
}

static bool need(const struct target *t, const char *key, struct err *e)
{
	return *param(t, key) ||
	       err_set(e, ERR_USAGE, "'%s': azure needs '%s' to log in",
		       t->name, key);
}

static bool need_secret(const struct target *t, const char *name, struct err *e)
{
	return target_secret(t, name) ||
	       err_set(e, ERR_USAGE, "'%s': secret '%s' is not in the plan",
		       t->name, name);
}

bool auth_check(const struct target *t, struct err *e)
{
	const char *way = param(t, "auth");

	if (strcmp(way, "token") == 0)
		return need_secret(t, "azure/token", e);
	if (strcmp(way, "managed-identity") == 0)
		return true;
	if (strcmp(way, "client-secret") == 0)
		return need(t, "tenant", e) && need(t, "client_id", e) &&
		       need_secret(t, "azure/secret", e);
	if (strcmp(way, "certificate") == 0)
		return need(t, "tenant", e) && need(t, "client_id", e) &&
		       need_secret(t, "azure/certificate", e);
	return err_set(e, ERR_USAGE,
		       "'%s': the plan does not say how to log in to azure; "
		       "give it 'token', 'secret', 'certificate' or "
		       "'managed_identity'",
		       t->name);
}

struct auth *auth_new(const struct target *t, struct http *http)
{
	struct auth *a = mem_alloc(sizeof(*a));

	a->target = t;
	a->http = http;
	return a;
}

void auth_forget(struct auth *a)
{
	mem_wipe_free(a->token);
	a->token = NULL;
	a->expiry_s = 0;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	auth_forget(a);
	free(a);
}

/* ---- what a token looks like ---- */

/* b68token of RFC 6750: nothing in it can end a header line. */
static bool is_token(const char *s, size_t n)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-._~+/=";

	return n >= 8 && n <= TOKEN_MAX && strspn(s, ok) == n;
}

/* 'expires_on' is a number, or a number in a text, as tools differ. */
static int64_t expiry_of(const json_t *j)
{
	const json_t *v = json_peek(j, "expires_on");
	int64_t in = json_peek_int(j, "expires_in", 0);
	const char *s;

	if (json_is_integer(v))
		return json_integer_value(v);
	s = json_peek_str(j, "expires_on", NULL);
	if (s && *s && strspn(s, "0123456789") == strlen(s) && strlen(s) < 12)
		return atoll(s);
	s = json_peek_str(j, "expires_in", NULL);
	if (s && *s && strspn(s, "0123456789") == strlen(s) && strlen(s) < 9)
		in = atoll(s);
	return in > 0 && in < 1000000 ? clock_wall_us() / 1000000 + in : 0;
}

static char *token_of_json(const json_t *j, int64_t *ret_expiry_s,
			   struct err *e)
{
	const char *s = json_peek_str(j, "access_token", NULL);

	if (!s)
		s = json_peek_str(j, "accessToken", NULL);
	if (!s || !is_token(s, strlen(s))) {
		err_set(e, ERR_INVALID,
			"there is no access token in what was answered");
		return NULL;
	}
	*ret_expiry_s = expiry_of(j);
	if (!*ret_expiry_s)
		*ret_expiry_s = jwt_expiry(s);
	return mem_strdup(s);
}

char *auth_token_parse(const char *text, int64_t *ret_expiry_s, struct err *e)
{
	size_t n = strlen(text);
	char *token = NULL;
	json_t *j;

	while (n && strchr(" \t\r\n", text[n - 1]))
		n--;
	while (n && strchr(" \t\r\n", *text)) {
		text++;
		n--;
	}
	if (n && *text == '{') {
		j = json_text_parse(text, n, NULL);
		if (j)
			token = token_of_json(j, ret_expiry_s, e);
		else
			err_set(e, ERR_INVALID, "the JSON is not complete");
		json_decref(j);
		return token;
	}
	token = mem_strndup(text, n);
	if (is_token(token, n)) {
		*ret_expiry_s = jwt_expiry(token);
		return token;
	}
	mem_wipe_free(token);
	err_set(e, ERR_INVALID,
		"what was given is no access token (a token has no blanks and "
		"at least 8 characters)");
	return NULL;
}

/* ---- the ways ---- */

static bool take(struct auth *a, char *token, int64_t expiry_s)
{
	if (!token)
		return false;
	auth_forget(a);
	a->token = token;
	a->expiry_s =
		expiry_s ? expiry_s : clock_wall_us() / 1000000 + 2 * RENEW_S;
	return true;
}

static bool from_reference(struct auth *a, struct err *e)
{
	const struct secret_ref *ref = target_secret(a->target, "azure/token");
	char *text = secret_fetch(ref, e);
	int64_t expiry = 0;
	char *token;

	if (!text)
		return false;
	token = auth_token_parse(text, &expiry, e);
	mem_wipe_free(text);
	if (!token)
		return err_wrap(e, "secret 'azure/token'");
	if (expiry && expiry <= clock_wall_us() / 1000000) {
		mem_wipe_free(token);
		return err_set(e, ERR_REFUSED,
			       "the token of 'azure/token' has expired: get a "
			       "new one");
	}
	return take(a, token, expiry);
}

/* What the login service says when it says no. */
static bool refused(const struct http_response *r, const json_t *j,
		    struct err *e)
{
	const char *code = json_peek_str(j, "error", "no error code");
	const char *text = json_peek_str(j, "error_description", "");
	bool later = r->status == 429 || r->status >= 500;

	return err_set(e, later ? ERR_RETRY : ERR_REFUSED,
		       "login: status %ld, '%.64s'%s%.*s", r->status, code,
		       *text ? ": " : "", (int)strcspn(text, "\r\n"), text);
}

static bool ask(struct auth *a, const struct http_request *r, struct err *e)
{
	http_response_auto answer = {0};
	int64_t expiry = 0;
	char *token = NULL;
	json_t *j;

	if (http_send(a->http, r, &answer, e) != HTTP_ANSWERED) {
		if (e)
			e->code = ERR_RETRY; /* a login changes nothing */
		return err_wrap(e, "login");
	}
	j = json_text_parse(buf_str(&answer.body), answer.body.len, NULL);
	if (answer.status == 200)
		token = token_of_json(j, &expiry, e);
	else
		refused(&answer, j, e);
	json_decref(j);
	return take(a, token, expiry);
}

static char *token_url(const struct target *t)
{
	const char *login =
		target_param(t, "login", "https://login.microsoftonline.com");

	return mem_format("%s/%s/oauth2/v2.0/token", login, param(t, "tenant"));
}

static void form(struct buf *b, const char *key, const char *value)
{
	buf_printf(b, "%s%s=", b->len ? "&" : "", key);
	http_escape(b, value);
}

static void wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_done(b);
}

static const char *audience(const struct target *t)
{
	return target_param(t, "audience", "https://management.azure.com");
}

/* The credential's own part of the form. */
static bool add_credential(const struct target *t, struct buf *body,
			   const char *url, struct err *e)
{
	bool cert = strcmp(param(t, "auth"), "certificate") == 0;
	char *secret = secret_fetch(
		target_secret(t, cert ? "azure/certificate" : "azure/secret"),
		e);
	char *proof = NULL;

	if (!secret)
		return false;
	if (!cert) {
		form(body, "client_secret", secret);
		mem_wipe_free(secret);
		return true;
	}
	proof = jwt_assertion(secret, param(t, "client_id"), url,
			      clock_wall_us() / 1000000, e);
	mem_wipe_free(secret);
	if (!proof)
		return false;
	form(body, "client_assertion_type",
	     "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
	form(body, "client_assertion", proof);
	mem_wipe_free(proof);
	return true;
}

static bool from_login(struct auth *a, int64_t deadline_us, struct err *e)
{
	const struct target *t = a->target;
	mem_auto_free char *url = token_url(t);
	mem_auto_free char *scope = mem_format("%s/.default", audience(t));
	struct buf body = BUF_INIT;
	bool ok;

	form(&body, "grant_type", "client_credentials");
	form(&body, "client_id", param(t, "client_id"));
	form(&body, "scope", scope);
	ok = add_credential(t, &body, url, e) &&
	     ask(a,
		 &(struct http_request){
			 .method = "POST",
			 .url = url,
			 .body = buf_str(&body),
			 .type = "application/x-www-form-urlencoded",
			 .max = ANSWER_MAX,
			 .deadline_us = deadline_us,
		 },
		 e);
	wipe(&body);
	return ok;
}

static bool from_machine(struct auth *a, int64_t deadline_us, struct err *e)
{
	static const char *const headers[] = {"Metadata: true"};
	const char *client = param(a->target, "client_id");
	buf_auto url = BUF_INIT;

	buf_printf(&url, "%s?api-version=2018-02-01&resource=",
		   target_param(a->target, "identity", IMDS));
	http_escape(&url, audience(a->target));
	if (*client) {
		buf_puts(&url, "&client_id=");
		http_escape(&url, client);
	}
	return ask(a,
		   &(struct http_request){
			   .method = "GET",
			   .url = buf_str(&url),
			   .headers = headers,
			   .n_headers = ARRAY_LEN(headers),
			   .direct = true,
			   .max = ANSWER_MAX,
			   .deadline_us = deadline_us,
		   },
		   e);
}

static bool renew(struct auth *a, int64_t deadline_us, struct err *e)
{
	const char *way = param(a->target, "auth");

	if (!auth_check(a->target, e))
		return false;
	if (strcmp(way, "token") == 0)
		return from_reference(a, e);
	if (strcmp(way, "managed-identity") == 0)
		return from_machine(a, deadline_us, e);
	return from_login(a, deadline_us, e);
}

const char *auth_token(struct auth *a, int64_t deadline_us, struct err *e)
{
	int64_t left = a->expiry_s - clock_wall_us() / 1000000;
	err_auto why = ERR_INIT;

	if (a->token && left > RENEW_S)
		return a->token;
	if (renew(a, deadline_us, &why))
		return a->token;
	if (a->token && left > 30)
		return a->token; /* the old one still does; ask again later */
	err_move(e, &why);
	return NULL;
}
