/*
 * wrapper_test.c - calls that are written, and answers that come in pieces
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/transport/wrapper.h"

#define WORD "0123456789abcdef0123456789abcdef"

struct heard {
	struct wrapper_output o;
	struct buf out, err;
};

static void heard_init(struct heard *h)
{
	*h = (struct heard){.out = BUF_INIT};
	wrapper_output_init(&h->o, WORD, &h->out, &h->err);
}

static void heard_done(struct heard *h)
{
	wrapper_output_done(&h->o);
	buf_done(&h->out);
	buf_done(&h->err);
}

static bool say(struct heard *h, int stream, const char *text, size_t piece)
{
	size_t len = strlen(text);
	bool enough = false;

	for (size_t i = 0; i < len; i += piece)
		enough = wrapper_output_add(&h->o, stream, text + i,
					    len - i < piece ? len - i : piece);
	return enough;
}

static const char out_text[] =
	"motd\n\n" WORD " begin\nline\n\nlast\n" WORD " ran 7\nafter";
static const char err_text[] = "noise\n" WORD "\nwarning\n\n" WORD "\nafter";

static void test_pieces(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof(out_text); piece++) {
		struct heard h;

		heard_init(&h);
		assert_false(say(&h, 1, out_text, piece));
		assert_true(say(&h, 2, err_text, piece));
		assert_string_equal(buf_str(&h.out), "line\n\nlast");
		assert_string_equal(buf_str(&h.err), "warning\n");
		assert_int_equal(h.o.answer, WRAPPER_RAN);
		assert_int_equal(h.o.number, 7);
		heard_done(&h);
	}
}

static void expect_answer(const char *line, enum wrapper_answer answer,
			  uint64_t number, const char *why)
{
	mem_auto_free char *text =
		mem_format("\n%s begin\n\n%s %s\n", WORD, WORD, line);
	struct heard h;

	heard_init(&h);
	say(&h, 1, text, 5);
	assert_int_equal(h.o.answer, answer);
	if (answer != WRAPPER_NONE) {
		assert_int_equal(h.o.number, number);
		assert_string_equal(h.o.why, why);
	}
	heard_done(&h);
}

static void test_answers(void **state)
{
	(void)state;
	expect_answer("ran 0", WRAPPER_RAN, 0, "0");
	expect_answer("again 4", WRAPPER_AGAIN, 4, "4");
	expect_answer("died", WRAPPER_DIED, 0, "");
	expect_answer("late", WRAPPER_LATE, 0, "");
	expect_answer("stale 17", WRAPPER_STALE, 17, "17");
	expect_answer("locked", WRAPPER_LOCKED, 0, "");
	expect_answer("cut", WRAPPER_CUT, 0, "");
	expect_answer("setup no flock here", WRAPPER_SETUP, 0, "no flock here");
	expect_answer("epoch 18446744073709551615", WRAPPER_EPOCH, UINT64_MAX,
		      "18446744073709551615");
	expect_answer("nonsense", WRAPPER_NONE, 0, NULL);
}

static void test_unfinished(void **state)
{
	struct heard h;

	(void)state;
	heard_init(&h);
	assert_false(say(&h, 1, "\n" WORD " begin\nhalf\n" WORD " ran 0", 3));
	assert_false(say(&h, 2, err_text, 3));
	assert_int_equal(h.o.answer, WRAPPER_NONE);
	heard_done(&h);
}

static void test_other_word(void **state)
{
	struct heard h;

	(void)state;
	heard_init(&h);
	assert_false(say(&h, 1,
			 "\n" WORD " begin\n\n"
			 "0123456789abcdef0123456789abcdee ran 0\n",
			 4));
	assert_int_equal(h.o.answer, WRAPPER_NONE);
	heard_done(&h);
}

static void test_bounds(void **state)
{
	struct heard h;
	char chunk[4096];

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	heard_init(&h);
	h.o.streams[0].max = 10000;
	say(&h, 2, "\n" WORD "\n", 100);
	for (int i = 0; i < 100; i++)
		assert_false(wrapper_output_add(&h.o, 2, chunk, sizeof(chunk)));
	assert_int_equal(h.err.len, 64 * 1024);
	say(&h, 2, "\n" WORD "\n", 100);
	assert_true(h.o.streams[1].ended);
	say(&h, 1, "\n" WORD " begin\n", 100);
	assert_false(wrapper_output_add(&h.o, 1, chunk, sizeof(chunk)));
	assert_false(wrapper_output_add(&h.o, 1, chunk, sizeof(chunk)));
	assert_true(wrapper_output_add(&h.o, 1, chunk, sizeof(chunk)));
	assert_int_equal(h.out.len, 10000);
	heard_done(&h);
}

static void test_call(void **state)
{
	struct wrapper_call c = {.mode = WRAPPER_CHANGE,
				 .epoch = 12,
				 .key = "run/1.'$(x)",
				 .script = "echo a\n",
				 .seconds = 9};
	buf_auto b = BUF_INIT, command = BUF_INIT;
	mem_auto_free char *tail = NULL;

	(void)state;
	wrapper_call_build(&c, &b);
	assert_int_equal(strlen(c.word), 32);
	tail = mem_format(" 9 %zu %s\necho a\n\n#%s",
			  strlen("echo a\n\n#") + 32, c.word, c.word);
	assert_memory_equal(buf_str(&b), "change 12 ", 10);
	assert_string_equal(buf_str(&b) + 10 + 64, tail);
	assert_null(strstr(buf_str(&b), "$(x)"));
	wrapper_command("/run/cutover", false, &command);
	assert_null(strstr(buf_str(&command), c.word));
}

static void test_dir(void **state)
{
	(void)state;
	assert_true(wrapper_dir_ok("/run/cutover"));
	assert_false(wrapper_dir_ok("run/cutover"));
	assert_false(wrapper_dir_ok("/run/../etc"));
	assert_false(wrapper_dir_ok("/run/$(id)"));
	assert_false(wrapper_dir_ok("/run/a b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_other_word),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
