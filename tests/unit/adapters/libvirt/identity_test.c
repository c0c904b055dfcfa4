/*
 * identity_test.c - what is in the fingerprint of a network, and what is not
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "adapters/libvirt/identity.h"
#include "orchestrator/base/json.h"
#include "tests/unit/adapters/libvirt/records.h"

static void add_lease(struct facts *f, const char *mac, const char *ip,
		      int64_t expiry)
{
	struct facts_network *n = &f->network;

	MEM_GROW(n->leases, n->n_leases, n->cap_leases);
	n->leases[n->n_leases++] = (struct facts_lease){
		.mac = mem_strdup(mac), .ip = mem_strdup(ip), .expiry = expiry};
}

static struct facts_domain *add_domain(struct facts *f, const char *uuid,
				       const char *xml)
{
	MEM_GROW(f->domains, f->n_domains, f->cap_domains);
	f->domains[f->n_domains] = (struct facts_domain){
		.name = mem_strdup("vm1"),
		.uuid = mem_strdup(uuid),
		.state = mem_strdup("running"),
		.id = 1,
		.xml = mem_strdup(xml),
		.cpu_ns = 5,
	};
	return &f->domains[f->n_domains++];
}

static struct facts facts(void)
{
	struct facts f = {.network = {
				  .exists = true,
				  .active = true,
				  .persistent = true,
				  .xml = mem_strdup(rec_net),
				  .saved_xml = mem_strdup(rec_net_saved),
			  }};

	add_domain(&f, "10000000-0000-4000-8000-00000000000b", rec_dom);
	add_lease(&f, "52:54:00:10:00:0b", "10.100.0.11", 1000);
	return f;
}

static char *make(struct facts *f, const char *port)
{
	struct state_vnet v = {0};
	err_auto e = ERR_INIT;
	char *s;

	if (!identity_make(f, port, &v, &e))
		print_error("%s\n", err_msg(&e));
	assert_non_null(v.identity);
	assert_int_equal(strlen(v.digest), 64);
	s = v.identity;
	free(v.digest);
	free(v.liveness);
	facts_done(f);
	return s;
}

static char *base(void)
{
	struct facts f = facts();

	return make(&f, NULL);
}

static void set(char **field, const char *s)
{
	free(*field);
	*field = mem_strdup(s);
}

/* The text with the first 'from' replaced. */
static void edit(char **text, const char *from, const char *to)
{
	char *at = strstr(*text, from), *s;

	assert_non_null(at);
	s = mem_format("%.*s%s%s", (int)(at - *text), *text, to,
		       at + strlen(from));
	free(*text);
	*text = s;
}

static void test_what_it_says(void **state)
{
	mem_auto_free char *s = base();
	json_auto *j = json_text_parse(s, strlen(s), NULL);
	json_t *d, *n;

	(void)state;
	n = json_peek(j, "network");
	assert_string_equal(json_peek_str(n, "bridge", ""), "virbr-vnet");
	assert_string_equal(json_peek_str(n, "forward", ""), "open");
	assert_string_equal(json_peek_str(n, "mtu", ""), "1500");
	d = json_array_get(json_peek(j, "domains"), 0);
	assert_int_equal(json_peek_int(d, "id", 0), 1);
	assert_non_null(strstr(s, "\"addresses\":[\"10.100.0.11\"]"));
	assert_non_null(
		strstr(s, "\"leases\":[\"52:54:00:10:00:0b 10.100.0.11 -\"]"));
}

static void test_liveness_does_not_count(void **state)
{
	mem_auto_free char *a = base();
	mem_auto_free char *b = NULL;
	struct facts f = facts();

	(void)state;
	f.network.leases[0].expiry = 99999;
	f.domains[0].cpu_ns = 123456;
	edit(&f.network.xml, "connections='1'", "connections='3'");
	add_lease(&f, "02:00:00:00:00:01", "10.100.0.120", 5); /* a stranger */
	b = make(&f, NULL);
	assert_string_equal(a, b);
}

static void test_order_does_not_count(void **state)
{
	struct facts f = facts(), g = {0};
	mem_auto_free char *a = NULL, *b = NULL;

	(void)state;
	add_domain(&f, "00000000-0000-4000-8000-000000000001", rec_dom_off);
	g = facts();
	add_domain(&g, "00000000-0000-4000-8000-000000000001", rec_dom_off);
	struct facts_domain first = g.domains[0];
	g.domains[0] = g.domains[1];
	g.domains[1] = first;
	add_lease(&g, "52:54:00:10:00:0B", "10.100.0.11", 9); /* the same */
	a = make(&f, NULL);
	b = make(&g, NULL);
	assert_string_equal(a, b);
}

static void change_id(struct facts *f)
{
	f->domains[0].id = 2;
}
static void change_state(struct facts *f)
{
	set(&f->domains[0].state, "paused");
}
static void change_mac(struct facts *f)
{
	edit(&f->domains[0].xml, "52:54:00:10:00:0b", "52:54:00:10:00:0d");
}
static void change_target(struct facts *f)
{
	edit(&f->domains[0].xml, "'vnet0'", "'vnet9'");
}
static void change_lease(struct facts *f)
{
	set(&f->network.leases[0].ip, "10.100.0.99");
}
static void change_range(struct facts *f)
{
	edit(&f->network.xml, "10.100.0.150", "10.100.0.151");
}
static void change_saved(struct facts *f)
{
	edit(&f->network.saved_xml, "10.100.0.150", "10.100.0.151");
}
static void change_active(struct facts *f)
{
	f->network.active = false;
}
static void change_autostart(struct facts *f)
{
	f->network.autostart = true;
}
static void change_gone(struct facts *f)
{
	facts_domain_done(&f->domains[--f->n_domains]);
}
static void change_new(struct facts *f)
{
	add_domain(f, "20000000-0000-4000-8000-00000000000b", rec_dom_off);
}

static void test_every_change_counts(void **state)
{
	static void (*const changes[])(struct facts *) = {
		change_id,    change_state, change_mac,	      change_target,
		change_lease, change_range, change_saved,     change_active,
		change_gone,  change_new,   change_autostart,
	};
	mem_auto_free char *a = base();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct facts f = facts();
		mem_auto_free char *b = NULL;

		changes[i](&f);
		b = make(&f, NULL);
		if (strcmp(a, b) == 0)
			print_error("change %zu is not seen\n", i);
		assert_string_not_equal(a, b);
	}
}

static void test_gateway_port(void **state)
{
	struct facts with = facts(), without = facts();
	mem_auto_free char *a = NULL, *b = NULL;

	(void)state;
	edit(&with.domains[0].xml, "</interface>",
	     "</interface><interface type='network'>"
	     "<mac address='52:54:00:AA:00:01'/><source network='vnet1'/>"
	     "<target dev='gw0'/></interface>");
	add_lease(&with, "52:54:00:aa:00:01", "10.100.0.77", 0);
	a = make(&with, "52:54:00:aa:00:01");
	b = make(&without, "52:54:00:aa:00:01");
	assert_string_equal(a, b);
}

static void test_gateway_machine_may_come(void **state)
{
	struct facts with = facts();
	mem_auto_free char *a = NULL, *b = base();
	struct facts_domain *d = add_domain(
		&with, "30000000-0000-4000-8000-000000000001",
		"<domain id='7'><devices><interface type='network'>"
		"<mac address='52:54:00:aa:00:01'/><source network='vnet1'/>"
		"<target dev='gw0'/></interface></devices></domain>");

	(void)state;
	d->id = 7;
	a = make(&with, "gw0");
	assert_string_equal(a, b);
}

static void test_agent_where_there_is_no_lease(void **state)
{
	struct facts f = facts();
	mem_auto_free char *s = NULL;

	(void)state;
	facts_domain_done(&f.domains[--f.n_domains]);
	add_domain(&f, "10000000-0000-4000-8000-00000000000b", rec_dom);
	f.domains[0].addresses = mem_alloc(sizeof(*f.domains[0].addresses));
	f.domains[0].addresses[0] =
		(struct facts_address){.mac = mem_strdup("52:54:00:10:00:0B"),
				       .ip = mem_strdup("10.100.0.55")};
	f.domains[0].n_addresses = f.domains[0].cap_addresses = 1;
	set(&f.network.leases[0].mac, "02:00:00:00:00:09");
	s = make(&f, NULL);
	assert_non_null(strstr(s, "\"addresses\":[\"10.100.0.55\"]"));
}

static void test_bad_xml_is_an_error(void **state)
{
	struct facts f = facts();
	struct state_vnet v = {0};
	err_auto e = ERR_INIT;

	(void)state;
	set(&f.domains[0].xml, "<domain>");
	assert_false(identity_make(&f, NULL, &v, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_null(v.identity);
	facts_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_says),
		cmocka_unit_test(test_liveness_does_not_count),
		cmocka_unit_test(test_order_does_not_count),
		cmocka_unit_test(test_every_change_counts),
		cmocka_unit_test(test_gateway_port),
		cmocka_unit_test(test_gateway_machine_may_come),
		cmocka_unit_test(test_agent_where_there_is_no_lease),
		cmocka_unit_test(test_bad_xml_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
