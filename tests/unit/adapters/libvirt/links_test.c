/*
 * links_test.c - links and networks, URIs, and the scope of a change
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "adapters/libvirt/links.h"
#include "adapters/libvirt/scope.h"
#include "adapters/libvirt/uri.h"

static struct state_list list(const char *const *v)
{
	struct state_list l = {0};

	for (; *v; v++)
		state_list_add(&l, *v);
	return l;
}

#define LIST(...) list((const char *const[]){__VA_ARGS__, NULL})

static void assert_list(const struct state_list *have, const char *want)
{
	buf_auto b = BUF_INIT;

	buf_puts(&b, "");
	for (size_t i = 0; i < have->n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", have->v[i]);
	assert_string_equal(b.data, want);
}

static void test_parse(void **state)
{
	static const char *const bad[] = {
		"a",	   "=n",      "a=",    "a=n,a=m", "a=n+n",
		"a=n,b=n", "a=x y;z", "a/b=n", "a=-n"};
	links_auto l = {0};

	(void)state;
	assert_true(links_parse("primary=p+pp, secondary=s", &l, NULL));
	assert_int_equal(l.n, 2);
	assert_list(&l.v[0].networks, "p pp");
	assert_true(links_has_network(&l, "s"));
	assert_false(links_has_network(&l, "primary"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		links_auto x = {0};
		err_auto e = ERR_INIT;

		if (links_parse(bad[i], &x, &e))
			print_error("read '%s'\n", bad[i]);
		assert_int_equal(e.code, ERR_INVALID);
	}
}

/* Every set of active networks has a state of its own, and back. */
static void test_state_is_exact(void **state)
{
	static const char *const names[] = {"p", "pp", "s"};
	static const char *const want[] = {
		"",
		"primary/p",
		"primary/pp",
		"primary",
		"secondary",
		"primary/p secondary",
		"primary/pp secondary",
		"primary secondary",
	};
	links_auto l = {0};

	(void)state;
	assert_true(links_parse("primary=p+pp,secondary=s", &l, NULL));
	for (unsigned m = 0; m < 8; m++) {
		struct state_list active = {0}, st = {0}, back = {0};

		for (unsigned i = 0; i < 3; i++)
			if (m & 1u << i)
				state_list_add(&active, names[i]);
		links_to_state(&l, &active, &st);
		assert_list(&st, want[m]);
		assert_true(links_from_state(&l, &st, &back, NULL));
		assert_int_equal(back.n, active.n);
		for (size_t i = 0; i < active.n; i++)
			assert_true(state_list_has(&back, active.v[i]));
		state_list_done(&active);
		state_list_done(&st);
		state_list_done(&back);
	}
}

static void test_unknown_link(void **state)
{
	struct state_list a = LIST("third"), b = LIST("primary/s");
	struct state_list ret = {0};
	links_auto l = {0};

	(void)state;
	assert_true(links_parse("primary=p,secondary=s", &l, NULL));
	assert_false(links_from_state(&l, &a, &ret, NULL));
	assert_false(links_from_state(&l, &b, &ret, NULL));
	state_list_done(&a);
	state_list_done(&b);
	state_list_done(&ret);
}

static void test_render(void **state)
{
	struct state_list from = LIST("a", "b"), to = LIST("b", "c", "d");
	static const char *const forward[] = {"net-start c", "net-start d",
					      "net-destroy a"};
	static const char *const back[] = {"net-start a", "net-destroy d",
					   "net-destroy c"};
	struct changeset cs = {0};

	(void)state;
	links_render(&from, &to, &cs);
	assert_int_equal(cs.n_forward, 3);
	assert_int_equal(cs.n_back, 3);
	for (int i = 0; i < 3; i++) {
		const char *name;
		bool on;

		assert_string_equal(cs.forward[i].text, forward[i]);
		assert_string_equal(cs.back[i].text, back[i]);
		assert_true(links_part_parse(&cs.back[i], &on, &name, NULL));
		assert_int_equal(on, i == 0);
		assert_string_equal(name, strchr(back[i], ' ') + 1);
	}
	state_list_done(&from);
	state_list_done(&to);
	changeset_done(&cs);
}

static void test_parts_are_strict(void **state)
{
	static const struct change_part bad[] = {
		{(char *)"shell", (char *)"net-start a"},
		{(char *)"virsh", (char *)"net-start"},
		{(char *)"virsh", (char *)"net-start "},
		{(char *)"virsh", (char *)"net-start a b"},
		{(char *)"virsh", (char *)"net-start a\n"},
		{(char *)"virsh", (char *)" net-start a"},
		{(char *)"virsh", (char *)"net-start --help"},
		{(char *)"virsh", (char *)"net-undefine a"},
		{(char *)"virsh", (char *)"destroy vm1"},
		{(char *)"virsh", (char *)""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err_auto e = ERR_INIT;
		const char *name;
		bool on;

		assert_false(links_part_parse(&bad[i], &on, &name, &e));
		assert_int_equal(e.code, ERR_REFUSED);
	}
}

static void assert_uri(const char *uri, const char *want)
{
	mem_auto_free char *s = uri_prepare(uri, NULL);

	if (!want) {
		assert_null(s);
		return;
	}
	assert_non_null(s);
	assert_string_equal(s, want);
}

static void test_uri(void **state)
{
	(void)state;
	assert_uri("qemu:///system", "qemu:///system");
	assert_uri("qemu+unix:///system?socket=/a/b",
		   "qemu+unix:///system?socket=/a/b");
	assert_uri("qemu+ssh://root@h/system",
		   "qemu+ssh://root@h/system?no_tty=1");
	assert_uri("qemu+ssh://h/system?keyfile=/k",
		   "qemu+ssh://h/system?keyfile=/k&no_tty=1");
	assert_uri("qemu+ssh://h/system?no_tty=1",
		   "qemu+ssh://h/system?no_tty=1");
	assert_uri("qemu+ssh://h/system?no_verify=1", NULL);
	assert_uri("qemu+tls://h/system?x=1&no_verify=1", NULL);
	assert_uri("qemu+tls://h/system?no_verify=0",
		   "qemu+tls://h/system?no_verify=0");
	assert_uri("qemu+libssh://h/system?known_hosts_verify=auto", NULL);
	assert_uri("qemu+libssh2://h/system?known_hosts_verify=ignore", NULL);
	assert_uri("qemu+libssh://h/system?known_hosts_verify=normal",
		   "qemu+libssh://h/system?known_hosts_verify=normal&no_tty=1");
	assert_uri("qemu", NULL);
}

static void test_scope(void **state)
{
	struct state_list before = LIST("a U1 inactive persistent manual D1",
					"b U2 active persistent manual D2");
	struct state_list good = LIST("a U1 active persistent manual D1",
				      "b U2 active persistent manual D2");
	struct state_list other = LIST("a U1 active persistent manual D1",
				       "b U2 inactive persistent manual D2");
	struct state_list redefined = LIST("a U1 active persistent manual D9",
					   "b U2 active persistent manual D2");
	struct state_list more = LIST("a U1 active persistent manual D1",
				      "b U2 active persistent manual D2",
				      "c U3 active transient manual -");
	struct state_list gone = LIST("a U1 active persistent manual D1");
	struct state_list ours = LIST("a");
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(scope_check(&before, &before, &ours, &e));
	assert_true(scope_check(&before, &good, &ours, &e));
	assert_false(scope_check(&before, &other, &ours, &e));
	assert_non_null(strstr(err_msg(&e), "'b'"));
	assert_false(scope_check(&before, &redefined, &ours, &e));
	assert_false(scope_check(&before, &more, &ours, &e));
	assert_non_null(strstr(err_msg(&e), "'c'"));
	assert_false(scope_check(&before, &gone, &ours, &e));
	state_list_done(&before);
	state_list_done(&good);
	state_list_done(&other);
	state_list_done(&redefined);
	state_list_done(&more);
	state_list_done(&gone);
	state_list_done(&ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_state_is_exact),
		cmocka_unit_test(test_unknown_link),
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_parts_are_strict),
		cmocka_unit_test(test_uri),
		cmocka_unit_test(test_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
