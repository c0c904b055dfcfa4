/*
 * redact_test.c - no secret of a configuration is left in its text
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "adapters/bird/redact.h"
#include "orchestrator/port/target.h"

static char *redacted(const char *text)
{
	struct state_list names = {0};
	buf_auto out = BUF_INIT;

	bird_redact_collect(text, strlen(text), &names);
	bird_redact_write(text, strlen(text), &names, &out);
	state_list_done(&names);
	return buf_steal(&out);
}

static void hides(const char *text)
{
	mem_auto_free char *r = redacted(text);
	mem_auto_free char *digest = secret_digest("hunter2");

	assert_null(strstr(r, "hunter2"));
	assert_non_null(strstr(r, digest));
}

static void hides_passwords(void **state)
{
	(void)state;
	hides("protocol bgp x { password \"hunter2\"; }");
	hides("password\t\n \"hunter2\" { id 1; };");
	hides("# was: password \"hunter2\";\n");
	hides("define key = \"hunter2\";\nprotocol bgp x { password key; }");
	hides("protocol bgp x { password key; }\ndefine key = \"hunter2\";");
	hides("password \"hunter2"); /* cut off */
}

static void keeps_the_rest(void **state)
{
	static const char *const same[] = {
		"",
		"log \"/var/log/bird\" all;\nprotocol bgp 'a-b' { hold time 9; "
		"}\n",
		"include \"/etc/bird/*.conf\";",
		"define name = \"text\"; description \"a password is set\";",
		"\"open",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		mem_auto_free char *r = redacted(same[i]);

		assert_string_equal(same[i], r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hides_passwords),
		cmocka_unit_test(keeps_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
