/*
 * bird_guard_test.c - the dead-man timer against real BIRD
 *
 * Changes are stacked under the watchdog; it fires, is renewed, told, confirmed
 * and reverted, on top of what boots and on top of a candidate that is not
 * saved yet; BIRD's own timer never runs on.  The VPN's session never flaps.
 */
#include "tests/conformance/bird_lib.h"

#include <string.h>

#include "orchestrator/base/clock.h"

#define SHORT 12 /* seconds until a timer that is to fire does */
#define LONG 300 /* of one that must not */

static uint64_t vpn_epoch;

static int session_up(void **state)
{
	resource_set_auto policies = {0};
	resource_set_auto want = {0};
	struct changeset cs;
	struct resource vpn;

	if (lab_up(state) != 0)
		return -1;
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
	vpn = lab_see(RESOURCE_SESSION, "vpn1", "10.99.0.2");
	vpn_epoch = vpn.session.established_epoch_s;
	resource_done(&vpn);
	return 0;
}

static char *bind_to(const char *import, const char *export, uint32_t seconds)
{
	struct changeset cs = lab_bind(import, export, seconds);
	char *key = mem_strdup(cs.key);

	changeset_done(&cs);
	return key;
}

static bool bound(const char *import, const char *export)
{
	mem_auto_free char *in = mem_format(POLICY "%s", import);
	mem_auto_free char *out = mem_format(POLICY "%s", export);
	struct resource s = lab_see_session();
	bool is = strcmp(s.session.import, in) == 0 &&
		  strcmp(s.session.export, out) == 0;

	resource_done(&s);
	return is;
}

static void back_at(const char *import, const char *export)
{
	for (int i = 0; i < (SHORT + 30) * 10; i++) {
		if (bound(import, export))
			return;
		clock_sleep_us(100000);
	}
	fail_msg("it does not go back to %s, %s", import, export);
}

static void confirms(enum outcome want, const char *key)
{
	err_auto e = ERR_INIT;

	lab_deadline();
	lab_expect(want, lab_ops->confirm(&lab_ctx, key, &e), &e);
}

static void reverts(enum outcome want, const char *key)
{
	err_auto e = ERR_INIT;

	lab_deadline();
	lab_expect(want, lab_ops->revert(&lab_ctx, key, &e), &e);
}

static void renews(enum outcome want, uint32_t seconds)
{
	err_auto e = ERR_INIT;

	lab_deadline();
	lab_expect(want, lab_ops->renew(&lab_ctx, seconds, &e), &e);
}

/* Neither process nor file, nor BIRD's own timer; and the VPN is untouched. */
static void nothing_left(bool fired)
{
	const char *run = target_param(&lab_target, "run_dir", "");
	struct resource vpn = lab_see(RESOURCE_SESSION, "vpn1", "10.99.0.2");

	lab_soon("! pgrep -f '[/]guard/watch' >/dev/null");
	assert_int_equal(0, lab_sh("test ! -e %s/guard", run));
	assert_int_equal(0,
			 lab_sh("test %s -e %s/fired", fired ? "" : "!", run));
	assert_int_equal(0, lab_sh("! birdc -v -s %s/e.ctl configure status | "
				   "grep -q ^0022",
				   lab_dir));
	assert_int_equal(0, lab_sh("! ls %s/*.next.* 2>/dev/null", lab_dir));
	assert_true(vpn.session.established_epoch_s + 2 > vpn_epoch &&
		    vpn.session.established_epoch_s < vpn_epoch + 2);
	resource_done(&vpn);
}

static void goes_back_to_what_boots(void **state)
{
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *two = bind_to("in-g0", NULL, SHORT);
	struct resource s;

	(void)state;
	assert_true(bound("in-g0", "out-g0"));
	back_at("in-g1", "out-g1");
	s = lab_wait_prefixes(2, 1);
	assert_int_equal(2, s.session.sent.n);
	resource_done(&s);
	nothing_left(true);
	/* a candidate that waits for nobody is gone as well */
	lab_save();
	confirms(OUTCOME_REFUSED, one);
	confirms(OUTCOME_REFUSED, two);
	confirms(OUTCOME_REFUSED, NULL);
	renews(OUTCOME_REFUSED, LONG);
	reverts(OUTCOME_UNCHANGED, NULL);
}

/* The way back is not always what boots. */
static void goes_back_to_a_candidate(void **state)
{
	mem_auto_free char *first = bind_to(NULL, "out-g2", 0);
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *two = bind_to("in-g0", NULL, LONG);

	(void)state;
	renews(OUTCOME_APPLIED, 1);
	back_at("in-g1", "out-g2");
	nothing_left(true);
	confirms(OUTCOME_REFUSED, NULL);
	free(bind_to(NULL, "out-g1", 0));
	lab_save();
}

/* No change moves through what boots: the announcements stay. */
static void stacks_without_a_step_back(void **state)
{
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *log = mem_format("%s/stack.log", lab_dir);
	mem_auto_free char *two = NULL;

	(void)state;
	lab_soon("birdc -s %s/p.ctl 'show route protocol e' | "
		 "grep -c 10.10 | grep -qx 0",
		 lab_dir);
	assert_int_equal(
		0, lab_sh("(while sleep 0.05 && ! test -e %s.end; do birdc -s "
			  "%s/p.ctl show route protocol e; done | grep "
			  "10[.]10 >%s; mv %s.end %s.ended) &",
			  log, lab_dir, log, log, log));
	two = bind_to("in-g0", NULL, LONG);
	assert_int_equal(0, lab_sh(": >%s.end", log));
	lab_soon("test -e %s.ended", log);
	assert_int_equal(0, lab_sh("test ! -s %s", log));
	reverts(OUTCOME_APPLIED, NULL);
	assert_true(bound("in-g1", "out-g1"));
	nothing_left(false);
}

static void is_renewed(void **state)
{
	mem_auto_free char *one = bind_to(NULL, "out-g0", SHORT * 3);

	(void)state;
	for (int i = 0; i < 3; i++) {
		clock_sleep_us(SHORT * 1000000);
		renews(OUTCOME_APPLIED, SHORT * 3);
	}
	assert_true(bound("in-g1", "out-g0"));
	reverts(OUTCOME_APPLIED, one);
	assert_true(bound("in-g1", "out-g1"));
	renews(OUTCOME_UNCHANGED, LONG);
	nothing_left(false);
}

static void confirms_all_and_saves(void **state)
{
	mem_auto_free char *boot = lab_read("cutover.conf");
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *two = bind_to("in-g0", NULL, LONG);
	mem_auto_free char *still = NULL;
	err_auto e = ERR_INIT;

	(void)state;
	lab_deadline();
	lab_expect(OUTCOME_REFUSED, lab_ops->save(&lab_ctx, &e), &e);
	confirms(OUTCOME_APPLIED, NULL);
	confirms(OUTCOME_UNCHANGED, NULL);
	confirms(OUTCOME_UNCHANGED, one);
	confirms(OUTCOME_UNCHANGED, two);
	nothing_left(false);
	/* a restart now would come back to the checkpoint before */
	still = lab_read("cutover.conf");
	assert_string_equal(boot, still);
	lab_save();
	assert_true(bound("in-g0", "out-g0"));
	free(bind_to("in-g1", "out-g1", 0));
	lab_save();
}

static void ends_one_by_one(void **state)
{
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *two = bind_to("in-g0", NULL, LONG);
	mem_auto_free char *three = bind_to(NULL, "out-g2", LONG);

	(void)state;
	confirms(OUTCOME_REFUSED, three); /* it stands on the others */
	reverts(OUTCOME_APPLIED, three);
	assert_true(bound("in-g0", "out-g0"));
	confirms(OUTCOME_APPLIED, one);
	reverts(OUTCOME_APPLIED, two);
	assert_true(bound("in-g1", "out-g0"));
	nothing_left(false);
	free(bind_to(NULL, "out-g1", 0));
	lab_save();
}

static void reverts_after_a_fence(void **state)
{
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *two = bind_to("in-g0", NULL, LONG);
	err_auto e = ERR_INIT;
	int64_t start;

	(void)state;
	lab_deadline();
	assert_true(lab_ops->fence(&lab_ctx, &e));
	start = clock_mono_us();
	reverts(OUTCOME_APPLIED, NULL);
	print_message("# taking two changes back took %lld ms\n",
		      (long long)(clock_mono_us() - start) / 1000);
	assert_true(bound("in-g1", "out-g1"));
	nothing_left(false);
	lab_save();
	reverts(OUTCOME_UNCHANGED, NULL);
}

/* Without a timer, on top of one: it goes back with what it stands on. */
static void unguarded_goes_back_as_well(void **state)
{
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *two = bind_to(NULL, "out-g2", 0);

	(void)state;
	assert_true(bound("in-g1", "out-g2"));
	reverts(OUTCOME_APPLIED, NULL);
	assert_true(bound("in-g1", "out-g1"));
	nothing_left(false);
}

/* Nobody comes back: the connection is gone while changes are armed. */
static void goes_back_alone(void **state)
{
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *two = bind_to("in-g0", NULL, SHORT);
	err_auto e = ERR_INIT;

	(void)state;
	lab_ops->close(&lab_ctx);
	lab_soon("birdc -s %s/e.ctl 'show protocols all "
		 "CUTOVER_er_hq_primary_private' | grep -q 'Output filter: "
		 "*CUTOVER_er_hq_primary_private_out_g1'",
		 lab_dir);
	lab_deadline();
	assert_true(lab_ops->open(&lab_ctx, &e));
	assert_true(bound("in-g1", "out-g1"));
	nothing_left(true);
	confirms(OUTCOME_REFUSED, NULL);
	lab_save();
}

static enum outcome bind_at_once(const char *key)
{
	resource_set_auto want = {0};
	struct resource *r = lab_want_session(&want);
	err_auto e = ERR_INIT;

	r->session.enabled = true;
	r->session.import = mem_strdup(POLICY "in-g1");
	r->session.export = mem_strdup(POLICY "out-g1");
	lab_deadline();
	return lab_ops->bind(&lab_ctx, &want, key, &e);
}

/* The emergency action: what is armed is disarmed, and stays undone. */
static void binds_at_once(void **state)
{
	mem_auto_free char *one = bind_to(NULL, "out-g0", LONG);
	mem_auto_free char *two = bind_to("in-g0", NULL, LONG);

	(void)state;
	assert_int_equal(OUTCOME_APPLIED, bind_at_once("at-once.1"));
	assert_true(bound("in-g1", "out-g1"));
	nothing_left(false);
	renews(OUTCOME_UNCHANGED, LONG);
	/* so already: the long way finds that out */
	assert_int_equal(OUTCOME_RETRY, bind_at_once("at-once.2"));
	lab_save();
}

static int inside(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_back_to_what_boots),
		cmocka_unit_test(goes_back_to_a_candidate),
		cmocka_unit_test(stacks_without_a_step_back),
		cmocka_unit_test(is_renewed),
		cmocka_unit_test(confirms_all_and_saves),
		cmocka_unit_test(ends_one_by_one),
		cmocka_unit_test(reverts_after_a_fence),
		cmocka_unit_test(unguarded_goes_back_as_well),
		cmocka_unit_test(goes_back_alone),
		cmocka_unit_test(binds_at_once),
	};

	return cmocka_run_group_tests(tests, session_up, lab_down);
}

int main(int argc, char **argv)
{
	(void)argc;
	return lab_main(argv, inside);
}
