/*
 * drift_test.c - what somebody else changed: found, shown, judged, accepted
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/drift.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/rows.h"

/* One target with a configuration; foreign NULL: none was seen. */
static json_t *states(const char *target, const char *text, const char *foreign)
{
	resource_set_auto set = {0};
	struct resource *r = resource_set_add(&set, RESOURCE_CONFIG, "config");

	resource_set_add(&set, RESOURCE_INTERFACE, "ckt0");
	r->config.text = mem_strdup(text);
	r->config.foreign = mem_strdup(foreign);
	return json_pack("{s:o}", target, resource_set_to_json(&set, true));
}

/* ---- shown ---- */

static const struct {
	const char *was, *is, *shown; /* NULL: no drift */
} found[] = {
	{"a\nb\nc\n", "a\nb\nc\n", NULL},
	{"a\nb\nc\n", "a\nx\nc\n", "  - b\n  + x\n"},
	{"a\nb\nc\n", "a\nc\n", "  - b\n"},
	{"a\nc\n", "a\nb\nc\n", "  + b\n"},
	{"a\n", "", "  - a\n"},
	{"", "a\n", "  + a\n"},
	{"a\nlong 1\n", "a\nlong 11\n", "  - long 1\n  + long 11\n"},
	{"a", "a\nb", "  + b\n"},
	{NULL, "a\n", NULL}, /* what was not seen is not drift */
	{"a\n", NULL, NULL},
};

static void test_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(found); i++) {
		json_auto *was = states("edge1", "x", found[i].was);
		json_auto *is = states("edge1", "x", found[i].is);
		buf_auto out = BUF_INIT;
		int n = drift_find(was, is, &out);

		assert_int_equal(n, found[i].shown != NULL);
		if (n && (!strstr(buf_str(&out), found[i].shown) ||
			  !strstr(buf_str(&out), "'edge1' was changed by")))
			fail_msg("%zu: %s", i, buf_str(&out));
		if (!n)
			assert_string_equal(buf_str(&out), "");
	}
}

/* Another target, no list at all, a list of nonsense. */
static void test_not_comparable(void **state)
{
	json_auto *was = states("edge1", "x", "a\n");
	json_auto *other = states("edge2", "x", "b\n");
	json_auto *nonsense = json_pack("{s:s}", "edge1", "what");
	json_auto *empty = json_object();
	buf_auto out = BUF_INIT;

	(void)state;
	assert_int_equal(drift_find(was, other, &out), 0);
	assert_int_equal(drift_find(was, nonsense, &out), 0);
	assert_int_equal(drift_find(was, empty, &out), 0);
	assert_int_equal(drift_find(empty, was, &out), 0);
	assert_int_equal(drift_find(NULL, was, &out), 0);
}

/* A screen is no place for ten thousand lines. */
static void test_long(void **state)
{
	json_auto *was = states("edge1", "x", "");
	json_auto *is = NULL;
	buf_auto many = BUF_INIT, out = BUF_INIT;

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_printf(&many, "line %d\n", i);
	is = states("edge1", "x", buf_str(&many));
	assert_int_equal(drift_find(was, is, &out), 1);
	assert_non_null(strstr(buf_str(&out), "  + ... and more\n"));
	assert_true(out.len < 4096);
}

/* ---- judged and accepted ---- */

static bool knows_better(const void *arg, const char *target, const char *was,
			 const char *is, struct buf *why)
{
	(void)was;
	(void)is;
	if (strcmp(target, arg) == 0)
		return true;
	buf_printf(why, "'%s': it matters\n", target);
	return false;
}

static void test_judged(void **state)
{
	json_auto *was = states("edge1", "x", "a\n");
	json_auto *is = states("edge1", "x", "b\n");
	struct engine_policy nobody = {.judge = NULL};
	struct engine_policy edge1 = {.judge = knows_better,
				      .judge_arg = "edge1"};
	struct engine_policy edge2 = {.judge = knows_better,
				      .judge_arg = "edge2"};
	buf_auto out = BUF_INIT;

	(void)state;
	assert_int_equal(drift_judge(was, is, &edge1, &out), 0);
	assert_string_equal(buf_str(&out), "");
	assert_int_equal(drift_judge(was, is, &edge2, &out), 1);
	assert_string_equal(buf_str(&out), "'edge1': it matters\n");
	buf_clear(&out);
	assert_int_equal(drift_judge(was, is, &nobody, &out), 1);
	assert_string_equal(buf_str(&out), "'edge1': nothing is known of it\n");
	assert_int_equal(drift_judge(was, was, &nobody, &out), 0);
}

static void test_accepted_is_drift_no_more(void **state)
{
	json_auto *was = states("edge1", "x", "a\n");
	json_auto *is = states("edge1", "x", "b\n");
	json_auto *accepted = drift_accepted(was, is);
	json_auto *none = drift_accepted(was, was);
	buf_auto out = BUF_INIT;

	(void)state;
	assert_int_equal(json_object_size(none), 0);
	assert_string_equal(json_peek_str(accepted, "edge1", ""), "b\n");
	json_object_set_new(accepted, "edge9", json_string("c\n"));
	drift_forgive(was, accepted);
	assert_int_equal(drift_find(was, is, &out), 0);
}

/* ---- the same configuration, but for what was accepted ---- */

static const struct {
	const char *text, *foreign, *accepted;
	bool same;
} configs[] = {
	/* recorded: "own\nf\n" of which "f\n" is foreign */
	{"own\ng\n", "g\n", "g\n", true},
	{"own\ng\n", "g\n", NULL, false},
	{"own\ng\n", "g\n", "h\n", false},
	{"other\ng\n", "g\n", "g\n", false},
	{"own\nmore\ng\n", "g\n", "g\n", false},
	{"own\ng\n", NULL, "g\n", false},
	{"own\n", "", "", true},
	{NULL, "g\n", "g\n", false},
};

static void test_same_config(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		struct resource was = {.kind = RESOURCE_CONFIG};
		struct resource is = {.kind = RESOURCE_CONFIG};

		was.config.text = (char *)"own\nf\n";
		was.config.foreign = (char *)"f\n";
		is.config.text = (char *)configs[i].text;
		is.config.foreign = (char *)configs[i].foreign;
		if (drift_same_config(&was, &is, configs[i].accepted) !=
		    configs[i].same)
			fail_msg("configuration %zu", i);
	}
}

/* ---- two checkpoints ---- */

static int differs(const json_t *was, const json_t *is, const json_t *accepted,
		   const char *says)
{
	buf_auto out = BUF_INIT;
	int n = checkpoint_diff(was, is, accepted, &out);

	if (!strstr(buf_str(&out), says))
		fail_msg("'%s' is not in: %s", says, buf_str(&out));
	return n;
}

static void test_checkpoints(void **state)
{
	json_auto *was = states("edge1", "own\nf\n", "f\n");
	json_auto *is = states("edge1", "own\ng\n", "g\n");
	json_auto *accepted = json_pack("{s:s}", "edge1", "g\n");
	json_auto *other = states("edge2", "own\ng\n", "g\n");
	json_auto *few = json_pack("{s:[]}", "edge1");

	(void)state;
	assert_int_equal(differs(was, was, NULL, ""), 0);
	assert_true(differs(was, is, NULL, "on 'edge1': ") > 0);
	assert_int_equal(differs(was, is, accepted, ""), 0);
	assert_int_equal(differs(was, other, NULL, "could not be compared"), 1);
	assert_int_equal(differs(was, few, NULL, "'ckt0' was not observed"), 2);
	assert_int_equal(differs(NULL, is, NULL, "never recorded"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_not_comparable),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_accepted_is_drift_no_more),
		cmocka_unit_test(test_same_config),
		cmocka_unit_test(test_checkpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
