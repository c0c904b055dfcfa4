/*
 * cutover is killed at every point, one by one: before and after each row is
 * durable, before and after each call to a device; on its way forward, after a
 * resume, and on its way back.  It is resumed, and must end as if it had never
 * been killed: the same end, the same changes on the devices in the same order,
 * none of them twice.
 *
 * Resumed late, when dead-man timers have taken changes back, there are more
 * changes; the end is the same.
 */
#include "tests/crash/rig.h"

struct course {
	const char *back_to;
	size_t resumed_at; /* killed there first; 0: not */
	int64_t away_us;
};

static void set_up(struct rehearsal_options *o, const struct course *c)
{
	*o = rig.calm;
	o->then_back_to = c->back_to;
	o->die_at[0] = c->resumed_at;
	o->away_us = c->away_us;
}

static void check_one(const struct course *c, size_t point,
		      const struct rehearsal_result *calm, bool same_changes)
{
	struct rehearsal_options o;
	struct rehearsal_result r;
	bool ok;

	set_up(&o, c);
	o.die_at[1] = point;
	rehearsal_run(&o, &r);
	ok = r.kept && r.exit_code == calm->exit_code &&
	     rig_same(&r.images, &calm->images) &&
	     (!same_changes || rig_same(&r.changes, &calm->changes));
	if (!ok) {
		rig_explain(&o);
		fail_msg("killed at point %zu: exit code %d, %zu changes, not "
			 "%zu: %s",
			 point, r.exit_code, r.changes.n, calm->changes.n,
			 r.broken ? r.broken : "no promise broken");
	}
	rehearsal_result_done(&r);
}

/* From `first` to the last point of the course, every `stride`th. */
static void check_course(const char *name, const struct course *c, size_t first,
			 size_t stride)
{
	bool same_changes = c->away_us < 60000000;
	struct rehearsal_options o;
	struct rehearsal_result calm;
	size_t points, n = 0;

	set_up(&o, c);
	rehearsal_run(&o, &calm);
	if (!calm.kept) {
		rig_explain(&o);
		fail_msg("%s: %s", name, calm.broken);
	}
	points = calm.points;
	for (size_t p = first; p <= points; p += stride, n++)
		check_one(c, p, &calm, same_changes);
	assert_true(n > 0);
	print_message("# %s: %zu points of %zu, all ended as the one that was "
		      "not killed (%zu changes)\n",
		      name, n, points, calm.changes.n);
	rehearsal_result_done(&calm);
}

static void test_run(void **state)
{
	struct course c = {0};

	(void)state;
	check_course("run", &c, 1, 1);
}

static void test_resume(void **state)
{
	struct course c = {.resumed_at = rig.reference.points / 3};

	(void)state;
	check_course("resume", &c, c.resumed_at + 1, rig_soak() ? 1 : 3);
}

static void test_rollback(void **state)
{
	struct course c = {.back_to = rig.program->v[0].name};

	(void)state;
	check_course("rollback", &c, rig.reference.points + 1, 1);
}

static void test_rollback_to_each_checkpoint(void **state)
{
	(void)state;
	for (size_t i = 1; i < rig.program->n; i++) {
		struct course c = {.back_to = rig.program->v[i].name};

		check_course(c.back_to, &c, rig.reference.points + 1,
			     rig_soak() ? 1 : 7);
	}
}

static void test_run_resumed_late(void **state)
{
	struct course c = {.away_us = 900000000};

	(void)state;
	check_course("run, resumed late", &c, 1, rig_soak() ? 1 : 3);
}

static void test_rollback_resumed_late(void **state)
{
	struct course c = {.back_to = rig.program->v[0].name,
			   .away_us = 900000000};

	(void)state;
	check_course("rollback, resumed late", &c, rig.reference.points + 1,
		     rig_soak() ? 1 : 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_rollback_to_each_checkpoint),
		cmocka_unit_test(test_run_resumed_late),
		cmocka_unit_test(test_rollback_resumed_late),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
