/* The table of keys: complete, without doubles, and what changes a run is
 * never beside what does not. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/keys.h"

static bool changes_something(enum intent i)
{
	static const enum intent v[] = {
		INTENT_START,	     INTENT_PRACTICE, INTENT_APPROVE,
		INTENT_WITHDRAW,     INTENT_GO,	      INTENT_HOLD,
		INTENT_ROLLBACK,     INTENT_ABORT,    INTENT_ACCEPT,
		INTENT_TAKE_BACK,    INTENT_CONTROL,  INTENT_SOAK_LONGER,
		INTENT_SOAK_SHORTER, INTENT_POSTPONE, INTENT_THROTTLE,
		INTENT_RESUME};

	for (size_t k = 0; k < sizeof(v) / sizeof(*v); k++)
		if (v[k] == i)
			return true;
	return false;
}

static void test_one_meaning_a_screen(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++)
		for (size_t k = 0; k < n_keys; k++) {
			if (i == k || !(keys[i].screens & keys[k].screens))
				continue;
			assert_int_not_equal(keys[i].key, keys[k].key);
			assert_int_not_equal(keys[i].key, keys[k].other);
		}
}

static void test_one_word_an_intent(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++) {
		assert_int_equal(keys_word(keys[i].word), keys[i].intent);
		assert_ptr_equal(keys_of(keys[i].intent), &keys[i]);
		assert_true(strlen(keys[i].help) > 5);
		/* beside key and word on 80 columns */
		assert_true(strlen(keys[i].help) <= 57);
	}
	assert_int_equal(keys_word("no such word"), INTENT_NONE);
	assert_null(keys_of(INTENT_NONE));
}

/* Shift is the first guard; and the same letter without it does nothing that
 * changes a run either. */
static void test_what_changes_is_a_capital(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++) {
		if (!changes_something(keys[i].intent)) {
			assert_false(keys[i].key < 0x80 &&
				     isupper(keys[i].key));
			continue;
		}
		assert_true(isupper(keys[i].key));
		assert_int_equal(keys[i].other, 0);
	}
}

static void test_every_screen_has_its_exits(void **state)
{
	(void)state;
	for (int s = 0; s < SCREENS; s++) {
		assert_int_equal(keys_find(s, 'q'), INTENT_LEAVE);
		assert_int_equal(keys_find(s, '?'), INTENT_HELP);
		assert_int_equal(keys_find(s, KEYS_DOWN), INTENT_DOWN);
		assert_int_equal(keys_find(s, 0x7f), INTENT_NONE);
		assert_int_equal(keys_find(s, 0), INTENT_NONE);
	}
	assert_int_equal(keys_find(SCREEN_LOG, KEYS_ESCAPE), INTENT_BACK);
	assert_int_equal(keys_find(SCREEN_LOG, 'R'), INTENT_NONE);
	assert_int_equal(keys_find(SCREEN_CUTOVER, 'R'), INTENT_ROLLBACK);
}

static void test_labels(void **state)
{
	char l[8];

	(void)state;
	assert_string_equal(keys_label('G', l), "G");
	assert_string_equal(keys_label(' ', l), "Space");
	assert_string_equal(keys_label(KEYS_PAGE_DOWN, l), "PgDn");
	assert_string_equal(keys_label(KEYS_TAB, l), "Tab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_meaning_a_screen),
		cmocka_unit_test(test_one_word_an_intent),
		cmocka_unit_test(test_what_changes_is_a_capital),
		cmocka_unit_test(test_every_screen_has_its_exits),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
