/*
 * arm.c - exchanges with Azure Resource Manager
 *
 * Rules for the answer to a change, by what the service is known to do:
 *
 *	2xx                             done, or under way (lro.c)
 *	401                             not looked at: new token, once more
 *	429, and the 'other operation' codes   nothing happened: later
 *	408, 5xx                        it may have happened: unknown
 *	any other                       refused, nothing happened
 *
 * 404 for a read means 'absent' only in the service's own words for this
 * resource: a proxy's page, a wrong resource group or a missing parent are
 * errors, since taking them for 'absent' would make cutover create things.
 *
 * Threads: one at a time.
 */
#include "adapters/azure/arm.h"

#include <string.h>

#include "adapters/azure/id.h"
#include "orchestrator/base/clock.h"

#define PAGES_MAX 200
#define BACKOFF_FIRST_MS 500
#define BACKOFF_MAX_MS 20000

bool arm_check(const struct target *t, struct err *e)
{
	const char *end =
		target_param(t, "endpoint", "https://management.azure.com");
	const char *login =
		target_param(t, "login", "https://login.microsoftonline.com");
	const char *tenant = target_param(t, "tenant", "x");

	if (!http_url_check(end, e) || !http_url_check(login, e))
		return err_wrap(e, "'%s'", t->name);
	if (!id_name_valid(tenant))
		return err_set(e, ERR_INVALID, "'%s': '%.100s' is no tenant",
			       t->name, tenant);
	return auth_check(t, e);
}

struct arm *arm_new(const struct target *t, struct err *e)
{
	struct arm *a;

	if (!arm_check(t, e))
		return NULL;
	a = mem_alloc(sizeof(*a));
	a->origin = http_url_origin(
		target_param(t, "endpoint", "https://management.azure.com"), e);
	a->http = http_new(target_param(t, "ca_file", NULL));
	a->auth = auth_new(t, a->http);
	return a;
}

void arm_free(struct arm *a)
{
	if (!a)
		return;
	auth_free(a->auth);
	http_free(a->http);
	free(a->origin);
	free(a);
}

bool arm_wait(struct arm *a, uint32_t ms)
{
	int64_t us = (int64_t)ms * 1000;

	if (clock_mono_us() + us >= a->ctx->deadline_us)
		return false;
	clock_sleep_us(us);
	return true;
}

/* ---- traces ---- */

static bool is_hidden(const char *key)
{
	static const char *const keys[] = {"sharedKey", "authorizationKey",
					   "serviceKey", "access_token",
					   "accessToken"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static void hide(json_t *j)
{
	const char *key;
	void *safe;
	json_t *v;
	size_t i;

	if (json_is_array(j))
		json_array_foreach(j, i, v) hide(v);
	if (!json_is_object(j))
		return;
	json_object_foreach_safe(j, safe, key, v)
	{
		if (is_hidden(key) && !json_is_null(v))
			json_object_set_new(j, key, json_string("<hidden>"));
		else
			hide(v);
	}
}

char *arm_redact(const char *text, size_t n)
{
	json_t *j;
	char *out;

	if (!n)
		return mem_strdup("");
	j = json_text_parse(text, n, NULL);
	if (!j)
		return mem_format("(%zu bytes that are no JSON)", n);
	hide(j);
	out = json_text_canonical(j);
	json_decref(j);
	return out;
}

static void trace(struct arm *a, const char *what, const char *text, size_t n)
{
	mem_auto_free char *shown = NULL;

	if (!a->ctx || !a->ctx->trace)
		return;
	shown = arm_redact(text, n);
	a->ctx->trace(a->ctx->trace_arg, what, shown);
}

/* ---- one exchange ---- */

char *arm_url(const struct arm *a, const char *path, const char *query)
{
	return mem_format("%s%s?api-version=" AZURE_API_VERSION "%s%s",
			  a->origin, path, query ? "&" : "",
			  query ? query : "");
}

static enum http_fate exchange_once(struct arm *a,
				    const struct http_request *like,
				    struct http_response *ret, struct err *e)
{
	struct http_request r = *like;

	r.deadline_us = a->ctx->deadline_us;
	r.bearer = auth_token(a->auth, r.deadline_us, e);
	if (!r.bearer)
		return HTTP_NOT_SENT;
	return http_send(a->http, &r, ret, e);
}

enum http_fate arm_exchange(struct arm *a, const char *method, const char *url,
			    const char *body, bool change,
			    struct http_response *ret, struct err *e)
{
	struct http_request r = {
		.method = method, .url = url, .body = body, .change = change};
	mem_auto_free char *line = mem_format("%s %s", method, url);
	enum http_fate fate;

	trace(a, line, body ? body : "", body ? strlen(body) : 0);
	fate = exchange_once(a, &r, ret, e);
	if (fate == HTTP_ANSWERED && ret->status == 401) {
		http_response_done(ret);
		auth_forget(a->auth);
		fate = exchange_once(a, &r, ret, e);
	}
	if (fate == HTTP_ANSWERED) {
		mem_auto_free char *status =
			mem_format("answer %ld", ret->status);

		trace(a, status, buf_str(&ret->body), ret->body.len);
	}
	return fate;
}

/* ---- what answers mean ---- */

const char *arm_error_code(const json_t *body)
{
	return json_peek_str(json_peek(body, "error"), "code", "");
}

const char *arm_error_text(const json_t *body)
{
	return json_peek_str(json_peek(body, "error"), "message", "");
}

bool arm_code_is_busy(const char *code)
{
	static const char *const codes[] = {
		"RetryableErrorDueToAnotherOperation",
		"AnotherOperationInProgress",
		"ReferencedResourceNotProvisioned",
		"ResourceNotProvisioned",
		"RetryableError",
		"TooManyRequests",
		"OperationNotAllowedDueToAnotherOperation",
		"CanceledAndSupersededDueToAnotherOperation",
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

enum outcome arm_judge(long status, const char *code)
{
	if (status == 200 || status == 201 || status == 202 || status == 204)
		return OUTCOME_APPLIED;
	if (status == 429 || (status < 500 && arm_code_is_busy(code)))
		return OUTCOME_RETRY;
	if (status == 408 || status >= 500 || status < 400)
		return OUTCOME_UNKNOWN;
	if (status == 401 || status == 403)
		return OUTCOME_FATAL;
	return OUTCOME_REFUSED;
}

static const char *what_to_do(long status, const char *code)
{
	if (status == 403)
		return "; give the identity the roles that the guide lists";
	if (strcmp(code, "ScopeLocked") == 0)
		return "; take the lock off the resource for the window";
	if (strcmp(code, "ResourceGroupNotFound") == 0 ||
	    strcmp(code, "SubscriptionNotFound") == 0)
		return "; correct 'subscription' or 'resource_group' in the "
		       "plan";
	return "";
}

bool arm_refusal(const char *method, const char *path, long status,
		 const json_t *body, struct err *e)
{
	const char *code = arm_error_code(body);
	enum err_code is = ERR_REFUSED;

	if (status == 408 || status >= 500)
		is = ERR_UNKNOWN;
	else if (status == 429 || arm_code_is_busy(code))
		is = ERR_RETRY;
	return err_set(e, is, "%s '%s': status %ld%s%.80s%s%.400s%s", method,
		       id_name(path), status, *code ? ", " : "", code,
		       *code ? ": " : "", arm_error_text(body),
		       what_to_do(status, code));
}

/* ---- reads ---- */

static bool is_absent(const json_t *body)
{
	const char *code = arm_error_code(body);

	return strcmp(code, "ResourceNotFound") == 0 ||
	       strcmp(code, "NotFound") == 0;
}

static uint32_t next_wait(uint32_t *backoff_ms, uint32_t retry_after_s)
{
	uint32_t ms = *backoff_ms;

	*backoff_ms = ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : ms * 2;
	return retry_after_s ? retry_after_s * 1000 : ms;
}

/* One read; ret_again_s: an answer asked for patience (or 0). */
static bool get_once(struct arm *a, const char *url, const char *path,
		     json_t **ret, uint32_t *ret_again_s, struct err *e)
{
	http_response_auto r = {0};
	json_t *j;

	*ret_again_s = 0;
	if (arm_exchange(a, "GET", url, NULL, false, &r, e) != HTTP_ANSWERED) {
		/* a login that was refused stays refused */
		if (e && e->code != ERR_REFUSED && e->code != ERR_INVALID &&
		    e->code != ERR_USAGE && e->code != ERR_IO)
			e->code = ERR_RETRY;
		return false;
	}
	*ret_again_s = http_retry_after(&r, clock_wall_us());
	j = json_text_parse(buf_str(&r.body), r.body.len, NULL);
	if (r.status == 200 && json_is_object(j)) {
		*ret = j;
		return true;
	}
	if (r.status == 404 && is_absent(j)) {
		json_decref(j);
		*ret = NULL;
		return true;
	}
	if (r.status == 200)
		err_set(e, ERR_RETRY, "GET '%s': the answer is no JSON object",
			id_name(path));
	else
		arm_refusal("GET", path, r.status, j, e);
	if (e && e->code == ERR_UNKNOWN)
		e->code = ERR_RETRY;
	json_decref(j);
	return false;
}

static bool get_url(struct arm *a, const char *url, const char *path,
		    json_t **ret, struct err *e)
{
	uint32_t backoff = BACKOFF_FIRST_MS, again = 0;
	err_auto why = ERR_INIT;

	for (;;) {
		if (get_once(a, url, path, ret, &again, &why))
			return true;
		if (why.code != ERR_RETRY ||
		    !arm_wait(a, next_wait(&backoff, again))) {
			err_move(e, &why);
			return false;
		}
	}
}

bool arm_get(struct arm *a, const char *path, const char *query, json_t **ret,
	     struct err *e)
{
	mem_auto_free char *url = arm_url(a, path, query);

	return get_url(a, url, path, ret, e);
}

/* The next page is where the service says, but only there where we asked. */
static char *next_page(const struct arm *a, const json_t *page)
{
	const char *next = json_peek_str(page, "nextLink", NULL);
	mem_auto_free char *origin = next ? http_url_origin(next, NULL) : NULL;

	return origin && strcmp(origin, a->origin) == 0 ? mem_strdup(next)
							: NULL;
}

bool arm_list(struct arm *a, const char *path, json_t **ret, struct err *e)
{
	char *url = arm_url(a, path, NULL);
	json_t *all = json_array();

	for (int i = 0; url && i < PAGES_MAX; i++) {
		json_t *page = NULL;

		if (!get_url(a, url, path, &page, e)) {
			free(url);
			json_decref(all);
			return false;
		}
		if (json_is_array(json_peek(page, "value")))
			json_array_extend(all, json_peek(page, "value"));
		free(url);
		url = next_page(a, page);
		json_decref(page);
	}
	free(url);
	*ret = all;
	return true;
}
