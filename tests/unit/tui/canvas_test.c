/* The canvas: nothing that could steer a terminal gets through, nothing is
 * drawn outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/canvas.h"

static char *text_of(const struct canvas *c)
{
	struct buf b = BUF_INIT;

	canvas_text(c, &b);
	return buf_steal(&b);
}

static void shows(const char *text, bool ascii, const char *want)
{
	struct canvas c;
	mem_auto_free char *got = NULL;

	canvas_init(&c, 1, 10, ascii);
	canvas_put(&c, 0, 0, 10, STYLE_PLAIN, text);
	got = text_of(&c);
	canvas_done(&c);
	assert_string_equal(got, want);
}

static void test_what_is_shown(void **state)
{
	(void)state;
	shows("plain", false, "plain\n");
	shows("a\033[2Jb", false, "a?[2Jb\n");
	shows("a\tb\r\x7f", false, "a b??\n");
	shows("gr\xc3\xbc\xc3\x9f", false, "gr\xc3\xbc\xc3\x9f\n");
	shows("gr\xc3\xbc\xc3\x9f", true, "gr??\n");
	shows("\xff\xfe|", false, "??|\n");
	shows("\xe2\x82", false, "?\n"); /* cut in the middle */
	shows("\xe2\x82\xac|", false, "?|\n");
	shows("\xf0\x9f\x98\x80|", false, "?|\n"); /* two columns wide */
	shows("e\xcc\x81|", false, "e?|\n");	   /* of no width */
	shows("\xc2\x9b"
	      "2J",
	      false, "?2J\n"); /* C1 control */
	shows("0123456789abc", false, "0123456789\n");
}

static void test_nothing_outside(void **state)
{
	struct canvas c;
	mem_auto_free char *got = NULL;

	(void)state;
	canvas_init(&c, 2, 4, false);
	for (int r = -3; r < 6; r++)
		for (int k = -9; k < 9; k++)
			canvas_put(&c, r, k, 3, STYLE_BAD, "xxxxx");
	canvas_bar(&c, -1, -5, 50, STYLE_BAR);
	canvas_rule(&c, 9, 0, 100, "title");
	canvas_right(&c, 1, -20, 10, STYLE_BAD, "right");
	canvas_progress(&c, 1, 2, 50, 7, 3);
	canvas_progress(&c, 1, 2, 50, 7, 0);
	got = text_of(&c);
	assert_int_equal(got[0], 'x');
	canvas_done(&c);
}

static void test_wrap(void **state)
{
	struct canvas c;
	mem_auto_free char *got = NULL;

	(void)state;
	canvas_init(&c, 4, 8, false);
	assert_int_equal(canvas_wrap(&c, 0, 0, 8, 4, STYLE_PLAIN,
				     "one two three fourfourfour"),
			 4);
	got = text_of(&c);
	assert_string_equal(got, "one two\nthree\nfourfour\nfour\n");
	canvas_done(&c);
}

static void test_spark(void **state)
{
	static const double v[] = {0, 1, 2, 4, -3, 1e300};
	struct canvas c;
	mem_auto_free char *got = NULL;

	(void)state;
	canvas_init(&c, 1, 8, true);
	canvas_spark(&c, 0, 0, 8, STYLE_PLAIN, v, 6, 4);
	canvas_spark(&c, 0, 0, 2, STYLE_PLAIN, v, 0, 0);
	got = text_of(&c);
	assert_string_equal(got, "  _.-#_#\n");
	canvas_done(&c);
}

/* Meaning without colour: each style has a letter of its own. */
static void test_styles(void **state)
{
	struct canvas c;
	struct buf b = BUF_INIT;
	const char *s;

	(void)state;
	canvas_init(&c, 1, STYLES, false);
	for (int i = 0; i < STYLES; i++)
		canvas_put(&c, 0, i, 1, i, "x");
	canvas_styles(&c, &b);
	s = buf_str(&b);
	assert_int_equal(strlen(s), STYLES + 1);
	for (int i = 0; i < STYLES; i++)
		assert_ptr_equal(strchr(s, s[i]), s + i);
	buf_done(&b);
	canvas_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_shown),
		cmocka_unit_test(test_nothing_outside),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_spark),
		cmocka_unit_test(test_styles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
