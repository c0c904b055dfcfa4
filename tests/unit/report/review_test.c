/*
 * review_test.c - the document for change review, in every form
 *
 * Of every plan that this tree has.  The examples in plans/examples/ must be
 * what the program says today; UPDATE_GOLDEN=1 (make examples) writes them
 * anew.
 */
#include <glob.h>

#include "orchestrator/report/against.h"
#include "tests/unit/report/made.h"
#include "tests/unit/report/schema_check.h"

#define EXAMPLES "plans/examples/"

static void each_plan(void (*fn)(const char *path, struct made *m))
{
	static const char *const where[] = {"plans/*.yaml",
					    "tests/unit/twin/data/*.yaml"};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(where); i++) {
		glob_t g;

		assert_int_equal(glob(where[i], 0, NULL, &g), 0);
		for (size_t k = 0; k < g.gl_pathc; k++, n++) {
			struct made m;

			made_load(&m, g.gl_pathv[k]);
			made_make(&m, NULL);
			fn(g.gl_pathv[k], &m);
			made_done(&m);
		}
		globfree(&g);
	}
	assert_true(n > 15);
}

/* ---- JSON ---- */

static void fits_schema(const char *path, struct made *m)
{
	mem_auto_free char *text = util_file("plans/dry-run.schema.json");
	json_auto *schema = json_text_parse(text, strlen(text), NULL);
	json_auto *j = review_json(&m->r);
	buf_auto why = BUF_INIT;

	assert_non_null(schema);
	if (!schema_check(schema, j, &why))
		fail_msg("%s: %.2000s", path, buf_str(&why));
	/* and what does not fit is noticed */
	json_object_set_new(j, "plan", json_integer(1));
	assert_false(schema_check(schema, j, &why));
	json_object_set_new(j, "plan", json_string("p"));
	json_object_set_new(j, "else", json_string("p"));
	assert_false(schema_check(schema, j, &why));
}

static void test_schema(void **state)
{
	(void)state;
	each_plan(fits_schema);
}

/* ---- HTML ---- */

/* The name of the tag at '<'; '/' in front of a closing one. */
static void tag_name(const char *at, char *ret, size_t size)
{
	size_t n = 0;

	for (at++; *at && n + 1 < size && !strchr(" >\n", *at); at++)
		ret[n++] = *at;
	ret[n] = '\0';
}

static bool is_void(const char *name, const char *at)
{
	const char *end = strchr(at, '>');

	return strcmp(name, "meta") == 0 || strcmp(name, "!DOCTYPE") == 0 ||
	       (end && end[-1] == '/');
}

static void balanced(const char *path, const char *html)
{
	char stack[64][16], name[16];
	size_t n = 0;

	for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
		tag_name(at, name, sizeof(name));
		if (is_void(name, at))
			continue;
		if (*name != '/') {
			assert_true(n < ARRAY_LEN(stack));
			memcpy(stack[n++], name, sizeof(name));
			continue;
		}
		if (!n || strcmp(stack[n - 1], name + 1) != 0)
			fail_msg("%s: <%s> closes <%s>", path, name,
				 n ? stack[n - 1] : "nothing");
		n--;
	}
	assert_int_equal(n, 0);
}

static void html_is_whole(const char *path, struct made *m)
{
	static const char *const outside[] = {"<script", "src=",  "url(",
					      "@import", "<link", "<iframe"};
	mem_auto_free char *html = made_write(m, "html");

	balanced(path, html);
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		if (strstr(html, outside[i]))
			fail_msg("%s: has '%s'", path, outside[i]);
	assert_non_null(strstr(html, "<svg"));
	for (const char *a = strstr(html, "href="); a;
	     a = strstr(a + 1, "href="))
		assert_int_equal(a[6], '#');
}

static void test_html(void **state)
{
	(void)state;
	each_plan(html_is_whole);
}

static void test_escaped(void **state)
{
	static const char *const heads[] = {"<th>"};
	buf_auto html = BUF_INIT;
	buf_auto md = BUF_INIT;
	struct buf *out[] = {&html, &md};
	const struct writer_ops *ops[] = {&writer_html, &writer_markdown};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct writer_table t = {.heads = heads, .n = 1};
		struct writer w;

		writer_begin(&w, ops[i], out[i], "<b>\"&\x01");
		writer_section(&w, 1, "<i>");
		writer_item(&w, WRITER_ERROR, "a|b <script>");
		writer_cell(&t, "x | <y>");
		writer_table(&w, &t);
		writer_code(&w, "<l>", "a\n```\n<z>\n");
		writer_end(&w);
	}
	balanced("escaped", buf_str(&html));
	assert_null(strstr(buf_str(&html), "<script"));
	assert_null(strstr(buf_str(&html), "<z>"));
	assert_null(strstr(buf_str(&html), "\x01"));
	assert_non_null(strstr(buf_str(&html), "<b>error:</b>"));
	assert_non_null(strstr(buf_str(&md), "````\na\n```\n<z>\n````\n"));
	assert_non_null(strstr(buf_str(&md), "| x \\| \\<y\\> |\n"));
	assert_non_null(strstr(buf_str(&md), "**error:** a\\|b"));
}

/* ---- what is told ---- */

static size_t commands(const struct review_step *v, size_t n)
{
	size_t have = 0;

	for (size_t i = 0; i < n; i++)
		have += v[i].changes.n_forward > 0;
	return have;
}

/* Each change of an edge shows what the edge gets, in every form. */
static void test_commands(void **state)
{
	static const char *const forms[] = {"text", "markdown", "html"};
	struct made m;
	size_t shown = 0;

	(void)state;
	made_load(&m, "plans/hq-expressroute.yaml");
	made_make(&m, NULL);
	for (size_t b = 0; b < m.program->n; b++) {
		const struct block *k = &m.program->v[b];

		for (size_t i = 0; i < k->steps.n; i++)
			if (m.r.v[b].steps[i].error)
				fail_msg("%s: %s", k->steps.v[i].id,
					 m.r.v[b].steps[i].error);
		shown += commands(m.r.v[b].steps, k->steps.n);
		if (k->wave >= 0)
			assert_true(commands(m.r.v[b].undo, k->undo.n) > 2);
	}
	assert_true(shown > 10);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		mem_auto_free char *text = made_write(&m, forms[i]);

		assert_non_null(
			strstr(text, "neighbor 172.16.0.2 route-map CUTOVER-"));
		assert_non_null(strstr(text, "Back from"));
		assert_non_null(strstr(text, m.plan->hash));
		assert_null(strstr(text, "#: "));
	}
	made_done(&m);
}

/* Nothing of ours moves there, so nothing is proved. */
static void test_unknown(void **state)
{
	mem_auto_free char *text = NULL;
	struct made m;

	(void)state;
	made_load(&m, "plans/nsp.yaml");
	made_make(&m, NULL);
	text = made_write(&m, "text");
	assert_string_equal(prove_verdict(m.prove), "unknown");
	assert_non_null(strstr(text, "er-branch"));
	assert_non_null(strstr(text, "owns layer 3"));
	assert_null(strstr(text, "The proof holds"));
	made_done(&m);
}

static void test_long_changes(void **state)
{
	struct review r = {0};
	buf_auto all = BUF_INIT;
	buf_auto cut = BUF_INIT;
	buf_auto whole = BUF_INIT;

	(void)state;
	for (int i = 0; i < REVIEW_LINES + 1; i++)
		buf_printf(&all, "line %d\n", i);
	review_text(&r, buf_str(&all), &cut);
	assert_non_null(strstr(buf_str(&cut), "401 lines in all, SHA-256 "));
	assert_null(strstr(buf_str(&cut), "line 400\n"));
	r.full = true;
	review_text(&r, buf_str(&all), &whole);
	assert_string_equal(buf_str(&whole), buf_str(&all));
}

/* ---- against ---- */

static void test_against(void **state)
{
	mem_auto_free char *text = util_file("plans/hq-expressroute.yaml");
	mem_auto_free char *soak = util_replace(text, "soak: 30m", "soak: 2h");
	mem_auto_free char *other = util_replace(
		soak, "onprem: [10.10.200.0/24]", "onprem: [10.10.201.0/24]");
	json_auto *a = NULL;
	json_auto *b = NULL;
	buf_auto same = BUF_INIT;
	buf_auto out = BUF_INIT;
	struct made m;
	err_auto e = ERR_INIT;

	(void)state;
	made_load(&m, "plans/hq-expressroute.yaml");
	made_make(&m, NULL);
	a = review_json(&m.r);
	made_done(&m);
	m = (struct made){.plan = util_plan("plans/other.yaml", other)};
	m.program = steps_compile(m.plan, &e);
	assert_non_null(m.program);
	m.targets = plan_targets(m.plan, &m.n_targets);
	made_make(&m, NULL);
	b = review_json(&m.r);
	made_done(&m);
	assert_int_equal(against_text(a, a, &same), 0);
	assert_true(against_text(a, b, &out) > 5);
	assert_non_null(strstr(buf_str(&out), "~ plan: hash was "));
	assert_non_null(strstr(buf_str(&out), "soak_ms was 1800000, is "
					      "7200000\n"));
	assert_non_null(strstr(buf_str(&out), "+ command of "));
	assert_non_null(strstr(buf_str(&out), "10.10.201.0/24"));
	assert_null(strstr(buf_str(&out), "step circuit/"));
}

static void test_against_what(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	assert_null(against_load("plans/no-such-file.json", &e));
	assert_non_null(strstr(err_msg(&e), "no-such-file"));
	assert_null(against_load("plans/plan.schema.json", &e));
	assert_non_null(strstr(err_msg(&e), "is not what 'cutover dry-run"));
}

/* ---- examples ---- */

static void example(const char *name, const char *form, const char *ending)
{
	mem_auto_free char *plan = mem_format("plans/%s.yaml", name);
	mem_auto_free char *path = mem_format(EXAMPLES "%s%s", name, ending);
	mem_auto_free char *want = NULL;
	mem_auto_free char *have = NULL;
	struct made m;

	made_load(&m, plan);
	made_make(&m, NULL);
	have = made_write(&m, form);
	made_done(&m);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(path, "wb");

		assert_non_null(f);
		fputs(have, f);
		fclose(f);
	}
	want = util_file(path);
	if (strcmp(have, want) != 0)
		fail_msg("%s is not what the program says; make examples",
			 path);
}

static void test_examples(void **state)
{
	(void)state;
	example("hq-expressroute", "markdown", ".md");
	example("hq-expressroute", "html", ".html");
	example("azure-exchange", "markdown", ".md");
	example("nsp", "text", ".txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_long_changes),
		cmocka_unit_test(test_against),
		cmocka_unit_test(test_against_what),
		cmocka_unit_test(test_examples),
	};

	made_adapters();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
