/*
 * strongswan_test.c - tunnels from recorded output of swanctl
 *
 * The device is a fake that answers with a record and keeps the script.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "adapters/strongswan/strongswan.h"
#include "adapters/strongswan/tunnel.h"
#include "adapters/transport/device.h"
#include "tests/unit/adapters/strongswan/records.h"

/* ---- the device ---- */

struct device {
	int unused;
};

static struct device the_device;
static const char *answer_sas, *answer_conns;
static int answer_rc;
static char *last_script;
static uint64_t last_epoch;

struct device *device_open(const struct target *t, int64_t deadline_us,
			   struct err *e)
{
	(void)t;
	(void)deadline_us;
	(void)e;
	return &the_device;
}

void device_close(struct device *d)
{
	(void)d;
}

bool device_read(struct device *d, uint64_t epoch, const char *script,
		 int64_t deadline_us, struct device_result *ret, struct err *e)
{
	(void)d;
	(void)deadline_us;
	free(last_script);
	last_script = mem_strdup(script);
	last_epoch = epoch;
	if (!answer_sas)
		return err_set(e, ERR_TIMEOUT, "no answer");
	ret->rc = answer_rc;
	buf_puts(&ret->out, answer_sas);
	buf_puts(&ret->out, answer_conns);
	buf_puts(&ret->err,
		 answer_rc ? "connecting to 'x' failed\nusage\n" : "");
	return true;
}

void device_result_done(struct device_result *r)
{
	buf_done(&r->out);
	buf_done(&r->err);
}

bool device_quote(struct buf *out, const char *word, struct err *e)
{
	(void)e;
	buf_printf(out, "'%s'", word);
	return true;
}

/* ---- the reader ---- */

static void test_values_with_spaces(void **state)
{
	raw_auto *root = raw_parse(rec_up, strlen(rec_up), NULL);
	const struct raw *sa, *child;

	(void)state;
	assert_non_null(root);
	assert_int_equal(root->n, 2);
	assert_string_equal(root->v[1]->name, "list-sas reply");
	sa = raw_find(root->v[0], "azure");
	assert_string_equal(raw_text(sa, "local-id", ""), "C=CH, O=Lab, CN=a");
	assert_string_equal(raw_text(sa, "remote-host", ""), "198.51.100.1");
	child = raw_find(raw_find(sa, "child-sas"), "net-2");
	assert_non_null(child);
	assert_int_equal(raw_find(child, "local-ts")->n, 2);
	assert_string_equal(raw_find(child, "local-ts")->v[1]->value,
			    "10.1.1.0/24");
	assert_int_equal(raw_number(child, "bytes-out", 0), 896);
	assert_int_equal(raw_number(child, "spi-in", 7), 7); /* not decimal */
}

static void test_connections(void **state)
{
	raw_auto *root = raw_parse(rec_conns, strlen(rec_conns), NULL);
	const struct raw *c;

	(void)state;
	assert_non_null(root);
	assert_int_equal(root->n, 3);
	c = raw_find(root->v[0], "azure");
	assert_string_equal(raw_text(raw_find(c, "local-1"), "class", ""),
			    "pre-shared key");
	assert_int_equal(raw_find(raw_find(c, "local-1"), "groups")->n, 0);
	assert_non_null(raw_find(raw_find(c, "children"), "net"));
}

/* Wherever the output is cut, it is refused or lacks its reply. */
static void test_every_cut_is_noticed(void **state)
{
	size_t len = strlen(rec_up), whole = 0;

	(void)state;
	for (size_t n = 0; n < len - 1; n++) {
		mem_auto_free char *text = mem_strndup(rec_up, n);
		raw_auto *root = raw_parse(text, n, NULL);

		if (root && raw_find(root, "list-sas reply"))
			whole++;
	}
	assert_int_equal(whole, 0);
}

static void test_garbage(void **state)
{
	static const char *const bad[] = {
		"x",
		"{",
		"a {b=[}}",
		"a {b c}",
		"a {=x}",
		"a {b {c=1}",
		"a {b=1}}",
		"a {]}",
		"list-sas",
		"a {{}}",
		"connection refused\n",
	};
	err_auto e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		raw_auto *root = raw_parse(bad[i], strlen(bad[i]), &e);

		if (root)
			print_error("read '%s'\n", bad[i]);
		assert_null(root);
		assert_int_equal(e.code, ERR_INVALID);
	}
	assert_null(raw_parse("a {b=\0}", 7, &e));
}

static void test_depth_is_bounded(void **state)
{
	buf_auto b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "a {");
	assert_null(raw_parse(b.data, b.len, NULL));
}

/* ---- the adapter ---- */

static struct target target = {.name = "vpn1", .driver = "strongswan"};
static char state_bytes[64];

static struct adapter_ctx ctx = {.target = &target, .state = state_bytes};

static void see(const char *sas, struct resource *ret)
{
	resource_set_auto want = {0};
	resource_set_auto have = {0};
	err_auto e = ERR_INIT;
	bool ok;

	answer_sas = sas;
	answer_conns = rec_conns;
	answer_rc = 0;
	resource_set_add(&want, RESOURCE_TUNNEL, "vpn1")->tunnel.connection =
		mem_strdup("azure");
	assert_true(strongswan_adapter_ops.open(&ctx, &e));
	ok = strongswan_adapter_ops.observe(&ctx, &want, &have, &e);
	if (!ok)
		print_error("%s\n", err_msg(&e));
	assert_true(ok);
	strongswan_adapter_ops.close(&ctx);
	assert_int_equal(have.n, 1);
	assert_string_equal(have.v[0].name, "vpn1");
	assert_string_equal(have.v[0].tunnel.connection, "azure");
	resource_copy(ret, &have.v[0]);
}

static void test_up(void **state)
{
	struct resource x = {0};

	(void)state;
	see(rec_up, &x);
	assert_true(x.present);
	assert_true(x.tunnel.up);
	assert_string_equal(x.tunnel.local, "198.51.100.2");
	assert_string_equal(x.tunnel.remote, "198.51.100.1");
	assert_int_equal(x.tunnel.bytes_in, 936);
	assert_int_equal(x.tunnel.packets_in, 6);
	assert_int_equal(x.tunnel.bytes_out, 896);
	assert_int_equal(x.tunnel.packets_out, 7);
	assert_int_equal(x.tunnel.age_s, 1);
	assert_int_equal(x.tunnel.rekey_s, 3304);
	resource_done(&x);
	assert_int_equal(last_epoch, 0);
	assert_string_equal(
		last_script,
		"swanctl --list-sas --raw && swanctl --list-conns --raw\n");
}

static void assert_down(const char *sas, bool has_hosts)
{
	struct resource x = {0};

	see(sas, &x);
	assert_true(x.present);
	assert_false(x.tunnel.up);
	assert_int_equal(x.tunnel.bytes_in, 0);
	assert_int_equal(x.tunnel.remote != NULL, has_hosts);
	resource_done(&x);
}

static void test_down(void **state)
{
	(void)state;
	assert_down(rec_none, false);
	assert_down(rec_connecting, true);
	assert_down(rec_no_child, true);
	assert_down(rec_ike_rekey, true);
}

static void test_rekey_counts_the_new_child_alone(void **state)
{
	struct resource x = {0};

	(void)state;
	see(rec_rekeyed, &x);
	assert_true(x.tunnel.up);
	assert_int_equal(x.tunnel.bytes_in, 0); /* not the DELETED one's 936 */
	assert_int_equal(x.tunnel.rekey_s, 3246);
	resource_done(&x);
}

static void test_rekeying_is_up(void **state)
{
	mem_auto_free char *text = mem_strdup(rec_up);
	char *at = strstr(text, "ESTABLISHED");
	struct resource x = {0};

	(void)state;
	memmove(at + 8, at + 11, strlen(at + 11) + 1);
	memcpy(at, "REKEYING", 8);
	at = strstr(text, "INSTALLED");
	memmove(at + 8, at + 9, strlen(at + 9) + 1);
	memcpy(at, "REKEYING", 8);
	see(text, &x);
	assert_true(x.tunnel.up);
	assert_int_equal(x.tunnel.bytes_in, 936);
	resource_done(&x);
}

static void test_counters_are_wide(void **state)
{
	struct resource x = {0};

	(void)state;
	see(rec_big, &x);
	assert_true(x.tunnel.up);
	assert_true(x.tunnel.bytes_out > UINT32_MAX);
	resource_done(&x);
}

static void test_not_configured(void **state)
{
	raw_auto *root = raw_parse(rec_conns, strlen(rec_conns), NULL);
	struct resource x = {.kind = RESOURCE_TUNNEL,
			     .name = mem_strdup("t"),
			     .present = true};

	(void)state;
	tunnel_read(root, "other", &x); /* a child's name, no connection's */
	assert_false(x.present);
	tunnel_read(root, "spare", &x);
	assert_true(x.present);
	resource_done(&x);
}

static bool observe_fails(const char *sas, const char *conns, int rc,
			  struct err *e)
{
	resource_set_auto want = {0};
	resource_set_auto have = {0};

	answer_sas = sas;
	answer_conns = conns;
	answer_rc = rc;
	resource_set_add(&want, RESOURCE_TUNNEL, "azure");
	strongswan_adapter_ops.open(&ctx, NULL);
	return !strongswan_adapter_ops.observe(&ctx, &want, &have, e);
}

/* Blind is an error, never a tunnel that is down. */
static void test_blind_is_not_down(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(observe_fails(NULL, "", 0, &e));
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_true(observe_fails("", "", 2, &e));
	assert_non_null(strstr(err_msg(&e), "connecting to 'x' failed"));
	assert_null(strstr(err_msg(&e), "usage"));
	assert_true(observe_fails(rec_up, "", 0, &e));
	assert_non_null(strstr(err_msg(&e), "list-conns reply"));
	assert_true(observe_fails("", rec_conns, 0, &e));
}

static void test_uri_is_quoted(void **state)
{
	struct resource x = {0};

	(void)state;
	target_param_set(&target, "uri", "unix:///run/v ici");
	see(rec_up, &x);
	assert_non_null(strstr(
		last_script, "--list-sas --raw --uri 'unix:///run/v ici' &&"));
	resource_done(&x);
	target_param_set(&target, "uri", "");
}

static void test_nothing_is_changed(void **state)
{
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	resource_set_add(&from, RESOURCE_TUNNEL, "vpn1");
	resource_set_add(&to, RESOURCE_TUNNEL, "vpn1")->tunnel.up = true;
	assert_false(
		strongswan_adapter_ops.render(&target, &from, &to, &cs, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_int_equal(cs.n_forward, 0);
	from.v[0].tunnel.up = true;
	assert_true(
		strongswan_adapter_ops.render(&target, &from, &to, &cs, &e));
	assert_int_equal(cs.n_forward, 0);
	changeset_add(&cs, false, "shell", "swanctl --terminate --ike azure");
	assert_int_equal(
		strongswan_adapter_ops.apply(&ctx, &cs, false, NULL, NULL, &e),
		OUTCOME_REFUSED);
	assert_int_equal(
		strongswan_adapter_ops.apply(&ctx, &cs, true, NULL, NULL, &e),
		OUTCOME_UNCHANGED);
	changeset_done(&cs);
	resource_set_add(&to, RESOURCE_SESSION, "s");
	assert_false(strongswan_adapter_ops.check(&target, &to, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_with_spaces),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_every_cut_is_noticed),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_down),
		cmocka_unit_test(test_rekey_counts_the_new_child_alone),
		cmocka_unit_test(test_rekeying_is_up),
		cmocka_unit_test(test_counters_are_wide),
		cmocka_unit_test(test_not_configured),
		cmocka_unit_test(test_blind_is_not_down),
		cmocka_unit_test(test_uri_is_quoted),
		cmocka_unit_test(test_nothing_is_changed),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(last_script);
	for (size_t i = 0; i < target.n_params; i++) {
		free(target.params[i].key);
		free(target.params[i].value);
	}
	free(target.params);
	return failed;
}
