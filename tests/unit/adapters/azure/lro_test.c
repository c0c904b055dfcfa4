/*
 * lro_test.c - long operations, error rules, tokens: without a network
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/azure/auth.h"
#include "adapters/azure/jwt.h"
#include "adapters/azure/lro.h"

#define ORIGIN "https://management.azure.com"

static void begin(struct lro *l, const char *operation, const char *location,
		  const char *retry)
{
	struct http_header h[3];
	struct http_response r = {.headers = h};

	if (operation)
		h[r.n_headers++] = (struct http_header){
			(char *)"azure-asyncoperation", (char *)operation};
	if (location)
		h[r.n_headers++] = (struct http_header){(char *)"LOCATION",
							(char *)location};
	if (retry)
		h[r.n_headers++] = (struct http_header){(char *)"Retry-After",
							(char *)retry};
	lro_begin(l, ORIGIN, "PUT", "/subscriptions/x", &r);
}

static void test_begin(void **state)
{
	lro_auto both = {0}, one = {0}, none = {0};

	(void)state;
	begin(&both, ORIGIN "/op", ORIGIN "/loc", "17");
	assert_string_equal(both.operation, ORIGIN "/op");
	assert_string_equal(both.location, ORIGIN "/loc");
	assert_int_equal(both.wait_s, 17);
	begin(&one, NULL, "https://westeurope.management.azure.com/l", NULL);
	assert_null(one.operation);
	assert_non_null(one.location);
	begin(&none, NULL, NULL, NULL);
	assert_null(none.operation);
	assert_null(none.location);
}

/* A token must not go where an answer says. */
static void test_begin_hostile(void **state)
{
	static const char *const v[] = {
		"https://evil.example/op",
		"http://management.azure.com/op",
		"https://management.azure.com.evil.example/op",
		"https://evilmanagement.azure.com/op",
		"https://management.azure.com@evil.example/op",
		"https://management.azure.com:8443/op",
		"//evil.example/op",
		"file:///etc/passwd",
		"",
		"\xff",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		lro_auto l = {0};

		begin(&l, v[i], v[i], NULL);
		if (l.operation || l.location)
			fail_msg("'%s' was followed", v[i]);
	}
}

static void test_token(void **state)
{
	lro_auto l = {0}, back = {0}, bad = {0};
	mem_auto_free char *token = NULL;
	mem_auto_free char *evil = NULL;
	char *longer = mem_alloc(6000);
	static const char *const broken[] = {"", "{}", "[]", "{\"method\":1}",
					     "{\"method\":\"PUT\","
					     "\"resource\":\"x\"}"};

	(void)state;
	memset(longer, 'x', 5999);
	memcpy(longer, ORIGIN "/", strlen(ORIGIN) + 1);
	begin(&l, longer, ORIGIN "/loc", NULL);
	token = lro_token(&l);
	assert_true(lro_parse(token, ORIGIN, &back, NULL));
	assert_string_equal(back.operation, longer);
	assert_string_equal(back.location, ORIGIN "/loc");
	assert_string_equal(back.method, "PUT");
	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		assert_false(lro_parse(broken[i], ORIGIN, &bad, NULL));
	evil = mem_strdup("{\"method\":\"PUT\",\"resource\":\"/x\","
			  "\"operation\":\"https://evil.example/\"}");
	assert_true(lro_parse(evil, ORIGIN, &bad, NULL));
	assert_null(bad.operation);
	free(longer);
}

static void test_rules(void **state)
{
	static const struct {
		long status;
		const char *code;
		enum outcome is;
	} v[] = {
		{200, "", OUTCOME_APPLIED},
		{201, "", OUTCOME_APPLIED},
		{202, "", OUTCOME_APPLIED},
		{204, "", OUTCOME_APPLIED},
		{429, "", OUTCOME_RETRY},
		{429, "RetryableErrorDueToAnotherOperation", OUTCOME_RETRY},
		{409, "AnotherOperationInProgress", OUTCOME_RETRY},
		{400, "AnotherOperationInProgress", OUTCOME_RETRY},
		{400, "ReferencedResourceNotProvisioned", OUTCOME_RETRY},
		{400, "InvalidRequestFormat", OUTCOME_REFUSED},
		{404, "ParentResourceNotFound", OUTCOME_REFUSED},
		{409, "ScopeLocked", OUTCOME_REFUSED},
		{412, "PreconditionFailed", OUTCOME_REFUSED},
		{401, "", OUTCOME_FATAL},
		{403, "AuthorizationFailed", OUTCOME_FATAL},
		{408, "", OUTCOME_UNKNOWN},
		{500, "InternalServerError", OUTCOME_UNKNOWN},
		{502, "", OUTCOME_UNKNOWN},
		{503, "AnotherOperationInProgress", OUTCOME_UNKNOWN},
		{504, "", OUTCOME_UNKNOWN},
		{302, "", OUTCOME_UNKNOWN},
		{0, "", OUTCOME_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (arm_judge(v[i].status, v[i].code) != v[i].is)
			fail_msg("%ld %s is %s", v[i].status, v[i].code,
				 outcome_name(
					 arm_judge(v[i].status, v[i].code)));
}

static void test_redact(void **state)
{
	static const char text[] =
		"{\"a\":[{\"sharedKey\":\"hunter2\"}],\"properties\":{"
		"\"serviceKey\":\"hunter3\",\"authorizationKey\":\"hunter4\","
		"\"x\":1}}";
	mem_auto_free char *s = arm_redact(text, strlen(text));
	mem_auto_free char *odd = arm_redact("hunter2 hunter2", 15);

	(void)state;
	assert_null(strstr(s, "hunter"));
	assert_non_null(strstr(s, "\"x\":1"));
	assert_null(strstr(odd, "hunter"));
}

static void test_retry_after(void **state)
{
	struct http_header h = {(char *)"retry-after", NULL};
	struct http_response r = {.headers = &h, .n_headers = 1};
	static const struct {
		const char *text;
		uint32_t s;
	} v[] = {
		{"0", 0},
		{"17", 17},
		{"99999999999999", 3600},
		{"-5", 0},
		{"x", 0},
		{"", 0},
		{"Thu, 01 Jan 1970 00:02:00 GMT", 20},
		{"Thu, 01 Jan 1970 00:01:00 GMT", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		h.value = (char *)v[i].text;
		if (http_retry_after(&r, 100 * 1000000) != v[i].s)
			fail_msg("'%s': %u", v[i].text,
				 http_retry_after(&r, 100 * 1000000));
	}
}

static void test_urls(void **state)
{
	static const struct {
		const char *url;
		bool ok;
	} v[] = {
		{"https://management.azure.com/x", true},
		{"http://127.0.0.1:8080/x", true},
		{"http://169.254.169.254/metadata", true},
		{"http://management.azure.com/x", false},
		{"http://127.0.0.1.evil.example/", false},
		{"https://user:pw@management.azure.com/", false},
		{"ftp://127.0.0.1/", false},
		{"file:///etc/passwd", false},
		{"nonsense", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		err_auto e = ERR_INIT;

		if (http_url_check(v[i].url, &e) != v[i].ok)
			fail_msg("'%s'", v[i].url);
		assert_int_equal(v[i].ok, e.code == ERR_NONE);
	}
}

/* {"exp":2000000000} between two dots */
#define JWT "aaaaaaaa.eyJleHAiOjIwMDAwMDAwMDB9.bbbb"

static void test_token_text(void **state)
{
	static const char *const bad[] = {"",
					  " ",
					  "short",
					  "two words",
					  "line\r\nX-Evil: 1xxxxxxx",
					  "{\"accessToken\":\"\"}",
					  "{\"accessToken\":\"a b c d e f\"}",
					  "{\"other\":1}",
					  "{",
					  "error: not logged in"};
	static const struct {
		const char *text;
		int64_t expiry;
	} good[] = {
		{JWT "\n", 2000000000},
		{"opaque-token-1", 0},
		{"{\"accessToken\":\"" JWT "\"}", 2000000000},
		{"{\"accessToken\":\"opaque-1\",\"expires_on\":1900000000}",
		 1900000000},
		{"{\"access_token\":\"opaque-1\",\"expires_on\":"
		 "\"1900000001\"}",
		 1900000001},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t when = 0;

		assert_null(auth_token_parse(bad[i], &when, NULL));
	}
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		int64_t when = -1;
		char *s = auth_token_parse(good[i].text, &when, NULL);

		assert_non_null(s);
		assert_int_equal(when, good[i].expiry);
		mem_wipe_free(s);
	}
}

static void test_jwt_expiry(void **state)
{
	(void)state;
	assert_int_equal(jwt_expiry(JWT), 2000000000);
	assert_int_equal(jwt_expiry("a.b"), 0);
	assert_int_equal(jwt_expiry("a.!!!!.c"), 0);
	assert_int_equal(jwt_expiry("a.a.c"), 0);
	assert_int_equal(jwt_expiry(".."), 0);
}

static void test_jwt_bad_key(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	assert_null(jwt_assertion("no pem", "c", "a", 1, &e));
	assert_non_null(strstr(err_msg(&e), "certificate"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_begin_hostile),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_redact),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_token_text),
		cmocka_unit_test(test_jwt_expiry),
		cmocka_unit_test(test_jwt_bad_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
