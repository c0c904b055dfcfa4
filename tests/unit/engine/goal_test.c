/* How far back a breach has to go: before all that is silent with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "orchestrator/engine/goal.h"

static size_t canary[] = {0}, rest[] = {1, 2};
static struct plan_group groups[] = {
	{.name = (char *)"lab"},
	{.name = (char *)"offices"},
	{.name = (char *)"plants"},
	{.name = (char *)"left"}, /* in no wave */
};
static struct plan_wave waves[] = {
	{.name = (char *)"canary", .groups = canary, .n_groups = 1},
	{.name = (char *)"rest", .groups = rest, .n_groups = 2},
};
static const struct plan plan = {
	.groups = groups, .n_groups = 4, .waves = waves, .n_waves = 2};
static struct program *program;

static int group_setup(void **state)
{
	static const char *const blocks[] = {"start", "attach", "wave-canary",
					     "wave-rest"};

	(void)state;
	program = mem_alloc(sizeof(*program));
	for (int i = 0; i < 4; i++)
		program_block(program, blocks[i], blocks[i])->wave = i - 2;
	for (int i = 0; i < 2; i++)
		program->v[i].wave = -1;
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	program_free(program);
	return 0;
}

static bool is_silent(const void *arg, size_t group)
{
	return (*(const unsigned *)arg & 1u << group) != 0;
}

static const char *goal(const char *breached, unsigned silent)
{
	const char *name =
		goal_find(&plan, program, breached, is_silent, &silent);

	return name ? name : "none";
}

static void test_its_own_wave(void **state)
{
	(void)state;
	assert_string_equal(goal("lab", 0), "attach");
	assert_string_equal(goal("offices", 0), "wave-canary");
	assert_string_equal(goal("plants", 0), "wave-canary");
}

static void test_an_earlier_one_is_silent_too(void **state)
{
	(void)state;
	assert_string_equal(goal("plants", 1u << 0), "attach");
	assert_string_equal(goal("plants", 1u << 1), "wave-canary");
	assert_string_equal(goal("lab", 1u << 2), "attach");
}

static void test_of_no_wave(void **state)
{
	(void)state;
	assert_string_equal(goal("left", 0), "none");
	assert_string_equal(goal("left", 1u << 3), "none");
	assert_string_equal(goal("left", 1u << 1), "wave-canary");
	assert_string_equal(goal(NULL, 1u << 0), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_its_own_wave),
		cmocka_unit_test(test_an_earlier_one_is_silent_too),
		cmocka_unit_test(test_of_no_wave),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
