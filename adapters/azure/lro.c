/*
 * lro.c - following long operations
 *
 * A poll that is not answered, throttled or met with 5xx says nothing about
 * the operation: it is still running.  404 and 410 say that the address is
 * gone.  A body that is not understood is treated like a lost address: the
 * resource itself is asked, never the operation repeated.
 *
 * The answers differ by service (seen in the published examples): reads of
 * gateways name 'Azure-AsyncOperation' only, reads of circuits 'Location'
 * only, and the result lies at the Location, in 'properties' or in 'output'.
 */
#include "adapters/azure/lro.h"

#include <string.h>
#include <strings.h>

#include "adapters/azure/id.h"
#include "orchestrator/base/clock.h"

#define URL_MAX 16384
#define WAIT_DEFAULT_S 2

void lro_done(struct lro *l)
{
	free(l->method);
	free(l->resource);
	free(l->operation);
	free(l->location);
	*l = (struct lro){0};
}

/* Ours, or a regional host of ours: 'https://x.management.azure.com'. */
static bool is_trusted(const char *origin, const char *url)
{
	mem_auto_free char *is = NULL;
	const char *host = strstr(origin, "://");
	size_t n, k;

	if (strlen(url) > URL_MAX)
		return false;
	is = http_url_origin(url, NULL);
	if (!is)
		return false;
	if (strcmp(is, origin) == 0)
		return true;
	host += 3;
	n = strlen(is);
	k = strlen(host);
	return strncmp(is, "https://", 8) == 0 && n > k + 9 &&
	       strcmp(is + n - k, host) == 0 && is[n - k - 1] == '.';
}

static char *trusted(const char *origin, const char *url)
{
	return url && is_trusted(origin, url) ? mem_strdup(url) : NULL;
}

bool lro_begin(struct lro *l, const char *origin, const char *method,
	       const char *resource, const struct http_response *r)
{
	*l = (struct lro){
		.method = mem_strdup(method),
		.resource = mem_strdup(resource),
		.operation =
			trusted(origin, http_header(r, "Azure-AsyncOperation")),
		.location = trusted(origin, http_header(r, "Location")),
		.wait_s = http_retry_after(r, clock_wall_us()),
	};
	return l->operation || l->location;
}

char *lro_token(const struct lro *l)
{
	json_auto *j = json_pack("{s:s,s:s,s:s*,s:s*}", "method", l->method,
				 "resource", l->resource, "operation",
				 l->operation, "location", l->location);

	return json_text_canonical(j);
}

bool lro_parse(const char *token, const char *origin, struct lro *ret,
	       struct err *e)
{
	json_auto *j = json_text_parse(token, strlen(token), e);
	const char *method = json_peek_str(j, "method", NULL);
	const char *resource = json_peek_str(j, "resource", NULL);

	*ret = (struct lro){0};
	if (!j)
		return false;
	if (!method || !resource || *resource != '/')
		return err_set(e, ERR_INVALID,
			       "the record of the operation under way is "
			       "damaged");
	ret->method = mem_strdup(method);
	ret->resource = mem_strdup(resource);
	ret->operation = trusted(origin, json_peek_str(j, "operation", NULL));
	ret->location = trusted(origin, json_peek_str(j, "location", NULL));
	return true;
}

static enum lro_state failed(const struct lro *l, const json_t *body,
			     const char *status, struct err *e)
{
	const char *code = arm_error_code(body);

	err_set(e, arm_code_is_busy(code) ? ERR_RETRY : ERR_REFUSED,
		"%s '%s' ended '%s'%s%.80s%s%.400s", l->method,
		id_name(l->resource), status, *code ? ", " : "", code,
		*code ? ": " : "", arm_error_text(body));
	return LRO_FAILED;
}

static enum lro_state judge_status(const struct lro *l, const json_t *body,
				   struct err *e)
{
	const char *s = json_peek_str(body, "status", NULL);

	if (!s)
		return LRO_LOST;
	if (strcasecmp(s, "Succeeded") == 0)
		return LRO_SUCCEEDED;
	if (strcasecmp(s, "Failed") == 0 || strcasecmp(s, "Canceled") == 0 ||
	    strcasecmp(s, "Cancelled") == 0)
		return failed(l, body, s, e);
	return LRO_RUNNING;
}

static enum lro_state judge_location(const struct lro *l, long status,
				     const json_t *body, struct err *e)
{
	if (status == 202)
		return LRO_RUNNING;
	if (status == 200 || status == 201 || status == 204)
		return LRO_SUCCEEDED;
	return failed(l, body, "Failed", e);
}

/* Does this status say nothing about the operation? */
static bool says_nothing(long status)
{
	return status == 401 || status == 403 || status == 408 ||
	       status == 429 || status >= 500 || status < 200 ||
	       (status >= 300 && status < 400);
}

/* The result that an operation's own answer carries, or NULL. */
static json_t *result_in(const json_t *body)
{
	json_t *p = json_peek(body, "properties");
	json_t *out = json_peek(p, "output");

	if (!out)
		out = json_peek(body, "output");
	if (!out && json_peek(body, "value"))
		return json_incref((json_t *)body);
	return json_incref(out ? out : p);
}

static void fetch_result(struct arm *a, struct lro *l, json_t *body,
			 json_t **ret)
{
	http_response_auto r = {0};
	json_t *j = NULL;

	if (l->operation && l->location &&
	    arm_exchange(a, "GET", l->location, NULL, false, &r, NULL) ==
		    HTTP_ANSWERED &&
	    r.status == 200)
		j = json_text_parse(buf_str(&r.body), r.body.len, NULL);
	else if (!l->operation)
		j = json_incref(body);
	*ret = j ? j : result_in(body);
}

enum lro_state lro_poll(struct arm *a, struct lro *l, json_t **ret_result,
			struct err *e)
{
	const char *url = l->operation ? l->operation : l->location;
	http_response_auto r = {0};
	enum lro_state state;
	json_t *body;

	if (!url)
		return LRO_LOST;
	l->wait_s = 0;
	if (arm_exchange(a, "GET", url, NULL, false, &r, e) != HTTP_ANSWERED)
		return LRO_RUNNING;
	l->wait_s = http_retry_after(&r, clock_wall_us());
	if (says_nothing(r.status)) {
		err_set(e, ERR_RETRY, "asking how '%s' goes: status %ld",
			id_name(l->resource), r.status);
		return LRO_RUNNING;
	}
	if (r.status == 404 || r.status == 410)
		return LRO_LOST;
	body = json_text_parse(buf_str(&r.body), r.body.len, NULL);
	if (l->operation && r.status == 202)
		state = LRO_RUNNING;
	else if (l->operation)
		state = judge_status(l, body, e);
	else
		state = judge_location(l, r.status, body, e);
	if (state == LRO_SUCCEEDED && ret_result)
		fetch_result(a, l, body, ret_result);
	json_decref(body);
	return state;
}

/* ---- reads ---- */

static bool follow(struct arm *a, struct lro *l, json_t **ret, struct err *e)
{
	for (;;) {
		uint32_t s = l->wait_s ? l->wait_s : WAIT_DEFAULT_S;
		err_auto why = ERR_INIT;
		enum lro_state state;

		/* what is quick is asked quickly */
		if (!l->wait_s && !arm_wait(a, 250))
			break;
		if (l->wait_s && !arm_wait(a, s * 1000))
			break;
		state = lro_poll(a, l, ret, &why);
		if (state == LRO_SUCCEEDED)
			return true;
		if (state == LRO_LOST)
			return err_set(e, ERR_RETRY,
				       "reading '%s': the answer got lost",
				       id_name(l->resource));
		if (state == LRO_FAILED) {
			err_move(e, &why);
			return false;
		}
	}
	return err_set(e, ERR_RETRY, "reading '%s' took too long",
		       id_name(l->resource));
}

bool lro_read(struct arm *a, const char *path, const char *query, json_t **ret,
	      struct err *e)
{
	mem_auto_free char *url = arm_url(a, path, query);
	http_response_auto r = {0};
	lro_auto l = {0};
	json_t *j;
	bool ok;

	*ret = NULL;
	if (arm_exchange(a, "POST", url, "", false, &r, e) != HTTP_ANSWERED)
		return err_wrap(e, "reading '%s'", id_name(path));
	if (r.status == 202 && lro_begin(&l, a->origin, "POST", path, &r))
		return follow(a, &l, ret, e);
	j = json_text_parse(buf_str(&r.body), r.body.len, NULL);
	ok = r.status == 200 && json_is_object(j);
	if (ok)
		*ret = json_incref(j);
	else
		arm_refusal("POST", path, r.status, j, e);
	json_decref(j);
	return ok;
}
