/*
 * change_test.c - every answer of a daemon, and what it means
 *
 * The library is a fake: it says what it is told to say, and counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "adapters/libvirt/change.h"

static struct {
	bool exists, active, transient; /* the network now */
	bool read_fails, read_fails_after;
	enum lib_answer answer;
	bool happens; /* the switch takes effect, whatever the answer */
	int plugged;  /* id of a domain on it; 0: none */
	int switched;
} fake;

bool lib_network_read(struct lib *l, const char *name,
		      struct facts_network *ret, struct err *e)
{
	(void)l;
	(void)name;
	if (fake.read_fails || (fake.switched && fake.read_fails_after))
		return err_set(e, ERR_IO, "no connection");
	ret->exists = fake.exists;
	ret->active = fake.active;
	ret->persistent = !fake.transient;
	return true;
}

bool lib_vnet_read(struct lib *l, const char *network, struct facts *ret,
		   struct err *e)
{
	if (!lib_network_read(l, network, &ret->network, e))
		return false;
	if (!fake.plugged)
		return true;
	MEM_GROW(ret->domains, ret->n_domains, ret->cap_domains);
	ret->domains[ret->n_domains++] = (struct facts_domain){
		.name = mem_strdup("vm1"), .id = fake.plugged};
	return true;
}

enum lib_answer lib_network_switch(struct lib *l, const char *name, bool on,
				   struct err *e)
{
	(void)l;
	fake.switched++;
	if (fake.happens)
		fake.active = on;
	if (fake.answer != LIB_DONE)
		err_set(e, ERR_UNKNOWN, "cannot switch '%s'", name);
	return fake.answer;
}

static void assert_outcome(bool on, enum outcome want, enum err_code code,
			   int switched)
{
	err_auto e = ERR_INIT;

	fake.switched = 0;
	assert_int_equal(change_network(NULL, "n", on, &e), want);
	assert_int_equal(e.code, code);
	assert_int_equal(e.msg == NULL, code == ERR_NONE);
	assert_int_equal(fake.switched, switched);
}

static void fresh(bool active, enum lib_answer answer, bool happens)
{
	memset(&fake, 0, sizeof(fake));
	fake.exists = true;
	fake.active = active;
	fake.answer = answer;
	fake.happens = happens;
}

static void test_done(void **state)
{
	(void)state;
	fresh(false, LIB_DONE, true);
	assert_outcome(true, OUTCOME_APPLIED, ERR_NONE, 1);
	assert_outcome(true, OUTCOME_UNCHANGED, ERR_NONE, 0);
	assert_outcome(false, OUTCOME_APPLIED, ERR_NONE, 1);
	assert_outcome(false, OUTCOME_UNCHANGED, ERR_NONE, 0);
	fresh(false, LIB_DONE, false); /* it says done, and it is not */
	assert_outcome(true, OUTCOME_UNKNOWN, ERR_UNKNOWN, 1);
	fresh(false, LIB_DONE, true);
	fake.read_fails_after = true;
	assert_outcome(true, OUTCOME_UNKNOWN, ERR_UNKNOWN, 1);
}

static void test_nothing_was_sent(void **state)
{
	(void)state;
	fresh(false, LIB_DONE, true);
	fake.exists = false;
	assert_outcome(true, OUTCOME_REFUSED, ERR_REFUSED, 0);
	fresh(false, LIB_DONE, true);
	fake.read_fails = true;
	assert_outcome(true, OUTCOME_RETRY, ERR_RETRY, 0);
	fresh(false, LIB_NOT_SENT, false);
	assert_outcome(true, OUTCOME_RETRY, ERR_RETRY, 1);
}

static void test_errors(void **state)
{
	(void)state;
	fresh(false, LIB_NO, false);
	assert_outcome(true, OUTCOME_REFUSED, ERR_REFUSED, 1);
	fresh(false, LIB_BUSY, false);
	assert_outcome(true, OUTCOME_RETRY, ERR_RETRY, 1);
	fresh(false, LIB_IS_SO, false);
	assert_outcome(true, OUTCOME_REFUSED, ERR_REFUSED, 1);
	fresh(false, LIB_NO, true); /* an error, and yet it happened */
	assert_outcome(true, OUTCOME_UNKNOWN, ERR_UNKNOWN, 1);
	fresh(false, LIB_IS_SO, true); /* somebody else was faster */
	assert_outcome(true, OUTCOME_UNCHANGED, ERR_NONE, 1);
	fresh(false, LIB_NO, false);
	fake.read_fails_after = true;
	assert_outcome(true, OUTCOME_UNKNOWN, ERR_UNKNOWN, 1);
}

static void test_lost(void **state)
{
	(void)state;
	fresh(false, LIB_LOST, false);
	assert_outcome(true, OUTCOME_UNKNOWN, ERR_UNKNOWN, 1);
	fresh(true, LIB_LOST, true);
	assert_outcome(false, OUTCOME_UNKNOWN, ERR_UNKNOWN, 1);
}

static void test_stopping_that_would_hurt(void **state)
{
	(void)state;
	fresh(true, LIB_DONE, true);
	fake.transient = true;
	assert_outcome(false, OUTCOME_REFUSED, ERR_REFUSED, 0);
	fresh(true, LIB_DONE, true);
	fake.plugged = 7;
	assert_outcome(false, OUTCOME_REFUSED, ERR_REFUSED, 0);
	fake.plugged = -1; /* a machine that does not run */
	assert_outcome(false, OUTCOME_APPLIED, ERR_NONE, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_nothing_was_sent),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_stopping_that_would_hurt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
