/*
 * libvirt_test.c - the adapter over libvirt's own test driver
 *
 * 'test:///default' has a network 'default', which is active, and a machine,
 * and needs no daemon.  What needs one is in the conformance tests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "adapters/libvirt/libvirt.h"
#include "orchestrator/base/clock.h"

static const struct adapter_ops *const ops = &libvirt_adapter_ops;

static struct target make_target(const char *const *params)
{
	struct target t = {.name = mem_strdup("er-hq")};

	target_param_set(&t, "uri", "test:///default");
	for (; *params; params += 2)
		target_param_set(&t, params[0], params[1]);
	return t;
}

#define TARGET(...) make_target((const char *const[]){__VA_ARGS__, NULL})

static bool checks(const char *key, const char *value, const char *key2,
		   const char *value2, struct err *e)
{
	struct target t = TARGET(key, value, key2, value2);
	resource_set_auto set = {0};
	bool ok;

	resource_set_add(&set, RESOURCE_ATTACHMENT, "er-hq");
	ok = ops->check(&t, &set, e);
	target_done(&t);
	return ok;
}

static void test_check(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	assert_true(checks("attachment", "gw", "links", "primary=p", &e));
	assert_false(checks("links", "primary=p", "x", "y", &e));
	assert_non_null(strstr(err_msg(&e), "no 'attachment'"));
	assert_false(checks("attachment", "p", "links", "primary=p", &e));
	assert_false(checks("attachment", "v", "network", "v", &e));
	assert_non_null(strstr(err_msg(&e), "is the virtual network"));
	assert_false(checks("attachment", "a b", "x", "y", &e));
	assert_false(checks("attachment", "a", "uri",
			    "qemu+ssh://h/system?no_verify=1", &e));
	assert_int_equal(e.code, ERR_REFUSED);
}

static void test_check_kind_and_link(void **state)
{
	struct target t = TARGET("links", "primary=p");
	resource_set_auto set = {0};
	resource_set_auto other = {0};
	err_auto e = ERR_INIT;

	(void)state;
	state_list_add(&resource_set_add(&set, RESOURCE_CIRCUIT, "er-hq")
				->circuit.links,
		       "third");
	assert_false(ops->check(&t, &set, &e));
	assert_non_null(strstr(err_msg(&e), "'third'"));
	resource_set_add(&other, RESOURCE_SESSION, "s");
	assert_false(ops->check(&t, &other, &e));
	target_done(&t);
}

static void test_render_refuses(void **state)
{
	struct target t = TARGET("links", "primary=p", "network", "v");
	resource_set_auto from = {0};
	resource_set_auto to = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	state_list_add(
		&resource_set_add(&to, RESOURCE_CIRCUIT, "c")->circuit.links,
		"primary");
	assert_false(ops->render(&t, &from, &to, &cs, &e)); /* unseen */
	resource_set_add(&from, RESOURCE_CIRCUIT, "c")->present = false;
	assert_false(ops->render(&t, &from, &to, &cs, &e)); /* undefined */
	assert_int_equal(e.code, ERR_REFUSED);
	from.v[0].present = true;
	to.v[0].present = false;
	assert_false(ops->render(&t, &from, &to, &cs, &e)); /* undefine */
	to.v[0].present = true;
	resource_set_add(&from, RESOURCE_VNET, "v")->vnet.identity =
		mem_strdup("a");
	resource_set_add(&to, RESOURCE_VNET, "v")->vnet.identity =
		mem_strdup("b");
	assert_false(ops->render(&t, &from, &to, &cs, &e));
	assert_non_null(strstr(err_msg(&e), "never changes it"));
	assert_int_equal(cs.n_forward, 0);
	free(to.v[1].vnet.identity);
	to.v[1].vnet.identity = mem_strdup("a");
	assert_true(ops->render(&t, &from, &to, &cs, &e));
	assert_int_equal(cs.n_forward, 1);
	assert_string_equal(cs.forward[0].text, "net-start p");
	assert_string_equal(cs.back[0].text, "net-destroy p");
	changeset_done(&cs);
	target_done(&t);
}

static void see(struct adapter_ctx *c, bool attached)
{
	resource_set_auto want = {0};
	resource_set_auto have = {0};
	err_auto e = ERR_INIT;

	resource_set_add(&want, RESOURCE_ATTACHMENT, "er-hq");
	c->deadline_us = clock_mono_us() + 10000000;
	assert_true(ops->observe(c, &want, &have, &e));
	assert_true(have.v[0].present);
	assert_int_equal(have.v[0].attachment.attached, attached);
}

static const char node[] = "<node><network><name>er-hq-gateway</name>"
			   "<uuid>40000000-0000-4000-8000-000000000001</uuid>"
			   "<bridge name='br-att'/></network></node>";

/* A host of its own, with one network, which is active. */
static char *node_uri(char path[])
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, node, strlen(node)), strlen(node));
	close(fd);
	return mem_format("test://%s", path);
}

static void test_attach_and_detach(void **state)
{
	char path[] = "/tmp/cutover-libvirt-XXXXXX";
	mem_auto_free char *uri = node_uri(path);
	struct target t = TARGET("attachment", "er-hq-gateway", "uri", uri);
	struct adapter_ctx c = {.target = &t,
				.state = mem_alloc(ops->state_size)};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	c.deadline_us = clock_mono_us() + 10000000;
	assert_true(ops->open(&c, &e));
	unlink(path);
	assert_true(ops->fence(&c, &e));
	assert_int_equal(c.epoch, 1);
	see(&c, true);
	changeset_add(&cs, false, "virsh", "net-destroy er-hq-gateway");
	changeset_add(&cs, true, "virsh", "net-start er-hq-gateway");
	assert_int_equal(ops->apply(&c, &cs, false, NULL, NULL, &e),
			 OUTCOME_APPLIED);
	see(&c, false);
	assert_int_equal(ops->apply(&c, &cs, false, NULL, NULL, &e),
			 OUTCOME_UNCHANGED);
	assert_int_equal(ops->apply(&c, &cs, true, NULL, NULL, &e),
			 OUTCOME_APPLIED);
	see(&c, true);
	c.deadline_us = clock_mono_us();
	assert_int_equal(ops->apply(&c, &cs, false, NULL, NULL, &e),
			 OUTCOME_RETRY);
	ops->close(&c);
	free(c.state);
	changeset_done(&cs);
	target_done(&t);
}

/* The default host's machine has its interface on 'default'. */
static void test_no_plug_is_pulled(void **state)
{
	struct target t = TARGET("attachment", "default");
	struct adapter_ctx c = {.target = &t,
				.state = mem_alloc(ops->state_size)};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	c.deadline_us = clock_mono_us() + 10000000;
	assert_true(ops->open(&c, &e));
	changeset_add(&cs, false, "virsh", "net-destroy default");
	assert_int_equal(ops->apply(&c, &cs, false, NULL, NULL, &e),
			 OUTCOME_REFUSED);
	assert_non_null(strstr(err_msg(&e), "is plugged into"));
	see(&c, true);
	ops->close(&c);
	free(c.state);
	changeset_done(&cs);
	target_done(&t);
}

static void test_open_fails(void **state)
{
	struct target t = TARGET("attachment", "default");
	struct adapter_ctx c = {.target = &t,
				.state = mem_alloc(ops->state_size)};
	err_auto e = ERR_INIT;

	(void)state;
	target_param_set(&t, "uri",
			 "qemu+unix:///system?socket=/nonexistent/sock");
	c.deadline_us = clock_mono_us() + 10000000;
	assert_false(ops->open(&c, &e));
	assert_non_null(strstr(err_msg(&e), "cannot connect to libvirt"));
	ops->close(&c);
	ops->close(&c);
	free(c.state);
	target_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_kind_and_link),
		cmocka_unit_test(test_render_refuses),
		cmocka_unit_test(test_attach_and_detach),
		cmocka_unit_test(test_no_plug_is_pulled),
		cmocka_unit_test(test_open_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
