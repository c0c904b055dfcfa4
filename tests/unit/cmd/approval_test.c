/* Approvals: of exactly this plan, one a name, the latest counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/cmd/approval.h"

#define PLAN "tests/crash/site.yaml"

struct world {
	char dir[64];
	struct cmd_context c;
};

static int group_setup(void **state)
{
	(void)state;
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	return 0;
}

static int setup(void **state)
{
	struct world *w = mem_calloc(1, sizeof(*w));

	strcpy(w->dir, "/tmp/cutover-approval.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_true(cmd_context_load(&w->c, PLAN, false));
	w->c.plan->approvals = 2;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	mem_auto_free char *rm = mem_format("rm -rf '%s'", w->dir);

	cmd_context_done(&w->c);
	assert_int_equal(system(rm), 0);
	free(w);
	return 0;
}

static struct approval_list list_of(struct world *w)
{
	struct approval_list l;
	err_auto e = ERR_INIT;

	if (!approval_read(w->dir, &w->c, &l, &e))
		fail_msg("%s", err_msg(&e));
	return l;
}

static bool give(struct world *w, const char *name, bool withdraw,
		 struct err *e)
{
	return approval_give(w->dir, &w->c, name, "", withdraw, e);
}

static void suffice(struct world *w, bool yes, size_t standing)
{
	struct approval_list l = list_of(w);
	err_auto e = ERR_INIT;

	assert_int_equal(l.standing, standing);
	assert_int_equal(approval_suffice(&l, &w->c, &e), yes);
	if (!yes) {
		assert_string_equal(e.rule, "approvals");
		assert_non_null(strstr(err_msg(&e), "approval of 2 people"));
	}
	approval_list_done(&l);
}

static void test_two_people(void **state)
{
	struct world *w = *state;
	err_auto e = ERR_INIT;

	suffice(w, false, 0);
	assert_true(give(w, "Ann Lee", false, &e));
	suffice(w, false, 1);
	/* the same person once more is no second one */
	assert_false(give(w, "ann lee", false, &e));
	assert_int_equal(e.code, ERR_USAGE);
	suffice(w, false, 1);
	assert_true(give(w, "Ben", false, &e));
	suffice(w, true, 2);
}

static void test_withdrawn(void **state)
{
	struct world *w = *state;
	err_auto e = ERR_INIT;

	assert_false(give(w, "Ann", true, &e)); /* nothing to take back */
	assert_true(give(w, "Ann", false, &e));
	assert_true(give(w, "Ben", false, &e));
	assert_true(give(w, "Ann", true, &e));
	suffice(w, false, 1);
	assert_true(give(w, "Ann", false, &e));
	suffice(w, true, 2);
}

static void test_another_version(void **state)
{
	struct world *w = *state;
	err_auto e = ERR_INIT;
	struct approval_list l;
	mem_auto_free char *was = mem_strdup(w->c.plan->hash);

	assert_true(give(w, "Ann", false, &e));
	assert_true(give(w, "Ben", false, &e));
	memset(w->c.plan->hash, '0', 8); /* somebody edits the plan */
	suffice(w, false, 0);
	l = list_of(w);
	assert_int_equal(l.n, 2);
	assert_false(l.v[0].stands);
	approval_list_done(&l);
	assert_true(give(w, "Ann", false, &e)); /* anew */
	suffice(w, false, 1);
	memcpy(w->c.plan->hash, was, 8); /* back: Ann's latest is another's */
	suffice(w, false, 1);
}

static void test_bad_names(void **state)
{
	static const char *const bad[] = {"",	   "   ",  " Ann", "Ann ",
					  "An\nn", "\xff", "An\tn"};
	struct world *w = *state;
	char l[APPROVAL_NAME_MAX + 2];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err_auto e = ERR_INIT;

		assert_false(give(w, bad[i], false, &e));
		assert_int_equal(e.code, ERR_USAGE);
	}
	memset(l, 'x', sizeof(l));
	l[sizeof(l) - 1] = 0;
	{
		err_auto e = ERR_INIT;

		assert_false(give(w, l, false, &e));
	}
	suffice(w, false, 0);
}

static void put_file(struct world *w, const char *text, int mode)
{
	mem_auto_free char *path = mem_format("%s/approvals/0.json", w->dir);
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, (mode_t)mode), 0);
}

/* What cannot be read is said, not skipped. */
static void test_damaged(void **state)
{
	struct world *w = *state;
	struct approval_list l;
	err_auto e = ERR_INIT;

	assert_true(give(w, "Ann", false, &e));
	put_file(w, "{\"name\":", 0600);
	assert_false(approval_read(w->dir, &w->c, &l, &e));
	assert_int_equal(l.n, 0);
	err_done(&e);
	put_file(w, "{}", 0666); /* anybody could have written it */
	assert_false(approval_read(w->dir, &w->c, &l, &e));
	err_done(&e);
	put_file(w, "{\"plan\":\"another\",\"name\":\"Eve\"}", 0600);
	suffice(w, false, 1);
}

static void test_row(void **state)
{
	struct world *w = *state;
	err_auto e = ERR_INIT;
	struct approval_list l;
	json_auto *row = NULL;
	const json_t *given;

	assert_true(approval_give(w->dir, &w->c, "Ann", "CAB 12", false, &e));
	assert_true(give(w, "Ben", false, &e));
	assert_true(give(w, "Ben", true, &e));
	l = list_of(w);
	row = approval_row(&l, &w->c);
	approval_list_done(&l);
	given = json_peek(row, "given");
	assert_int_equal(json_peek_int(row, "needed", 0), 2);
	assert_int_equal(strlen(json_peek_str(row, "digest", "")), 64);
	assert_int_equal(json_array_size(given), 1);
	assert_string_equal(json_peek_str(json_array_get(given, 0), "name", ""),
			    "Ann");
	assert_string_equal(json_peek_str(json_array_get(given, 0), "note", ""),
			    "CAB 12");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_two_people), T(test_withdrawn), T(test_another_version),
		T(test_bad_names),  T(test_damaged),   T(test_row),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
