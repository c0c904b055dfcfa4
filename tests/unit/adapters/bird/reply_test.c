/*
 * reply_test.c - the answers of birdc -v, and names as symbols
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "adapters/bird/name.h"
#include "adapters/bird/reply.h"
#include "orchestrator/base/mem.h"

static const char refused[] =
	"0001 BIRD 2.0.12 ready.\n"
	"0002-Reading configuration from /etc/bird/bird.conf\n"
	"8002 /etc/bird/cutover.conf:1:12 syntax error, unexpected "
	"CF_SYM_UNDEFINED\n";

static void finds_codes(void **state)
{
	mem_auto_free char *text =
		bird_reply_text(refused, strlen(refused), BIRD_READING);
	mem_auto_free char *error = bird_reply_error(refused, strlen(refused));

	(void)state;
	assert_true(bird_reply_has(refused, strlen(refused), BIRD_WELCOME));
	assert_false(
		bird_reply_has(refused, strlen(refused), BIRD_RECONFIGURED));
	assert_string_equal("Reading configuration from /etc/bird/bird.conf",
			    text);
	assert_string_equal("/etc/bird/cutover.conf:1:12 syntax error, "
			    "unexpected CF_SYM_UNDEFINED (8002)",
			    error);
}

static void tells_birdc_from_bird(void **state)
{
	static const char none[] = "Unable to connect to server control socket "
				   "(/nonexist): No such file or directory\n";
	mem_auto_free char *error = bird_reply_error(none, strlen(none));

	(void)state;
	assert_string_equal("Unable to connect to server control socket "
			    "(/nonexist): No such file or directory",
			    error);
	assert_null(bird_reply_error("", 0));
	assert_null(bird_reply_error("0018 Reconfiguration confirmed\n", 31));
}

static void makes_symbols(void **state)
{
	char a[BIRD_SYMBOL_MAX + 1], b[BIRD_SYMBOL_MAX + 1];
	char name[200];

	(void)state;
	assert_true(bird_symbol("er-hq/primary/private", a, NULL));
	assert_string_equal("CUTOVER_er_hq_primary_private", a);
	assert_true(bird_symbol("CUTOVER-x-in-g7", a, NULL));
	assert_string_equal("CUTOVER_x_in_g7", a);
	assert_false(bird_symbol("a;b", a, NULL));
	assert_false(bird_symbol("", a, NULL));
	memset(name, 'x', sizeof(name));
	name[100] = '\0';
	assert_true(bird_symbol(name, a, NULL));
	name[99] = 'y';
	assert_true(bird_symbol(name, b, NULL));
	assert_int_equal(BIRD_SYMBOL_MAX, strlen(a));
	assert_string_not_equal(a, b);
}

static void refuses_two_names_for_one_symbol(void **state)
{
	struct bird_names names = {0};
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(bird_names_add(&names, "a/b", &e));
	assert_false(bird_names_add(&names, "a-b", &e));
	assert_non_null(strstr(err_msg(&e), "'a/b' and 'a-b'"));
	assert_false(bird_names_add(&names, "CUTOVER-text", &e));
	assert_false(bird_names_add(&names, "bfd", &e));
	bird_names_done(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_codes),
		cmocka_unit_test(tells_birdc_from_bird),
		cmocka_unit_test(makes_symbols),
		cmocka_unit_test(refuses_two_names_for_one_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
