/*
 * xml_test.c - reading libvirt's XML
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "adapters/libvirt/nics.h"
#include "adapters/libvirt/xml.h"
#include "tests/unit/adapters/libvirt/records.h"

static char *canon(const char *text)
{
	xml_auto *x = xml_parse(text, NULL);
	buf_auto b = BUF_INIT;

	assert_non_null(x);
	xml_canonical(x, "connections", &b);
	return buf_steal(&b);
}

static void test_recorded_network(void **state)
{
	xml_auto *x = xml_parse(rec_net, NULL);
	const struct xml *ip = xml_child(x, "ip");

	(void)state;
	assert_non_null(x);
	assert_string_equal(x->name, "network");
	assert_string_equal(xml_attr(x, "connections"), "1");
	assert_string_equal(xml_child_text(x, "name"), "vnet1");
	assert_string_equal(xml_child_attr(x, "bridge", "name"), "virbr-vnet");
	assert_string_equal(xml_child_attr(xml_child(ip, "dhcp"), "host", "ip"),
			    "10.100.0.11");
	assert_null(xml_child_text(x, "nothing"));
	assert_null(xml_attr(NULL, "x"));
}

static void test_recorded_domain(void **state)
{
	xml_auto *x = xml_parse(rec_dom, NULL);
	xml_auto *off = xml_parse(rec_dom_off, NULL);
	nics_auto nics = {0};
	nics_auto none = {0};

	(void)state;
	assert_string_equal(xml_attr(x, "id"), "1");
	assert_null(xml_attr(off, "id"));
	nics_read(x, &nics);
	assert_int_equal(nics.n, 1);
	assert_string_equal(nics.v[0].mac, "52:54:00:10:00:0b");
	assert_string_equal(nics.v[0].target, "vnet0");
	assert_string_equal(nics.v[0].bridge, "virbr-vnet");
	assert_true(nics.v[0].link_up);
	assert_true(nics_any_on(&nics, "vnet1", NULL));
	assert_false(nics_any_on(&nics, "vnet2", "virbr-vnet"));
	assert_true(nic_is_port(&nics.v[0], "52:54:00:10:00:0B"));
	assert_true(nic_is_port(&nics.v[0], "vnet0"));
	assert_false(nic_is_port(&nics.v[0], NULL));
	nics_read(off, &none);
	assert_null(none.v[0].target);
	assert_false(nics_agent_connected(x));
}

static void test_agent(void **state)
{
	xml_auto *x = xml_parse(
		"<domain><devices><channel type='unix'><target type='virtio' "
		"name='org.qemu.guest_agent.0' state='connected'/></channel>"
		"</devices></domain>",
		NULL);

	(void)state;
	assert_true(nics_agent_connected(x));
}

static void test_same_meaning_same_text(void **state)
{
	mem_auto_free char *a = canon("<a y='2' x=\"1\" connections='7'>\n"
				      " <!-- c --><b/>\n t&lt;&#x41; </a>\n");
	mem_auto_free char *b =
		canon("<?xml version='1.0'?>"
		      "<a x='1' y='2'><b></b>t<![CDATA[<]]>A</a>");
	mem_auto_free char *c = canon("<a x='1' y='2'><b/><b/>t&lt;A</a>");

	(void)state;
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"<a>",
		"<a></b>",
		"<a/>x",
		"<a b/>",
		"<a b=c/>",
		"<a b='1' b='2'/>",
		"<a>&x;</a>",
		"<a>&#0;</a>",
		"<a>&#xd800;</a>",
		"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
		"<a><!-- </a>",
		"<a b='<'/>",
		"<a><![CDATA[</a>",
		"<a/ >",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err_auto e = ERR_INIT;
		xml_auto *x = xml_parse(bad[i], &e);

		if (x)
			print_error("read '%s'\n", bad[i]);
		assert_null(x);
		assert_int_equal(e.code, ERR_INVALID);
	}
}

static void test_every_cut_is_refused(void **state)
{
	size_t len = strlen(rec_dom), read = 0;

	(void)state;
	for (size_t n = 0; n < len - 2; n++) {
		mem_auto_free char *s = mem_strndup(rec_dom, n);
		xml_auto *x = xml_parse(s, NULL);

		read += x != NULL;
	}
	assert_int_equal(read, 0);
}

static void test_depth_is_bounded(void **state)
{
	buf_auto b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "<a>");
	assert_null(xml_parse(b.data, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_network),
		cmocka_unit_test(test_recorded_domain),
		cmocka_unit_test(test_agent),
		cmocka_unit_test(test_same_meaning_same_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
