/* The proof before a run: what refuses, what an operator accepts by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/azure/azure.h"
#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/cmd/cmd.h"

#define BAD "tests/unit/twin/data/bad-no-path.yaml"
#define GOOD "tests/crash/site.yaml"

static struct foretold_vec foretold;

static int setup(void **state)
{
	(void)state;
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	adapter_register(&azure_adapter_ops);
	return 0;
}

static bool prove(const char *path, const struct cmd_options *o,
		  struct cmd_context *c, json_t **ret, struct err *e)
{
	foretold_vec_done(&foretold);
	assert_true(cmd_context_load(c, path, false));
	return cmd_proof_before_run(c, o, ret, &foretold, e);
}

static void test_proof_that_holds(void **state)
{
	struct cmd_options o = {0};
	struct cmd_context c;
	err_auto e = ERR_INIT;
	json_auto *row = NULL;
	mem_auto_free char *text = NULL;

	(void)state;
	assert_true(prove(GOOD, &o, &c, &row, &e));
	assert_string_equal(json_peek_str(row, "result", ""), "holds");
	assert_int_equal(strlen(json_peek_str(row, "hash", "")), 64);
	assert_int_equal(json_peek_int(row, "errors", -1), 0);
	assert_true(json_peek_int(row, "states", 0) > 10);
	assert_int_equal(json_peek_int(row, "foretold", 0), foretold.n);
	assert_true(foretold.n > 4);
	text = cmd_proof_text(row);
	assert_non_null(strstr(text, "proof: holds"));
	cmd_context_done(&c);
}

/* What is foretold of the canary wave: each edge by its own link. */
static void test_what_is_foretold(void **state)
{
	struct cmd_options o = {0};
	struct cmd_context c;
	err_auto e = ERR_INIT;
	json_auto *row = NULL;
	bool first = false, second = false;

	(void)state;
	assert_true(prove(GOOD, &o, &c, &row, &e));
	for (size_t i = 0; i < foretold.n; i++) {
		const struct foretold *f = &foretold.v[i];

		if (strcmp(f->step->id, "wave-canary/checkpoint") || !f->from)
			continue;
		first |= strcmp(f->edge, "edge1") == 0 &&
			 strcmp(f->from, "172.16.0.2") == 0;
		second |= strcmp(f->edge, "edge2") == 0 &&
			  strcmp(f->from, "172.16.0.6") == 0;
	}
	assert_true(first && second);
	cmd_context_done(&c);
}

static void test_failed_proof_refuses(void **state)
{
	struct cmd_options o = {0};
	struct cmd_context c;
	err_auto e = ERR_INIT;
	json_auto *row = NULL;

	(void)state;
	assert_false(prove(BAD, &o, &c, &row, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_non_null(strstr(err_msg(&e), "--accept-proof"));
	assert_null(row);
	assert_int_equal(foretold.n, 0);
	cmd_context_done(&c);
}

static void test_accepted_by_name(void **state)
{
	struct cmd_options o = {.accept_proof = {"no-path", "transient-loss"},
				.n_accept_proof = 2};
	struct cmd_context c;
	err_auto e = ERR_INIT;
	json_auto *row = NULL;
	mem_auto_free char *text = NULL;

	(void)state;
	if (!prove(BAD, &o, &c, &row, &e))
		fail_msg("%s", err_msg(&e));
	assert_string_equal(json_peek_str(row, "result", ""), "failed");
	assert_true(json_array_size(json_peek(row, "failures")) > 0);
	text = cmd_proof_text(row);
	assert_non_null(strstr(text, "accepted: 'no-path', 'transient-loss'"));
	cmd_context_done(&c);
}

static void test_a_slip_is_no_consent(void **state)
{
	struct cmd_options o = {.accept_proof = {"no-pth"},
				.n_accept_proof = 1};
	struct cmd_context c;
	err_auto e = ERR_INIT;
	json_auto *row = NULL;

	(void)state;
	assert_false(prove(GOOD, &o, &c, &row, &e));
	assert_non_null(strstr(err_msg(&e), "no-pth"));
	cmd_context_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proof_that_holds),
		cmocka_unit_test(test_what_is_foretold),
		cmocka_unit_test(test_failed_proof_refuses),
		cmocka_unit_test(test_accepted_by_name),
		cmocka_unit_test(test_a_slip_is_no_consent),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
