/*
 * golden_test.c - every rule, with its message at its line and column
 *
 * data/bad-RULE[-VARIANT].yaml is a plan with something wrong in it, the .txt
 * beside it is what the loader says about it.  Each .txt must have its rule in
 * it, and each rule of the table must be in some .txt: a rule that nobody can
 * trigger, and a message whose place moved, both fail here.
 * UPDATE_GOLDEN=1 writes the .txt files anew; read them before you keep them.
 */
#include <glob.h>

#include "tests/unit/plan/plan_util.h"

static char *load_text(const char *path, bool *ret_loaded)
{
	struct diag_list diags = {0};
	struct plan *p = plan_load(path, &diags);
	buf_auto b = BUF_INIT;

	assert_int_equal(p == NULL, diags.errors > 0);
	diag_list_text(&diags, &b);
	*ret_loaded = p != NULL;
	plan_free(p);
	diag_list_done(&diags);
	return buf_steal(&b);
}

/* The longest rule id that the file's name starts with. */
static const char *rule_of(const char *path)
{
	const char *name = strrchr(path, '/') + 1, *id, *best = NULL;

	for (size_t i = 0; (id = diag_rule(i)); i++) {
		size_t n = strlen(id);
		const char *rest = strncmp(name, id, n) == 0 ? name + n
				   : strncmp(name + 4, id, n) == 0
					   ? name + 4 + n
					   : NULL;

		if (rest && (*rest == '-' || *rest == '.') &&
		    (!best || n > strlen(best)))
			best = id;
	}
	return best;
}

static char *golden_of(const char *path)
{
	return mem_format("%.*s.txt", (int)(strlen(path) - strlen(".yaml")),
			  path);
}

static void compare(const char *path)
{
	mem_auto_free char *golden = golden_of(path);
	mem_auto_free char *want = NULL, *in_brackets = NULL, *have = NULL;
	const char *rule = rule_of(path);
	bool loaded;

	have = load_text(path, &loaded);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(golden, "wb");

		assert_non_null(f);
		fputs(have, f);
		fclose(f);
	}
	want = util_file(golden);
	if (strcmp(have, want) != 0)
		fail_msg("%s: expected\n%sgot\n%s", path, want, have);
	if (rule) {
		in_brackets = mem_format("[%s]\n", rule);
		assert_non_null(strstr(have, in_brackets));
	}
	assert_null(strstr(have, "hunter2"));
}

static void bad_plans(void **state)
{
	glob_t g;

	(void)state;
	assert_int_equal(glob(PLAN_DATA "bad-*.yaml", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= 120);
	for (size_t i = 0; i < g.gl_pathc; i++)
		compare(g.gl_pathv[i]);
	globfree(&g);
}

static void every_rule(void **state)
{
	buf_auto all = BUF_INIT;
	const char *id;
	glob_t g;

	(void)state;
	assert_int_equal(glob(PLAN_DATA "bad-*.txt", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		mem_auto_free char *text = util_file(g.gl_pathv[i]);

		buf_puts(&all, text);
	}
	for (size_t i = 0; (id = diag_rule(i)); i++) {
		mem_auto_free char *tag = mem_format("[%s]\n", id);

		if (!strstr(buf_str(&all), tag))
			fail_msg("no bad plan shows rule '%s'", id);
	}
	globfree(&g);
}

/* What stands in brackets is a rule that can be explained. */
static void every_message(void **state)
{
	size_t seen = 0;
	glob_t g;

	(void)state;
	assert_int_equal(glob(PLAN_DATA "bad-*.yaml", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct diag_list diags = {0};

		plan_free(plan_load(g.gl_pathv[i], &diags));
		for (size_t k = 0; k < diags.n; k++, seen++)
			if (!diag_explain(diags.v[k].rule))
				fail_msg("'%s' is no rule", diags.v[k].rule);
		diag_list_done(&diags);
	}
	assert_true(seen >= g.gl_pathc);
	globfree(&g);
}

static void no_word(const char *pattern, size_t at_least, const char *word)
{
	glob_t g;

	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= at_least);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		bool loaded;
		mem_auto_free char *text = load_text(g.gl_pathv[i], &loaded);

		if (!loaded || strstr(text, word))
			fail_msg("%s: %s", g.gl_pathv[i], text);
	}
	globfree(&g);
}

static void good_plans(void **state)
{
	(void)state;
	no_word(PLAN_DATA "good-*.yaml", 7, ":");
}

static void example_plans(void **state)
{
	(void)state;
	no_word("plans/*.yaml", 2, "error:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_plans),	 cmocka_unit_test(every_rule),
		cmocka_unit_test(every_message), cmocka_unit_test(good_plans),
		cmocka_unit_test(example_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
