/*
 * Signed heads: what was signed verifies with the public half alone, anything
 * else does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "orchestrator/base/mem.h"
#include "orchestrator/journal/head.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH_CHANGED                                                           \
	"10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static char dir[] = "/tmp/cutover-head-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) && chmod(dir, 0700) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	mem_auto_free char *key = mem_format("%s/evidence.key", dir);

	(void)state;
	unlink(key);
	return rmdir(dir);
}

static void test_signed(void **state)
{
	err_auto e = ERR_INIT;
	mem_auto_free char *head =
		journal_head_sign(dir, true, "run-a", 7, HASH, &e);
	mem_auto_free char *again =
		journal_head_sign(dir, false, "run-a", 7, HASH, &e);
	mem_auto_free char *pem = journal_head_public(dir, false, &e);
	mem_auto_free char *place = NULL;
	mem_auto_free char *signature = NULL;

	(void)state;
	assert_non_null(head);
	assert_string_equal(head, again); /* one key, kept */
	assert_non_null(strstr(pem, "PUBLIC KEY"));
	assert_null(strstr(pem, "PRIVATE"));
	assert_true(journal_head_parse(head, &place, &signature, &e));
	assert_string_equal(place, "7:" HASH);
	assert_true(journal_head_verify(pem, "run-a", place, signature, &e));
	assert_false(journal_head_verify(pem, "run-b", place, signature, NULL));
	assert_false(
		journal_head_verify(pem, "run-a", "8:" HASH, signature, NULL));
	assert_false(journal_head_verify(pem, "run-a", "7:" HASH_CHANGED,
					 signature, NULL));
	signature[3] = signature[3] == 'A' ? 'B' : 'A';
	assert_false(journal_head_verify(pem, "run-a", place, signature, NULL));
}

static void test_without_signature(void **state)
{
	char *place = NULL, *signature = NULL;

	(void)state;
	assert_true(journal_head_parse("12:" HASH, &place, &signature, NULL));
	assert_string_equal(place, "12:" HASH);
	assert_null(signature);
	free(place);
}

/* To look makes no key. */
static void test_no_key_yet(void **state)
{
	mem_auto_free char *none = mem_format("%s/none", dir);
	mem_auto_free char *head =
		journal_head_sign(none, false, "r", 1, HASH, NULL);
	err_auto e = ERR_INIT;
	mem_auto_free char *pem = journal_head_public(none, false, &e);

	(void)state;
	assert_null(head);
	assert_null(pem);
	assert_int_equal(e.code, ERR_USAGE);
	assert_int_not_equal(access(none, F_OK), 0);
}

static void test_key_that_is_none(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	assert_false(
		journal_head_verify("no key", "run-a", "7:" HASH, "AAAA", &e));
	assert_non_null(strstr(e.msg, "head '7:" HASH "' of run 'run-a'"));
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"",	   "7",		  ":" HASH,	 "7:",	    "7:abc",
		"x:" HASH, "7:" HASH "0", "7:" HASH "x", "7-" HASH, "-7:" HASH};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err_auto e = ERR_INIT;
		char *place = NULL, *signature = NULL;

		assert_false(
			journal_head_parse(bad[i], &place, &signature, &e));
		assert_int_equal(e.code, ERR_USAGE);
		assert_null(place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_without_signature),
		cmocka_unit_test(test_no_key_yet),
		cmocka_unit_test(test_key_that_is_none),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
