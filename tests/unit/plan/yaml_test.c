/*
 * yaml_test.c - texts that attack the reader, and places that must be right
 */
#include "orchestrator/plan/yaml.h"
#include "tests/unit/plan/plan_util.h"

/* The tree, with the first rule that was broken ('' if none). */
static struct node *read_text(const char *text, size_t len, char rule[64],
			      struct source **ret_src)
{
	struct diag_list diags = {0};
	struct source *src = source_new("x.yaml", text, len);
	struct node *n = yaml_read(src, &diags);

	snprintf(rule, 64, "%s", diags.n ? diags.v[0].rule : "");
	diag_list_done(&diags);
	*ret_src = src;
	return n;
}

static void refused(const char *text, size_t len, const char *want)
{
	struct source *src;
	char rule[64];
	struct node *n = read_text(text, len, rule, &src);

	assert_string_equal(rule, want);
	assert_null(n);
	source_free(src);
}

static void places(void **state)
{
	static const char text[] = "a: 1\n"
				   "b:\n"
				   "  - x\n"
				   "  - {\xc3\xbc: \"y z\", k: [1, 2]}\r\n";
	struct source *src;
	char rule[64];
	struct node *n = read_text(text, strlen(text), rule, &src), *m;

	(void)state;
	assert_string_equal(rule, "");
	assert_non_null(n);
	m = node_get(n, "b");
	assert_int_equal(m->kind, NODE_LIST);
	assert_int_equal(m->v[0]->line, 3);
	assert_int_equal(m->v[0]->column, 5);
	m = m->v[1];
	assert_int_equal(m->n, 2);
	assert_string_equal(m->v[0]->text, "y z");
	assert_false(m->v[0]->plain);
	assert_int_equal(m->v[0]->column, 9);
	assert_int_equal(m->v[1]->key->column, 16);
	assert_int_equal(m->v[1]->v[1]->column, 23);
	assert_null(node_get(n, "c"));
	assert_null(node_get(NULL, "c"));
	node_free(n);
	source_free(src);
}

static void bombs(void **state)
{
	(void)state;
	refused("a: &x [1]\n", 10, "yaml-alias");
	refused("a: *x\n", 6, "yaml-alias");
	refused("&x a: 1\n", 8, "yaml-alias");
	refused("a: !!int 1\n", 11, "yaml-tag");
	refused("!foo {a: 1}\n", 12, "yaml-tag");
	refused("a: !!binary aGk=\n", 17, "yaml-tag");
}

static void deep(const char *open, size_t n, const char *want)
{
	buf_auto b = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_puts(&b, open);
	refused(buf_str(&b), b.len, want);
}

static void depths(void **state)
{
	(void)state;
	deep("[", 33, "yaml-depth");
	deep("[", 200000, "yaml-depth");
	deep("{a: ", 100000, "yaml-depth");
	deep("- ", 100000, "yaml-depth");
	deep("? ", 1000, "yaml-depth");
	deep("[", 32, "yaml-syntax"); /* not too deep, but never closed */
}

static void sizes(void **state)
{
	size_t n = YAML_MAX_BYTES + 1;
	mem_auto_free char *text = mem_alloc(n + 1);

	(void)state;
	memset(text, ' ', n);
	refused(text, n, "yaml-size");
	memset(text, '\n', n - 1);
	refused(text, n - 1, "yaml-syntax"); /* nothing in it */
}

static void encodings(void **state)
{
	struct source *src;
	char rule[64];
	struct node *n;

	(void)state;
	refused("a: \xff\n", 5, "yaml-encoding");
	refused("a: \xc0\xaf\n", 6, "yaml-encoding");	  /* overlong */
	refused("a: \xed\xa0\x80\n", 7, "yaml-encoding"); /* surrogate */
	refused("a: \xf4\x90\x80\x80\n", 8, "yaml-encoding");
	refused("\xff\xfe\x61\x00", 4, "yaml-encoding"); /* UTF-16 */
	refused("a: \"x\\0y\"\n", 10, "yaml-encoding");
	refused("a: x\0y\n", 7, "yaml-syntax");
	refused("a: \x01\n", 5, "yaml-syntax");
	n = read_text("\xef\xbb\xbf"
		      "a: 1\n",
		      8, rule, &src);
	assert_string_equal(rule, "");
	assert_non_null(node_get(n, "a")); /* a byte order mark is harmless */
	node_free(n);
	source_free(src);
}

static void documents(void **state)
{
	(void)state;
	refused("a: 1\n---\nb: 2\n", 14, "yaml-documents");
	refused("", 0, "yaml-syntax");
	refused("# only a comment\n", 17, "yaml-syntax");
	refused("a: 1\n- b\n", 9, "yaml-syntax");
}

static void duplicates(void **state)
{
	struct source *src;
	char rule[64];
	struct node *n = read_text("a: 1\na: 2\nb: 3\n", 15, rule, &src);

	(void)state;
	assert_string_equal(rule, "duplicate-key");
	assert_non_null(n); /* and goes on, to find the rest */
	assert_string_equal(node_get(n, "a")->text, "1");
	assert_string_equal(node_get(n, "b")->text, "3");
	node_free(n);
	source_free(src);
}

static void hidden(const char *line, const char *want)
{
	struct source *src = source_new("x", line, strlen(line));
	mem_auto_free char *shown = source_line(src, 1);

	assert_string_equal(shown, want);
	assert_null(source_line(src, 2));
	assert_null(source_line(src, 0));
	source_free(src);
}

static void secrets_in_lines(void **state)
{
	(void)state;
	hidden("password: hunter2", "password: ***");
	hidden("{a: 1, Password: hunter2, b: 1}", "{a: 1, Password: ***}");
	hidden("password: {env: NAME}", "password: {env: NAME}");
	hidden("password: {file: p}, psk: abc",
	       "password: {file: p}, psk: ***");
	hidden("md5: \xc3\xbc\xc3\xbc", "md5: ***");
	hidden("pasword : x", "pasword : ***");
	hidden("secret:", "secret:");
	hidden("path: /etc/frr", "path: /etc/frr");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(bombs),
		cmocka_unit_test(depths),
		cmocka_unit_test(sizes),
		cmocka_unit_test(encodings),
		cmocka_unit_test(documents),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(secrets_in_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
