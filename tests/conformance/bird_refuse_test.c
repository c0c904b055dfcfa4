/*
 * bird_refuse_test.c - the BIRD adapter against real daemons: what it refuses
 *
 * Starts with an open session that announces and accepts; each test leaves it
 * so.  See bird_lib.c for the network.
 */
#include "tests/conformance/bird_lib.h"

#include <string.h>

#include "orchestrator/base/clock.h"

static int session_up(void **state)
{
	resource_set_auto policies = {0};
	resource_set_auto want = {0};
	struct changeset cs;

	lab_up(state);
	lab_wait("vpn1", "10.99.0.2");
	lab_want_policies(&policies);
	cs = lab_ensure(&policies, 0);
	changeset_done(&cs);
	lab_want_born(&want);
	cs = lab_ensure(&want, 0);
	changeset_done(&cs);
	cs = lab_bind("in-g1", "out-g1", 0);
	changeset_done(&cs);
	lab_wait(SESSION, "172.16.0.2");
	lab_save();
	return 0;
}

static void never_edits_a_policy(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	lab_permit(lab_want_policy(&want, "in-g1", "import"), "10.101.0.0/16");
	got = lab_look(&want);
	assert_false(lab_ops->render(&lab_target, &got, &want, &cs, &e));
	assert_int_equal(ERR_REFUSED, e.code);
}

static void refuses_to_load_edits_of_others(void **state)
{
	struct changeset cs = lab_plan_bind("out-g0");
	mem_auto_free char *was = lab_read("e.conf");
	err_auto e = ERR_INIT;

	(void)state;
	clock_sleep_us(1100000);
	lab_write("e.conf", "%s# not loaded yet\n", was);
	lab_expect(OUTCOME_REFUSED, lab_send(&cs, false, 0, &e), &e);
	assert_non_null(strstr(err_msg(&e), "changed after BIRD last read it"));
	lab_write("e.conf", "%s", was);
	assert_int_equal(
		0, lab_sh("birdc -s %s/e.ctl configure >/dev/null", lab_dir));
	changeset_done(&cs);
}

static void refuses_to_undo_a_disable(void **state)
{
	struct changeset cs = lab_plan_bind("out-g0");
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(0, lab_sh("birdc -s %s/e.ctl disable vpn1 >/dev/null",
				   lab_dir));
	lab_expect(OUTCOME_REFUSED, lab_send(&cs, false, 0, &e), &e);
	assert_non_null(strstr(err_msg(&e), "shut by hand"));
	assert_int_equal(
		0, lab_sh("birdc -s %s/e.ctl enable vpn1 >/dev/null", lab_dir));
	lab_wait("vpn1", "10.99.0.2");
	changeset_done(&cs);
}

static void refuses_what_was_altered(void **state)
{
	struct changeset cs = lab_plan_bind("out-g0");
	err_auto e = ERR_INIT;
	char *hit = strstr(cs.forward[0].text, "export filter CUTOVER");

	(void)state;
	assert_non_null(hit);
	memcpy(hit, "export all; ;;;;;;;;;", 21);
	lab_expect(OUTCOME_REFUSED, lab_send(&cs, false, 0, &e), &e);
	changeset_done(&cs);
}

static void refuses_what_moved(void **state)
{
	struct changeset cs = lab_plan_bind("out-g0");
	struct changeset other = lab_bind("in-g0", NULL, 0);
	struct changeset back;
	err_auto e = ERR_INIT;

	(void)state;
	lab_expect(OUTCOME_REFUSED, lab_send(&cs, false, 0, &e), &e);
	assert_non_null(strstr(err_msg(&e), "is not what it was"));
	back = lab_bind("in-g1", NULL, 0);
	lab_save();
	changeset_done(&cs);
	changeset_done(&other);
	changeset_done(&back);
}

static void refuses_to_remove_what_is_bound(void **state)
{
	resource_set_auto want = {0};
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	resource_set_add(&want, RESOURCE_ROUTE_POLICY, POLICY "out-g1")
		->present = false;
	cs = lab_plan(&want);
	lab_expect(OUTCOME_REFUSED, lab_send(&cs, false, 0, &e), &e);
	assert_non_null(strstr(err_msg(&e), "unbind before removing"));
	changeset_done(&cs);
}

static void refuses_sessions_of_others(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	resource_set_add(&want, RESOURCE_SESSION, "vpn1")->session.neighbor =
		mem_strdup("10.99.0.2");
	got = lab_look(&want);
	assert_false(lab_ops->render(&lab_target, &got, &want, &cs, &e));
	assert_int_equal(ERR_REFUSED, e.code);
	want.v[0].present = false;
	assert_false(lab_ops->render(&lab_target, &got, &want, &cs, &e));
}

/* The policy's text is valid for us and not for BIRD: nothing changes. */
static void bird_refuses_a_candidate(void **state)
{
	resource_set_auto want = {0};
	mem_auto_free char *before = lab_read("cutover.conf");
	mem_auto_free char *was = lab_read("e.conf");
	mem_auto_free char *after = NULL;
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	lab_want_policy(&want, "clash-g1", "import");
	cs = lab_plan(&want);
	/* the operator has a filter of that very name */
	lab_write(
		"e.conf",
		"filter CUTOVER_er_hq_primary_private_clash_g1 { reject; }\n%s",
		was);
	assert_int_equal(
		0, lab_sh("birdc -s %s/e.ctl configure >/dev/null", lab_dir));
	lab_expect(OUTCOME_REFUSED, lab_send(&cs, false, 0, &e), &e);
	after = lab_read("cutover.conf");
	assert_string_equal(before, after);
	assert_int_equal(0, lab_sh("! ls %s/*next* 2>/dev/null", lab_dir));
	lab_write("e.conf", "%s", was);
	assert_int_equal(
		0, lab_sh("birdc -s %s/e.ctl configure >/dev/null", lab_dir));
	changeset_done(&cs);
}

static void notices_an_edit_by_hand(void **state)
{
	mem_auto_free char *was = lab_read("cutover.conf");
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	err_auto e = ERR_INIT;

	(void)state;
	lab_want_session(&want);
	assert_int_equal(
		0,
		lab_sh("sed -i 's/hold time 30/hold time 31/' %s/cutover.conf",
		       lab_dir));
	lab_deadline();
	assert_false(lab_ops->observe(&lab_ctx, &want, &got, &e));
	assert_non_null(strstr(err_msg(&e), "edited by hand"));
	lab_write("cutover.conf", "%s", was);
	assert_int_equal(
		0, lab_sh("birdc -s %s/e.ctl configure >/dev/null", lab_dir));
}

static void daemon_down_is_no_answer(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	err_auto e = ERR_INIT;

	(void)state;
	lab_want_session(&want);
	assert_int_equal(0, lab_sh("mv %s/e.ctl %s/e.away", lab_dir, lab_dir));
	lab_deadline();
	assert_false(lab_ops->observe(&lab_ctx, &want, &got, &e));
	assert_non_null(strstr(err_msg(&e), "BIRD does not answer"));
	assert_int_equal(0, lab_sh("mv %s/e.away %s/e.ctl", lab_dir, lab_dir));
}

/* A second BFD protocol is not made where the operator has one. */
static void uses_the_bfd_that_is_there(void **state)
{
	resource_set_auto gone = {0};
	resource_set_auto want = {0};
	mem_auto_free char *was = lab_read("e.conf");
	mem_auto_free char *file = NULL;
	struct changeset cs;

	(void)state;
	lab_want_session(&gone)->present = false;
	cs = lab_ensure(&gone, 0);
	changeset_done(&cs);
	lab_save();
	lab_write("e.conf", "protocol bfd mine {}\n%s", was);
	assert_int_equal(
		0, lab_sh("birdc -s %s/e.ctl configure >/dev/null", lab_dir));
	lab_want_born(&want)->session.enabled = true;
	cs = lab_ensure(&want, 0);
	changeset_done(&cs);
	lab_wait(SESSION, "172.16.0.2");
	for (int i = 0;; i++) {
		struct resource s = lab_see_session();
		bool up = strcmp(s.session.bfd_state, "up") == 0;

		resource_done(&s);
		if (up)
			break;
		assert_true(i < 600);
		clock_sleep_us(100000);
	}
	lab_save();
	file = lab_read("cutover.conf");
	assert_null(strstr(file, "CUTOVER_bfd"));
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_edits_a_policy),
		cmocka_unit_test(refuses_to_load_edits_of_others),
		cmocka_unit_test(refuses_to_undo_a_disable),
		cmocka_unit_test(refuses_what_was_altered),
		cmocka_unit_test(refuses_what_moved),
		cmocka_unit_test(refuses_to_remove_what_is_bound),
		cmocka_unit_test(refuses_sessions_of_others),
		cmocka_unit_test(bird_refuses_a_candidate),
		cmocka_unit_test(notices_an_edit_by_hand),
		cmocka_unit_test(daemon_down_is_no_answer),
		cmocka_unit_test(uses_the_bfd_that_is_there),
	};

	return cmocka_run_group_tests(tests, session_up, lab_down);
}

int main(int argc, char **argv)
{
	(void)argc;
	return lab_main(argv, inside);
}
