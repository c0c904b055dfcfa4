/*
 * mutate_test.c - damaged plans: refused or taken, never a crash or a leak
 *
 * Every truncation of the example plan; every byte of a small plan replaced by
 * each of a set that means something to YAML or to the decoder; bytes taken
 * out; every line taken out, doubled and swapped with the next.  Each plan
 * that is taken is used: targets are built from it.  Run it under ASan.
 */
#include "tests/unit/plan/plan_util.h"

static size_t taken, refused;

static void try_text(const char *path, const char *text, size_t len)
{
	struct diag_list diags = {0};
	struct plan *p = plan_parse(path, text, len, &diags);
	buf_auto b = BUF_INIT;
	json_t *j;
	size_t n;

	assert_int_equal(p == NULL, diags.errors > 0);
	diag_list_text(&diags, &b);
	j = diag_list_json(&diags);
	assert_int_equal(json_array_size(j), diags.n);
	for (size_t i = 0; i < diags.n; i++)
		assert_non_null(diag_explain(diags.v[i].rule));
	if (p) {
		struct target *v = plan_targets(p, &n);

		assert_true(n >= p->n_edges);
		plan_targets_free(v, n);
		taken++;
	} else {
		refused++;
	}
	json_decref(j);
	plan_free(p);
	diag_list_done(&diags);
}

static void truncations(void **state)
{
	mem_auto_free char *text = util_file("plans/hq-expressroute.yaml");
	size_t len = strlen(text);

	(void)state;
	taken = refused = 0;
	for (size_t n = 0; n <= len; n++)
		try_text("plans/x.yaml", text, n);
	assert_int_equal(taken + refused, len + 1);
	assert_true(taken > 0 && refused > len / 2);
}

static void bytes(void **state)
{
	static const char set[] = "\0\n\t :-,#[]{}'\"&*!|>%@`0a~?/\xff\xc3";
	mem_auto_free char *text = util_file(PLAN_DATA "good-minimal.yaml");
	size_t len = strlen(text);

	(void)state;
	taken = refused = 0;
	for (size_t i = 0; i < len; i++) {
		char was = text[i];

		for (size_t k = 0; k < sizeof(set) - 1; k++) {
			text[i] = set[k];
			try_text(PLAN_DATA "x.yaml", text, len);
		}
		text[i] = was;
	}
	assert_int_equal(taken + refused, len * (sizeof(set) - 1));
	assert_true(taken > 0 && refused > 0);
}

static void flips(void **state)
{
	mem_auto_free char *text = util_file("plans/hq-expressroute.yaml");
	size_t len = strlen(text);

	(void)state;
	taken = refused = 0;
	for (size_t i = 0; i < len; i++) {
		text[i] ^= (char)(1 << i % 8);
		try_text("plans/x.yaml", text, len);
		text[i] ^= (char)(1 << i % 8);
	}
	assert_int_equal(taken + refused, len);
	assert_true(taken > 0 && refused > 0);
}

static void removals(void **state)
{
	mem_auto_free char *text = util_file(PLAN_DATA "good-minimal.yaml");
	size_t len = strlen(text);

	(void)state;
	taken = refused = 0;
	for (size_t n = 1; n <= 64; n *= 4)
		for (size_t i = 0; i + n <= len; i++) {
			mem_auto_free char *less = mem_format(
				"%.*s%s", (int)i, text, text + i + n);

			try_text(PLAN_DATA "x.yaml", less, len - n);
		}
	assert_true(taken > 0 && refused > 0);
}

/* The lines of a text, as offsets; v[n] is its end. */
static size_t lines_of(const char *text, size_t v[512])
{
	size_t n = 0;

	v[n++] = 0;
	for (const char *s = text; (s = strchr(s, '\n')) && n < 511;)
		v[n++] = (size_t)(++s - text);
	return n - 1;
}

static void lines(void **state)
{
	mem_auto_free char *text = util_file("plans/hq-expressroute.yaml");
	size_t at[512], n = lines_of(text, at);

	(void)state;
	taken = refused = 0;
	assert_true(n > 80);
	for (size_t i = 0; i + 1 < n; i++) {
		const char *one = text + at[i], *two = text + at[i + 1];
		const char *rest = text + at[i + 2];
		int a = (int)(two - one), b = (int)(rest - two);
		mem_auto_free char *without =
			mem_format("%.*s%s", (int)at[i], text, two);
		mem_auto_free char *doubled =
			mem_format("%.*s%.*s%s", (int)at[i], text, a, one, one);
		mem_auto_free char *swapped =
			mem_format("%.*s%.*s%.*s%s", (int)at[i], text, b, two,
				   a, one, rest);

		try_text("plans/x.yaml", without, strlen(without));
		try_text("plans/x.yaml", doubled, strlen(doubled));
		try_text("plans/x.yaml", swapped, strlen(swapped));
	}
	assert_int_equal(taken + refused, 3 * (n - 1));
	assert_true(taken > 0 && refused > 0);
}

/* Every value of the example in the place of every other's text. */
static void values(void **state)
{
	static const char *const odd[] = {
		"null",
		"~",
		"[]",
		"{}",
		"[[]]",
		"{a: b}",
		"\"\"",
		"off",
		"true",
		"-1",
		"0",
		"1",
		"999999999999999999999",
		"0.0.0.0/0",
		"::/0",
		"::1",
		"private",
		"primary",
		"edge1",
		"[edge1, edge1]",
		"{env: X}",
		"{file: good.list}",
		"1s",
		"2026-01-01T00:00:00Z",
	};
	mem_auto_free char *text = util_file(PLAN_DATA "good-minimal.yaml");

	(void)state;
	taken = refused = 0;
	for (const char *s = text; (s = strstr(s, ": ")); s += 2) {
		size_t head = (size_t)(s + 2 - text);
		size_t n = strcspn(s + 2, ",}\n");

		for (size_t k = 0; k < ARRAY_LEN(odd); k++) {
			mem_auto_free char *t = mem_format(
				"%.*s%s%s", (int)head, text, odd[k], s + 2 + n);

			try_text(PLAN_DATA "x.yaml", t, strlen(t));
		}
	}
	assert_true(taken > 0 && refused > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncations), cmocka_unit_test(bytes),
		cmocka_unit_test(flips),       cmocka_unit_test(removals),
		cmocka_unit_test(lines),       cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
