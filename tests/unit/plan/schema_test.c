/*
 * schema_test.c - the table, and what is made from it
 *
 * plans/plan.schema.json and plans/REFERENCE.md must be what the table says;
 * UPDATE_GOLDEN=1 writes them anew.
 */
#include "orchestrator/plan/schema.h"
#include "orchestrator/plan/value.h"
#include "tests/unit/plan/plan_util.h"

static void up_to_date(const char *path, void (*make)(struct buf *out))
{
	mem_auto_free char *have = NULL;
	buf_auto want = BUF_INIT;

	make(&want);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(path, "wb");

		assert_non_null(f);
		fwrite(want.data, 1, want.len, f);
		fclose(f);
	}
	have = util_file(path);
	if (strcmp(have, buf_str(&want)) != 0)
		fail_msg("%s is not what the table says; run this test with "
			 "UPDATE_GOLDEN=1",
			 path);
}

static void json_up_to_date(void **state)
{
	(void)state;
	up_to_date("plans/plan.schema.json", schema_json);
}

static void reference_up_to_date(void **state)
{
	(void)state;
	up_to_date("plans/REFERENCE.md", schema_reference);
}

static void check_row(const struct schema_object *o,
		      const struct schema_field *f)
{
	struct value v = {0};
	err_auto e = ERR_INIT;
	size_t len = strlen(f->doc);

	assert_true(len > 3);
	assert_int_equal(f->doc[len - 1], '.');
	assert_ptr_equal(schema_find(o, f->key), f); /* keys are unique */
	if (f->type == SCHEMA_OBJECT)
		assert_non_null(f->object);
	if (f->type == SCHEMA_CHOICE || f->type == SCHEMA_WORD ||
	    f->type == SCHEMA_DRIVER)
		assert_non_null(f->words);
	if (f->max)
		assert_true(f->min <= f->max);
	if (f->offset != SCHEMA_NOWHERE && f->type != SCHEMA_OBJECT)
		assert_true(f->offset + f->size <= o->size);
	if (!f->dflt)
		return;
	assert_null(f->dflt_note);
	if (!value_parse(f, f->dflt, true, &v, &e))
		fail_msg("%s.%s: %s", o->name, f->key, err_msg(&e));
	free(v.text);
}

static size_t check_object(const struct schema_object *o)
{
	size_t rows = 0;

	assert_true(o->n > 0 && o->size > 0);
	for (size_t i = 0; i < o->n; i++, rows++) {
		check_row(o, &o->fields[i]);
		if (o->fields[i].object)
			rows += check_object(o->fields[i].object);
	}
	return rows;
}

static void rows(void **state)
{
	(void)state;
	assert_true(check_object(schema_root()) > 100);
}

static void suggestions(void **state)
{
	const struct schema_object *o = schema_root();

	(void)state;
	assert_string_equal(schema_suggest(o, "tunels"), "tunnels");
	assert_string_equal(schema_suggest(o, "wavse"), "waves");
	assert_string_equal(schema_suggest(o, "nmae"), "name");
	assert_null(schema_suggest(o, "zebra"));
	assert_null(schema_suggest(o, ""));
	assert_int_equal(schema_distance("ab", "ba", 3), 1);
	assert_int_equal(schema_distance("kitten", "sitting", 3), 3);
	assert_int_equal(schema_distance("kitten", "sitting", 2), 3);
	assert_int_equal(schema_distance("", "abc", 3), 3);
}

static void long_keys(void **state)
{
	char key[10000];

	(void)state;
	memset(key, 'a', sizeof(key) - 1);
	key[sizeof(key) - 1] = 0;
	assert_null(schema_suggest(schema_root(), key));
}

static void words(void **state)
{
	size_t len;

	(void)state;
	assert_int_equal(schema_word_index("a|bc|d", "bc"), 1);
	assert_int_equal(schema_word_index("a|bc|d", "b"), -1);
	assert_int_equal(schema_word_index("a|bc|d", ""), -1);
	assert_int_equal(schema_word_index("a|bc|d", "a|bc"), -1);
	assert_non_null(schema_word("a|bc|d", 2, &len));
	assert_int_equal(len, 1);
	assert_null(schema_word("a|bc|d", 3, &len));
	assert_null(schema_word(NULL, 0, &len));
}

static void rules(void **state)
{
	const char *id, *before = "";
	size_t n = 0;

	(void)state;
	for (; (id = diag_rule(n)); n++) {
		const char *why = diag_explain(id);

		assert_true(strcmp(before, id) < 0); /* sorted, unique */
		before = id;
		assert_non_null(why);
		assert_true(strncmp(why, id, strlen(id)) == 0);
		assert_non_null(strstr(why, "\n\nSource: "));
		assert_ptr_equal(why, diag_explain(id));
	}
	assert_true(n >= 60);
	assert_null(diag_explain("no-such-rule"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_up_to_date),
		cmocka_unit_test(reference_up_to_date),
		cmocka_unit_test(rows),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(long_keys),
		cmocka_unit_test(words),
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
