/*
 * job_slots_test.c - what a job makes of each answer that an adapter can give
 *
 * An adapter of which every slot says what the row wants, or is not there: the
 * outcome, the text, whether the connection is kept, and which epoch the lane
 * goes on with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/job_parts.h"

static struct {
	bool no_open, no_fence, no_render, empty;
	int no_observe; /* so many looks fail */
	bool other;	/* what is seen is not what is wanted */
	bool partly;	/* not even all of it is seen */
	enum outcome says;
	const char *why; /* with it; NULL: nothing */
	int opened, closed, fenced, applied, asked_lists;
	uint64_t epoch;
} dev;

static bool say_no(bool no, struct err *e)
{
	return !no || err_set(e, ERR_IO, "no");
}

static bool dev_open(struct adapter_ctx *c, struct err *e)
{
	(void)c;
	dev.opened++;
	return say_no(dev.no_open, e);
}

static void dev_close(struct adapter_ctx *c)
{
	(void)c;
	dev.closed++;
}

static bool dev_fence(struct adapter_ctx *c, struct err *e)
{
	if (!say_no(dev.no_fence, e))
		return false;
	dev.fenced++;
	c->epoch = ++dev.epoch;
	return true;
}

static bool dev_observe(struct adapter_ctx *c, const struct resource_set *want,
			struct resource_set *ret, struct err *e)
{
	(void)c;
	if (dev.no_observe > 0) {
		dev.no_observe--;
		return say_no(true, e);
	}
	for (size_t i = 0; i < want->n; i++)
		if (want->v[i].kind == RESOURCE_SESSION)
			dev.asked_lists += want->v[i].session.sent.n +
					   want->v[i].session.received.n;
	if (dev.partly)
		return true;
	resource_set_copy(ret, want);
	for (size_t i = 0; dev.other && i < ret->n; i++)
		ret->v[i].interface.up = !ret->v[i].interface.up;
	return true;
}

static bool dev_render(const struct target *t, const struct resource_set *from,
		       const struct resource_set *to, struct changeset *ret,
		       struct err *e)
{
	(void)t;
	(void)from;
	(void)to;
	if (!dev.empty)
		changeset_add(ret, false, "x", "up");
	return say_no(dev.no_render, e);
}

static enum outcome answer(struct err *e)
{
	if (dev.why)
		err_set(e, ERR_IO, "%s", dev.why);
	return dev.says;
}

static enum outcome dev_apply(struct adapter_ctx *c, const struct changeset *cs,
			      bool back, const struct adapter_guard *guard,
			      char **ret_token, struct err *e)
{
	(void)c;
	(void)cs;
	(void)back;
	(void)guard;
	dev.applied++;
	if (dev.says == OUTCOME_PENDING)
		*ret_token = mem_strdup("token");
	return answer(e);
}

static enum outcome dev_key(struct adapter_ctx *c, const char *key,
			    struct err *e)
{
	(void)c;
	(void)key;
	return answer(e);
}

static enum outcome dev_renew(struct adapter_ctx *c, uint32_t seconds,
			      struct err *e)
{
	(void)c;
	assert_int_equal(seconds, 60);
	return answer(e);
}

static enum outcome dev_save(struct adapter_ctx *c, struct err *e)
{
	(void)c;
	return answer(e);
}

static const struct target target = {.name = "edge1"};

static struct adapter_ops whole(void)
{
	return (struct adapter_ops){
		.name = "none",
		.caps = ADAPTER_CAP_TIMER | ADAPTER_CAP_SAVE,
		.state_size = 1,
		.open = dev_open,
		.close = dev_close,
		.fence = dev_fence,
		.observe = dev_observe,
		.render = dev_render,
		.apply = dev_apply,
		.confirm = dev_key,
		.revert = dev_key,
		.renew = dev_renew,
		.save = dev_save,
	};
}

/* ---- outcomes ---- */

enum lack { NOTHING, SLOT, CAP, CONNECTION, FENCE };

static const struct answer_row {
	enum job_kind kind;
	enum lack lack;
	enum outcome says;
	enum outcome outcome;
	bool closed; /* the connection is not kept */
} answers[] = {
	{JOB_APPLY, NOTHING, OUTCOME_APPLIED, OUTCOME_APPLIED, false},
	{JOB_APPLY, NOTHING, OUTCOME_REFUSED, OUTCOME_REFUSED, false},
	{JOB_APPLY, NOTHING, OUTCOME_PENDING, OUTCOME_PENDING, false},
	{JOB_APPLY, NOTHING, OUTCOME_UNKNOWN, OUTCOME_UNKNOWN, true},
	{JOB_APPLY, NOTHING, OUTCOME_FATAL, OUTCOME_FATAL, true},
	{JOB_APPLY, CONNECTION, OUTCOME_APPLIED, OUTCOME_RETRY, true},
	{JOB_APPLY, FENCE, OUTCOME_APPLIED, OUTCOME_RETRY, true},
	{JOB_POLL, SLOT, OUTCOME_APPLIED, OUTCOME_UNKNOWN, false},
	{JOB_POLL, NOTHING, OUTCOME_APPLIED, OUTCOME_APPLIED, false},
	{JOB_POLL, CONNECTION, OUTCOME_APPLIED, OUTCOME_PENDING, true},
	{JOB_RENEW, SLOT, OUTCOME_APPLIED, OUTCOME_UNCHANGED, false},
	{JOB_RENEW, CAP, OUTCOME_APPLIED, OUTCOME_UNCHANGED, false},
	{JOB_RENEW, NOTHING, OUTCOME_APPLIED, OUTCOME_APPLIED, false},
	{JOB_RENEW, NOTHING, OUTCOME_REFUSED, OUTCOME_REFUSED, false},
	{JOB_RENEW, CONNECTION, OUTCOME_APPLIED, OUTCOME_RETRY, true},
	{JOB_CONFIRM, SLOT, OUTCOME_APPLIED, OUTCOME_UNCHANGED, false},
	{JOB_CONFIRM, CAP, OUTCOME_APPLIED, OUTCOME_UNCHANGED, false},
	{JOB_CONFIRM, NOTHING, OUTCOME_APPLIED, OUTCOME_APPLIED, false},
	{JOB_CONFIRM, FENCE, OUTCOME_APPLIED, OUTCOME_UNKNOWN, true},
	{JOB_SAVE, SLOT, OUTCOME_APPLIED, OUTCOME_UNCHANGED, false},
	{JOB_SAVE, CAP, OUTCOME_APPLIED, OUTCOME_UNCHANGED, false},
	{JOB_SAVE, NOTHING, OUTCOME_REFUSED, OUTCOME_REFUSED, false},
	{JOB_SAVE, CONNECTION, OUTCOME_APPLIED, OUTCOME_RETRY, true},
	{JOB_RETREAT, NOTHING, OUTCOME_APPLIED, OUTCOME_APPLIED, false},
	{JOB_RETREAT, SLOT, OUTCOME_APPLIED, OUTCOME_RETRY, false},
	{JOB_RETREAT, CONNECTION, OUTCOME_APPLIED, OUTCOME_RETRY, true},
};

static void take_away(struct adapter_ops *ops, const struct answer_row *a)
{
	dev.no_open = a->lack == CONNECTION;
	dev.no_fence = a->lack == FENCE;
	if (a->lack == CAP)
		ops->caps = 0;
	if (a->lack == SLOT) {
		ops->renew = NULL;
		ops->confirm = ops->revert = NULL;
		ops->save = NULL;
	}
	if (a->kind == JOB_POLL && a->lack != SLOT)
		ops->poll = dev_key;
}

static void answers_so(const struct answer_row *a, const char *why)
{
	struct adapter_ops ops = whole();
	struct job job = {.kind = a->kind, .guard_s = 60, .token = NULL};
	struct job_result r;
	struct job_lane *l;

	memset(&dev, 0, sizeof(dev));
	dev.says = a->says;
	dev.why = why;
	take_away(&ops, a);
	l = job_lane_new(&target, &ops, 1000);
	job_lane_run(l, &job, &r);
	if (r.outcome != a->outcome || l->open != (dev.opened && !a->closed))
		fail_msg("job %d, lacking %d: %s, connection %d", a->kind,
			 a->lack, outcome_name(r.outcome), l->open);
	if (why && a->lack == NOTHING)
		assert_string_equal(r.text, why);
	if (a->lack == CONNECTION || a->lack == FENCE)
		assert_string_equal(r.text, "no");
	if (a->says == OUTCOME_PENDING && a->kind == JOB_APPLY)
		assert_string_equal(r.token, "token");
	if (a->outcome == OUTCOME_UNKNOWN && a->kind == JOB_APPLY)
		assert_int_equal(l->shared->epoch, 0);
	job_result_done(&r);
	job_done(&job);
	job_lane_free(l);
	assert_int_equal(dev.opened, dev.closed);
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		answers_so(&answers[i], NULL);
		answers_so(&answers[i], "it said why");
	}
}

/* ---- looks and what is made of them ---- */

struct look {
	struct step step;
	struct job job;
	struct job_result r;
};

static void run(struct look *k, enum job_kind kind)
{
	struct adapter_ops ops = whole();
	struct job_lane *l = job_lane_new(&target, &ops, 1000);

	k->job.kind = kind;
	k->job.step = &k->step;
	job_lane_run(l, &k->job, &k->r);
	job_lane_free(l);
	assert_int_equal(dev.opened, dev.closed);
}

static struct look look_new(void)
{
	struct look k = {0};

	memset(&dev, 0, sizeof(dev));
	resource_set_add(&k.job.want, RESOURCE_INTERFACE, "ckt0")
		->interface.up = true;
	return k;
}

static void look_done(struct look *k)
{
	resource_set_done(&k->step.look);
	job_result_done(&k->r);
	job_done(&k->job);
}

static void test_prepare(void **state)
{
	static const struct {
		bool other, partly, no_render, empty;
		int no_observe;
		bool ok, satisfied;
		const char *text;
	} rows[] = {
		{.ok = true, .satisfied = true},
		{.other = true, .ok = true},
		{.partly = true, .ok = true},
		{.other = true, .no_render = true, .text = "no"},
		{.other = true, .empty = true, .text = "has no way from"},
		{.partly = true, .empty = true, .text = "was not observed"},
		{.no_observe = 1, .text = "no"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct look k = look_new();

		dev.other = rows[i].other;
		dev.partly = rows[i].partly;
		dev.no_render = rows[i].no_render;
		dev.empty = rows[i].empty;
		dev.no_observe = rows[i].no_observe;
		run(&k, JOB_PREPARE);
		assert_int_equal(k.r.ok, rows[i].ok);
		assert_int_equal(k.r.satisfied, rows[i].satisfied);
		if (rows[i].text)
			assert_non_null(strstr(k.r.text, rows[i].text));
		assert_int_equal(dev.applied, 0);
		look_done(&k);
	}
}

static void test_settle(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct look k = look_new();

		dev.other = i == 1;
		dev.no_observe = i == 2 ? 5 : 0;
		run(&k, JOB_SETTLE);
		assert_int_equal(k.r.ok, i != 2);
		assert_int_equal(k.r.satisfied, i == 0);
		/* a new epoch shuts out what may still be on its way */
		assert_int_equal(dev.fenced, 1);
		look_done(&k);
	}
}

/* A read is free: a broken connection is opened again, once. */
static void test_a_look_is_tried_again(void **state)
{
	struct adapter_ops ops = whole();
	struct job_lane *l = job_lane_new(&target, &ops, 1000);
	struct job job = {.kind = JOB_LOOK};
	struct job_result r;

	(void)state;
	memset(&dev, 0, sizeof(dev));
	job_lane_run(l, &job, &r);
	assert_true(r.ok);
	job_result_done(&r);
	dev.no_observe = 1;
	job_lane_run(l, &job, &r);
	assert_true(r.ok);
	assert_int_equal(dev.opened, 2);
	job_result_done(&r);
	dev.no_observe = 2;
	job_lane_run(l, &job, &r);
	assert_false(r.ok);
	assert_string_equal(r.text, "no");
	job_result_done(&r);
	dev.no_open = true;
	job_lane_run(l, &job, &r);
	assert_false(r.ok);
	job_result_done(&r);
	job_done(&job);
	job_lane_free(l);
	job_lane_free(NULL);
}

/* The lists that a step looks at are asked for, beside what it wants. */
static void test_lists_are_asked_for(void **state)
{
	struct look k = look_new();
	struct resource *r;

	(void)state;
	resource_set_add(&k.job.want, RESOURCE_SESSION, "s");
	resource_set_add(&k.step.look, RESOURCE_INTERFACE, "ckt0");
	resource_set_add(&k.step.look, RESOURCE_ROUTE, "10.0.0.0/8");
	r = resource_set_add(&k.step.look, RESOURCE_SESSION, "s");
	state_list_add(&r->session.sent, "*");
	state_list_add(&r->session.received, "*");
	run(&k, JOB_OBSERVE);
	assert_true(k.r.ok);
	assert_int_equal(dev.asked_lists, 2);
	assert_int_equal(k.r.seen.n, 3);
	look_done(&k);
	k = look_new();
	dev.no_observe = 1;
	run(&k, JOB_OBSERVE);
	assert_false(k.r.ok);
	assert_string_equal(k.r.text, "no");
	look_done(&k);
}

/* A large prefix list has more time: the device would not be asked else. */
static void test_large_changes_have_time(void **state)
{
	struct adapter_ops ops = whole();
	struct job_lane *l = job_lane_new(&target, &ops, 1000);
	struct job job = {.kind = JOB_APPLY};
	struct job_result r;
	int64_t small, large;
	char lines[302];

	(void)state;
	memset(&dev, 0, sizeof(dev));
	memset(lines, '\n', sizeof(lines) - 1);
	lines[sizeof(lines) - 1] = 0;
	job_lane_run(l, &job, &r);
	job_result_done(&r);
	small = l->ctx.deadline_us;
	changeset_add(&job.changeset, false, "list", lines);
	job_lane_run(l, &job, &r);
	job_result_done(&r);
	large = l->ctx.deadline_us;
	assert_true(large - small >= 301 * 150 * 1000);
	job_done(&job);
	job_lane_free(l);
}

/* ---- the way straight back ---- */

static void test_bound_back(void **state)
{
	static const struct {
		bool other, no_render;
		int no_observe;
		enum outcome says, outcome;
		int applied;
	} rows[] = {
		{.says = OUTCOME_APPLIED, .outcome = OUTCOME_UNCHANGED},
		{.other = true,
		 .says = OUTCOME_APPLIED,
		 .outcome = OUTCOME_APPLIED,
		 .applied = 1},
		{.other = true,
		 .says = OUTCOME_UNCHANGED,
		 .outcome = OUTCOME_UNCHANGED,
		 .applied = 1},
		{.other = true,
		 .says = OUTCOME_REFUSED,
		 .outcome = OUTCOME_REFUSED,
		 .applied = 1},
		{.other = true, .no_render = true, .outcome = OUTCOME_REFUSED},
		{.no_observe = 5, .outcome = OUTCOME_RETRY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct look k = look_new();

		dev.other = rows[i].other;
		dev.no_render = rows[i].no_render;
		dev.no_observe = rows[i].no_observe;
		dev.says = rows[i].says;
		run(&k, JOB_RETREAT);
		assert_int_equal(k.r.outcome, rows[i].outcome);
		assert_int_equal(dev.applied, rows[i].applied);
		look_done(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_a_look_is_tried_again),
		cmocka_unit_test(test_lists_are_asked_for),
		cmocka_unit_test(test_large_changes_have_time),
		cmocka_unit_test(test_bound_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
