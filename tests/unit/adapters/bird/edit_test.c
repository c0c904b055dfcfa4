/*
 * edit_test.c - the include file, edits of it, and what render refuses
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "adapters/bird/change.h"
#include "adapters/bird/edit.h"
#include "adapters/bird/render.h"
#include "adapters/bird/text.h"

#define SESSION "er-hq/primary/private"
#define IN "CUTOVER-er-hq-primary-private-in-g0"

static struct target target = {.name = (char *)"edge2", .asn = 65010};

static struct resource *policy(struct resource_set *s, const char *name)
{
	struct resource *r = resource_set_add(s, RESOURCE_ROUTE_POLICY, name);

	r->route_policy.direction = mem_strdup("import");
	return r;
}

static struct state_policy_entry *entry(struct resource *r)
{
	struct state_policy_entries *l = &r->route_policy.entries;

	MEM_GROW(l->v, l->n, l->cap);
	memset(&l->v[l->n], 0, sizeof(*l->v));
	return &l->v[l->n++];
}

static struct resource *session(struct resource_set *s)
{
	struct resource *r = resource_set_add(s, RESOURCE_SESSION, SESSION);

	r->session.neighbor = mem_strdup("172.16.0.2");
	r->session.asn = 12076;
	r->session.local_asn = 65010;
	r->session.import = mem_strdup(IN);
	r->session.secret = mem_strdup("er-hq/private");
	r->session.ours = true;
	return r;
}

static void sample(struct bird_include *f)
{
	*f = (struct bird_include){.original = mem_strdup("# mine"),
				   .original_len = 6};
	session(&f->set);
	policy(&f->set, IN);
	bird_include_set_password(f, SESSION, "s3cret");
}

static void file_reads_as_written(void **state)
{
	bird_include_auto f = {0};
	bird_include_auto again = {0};
	buf_auto text = BUF_INIT;
	buf_auto second = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	sample(&f);
	assert_true(bird_include_write(&f, 65010, &text, &e));
	assert_true(bird_include_parse("f", text.data, text.len, &again, &e));
	assert_string_equal(f.id, again.id);
	assert_int_equal(2, again.set.n);
	assert_string_equal("s3cret", bird_include_password(&again, SESSION));
	assert_string_equal("# mine", again.original);
	assert_true(again.set.v[1].session.ours);
	assert_non_null(again.set.v[1].session.secret_digest);
	assert_true(bird_include_write(&again, 65010, &second, &e));
	/* the digest of the password joins the head once it is known */
	bird_include_done(&f);
	assert_true(bird_include_parse("f", second.data, second.len, &f, &e));
	buf_clear(&text);
	assert_true(bird_include_write(&f, 65010, &text, &e));
	assert_string_equal(second.data, text.data);
}

static void file_without_objects_is_the_original(void **state)
{
	bird_include_auto f = {0};
	buf_auto text = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(bird_include_parse("f", "x\n# y", 5, &f, &e));
	assert_null(f.id);
	assert_true(bird_include_write(&f, 65010, &text, &e));
	assert_string_equal("x\n# y", text.data);
	bird_include_done(&f);
	buf_clear(&text);
	assert_true(bird_include_parse("f", "", 0, &f, &e));
	assert_true(bird_include_write(&f, 65010, &text, &e));
	assert_int_equal(0, text.len);
}

static void any_edit_is_noticed(void **state)
{
	bird_include_auto f = {0};
	buf_auto text = BUF_INIT;
	size_t missed = 0, n;

	(void)state;
	sample(&f);
	assert_true(bird_include_write(&f, 65010, &text, NULL));
	n = strlen("\tpassword \"s3cret\";\n");
	for (size_t i = 0; i < text.len; i++) {
		bird_include_auto again = {0};

		text.data[i] ^= 1;
		missed += bird_include_parse("f", text.data, text.len, &again,
					     NULL);
		text.data[i] ^= 1;
	}
	/* nothing but the password's own line may differ */
	assert_true(missed < n);
	for (size_t i = 1; i < text.len; i++) {
		bird_include_auto again = {0};

		assert_false(i > 150 && bird_include_parse("f", text.data, i,
							   &again, NULL));
	}
}

static void edits_say_what_they_do(void **state)
{
	resource_set_auto s = {0};
	bird_edits_auto l = {0};
	bird_edits_auto again = {0};
	struct resource none = {.kind = RESOURCE_SESSION,
				.name = (char *)SESSION};
	buf_auto text = BUF_INIT;
	err_auto e = ERR_INIT;

	(void)state;
	bird_edits_add(&l, &none, session(&s));
	assert_true(bird_edits_text(&l, false, 65010, &text, &e));
	assert_non_null(
		strstr(text.data, "password \"<secret er-hq/private>\";"));
	assert_true(bird_edits_parse(text.data, 65010, &again, &e));
	assert_int_equal(1, again.n);
	assert_false(again.v[0].was.present);
	assert_string_equal("er-hq/private", again.v[0].set.session.secret);
	bird_edits_done(&again);
	memcpy(strstr(text.data, "12076;"), "12077;", 6);
	assert_false(bird_edits_parse(text.data, 65010, &again, &e));
	assert_int_equal(ERR_REFUSED, e.code);
	assert_false(bird_edits_parse("", 65010, &again, &e));
	assert_false(bird_edits_parse("#: {}\n", 65010, &again, &e));
}

static void render_fills_in_what_is_there(void **state)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	struct resource *want;
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	session(&from)->session.secret_digest = mem_strdup("hmac-sha256:1");
	want = resource_set_add(&to, RESOURCE_SESSION, SESSION);
	want->session.neighbor = mem_strdup("172.16.0.2");
	want->session.enabled = true;
	assert_true(bird_render(&target, &from, &to, &cs, &e));
	assert_int_equal(1, cs.n_forward);
	assert_string_equal("file /etc/bird/cutover.conf", cs.forward[0].what);
	assert_non_null(strstr(cs.forward[0].text, "as 12076;"));
	assert_non_null(strstr(cs.forward[0].text, "disabled no;"));
	assert_non_null(strstr(cs.back[0].text, "disabled yes;"));
	changeset_done(&cs);
}

static void refused(struct resource_set *from, struct resource_set *to)
{
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	assert_false(bird_render(&target, from, to, &cs, &e));
	assert_non_null(e.msg);
	resource_set_done(to);
	resource_set_done(from);
}

static void render_refuses(void **state)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};

	(void)state;
	policy(&from, IN);
	entry(policy(&to, IN))->permit = true;
	refused(&from, &to); /* another body */
	session(&from)->session.ours = false;
	session(&to)->session.enabled = true;
	refused(&from, &to); /* not ours */
	session(&from)->session.ours = false;
	session(&to)->present = false;
	refused(&from, &to);
	policy(&to, "somebody-elses");
	refused(&from, &to);
	entry(policy(&to, IN))->call = mem_strdup("vpn_out");
	refused(&from, &to);
	resource_set_add(&to, RESOURCE_STATIC_ROUTE, "CUTOVER-pin-vpn1");
	refused(&from, &to);
	resource_set_add(&to, RESOURCE_SESSION, SESSION)->session.neighbor =
		mem_strdup("172.16.0.2");
	refused(&from, &to); /* no AS */
}

static void check_finds_what_cannot_be_said(void **state)
{
	static const char *const bad[] = {"1:70000", "x:1", "1:2:3", "1",
					  "1:2;"};
	err_auto e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		resource_set_auto s = {0};

		entry(policy(&s, IN))->community = mem_strdup(bad[i]);
		assert_false(bird_check(&target, &s, &e));
	}
	for (int i = 0; i < 4; i++) {
		resource_set_auto s = {0};
		struct resource *r = session(&s);

		if (i == 0)
			r->session.interface = mem_strdup("eth0\"; }");
		if (i == 1)
			r->session.local = mem_strdup("10.0.0.1; }");
		if (i == 2)
			r->session.hold_s = 2;
		if (i == 3)
			r->session.bfd_multiplier = 256;
		assert_false(bird_check(&target, &s, &e));
	}
}

static void unbound_before_removed(void **state)
{
	bird_include_auto f = {0};
	bird_edits_auto l = {0};
	resource_set_auto s = {0};
	struct resource none = {.kind = RESOURCE_ROUTE_POLICY,
				.name = (char *)IN};
	err_auto e = ERR_INIT;

	(void)state;
	sample(&f);
	bird_edits_add(&l, policy(&s, IN), &none);
	assert_true(bird_edits_check(&l, &f.set, &e));
	assert_false(bird_edits_merge(&l, &target, &f, &e));
	assert_int_equal(ERR_REFUSED, e.code);
}

static void passwords_must_be_strings(void **state)
{
	char longest[BIRD_PASSWORD_MAX + 2] = {0};
	err_auto e = ERR_INIT;

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	assert_false(bird_text_password("n", longest, &e));
	longest[BIRD_PASSWORD_MAX] = '\0';
	assert_true(bird_text_password("n", longest, &e));
	assert_false(bird_text_password("n", "", &e));
	assert_false(bird_text_password("n", "a\"b", &e));
	assert_false(bird_text_password("n", "a\nb", &e));
	assert_null(strstr(err_msg(&e), "a\nb"));
	assert_true(bird_text_password("n", "a\\b#{}", &e));
}

static bool candidate(const char *config, struct buf *out)
{
	bird_paths_auto p = {0};
	bool ok;

	assert_true(bird_paths_init(&p, &target, NULL));
	buf_clear(out);
	ok = bird_change_config(&p, config, strlen(config), out, NULL);
	return ok;
}

static void candidate_replaces_one_line(void **state)
{
	buf_auto out = BUF_INIT;

	(void)state;
	assert_true(candidate(
		"a;\n include \"/etc/bird/cutover.conf\" ; # x\nb;", &out));
	assert_string_equal(
		buf_str(&out),
		"a;\n include \"/etc/bird/cutover.conf.next\" ; # x\nb;");
	assert_true(candidate("include \"cutover.conf\";", &out));
	assert_false(candidate("include \"/etc/bird/*.conf\";\n", &out));
	assert_false(
		candidate("# include \"/etc/bird/cutover.conf\";\n", &out));
	assert_false(candidate(
		"include \"cutover.conf\";\ninclude \"cutover.conf\";\n",
		&out));
	assert_false(candidate("", &out));
}

static void paths_are_checked(void **state)
{
	static const char *const bad[] = {"relative", "/a b",  "/a'b",
					  "/a\"b",    "/dir/", ""};
	err_auto e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct target t = {0};
		struct bird_paths p;

		t.name = mem_strdup("edge2");
		target_param_set(&t, "include", bad[i]);
		assert_false(bird_paths_init(&p, &t, &e));
		target_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_reads_as_written),
		cmocka_unit_test(file_without_objects_is_the_original),
		cmocka_unit_test(any_edit_is_noticed),
		cmocka_unit_test(edits_say_what_they_do),
		cmocka_unit_test(render_fills_in_what_is_there),
		cmocka_unit_test(render_refuses),
		cmocka_unit_test(check_finds_what_cannot_be_said),
		cmocka_unit_test(unbound_before_removed),
		cmocka_unit_test(passwords_must_be_strings),
		cmocka_unit_test(candidate_replaces_one_line),
		cmocka_unit_test(paths_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
