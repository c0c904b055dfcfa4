/*
 * rules_test.c - plans that a proof must refuse, and plans that it must not
 *
 * data/bad-RULE[-VARIANT].yaml breaks RULE, with the .seen.json beside it where
 * a device was seen to be otherwise; the .txt beside it is what the proof says,
 * with the way hop by hop.  data/good-*.yaml must hold.  UPDATE_GOLDEN=1 writes
 * the .txt files anew; read them before you keep them.
 */
#include "tests/unit/twin/proof.h"

#include <glob.h>

#include "orchestrator/twin/prove_rules.h"

/* The rule that the file's name says. */
static bool is_named(const char *path, const char *rule)
{
	const char *name = strrchr(path, '/') + 1 + strlen("bad-");
	size_t n = strlen(rule);

	return strncmp(name, rule, n) == 0 &&
	       (name[n] == '.' || name[n] == '-');
}

static bool has_rule(const struct prove *p, const char *path)
{
	for (size_t i = 0; i < p->n_violations; i++)
		if (is_named(path, p->violations[i].rule))
			return true;
	return false;
}

static void compare(const char *path)
{
	mem_auto_free char *golden = mem_format(
		"%.*s.txt", (int)(strlen(path) - strlen(".yaml")), path);
	mem_auto_free char *want = NULL;
	buf_auto have = BUF_INIT;
	struct proof p;

	proof_load(&p, path);
	p.prove = prove_program(p.twin);
	proof_text(p.prove, &have);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(golden, "wb");

		assert_non_null(f);
		fputs(buf_str(&have), f);
		fclose(f);
	}
	want = proof_file(golden);
	if (!want || strcmp(want, buf_str(&have)) != 0)
		fail_msg("%s: expected\n%sgot\n%s", path,
			 want ? want : "nothing", buf_str(&have));
	if (strncmp(strrchr(path, '/') + 1, "bad-", 4) != 0)
		assert_int_equal(p.prove->errors, 0);
	else
		assert_true(has_rule(p.prove, path));
	proof_done(&p);
}

static void plans(void **state)
{
	glob_t g;

	(void)state;
	assert_int_equal(glob(DATA "*.yaml", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= 16);
	for (size_t i = 0; i < g.gl_pathc; i++)
		compare(g.gl_pathv[i]);
	globfree(&g);
}

/* Every rule has its plan, or a test by hand here or in report/look_test.c. */
static void every_rule(void **state)
{
	static const char *const by_hand[] = {
		"blackhole", "loop",	       "model-differs",
		"no-rest",   "transient-loop", "undo-incomplete",
	};
	glob_t g;

	(void)state;
	assert_int_equal(glob(DATA "bad-*.yaml", 0, NULL, &g), 0);
	for (size_t i = 0; i < prove_n_rules; i++) {
		const char *id = prove_rules[i].id;
		bool found = false;

		if (i)
			assert_true(strcmp(prove_rules[i - 1].id, id) < 0);
		assert_null(diag_explain(id)); /* in one table only */
		for (size_t k = 0; k < ARRAY_LEN(by_hand); k++)
			found |= strcmp(by_hand[k], id) == 0;
		for (size_t k = 0; k < g.gl_pathc; k++)
			found |= is_named(g.gl_pathv[k], id);
		if (!found)
			fail_msg("nothing breaks rule '%s'", id);
	}
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
		cmocka_unit_test(every_rule),
	};

	proof_adapters();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
