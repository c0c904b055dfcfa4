/*
 * worker_test.c - the way straight back beside a device that hangs
 *
 * The adapter here is a device in memory with a fencing epoch, which changes of
 * an older epoch do not pass; its ordinary connection hangs when told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/worker.h"

#define SECOND 1000000

struct connection {
	bool armed;
};

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	uint64_t epoch;
	bool hang;     /* whoever applies on the ordinary connection */
	bool hangs;    /* somebody does */
	bool lose;     /* the next answer to an urgent fence */
	bool overtake; /* fence once more behind its back */
	int applied, reverted, readied, opened;
	bool seen_armed; /* by the last renewal */
} device = {.mutex = PTHREAD_MUTEX_INITIALIZER,
	    .wake = PTHREAD_COND_INITIALIZER};

static bool dev_open(struct adapter_ctx *c, struct err *e)
{
	(void)e;
	device.opened += !c->urgent;
	return true;
}

static void dev_close(struct adapter_ctx *c)
{
	(void)c;
}

static bool dev_observe(struct adapter_ctx *c, const struct resource_set *want,
			struct resource_set *ret, struct err *e)
{
	bool ok;

	pthread_mutex_lock(&device.mutex);
	ok = c->epoch == device.epoch;
	pthread_mutex_unlock(&device.mutex);
	if (!ok)
		return err_set(e, ERR_REFUSED, "taken over");
	resource_set_copy(ret, want);
	return true;
}

static bool dev_fence(struct adapter_ctx *c, struct err *e)
{
	bool lost;

	pthread_mutex_lock(&device.mutex);
	if (c->epoch && c->epoch != device.epoch) {
		pthread_mutex_unlock(&device.mutex);
		return err_set(e, ERR_REFUSED, "taken over");
	}
	c->epoch = ++device.epoch;
	device.epoch += c->urgent && device.overtake;
	lost = c->urgent && device.lose;
	if (c->urgent)
		device.lose = device.overtake = false;
	pthread_mutex_unlock(&device.mutex);
	return !lost || err_set(e, ERR_IO, "the answer is lost");
}

/* What is sent while it hangs arrives when it does not hang any more. */
static enum outcome dev_apply(struct adapter_ctx *c, const struct changeset *cs,
			      bool back, const struct adapter_guard *guard,
			      char **ret_token, struct err *e)
{
	enum outcome o = OUTCOME_REFUSED;

	(void)cs;
	(void)back;
	(void)guard;
	(void)ret_token;
	(void)e;
	pthread_mutex_lock(&device.mutex);
	device.hangs = true;
	pthread_cond_broadcast(&device.wake);
	while (device.hang)
		pthread_cond_wait(&device.wake, &device.mutex);
	device.hangs = false;
	if (c->epoch == device.epoch) {
		((struct connection *)c->state)->armed = true;
		device.applied++;
		o = OUTCOME_APPLIED;
	}
	pthread_mutex_unlock(&device.mutex);
	return o;
}

static enum outcome dev_revert(struct adapter_ctx *c, const char *key,
			       struct err *e)
{
	enum outcome o = OUTCOME_REFUSED;

	(void)key;
	pthread_mutex_lock(&device.mutex);
	if (c->epoch == device.epoch) {
		device.reverted++;
		o = OUTCOME_APPLIED;
	} else {
		err_set(e, ERR_REFUSED, "taken over");
	}
	pthread_mutex_unlock(&device.mutex);
	return o;
}

static enum outcome dev_renew(struct adapter_ctx *c, uint32_t seconds,
			      struct err *e)
{
	(void)seconds;
	(void)e;
	device.seen_armed = ((struct connection *)c->state)->armed;
	return OUTCOME_UNCHANGED;
}

static bool dev_ready(struct adapter_ctx *c, struct err *e)
{
	(void)c;
	(void)e;
	device.readied++;
	return true;
}

static const struct adapter_ops ops = {
	.name = "in-memory",
	.caps = ADAPTER_CAP_TIMER | ADAPTER_CAP_FENCE,
	.state_size = sizeof(struct connection),
	.open = dev_open,
	.close = dev_close,
	.observe = dev_observe,
	.apply = dev_apply,
	.revert = dev_revert,
	.renew = dev_renew,
	.fence = dev_fence,
	.ready = dev_ready,
};

static struct target target = {.name = (char *)"edge1",
			       .driver = (char *)"in-memory"};
static struct worker_pool *pool;
static int64_t last_call;

static int each_setup(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	device.hang = device.lose = device.overtake = false;
	device.applied = device.reverted = device.readied = device.opened = 0;
	pool = worker_pool_new(&target, 1, 5000, &e);
	assert_non_null(pool);
	return 0;
}

static int64_t submit(enum job_kind kind)
{
	struct job job = {.kind = kind, .call = ++last_call};

	job.changeset.key = mem_format("k%lld", (long long)last_call);
	assert_true(worker_pool_submit(pool, "edge1", &job));
	return job.call;
}

/* The next answer, which has to be to that call. */
static enum outcome answer(int64_t call)
{
	struct pollfd p = {.fd = worker_pool_fd(pool), .events = POLLIN};
	int64_t end = clock_mono_us() + 3 * SECOND;
	struct job_result r;
	enum outcome o;

	while (!worker_pool_poll(pool, &r)) {
		assert_true(clock_mono_us() < end);
		poll(&p, 1, 100);
	}
	assert_int_equal(r.call, call);
	o = r.outcome;
	job_result_done(&r);
	return o;
}

static void let_hang(bool hang)
{
	pthread_mutex_lock(&device.mutex);
	device.hang = hang;
	device.hangs = false;
	pthread_cond_broadcast(&device.wake);
	pthread_mutex_unlock(&device.mutex);
}

static int each_teardown(void **state)
{
	(void)state;
	let_hang(false); /* also when the test has failed */
	worker_pool_free(pool);
	return 0;
}

static void wait_hanging(void)
{
	pthread_mutex_lock(&device.mutex);
	while (!device.hangs)
		pthread_cond_wait(&device.wake, &device.mutex);
	pthread_mutex_unlock(&device.mutex);
}

/* The device has gone back long before it lets go of the change. */
static void test_beside_one_that_hangs(void **state)
{
	int64_t hanging, waiting, back;

	(void)state;
	answer(submit(JOB_LOOK));
	let_hang(true);
	hanging = submit(JOB_APPLY);
	wait_hanging();
	waiting = submit(JOB_APPLY);
	back = submit(JOB_RETREAT);
	assert_int_equal(answer(waiting), OUTCOME_RETRY); /* never sent */
	assert_int_equal(answer(back), OUTCOME_APPLIED);
	assert_int_equal(device.reverted, 1);
	let_hang(false);
	assert_int_equal(answer(hanging), OUTCOME_REFUSED);
	assert_int_equal(device.applied, 0);
	/* and is used again, at the epoch that is held now */
	answer(submit(JOB_LOOK));
	assert_int_equal(answer(submit(JOB_APPLY)), OUTCOME_APPLIED);
}

/* What a connection has armed was disarmed on the other. */
static void test_forgets_what_it_armed(void **state)
{
	(void)state;
	answer(submit(JOB_LOOK));
	assert_int_equal(answer(submit(JOB_APPLY)), OUTCOME_APPLIED);
	answer(submit(JOB_RENEW));
	assert_true(device.seen_armed);
	assert_int_equal(answer(submit(JOB_RETREAT)), OUTCOME_APPLIED);
	answer(submit(JOB_RENEW));
	assert_false(device.seen_armed);
	assert_int_equal(device.opened, 2);
}

/* It was fenced, and nobody heard it: no epoch is held then. */
static void test_fence_unheard(void **state)
{
	(void)state;
	answer(submit(JOB_LOOK));
	device.lose = true;
	assert_int_equal(answer(submit(JOB_RETREAT)), OUTCOME_RETRY);
	assert_int_equal(answer(submit(JOB_APPLY)), OUTCOME_APPLIED);
}

/* A connection that was kept may be dead: another one is tried. */
static void test_kept_and_dead(void **state)
{
	(void)state;
	answer(submit(JOB_LOOK));
	worker_pool_standby(pool, "edge1");
	answer(0);
	device.lose = true;
	assert_int_equal(answer(submit(JOB_RETREAT)), OUTCOME_APPLIED);
	assert_int_equal(answer(submit(JOB_APPLY)), OUTCOME_APPLIED);
}

/* A device that another cutover has taken over is left to it. */
static void test_taken_over(void **state)
{
	int64_t hanging, back;

	(void)state;
	answer(submit(JOB_LOOK));
	let_hang(true);
	hanging = submit(JOB_APPLY);
	wait_hanging();
	device.overtake = true;
	back = submit(JOB_RETREAT);
	assert_int_equal(answer(back), OUTCOME_REFUSED);
	let_hang(false);
	assert_int_equal(answer(hanging), OUTCOME_REFUSED);
}

static void test_standby(void **state)
{
	(void)state;
	worker_pool_standby(pool, NULL); /* nothing was done there yet */
	worker_pool_standby(pool, "edge1");
	answer(0);
	assert_int_equal(device.readied, 1);
	worker_pool_standby(pool, NULL);
	answer(0);
	assert_int_equal(device.readied, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_beside_one_that_hangs,
						each_setup, each_teardown),
		cmocka_unit_test_setup_teardown(test_forgets_what_it_armed,
						each_setup, each_teardown),
		cmocka_unit_test_setup_teardown(test_fence_unheard, each_setup,
						each_teardown),
		cmocka_unit_test_setup_teardown(test_kept_and_dead, each_setup,
						each_teardown),
		cmocka_unit_test_setup_teardown(test_taken_over, each_setup,
						each_teardown),
		cmocka_unit_test_setup_teardown(test_standby, each_setup,
						each_teardown),
	};

	adapter_register(&ops);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
